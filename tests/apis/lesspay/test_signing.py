"""LessPay's signature against the vendor's vectors, and against the merchants' own signer, which is the same
rule told a second time.
"""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.dialects.lesspay.signing import Signable, Unsignable, sign, text_of, verify
from outlay.kit.jsontext import JsonObject, parse_object
from tests.apis.lesspay.merchant import lesspay_text
from tests.support.rows import each_row

VECTORS: list[dict[str, str]] = json.loads(
    files("outlay.dialects.lesspay").joinpath("vectors", "signing.json").read_text("utf-8")
)
BY_NAME = {vector["name"]: vector for vector in VECTORS}
SECRET = "throw-away"
each_vector = each_row("vector", VECTORS, ids=lambda vector: vector["name"])


def tree(body: str) -> JsonObject:
    return parse_object(body.encode("utf-8"), unique_keys=False)


def text_in(body: str) -> str:
    """What stands before the key."""
    return text_of(tree(body)).removesuffix("&key=")


def signature_of(root: Mapping[str, Signable]) -> str:
    return sign(text_of(root), SECRET)


# -- the vendor's vectors -----------------------------------------------------------------------------------------


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == len(BY_NAME) == 50


@each_vector
def test_the_text_and_the_signature_are_the_vendors(vector: dict[str, str]) -> None:
    text = text_of(tree(vector["body"]))
    assert text + vector["secret"] == vector["string_to_sign"]
    assert sign(text, vector["secret"]) == vector["signature"]


@each_vector
def test_a_good_signature_is_accepted_and_only_in_upper_case(vector: dict[str, str]) -> None:
    text = text_of(tree(vector["body"]))
    assert verify(text, vector["secret"], vector["signature"])
    assert not verify(text, vector["secret"], vector["signature"].lower())


@each_vector
def test_a_changed_character_is_refused(vector: dict[str, str]) -> None:
    root, good = tree(vector["body"]), vector["signature"]
    text = text_of(root)
    assert not verify(text, vector["secret"] + "x", good)
    assert not verify(text_of({**root, "amount_": "1"}), vector["secret"], good)
    for place in range(len(good)):
        flipped = "0" if good[place] != "0" else "1"
        assert not verify(text, vector["secret"], good[:place] + flipped + good[place + 1 :])


@pytest.mark.parametrize(
    "name", ["batch-create-bank", "single-create-bank", "webhook-paid-single", "query-result-two-details"]
)
def test_a_changed_character_of_a_value_in_the_body_is_refused(name: str) -> None:
    vector = BY_NAME[name]
    changed = 0
    for found in re.finditer(r"[1-8](?=[^\"]*\")", vector["body"]):
        digit = str(int(found.group()) + 1)
        body = vector["body"][: found.start()] + digit + vector["body"][found.end() :]
        assert not verify(text_of(tree(body)), vector["secret"], vector["signature"])
        changed += 1
    assert changed > 20


@pytest.mark.parametrize("signature", ["", "Ä" * 64, "\ud800", "A" * 63, "A" * 65, "\x00" * 64])
def test_a_senseless_signature_is_refused_and_never_raises(signature: str) -> None:
    assert not verify("a=1&key=", SECRET, signature)


# -- the rule, point by point -------------------------------------------------------------------------------------


@pytest.mark.parametrize("literal", ["1e2147483648", "1e-2147483648", "1e99999999999999999999", "1.5e-" + "9" * 5000])
def test_a_number_beyond_javas_scale_is_unsignable(literal: str) -> None:
    with pytest.raises(Unsignable):
        text_in(f'{{"n":{literal}}}')


@each_row("key", ["@type", "$ref"])
@each_row("body", ['{"K":null}', '{"a":{"b":{"K":""}}}', '{"a":[1,[{"b":{"K":"x"}}]]}', '{"a":[{"K":null}]}'])
def test_keys_that_the_vendors_parser_obeys_are_unsignable_at_any_depth(key: str, body: str) -> None:
    with pytest.raises(Unsignable):
        text_of(tree(body.replace("K", key)))


def colliding(count: int) -> list[str]:
    """Keys with one and the same hash: Aa and BB hash alike, so do all their combinations."""
    return ["".join("BB" if number >> bit & 1 else "Aa" for bit in range(6)) for number in range(count)]


