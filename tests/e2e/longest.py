"""Texts of the longest kind, for `longest.py` of an API: the longest body that it documents, for each endpoint."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tests.e2e.merchants import Merchant
from tests.e2e.raw_http import Call

URL = "https://merchant.example/"


class Longest(msgspec.Struct, frozen=True):
    """`fills`: what share of the limit the fields take by themselves; elsewhere most of it is spare."""

    call: Callable[[Merchant], Call]
    fills: float = 0.0


def wide(characters: int, first: str = "") -> str:
    """A text of so many characters, all but `first` of two UTF-16 code units; of letters, which are good everywhere."""
    return first + "\U00020000" * (characters - len(first))


def visible(characters: int) -> str:
    return URL + "a" * (characters - len(URL))
