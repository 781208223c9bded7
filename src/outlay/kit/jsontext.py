"""Strict JSON: text to a plain tree, without ever touching a binary float.

Every number keeps its literal text (`Number`), because two of the wire APIs sign or compare amounts by their
spelling and a float would silently change money. The tree keeps the document order of keys, which LessPay's
signature needs. Which fields a tree must have is decided elsewhere.

The trap: Python's own parser accepts NaN, duplicate keys and very deep nesting. All three are refused here.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Final, NoReturn

MAX_DEPTH: Final = 32
"""Levels of nesting; the deepest documented body has five."""

MAX_COMMAS: Final = 100_000
"""Between values; the longest documented body, a batch of a thousand, has some 20,000. A megabyte of small values costs
a hundred times what one text of a megabyte costs, so the size alone bounds nothing."""

# Also one that never ends: else every quotation mark in it would be tried as a beginning.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)


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


def parse_object(raw: bytes, *, unique_keys: bool = True) -> JsonObject:
    """Parse one JSON object; a byte order mark before it is passed over (RFC 8259 8.1). Raises BadJson.

    With `unique_keys=False` the last of two equal keys wins, as most parsers have it: only for texts that were
    signed elsewhere, never for a request.
    """
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("body is not valid UTF-8") from None
    if raw.count(b",") > MAX_COMMAS and _STRING.sub(b"", raw).count(b",") > MAX_COMMAS:
        raise BadJson("body has too many values")
    decode = _decode_unique if unique_keys else _decode_last_wins
    try:
        tree = decode(text)
    except RecursionError:
        raise BadJson("body is nested too deeply") from None
    except BadJson:
        raise
    except ValueError:
        raise BadJson("body is not valid JSON") from None
    if not isinstance(tree, dict):
        raise BadJson("body must be a JSON object")
    if _depth_exceeds(tree, MAX_DEPTH):
        raise BadJson("body is nested too deeply")
    return tree


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise BadJson("body repeats a key")
    return tree


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON")


def _depth_exceeds(tree: Json, allowed: int) -> bool:
    if isinstance(tree, dict):
        return allowed == 0 or any(_depth_exceeds(item, allowed - 1) for item in tree.values())
    if isinstance(tree, list):
        return allowed == 0 or any(_depth_exceeds(item, allowed - 1) for item in tree)
    return False


_decode_unique = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_no_constant
).decode
_decode_last_wins = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_no_constant).decode
