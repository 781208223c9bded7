"""Strict JSON: what was written is what is read, and what two parsers could read differently is refused."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.jsontext import MAX_DEPTH, MOST_VALUES, BadJson, Json, Number, parse_object
from tests.support.rows import each_row

LITERALS = [
    "0", "-0", "1", "-1", "1.0", "1.50", "300.110", "0.1", "1e3", "1E3", "1e+3", "1E-3", "-1.5e10", "0e0", "1e400",
    "-1e-400", "9007199254740993", "9007199254740993.01", "18446744073709551616",
    "0.1000000000000000055511151231257827",
]  # fmt: skip

NOT_JSON = [
    b"", b" ", b"{", b"}", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{'a':1}", b"{a:1}", b'{"a":1}x', b'{"a":1}{"a":1}',
    b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":5.}', b'{"a":1e}', b'{"a":0x10}', b'{"a":1_0}', b'{"a":--1}',
    b'{"a":-}', b'{"a":True}', b'{"a":nul}', b'{"a":"\n"}', b'{"a":"\x00"}', b'{"a":"\\x41"}', b'{"a":"\\u12"}',
    b'{"a":"b}', b'{"a":1 /* no */}', b'// no\n{"a":1}', b'\x0b{"a":1}', b'\xc2\xa0{"a":1}', b"a=1&b=2", b"<a>1</a>",
    '{"a":１}'.encode(), '{"a":١}'.encode(), '{"a":1.٥}'.encode(), b'{"a":1}\x00',
]  # fmt: skip

CONSTANTS = ["NaN", "Infinity", "-Infinity"]


def refused(raw: bytes) -> str:
    with pytest.raises(BadJson) as caught:
        parse_object(raw)
    return str(caught.value)


@each_row("literal", LITERALS)
def test_a_number_keeps_its_spelling(literal: str) -> None:
    raw = f'{{"a":{literal},"b":[{literal}],"c":{{"d":{literal} }} }}'.encode()
    assert parse_object(raw) == {"a": Number(literal), "b": [Number(literal)], "c": {"d": Number(literal)}}


@each_row("raw", NOT_JSON)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    assert refused(raw) == "body is not valid JSON"


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"a"', b"null", b"true", b'[{"a":1}]'])
def test_only_an_object_is_a_body(raw: bytes) -> None:
    assert refused(raw) == "body must be a JSON object"


@each_row("constant", CONSTANTS)
@each_row("form", ['{"a":%s}', '{"a":[1,%s]}', '{"a":{"b":%s}}', "%s"])
def test_nan_and_infinity_are_refused_wherever_they_stand(constant: str, form: str) -> None:
    assert refused((form % constant).encode()) == f"{constant} is not JSON"
    with pytest.raises(BadJson):
        parse_object((form % constant).encode(), unique_keys=False)


@pytest.mark.parametrize("spelling", ["nan", "inf", "-NaN", "+Infinity", "INFINITY", "-infinity"])
def test_other_spellings_of_not_a_number_are_refused_too(spelling: str) -> None:
    refused(f'{{"a":{spelling}}}'.encode())


@each_row(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":3}',
        b'{"a":1,"\\u0061":2}',
        b'{"":1,"":2}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":[1,{"b":[{"c":1,"c":1}]}]}',
        b'{"a":{"b":{"b":1,"b":1},"b":{}}}',
        '{"é":1,"\\u00e9":2}'.encode(),
        b'{"\\ud83d\\ude00":1,"\xf0\x9f\x98\x80":2}',
    ],
)
def test_a_key_that_is_written_twice_is_refused_at_any_depth(raw: bytes) -> None:
    assert refused(raw) == "body repeats a key"
    assert isinstance(parse_object(raw, unique_keys=False), dict)


def test_a_signed_text_from_elsewhere_may_repeat_a_key_and_the_last_one_wins() -> None:
    assert parse_object(b'{"a":1,"b":2,"a":3.0}', unique_keys=False) == {"a": Number("3.0"), "b": Number("2")}


def test_the_same_key_in_two_objects_and_in_two_cases_is_no_repetition() -> None:
    assert parse_object(b'{"a":{"a":[{"a":1},{"a":2}]},"A":null}')["A"] is None


def test_keys_stay_in_the_order_of_the_document() -> None:
    assert list(parse_object(b'{"z":1,"a":2,"m":3,"B":4}')) == ["z", "a", "m", "B"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"\xff"}',
        b'{"a":"\xc0\xaf"}',  # overlong
        b'{"a":"\xed\xa0\x80"}',  # a surrogate in UTF-8
        b'{"a":"\xf4\x90\x80\x80"}',  # above U+10FFFF
        b'{"a":"\xe2\x82"}',  # cut off
        '{"a":"é"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_only_valid_utf_8_is_read(raw: bytes) -> None:
    assert refused(raw) == "body is not valid UTF-8"


@pytest.mark.parametrize("raw", ['{"a":1}'.encode("utf-16-le"), '{"a":1}'.encode("utf-32-be")])
def test_other_encodings_are_not_json(raw: bytes) -> None:
    refused(raw)


def nested(levels: int, *, arrays: bool = False, closed: bool = True) -> bytes:
    """An object of so many levels, counting itself."""
    opening, closing = ("[", "]") if arrays else ('{"a":', "}")
    text = '{"a":' + opening * (levels - 1) + "1"
    return (text + (closing * (levels - 1) + "}") * closed).encode()


@pytest.mark.parametrize("arrays", [True, False])
def test_exactly_the_allowed_depth_passes(arrays: bool) -> None:
    assert MAX_DEPTH == 32
    assert parse_object(nested(MAX_DEPTH, arrays=arrays))
    assert refused(nested(MAX_DEPTH + 1, arrays=arrays)) == "body is nested too deeply"


@each_row("arrays", [True, False])
@each_row("levels", [100, 900, 1_100, 100_000])
def test_deep_nesting_is_refused_and_never_a_crash(levels: int, arrays: bool) -> None:
    told = "body is nested too deeply" if levels <= MOST_VALUES else "body has too many values"
    assert refused(nested(levels, arrays=arrays)) == told
    with pytest.raises(BadJson):
        parse_object(nested(levels, arrays=arrays), unique_keys=False)


@pytest.mark.parametrize("arrays", [True, False])
def test_a_hundred_thousand_brackets_that_nobody_closes_are_refused(arrays: bool) -> None:
    refused(nested(100_000, arrays=arrays, closed=False))
    refused(b"[" * 100_000)
    refused(b'{"a":1,"b":' + b"[" * 100_000 + b"]" * 99_999 + b"}")


def test_depth_hides_in_no_sibling() -> None:
    refused(b'{"a":1,"b":[1,2,' + nested(MAX_DEPTH) + b"]}")


def test_a_wide_body_is_not_a_deep_one() -> None:
    tree = parse_object(b'{"a":[' + b"[]," * 20_000 + b"[]]}", most_values=50_000)
    assert isinstance(tree["a"], list)
    assert len(tree["a"]) == 20_001


@pytest.mark.parametrize("digits", [4_300, 4_301, 100_000])
def test_pythons_limit_on_the_digits_of_a_number_does_not_bite(digits: int) -> None:
    assert sys.get_int_max_str_digits() == 4_300
    for literal in ("9" * digits, "-" + "9" * digits, "9" * digits + ".5", "1e" + "9" * digits):
        number = parse_object(f'{{"a":{literal}}}'.encode())["a"]
        assert number == Number(literal)


def test_an_unpaired_surrogate_is_kept_for_the_reader_of_fields_to_refuse() -> None:
    assert parse_object(b'{"a":"\\ud800","b":"\\udc00\\ud800"}') == {"a": "\ud800", "b": "\udc00\ud800"}
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_a_message_says_what_is_wrong_and_never_what_was_sent() -> None:
    for raw in (b'{"card":"4111"', b'{"4111":1,"4111":2}', b'{"a":"4111\xff"}', b'["4111"]', b'{"a":4111x}'):
        assert "4111" not in refused(raw)


@each_row(("literal", "is_integer"), [(text, not set(".eE") & set(text)) for text in LITERALS])
def test_an_integer_is_what_was_written_without_a_point_and_an_exponent(literal: str, is_integer: bool) -> None:
    assert Number(literal).is_integer is is_integer


def test_numbers_are_equal_only_if_they_are_spelled_alike_and_equal_nothing_else() -> None:
    assert Number("1.0") == Number("1.0")
    assert hash(Number("1.0")) == hash(Number("1.0"))
    assert Number("1.0") != Number("1")
    assert Number("1") != "1"
    assert Number("1") != 1
    assert repr(Number("1.50")) == "Number(1.50)"


def as_tree(value: Any) -> Json:
    """What the standard parser's tree looks like here: numbers by their text."""
    if isinstance(value, dict):
        return {key: as_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_tree(item) for item in value]
    return Number(json.dumps(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


TEXTS = st.text(max_size=8)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)
OBJECTS = st.dictionaries(TEXTS, TREES, max_size=5)


@given(tree=OBJECTS, ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 2]))
def test_whatever_the_standard_writer_writes_is_read_back(tree: dict[str, Any], ascii_only: bool, indent: int) -> None:
    raw = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()
    assert parse_object(raw) == as_tree(tree)
    assert list(parse_object(raw)) == list(tree)
    assert parse_object(raw, unique_keys=False) == as_tree(tree)


