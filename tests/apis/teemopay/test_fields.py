"""The fields of teemopay's create and query in Brazil: what is taken, what is refused, and in which words."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.dialects.teemopay.callers import App
from outlay.wire.addresses import NOTICE_ADDRESS_RULE
from outlay.wire.dialect import Credential
from outlay.wire.problems import Fault
from tests.apis.teemopay.desk import (
    ACCOUNT,
    BODY,
    CNPJ,
    CREATE,
    CREDENTIAL,
    FIELD_FAULTS,
    QUERY,
    ask_in,
    asked,
    create,
    fault_in,
    field_fault,
    order_of,
    signed,
    the,
)

STRICT = replace(CREDENTIAL, account=replace(ACCOUNT, strict_destinations=True))
REAL_RAIL = replace(CREDENTIAL, account=replace(ACCOUNT, rail="pix-direct"))

REQUIRED = ["amount", "accountType", "bankAccount", "realName", "idCardNumber", "idType"]
LONGEST = {
    "amount": 20,
    "bankCode": 50,
    "bankName": 50,
    "bankAccount": 255,
    "realName": 255,
    "idCardNumber": 50,
    "idType": 32,
    "callbackUrl": 200,
}


@pytest.mark.parametrize("value", [None, "", " ", "\u3000"])
@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_field_is_missed(name: str, value: str | None) -> None:
    expected = Fault(200, 414, f"{name} is required")
    assert field_fault(without=name) == expected
    assert field_fault({name: value}) == expected


@pytest.mark.parametrize("value", [None, "", " "])
@pytest.mark.parametrize("path", [CREATE, QUERY])
def test_the_merchants_number_is_required(path: str, value: str | None) -> None:
    expected = Fault(200, 414, "merchantOrderNo is required")
    assert asked(signed(path, json.dumps(BODY | {"merchantOrderNo": value}).encode())) == expected
    assert asked(signed(path, b'{"amount":"1.00"}')) == expected


@pytest.mark.parametrize("value", ["x" * 33, "a b", "a/b", "ação", "a\n", "a\x00b", "٣", 7, True])
@pytest.mark.parametrize("path", [CREATE, QUERY])
def test_an_ill_formed_merchants_number_is_told_at_once(path: str, value: object) -> None:
    fault = the(Fault, asked(signed(path, json.dumps(BODY | {"merchantOrderNo": value}).encode())))
    assert (fault.status, fault.code) == (200, 414)
    assert fault.message.startswith("merchantOrderNo must ")


@pytest.mark.parametrize("value", ["x" * 32, "A", "_-09azAZ"])
def test_a_well_formed_merchants_number_is_taken(value: str) -> None:
    assert ask_in(create({"merchantOrderNo": value})).claim.reference == value


@pytest.mark.parametrize(("name", "longest"), list(LONGEST.items()))
def test_a_text_longer_than_documented_is_refused(name: str, longest: int) -> None:
    fault = field_fault({name: "1" * (longest + 1)})
    assert (fault.code, fault.message) == (414, f"{name} must be at most {longest} characters")


@pytest.mark.parametrize("name", ["bankCode", "bankName", "realName"])
def test_a_text_as_long_as_documented_is_taken(name: str) -> None:
    order_of({name: "é" * LONGEST[name]})


@pytest.mark.parametrize("value", [7, 7.5, True, False])
@pytest.mark.parametrize("name", LONGEST)
def test_a_value_that_is_no_string_is_refused(name: str, value: object) -> None:
    fault = field_fault({name: value})
    assert (fault.code, fault.message) == (414, f"{name} must be a string")


@pytest.mark.parametrize("name", ["realName", "bankName", "bankAccount", "idType"])
def test_control_characters_are_refused(name: str) -> None:
    assert field_fault({name: "a\x07b"}) == Fault(200, 414, f"{name} must not contain control characters")


@pytest.mark.parametrize("value", ["401", 401.0, True, "x"])
def test_an_account_type_that_is_no_integer_is_ill_formed(value: object) -> None:
    assert field_fault({"accountType": value}) == Fault(200, 414, "accountType must be an integer")


@pytest.mark.parametrize("value", [0, 101, 400, 406, -401, 10**40])
def test_an_account_type_of_another_country_is_an_account_type_error(value: int) -> None:
    assert field_fault({"accountType": value}) == Fault(200, 455, "The account type error.")


@pytest.mark.parametrize("value", ["DNI", "cpf", "CPF ", "RG"])
def test_another_id_type_is_an_id_type_error(value: str) -> None:
    assert field_fault({"idType": value}) == Fault(200, 475, "The id card type is error")


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("CPF", "111.444.777-35"),
        ("CPF", "1114447773"),
        ("CPF", CNPJ),
        ("CPF", "１１１４４４７７７３５"),
        ("CNPJ", "11144477735"),
        ("CNPJ", "12abc34501de35"),
    ],
)
@pytest.mark.parametrize("credential", [CREDENTIAL, STRICT], ids=["lax", "strict"])
def test_an_id_number_must_have_the_form_of_its_type(id_type: str, number: str, credential: Credential[App]) -> None:
    fault = field_fault({"idType": id_type, "idCardNumber": number}, credential=credential)
    assert fault == Fault(200, 476, "The id card number is error")


@pytest.mark.parametrize(("id_type", "number"), [("CPF", "11144477736"), ("CPF", "1" * 11), ("CNPJ", "11222333000182")])
def test_check_digits_count_only_where_the_account_asks_or_the_rail_is_a_real_one(id_type: str, number: str) -> None:
    kind = {"CPF": 401, "CNPJ": 402}[id_type]
    document, key = {"idType": id_type, "idCardNumber": number}, {"accountType": kind, "bankAccount": number}
    for fields in (document, key, document | key):
        order_of(fields)
    for credential in (STRICT, REAL_RAIL):
        assert field_fault(document, credential=credential) == Fault(200, 476, "The id card number is error")
        assert field_fault(key, credential=credential).code == 482
        assert field_fault(document | key, credential=credential).code == 476


@pytest.mark.parametrize(
    ("account_type", "key"),
    [
        (401, "1114447773"),
        (401, "111.444.777-35"),
        (401, CNPJ),
        (402, "11144477735"),
        (402, "11.222.333/0001-81"),
        (403, "11987654321"),
        (403, "+551198765432"),
        (403, "+5511987654321 "),
        (404, "maria"),
        (404, "maria@oliveira@example.com"),
        (404, "m" * 70 + "@example.com"),
        (405, "123e4567e89b12d3a456426655440000"),
        (405, "11144477735"),
    ],
)
def test_a_key_must_fit_its_account_type(account_type: int, key: str) -> None:
    fault = field_fault({"accountType": account_type, "bankAccount": key})
    assert fault == Fault(200, 482, "The bank account does not meet the requirements.")


@pytest.mark.parametrize(
    "url", ["merchant.example", "ftp://merchant.example", "https://", "http://a b", "javascript:x"]
)
def test_a_callback_address_must_be_a_web_address(url: str) -> None:
    assert field_fault({"callbackUrl": url}) == Fault(200, 414, f"callbackUrl {NOTICE_ADDRESS_RULE}")


@pytest.mark.parametrize("url", ["HTTPS://merchant.example/a", "Http://merchant.example", "hTTps://MERCHANT.example/A"])
def test_the_scheme_of_a_callback_address_may_be_in_capitals_and_is_kept(url: str) -> None:
    assert order_of({"callbackUrl": url}).notify_url == url


@pytest.mark.parametrize(
    "text",
    [
        "1e3", "-1", "+1", "1.234", "NaN", "Infinity", "１００", "٣", "01", "00.10", ".5", "1.", "1,00", "1_0", " 1",
        "0x1", "0", "0.00", "100000000", "99999999999999999999", "12345678901234567.89",
    ],
)  # fmt: skip
def test_a_text_that_is_no_amount_in_range_is_refused(text: str) -> None:
    fault = field_fault({"amount": text})
    assert fault.code == 414
    assert fault.message.startswith("amount ")


@pytest.mark.parametrize("literal", [b"1000.01", b"1000", b"1e3", b"-1", b"9007199254740993.01"])
def test_an_amount_that_is_a_json_number_is_refused(literal: bytes) -> None:
    raw = json.dumps(BODY).encode().replace(b'"1000.01"', literal)
    assert fault_in(asked(signed(CREATE, raw))) == Fault(200, 414, "amount must be a string")


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(FIELD_FAULTS, 2)))
def test_of_two_faulty_fields_the_lowest_code_answers(
    first: tuple[int, dict[str, Any]], second: tuple[int, dict[str, Any]]
) -> None:
    assert field_fault({**second[1], **first[1]}).code == first[0]


def test_of_several_ill_formed_fields_the_first_documented_answers() -> None:
    assert field_fault({"realName": None, "amount": "x", "bankName": 7}).message.startswith("amount ")


def test_a_fault_never_repeats_what_was_sent() -> None:
    for name in [*LONGEST, "merchantOrderNo", "accountType"]:
        assert "SENTINEL" not in repr(create({name: "SENTINEL!" * 50}))
