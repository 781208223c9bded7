"""A text as it looks: without marks that have no look, its blanks plain."""

from __future__ import annotations

from outlay.kit.characters import without_unseen
from tests.support.rows import each_row


@each_row(
    ("text", "seen"),
    [
        ("plain text", "plain text"),
        ("", ""),
        ("a\u200b\u2060\ufeff\xad\u202eb\u3164", "ab"),
        ("a\u00a0b\u2009c\u3000d\u202f", "a b c d "),
        ("a\tb\n", "a b "),
        ("José e\u0301", "José e\u0301"),
        ("a\x00\ue000b", "ab"),
        ("a\ufe0f\U000e0100b", "ab"),
    ],
)
def test_a_text_is_taken_as_it_looks(text: str, seen: str) -> None:
    assert without_unseen(text) == seen
