"""Every status word of LessPay, each waited for until it is there, and the codes of its fields;
docs/coverage-lesspay.md lists all rows.

Other tests may see a word that passes by, and in the next run not: these see it in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    return open_merchant(outlay, folder, dialects=["lesspay"], funds={"BRL": "10000.00", "PHP": "10000.00"}).lesspay


@pytest.fixture(scope="module")
def reviewed(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    """Its orders wait for a reviewer."""
    folder = tmp_path_factory.mktemp("keys")
    opened = open_merchant(outlay, folder, dialects=["lesspay"], funds={"BRL": "1000.00"}, options=["--review"])
    return opened.lesspay


def detail_of(lesspay: LessPayMerchant, order: Mapping[str, Any], word: str) -> dict[str, Any]:
    """The last detail of the order, as soon as the order has this word."""

    def look() -> dict[str, Any]:
        found = lesspay.query(request_id=order["request_id"])
        return found["details"][-1] if found["order_status"] == word else {}

    detail: dict[str, Any] = wait_for(look)
    return detail


@pytest.mark.parametrize(
    ("amount", "word", "detail_word"),
    [("10.00", "SUCCEED", "SUCCEEDED"), ("10.71", "FAILED", "FAILED"), ("10.81", "REFUND", "REFUNDED")],
)
def test_an_order_ends_in_the_word_of_its_story(
    lesspay: LessPayMerchant, amount: str, word: str, detail_word: str
) -> None:
    detail = detail_of(lesspay, lesspay.create(lesspay.order(amount)), word)
    assert (detail["status"], detail["audit_state"]) == (detail_word, "APPROVED")


def test_a_held_payout_is_processing_while_its_order_is_pending(lesspay: LessPayMerchant) -> None:
    order = lesspay.create(lesspay.order("10.74"))
    wait_for(lambda: detail_of(lesspay, order, "PENDING_PAY")["status"] == "PROCESSING")


def test_a_batch_of_which_one_is_paid_and_one_is_not_is_a_partial_success(lesspay: LessPayMerchant) -> None:
    body = batch([bank_detail("10.00"), bank_detail("10.71")])
    lesspay.opened(lesspay.ask("/api/global/payout/batch/create-order", body))
    detail = detail_of(lesspay, body, "PARTIAL_SUCCESS")
    assert (detail["status"], detail["actual_amount"]) == ("FAILED", None)
    assert detail["fail_reason"]


def test_what_waits_for_a_reviewer_is_approved_rejected_canceled_or_closed(
    outlay: Server, reviewed: LessPayMerchant
) -> None:
    good, bad, unwanted = (reviewed.create(reviewed.order("10.00")) for _ in range(3))
    for order in (good, bad, unwanted):
        waiting = detail_of(reviewed, order, "PENDING_CONFIRM")
        assert (waiting["status"], waiting["audit_state"]) == ("CREATED", "PENDING")
    late = reviewed.create(reviewed.order("10.00", expired_time=1))
    outlay.cli("review", "approve", good["pay_order_id"], "--by", "Ana")
    outlay.cli("review", "reject", bad["pay_order_id"], "--by", "Ana", "--why", "no invoice")
    outlay.cli("payout", "cancel", unwanted["pay_order_id"], "--by", "Ana")
    assert detail_of(reviewed, good, "SUCCEED")["audit_state"] == "APPROVED"
    rejected = detail_of(reviewed, bad, "FAILED")
    assert (rejected["audit_state"], rejected["rejected_reason"]) == ("REJECTED", "no invoice")
    assert detail_of(reviewed, unwanted, "CANCELED")["status"] == "CANCELED"
    assert detail_of(reviewed, late, "CLOSED")["status"] == "CLOSED"


DETAIL = "payout_order_details"
FAULTS: Mapping[int, Mapping[str, Any]] = {
    30002: {"total_amount": "10.01"},
    30004: {"bank_account_type": "robot"},
    30005: {"bank_country_code": "ph"},
    30006: {"bank_account_no": "9" * 65},
    30007: {"mch_order_id": "D-1"},
    30009: {"amount": "1e1"},
}
"""What is wrong with the order, or with its second detail; what else may be is in tests/apis/lesspay/rules."""


@pytest.mark.parametrize("code", FAULTS)
def test_a_wrong_field_of_a_batch_is_answered_with_its_code(lesspay: LessPayMerchant, code: int) -> None:
    changes = FAULTS[code]
    body = batch([bank_detail("5.00", "D-1"), bank_detail("5.00", "D-2")])
    if "total_amount" in changes:
        body |= changes
    else:
        body[DETAIL][1] |= changes
    answer = lesspay.ask(lesspay.BATCH, body)
    assert (answer.status, answer.json()["code"]) == (200, code)
