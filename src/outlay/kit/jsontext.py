"""Strict JSON: text to a plain tree, without ever touching a binary float.

Every number keeps its literal text (`Number`), because two of the wire APIs sign or compare amounts by their
spelling and a float would silently change money. The tree keeps the document order of keys, which one of their
signatures needs. Which fields a tree must have is decided elsewhere.

The traps: Python's own parser accepts NaN, duplicate keys and very deep nesting; all three are refused here. And a
megabyte of small values costs a hundred times what one text of a megabyte costs, so a size alone bounds nothing: values
and levels are counted on the raw bytes before anything is made of them.
"""

from __future__ import annotations

import codecs
import json
from itertools import accumulate
from typing import Final, NoReturn

MAX_DEPTH: Final = 32
"""Levels of nesting; the deepest documented body has five."""

MOST_VALUES: Final = 1_000
"""Members and items of an ordinary body, an empty object or array for one; the richest documented one has sixty."""

_MARKS: Final = b'"[]{},'
_NO_MARKS: Final = bytes(set(range(256)) - set(_MARKS))
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""A bracket as a signed byte: one level down or up."""


class Number:
    """A JSON number as it was written: `1.50` stays `1.50`, `1e3` stays `1e3`."""

    __slots__ = ("literal",)

    def __init__(self, literal: str) -> None:
        self.literal = literal

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self.literal == other.literal

    def __hash__(self) -> int:
        return hash(self.literal)

    def __repr__(self) -> str:
        return f"Number({self.literal})"

    @property
    def is_integer(self) -> bool:
        """Whether it was written without a point and without an exponent."""
        return self.literal.lstrip("-").isdigit()


Json = None | bool | str | Number | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]


class BadJson(ValueError):
    """The bytes are not one JSON object in UTF-8; the message says what is wrong, never what was sent."""


def parse_object(raw: bytes, *, most_values: int = MOST_VALUES, unique_keys: bool = True) -> JsonObject:
    """Parse one JSON object; a byte order mark before it is passed over (RFC 8259 8.1). Raises BadJson.

    `most_values`: members and items at most, all together. With `unique_keys=False` the last of two equal keys wins, as
    most parsers have it: only for texts that were signed elsewhere, never for a request.
    """
    _check_bounds(raw, most_values)
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("body is not valid UTF-8") from None
    decode = _decode_unique if unique_keys else _decode_last_wins
    try:
        tree = decode(text)
    except BadJson:
        raise
    except ValueError:
        raise BadJson("body is not valid JSON") from None
    if not isinstance(tree, dict):
        raise BadJson("body must be a JSON object")
    return tree


def _check_bounds(raw: bytes, most_values: int) -> None:
    """Raises BadJson for more values or levels than are allowed. Exact for what is JSON; of anything else the parser
    reads no more than that before it meets the first fault."""
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= MAX_DEPTH and opened + raw.count(b",") <= most_values:
        return  # few enough, even if none of them stood inside of a string
    marks = _marks_outside_of_strings(raw, most_values)
    # A container of n values has n - 1 commas and an opening bracket; an empty one has only the bracket.
    if marks.count(b"[") + marks.count(b"{") + marks.count(b",") > most_values:
        raise BadJson("body has too many values")
    steps = memoryview(marks.translate(_STEPS, b",")).cast("b")
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        raise BadJson("body is nested too deeply")


def _marks_outside_of_strings(raw: bytes, most_values: int) -> bytes:
    """Brackets, braces and commas in their order, without those that are part of a string."""
    if b"\\" in raw:  # it stands in strings only: with the escaped ones gone, every quotation mark begins or ends one
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = raw.translate(None, _NO_MARKS)
    if marks.count(b'"') > 4 * most_values:  # a member is two strings at most; so the list below stays short
        raise BadJson("body has too many values")
    return b"".join(marks.split(b'"')[::2])


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise BadJson("body repeats a key")
    return tree


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON")


_decode_unique = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_no_constant
).decode
_decode_last_wins = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_no_constant).decode