@given(tree=OBJECTS.filter(bool), depth=st.integers(0, 20), in_array=st.booleans())
def test_a_repeated_key_is_found_however_deep_it_lies(tree: dict[str, Any], depth: int, in_array: bool) -> None:
    text = json.dumps(tree)
    first = json.dumps({next(iter(tree)): 1})
    repeated = f"{text[:-1]},{first[1:]}"
    for _ in range(depth):
        repeated = f'{{"x":[{repeated}]}}' if in_array else f'{{"x":{repeated}}}'
    message = refused(repeated.encode())
    assert message in ("body repeats a key", "body is nested too deeply")
    if depth < 5:
        assert message == "body repeats a key"


@given(raw=st.binary(max_size=60) | st.text('{}[]":,0123456789.eE+-\\u"aN \n', max_size=60).map(str.encode))
def test_no_bytes_make_the_parser_raise_anything_but_bad_json(raw: bytes) -> None:
    for unique_keys in (True, False):
        try:
            tree = parse_object(raw, unique_keys=unique_keys)
        except BadJson:
            continue
        assert isinstance(tree, dict)
        assert json.loads(raw) is not None


def test_a_byte_order_mark_before_the_object_is_passed_over_and_nowhere_else() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a":"b"}') == {"a": "b"}
    for raw in (b' \xef\xbb\xbf{"a":1}', b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', b'{"a":1}\xef\xbb\xbf'):
        with pytest.raises(BadJson):
            parse_object(raw)


# values and levels


def measure(tree: Json) -> tuple[int, int]:
    """Members and items of the whole tree, an empty object or array for one, and levels: told by the tree itself."""
    if not isinstance(tree, dict | list):
        return 0, 0
    inside = [measure(item) for item in (tree.values() if isinstance(tree, dict) else tree)]
    return max(1, len(inside)) + sum(count for count, _ in inside), 1 + max((level for _, level in inside), default=0)


# Texts that look like what is counted, and end in what looks like the end of a text.
TRICKY = st.text('{}[]",:\\\u0000é\U0001f9fe a', max_size=12)
LADDER = st.builds(
    lambda levels, arrays: json.loads(nested(levels, arrays=arrays)), st.integers(1, MAX_DEPTH + 3), st.booleans()
)
TRICKY_TREES = st.recursive(
    st.none() | st.integers() | TRICKY | LADDER,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TRICKY, inner, max_size=6),
    max_leaves=40,
)


