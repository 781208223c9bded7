"""The small texts of this API and what they stand for: ids, numbers and amounts, currencies, times.

Read strictly: what we could not have written is no id, and a time or an amount has its documented forms.

The trap: times are shown in whole seconds, so one that is read without a fraction means a whole second.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Final
from uuid import UUID

from outlay.core.currencies import CRYPTO, EXPONENTS
from outlay.core.ids import MAX_ID
from outlay.core.money import AmountFault, parse_amount
from outlay.dialects.uqpay import schema
from outlay.kit.jsontext import Number
from outlay.wire.fields import FieldReader

CURRENCIES: Final = {code: exponent for code, exponent in EXPONENTS.items() if code not in CRYPTO}
"""ISO 4217 and CNH (docs), with their decimals."""
CURRENCY_FORM: Final = "must be an ISO 4217 code of three capital letters"
AMOUNT_FORM: Final = "must be a decimal number as a string"

# -- ids ---------------------------------------------------------------------------------------------------------------

_PAYOUT_ID: Final = re.compile(
    schema.PAYOUT_ID_PREFIX + "([1-9][0-9]{0,18})", re.ASCII
)  # a 63-bit number has ≤ 19 digits
_UUID_LENGTH: Final = 36
_UUID_FORM: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_BASE_36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOW_BITS: Final = 59
NO_SUCH_ID: Final = 0
"""No id is zero; so an id that we never wrote is not found, like any other, after the key was looked up."""


def read_payout_id(text: str) -> int | None:
    """`PO1968582687224500224` to its number; None for everything that we could not have written."""
    match = _PAYOUT_ID.fullmatch(text)
    number = int(match.group(1)) if match else 0
    return number if 0 < number <= MAX_ID else None


def uuid_of(kind: str, number: int) -> str:
    """A 63-bit id as a UUID of version 8 (docs: these ids are UUIDs), in the order of the numbers. The bits that are
    left are a hash: an id of another kind, or one made up, is none of ours."""
    check = int.from_bytes(sha256(f"{kind}\x00{number}".encode("ascii")).digest()[:8], "big") >> (64 - _LOW_BITS)
    bits = (number >> 15) << 80 | 8 << 76 | (number >> 3 & 0xFFF) << 64 | 2 << 62 | (number & 7) << _LOW_BITS | check
    return str(UUID(int=bits))


def number_of(kind: str, text: str) -> int | None:
    """The number of which `uuid_of` made this text; None where it made none of it."""
    if not _UUID_FORM.fullmatch(text):
        return None
    bits = UUID(text).int
    number = (bits >> 80) << 15 | (bits >> 64 & 0xFFF) << 3 | bits >> _LOW_BITS & 7
    return number if uuid_of(kind, number) == text.lower() else None


def key_reference(key: str) -> tuple[str, tuple[str, ...]]:
    """The text under which an idempotency key is used, and every text under which it may have been used before. One
    that is a UUID is one key in any case of letters (decision: a client that writes capitals on a retry must not pay
    twice). The spelling that came counts first, so that two keys which were used before in both spellings stay two."""
    if len(key) != _UUID_LENGTH or not _UUID_FORM.fullmatch(key):
        return key, (key,)
    return key.lower(), tuple(dict.fromkeys((key, key.lower(), key.upper())))


def base_36(number: int) -> str:
    """A positive number in digits and capital letters."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits


# -- numbers and amounts -----------------------------------------------------------------------------------------------

_EXPONENT_FORM: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?[eE]([-+]?[0-9]{1,9})", re.ASCII)
_EXPONENT_LARGEST: Final = 64


def read_amount(reader: FieldReader, name: str, exponent: int) -> int | AmountFault | None:
    """A string (docs) or a JSON number by its value, in exponent form too (decision: a CLI help text says that numbers
    are sent, and Java's BigDecimal writes 1E+2 and 100.000). None where it is neither: the reader has noted that."""
    if not reader.has(name):
        reader.fault(name, "is required", missing=True)
        return None
    value = reader.raw(name)
    if isinstance(value, Number):
        value = by_value(value.literal)
    if isinstance(value, str):
        return parse_amount(value, exponent)
    reader.fault(name, AMOUNT_FORM)
    return None


def by_value(literal: str) -> str:
    """A number as decimal text, without zeros at the end of its fraction."""
    plain = plain_digits(literal)
    return plain.rstrip("0").rstrip(".") if "." in plain and is_plain(plain) else plain


def plain_digits(literal: str) -> str:
    """A JSON number without its exponent: 1E+2 is 100, 1.25e-1 is 0.125. As it is written where it has none, or one
    that no amount has."""
    match = _EXPONENT_FORM.fullmatch(literal)
    if match is None or abs(int(match.group(4))) > _EXPONENT_LARGEST:
        return literal
    sign, whole, fraction, exponent = match.group(1), match.group(2), match.group(3) or "", int(match.group(4))
    digits, point = whole + fraction, len(whole) + exponent
    digits = digits.rjust(len(digits) - min(point - 1, 0), "0").ljust(point, "0")
    point = max(point, 1)
    whole, fraction = digits[:point].lstrip("0") or "0", digits[point:]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def is_plain(literal: str) -> bool:
    """Whether it is written without an exponent."""
    return "e" not in literal and "E" not in literal


# -- times -------------------------------------------------------------------------------------------------------------

_ZONE: Final = timezone(timedelta(hours=8))  # examples say +08:00 (seed)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SECOND_MS: Final = 1000
DAY_MS: Final = 86_400_000
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[-+ ]\d\d:\d\d)?)?", re.ASCII)
TIME_FORM: Final = "must be a date (YYYY-MM-DD) or an ISO 8601 date and time (YYYY-MM-DDThh:mm:ss+08:00)"


def write_time(at_ms: int) -> str:
    """`2025-09-18T15:47:41+08:00` (seed): whole seconds, rounded down."""
    return datetime.fromtimestamp(at_ms // 1000, _ZONE).isoformat()


def read_time(text: str) -> tuple[int, int] | None:
    """The first millisecond that `text` means and how many it means: of a day (docs), a second (vendor code) or a
    fraction of one. Without an offset it is UTC+8 (decision)."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    # A plus that was sent as it is, and not as %2B, arrives as a space (decision).
    zone = (offset or "+08:00").replace(" ", "+")
    try:
        moment = datetime.fromisoformat(f"{day}{clock or 'T00:00:00'}{zone}")
    except ValueError:
        return None
    at_ms = (moment - _EPOCH) // _MILLISECOND
    if fraction is not None:
        return at_ms + int(fraction[1:4].ljust(3, "0")), 1
    return at_ms, DAY_MS if clock is None else _SECOND_MS
