"""Reading fields: every fault is noted in the order of asking, and reading goes on with a usable value."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.jsontext import Json, Number, parse_object
from outlay.wire.fields import Content, FieldFault, FieldReader, is_clean, is_json_type
from outlay.wire.message import Request
from tests.support.rows import each_row

ABSENT: list[Json] = [None, "", " ", "\t\r\n ", "\u00a0", "\u3000", "\u2003"]
NOT_TEXT: list[Json] = [Number("1"), True, False, [], {}, ["a"], {"a": "b"}]
UNCLEAN = [
    "\x00", "\x01", "\x08", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
    "\ud800", "\udbff", "\udc00", "\udfff",
]  # fmt: skip


def faults_of(reader: FieldReader) -> list[str]:
    return [str(fault) for fault in reader.faults]


# body


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json ; charset="utf-8"',
        "application/json ",
    ],
)
def test_a_content_type_of_json_is_known_however_it_is_written(content_type: str) -> None:
    assert is_json_type(Request("POST", "/", "", {"content-type": content_type}, b""))


@each_row(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/plain"},
        {"content-type": "text/json"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json, text/plain"},
        {"content-type": "application/json" + " " * 10_000 + "x"},
    ],
)
def test_another_content_type_is_none_of_json(headers: dict[str, str]) -> None:
    assert not is_json_type(Request("POST", "/", "", headers, b"{}"))


# text


@pytest.mark.parametrize("value", ABSENT)
def test_null_empty_and_white_space_count_as_absent(value: Json) -> None:
    reader = FieldReader({"a": value})
    assert not reader.has("a")
    assert reader.text("a", required=False) == ""
    assert reader.faults == []
    assert reader.text("a") == ""
    assert reader.faults == [FieldFault("a", "is required", missing=True)]


def test_a_field_that_is_not_there_is_missing_only_if_it_is_required() -> None:
    reader = FieldReader({})
    assert (reader.text("a", required=False), reader.raw("a"), reader.has("a")) == ("", None, False)
    assert reader.faults == []
    reader.text("a")
    assert reader.faults == [FieldFault("a", "is required", missing=True)]


@each_row("value", NOT_TEXT)
@each_row("required", [True, False])
def test_only_a_string_is_a_text_also_where_it_is_optional(value: Json, required: bool) -> None:
    reader = FieldReader({"a": value})
    assert reader.has("a")
    assert reader.raw("a") == value
    assert reader.text("a", required=required) == ""
    assert faults_of(reader) == ["a must be a string"]


@pytest.mark.parametrize(("length", "fault"), [(2, "3"), (3, ""), (5, ""), (6, "5")])
def test_a_length_is_counted_in_characters_and_both_ends_are_allowed(length: int, fault: str) -> None:
    for letter in ("a", "é", "\U0001f600"):
        reader = FieldReader({"a": letter * length})
        assert reader.text("a", shortest=3, longest=5) == ("" if fault else letter * length)
        assert all(fault in text for text in faults_of(reader))
        assert bool(reader.faults) == bool(fault)


@each_row("character", UNCLEAN)
def test_control_characters_turns_of_writing_and_unpaired_surrogates_are_refused_wherever_they_stand(
    character: str,
) -> None:
    for text in (f"{character}ab", f"a{character}b", f"ab{character}"):
        reader = FieldReader({"a": text})
        assert reader.text("a", required=False) == ""
        assert faults_of(reader) == [f"a must not contain {named(character)}"]
        assert not is_clean(text)


def named(character: str) -> str:
    if character in "\u2028\u2029":
        return "line separators"
    if "\ud800" <= character <= "\udfff":
        return "unpaired surrogates"
    return "marks that turn the direction of writing" if character > "\u2000" else "control characters"


@pytest.mark.parametrize("character", ["\t", "\n", "\x85", "\u2028", "\u2029"])
def test_lines_and_tabs_are_good_in_the_merchants_own_remarks_only(character: str) -> None:
    reader = FieldReader({"a": f"rent{character}may"})
    assert reader.text("a", content=Content.REMARK) == f"rent{character}may"
    assert reader.text("a") == ""
    assert len(reader.faults) == 1
    assert FieldReader({"a": "rent\rmay"}).text("a", content=Content.REMARK) == ""


UNSEEN = [
    "\u200b",
    "\u200d",
    "\ufeff",
    "\xad",
    "\u200e",
    "\xa0",
    "\u034f",
    "\u115f",
    "\u2000",
    "\u200a",
    "\u202f",
    "\u205f",
]
UNSEEN += ["\u17b5", "\u180d", "\u180f", "\ufe00", "\ufe0f", "\U000e0100", "\U000e01ef"]
UNSEEN += ["\u2800", "\u3000", "\u3164", "\uffa0", "\ue000", "\u0378", "\U000e0041"]


@each_row("character", UNSEEN)
def test_a_number_has_no_character_that_nobody_sees(character: str) -> None:
    for text in (f"{character}12", f"1{character}2", f"12{character}"):
        reader = FieldReader({"a": text})
        assert reader.text("a", content=Content.NUMBER) == ""
        assert faults_of(reader) == ["a must not contain invisible characters"]
    assert FieldReader({"a": "1 2-é"}).text("a", content=Content.NUMBER) == "1 2-é"


@pytest.mark.parametrize("text", ["\u200b", "\u200b \ufeff", "\xad\xa0", "\u2800\u3164", "\u200d"])
def test_a_text_without_anything_to_see_counts_as_absent(text: str) -> None:
    reader = FieldReader({"a": text})
    assert not reader.has("a")
    assert reader.text("a") == ""
    assert reader.faults == [FieldFault("a", "is required", missing=True)]
    assert FieldReader({"a": text + "b"}).has("a")


@pytest.mark.parametrize("character", ["\u200d", "\u200e", "\u200f", "\u2027", "\u202f", "\u2065", "\u206a"])
def test_joiners_single_marks_and_the_neighbours_of_what_is_refused_are_taken(character: str) -> None:
    assert FieldReader({"a": f"a{character}b"}).text("a") == f"a{character}b"


def test_names_in_scripts_that_run_from_right_to_left_are_taken() -> None:
    for name in ("محمد علی", "دانیال\u200cپور", "שרה כהן", "שרה Cohen 12"):
        assert FieldReader({"a": name}).text("a") == name


@pytest.mark.parametrize("text", ["José da Silva", "株式会社", "\U0001f600", "O'Neil & Co. <b>", " a ", "ÿ", "\ue000"])
def test_ordinary_text_of_any_script_is_taken_as_it_is(text: str) -> None:
    reader = FieldReader({"a": text})
    assert reader.text("a") == text
    assert reader.faults == []
    assert is_clean(text)


def test_an_escaped_surrogate_travels_from_the_bytes_into_a_fault_and_no_further() -> None:
    reader = FieldReader(parse_object(b'{"a":"x\\ud800","b":"\\ud83d\\ude00"}'))
    assert reader.text("a") == ""
    assert reader.text("b") == "\U0001f600"
    assert len(reader.faults) == 1


def test_a_pattern_must_match_the_whole_text() -> None:
    for text, fits in (("123", True), ("123\n", False), ("x123", False), ("123x", False), ("१२३", False)):
        reader = FieldReader({"a": text})
        got = reader.text("a", pattern=re.compile("[0-9]+"), rule="must be digits")
        assert got == (text if fits else "")
        assert bool(reader.faults) is not fits


def test_a_choice_is_compared_exactly_and_named_in_the_fault() -> None:
    assert FieldReader({"a": "BANK"}).text("a", choices=("BANK", "PIX")) == "BANK"
    for text in ("bank", "BANK ", "BAN"):
        reader = FieldReader({"a": text})
        assert reader.text("a", choices=("BANK", "PIX")) == ""
        assert faults_of(reader) == ["a must be one of BANK, PIX"]


# integer


@pytest.mark.parametrize(("literal", "value"), [("1", 1), ("10", 10), ("-5", -5), ("0", 0), ("-0", 0)])
def test_an_integer_in_range_is_read(literal: str, value: int) -> None:
    reader = FieldReader({"a": Number(literal)})
    assert reader.integer("a", smallest=-5, largest=10) == value
    assert reader.faults == []


@each_row(
    "value",
    [
        *map(Number, ["11", "-6", "1.0", "1.5", "1e1", "9" * 18, "9" * 19, "9" * 5_000, "-" + "9" * 5_000]),
        "1",
        True,
        False,
        [],
        {},
        "１",
    ],
)
def test_anything_but_a_plain_integer_in_range_is_a_fault(value: Json) -> None:
    for required in (True, False):
        reader = FieldReader({"a": value})
        assert reader.integer("a", smallest=-5, largest=10, required=required) is None
        assert faults_of(reader) == ["a must be an integer from -5 to 10"]


def test_an_integer_may_be_absent_where_it_is_optional() -> None:
    for tree in ({}, {"a": None}):
        reader = FieldReader(dict(tree))
        assert reader.integer("a", smallest=0, largest=1, required=False) is None
        assert reader.faults == []
        assert reader.integer("a", smallest=0, largest=1) is None
        assert reader.faults == [FieldFault("a", "is required", missing=True)]


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_text_counts_as_absent_for_an_integer_too(value: str) -> None:
    reader = FieldReader({"a": value})
    assert reader.integer("a", smallest=0, largest=1, required=False) is None
    assert reader.faults == []
    reader.integer("a", smallest=0, largest=1)
    assert reader.faults == [FieldFault("a", "is required", missing=True)]


# object


def test_the_fields_of_an_inner_object_are_named_by_their_path() -> None:
    outer = FieldReader({"beneficiary": {"destination": {"type": Number("1"), "bank": "x"}}})
    inner = outer.object("beneficiary").object("destination")
    inner.text("type")
    assert inner.text("bank") == "x"
    inner.text("branch")
    inner.fault("account", "is not known")
    assert faults_of(outer) == [
        "beneficiary.destination.type must be a string",
        "beneficiary.destination.branch is required",
        "beneficiary.destination.account is not known",
    ]


@pytest.mark.parametrize("value", ["x", Number("1"), True, []])
def test_what_is_not_an_object_is_one_fault_and_its_fields_are_not_missed_again(value: Json) -> None:
    outer = FieldReader({"a": value})
    inner = outer.object("a", required=False)
    assert (inner.text("b"), inner.integer("c", smallest=0, largest=1), inner.has("b")) == ("", None, False)
    inner.object("d").text("e")
    assert faults_of(outer) == ["a must be an object"]


def test_an_absent_object_is_missing_only_if_it_is_required() -> None:
    outer = FieldReader({"a": None})
    outer.object("a", required=False).text("b")
    assert outer.faults == []
    outer.object("a").text("b")
    assert outer.faults == [FieldFault("a", "is required", missing=True)]


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_text_counts_as_absent_for_an_object_too(value: str) -> None:
    outer = FieldReader({"a": value})
    outer.object("a", required=False).text("b")
    assert outer.faults == []
    outer.object("a").text("b")
    assert outer.faults == [FieldFault("a", "is required", missing=True)]


# all together


def test_every_fault_is_noted_in_the_order_of_asking() -> None:
    reader = FieldReader(parse_object(b'{"a":1,"c":{"d":"\\u0000"},"e":"x"}'))
    reader.text("b")
    inner = reader.object("c")
    reader.text("a")
    inner.text("d")
    reader.integer("e", smallest=1, largest=2)
    assert [fault.field for fault in reader.faults] == ["b", "a", "c.d", "e"]
    assert [fault.missing for fault in reader.faults] == [True, False, False, False]


NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(-12, 12).map(str),
    st.sampled_from(["-0", "1.0", "1e1", "-1E-400", "9" * 5_000]),
)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.text(st.characters(codec=None, exclude_categories=()), max_size=8),
        NUMBERS.map(Number),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(tree=st.dictionaries(st.sampled_from("abc"), TREES, max_size=3), required=st.booleans())
def test_whatever_stands_in_a_field_reading_goes_on_with_a_clean_value(tree: dict[str, Json], required: bool) -> None:
    for name in "abc":
        reader = FieldReader(tree)
        text = reader.text(name, required=required, longest=5)
        assert is_clean(text)
        assert len(text) <= 5
        text.encode()
        assert bool(text) != bool(reader.faults) or not (required or reader.has(name))
        reader = FieldReader(tree)
        integer = reader.integer(name, required=required, smallest=-9, largest=9)
        assert integer is None or -9 <= integer <= 9
        assert integer is None or not reader.faults
        reader = FieldReader(tree)
        inner = reader.object(name, required=required)
        inner.text("a")
        assert all(fault.field.startswith(name) for fault in reader.faults)


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)


def test_exactly_the_characters_that_unicode_classes_so_are_unclean() -> None:
    unclean = {
        chr(code)
        for code in range(0x10000)
        if unicodedata.category(chr(code)) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(chr(code)) in TURNS
    }
    assert {chr(code) for code in range(0x10000) if not is_clean(chr(code))} == unclean


@given(text=ANY_TEXT | st.text(st.sampled_from([*UNCLEAN, "a", "é"]), max_size=12))
def test_a_clean_text_can_be_stored_and_shown_and_a_fault_never_holds_what_was_sent(text: str) -> None:
    assert is_clean(text) is not any(
        unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(c) in TURNS for c in text
    )
    if is_clean(text):
        assert text.encode().decode() == text
    sent = f"4111{text}"
    for kwargs in ({"longest": 3}, {"choices": ("x",)}, {"pattern": re.compile("x")}, {"shortest": 99}):
        reader = FieldReader({"a": sent})
        assert reader.text("a", **kwargs) == ""
        assert "4111" not in str(reader.faults)
