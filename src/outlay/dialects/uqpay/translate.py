"""UQPAY's words to the core's and back: order fields, payout and balance objects, ids, times, pages, body digests.

The trap: an account may own credentials in other dialects, so a payout shown here need not have been ordered here.
Its memo may lack our keys, its beneficiary may be anybody, its currency may be none that this API would take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid5

import msgspec

from outlay.core.beneficiary import OWN_ACCOUNT
from outlay.core.currencies import CRYPTO, EXPONENTS
from outlay.core.ids import MAX_ID
from outlay.core.money import AmountFault, format_amount, parse_amount
from outlay.core.payout import Order, Payout
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import (
    TRANSFER_DISABLED,
    PayoutStatus,
    bad_amount,
    bad_currency,
    bad_field,
    status_of,
)
from outlay.kit.jsontext import BadJson, Json, JsonObject, Number, parse_object
from outlay.wire.fields import FieldFault, FieldReader
from outlay.wire.problems import Fault
from outlay.wire.usecases import Balance

_CURRENCIES: Final = {
    code: exponent for code, exponent in EXPONENTS.items() if code not in CRYPTO
}  # ISO 4217, CNH (docs)
_PAYOUT_ID: Final = re.compile(
    schema.PAYOUT_ID_PREFIX + "([1-9][0-9]{0,18})", re.ASCII
)  # a 63-bit number has ≤ 19 digits
_ACCOUNT_ID: Final = re.compile(
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII
)
_PAGE: Final = re.compile("[1-9][0-9]{0,8}", re.ASCII)
_QUERY_FIELDS_MOST: Final = 32
_ZONE: Final = timezone(timedelta(hours=8))  # examples say +08:00 (seed)
_BALANCE_NAMESPACE: Final = UUID("8c1f7a52-6f0e-4b57-9a43-0d6c2f5b7e19")  # fixed for ever: balance ids derive from it
_AMOUNT_FORM: Final = "must be a decimal number as a string"
_DESCRIPTOR_FORM: Final = "must be printable ASCII or letters"


class Page(msgspec.Struct, frozen=True):
    """Which part of a list: `number` counts from 1."""

    number: int = schema.PAGE_NUMBER_DEFAULT
    size: int = schema.PAGE_SIZE_DEFAULT


# -- reading --------------------------------------------------------------------------------------------------------


def read_order(reference: str, body: JsonObject) -> Order | Fault:
    """The order in a create body, or the answer for its first wrong field in the documented order (decision)."""
    reader = FieldReader(body)
    currency = reader.text(schema.PAYOUT_CURRENCY)
    if reader.faults:
        return bad_field(reader.faults[0])
    exponent = _CURRENCIES.get(currency)
    if exponent is None:
        return bad_currency("payout_currency must be an ISO 4217 code of three capital letters")
    amount_minor = _read_amount(reader, exponent)
    if isinstance(amount_minor, Fault):
        return amount_minor
    descriptor = _read_descriptor(reader)
    note = reader.text(schema.INTERNAL_NOTE, required=False, longest=schema.INTERNAL_NOTE_LONGEST)
    own_account = reader.text(schema.PAYOUT_ACCOUNT_ID, required=False, longest=schema.PAYOUT_ACCOUNT_ID_LONGEST)
    if reader.faults:
        return bad_field(reader.faults[0])
    if own_account:
        return TRANSFER_DISABLED
    memo = {schema.STATEMENT_DESCRIPTOR: descriptor}
    if note:
        memo[schema.INTERNAL_NOTE] = note
    return Order(reference=reference, currency=currency, amount_minor=amount_minor, beneficiary=OWN_ACCOUNT, memo=memo)


def _read_amount(reader: FieldReader, exponent: int) -> int | Fault:
    """A string (docs) or a JSON number by its digits (decision: a CLI help text says that numbers are sent)."""
    if not reader.has(schema.PAYOUT_AMOUNT):
        return bad_field(FieldFault(schema.PAYOUT_AMOUNT, "is required", missing=True))
    value = reader.raw(schema.PAYOUT_AMOUNT)
    if isinstance(value, Number):
        value = value.literal
    if not isinstance(value, str):
        return bad_field(FieldFault(schema.PAYOUT_AMOUNT, _AMOUNT_FORM))
    amount = parse_amount(value, exponent)
    return bad_amount(f"{schema.PAYOUT_AMOUNT} is {amount}") if isinstance(amount, AmountFault) else amount


def _read_descriptor(reader: FieldReader) -> str:
    """Printable ASCII plus letters of any script (decision), marks included: Thai and Hindi have no words without."""
    text = reader.text(schema.STATEMENT_DESCRIPTOR, longest=schema.STATEMENT_DESCRIPTOR_LONGEST)
    # The reader has refused control characters already, so ASCII here is printable.
    if not text.isascii() and not all(char.isascii() or unicodedata.category(char)[0] in "LM" for char in text):
        reader.fault(schema.STATEMENT_DESCRIPTOR, _DESCRIPTOR_FORM)
    return text


def read_payout_id(text: str) -> int | None:
    """`PO1968582687224500224` to its number; None for everything that we could not have written."""
    match = _PAYOUT_ID.fullmatch(text)
    number = int(match.group(1)) if match else 0
    return number if 0 < number <= MAX_ID else None


def read_account_id(text: str) -> UUID | None:
    """An account_id in the canonical form of a UUID; None otherwise (`UUID` alone takes braces and URNs too)."""
    return UUID(text) if _ACCOUNT_ID.fullmatch(text) else None


def read_page(query: str) -> Page | Fault:
    """The page asked for. An absent or empty field takes its default; other query fields are ignored."""
    if not query:
        return _FIRST_PAGE
    try:
        pairs = parse_qsl(query, max_num_fields=_QUERY_FIELDS_MOST)
    except ValueError:
        return bad_field(FieldFault("query", f"must have at most {_QUERY_FIELDS_MOST} fields"))
    number = _read_count(pairs, schema.PAGE_NUMBER, schema.PAGE_NUMBER_DEFAULT, schema.PAGE_NUMBER_LARGEST)
    if isinstance(number, Fault):
        return number
    size = _read_count(pairs, schema.PAGE_SIZE, schema.PAGE_SIZE_DEFAULT, schema.PAGE_SIZE_LARGEST)
    return size if isinstance(size, Fault) else Page(number, size)


_FIRST_PAGE: Final = Page()


def _read_count(pairs: Sequence[tuple[str, str]], name: str, default: int, largest: int) -> int | Fault:
    given = [value for key, value in pairs if key == name]
    if not given:
        return default
    if len(given) > 1:
        return bad_field(FieldFault(name, "must be given once"))
    if _PAGE.fullmatch(given[0]) and int(given[0]) <= largest:
        return int(given[0])
    return bad_field(FieldFault(name, f"must be an integer from 1 to {largest}"))


# -- the content of a body ------------------------------------------------------------------------------------------


def body_digest(raw: bytes) -> bytes:
    """The digest of a body that was not accepted: by content where it can be read at all, so that a repeat that lost
    its content type still counts as the same request; else by its bytes, which equal no accepted request's digest."""
    try:
        return content_digest(parse_object(raw))
    except BadJson:
        return sha256(b"unreadable\x00" + raw).digest()


