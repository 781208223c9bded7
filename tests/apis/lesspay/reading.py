"""What a merchant's software makes of LessPay's answers, by its documents alone."""

from __future__ import annotations

from typing import Any

from tests.apis.seen import Seen, SeenBalance, SeenOrder, decimals_of, expect, fields, from_ms, minor, number

_STANDINGS = {
    ("CREATED", "PENDING"): "in_review",
    ("CREATED", "APPROVED"): "reserved",
    ("PROCESSING", "APPROVED"): "processing",
    ("SUCCEEDED", "APPROVED"): "paid",
    ("REFUNDED", "APPROVED"): "returned",
    ("FAILED", "APPROVED"): "failed",
    ("FAILED", "REJECTED"): "failed",
    ("CANCELED", "APPROVED"): "cancelled",
    ("CANCELED", "PENDING"): "cancelled",
    ("CLOSED", "APPROVED"): "expired",
    ("CLOSED", "PENDING"): "expired",
}
_WORD_OF_ALL = {
    "SUCCEEDED": "SUCCEED", "FAILED": "FAILED", "CANCELED": "CANCELED", "CLOSED": "CLOSED", "REFUNDED": "REFUND",
}  # fmt: skip
_ORDER = (
    "pay_order_id", "request_id", "order_status", "currency", "total_amount", "decimal_places", "fail_reason",
    "created_at", "details",
)  # fmt: skip
_DETAIL = (
    "payout_order_detail_id", "mch_order_id", "amount", "actual_amount", "status", "audit_state", "fail_reason",
    "rejected_reason", "channel_order_no", "bank_account_no", "bank_account_name", "bank_account_type", "bank_name",
    "bank_country_code", "bank_swift_code", "success_time",
)  # fmt: skip


def read_data(envelope: Any) -> Any:
    fields(envelope, "code", "msg", "data", "encryptData", "sign")
    expect((envelope["code"], envelope["msg"]) == (0, "SUCCESS"), envelope)
    return envelope["data"]


def read_order(envelope: Any) -> SeenOrder:
    data = fields(read_data(envelope), *_ORDER)
    decimals = decimals_of(data["currency"])
    expect(data["decimal_places"] == decimals, f"decimal_places of {data['currency']}")
    expect(data["details"], "an order has details")
    created_s = from_ms(data["created_at"])
    details = tuple(_detail(each, data["currency"], decimals) for each in data["details"])
    total = minor(data["total_amount"], decimals)
    expect(total == sum(detail.amount_minor for detail in details), "the total is the sum of its details")
    states = [(each["status"], each["audit_state"]) for each in data["details"]]
    expect(data["order_status"] == _order_status(states), f"{data['order_status']} for {states}")
    for detail in details:
        expect(detail.created_s is None or detail.created_s == created_s, "created")
    return SeenOrder(number(data["pay_order_id"], "PO", 19), data["request_id"], total, details)


def _detail(given: Any, currency: str, decimals: int) -> Seen:
    detail = fields(given, *_DETAIL)
    amount = minor(detail["amount"], decimals)
    actual = None if detail["actual_amount"] is None else minor(detail["actual_amount"], decimals)
    standing = _STANDINGS.get((detail["status"], detail["audit_state"]))
    expect(standing is not None, f"no such pair: {detail['status']}, {detail['audit_state']}")
    moved = standing in ("paid", "returned")
    expect(moved == (actual is not None), "actual_amount is null until paid")
    expect(moved == (detail["success_time"] is not None), "success_time is null until paid")
    returned = amount - actual if actual is not None else 0
    expect(0 <= returned <= amount and (returned == amount) == (standing == "returned"), "what came back")
    if standing == "paid" and returned:
        standing = "partly_returned"
        said = minor(str(detail["fail_reason"]).removeprefix("partially returned "), decimals)
        expect(said == returned, "fail_reason says how much came back")
    expect((detail["fail_reason"] is None) == (standing not in ("failed", "partly_returned")), "fail_reason")
    expect((detail["rejected_reason"] is None) == (detail["audit_state"] != "REJECTED"), "rejected_reason")
    return Seen(
        payout_id=number(detail["payout_order_detail_id"], "POD", 19),
        reference=detail["mch_order_id"],
        currency=currency,
        amount_minor=amount,
        standings=frozenset({str(standing)}),
        returned_minor=returned,
        ended_s=None if detail["success_time"] is None else from_ms(detail["success_time"]),
        reason=detail["fail_reason"],
    )


def _order_status(states: list[tuple[str, str]]) -> str:
    """Derived from the details as the documents say."""
    words = {status for status, _ in states}
    if ("CREATED", "PENDING") in states:
        return "PENDING_CONFIRM"
    if words & {"CREATED", "PROCESSING"}:
        return "PENDING_PAY"
    if len(words) == 1:
        return _WORD_OF_ALL[words.pop()]
    if "SUCCEEDED" in words:
        return "PARTIAL_SUCCESS"
    return "REFUND" if "REFUNDED" in words else "FAILED"


def read_balance(envelope: Any, currency: str) -> SeenBalance:
    names = ("currency", "way_code", "total_balance", "frozen_balance", "available_balance")
    data = fields(read_data(envelope), *names)
    expect(data["currency"] == currency, "currency")
    total, frozen, available = (minor(data[name], decimals_of(currency)) for name in names[2:])
    expect(total == frozen + available, "total is frozen and available")
    return SeenBalance(available, frozen)
