"""The longest body of a shape is at least as long as the longest that any JSON writer makes of it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from outlay.wire.sizes import SPARE, Items, Shape, longest_body, text, word, word_of
from tests.support.rows import each_row
from tests.support.spelling import spelt_out

RECEIPT = "\U0001f9fe"  # of two UTF-16 code units
SHAPE: Shape = {
    "name": text(3),
    "kind": word_of(("bank", "ewallet")),
    "inner": {"number": word(5), "deeper": {"name": text(1)}},
    "items": Items(3, {"name": text(2), "word": word(4)}),
}
LONGEST = {
    "name": RECEIPT * 3,
    "kind": "ewallet",
    "inner": {"number": "12345", "deeper": {"name": RECEIPT}},
    "items": [{"name": RECEIPT * 2, "word": "1234"}] * 3,
}


@each_row("indent", [None, 0, 1, 2, 4])
@each_row("ascii_only", [True, False])
def test_no_usual_writer_makes_a_longer_body(ascii_only: bool, indent: int | None) -> None:
    written = json.dumps(LONGEST, ensure_ascii=ascii_only, indent=indent).replace("\n", "\r\n").encode()
    assert len(written) <= longest_body(SHAPE) - SPARE


def test_a_body_in_which_every_character_is_an_escape_fits_and_leaves_the_spare_alone() -> None:
    written = spelt_out(LONGEST)
    assert json.loads(written) == LONGEST
    room = longest_body(SHAPE) - SPARE - len(written)
    lines = written.count(b"\r\n")
    assert 0 <= room <= 2 * lines  # of each line at most its comma, and the quotes of what is empty


@given(longest=st.text(max_size=40))
def test_a_text_of_so_many_characters_never_takes_more_bytes_than_are_counted(longest: str) -> None:
    assert len(spelt_out(longest)) <= text(len(longest))
    if longest.isascii():
        assert len(spelt_out(longest)) == word(len(longest))


def test_one_character_outside_of_the_first_plane_takes_twelve_bytes() -> None:
    assert (text(1), word(1)) == (len(r'"\ud83d\ude00"'), len(r'"\u0041"'))
    assert (text(255), word(0)) == (3062, 2)
