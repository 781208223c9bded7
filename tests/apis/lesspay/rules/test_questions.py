"""The fields of LessPay's questions: what became of an order, which banks there are, and how much money is left."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.apis.lesspay.desk import BALANCE, BANKS, QUERY
from tests.apis.lesspay.rules.desk import GONE, No, answered, asked, envelope_of, kept, taken
from tests.apis.lesspay.rules.fields import (
    COUNTRIES,
    COUNTRY,
    COUNTRY_RULE,
    NO_COUNTRIES,
    Needed,
    Rule,
    Text,
    cases_with_claims,
    show_both_sides,
)
from tests.apis.lesspay.rules.money import CURRENCIES, currency_rule
from tests.apis.lesspay.rules.ways import WAYS, banks_of, name_of
from tests.rules.breaks import edit
from tests.rules.claims import claims

CODES, SCHEMA = "dialects/lesspay/codes.py", "dialects/lesspay/schema.py"
PAYOUTS, BALANCES = "dialects/lesspay/inbound/payouts.py", "dialects/lesspay/inbound/balances.py"
ORDER = {"request_id": "SP-1", "pay_order_id": "PO2010543497457831001"}
NO_ID = "request_id or pay_order_id is required"
FOUND_BY_NOTHING = edit(
    PAYOUTS, "FindOrder(reference=reference), None) if reference else codes.IDS_MISSING", "FindOrder(), None)"
)
REQUEST_ID = Text(
    path="request_id",
    kept="ask.reference",
    body=ORDER,
    longest=64,
    needed=Needed(("pay_order_id",), NO_ID, FOUND_BY_NOTHING),
    also_taken=(
        ({"pay_order_id": GONE}, "ask.reference", "SP-1"),
        ({"pay_order_id": GONE}, "ask.order_id", None),
    ),
)


@pytest.mark.parametrize("rule", cases_with_claims(f"request POST {QUERY}", [REQUEST_ID.rule()]))
def test_a_query_names_its_order_by_the_reference_in_its_full_length(rule: Rule) -> None:
    show_both_sides(QUERY, rule)


# -- banks ----------------------------------------------------------------------------------------------------------

QUESTION = {"bank_country_code": "PH", "currency": "PHP", "way_code": "EPAY_PAYOUT"}
EVERY_CURRENCY = " ".join(CURRENCIES.values()).split()


def way_rule(body: dict[str, Any]) -> Rule:
    way = Text(path="way_code", kept="", body=body, longest=64, needed=True).rule()
    return replace(way, taken=())  # no part of what is asked: it is looked for in the answer


BANK_RULES = [
    replace(
        Text(
            path="bank_country_code",
            kept="",
            body=QUESTION,
            code=COUNTRY,
            form=COUNTRY_RULE,
            wrong=NO_COUNTRIES,
            needed=True,
        ).rule(),
        taken=(),
    ),
    currency_rule(QUESTION, ()),
    way_rule(QUESTION),
]


@pytest.mark.parametrize("rule", cases_with_claims(f"request POST {BANKS}", BANK_RULES))
def test_the_banks_are_those_of_one_country_currency_and_way(rule: Rule) -> None:
    show_both_sides(BANKS, rule)
    for way, lists in WAYS.items():
        for country, currency, count, code, name in lists:
            banks = banks_of(country, currency, way)
            assert (len(banks), name_of(code, banks)) == (count, [name])
            assert banks_of("AQ", currency, way) == []
            assert banks_of(country, "XOF", way) == []
    assert banks_of("PH", "PHP", "w" * 64) == []
    others = {country: banks_of(country, "PHP", "EPAY_PAYOUT") for country in COUNTRIES.split()}
    assert [country for country, banks in others.items() if banks] == ["PH"]
    others = {currency: banks_of("PH", currency, "EPAY_PAYOUT") for currency in EVERY_CURRENCY}
    assert [currency for currency, banks in others.items() if banks] == ["PHP"]


# -- balance --------------------------------------------------------------------------------------------------------

MONEY = {"currency": "PHP", "way_code": "EPAY_PAYOUT"}
BALANCE_RULES = [
    currency_rule(MONEY, tuple(({"currency": code}, "ask.currency", code) for code in EVERY_CURRENCY)),
    way_rule(MONEY),
]


def balance_of(currency: str, way: str) -> Any:
    """`data` of the answer where there is nothing of this currency."""
    return envelope_of(answered(BALANCE, {"currency": currency, "way_code": way}, ()))["data"]


@pytest.mark.parametrize("rule", cases_with_claims(f"request POST {BALANCE}", BALANCE_RULES))
def test_a_balance_is_of_one_currency_and_says_the_way_that_was_asked_for(rule: Rule) -> None:
    show_both_sides(BALANCE, rule)
    for currency, nothing in (
        ("JPY", "0"),
        ("PHP", "0.00"),
        ("BHD", "0.000"),
        ("CLF", "0.0000"),
        ("ETH", "0.00000000"),
    ):
        for way in ("w" * 64, "w", "EPAY_PAYOUT"):
            amounts = dict.fromkeys(("total_balance", "frozen_balance", "available_balance"), nothing)
            assert balance_of(currency, way) == {"currency": currency, "way_code": way} | amounts


@claims(
    "lesspay",
    "text 9999 balance query not supported",
    edit(SCHEMA, "TWELVEPAY_PAYOUT", "TWELVEPAY", within="WAY_WITHOUT_BALANCE"),
    edit(CODES, "balance query not supported", "x", within="BALANCE_NOT_SUPPORTED"),
    edit(BALANCES, "if way_code == schema.WAY_WITHOUT_BALANCE:", "if False:"),
)
def test_one_way_cannot_be_asked_for_its_balance_and_every_other_can() -> None:
    no = No(200, 9999, "balance query not supported")
    for currency in ("THB", "PHP", "USDT"):
        assert asked(BALANCE, {"currency": currency, "way_code": "TWELVEPAY_PAYOUT"}) == no
        for way in (*(way for way in WAYS if way != "TWELVEPAY_PAYOUT"), "TWELVEPAY", "twelvepay_payout"):
            assert kept(taken(BALANCE, {"currency": currency, "way_code": way}), "ask.currency") == currency
    wrong = {"currency": "THB", "way_code": "TWELVEPAY_PAYOUT", "transaction_type": "pay_in"}
    assert asked(BALANCE, wrong) == No(200, 30008, "transaction_type must be payout")
