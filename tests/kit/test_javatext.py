"""What Java prints and sorts: with what Java's documents say as the witness, since no Java runs here."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.javatext import OutOfRange, java_number, java_sorted, java_utf8
from tests.support.rows import each_row

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=4)


def units(text: str) -> list[int]:
    """The `char`s of a Java String."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [unit for (unit,) in struct.iter_unpack("<H", raw)]


def test_keys_of_ascii_stand_as_python_has_them_and_a_pair_stands_before_the_last_of_the_basic_plane() -> None:
    assert java_sorted({"b": 1, "a": 2, "": 3, "B": 4, "a1": 5, "_": 6}) == ["", "B", "_", "a", "a1", "b"]
    assert java_sorted(["\ufffd", "\U0001f600", "\ud7ff", "z"]) == ["z", "\ud7ff", "\U0001f600", "\ufffd"]
    assert java_sorted(["a\ufffd", "a\U0001f600", "a\ud83d", "a"]) == ["a", "a\ud83d", "a\U0001f600", "a\ufffd"]


@given(keys=st.lists(ANY_TEXT | st.text("\ud83d\ude00\ufffd\U0001f600a", max_size=4), max_size=8))
def test_keys_stand_in_the_order_of_their_code_units(keys: list[str]) -> None:
    ordered = java_sorted(keys)
    assert [units(key) for key in ordered] == sorted(map(units, keys))
    assert sorted(ordered) == sorted(keys), "each of them, also of two that are one text to Java"


def test_a_pair_that_is_spelled_as_two_halves_stands_where_the_whole_one_does() -> None:
    whole, halves = "\U0001f600", "\ud83d\ude00"
    assert java_sorted([whole * 2, "\uffff", halves + whole, "a"])[0::3] == ["a", "\uffff"]


@each_row(
    ("literal", "text"),
    [
        ("0", "0"), ("-0", "0"), ("7", "7"), ("-7", "-7"), ("9" * 5_000, "9" * 5_000),
        # the examples of java.math.BigDecimal.toString, unscaled value and scale: [123,0] [-123,0] [123,-1] [123,-3]
        # [123,1] [123,5] [123,10] [-123,12]
        ("123e0", "123"), ("-123e0", "-123"), ("123e1", "1.23E+3"), ("123e3", "1.23E+5"),
        ("12.3", "12.3"), ("0.00123", "0.00123"), ("0.0000000123", "1.23E-8"), ("-0.000000000123", "-1.23E-10"),
        ("0.000001", "0.000001"), ("0.0000001", "1E-7"), ("1.50", "1.50"), ("12.30E1", "123.0"), ("1E+0", "1"),
        ("0.0", "0.0"), ("-0.0", "0.0"), ("-0e0", "0"), ("0e5", "0E+5"), ("-0.00000000", "0E-8"),
        ("1e2147483647", "1E+2147483647"), ("1e-2147483647", "1E-2147483647"),
    ],
)  # fmt: skip
def test_a_number_has_the_text_of_a_big_decimal(literal: str, text: str) -> None:
    assert java_number(literal) == text


@pytest.mark.parametrize(
    "literal", ["1e2147483648", "1e-2147483648", "0.1e-2147483647", "1e99999999999999999999", "0e-" + "9" * 5_000]
)
def test_a_number_whose_scale_is_no_java_int_is_out_of_range_and_is_not_shown(literal: str) -> None:
    with pytest.raises(OutOfRange) as caught:
        java_number(literal)
    assert "9" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_half_a_character_becomes_a_question_mark_and_a_whole_one_its_utf_8() -> None:
    assert java_utf8("a\ud800b\udfff") == b"a?b?"
    assert java_utf8("é\U0001f600") == "é\U0001f600".encode()
