"""What a list is asked for: its page, its span of time, and the words that it is filtered by.

The trap: times are shown in whole seconds, so the end of a list that is given without a fraction is a whole second.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import bad_account_field, bad_field
from outlay.dialects.uqpay.values.fields import DAY_MS, TIME_FORM, read_time
from outlay.wire.dialect import Now
from outlay.wire.fields import FieldFault
from outlay.wire.problems import Fault

_PAGE: Final = re.compile("[1-9][0-9]{0,8}", re.ASCII)
_QUERY_FIELDS_MOST: Final = 32
_MONTH_MS: Final = 31 * DAY_MS
_CLOCKS_DIFFER_MS: Final = 60_000
"""By so much a caller's clock, and the time that a request takes, may be behind ours."""


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


class Span(msgspec.Struct, frozen=True):
    """A span of time in Unix milliseconds, both ends included; None is open."""

    from_ms: int | None = None
    to_ms: int | None = None


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
    first, last = read_time(start), read_time(end)
    if start and first is None:
        return FieldFault(schema.START_TIME, TIME_FORM)
    if end and last is None:
        return FieldFault(schema.END_TIME, TIME_FORM)
    from_ms = first[0] if first else None
    to_ms = last[0] + last[1] - 1 if last else None
    if first and last and to_ms is not None:
        if to_ms < first[0]:
            return FieldFault(schema.END_TIME, f"must not be before {schema.START_TIME}")
        # Compared as given: the end of the last day is not held against it (vendor code: one month; 31 days, decision).
        if last[0] - first[0] > _MONTH_MS:
            return FieldFault(schema.END_TIME, f"must be at most one month after {schema.START_TIME}")
    return Span(from_ms, to_ms)
