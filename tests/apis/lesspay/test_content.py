"""What counts as the same request again: the content of the parsed body, by the present rule and by the earlier one."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.asks import Claim, OrderBatch, OrderPayout
from outlay.dialects.lesspay.values.content import digest_of
from outlay.kit.jsontext import Json, JsonObject, Number
from outlay.wire.dialect import Asked, Now
from tests.apis.lesspay.desk import BATCH, CREATE, CREDENTIAL, NOW_MS, asked, route_of, signed
from tests.apis.lesspay.rules.desk import BANKS_BATCH as EXAMPLE
from tests.apis.lesspay.rules.desk import GONE, Body, changed
from tests.apis.lesspay.rules.desk import TO_BANK as BANK
from tests.support.routes import asked_unproved


def claim(body: Any, path: str = CREATE) -> Claim:
    question = asked(path, body)
    assert isinstance(question, Asked), question
    assert isinstance(question.ask, OrderPayout | OrderBatch)
    return question.ask.claim


def digest(body: Any, path: str = CREATE) -> bytes:
    return claim(body, path).digest


def older(body: Any, path: str = CREATE) -> bytes:
    ours = claim(body, path).older_digest
    assert ours is not None
    return ours()


def with_detail(name: str, value: Any) -> Body:
    return changed(EXAMPLE, {f"payout_order_details[1].{name}": value})


def turned(value: Any) -> Any:
    """The same with the members of every object in the opposite order."""
    match value:
        case dict():
            return {name: turned(value[name]) for name in reversed(value)}
        case list():
            return [turned(item) for item in value]
        case _:
            return value


def test_the_order_of_keys_is_no_content_at_any_depth() -> None:
    assert digest(turned(BANK)) == digest(BANK)
    assert list(turned(EXAMPLE)["payout_order_details"][0]) != list(EXAMPLE["payout_order_details"][0])
    assert digest(turned(EXAMPLE), BATCH) == digest(EXAMPLE, BATCH)
    deep = EXAMPLE | {"x": [[{"a": 1, "b": [{"c": "1", "d": "2"}]}]]}
    assert digest(turned(deep), BATCH) == digest(deep, BATCH)


def test_neither_is_the_layout() -> None:
    assert digest(json.dumps(BANK, indent=2)) == digest(json.dumps(BANK, separators=(",", ":")))
    assert digest('{"request_id":"\\u0041"}') == digest('{"request_id":"A"}')


@pytest.mark.parametrize("empty", [None, ""])
def test_a_member_that_is_null_or_empty_counts_as_absent(empty: Any) -> None:
    assert digest(changed(BANK, {"product_name": empty})) == digest(changed(BANK, {"product_name": GONE}))
    with_empty = with_detail("bank_swift_code", empty)
    assert digest(with_empty, BATCH) == digest(with_detail("bank_swift_code", GONE), BATCH)


def test_everything_else_is_content() -> None:
    first, second = EXAMPLE["payout_order_details"]
    different = [
        EXAMPLE,
        EXAMPLE | {"payout_order_details": [second, first]},
        with_detail("amount", "500.750"),
        EXAMPLE | {"total_amount": "1500.750"},
        EXAMPLE | {"x": "1"},
        EXAMPLE | {"x": 1},
        EXAMPLE | {"x": 1.0},
        EXAMPLE | {"x": True},
        EXAMPLE | {"x": "true"},
        EXAMPLE | {"x": " "},
        EXAMPLE | {"x": {}},
        EXAMPLE | {"x": []},
        EXAMPLE | {"x": [None]},
        EXAMPLE | {"x": ["null"]},
        EXAMPLE | {"x": [""]},
        EXAMPLE | {"x": "1&y=2"},
        EXAMPLE | {"x": "1", "y": "2"},
        EXAMPLE | {"x": "[1]"},
        EXAMPLE | {"x": [1]},
        EXAMPLE | {"x": '"'},
        EXAMPLE | {"x": '\\"'},
        EXAMPLE | {"x": "\ud800"},
        EXAMPLE | {"x": "\udfff"},
        EXAMPLE | {"x": "?"},
        EXAMPLE | {"x": "d800"},
    ]
    assert len({digest(body, BATCH) for body in different}) == len(different)


def test_number_literals_count_as_they_were_written() -> None:
    literals = ["1", "1.0", "1.00", "1e0", "1E0", "10e-1", "-0", "0", "100", "1e2"]
    assert len({digest(f'{{"request_id":"a","x":{literal}}}') for literal in literals}) == len(literals)


def test_the_digest_knows_neither_the_secret_nor_the_time() -> None:
    raw = '{"x":[1,"1"],"request_id":"SP-1"}'
    assert digest(raw) == sha256(b'{"request_id":"SP-1","x":[1,"1"]}').digest()
    later_ms = NOW_MS + 60_000
    later = asked_unproved("lesspay", route_of(CREATE), signed(CREATE, raw), CREDENTIAL, Now(later_ms, later_ms))
    assert isinstance(later, Asked)
    assert isinstance(later.ask, OrderPayout)
    assert later.ask.claim.digest == digest(raw)


def test_a_repeat_of_what_an_earlier_version_stored_is_known_by_its_rule() -> None:
    """The text to sign without the secret: what those versions wrote beside their orders."""
    assert older('{"request_id":"SP-1","x":[{"amount":"1","status":""}],"y":""}') == (
        sha256(b'request_id=SP-1&x=[{"amount":"1","status":""}]&key=').digest()
    )
    assert older(turned(BANK)) == older(BANK)
    assert older(EXAMPLE, BATCH) != digest(EXAMPLE, BATCH)


# -- any two bodies ---------------------------------------------------------------------------------------------------

_texts = st.text(st.sampled_from('a1"\\{}[]:,&=?\u00e9\U0001f9fe\ud800\udfff'), max_size=3)
_names = st.text(st.sampled_from('ab"\\:,\ud800'), max_size=2)
_literals = st.sampled_from(["0", "-0", "1", "1.0", "1e0"]).map(Number)
_scalars = st.none() | st.booleans() | _texts | _literals
_trees = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3), max_leaves=6
)
_bodies = st.dictionaries(_names, _trees, max_size=3)


def model(value: Json) -> Any:
    """The rule in other words: nested tuples, each with the kind of what it stands for."""
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if item is not None and item != ""}
        return ("object", frozenset((name, model(item)) for name, item in kept.items()))
    if isinstance(value, list):
        return ("array", tuple(model(item) for item in value))
    return (type(value).__name__, value)


@given(_bodies, _bodies)
def test_two_digests_are_equal_where_the_contents_are_and_only_there(one: JsonObject, other: JsonObject) -> None:
    assert (digest_of(one) == digest_of(other)) is (model(one) == model(other))


@given(_bodies, st.randoms(use_true_random=False))
def test_any_body_in_any_order_of_its_keys_has_the_same_digest(body: JsonObject, rng: Any) -> None:
    def shuffled(value: Json) -> Json:
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if not isinstance(value, dict):
            return value
        names = list(value)
        rng.shuffle(names)
        return {name: shuffled(value[name]) for name in names}

    again = shuffled(body)
    assert isinstance(again, dict)
    assert digest_of(again) == digest_of(body)
