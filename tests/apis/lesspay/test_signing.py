"""LessPay's signature against the vendor's vectors, and against a second, literal telling of the rule."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outlay.dialects.lesspay import signing
from outlay.dialects.lesspay.signing import Signable, Unsignable, sign, text_of, verify
from outlay.kit.jsontext import JsonObject, parse_object
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


def test_values_are_not_escaped_so_two_bodies_share_one_signature() -> None:
    one, two = BY_NAME["no-escaping-1"], BY_NAME["no-escaping-2"]
    assert one["body"] != two["body"]
    assert signature_of(tree(one["body"])) == signature_of(tree(two["body"]))


@pytest.mark.parametrize("signature", ["", "Ä" * 64, "\ud800", "A" * 63, "A" * 65, "\x00" * 64])
def test_a_senseless_signature_is_refused_and_never_raises(signature: str) -> None:
    assert not verify("a=1&key=", SECRET, signature)


# -- the rule, point by point -------------------------------------------------------------------------------------


@each_row(
    ("key", "spread", "of_16", "of_32"),
    [
        ("amount", 0xABBAFBE2, 2, 2),
        ("channel_order_no", 0x3864906A, 10, 10),
        ("actual_amount", 0xC4A1AC88, 8, 8),
        ("bank_account_no", 0xBF91D167, 7, 7),
        ("payout_order_detail_id", 0xA045AB3A, 10, 26),
        ("bank_account_name", 0x20F14271, 1, 17),
        ("mch_order_id", 0x67E1C858, 8, 24),
        ("bank_account_type", 0x20F457DB, 11, 27),
        ("status", 0xCACD053F, 15, 31),
        ("bank_name", 0x957627D8, 8, 24),
        ("audit_state", 0x37490464, 4, 4),
        ("bank_country_code", 0x382DFA34, 4, 20),
        ("fail_reason", 0xEFB9F53C, 12, 28),
        ("bank_swift_code", 0x12B35CCF, 15, 15),
        ("rejected_reason", 0xADF0BCD5, 5, 21),
        ("success_time", 0xD9228CAB, 11, 11),
    ],
)
def test_the_hash_of_a_key_is_javas(key: str, spread: int, of_16: int, of_32: int) -> None:
    assert signing._spread(key) == spread
    assert (spread & 15, spread & 31) == (of_16, of_32)


def test_keys_outside_the_basic_plane_hash_by_their_two_code_units() -> None:
    code = 31 * 0xD83D + 0xDE00
    assert signing._spread("\U0001f600") == code ^ (code >> 16)


def test_the_keys_of_one_bucket_keep_the_order_of_the_document() -> None:
    keys = "payout_order_detail_id mch_order_id amount status fail_reason channel_order_no"
    keys += " bank_account_no bank_account_name"
    assert list(signing._hash_map_order(tuple(keys.split()))) == [
        "bank_account_name",
        "amount",
        "bank_account_no",
        "mch_order_id",
        "payout_order_detail_id",
        "channel_order_no",
        "fail_reason",
        "status",
    ]


@each_row(
    ("literal", "text"),
    [
        ("1.50", "1.50"),
        ("1e3", "1E+3"),
        ("0.0000001", "1E-7"),
        ("0.000001", "0.000001"),
        ("12.30e1", "123.0"),
        ("-0.0", "0.0"),
        ("0e5", "0E+5"),
        ("-0", "0"),
        ("-1.5e-9", "-1.5E-9"),
        ("1" * 6000, "1" * 6000),
        ("0.00000000", "0E-8"),
        ("9007199254740993.01", "9007199254740993.01"),
    ],
)
def test_a_number_has_the_text_of_javas_number(literal: str, text: str) -> None:
    assert text_in(f'{{"n":{literal}}}') == f"n={text}"
    assert text_in(f'{{"n":[{literal}]}}') == f"n=[{text}]"


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


# -- the same rule told a second time, as literally as can be -----------------------------------------------------


class Table:
    """java.util.HashMap as the rule tells it: buckets, lists and doubling."""

    def __init__(self) -> None:
        self.buckets: list[list[str]] = [[] for _ in range(16)]
        self.size = 0

    def insert(self, key: str) -> None:
        bucket = self.bucket(key)
        bucket.append(key)
        if len(bucket) > 8:
            assume(len(self.buckets) < 64)
            self.grow()
        self.size += 1
        if self.size > 0.75 * len(self.buckets):
            self.grow()

    def bucket(self, key: str) -> list[str]:
        units = key.encode("utf-16-le", "surrogatepass")
        code = 0
        for place in range(0, len(units), 2):
            code = (31 * code + units[place] + 256 * units[place + 1]) % 2**32
        return self.buckets[(code ^ (code >> 16)) & (len(self.buckets) - 1)]

    def grow(self) -> None:
        old = self.iterate()
        self.buckets = [[] for _ in range(2 * len(self.buckets))]
        for key in old:
            self.bucket(key).append(key)

    def iterate(self) -> list[str]:
        return [key for bucket in self.buckets for key in bucket]


def table_order(keys: list[str]) -> list[str]:
    table = Table()
    for key in keys:
        table.insert(key)
    return table.iterate()


def java_number(literal: str) -> str:
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", literal)
    assert found is not None
    minus, whole, decimals, exponent = found.groups()
    if decimals is None and exponent is None:
        return "0" if whole == "0" else minus + whole
    digits = (whole + (decimals or "")).lstrip("0") or "0"
    scale = len(decimals or "") - int(exponent or "0")
    adjusted = len(digits) - 1 - scale
    sign_text = "" if digits == "0" else minus
    if scale == 0:
        return sign_text + digits
    if scale > 0 and adjusted >= -6:
        padded = digits.rjust(scale + 1, "0")
        return f"{sign_text}{padded[:-scale]}.{padded[-scale:]}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign_text}{digits[0]}{rest}" + (f"E{adjusted:+d}" if adjusted else "")


keys_of_one_object = st.lists(
    st.one_of(
        st.sampled_from(colliding(6)),
        st.sampled_from([f"field_{number}" for number in range(60)]),
        st.text(max_size=6).filter(lambda key: key not in ("@type", "$ref")),  # not allowed at all
    ),
    unique=True,
    max_size=60,
)


@given(keys_of_one_object)
def test_the_order_of_keys_is_that_of_a_table_built_step_by_step(keys: list[str]) -> None:
    expected = table_order(keys)
    assert list(signing._hash_map_order(tuple(keys))) == expected
    assert list(signing._order_by_bucket(tuple(keys))) == expected


@given(keys_of_one_object, st.sets(st.integers(0, 59)))
def test_null_fields_leave_after_the_first_of_two_passes_and_a_third_changes_nothing(
    keys: list[str], nulls: set[int]
) -> None:
    fields = {key: None if number in nulls else "1" for number, key in enumerate(keys)}
    second = table_order([key for key in table_order(keys) if fields[key] is not None])
    assert signing._array_object_keys(fields) == second
    assert table_order(second) == second


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_the_text_of_any_number_follows_the_rule_of_big_decimals(literal: str) -> None:
    assert text_in(f'{{"n":{literal}}}') == f"n={java_number(literal)}"


@given(st.text())
def test_text_in_an_array_reads_back_as_json_and_hides_no_control_character(text: str) -> None:
    quoted = signing._quoted(text)
    assert json.loads(quoted) == text
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", quoted)


# -- properties ---------------------------------------------------------------------------------------------------

names = st.text(max_size=8).filter(lambda name: name not in {"@type", "$ref"})
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
in_arrays = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)),
    max_leaves=6,
)
bodies = st.dictionaries(
    names,
    st.recursive(
        st.one_of(scalars, st.lists(in_arrays, max_size=3)),
        lambda inner: st.dictionaries(names, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=6,
)


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


@given(bodies, st.text(max_size=20))
def test_what_was_signed_verifies_and_not_under_another_secret(body: Any, secret: str) -> None:
    text = text_of(body)
    signature = sign(text, secret)
    assert re.fullmatch("[0-9A-F]{64}", signature)
    assert verify(text, secret, signature)
    assert not verify(text, secret + "x", signature)


@given(bodies)
def test_null_and_empty_fields_outside_arrays_change_nothing_in_a_body_with_keys(body: Any) -> None:
    assume(body)
    padded = {**body, "zz_null": None, "zz_empty": ""}
    assert text_of(padded) == text_of(body)


@given(st.lists(in_arrays, max_size=4))
def test_reading_the_signed_text_of_an_array_and_signing_again_changes_nothing(items: list[Any]) -> None:
    once = text_of({"a": items})
    array = once.removeprefix("a=").removesuffix("&key=")
    assert text_of(tree(f'{{"a":{array}}}')) == once


def test_a_long_text_is_signed_without_a_copy_of_it_beside_its_bytes() -> None:
    """Strangers may send megabytes under a known key, many at once."""
    text = "x" * 4_000_000
    sign(text, SECRET)
    tracemalloc.start()
    sign(text, SECRET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * len(text)