def test_nine_keys_in_one_bucket_of_a_large_table_are_unsignable() -> None:
    others = [f"k{number}" for number in range(40)]
    assert text_of({"a": [dict.fromkeys(others + colliding(8), 1)]})
    with pytest.raises(Unsignable):
        text_of({"a": [dict.fromkeys(others + colliding(9), 1)]})
    # Nine and ten double a small table twice; the eleventh meets one of 64.
    assert text_of({"a": [dict.fromkeys(colliding(10), 1)]})
    with pytest.raises(Unsignable):
        text_of({"a": [dict.fromkeys(colliding(11), 1)]})


def test_an_unpaired_surrogate_is_hashed_as_a_question_mark() -> None:
    assert signature_of(tree('{"a":"x\\ud800y"}')) == signature_of({"a": "x?y"})
    assert signature_of(tree('{"a":["\\udfff"]}')) == signature_of({"a": ["?"]})
    assert signature_of(tree('{"a":"\\ud83d\\ude00"}')) == signature_of({"a": "\U0001f600"})


def test_a_tree_that_we_built_signs_like_its_text() -> None:
    built: dict[str, Any] = {
        "code": 0,
        "msg": "SUCCESS",
        "data": {
            "total_amount": "1.50",
            "ok": True,
            "details": [{"amount": "1.50", "n": -7, "none": None, "no": False}],
        },
        "encryptData": "",
    }
    assert text_of(built) == text_of(tree(json.dumps(built)))
    assert text_of({"items": (1, "a")}) == text_of({"items": [1, "a"]})


def test_a_float_is_never_signed() -> None:
    with pytest.raises(TypeError):
        text_of({"amount": 1.5})  # type: ignore[dict-item]


# -- the same rule told a second time, by the merchants' own signer -------------------------------------------------

names = st.text(max_size=8).filter(lambda name: name not in {"@type", "$ref"})  # not allowed at all
literals = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
many_keys = st.lists(
    st.sampled_from(colliding(6)) | st.sampled_from([f"field_{number}" for number in range(60)]) | names,
    unique=True,
    max_size=60,
)
wide_objects = many_keys.flatmap(lambda keys: st.fixed_dictionaries({key: st.none() | st.just("1") for key in keys}))
in_arrays = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=6,
)
bodies = st.dictionaries(
    names,
    st.recursive(
        scalars | st.lists(in_arrays, max_size=3),
        lambda inner: st.dictionaries(names, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=6,
)


@given(bodies | wide_objects.map(lambda fields: {"a": [fields]}))
def test_any_body_has_the_text_that_the_merchants_software_makes_of_it(body: Any) -> None:
    written = json.dumps(body)
    assert text_of(tree(written)) == lesspay_text(written, "")


@given(literals)
@example("1" * 6000)
@example("-0")
@example("-0.0")
@example("0e5")
@example("0.000001")
@example("0.0000001")
@example("0.00000000")
@example("9007199254740993.01")
def test_a_number_has_the_text_of_javas_number_in_an_array_or_out_of_it(literal: str) -> None:
    body = f'{{"n":{literal},"a":[{literal}]}}'
    assert text_of(tree(body)) == lesspay_text(body, "")


def test_the_texts_of_some_numbers_are_known() -> None:
    known = {"1e3": "1E+3", "0.0000001": "1E-7", "12.30e1": "123.0", "-0.0": "0.0", "0e5": "0E+5", "-1.5e-9": "-1.5E-9"}
    for literal, text in known.items():
        assert text_of(tree(f'{{"n":{literal}}}')) == f"n={text}&key="


def shuffled(value: Any) -> Any:
    """The same objects with their keys backwards, but nothing moved inside an array."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(list(value))}
    return value


@given(bodies, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_key_order_outside_arrays_and_whitespace_never_matter(body: Any, indent: Any, ascii_only: bool) -> None:
    plain = text_of(body)
    assert text_of(shuffled(body)) == plain
    assert text_of(tree(json.dumps(body, indent=indent, ensure_ascii=ascii_only))) == plain


def test_a_long_text_is_signed_without_a_copy_of_it_beside_its_bytes() -> None:
    """Strangers may send megabytes under a known key, many at once."""
    text = "x" * 4_000_000
    sign(text, SECRET)
    tracemalloc.start()
    sign(text, SECRET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * len(text)
