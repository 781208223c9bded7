"""What the claims of single fields do not show of a payout: the good side of a strict account, which of two faults is
told, and that no value at all is a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apis.lesspay.desk import CREATE, STRICT
from tests.apis.lesspay.orders import HEX_ADDRESS, TRON_ADDRESS, to_bank, to_crypto, to_pix_key
from tests.apis.lesspay.rows import API
from tests.apis.lesspay.rules.desk import (
    TO_BANK,
    TO_CRYPTO,
    TO_PIX,
    TO_WALLET,
    Body,
    No,
    asked,
    changed,
    orders_of,
    taken,
)
from tests.apis.lesspay.valid_bodies import ANY_VALUE
from tests.support.rows import each_row

START = f"request POST {CREATE} "
FIELDS = [row.id.removeprefix(START) for row in API.rows if row.id.startswith(START) and "request_id" not in row.id]
TAX_ID = "beneficiary.beneficiary_info.tax_id"


@pytest.mark.parametrize("body", [TO_BANK, TO_PIX, TO_WALLET, TO_CRYPTO])
def test_a_right_destination_is_good_also_where_it_is_checked(body: Body) -> None:
    assert orders_of(taken(CREATE, body, STRICT)) == orders_of(taken(CREATE, body))


DESTINATION = "beneficiary.destination"


@each_row(
    ("destination", "is_right"),
    [
        (to_pix_key("cpf", "11144477735"), True),
        (to_pix_key("cpf", "11144477734"), False),
        (to_pix_key("cnpj", "11222333000180"), False),
        (to_bank(iban="GB82 WEST 1234 5698 7654 32"), False),
        (to_crypto("ERC20", HEX_ADDRESS), True),
        (to_crypto("ERC20", HEX_ADDRESS[:-1]), False),
        (to_crypto("BEP20", TRON_ADDRESS), False),
        (to_crypto("TRC20", "TXYZabcdefghijklmnopqrstuvwxyz123456"), False),
    ],
)
def test_check_digits_are_looked_at_only_where_destinations_are_checked(destination: Body, is_right: bool) -> None:
    body = changed(TO_BANK, {DESTINATION: destination})
    taken(CREATE, body)
    found = asked(CREATE, body, STRICT)
    assert (found.code if isinstance(found, No) else 0) == (0 if is_right else 30006)


@pytest.mark.parametrize("tax_id", ["52998224725", "529.982.247-25", "11.222.333/0001-81"])
def test_a_brazilian_tax_id_is_good_where_it_is_checked_and_anothers_is_nobodys_business(tax_id: str) -> None:
    assert taken(CREATE, changed(TO_BANK, {"currency": "BRL", TAX_ID: tax_id}), STRICT)
    assert taken(CREATE, changed(TO_BANK, {TAX_ID: "123-456-789"}), STRICT)


def test_fields_that_are_not_documented_are_left_alone() -> None:
    more = changed(TO_BANK, {"transaction_network": {"deep": [1, 2, None]}})
    assert orders_of(taken(CREATE, more)) == orders_of(taken(CREATE, TO_BANK))


def test_of_several_faults_with_one_code_the_first_field_is_named() -> None:
    body = changed(TO_BANK, {"description": 7, "purpose": 7})
    assert asked(CREATE, body) == No(200, 30000, "description must be a string")


@given(path=st.sampled_from(FIELDS), value=ANY_VALUE)
def test_any_value_of_any_field_is_an_order_or_a_documented_fault(path: str, value: Any) -> None:
    body = TO_WALLET if "e_wallet" in path else TO_CRYPTO if "crypto_wallet" in path else TO_BANK
    found = asked(CREATE, changed(body, {path: value}))
    if isinstance(found, No):
        assert found.status == 200
        assert found.code in {30000, 30001, 30004, 30005, 30006, 30008, 30009}
