"""The small texts of this API and what they stand for: ids, times, amounts, pages of lists, and the content of a body.

Read strictly: what we could not have written is no id, and a time, a page or an amount has its documented forms. What
the objects made of them mean is `translate`'s, `bank_accounts`' and `transfers`' business.

The trap: times are shown in whole seconds, so the end of a list that is given without a fraction is a whole second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from outlay.core.currencies import CRYPTO, EXPONENTS
from outlay.core.ids import MAX_ID
from outlay.core.money import AmountFault, parse_amount
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import bad_account_field, bad_field
from outlay.kit.jsontext import Json, JsonObject, Number
from outlay.wire.dialect import Now
from outlay.wire.fields import FieldFault, FieldReader
from outlay.wire.problems import Fault

CURRENCIES: Final = {code: exponent for code, exponent in EXPONENTS.items() if code not in CRYPTO}
"""ISO 4217 and CNH (docs), with their decimals."""
CURRENCY_FORM: Final = "must be an ISO 4217 code of three capital letters"
AMOUNT_FORM: Final = "must be a decimal number as a string"

# -- ids --------------------------------------------------------------------------------------------------------------

_PAYOUT_ID: Final = re.compile(
    schema.PAYOUT_ID_PREFIX + "([1-9][0-9]{0,18})", re.ASCII
)  # a 63-bit number has ≤ 19 digits
_UUID_LENGTH: Final = 36
UUID_FORM: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_BASE_36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOW_BITS: Final = 59


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
    if not UUID_FORM.fullmatch(text):
        return None
    bits = UUID(text).int
    number = (bits >> 80) << 15 | (bits >> 64 & 0xFFF) << 3 | bits >> _LOW_BITS & 7
    return number if uuid_of(kind, number) == text.lower() else None


def key_reference(key: str) -> tuple[str, tuple[str, ...]]:
    """The text under which an idempotency key is used, and every text under which it may have been used before. One
    that is a UUID is one key in any case of letters (decision: a client that writes capitals on a retry must not pay
    twice). The spelling that came counts first, so that two keys which were used before in both spellings stay two."""
    if len(key) != _UUID_LENGTH or not UUID_FORM.fullmatch(key):
        return key, (key,)
    return key.lower(), tuple(dict.fromkeys((key, key.lower(), key.upper())))


def base_36(number: int) -> str:
    """A positive number in digits and capital letters."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits


# -- amounts ----------------------------------------------------------------------------------------------------------

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


# -- times ------------------------------------------------------------------------------------------------------------

_ZONE: Final = timezone(timedelta(hours=8))  # examples say +08:00 (seed)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SECOND_MS: Final = 1000
_DAY_MS: Final = 86_400_000
_MONTH_MS: Final = 31 * _DAY_MS
_CLOCKS_DIFFER_MS: Final = 60_000
"""By so much a caller's clock, and the time that a request takes, may be behind ours."""
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[-+ ]\d\d:\d\d)?)?", re.ASCII)
_TIME_FORM: Final = "must be a date (YYYY-MM-DD) or an ISO 8601 date and time (YYYY-MM-DDThh:mm:ss+08:00)"


class Span(msgspec.Struct, frozen=True):
    """A span of time in Unix milliseconds, both ends included; None is open."""

    from_ms: int | None = None
    to_ms: int | None = None


