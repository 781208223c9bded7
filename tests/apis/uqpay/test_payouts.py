"""Payouts over uqpay: a key that was used otherwise, and ids that we never wrote."""

from __future__ import annotations

import pytest

from outlay.core.asks import FindPayout, Repeated
from outlay.core.refusal import Refusal
from tests.apis.uqpay.desk import CREATE, RETRIEVE, a_payout, asked, code_of, refused, request, written
from tests.support.rows import each_row


@pytest.mark.parametrize(
    ("same", "same_operation", "there", "code"),
    [
        (False, True, True, "key_mismatch_body"),
        (False, False, True, "key_mismatch_api"),
        (False, False, False, "key_mismatch_api"),
        (True, False, False, "key_mismatch_api"),
    ],
)
def test_a_key_that_was_used_otherwise_is_a_mismatch(same: bool, same_operation: bool, there: bool, code: str) -> None:
    answer = written(CREATE, Repeated(same, same_operation, a_payout() if there else None))
    assert code_of(answer) == (400, "idempotency_error", code)


@each_row(
    "payout_id",
    [
        "",
        "PO",
        "PO0",
        "PO01",
        "po1",
        "1",
        "PO-1",
        "PO1.0",
        "PO 1",
        "PO1 ",
        "PO１",
        "PO9223372036854775808",
        "PO" + "9" * 400,
        "create",
        "PO1%20",
        "PO1\n",
    ],
)
def test_an_id_that_we_never_wrote_is_told_like_an_unknown_one(payout_id: str) -> None:
    answer = refused(RETRIEVE, request(RETRIEVE, parameters={"payout_id": payout_id}))
    assert code_of(answer) == (400, "not_found", "payout_not_found")
    assert answer == written(RETRIEVE, Refusal.PAYOUT_NOT_FOUND)


def test_the_largest_id_is_read() -> None:
    found = asked(RETRIEVE, request(RETRIEVE, parameters={"payout_id": "PO9223372036854775807"}))
    assert found.ask == FindPayout(payout_id=2**63 - 1)
