"""What a merchant's software makes of TeemoPay's answers, by its documents alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.apis.seen import Seen, SeenBalance, decimals_of, expect, fields, minor

LOCAL_HOURS: Mapping[str, float] = {
    "BR": -3, "MX": -6, "PE": -5, "CO": -5, "CL": -4, "AR": -3, "PK": 5, "IN": 5.5, "ID": 7, "KH": 7, "KR": 9, "BP": 0,
}  # fmt: skip
LOCAL_CURRENCIES: Mapping[str, tuple[str, ...]] = {
    "BR": ("BRL",), "MX": ("MXN",), "PE": ("PEN",), "CO": ("COP",), "CL": ("CLP",), "AR": ("ARS",), "PK": ("PKR",),
    "IN": ("INR",), "ID": ("IDR",), "KH": ("KHR", "USD"), "KR": ("KRW",), "BP": ("USDT",),
}  # fmt: skip
"""TeemoPay's countries: fixed offset from UTC, and currencies."""

_STATUS = {
    1: frozenset({"in_review", "reserved", "processing"}),
    2: frozenset({"paid"}),
    3: frozenset({"failed", "cancelled", "expired"}),
    4: frozenset({"returned"}),
    5: frozenset({"partly_returned"}),
}
_QUERY = (
    "merchantOrderNo", "tradeNo", "amount", "status", "serviceRate", "serviceAmount", "immService", "completeTime",
    "errorCode", "errorMessage",
)  # fmt: skip
_REFUND = ("totalRefundAmount", "refundDetails")
_REFUND_ONLY_HERE = {"BR": ("cepUrl",)}
_TRACKED = {"MX": ("claveRastreo", "cepUrl")}
_RECORD = (
    "type", "merchantOrderNo", "tradeNo", "amount", "transactionAmount", "serviceAmount", "status", "settleStatus",
    "createTime", "completeTime", "settleTime", "failReason",
)  # fmt: skip


def read_data(envelope: Any) -> Any:
    fields(envelope, "code", "data", "msg", "traceId")
    expect((envelope["code"], envelope["msg"]) == (200, "success"), envelope)
    return envelope["data"]


def read_query(envelope: Any, country: str, currency: str) -> Seen:
    """The currency is the country's: the answer does not name it."""
    data = fields(
        read_data(envelope),
        *_QUERY,
        *_TRACKED.get(country, ()),
        optional=(*_REFUND, *_REFUND_ONLY_HERE.get(country, ())),
    )
    standings = _standings(data["status"])
    amount = _amount(data["amount"], currency)
    refunded = data["status"] in (4, 5)
    expect(refunded == ("refundDetails" in data) == ("totalRefundAmount" in data), "refund fields")
    for name in _REFUND_ONLY_HERE.get(country, ()):
        expect((name in data) == refunded and data.get(name) is None, name)
    returned = 0
    if refunded:
        returned = _amount(data["totalRefundAmount"], currency)
        parts = [_refund(each, country, currency) for each in data["refundDetails"]]
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
        fee_minor=_amount(data["serviceAmount"], currency),
        ended_s=None if data["completeTime"] is None else _local(data["completeTime"], country),
        reason=data["errorCode"],
    )


def read_created(envelope: Any, country: str, currency: str) -> Seen:
    """What an order is answered with; nothing has come back of it yet."""
    data = fields(read_data(envelope), "merchantOrderNo", "tradeNo", "amount", "status")
    return Seen(
        payout_id=_trade_number(data["tradeNo"], country),
        reference=data["merchantOrderNo"],
        amount_minor=_amount(data["amount"], currency),
        standings=_standings(data["status"]),
        returned_minor=0,
    )


def read_record(record: Any, country: str, currency: str) -> Seen:
    row = fields(record, *_RECORD, optional=("paymentList",))
    expect(row["type"] == "PAYOUT", "type")
    amount, moved = (_amount(row[name], currency) for name in ("amount", "transactionAmount"))
    if row["status"] in (1, 3):
        expect(moved == 0, "nothing has moved of a payout that is not paid")
    if row["status"] == 2:
        expect(moved == amount, "all of a paid payout has moved")
    return Seen(
        payout_id=_trade_number(row["tradeNo"], country),
        reference=row["merchantOrderNo"],
        amount_minor=amount,
        standings=_standings(row["status"]),
        returned_minor=None if row["status"] == 5 else amount if row["status"] == 4 else 0,
        fee_minor=_amount(row["serviceAmount"], currency),
        created_s=_local(row["createTime"], country),
        ended_s=None if row["completeTime"] is None else _local(row["completeTime"], country),
    )


def read_balance(envelope: Any, currency: str) -> SeenBalance:
    data = fields(read_data(envelope), "totalAmount", "frozenAmount", "availAmount")
    names = ("totalAmount", "frozenAmount", "availAmount")
    total, frozen, available = (_amount(data[name], currency) for name in names)
    expect(total == frozen + available, "total is frozen and available")
    return SeenBalance(available, frozen)


def _standings(status: Any) -> frozenset[str]:
    expect(isinstance(status, int) and not isinstance(status, bool) and status in _STATUS, f"status {status!r}")
    return _STATUS[status]


def _amount(text: Any, currency: str) -> int:
    """Two decimals, also for a currency without any; more only where the amount has more."""
    decimals = decimals_of(currency)
    surplus = len(str(text).partition(".")[2]) - 2
    expect(surplus == 0 or (0 < surplus <= decimals - 2 and not text.endswith("0")), f"amount {text!r}")
    shown = minor(text, 2 + surplus) * 10 ** max(decimals - 2 - surplus, 0)
    step: int = 10 ** max(2 - decimals, 0)
    expect(shown % step == 0, f"{text!r} is no whole amount")
    return shown // step


def _refund(given: Any, country: str, currency: str) -> int:
    refund = fields(given, "refundNo", "refundAmount", "refundStatus", "refundTime")
    expect(re.fullmatch("T[0-9]{3}-.{1,59}", refund["refundNo"]) and refund["refundStatus"] == 2, refund)
    _local(refund["refundTime"], country)
    return _amount(refund["refundAmount"], currency)


def _trade_number(text: Any, country: str) -> int:
    form = re.fullmatch(rf"TF([0-9]{{10}}){country}([0-9]{{16}})", text, re.ASCII)
    expect(form, f"tradeNo {text!r}")
    return int(form[1] + form[2]) if form else 0


def _local(text: Any, country: str) -> int:
    expect(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", text, re.ASCII), f"time {text!r}")
    zone = timezone(timedelta(hours=LOCAL_HOURS[country]))
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())
