"""The fields of teemopay's create and query in Brazil: what is taken, what is refused, and in which words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.wire.problems import Fault
from tests.apis.teemopay.desk import (
    ACCOUNT,
    CNPJ,
    CREDENTIAL,
    field_fault,
    order_of,
)
from tests.support.rows import each_row

STRICT = replace(CREDENTIAL, account=replace(ACCOUNT, strict_destinations=True))
REAL_RAIL = replace(CREDENTIAL, account=replace(ACCOUNT, rail="pix-direct"))


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


@each_row(
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


@pytest.mark.parametrize("url", ["HTTPS://merchant.example/a", "Http://merchant.example", "hTTps://MERCHANT.example/A"])
def test_the_scheme_of_a_callback_address_may_be_in_capitals_and_is_kept(url: str) -> None:
    assert order_of({"callbackUrl": url}).notify_url == url


def test_of_several_ill_formed_fields_the_first_documented_answers() -> None:
    assert field_fault({"realName": None, "amount": "x", "bankName": 7}).message.startswith("amount ")
