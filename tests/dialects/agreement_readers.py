"""What a merchant's software makes of an answer: one small reader for each API, written from its documents alone.

Each reader gives what the API says about a payout, in words that all three share, and says openly what its API cannot
tell. Nothing of Outlay's own translation is used, not even its table of decimals.

The trap: a reader that takes whatever it gets sees nothing. So every text is read by the strict form that the documents
give it, and a field that is missing, surplus or of another form is a Disagreement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_OTHER_DECIMALS = {0: _NO_DECIMALS, 3: "BHD IQD JOD KWD LYD OMR TND", 4: "CLF UYW", 6: "USDT USDC", 8: "BTC ETH"}
DECIMALS = {code: decimals for decimals, codes in _OTHER_DECIMALS.items() for code in codes.split()}
"""Of every currency that has not two (ISO 4217; the four crypto codes as the installation's documents say)."""

LOCAL_HOURS: Mapping[str, float] = {
    "BR": -3, "MX": -6, "PE": -5, "CO": -5, "CL": -4, "AR": -3, "PK": 5, "IN": 5.5, "ID": 7, "KH": 7, "KR": 9, "BP": 0,
}  # fmt: skip
LOCAL_CURRENCIES: Mapping[str, tuple[str, ...]] = {
    "BR": ("BRL",), "MX": ("MXN",), "PE": ("PEN",), "CO": ("COP",), "CL": ("CLP",), "AR": ("ARS",), "PK": ("PKR",),
    "IN": ("INR",), "ID": ("IDR",), "KH": ("KHR", "USD"), "KR": ("KRW",), "BP": ("USDT",),
}  # fmt: skip
"""TeemoPay's countries: fixed offset from UTC, and currencies."""


class Disagreement(AssertionError):
    """An answer that is not in its documented form, or that says something else than another one."""


def expect(holds: object, about: object) -> None:
    if not holds:
        raise Disagreement(about)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as one API shows it. `standings`: what it may be, as far as the words of this API tell. None: this API
    does not say. Times are Unix seconds, as the coarsest of the three has them."""

    payout_id: int
    reference: str | None = None
    currency: str | None = None
    amount_minor: int
    standings: frozenset[str]
    returned_minor: int | None
    fee_minor: int | None = None
    created_s: int | None = None
    ended_s: int | None = None


class SeenOrder(msgspec.Struct, frozen=True):
    order_id: int
    reference: str
    total_minor: int
    payouts: tuple[Seen, ...]


class SeenBalance(msgspec.Struct, frozen=True):
    available_minor: int
    held_minor: int


def decimals_of(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def minor(text: Any, decimals: int) -> int:
    """Exactly this many decimals, no sign, no leading zero."""
    fraction = rf"\.[0-9]{{{decimals}}}" if decimals else ""
    expect(isinstance(text, str) and re.fullmatch(rf"(?:0|[1-9][0-9]*){fraction}", text, re.ASCII), f"amount {text!r}")
    return int(text.replace(".", ""))


def fields(what: Any, *required: str, optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    expect(isinstance(what, dict), what)
    missing, surplus = set(required) - set(what), set(what) - set(required) - set(optional)
    expect(not missing and not surplus, f"missing {missing}, surplus {surplus}")
    found: Mapping[str, Any] = what
    return found


# -- LessPay ----------------------------------------------------------------------------------------------------------

_LESSPAY_DETAIL = {
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
_LESSPAY_ORDER = (
    "pay_order_id", "request_id", "order_status", "currency", "total_amount", "decimal_places", "fail_reason",
    "created_at", "details",
)  # fmt: skip
_LESSPAY_FIELDS = (
    "payout_order_detail_id", "mch_order_id", "amount", "actual_amount", "status", "audit_state", "fail_reason",
    "rejected_reason", "channel_order_no", "bank_account_no", "bank_account_name", "bank_account_type", "bank_name",
    "bank_country_code", "bank_swift_code", "success_time",
)  # fmt: skip


def read_lesspay_data(envelope: Any) -> Any:
    fields(envelope, "code", "msg", "data", "encryptData", "sign")
    expect((envelope["code"], envelope["msg"]) == (0, "SUCCESS"), envelope)
    return envelope["data"]


def read_lesspay_order(envelope: Any) -> SeenOrder:
    data = fields(read_lesspay_data(envelope), *_LESSPAY_ORDER)
    decimals = decimals_of(data["currency"])
    expect(data["decimal_places"] == decimals, f"decimal_places of {data['currency']}")
    expect(data["details"], "an order has details")
    created_s = _from_ms(data["created_at"])
    details = tuple(_lesspay_detail(each, data["currency"], decimals) for each in data["details"])
    total = minor(data["total_amount"], decimals)
    expect(total == sum(detail.amount_minor for detail in details), "the total is the sum of its details")
    states = [(each["status"], each["audit_state"]) for each in data["details"]]
    expect(data["order_status"] == _lesspay_order_status(states), f"{data['order_status']} for {states}")
    for detail in details:
        expect(detail.created_s is None or detail.created_s == created_s, "created")
    return SeenOrder(_number(data["pay_order_id"], "PO", 19), data["request_id"], total, details)


def _lesspay_detail(given: Any, currency: str, decimals: int) -> Seen:
    detail = fields(given, *_LESSPAY_FIELDS)
    amount = minor(detail["amount"], decimals)
    actual = None if detail["actual_amount"] is None else minor(detail["actual_amount"], decimals)
    standing = _LESSPAY_DETAIL.get((detail["status"], detail["audit_state"]))
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
        payout_id=_number(detail["payout_order_detail_id"], "POD", 19),
        reference=detail["mch_order_id"],
        currency=currency,
        amount_minor=amount,
        standings=frozenset({str(standing)}),
        returned_minor=returned,
        ended_s=None if detail["success_time"] is None else _from_ms(detail["success_time"]),
    )


def _lesspay_order_status(states: list[tuple[str, str]]) -> str:
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


def read_lesspay_balance(envelope: Any, currency: str) -> SeenBalance:
    names = ("currency", "way_code", "total_balance", "frozen_balance", "available_balance")
    data = fields(read_lesspay_data(envelope), *names)
    expect(data["currency"] == currency, "currency")
    total, frozen, available = (minor(data[name], decimals_of(currency)) for name in names[2:])
    expect(total == frozen + available, "total is frozen and available")
    return SeenBalance(available, frozen)


def _from_ms(text: Any) -> int:
    expect(isinstance(text, str) and re.fullmatch("[0-9]{13}", text, re.ASCII), f"time {text!r}")
    return int(text) // 1000


def _number(text: Any, prefix: str, digits: int) -> int:
    expect(isinstance(text, str) and re.fullmatch(rf"{prefix}[0-9]{{{digits}}}", text, re.ASCII), f"id {text!r}")
    return int(text.removeprefix(prefix))


# -- TeemoPay ---------------------------------------------------------------------------------------------------------

_TEEMOPAY_STATUS = {
    1: frozenset({"in_review", "reserved", "processing"}),
    2: frozenset({"paid"}),
    3: frozenset({"failed", "cancelled", "expired"}),
    4: frozenset({"returned"}),
    5: frozenset({"partly_returned"}),
}
_TEEMOPAY_QUERY = (
    "merchantOrderNo", "tradeNo", "amount", "status", "serviceRate", "serviceAmount", "immService", "completeTime",
    "errorCode", "errorMessage",
)  # fmt: skip
_TEEMOPAY_REFUND = ("totalRefundAmount", "refundDetails")
_TEEMOPAY_REFUND_ONLY_HERE = {"BR": ("cepUrl",)}
_TEEMOPAY_TRACKED = {"MX": ("claveRastreo", "cepUrl")}
_TEEMOPAY_RECORD = (
    "type", "merchantOrderNo", "tradeNo", "amount", "transactionAmount", "serviceAmount", "status", "settleStatus",
    "createTime", "completeTime", "settleTime", "failReason",
)  # fmt: skip


def read_teemopay_data(envelope: Any) -> Any:
    fields(envelope, "code", "data", "msg", "traceId")
    expect((envelope["code"], envelope["msg"]) == (200, "success"), envelope)
    return envelope["data"]


def read_teemopay_query(envelope: Any, country: str, currency: str) -> Seen:
    """The currency is the country's: the answer does not name it."""
    data = fields(
        read_teemopay_data(envelope),
        *_TEEMOPAY_QUERY,
        *_TEEMOPAY_TRACKED.get(country, ()),
        optional=(*_TEEMOPAY_REFUND, *_TEEMOPAY_REFUND_ONLY_HERE.get(country, ())),
    )
    standings = _teemopay_standings(data["status"])
    amount = _teemopay_amount(data["amount"], currency)
    refunded = data["status"] in (4, 5)
    expect(refunded == ("refundDetails" in data) == ("totalRefundAmount" in data), "refund fields")
    for name in _TEEMOPAY_REFUND_ONLY_HERE.get(country, ()):
        expect((name in data) == refunded and data.get(name) is None, name)
    returned = 0
    if refunded:
        returned = _teemopay_amount(data["totalRefundAmount"], currency)
        parts = [_teemopay_refund(each, country, currency) for each in data["refundDetails"]]
        expect(sum(parts) == returned > 0, "the refunds add up to the total")
        expect((returned == amount) == (data["status"] == 4), "a full refund is status 4")
    expect((data["completeTime"] is None) == (data["status"] == 1), "completeTime is null while status is 1")
    expect((data["errorCode"] is None) == (data["status"] in (1, 2)), "errorCode is null unless 3, 4 or 5")
    expect((data["errorMessage"] is None) == (data["errorCode"] is None), "errorMessage goes with errorCode")
    expect(re.fullmatch(r"[01]\.[0-9]{4}", data["serviceRate"], re.ASCII), data["serviceRate"])
    return Seen(
        payout_id=_trade_number(data["tradeNo"], country),
        reference=data["merchantOrderNo"],
        amount_minor=amount,
        standings=standings,
        returned_minor=returned,
        fee_minor=_teemopay_amount(data["serviceAmount"], currency),
        ended_s=None if data["completeTime"] is None else _local(data["completeTime"], country),
    )


def read_teemopay_record(record: Any, country: str, currency: str) -> Seen:
    row = fields(record, *_TEEMOPAY_RECORD, optional=("paymentList",))
    expect(row["type"] == "PAYOUT", "type")
    amount, moved = (_teemopay_amount(row[name], currency) for name in ("amount", "transactionAmount"))
    if row["status"] in (1, 3):
        expect(moved == 0, "nothing has moved of a payout that is not paid")
    if row["status"] == 2:
        expect(moved == amount, "all of a paid payout has moved")
    return Seen(
        payout_id=_trade_number(row["tradeNo"], country),
        reference=row["merchantOrderNo"],
        amount_minor=amount,
        standings=_teemopay_standings(row["status"]),
        returned_minor=None if row["status"] == 5 else amount if row["status"] == 4 else 0,
        fee_minor=_teemopay_amount(row["serviceAmount"], currency),
        created_s=_local(row["createTime"], country),
        ended_s=None if row["completeTime"] is None else _local(row["completeTime"], country),
    )


def read_teemopay_balance(envelope: Any, currency: str) -> SeenBalance:
    data = fields(read_teemopay_data(envelope), "totalAmount", "frozenAmount", "availAmount")
    names = ("totalAmount", "frozenAmount", "availAmount")
    total, frozen, available = (_teemopay_amount(data[name], currency) for name in names)
    expect(total == frozen + available, "total is frozen and available")
    return SeenBalance(available, frozen)


def _teemopay_standings(status: Any) -> frozenset[str]:
    expect(type(status) is int and status in _TEEMOPAY_STATUS, f"status {status!r}")
    return _TEEMOPAY_STATUS[status]


def _teemopay_amount(text: Any, currency: str) -> int:
    """Two decimals, also for a currency without any; more only where the amount has more."""
    decimals = decimals_of(currency)
    surplus = len(str(text).partition(".")[2]) - 2
    expect(surplus == 0 or (0 < surplus <= decimals - 2 and not text.endswith("0")), f"amount {text!r}")
    shown = minor(text, 2 + surplus) * 10 ** max(decimals - 2 - surplus, 0)
    step: int = 10 ** max(2 - decimals, 0)
    expect(shown % step == 0, f"{text!r} is no whole amount")
    return shown // step


def _teemopay_refund(given: Any, country: str, currency: str) -> int:
    refund = fields(given, "refundNo", "refundAmount", "refundStatus", "refundTime")
    expect(re.fullmatch("T[0-9]{3}-.{1,59}", refund["refundNo"]) and refund["refundStatus"] == 2, refund)
    _local(refund["refundTime"], country)
    return _teemopay_amount(refund["refundAmount"], currency)


def _trade_number(text: Any, country: str) -> int:
    form = re.fullmatch(rf"TF([0-9]{{10}}){country}([0-9]{{16}})", text, re.ASCII)
    expect(form, f"tradeNo {text!r}")
    return int(form[1] + form[2]) if form else 0


def _local(text: Any, country: str) -> int:
    expect(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", text, re.ASCII), f"time {text!r}")
    zone = timezone(timedelta(hours=LOCAL_HOURS[country]))
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


# -- UQPAY ------------------------------------------------------------------------------------------------------------

_UQPAY_STATUS = {
    "INITIATED": frozenset({"in_review", "reserved"}),
    "PROCESSING": frozenset({"processing"}),
    "COMPLETED": frozenset({"paid", "partly_returned"}),
    "FAILED": frozenset({"failed", "cancelled", "expired"}),
    "FAILED_REFUNDED": frozenset({"returned"}),
}
_UQPAY_PAYOUT = (
    "payout_id", "payout_currency", "payout_amount", "statement_descriptor", "payout_status", "create_time",
    "internal_note", "completed_time",
)  # fmt: skip
_UQPAY_BALANCE = (
    "balance_id", "currency", "available_balance", "payable_balance", "pending_balance", "reserved_balance",
    "margin_balance", "frozen_balance",
)  # fmt: skip


def read_uqpay_payout(given: Any) -> Seen:
    data = fields(given, *_UQPAY_PAYOUT)
    expect(all(isinstance(value, str) for value in data.values()), "every field is a text")
    expect(1 <= len(data["statement_descriptor"]) <= 15, "statement_descriptor")
    amount = minor(data["payout_amount"], decimals_of(data["payout_currency"]))
    expect(data["payout_status"] in _UQPAY_STATUS, data["payout_status"])
    status = data["payout_status"]
    ended = status not in ("INITIATED", "PROCESSING")
    expect(ended == (data["completed_time"] != ""), "completed_time is empty until final")
    returned = {"COMPLETED": None, "FAILED_REFUNDED": amount}.get(status, 0)
    return Seen(
        payout_id=_number(data["payout_id"], "PO", 19),
        currency=data["payout_currency"],
        amount_minor=amount,
        standings=_UQPAY_STATUS[status],
        returned_minor=returned,
        created_s=_offset(data["create_time"]),
        ended_s=_offset(data["completed_time"]) if ended else None,
    )


def read_uqpay_balance(given: Any) -> tuple[str, SeenBalance]:
    data = fields(given, *_UQPAY_BALANCE)
    amounts = {name: minor(data[name], decimals_of(data["currency"])) for name in _UQPAY_BALANCE[2:]}
    payable, pending = amounts["payable_balance"], amounts["pending_balance"]
    expect(amounts["available_balance"] == payable + pending, "available is payable and pending")
    expect(not any(amounts[name] for name in _UQPAY_BALANCE[5:]), "no other balance is kept")
    return data["currency"], SeenBalance(payable, pending)


def _offset(text: str) -> int:
    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00"
    expect(re.fullmatch(form, text, re.ASCII), f"time {text!r}")
    return int(datetime.fromisoformat(text).timestamp())
