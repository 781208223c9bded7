"""The content of uqpay's bodies, and its ids: which are equal, and which are ours."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uqpay_desk import CREATE, asked, request

from outlay.core.ids import MAX_ID
from outlay.dialects.uqpay.values import base_36, number_of, uuid_of
from outlay.wire.usecases import OrderPayout

KINDS = ("bank account", "transfer")

# -- digests ----------------------------------------------------------------------------------------------------------


def digest_of(raw: str) -> bytes:
    _, ask = asked(CREATE, request(CREATE, body=raw.encode()))
    assert isinstance(ask, OrderPayout)
    return ask.claim.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":"1","b":"2"}', '{ "b" : "2",\n"a":"1" }'),
        ('{"a":"é/"}', '{"a":"\\u00e9\\/"}'),
        ('{"a":100}', '{"a":100.00}'),
        ('{"a":1.50}', '{"a":1.5}'),
        ('{"a":{"x":1,"y":[1.0]}}', '{"a":{"y":[1],"x":1.000}}'),
    ],
)
def test_equal_content_has_equal_digests(one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":"100.00"}', '{"a":100.00}'),
        ('{"a":"100.00"}', '{"a":"100.0"}'),
        ('{"a":100}', '{"a":10}'),
        ('{"a":100}', '{"a":1}'),
        ('{"a":1}', '{"a":-1}'),
        ('{"a":true}', '{"a":"true"}'),
        ('{"a":null}', '{"a":""}'),
        ('{"a":null}', "{}"),
        ('{"a":["1","2"]}', '{"a":["2","1"]}'),
        ('{"a":["1,2"]}', '{"a":["1","2"]}'),
        ('{"a":"1","b":"2"}', '{"a":"2","b":"1"}'),
        ('{"a":"A"}', '{"a":"a"}'),
        ('{"a":"1\\",\\"b\\":\\"2"}', '{"a":"1","b":"2"}'),
        ("{", "{ "),
    ],
)
def test_other_content_has_another_digest(one: str, other: str) -> None:
    assert digest_of(one) != digest_of(other)


def test_a_huge_exponent_costs_nothing() -> None:
    assert digest_of('{"a":1e999999999}') != digest_of('{"a":1e999999998}')


# -- ids --------------------------------------------------------------------------------------------------------------


@given(st.sampled_from(KINDS), st.integers(1, MAX_ID))
def test_an_id_is_a_uuid_of_which_its_number_is_read_again(kind: str, number: int) -> None:
    text = uuid_of(kind, number)
    assert (UUID(text).version, UUID(text).variant) == (8, "specified in RFC 4122")
    assert number_of(kind, text) == number_of(kind, text.upper()) == number


@given(st.integers(1, MAX_ID), st.integers(1, MAX_ID))
def test_ids_are_in_the_order_of_their_numbers(one: int, other: int) -> None:
    assert (uuid_of("transfer", one) < uuid_of("transfer", other)) == (one < other)


@given(st.integers(1, MAX_ID))
def test_the_id_of_one_kind_is_none_of_another(number: int) -> None:
    assert number_of("transfer", uuid_of("bank account", number)) is None


@given(st.integers(1, MAX_ID), st.integers(0, 127))
def test_an_id_with_one_bit_changed_is_none_of_ours(number: int, bit: int) -> None:
    changed = UUID(int=UUID(uuid_of("transfer", number)).int ^ (1 << bit))
    assert number_of("transfer", str(changed)) is None


@given(st.text())
def test_no_text_but_a_uuid_is_read(text: str) -> None:
    assert number_of("transfer", text) is None
    assert number_of("transfer", str(uuid4())) is None


@given(st.integers(1, MAX_ID))
def test_a_short_reference_names_one_number(number: int) -> None:
    assert int(base_36(number), 36) == number
