r"""How long a request can be: the bytes of the longest body that an API documents, computed from the lengths that its
readers go by, so that a limit refuses nothing that the documents allow.

    longest_body   the members on indented lines of their own, each as long as JSON can spell it, and SPARE for members
                   that no document knows

A dialect gives the shape of a body: for each name the bytes of its longest value (`text`, `word`), or a shape.

The trap: JSON may write every character as an escape, and some writers do so for all that is not ASCII: `\u00e9` has
six bytes, and a character outside of the Basic Multilingual Plane twelve (`\ud83d\ude00`). Counted in characters, or in
UTF-8, a limit would refuse good orders.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

NO_BODY: Final = 4_096
"""Bytes for a route that reads no body: some clients send `{}` all the same."""
SPARE: Final = 16_384
"""Bytes for members that no document knows; they are legal."""
_ESCAPE: Final = len(r"\u00e9")
_QUOTES: Final = 2
_INDENT: Final = 4
_LINE_BREAK: Final = len("\r\n")


class Items(msgspec.Struct, frozen=True):
    """An array of at most so many objects of one shape."""

    most: int
    shape: Shape


Shape = Mapping[str, "int | Items | Shape"]


def text(characters: int) -> int:
    """Bytes of a string of so many characters of any script."""
    return 2 * _ESCAPE * characters + _QUOTES


def word(characters: int) -> int:
    """Bytes of a string or number of so many ASCII characters."""
    return _ESCAPE * characters + _QUOTES


def word_of(choices: Collection[str]) -> int:
    """Bytes of the longest of these words."""
    return word(max(map(len, choices)))


AMOUNT: Final = word(40)
"""Bytes of an amount: the largest has sixteen digits, the finest currency eighteen decimals."""


def longest_body(shape: Shape) -> int:
    return _object(shape, 0) + SPARE


def _object(shape: Shape, level: int) -> int:
    members = sum(_line(level + 1) + word(len(name)) + _value(value, level + 1) for name, value in shape.items())
    return len("{}") + members + _line(level)


def _value(value: int | Items | Shape, level: int) -> int:
    """With the colon and the blank before it."""
    if isinstance(value, int):
        return len(": ") + value
    if isinstance(value, Items):
        item = _line(level + 1) + _object(value.shape, level + 1)
        return len(": []") + value.most * item + _line(level)
    return len(": ") + _object(value, level)


def _line(level: int) -> int:
    """The comma before it, its break and its indent."""
    return len(",") + _LINE_BREAK + _INDENT * level
