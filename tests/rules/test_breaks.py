"""Breaks find their places, and say when they do not."""

from __future__ import annotations

import pytest

from tests.rules.breaks import SOURCES, BadBreak, append, broken, edit, field, number

SOURCE = """LIMIT = 64
OTHER = 64


class Reader:
    def read(self):
        return 64
"""


def test_an_edit_changes_the_one_place_that_it_names() -> None:
    assert broken(SOURCE, edit("a.py", "64", "65", within="LIMIT")) == SOURCE.replace("LIMIT = 64", "LIMIT = 65")
    assert "return 65" in broken(SOURCE, edit("a.py", "64", "65", within="Reader.read"))
    assert broken(SOURCE, append("a.py", "LIMIT = 0")).endswith("\nLIMIT = 0\n")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (edit("a.py", "64", "65"), "stands there 3 times"),
        (edit("a.py", "66", "65"), "stands there 0 times"),
        (edit("a.py", "64", "65", within="NOTHING"), "no NOTHING there"),
        (edit("a.py", "64", "64", within="LIMIT"), "changes nothing"),
        (edit("a.py", "64", "(", within="LIMIT"), "was never closed"),
    ],
)
def test_a_break_that_does_not_fit_is_none(how: object, why: str) -> None:
    with pytest.raises(BadBreak, match=why):
        broken(SOURCE, how)


def test_the_reader_of_fields_can_be_made_to_forget_one_rule_of_one_field() -> None:
    source = (SOURCES / "wire/fields.py").read_text("utf-8")
    text = broken(source, field("a.b", longest=65, content="REMARK"))
    assert "if self._path + name == 'a.b':\n            longest = 65\n            content = Content.REMARK\n" in text
    assert text.count("a.b") == 1
    assert "largest = 9\n" in broken(source, number("size", largest=9))