def content_digest(body: JsonObject) -> bytes:
    """SHA-256 of the body's content (decision): key order, spaces and the spelling of strings (escapes) do not count.

    Numbers count by value as decimal text: zeros at the end of the fraction are dropped, so 100, 100.0 and 100.00 are
    equal; a number in exponent form, which no field accepts, counts as it is spelt. A number never equals a string:
    100.00 and "100.00" are two contents. Absent, null and "" are three.
    """
    return sha256(_canonical(body).encode("ascii")).digest()


def _canonical(value: Json) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        return (
            "{" + ",".join([f"{encode_basestring_ascii(key)}:{_canonical(value[key])}" for key in sorted(value)]) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join([_canonical(item) for item in value]) + "]"
    if isinstance(value, Number):
        literal = value.literal
        plain = "." in literal and "e" not in literal and "E" not in literal
        return literal.rstrip("0").rstrip(".") if plain else literal
    if value is None:
        return "null"
    return "true" if value else "false"


# -- writing --------------------------------------------------------------------------------------------------------


def payout_object(payout: Payout) -> schema.PayoutObject:
    """The payout as it is now."""
    status = status_of(payout)
    memo = payout.memo
    # A payout of another dialect has no descriptor, but the field is required: show what its owner knows it by.
    descriptor = memo.get(schema.STATEMENT_DESCRIPTOR) or payout.reference[: schema.STATEMENT_DESCRIPTOR_LONGEST]
    return schema.PayoutObject(
        payout_id=f"{schema.PAYOUT_ID_PREFIX}{payout.payout_id}",
        payout_currency=payout.currency,
        payout_amount=format_amount(payout.amount_minor, EXPONENTS[payout.currency]),
        statement_descriptor=descriptor,
        payout_status=status.value,
        create_time=write_time(payout.created_ms),
        internal_note=memo.get(schema.INTERNAL_NOTE, ""),
        completed_time=_completed_time(payout, status),
    )


def _completed_time(payout: Payout, status: PayoutStatus) -> str:
    """ "" until final; then the time of the status that is shown (decision), which for a return is the last one's."""
    if status is PayoutStatus.INITIATED or status is PayoutStatus.PROCESSING:
        return ""
    at_ms = payout.completed_ms
    if status is PayoutStatus.FAILED_REFUNDED and payout.returns:
        at_ms = payout.returns[-1].at_ms
    return "" if at_ms is None else write_time(at_ms)


def write_time(at_ms: int) -> str:
    """`2025-09-18T15:47:41+08:00` (seed): whole seconds, rounded down."""
    return datetime.fromtimestamp(at_ms // 1000, _ZONE).isoformat()


def balance_object(account_id: UUID, balance: Balance) -> schema.BalanceObject:
    """Outlay knows available and held money only (decision): what is held counts as available but pending."""
    exponent = EXPONENTS[balance.currency]
    nothing = format_amount(0, exponent)
    return schema.BalanceObject(
        balance_id=str(uuid5(_BALANCE_NAMESPACE, f"{account_id}:{balance.currency}")),
        currency=balance.currency,
        available_balance=format_amount(balance.available_minor + balance.held_minor, exponent),
        payable_balance=format_amount(balance.available_minor, exponent),
        pending_balance=format_amount(balance.held_minor, exponent),
        reserved_balance=nothing,
        margin_balance=nothing,
        frozen_balance=nothing,
    )


def balance_list(account_id: UUID, balances: Sequence[Balance], page: Page) -> schema.BalanceList:
    """One page; a page past the end is empty, and no balances make no pages (decision)."""
    first = (page.number - 1) * page.size
    return schema.BalanceList(
        total_pages=-(-len(balances) // page.size),
        total_items=len(balances),
        data=[balance_object(account_id, balance) for balance in balances[first : first + page.size]],
    )
