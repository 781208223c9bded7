"""LessPay's human review: orders wait, a person decides by command, and the order tells the merchant what they said.

Also the two other ways in which an order ends before it left: cancelled by a person, closed when its time is over.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import Fields, bank_detail, batch, order, to_bank
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

FUNDS = {"PHP": "1000.00"}


@pytest.fixture
def lesspay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    """A merchant of each test's own, so that what it has set aside can be seen."""
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["lesspay"], funds=FUNDS, options=["--review"]).lesspay


def single(amount: str = "40.00", **fields: Any) -> Fields:
    return order(amount, to_bank(), **fields)


def frozen(lesspay: LessPayMerchant) -> str:
    text: str = lesspay.balance("PHP")["frozen_balance"]
    return text


def becomes(lesspay: LessPayMerchant, reference: str, word: str) -> Fields:
    def look() -> Fields:
        found = lesspay.query(request_id=reference)
        return found if found["order_status"] == word else {}

    found: Fields = wait_for(look)
    return found


def details_of(found: Fields, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found["details"]]


def test_an_order_waits_with_its_money_set_aside_until_it_is_approved(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create(single())
    assert made["order_status"] == "PENDING_CONFIRM"
    assert details_of(made, "status", "audit_state") == [("CREATED", "PENDING")]
    assert frozen(lesspay) == "40.00"
    assert lesspay.query(request_id=made["request_id"]) == made
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")
    paid = becomes(lesspay, made["request_id"], "SUCCEED")
    assert details_of(paid, "status", "audit_state", "rejected_reason") == [("SUCCEEDED", "APPROVED", None)]
    assert frozen(lesspay) == "0.00"


def test_a_rejected_order_failed_with_the_reviewers_words_and_its_money_is_back(
    outlay: Server, lesspay: LessPayMerchant
) -> None:
    made = lesspay.create(single())
    why = "the invoice is missing"
    outlay.cli("review", "reject", made["pay_order_id"], "--by", "ann", "--why", why)
    told = lesspay.query(request_id=made["request_id"])
    assert (told["order_status"], told["fail_reason"]) == ("FAILED", "review rejected")
    names = ("status", "audit_state", "fail_reason", "rejected_reason", "channel_order_no", "success_time")
    assert details_of(told, *names) == [("FAILED", "REJECTED", "review rejected", why, None, None)]
    assert (frozen(lesspay), lesspay.balance("PHP")["available_balance"]) == ("0.00", "1000.00")


def test_a_batch_is_approved_as_a_whole(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    assert made["order_status"] == "PENDING_CONFIRM"
    assert details_of(made, "status", "audit_state") == [("CREATED", "PENDING")] * 2
    assert frozen(lesspay) == "30.00"
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")
    paid = becomes(lesspay, made["request_id"], "SUCCEED")
    assert details_of(paid, "status", "audit_state") == [("SUCCEEDED", "APPROVED")] * 2


def test_a_batch_is_rejected_as_a_whole(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    outlay.cli("review", "reject", made["request_id"], "--by", "ann", "--why", "who are they")
    told = lesspay.query(request_id=made["request_id"])
    assert (told["order_status"], told["fail_reason"]) == ("FAILED", "review rejected")
    assert details_of(told, "status", "audit_state", "rejected_reason") == [("FAILED", "REJECTED", "who are they")] * 2


def test_one_payout_of_a_batch_can_be_rejected_by_itself(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    doubtful = made["details"][1]["payout_order_detail_id"]
    outlay.cli("review", "reject", doubtful, "--by", "ann", "--why", "unknown person")
    waiting = lesspay.query(request_id=made["request_id"])
    assert waiting["order_status"] == "PENDING_CONFIRM"
    assert details_of(waiting, "status", "audit_state") == [("CREATED", "PENDING"), ("FAILED", "REJECTED")]
    assert waiting["fail_reason"] is None
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")
    told = becomes(lesspay, made["request_id"], "PARTIAL_SUCCESS")
    assert told["fail_reason"] == "1 of 2 details failed"
    names = ("status", "audit_state", "fail_reason", "rejected_reason")
    assert details_of(told, *names) == [
        ("SUCCEEDED", "APPROVED", None, None),
        ("FAILED", "REJECTED", "review rejected", "unknown person"),
    ]


def test_a_cancelled_order_is_canceled_and_its_money_is_back(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create(single())
    outlay.cli("payout", "cancel", made["pay_order_id"], "--by", "bob")
    told = lesspay.query(request_id=made["request_id"])
    assert (told["order_status"], told["fail_reason"]) == ("CANCELED", "canceled")
    names = ("status", "audit_state", "actual_amount", "fail_reason", "rejected_reason")
    assert details_of(told, *names) == [("CANCELED", "PENDING", None, None, None)]
    assert frozen(lesspay) == "0.00"


def test_a_cancelled_detail_leaves_the_rest_of_its_batch_alone(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    outlay.cli("payout", "cancel", made["details"][0]["payout_order_detail_id"], "--by", "bob")
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")
    told = becomes(lesspay, made["request_id"], "PARTIAL_SUCCESS")
    assert details_of(told, "status", "fail_reason") == [("CANCELED", None), ("SUCCEEDED", None)]
    assert told["fail_reason"] == "1 of 2 details failed"
    whole = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")]))
    outlay.cli("payout", "cancel", whole["pay_order_id"], "--by", "bob")
    assert lesspay.query(request_id=whole["request_id"])["order_status"] == "CANCELED"


def test_an_order_whose_time_is_over_before_anybody_approved_it_is_closed(
    outlay: Server, lesspay: LessPayMerchant
) -> None:
    alone = lesspay.create(single(expired_time=1))
    together = lesspay.create_batch(batch([bank_detail("10.00"), bank_detail("20.00")], expired_time=1))
    patient = lesspay.create(single("5.00", expired_time=3600))
    for made in (alone, together):
        told = becomes(lesspay, made["request_id"], "CLOSED")
        assert told["fail_reason"] == "expired"
        assert set(details_of(told, "status", "audit_state", "fail_reason")) == {("CLOSED", "PENDING", None)}
    assert lesspay.query(request_id=patient["request_id"])["order_status"] == "PENDING_CONFIRM"
    assert frozen(lesspay) == "5.00"
    assert outlay.cli.refusal("review", "approve", alone["pay_order_id"], "--by", "ann")


def test_an_order_that_left_in_time_is_not_closed(outlay: Server, lesspay: LessPayMerchant) -> None:
    made = lesspay.create(single("1.74", expired_time=3600))
    outlay.cli("review", "approve", made["pay_order_id"], "--by", "ann")

    def has_left() -> bool:
        return details_of(lesspay.query(request_id=made["request_id"]), "status") == [("PROCESSING",)]

    wait_for(has_left)
    assert outlay.cli.refusal("payout", "cancel", made["pay_order_id"], "--by", "bob")
    assert has_left()
    outlay.cli("sandbox", "release", made["pay_order_id"])
    becomes(lesspay, made["request_id"], "SUCCEED")
