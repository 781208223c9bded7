"""The word of an order that only a batch can have, waited for until it is there, and the codes that only a batch earns;
docs/coverage-lesspay.md lists all rows. Those of single payouts every dialect is asked in tests/apis.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import bank_detail, batch
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lesspay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["lesspay"], funds={"PHP": "10000.00"}).lesspay


# amount of a detail → its word, actual_amount and fail_reason in the end
STORIES: Mapping[str, tuple[str, str | None, str | None]] = {
    "10.00": ("SUCCEEDED", "10.00", None),
    "10.71": ("FAILED", None, "The account does not exist or is restricted"),
    "10.73": ("FAILED", None, "The payment failed after it was accepted"),
    "10.81": ("REFUNDED", "0.00", None),
    "10.83": ("SUCCEEDED", "5.42", "partially returned 5.41"),
}


def test_a_batch_with_mixed_outcomes_is_a_partial_success_and_tells_of_each(lesspay: LessPayMerchant) -> None:
    body = batch([bank_detail(amount) for amount in STORIES])
    made = lesspay.create_batch(body)

    def told_to_the_end() -> dict[str, Any]:
        found = lesspay.query(pay_order_id=made["pay_order_id"])
        told = {row["amount"]: (row["status"], row["actual_amount"], row["fail_reason"]) for row in found["details"]}
        return found if told == STORIES else {}

    found = wait_for(told_to_the_end)
    assert (found["order_status"], found["fail_reason"]) == ("PARTIAL_SUCCESS", "3 of 5 details failed")
    for row, detail in zip(found["details"], body["payout_order_details"], strict=True):
        assert row["mch_order_id"] == detail["mch_order_id"]
        assert (row["bank_name"], row["bank_swift_code"]) == ("BDO Unibank", "BNORPHMM")


def test_of_a_batch_that_waits_for_a_reviewer_one_is_rejected_in_their_words_and_the_rest_is_paid(
    outlay: Server, tmp_path: Path
) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["lesspay"], funds={"PHP": "100.00"}, options=["--review"])
    lesspay = merchant.lesspay
    made = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    assert made["order_status"] == "PENDING_CONFIRM"
    doubtful = made["details"][1]["payout_order_detail_id"]
    outlay.cli("review", "reject", doubtful, "--by", "ann", "--why", "unknown person")
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")

    def paid() -> list[dict[str, Any]]:
        found = lesspay.query(request_id=made["request_id"])
        details: list[dict[str, Any]] = found["details"]
        return details if found["order_status"] == "PARTIAL_SUCCESS" else []

    names = ("status", "audit_state", "fail_reason", "rejected_reason")
    assert [tuple(row[name] for name in names) for row in wait_for(paid)] == [
        ("SUCCEEDED", "APPROVED", None, None),
        ("FAILED", "REJECTED", "review rejected", "unknown person"),
    ]


@pytest.mark.parametrize(("code", "changes"), [(30002, {"total_amount": "10.01"}), (30007, {"mch_order_id": "D-1"})])
def test_what_only_a_batch_can_get_wrong_is_answered_with_its_code(
    lesspay: LessPayMerchant, code: int, changes: Mapping[str, str]
) -> None:
    """Of the order, or of its second detail."""
    body = batch([bank_detail("5.00", "D-1"), bank_detail("5.00", "D-2")])
    (body if code == 30002 else body["payout_order_details"][1]).update(changes)
    answer = lesspay.ask(lesspay.BATCH, body)
    assert (answer.status, answer.json()["code"]) == (200, code)
