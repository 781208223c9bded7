"""A field that is a text: a line of a table, from which good and bad requests and the whole expected texts are made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.apis.uqpay.rules.desk import GOOD, missing, told, wrong
from tests.rules.breaks import Break
from tests.rules.claims import claims

NO_TEXTS = (7, 1.5, True, {}, [], ["x"])


class TextRule(msgspec.Struct, frozen=True, kw_only=True):
    """`taken`: each is carried on as it is. `refused`: with the words that follow the field's name. `left_out`: what is
    carried on where nothing is sent; None where that is refused."""

    endpoint: str
    name: str
    taken: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    left_out: str | None = None

    def check(self) -> None:
        good = GOOD[self.endpoint]
        for text in self.taken:
            assert self.told(text) == good | {self.name: text}, text
        for text, words in self.refused:
            assert self.told(text) == wrong(f"{self.name} {words}"), text
        for value in NO_TEXTS:
            assert self.told(value) == wrong(f"{self.name} must be a string"), value
        expected = missing(self.name) if self.left_out is None else good | {self.name: self.left_out}
        for nothing in (None, "", "  "):
            assert self.told(nothing) == expected, nothing

    def told(self, value: Any) -> Any:
        return told(self.endpoint, {self.name: value})


def text_rule(endpoint: str, name: str, *breaks: Break, **rule: Any) -> Any:
    """One case of a table, which claims the field's row."""
    row = f"request {endpoint} {name}"
    return pytest.param(TextRule(endpoint=endpoint, name=name, **rule), id=row, marks=claims("uqpay", row, *breaks))


def longer_than(longest: int, sign: str = "x") -> tuple[str, str]:
    return sign * (longest + 1), f"must be at most {longest} characters"
