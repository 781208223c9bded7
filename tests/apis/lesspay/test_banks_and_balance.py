"""Banks and balances: their fields, their objects, and the table of banks itself."""

from __future__ import annotations

import re

from outlay.core.asks import Balance
from outlay.core.currencies import EXPONENTS
from outlay.dialects.lesspay.signing import text_of, verify
from outlay.dialects.lesspay.tables.banks import _TABLE, supported_banks
from outlay.kit.jsontext import parse_object
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import BALANCE, BANKS, SECRET, asked, envelope, written
from tests.apis.lesspay.rules.desk import Body
from tests.apis.lesspay.rules.ways import WAYS
from tests.support.rows import each_row

ASKED_BALANCE = {"currency": "PHP", "way_code": "EPAY_PAYOUT"}


@each_row(
    ("path", "body", "told"),
    [
        (BANKS, {}, (30000, "way_code")),
        (BANKS, {"way_code": "X"}, (30001, "currency")),
        (BALANCE, {}, (30000, "way_code")),
    ],
)
def test_of_several_wrong_fields_the_lowest_code_is_told(path: str, body: Body, told: tuple[int, str]) -> None:
    fault = asked(path, body)
    assert isinstance(fault, Fault), fault
    assert (fault.code, fault.message.split()[0]) == told


def test_the_documented_balance_is_reproduced_and_signed() -> None:
    response = written(BALANCE, (Balance("PHP", 8_849_925, 150_075),), ASKED_BALANCE)
    answer = envelope(response)
    assert answer["data"] == {
        "currency": "PHP",
        "way_code": "EPAY_PAYOUT",
        "total_balance": "90000.00",
        "frozen_balance": "1500.75",
        "available_balance": "88499.25",
    }
    assert list(answer["data"]) == ["currency", "way_code", "total_balance", "frozen_balance", "available_balance"]
    data = parse_object(response.body)["data"]
    assert isinstance(data, dict)
    assert verify(text_of(data), SECRET, answer["sign"])


# -- the table ------------------------------------------------------------------------------------------------------

CODE_FORMS = {
    "TAZAPAY_PAYOUT": "[A-Z]{6}[A-Z0-9]{2}",
    "AWEPAY_PAYOUT": "[0-9]{3}",
    "OKAYSPAY_PAYOUT": "9704[0-9]{2}",
    "ONEPAY_PAYOUT": "[0-9]{4}",
    "PAYRETAILERS_PAYOUT": "[0-9]{3}",
    "TEEMOPAY_PAYOUT": "[A-Z0-9_]+",
    "TWELVEPAY_PAYOUT": "[0-9]{3}",
}


def test_the_table_has_every_documented_way_with_its_country_and_currency() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for country, currency, way_code in _TABLE:
        assert currency in EXPONENTS
        found.setdefault(way_code, set()).add((country, currency))
    assert found == {way: {(country, currency) for country, currency, *_ in pays} for way, pays in WAYS.items()}


@each_row("key", _TABLE, ids=str)
def test_the_banks_of_a_way_are_in_order_each_once_and_whole(key: tuple[str, str, str]) -> None:
    banks = supported_banks(*key)
    codes = [bank.bank_code for bank in banks]
    assert codes == sorted(set(codes))
    form = re.compile(CODE_FORMS.get(key[2], ".+"))
    for bank in banks:
        assert bank.destination_type in ("bank", "ewallet")
        assert bank.bank_name == bank.bank_name.strip() != ""
        assert bank.destination_type == "ewallet" or form.fullmatch(bank.bank_code), bank


def test_wallets_stand_beside_banks_where_a_way_pays_both() -> None:
    wallets = {
        way_code: [bank.bank_code for bank in banks if bank.destination_type == "ewallet"]
        for (_, _, way_code), banks in _TABLE.items()
        if any(bank.destination_type == "ewallet" for bank in banks)
    }
    assert wallets == {
        "TAZAPAY_PAYOUT": ["GCASH", "MAYA"],
        "EPAY_PAYOUT": ["GCASH", "MAYA"],
        "KORAPAY_PAYOUT": ["airtel-ke", "safaricom-ke"],
        "PAYRETAILERS_PAYOUT": ["PIX"],
        "TEEMOPAY_PAYOUT": ["EASYPAISA", "JAZZCASH"],
    }


def test_where_the_code_of_a_bank_is_its_name_both_are_the_same_text() -> None:
    assert all(bank.bank_name == bank.bank_code for bank in supported_banks("PK", "PKR", "TEEMOPAY_PAYOUT"))
