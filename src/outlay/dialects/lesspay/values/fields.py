"""What a single payout and a batch have in common, read and written: the reference, the money, the way, the terms.

Whatever is given a reader notes its faults there and returns something usable all the same. Which code a fault earns
stands in `codes`, lengths and forms in `schema`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, parse_amount
from outlay.core.origin import Remarks
from outlay.core.payout import Order
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.schema import TextField
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault

Fields = dict[str, Any]
"""Of a request that is written."""
Names = Mapping[str, str]
"""Of fields, as `object.field`: their names here to those in neutral form."""

REMARKS: Final[Names] = {
    "way_code": "method",
    "way_type": "method_group",
    "product_name": "product_name",
    "description": "description",
    "purpose": "purpose",
    "transaction_network": "network",
}


# -- the reference ----------------------------------------------------------------------------------------------------


def read_reference(fields: JsonObject) -> str | Fault:
    """`request_id`. Its faults go before everything else: without it nobody knows whether the order is a repeat."""
    reader = FieldReader(fields)
    reference = reader.text("request_id", longest=schema.REQUEST_ID_LONGEST)
    return codes.field_fault(reader.faults) if reader.faults else reference


# -- the terms --------------------------------------------------------------------------------------------------------


class OrderTerms(msgspec.Struct, frozen=True):
    """What belongs to an order as a whole; `channel` is the way by its own name, the more telling of the two words."""

    remarks: Remarks
    notify_url: str | None
    channel: str
    expires_ms: int | None


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
    return OrderTerms(_remarks_of(said), said.get("notify_url"), channel, expires_ms)


def write_terms(order: Order, now_ms: int) -> Fields:
    """The fields of an order as a whole, but for its reference and its amount."""
    fields: Fields = {"currency": order.currency, **texts_of(REMARKS, order.remarks)}
    if order.notify_url is not None:
        fields["notify_url"] = order.notify_url
    if order.expires_ms is not None:
        fields["expired_time"] = (order.expires_ms - now_ms) // 1000
    return fields


def _remarks_of(texts: Mapping[str, str]) -> Remarks:
    said: dict[str, Any] = {REMARKS[field]: text for field, text in texts.items() if field in REMARKS}
    return Remarks(**said)


def check_transaction_type(reader: FieldReader) -> None:
    value = reader.raw("transaction_type")
    if reader.has("transaction_type") and not (isinstance(value, str) and value.lower() == schema.TRANSACTION_TYPE):
        reader.fault("transaction_type", f"must be {schema.TRANSACTION_TYPE}")


# -- money ------------------------------------------------------------------------------------------------------------


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


# -- texts, by their names --------------------------------------------------------------------------------------------


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


def texts_of(names: Names, held: object) -> dict[str, str]:
    """What `held` says, by the fields' names here; nothing of None."""
    return {field: text for field, neutral in names.items() if (text := getattr(held, neutral, ""))}


def nested(fields: Mapping[str, str]) -> Fields:
    """`address.city` as the member `city` of the member `address`."""
    outermost: Fields = {}
    for field, text in fields.items():
        outer, _, inner = field.rpartition(".")
        (outermost.setdefault(outer, {}) if outer else outermost)[inner] = text
    return outermost
