"""The content of uqpay's bodies, the keys that they come under, and its ids: which are equal, and which are ours."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.core.asks import OrderPayout
from outlay.core.ids import MAX_ID
from outlay.core.payout import Order
from outlay.dialects.uqpay.values.fields import base_36, by_value, number_of, plain_digits, uuid_of
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_ID,
    BANK_ACCOUNT_UPDATE,
    BODIES,
    CREATE,
    KEY,
    SUB_ACCOUNT,
    TRANSFER_CREATE,
    WRITES,
    asked,
    content_of,
    created,
    posted,
    request,
)
from tests.support.rows import each_row

KINDS = ("bank account", "transfer")
OPERATIONS = {
    CREATE: "uqpay.payout.create",
    BANK_ACCOUNT_CREATE: "uqpay.bankaccount.create",
    BANK_ACCOUNT_UPDATE: "uqpay.bankaccount.update",
    TRANSFER_CREATE: "uqpay.transfer.create",
}

# -- digests ----------------------------------------------------------------------------------------------------------


def digest_of(raw: str) -> bytes:
    ask = asked(CREATE, request(CREATE, body=raw.encode())).ask
    assert isinstance(ask, OrderPayout)
    return ask.claim.digest


@each_row(
    ("one", "other"),
    [
        ('{"a":"1","b":"2"}', '{ "b" : "2",\n"a":"1" }'),
        ('{"a":"é/"}', '{"a":"\\u00e9\\/"}'),
        ('{"a":100}', '{"a":100.00}'),
        ('{"a":1.50}', '{"a":1.5}'),
        ('{"a":{"x":1,"y":[1.0]}}', '{"a":{"y":[1],"x":1.000}}'),
        ('{"a":100}', '{"a":1E+2}'),
        ('{"a":0.5}', '{"a":50e-2}'),
        ('{"a":1e2}', '{"a":1.00E2}'),
    ],
)
def test_equal_content_has_equal_digests(one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)


@each_row(
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


def older_digest_of(raw: str) -> bytes:
    ask = asked(CREATE, request(CREATE, body=raw.encode())).ask
    assert ask.claim.older_digest is not None
    older: bytes = ask.claim.older_digest()
    return older


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        ('{"b":1E+2,"a":"x"}', '{"a":"x","b":1E+2}'),
        ('{"a":[1.50,2e-1,100]}', '{"a":[1.5,2e-1,100]}'),
        ('{"a":null,"b":true}', '{"a":null,"b":true}'),
    ],
)
def test_the_older_digest_is_the_one_that_the_first_versions_stored(body: str, canonical: str) -> None:
    assert older_digest_of(body) == sha256(canonical.encode()).digest()
    assert (older_digest_of(body) == digest_of(body)) == ("e" not in canonical.lower().replace("true", ""))


def test_the_older_digest_of_an_update_holds_what_its_path_names() -> None:
    ask = asked(BANK_ACCOUNT_UPDATE, request(BANK_ACCOUNT_UPDATE, body=b'{"bank_name":"x","y":1e2}')).ask
    content = sha256(b'{"bank_name":"x","y":1e2}').digest()
    assert ask.claim.older_digest() == sha256(content + str(BANK_ACCOUNT_ID).encode()).digest()


JSON_NUMBERS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?([eE][-+]?[0-9]{1,2})?\Z")


@given(JSON_NUMBERS)
@example("1e64")
@example("1e65")
def test_a_number_without_its_exponent_is_the_same_number(literal: str) -> None:
    plain = plain_digits(literal)
    exponent = int(literal.lower().partition("e")[2] or 0)
    if abs(exponent) > 64:
        assert plain == literal
    else:
        assert "e" not in plain.lower()
        assert Decimal(plain) == Decimal(literal)
        assert not plain.lstrip("-").startswith("00")


@given(JSON_NUMBERS, JSON_NUMBERS)
def test_numbers_count_by_their_value(one: str, other: str) -> None:
    if max(abs(int(text.lower().partition("e")[2] or 0)) for text in (one, other)) <= 64 and "-0" not in one + other:
        assert (by_value(one) == by_value(other)) == (Decimal(one) == Decimal(other))


def test_a_huge_exponent_costs_nothing() -> None:
    assert digest_of('{"a":1e999999999}') != digest_of('{"a":1e999999998}')


# -- keys -------------------------------------------------------------------------------------------------------------

LOWER = "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e"
UPPER = LOWER.upper()
MIXED = LOWER[:9] + UPPER[9:]


@each_row(
    ("key", "reference", "spellings"),
    [
        (LOWER, LOWER, (LOWER, UPPER)),
        (UPPER, LOWER, (UPPER, LOWER)),
        (MIXED, LOWER, (MIXED, LOWER, UPPER)),
        ("0" * 8 + "-0000-0000-0000-" + "0" * 12, "0" * 8 + "-0000-0000-0000-" + "0" * 12, None),
        ("Order-1", "Order-1", None),
        (UPPER.replace("-", ""), UPPER.replace("-", ""), None),
        (f"{{{UPPER}}}", f"{{{UPPER}}}", None),
    ],
)
@each_row("endpoint", WRITES)
def test_a_key_that_is_a_uuid_is_one_in_any_case_of_letters_and_any_other_as_it_came(
    endpoint: str, key: str, reference: str, spellings: tuple[str, ...] | None
) -> None:
    claim = posted(endpoint, x_idempotency_key=key).ask.claim
    assert claim.reference == reference
    assert claim.references == (spellings or (key,))


def test_an_order_bears_the_reference_under_which_its_key_is_used() -> None:
    ordered = created(x_idempotency_key=UPPER).order
    assert isinstance(ordered, Order)
    assert ordered.reference == LOWER


@each_row(("endpoint", "operation"), OPERATIONS.items())
def test_what_is_made_under_a_key_is_kept_by_a_name_that_never_changes(endpoint: str, operation: str) -> None:
    claim = posted(endpoint).ask.claim
    assert (claim.reference, claim.operation, claim.exclusive) == (KEY, operation, True)


@each_row(("raw", "message"), [(b"{", "body is not valid JSON"), (b"[]", "body must be a JSON object")])
@each_row("endpoint", WRITES)
def test_a_body_that_cannot_be_read_is_told_only_under_a_new_key(endpoint: str, raw: bytes, message: str) -> None:
    found = asked(endpoint, request(endpoint, body=raw))
    assert found.ask.claim.reference == KEY
    assert found.ask.claim.digest != posted(endpoint).ask.claim.digest
    fault = content_of(found)
    assert isinstance(fault, Fault)
    assert fault.message == message


@each_row("endpoint", WRITES)
def test_a_body_of_another_content_type_is_refused_but_still_the_same_content(endpoint: str) -> None:
    found = posted(endpoint, content_type="text/plain")
    fault = content_of(found)
    assert isinstance(fault, Fault)
    assert fault.message == "Content-Type must be application/json"
    assert found.ask.claim.digest == posted(endpoint).ask.claim.digest


@each_row(
    ("endpoint", "optional"),
    [
        (CREATE, {"payout_account_id": SUB_ACCOUNT}),
        (BANK_ACCOUNT_CREATE, {"bank_branch_code": "00012"}),
        (TRANSFER_CREATE, {}),
    ],
)
def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told(
    endpoint: str, optional: dict[str, str]
) -> None:
    good = {**BODIES[endpoint], **optional}
    body: dict[str, Any] = dict.fromkeys(reversed(good), True)
    for field, value in good.items():
        fault = content_of(asked(endpoint, request(endpoint, body=body)))
        assert isinstance(fault, Fault)
        assert fault.message.startswith(field)
        body[field] = value
    assert not isinstance(content_of(asked(endpoint, request(endpoint, body=body))), Fault)


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
