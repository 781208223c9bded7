"""What a single payout and a batch have in common on the way in: the money, the way, the terms, the keys.

Every function notes its faults in the reader that it is given and returns something usable all the same. Which code a
fault earns stands in `codes`, lengths and forms in `schema`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, parse_amount
from outlay.core.origin import Remarks
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.neutral import remarks_of
from outlay.dialects.lesspay.schema import TextField
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault


class OrderTerms(msgspec.Struct, frozen=True):
    """What belongs to an order as a whole; `channel` is the way by its own name, the more telling of the two words."""

    remarks: Remarks
    notify_url: str | None
    channel: str
    expires_ms: int | None


def read_reference(reader: FieldReader) -> str | Fault:
    """`request_id`. Its faults go before everything else: without it nobody knows whether the order is a repeat."""
    reference = reader.text("request_id", longest=schema.REQUEST_ID_LONGEST)
    return codes.field_fault(reader.faults) if reader.faults else reference


def read_terms(reader: FieldReader, texts: Sequence[TextField], now_ms: int) -> OrderTerms:
    said: dict[str, str] = {}
    if not reader.has("way_code") and not reader.has("way_type"):
        reader.fault("way_code", "or way_type is required", missing=True)  # one of them (decision)
    for name in ("way_code", "way_type"):
        if value := reader.text(name, required=False, longest=schema.WAY_LONGEST):
            said[name] = value
    take_texts(reader, texts, "", said)
    expires_ms = None
    if reader.has("expired_time"):  # seconds from creation (docs 440469670e0)
        seconds = reader.integer("expired_time", smallest=1, largest=schema.EXPIRED_TIME_LARGEST)
        expires_ms = now_ms + seconds * 1000 if seconds is not None else None
    channel = said.get("way_code") or said.get("way_type", "")
    return OrderTerms(remarks_of(said), said.get("notify_url"), channel, expires_ms)


def take_texts(reader: FieldReader, fields: Sequence[TextField], prefix: str, into: dict[str, str]) -> None:
    """Reads the optional `fields` and keeps those that are there, as `prefix` + name."""
    for field in fields:
        value = reader.text(
            field.name,
            required=False,
            longest=field.longest,
            pattern=field.pattern,
            choices=field.choices,
            rule=field.rule,
            content=field.content,
        )
        if value:
            into[prefix + field.name] = value


def read_currency(reader: FieldReader) -> str:
    """ "" where it is wrong."""
    currency = reader.text("currency")
    if currency and currency not in schema.CURRENCIES:
        reader.fault("currency", "is not supported")
        return ""
    return currency


def read_amount(reader: FieldReader, name: str, currency: str) -> int:
    """Minor units, 0 where it is wrong; major units on the wire (decision). With an unsupported currency the decimals
    are not looked at: the currency's code is the lower one."""
    amount = reader.text(name, content=Content.NUMBER)
    if not amount or not currency:
        return 0
    parsed = parse_amount(amount, EXPONENTS[currency])
    if isinstance(parsed, AmountFault):
        reader.fault(name, _amount_rule(parsed, EXPONENTS[currency]))
        return 0
    return parsed


def _amount_rule(fault: AmountFault, decimals: int) -> str:
    if fault is AmountFault.TOO_LARGE:
        return "is larger than any amount that is accepted"
    return f"must be a positive decimal string in major units with at most {decimals} decimals"


def check_transaction_type(reader: FieldReader) -> None:
    value = reader.raw("transaction_type")
    if reader.has("transaction_type") and not (isinstance(value, str) and value.lower() == schema.TRANSACTION_TYPE):
        reader.fault("transaction_type", f"must be {schema.TRANSACTION_TYPE}")


def check_key_twice(wallet: FieldReader, key: str, deposit_key: str | None) -> None:
    """A PIX key may stand in both of its fields; two different ones would leave open who is paid (decision)."""
    if deposit_key is not None and deposit_key != key:
        wallet.fault("deposit_key", "must equal account_number for PIX")