def write_time(at_ms: int) -> str:
    """`2025-09-18T15:47:41+08:00` (seed): whole seconds, rounded down."""
    return datetime.fromtimestamp(at_ms // 1000, _ZONE).isoformat()


def _read_time(text: str) -> tuple[int, int] | None:
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
    return at_ms, _DAY_MS if clock is None else _SECOND_MS


# -- lists ------------------------------------------------------------------------------------------------------------

_PAGE: Final = re.compile("[1-9][0-9]{0,8}", re.ASCII)
_QUERY_FIELDS_MOST: Final = 32


class Page(msgspec.Struct, frozen=True):
    """Which part of a list: `number` counts from 1."""

    number: int = schema.PAGE_NUMBER_DEFAULT
    size: int = schema.PAGE_SIZE_DEFAULT

    @property
    def skip(self) -> int:
        return (self.number - 1) * self.size

    def pages(self, items: int) -> int:
        """How many pages there are; no items make none (decision)."""
        return -(-items // self.size)


class ListQuery(msgspec.Struct, frozen=True):
    """What a list is asked for; `words` are its other fields, where they say anything."""

    page: Page = Page()
    span: Span = Span()
    words: Mapping[str, str] = {}


class AccountsQuery(msgspec.Struct, frozen=True):
    """What a list of accounts, or one account, is asked for; "" where a word is left out."""

    page: Page = Page()
    status: str = ""
    business_code: str = ""


_WHOLE_LIST: Final = ListQuery()


def read_list_query(query: str) -> ListQuery | Fault:
    """The page and the time asked for, or the answer for the first wrong field in the documented order. An absent or
    empty field takes its default; unknown ones are for nobody."""
    if not query:
        return _WHOLE_LIST
    words = _read_words(query, schema.QUERY_FIELDS)
    if isinstance(words, FieldFault):
        return bad_field(words)
    page = _read_page(words)
    if isinstance(page, FieldFault):
        return bad_field(page)
    span = _read_span(words.get(schema.START_TIME, ""), words.get(schema.END_TIME, ""))
    return bad_field(span) if isinstance(span, FieldFault) else ListQuery(page, span, words)


def read_accounts_query(query: str) -> AccountsQuery | Fault:
    """The same of accounts, whose errors have another envelope."""
    words = _read_words(query, schema.ACCOUNTS_QUERY_FIELDS)
    if isinstance(words, FieldFault):
        return bad_account_field(words)
    page = _read_page(words)
    if isinstance(page, FieldFault):
        return bad_account_field(page)
    return AccountsQuery(page, words.get(schema.STATUS, ""), words.get(schema.BUSINESS_CODE, ""))


def _read_words(query: str, once: Collection[str]) -> Mapping[str, str] | FieldFault:
    """The fields that say anything. Of those that we read, none may be given twice."""
    try:
        pairs = parse_qsl(query, max_num_fields=_QUERY_FIELDS_MOST)
    except ValueError:
        return FieldFault("query", f"must have at most {_QUERY_FIELDS_MOST} fields")
    for name in once:
        if sum(key == name for key, _ in pairs) > 1:
            return FieldFault(name, "must be given once")
    return dict(pairs)


def _read_page(words: Mapping[str, str]) -> Page | FieldFault:
    number = _read_count(words, schema.PAGE_NUMBER, schema.PAGE_NUMBER_DEFAULT, schema.PAGE_NUMBER_LARGEST)
    if isinstance(number, FieldFault):
        return number
    size = _read_count(words, schema.PAGE_SIZE, schema.PAGE_SIZE_DEFAULT, schema.PAGE_SIZE_LARGEST)
    return size if isinstance(size, FieldFault) else Page(number, size)


def _read_count(words: Mapping[str, str], name: str, default: int, largest: int) -> int | FieldFault:
    given = words.get(name)
    if given is None:
        return default
    if _PAGE.fullmatch(given) and int(given) <= largest:
        return int(given)
    return FieldFault(name, f"must be an integer from 1 to {largest}")


def _read_span(start: str, end: str) -> Span | FieldFault:
    first, last = _read_time(start), _read_time(end)
    if start and first is None:
        return FieldFault(schema.START_TIME, _TIME_FORM)
    if end and last is None:
        return FieldFault(schema.END_TIME, _TIME_FORM)
    from_ms = first[0] if first else None
    to_ms = last[0] + last[1] - 1 if last else None
    if first and last and to_ms is not None:
        if to_ms < first[0]:
            return FieldFault(schema.END_TIME, f"must not be before {schema.START_TIME}")
        # Compared as given: the end of the last day is not held against it (vendor code: one month; 31 days, decision).
        if last[0] - first[0] > _MONTH_MS:
            return FieldFault(schema.END_TIME, f"must be at most one month after {schema.START_TIME}")
    return Span(from_ms, to_ms)


def as_seen_here(query: ListQuery, now: Now) -> ListQuery:
    """The query with its end moved to this installation's now where it reaches the caller's (decision): a caller cannot
    know that a sandbox was moved ahead."""
    to_ms = query.span.to_ms
    if to_ms is None or now.here_ms <= now.real_ms or to_ms < now.real_ms - _CLOCKS_DIFFER_MS:
        return query
    reached = Span(query.span.from_ms, max(to_ms, now.here_ms))
    return ListQuery(query.page, reached, query.words)


def read_word(query: ListQuery, name: str, choices: Collection[str]) -> str | Fault | None:
    """One of `choices`, None where the field is left out."""
    word = query.words.get(name)
    if word is None or word in choices:
        return word
    return bad_field(FieldFault(name, f"must be one of {', '.join(choices)}"))


# -- the content of a body --------------------------------------------------------------------------------------------


def by_value(literal: str) -> str:
    """A number as decimal text, without zeros at the end of its fraction."""
    plain = plain_digits(literal)
    return plain.rstrip("0").rstrip(".") if "." in plain and _is_plain(plain) else plain


def by_spelling(literal: str) -> str:
    """The rule of the first versions: a number in exponent form, which no field accepted, counted as it was spelt."""
    return by_value(literal) if _is_plain(literal) else literal


def _is_plain(literal: str) -> bool:
    return "e" not in literal and "E" not in literal


NumberRule = Callable[[str], str]


def unreadable_digest(raw: bytes) -> bytes:
    """The digest of a body that cannot be read: by its bytes, which equal no readable one's."""
    return sha256(b"unreadable\x00" + raw).digest()


def content_digest(body: JsonObject, number: NumberRule = by_value) -> bytes:
    """SHA-256 of the body's content (decision): key order, spaces and the spelling of strings (escapes) do not count.

    Numbers count by value as decimal text, so 100, 100.0, 100.00 and 1E+2 are equal. A number never equals a string:
    100.00 and "100.00" are two contents. Absent, null and "" are three.
    """
    return sha256(_canonical(body, number).encode("ascii")).digest()


def _canonical(value: Json, number: NumberRule) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        pairs = [f"{encode_basestring_ascii(key)}:{_canonical(value[key], number)}" for key in sorted(value)]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_canonical(item, number) for item in value]) + "]"
    if isinstance(value, Number):
        return number(value.literal)
    if value is None:
        return "null"
    return "true" if value else "false"
