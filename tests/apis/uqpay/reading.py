"""What a merchant's software makes of UQPAY's answers, by its documents alone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tests.apis.seen import Seen, SeenBalance, decimals_of, expect, fields, minor, number

_STATUS = {
    "INITIATED": frozenset({"in_review", "reserved"}),
    "PROCESSING": frozenset({"processing"}),
    "COMPLETED": frozenset({"paid", "partly_returned"}),
    "FAILED": frozenset({"failed", "cancelled", "expired"}),
    "FAILED_REFUNDED": frozenset({"returned"}),
}
_PAYOUT = (
    "payout_id", "payout_currency", "payout_amount", "statement_descriptor", "payout_status", "create_time",
    "internal_note", "completed_time",
)  # fmt: skip
_BALANCE = (
    "balance_id", "currency", "available_balance", "payable_balance", "pending_balance", "reserved_balance",
    "margin_balance", "frozen_balance",
)  # fmt: skip


def read_payout(given: Any) -> Seen:
    data = fields(given, *_PAYOUT)
    expect(all(isinstance(value, str) for value in data.values()), "every field is a text")
    expect(1 <= len(data["statement_descriptor"]) <= 15, "statement_descriptor")
    amount = minor(data["payout_amount"], decimals_of(data["payout_currency"]))
    expect(data["payout_status"] in _STATUS, data["payout_status"])
    status = data["payout_status"]
    ended = status not in ("INITIATED", "PROCESSING")
    expect(ended == (data["completed_time"] != ""), "completed_time is empty until final")
    returned = {"COMPLETED": None, "FAILED_REFUNDED": amount}.get(status, 0)
    return Seen(
        payout_id=number(data["payout_id"], "PO", 19),
        currency=data["payout_currency"],
        amount_minor=amount,
        standings=_STATUS[status],
        returned_minor=returned,
        created_s=_offset(data["create_time"]),
        ended_s=_offset(data["completed_time"]) if ended else None,
    )


def read_balance(given: Any) -> tuple[str, SeenBalance]:
    data = fields(given, *_BALANCE)
    amounts = {name: minor(data[name], decimals_of(data["currency"])) for name in _BALANCE[2:]}
    payable, pending = amounts["payable_balance"], amounts["pending_balance"]
    expect(amounts["available_balance"] == payable + pending, "available is payable and pending")
    expect(not any(amounts[name] for name in _BALANCE[5:]), "no other balance is kept")
    return data["currency"], SeenBalance(payable, pending)


def _offset(text: str) -> int:
    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00"
    expect(re.fullmatch(form, text, re.ASCII), f"time {text!r}")
    return int(datetime.fromisoformat(text).timestamp())