@given(
    tree=st.dictionaries(TRICKY, TRICKY_TREES, max_size=6),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
    allowed=st.integers(1, 60),
)
def test_what_is_counted_before_the_parse_is_what_the_tree_has(
    tree: dict[str, Any], ascii_only: bool, indent: int, allowed: int
) -> None:
    values, levels = measure(tree)
    raw = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()
    for most in {allowed, values, max(values - 1, 1)}:
        if values <= most and levels <= MAX_DEPTH:
            assert parse_object(raw, most_values=most) == as_tree(tree)
        else:
            with pytest.raises(BadJson, match="too many values" if values > most else "nested too deeply"):
                parse_object(raw, most_values=most)


def test_an_ordinary_body_has_a_thousand_values_at_most() -> None:
    assert MOST_VALUES == 1_000
    zeros = b",".join([b"0"] * (MOST_VALUES - 1))
    assert len(parse_object(b'{"a":[' + zeros + b"]}")["a"]) == MOST_VALUES - 1  # type: ignore[arg-type]
    for beyond in (b",0]}", b",0", b",0]}]]]]"):
        assert refused(b'{"a":[' + zeros + beyond) == "body has too many values"
    members = b",".join(b'"%d":0' % number for number in range(MOST_VALUES))
    assert len(parse_object(b"{" + members + b"}")) == MOST_VALUES
    assert refused(b"{" + members + b',"x":0}') == "body has too many values"
    of_texts = {str(number): dict.fromkeys(map(str, range(24)), "") for number in range(40)}
    assert parse_object(json.dumps(of_texts).encode()) == of_texts


PIECES = [
    b"[", b"{", b'"', b"\\", b",", b'{"a":', b"[],", b'"",', b'\\"', b'\\",', b",\\", b'"a":0,', b" ",
    b"\xf0\x9f\xa7\xbe",
]  # fmt: skip


def costs(raw: bytes) -> Iterator[float]:
    """Seconds of the processor's time to refuse it, three times."""
    for _ in range(3):
        start = time.process_time()
        refused(raw)
        yield time.process_time() - start


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("begun", [b"", b'{"a":[', b'{"a":"'])
def test_a_body_of_nothing_but_marks_costs_by_its_length_and_no_more(piece: bytes, begun: bytes) -> None:
    """Parsed, the dearest of them take microseconds a value; tried anew from every quotation mark, hours."""
    raw = begun + piece * (4_000_000 // len(piece))
    assert any(cost < 0.5 for cost in costs(raw))  # takes a twentieth of that


def test_a_body_of_quotation_marks_takes_no_more_memory_than_a_few_of_itself() -> None:
    raw = b'{"a":[' + b'"",' * 1_000_000
    tracemalloc.start()
    try:
        assert refused(raw) == "body has too many values"
        assert tracemalloc.get_traced_memory()[1] < 3 * len(raw)
    finally:
        tracemalloc.stop()


def test_values_inside_of_texts_are_none() -> None:
    text = '\\",[{' * MOST_VALUES
    assert parse_object(json.dumps({"a": text}).encode()) == {"a": text}
