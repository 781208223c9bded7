"""Banks and balances: their fields, their objects, and the table of banks itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from outlay.core.asks import Balance, Greet, ReadBalances
from outlay.core.currencies import EXPONENTS
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay.inbound.balances import BalanceQuestion
from outlay.dialects.lesspay.inbound.banks import BanksQuestion
from outlay.dialects.lesspay.signing import text_of, verify
from outlay.dialects.lesspay.tables.banks import _TABLE, supported_banks
from outlay.kit.jsontext import parse_object
from outlay.wire.dialect import Asked
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import BALANCE, BANKS, SECRET, asked, envelope, written
from tests.support.rows import each_row

Body = dict[str, Any]
ASKED_BANKS = {"bank_country_code": "PH", "currency": "PHP", "way_code": "EPAY_PAYOUT"}
ASKED_BALANCE = {"currency": "PHP", "way_code": "EPAY_PAYOUT"}


def code_of(path: str, body: Body) -> tuple[int | str, str]:
    fault = asked(path, body)
    assert isinstance(fault, Fault), fault
    assert fault.status == 200
    return fault.code, fault.message.split()[0]


def test_questions_become_asks() -> None:
    assert asked(BANKS, ASKED_BANKS) == Asked(Greet(), BanksQuestion("PH", "PHP", "EPAY_PAYOUT"))
    balance = Asked(ReadBalances("PHP"), BalanceQuestion("PHP", "EPAY_PAYOUT"))
    assert asked(BALANCE, ASKED_BALANCE) == balance
    assert asked(BALANCE, ASKED_BALANCE | {"transaction_type": "PAYOUT"}) == balance


def test_of_several_wrong_fields_the_lowest_code_is_told() -> None:
    assert code_of(BANKS, {}) == (30000, "way_code")
    assert code_of(BANKS, {"way_code": "X"}) == (30001, "currency")
    assert code_of(BALANCE, {}) == (30000, "way_code")


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


@pytest.mark.parametrize(("currency", "zero"), [("PHP", "0.00"), ("JPY", "0"), ("BHD", "0.000"), ("BTC", "0.00000000")])
def test_a_currency_that_was_never_used_has_nothing_in_its_own_decimals(currency: str, zero: str) -> None:
    data = envelope(written(BALANCE, (), ASKED_BALANCE | {"currency": currency}))["data"]
    assert {data[f"{name}_balance"] for name in ("total", "frozen", "available")} == {zero}


def test_a_list_of_banks_is_an_array_without_a_signature() -> None:
    answer = envelope(written(BANKS, None, ASKED_BANKS))
    assert (answer["code"], answer["msg"], answer["encryptData"], answer["sign"]) == (0, "SUCCESS", "", "")
    assert {"bank_code": "BDO", "bank_name": "BDO Unibank", "destination_type": "bank"} in answer["data"]
    assert all(list(bank) == ["bank_code", "bank_name", "destination_type"] for bank in answer["data"])


@pytest.mark.parametrize("changes", [{"way_code": "X"}, {"currency": "USD"}, {"bank_country_code": "US"}])
def test_where_nothing_is_configured_the_array_is_empty(changes: Body) -> None:
    assert envelope(written(BANKS, None, ASKED_BANKS | changes))["data"] == []


@pytest.mark.parametrize(("path", "body"), [(BANKS, ASKED_BANKS), (BALANCE, ASKED_BALANCE)])
def test_a_refused_question_is_answered_with_its_code(path: str, body: Body) -> None:
    response = written(path, Refusal.ACCOUNT_CLOSED, body)
    assert (response.status, envelope(response)["code"]) == (403, 403)


# -- the table ------------------------------------------------------------------------------------------------------

WAYS = {
    "TAZAPAY_PAYOUT": {("PH", "PHP")},
    "AWEPAY_PAYOUT": {("ID", "IDR")},
    "EPAY_PAYOUT": {("PH", "PHP")},
    "KORAPAY_PAYOUT": {("NG", "NGN"), ("KE", "KES")},
    "OKAYSPAY_PAYOUT": {("VN", "VND")},
    "ONEPAY_PAYOUT": {("JP", "JPY")},
    "OVERPAY_PAYOUT": {("TH", "THB")},
    "PAYRETAILERS_PAYOUT": {("BR", "BRL")},
    "TEEMOPAY_PAYOUT": {("PK", "PKR")},
    "TWELVEPAY_PAYOUT": {("TH", "THB")},
}
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
    assert found == WAYS


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
