"""IBANs and wallet addresses: real ones are good, and one wrong character is seen wherever there is a checksum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.dialects.lesspay.values.numbers import (
    is_brazilian_tax_id,
    is_valid_iban,
    is_valid_wallet_address,
)
from tests.support.rows import each_row

# The contracts of USDT and USDC, and two wallets: known to everybody.
TRON = [
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8",
    "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
]
HEX = ["0xdAC17F958D2ee523a2206206994597C13D831ec7", "0x" + "0" * 40, "0x" + "ABCDEF0123" * 4]
IBANS = [
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "BR1800360305000010009795493C1",
    "PK36SCBL0000001123456702",
]
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_is_good_and_with_any_digit_changed_it_is_not(iban: str) -> None:
    assert is_valid_iban(iban)
    for place, character in enumerate(iban):
        other = "1" if character != "1" else "2"
        assert not is_valid_iban(iban[:place] + other + iban[place + 1 :])


@each_row(
    "text",
    [
        "",
        "GB82",
        "gb82west12345698765432",
        "GB82 WEST 1234 5698 7654 32",
        "GB82-WEST-12345698765432",
        "GB82WEST12345698765432 ",
        "GB82WEST1234569876543",
        "DE89370400440532013０00",
        "PH00BDOU1234567890123",
        "XX82WEST12345698765432",
    ],
)
def test_a_text_that_is_not_exactly_an_iban_is_none(text: str) -> None:
    assert not is_valid_iban(text)


@pytest.mark.parametrize("text", ["11144477735", "111.444.777-35", "11222333000181", "11.222.333/0001-81"])
def test_a_tax_number_is_good_bare_and_as_people_write_it(text: str) -> None:
    assert is_brazilian_tax_id(text)


@pytest.mark.parametrize("text", ["11144477734", "111 444 777 35", "11222333000180", "00000000000", "123-456-789", ""])
def test_a_text_that_is_neither_a_cpf_nor_a_cnpj_is_no_tax_number(text: str) -> None:
    assert not is_brazilian_tax_id(text)


@pytest.mark.parametrize("address", TRON)
def test_a_tron_address_is_good_on_its_network_only(address: str) -> None:
    assert is_valid_wallet_address("TRC20", address)
    assert not is_valid_wallet_address("ERC20", address)
    assert not is_valid_wallet_address("BEP20", address)


@given(st.sampled_from(TRON), st.integers(0, 33), st.sampled_from(BASE58))
def test_one_wrong_character_of_a_tron_address_is_seen(address: str, place: int, other: str) -> None:
    changed = address[:place] + other + address[place + 1 :]
    assert is_valid_wallet_address("TRC20", changed) is (changed == address)


@each_row(
    "text",
    [
        "",
        "T",
        TRON[0][:-1],
        TRON[0] + "1",
        " " + TRON[0],
        TRON[0].lower(),
        "T" + "0" * 33,
        "T" + "l" * 33,
        "Ｔ" + TRON[0][1:],
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",  # Base58Check with another version
    ],
)
def test_what_is_not_exactly_a_tron_address_is_none(text: str) -> None:
    assert not is_valid_wallet_address("TRC20", text)


@pytest.mark.parametrize("network", ["ERC20", "BEP20"])
@pytest.mark.parametrize("address", HEX)
def test_a_hexadecimal_address_is_good_in_any_capitals(network: str, address: str) -> None:
    for text in (address, address.lower(), "0x" + address[2:].upper()):
        assert is_valid_wallet_address(network, text)
    assert not is_valid_wallet_address("TRC20", address)


@pytest.mark.parametrize("text", ["", "0x", HEX[0][:-1], HEX[0] + "0", "0X" + HEX[0][2:], HEX[0][2:], "0x" + "g" * 40])
def test_what_is_not_forty_hexadecimal_digits_is_no_address(text: str) -> None:
    assert not is_valid_wallet_address("ERC20", text)
    assert not is_valid_wallet_address("BEP20", text)


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_without_a_fault(text: str) -> None:
    assert is_valid_wallet_address("TRC20", text) in (True, False)
    assert is_valid_iban(text) in (True, False)
