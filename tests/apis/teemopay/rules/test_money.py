"""What money looks like in each country of TeemoPay: currencies, whole amounts, answers; and what is not found."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from outlay.core.asks import Balance, ListPayouts, PayoutsListed, ReadBalances
from outlay.core.fees import Fee
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from tests.apis.teemopay.faults import AS_SENT, NOT_FOUND
from tests.apis.teemopay.orders import EVERY_WAY, WAYS, order_in
from tests.apis.teemopay.reading import LOCAL_CURRENCIES as CURRENCIES
from tests.apis.teemopay.reading import LOCAL_HOURS
from tests.apis.teemopay.rules.desk import (
    BALANCE,
    CODES_FILE,
    CREATE,
    LIST,
    QUERY,
    answered,
    asked,
    created,
    credential_in,
    no,
    payout,
    row_with,
    signed,
    taken,
    written,
)
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims
from tests.support.rows import each_row

DECIMALS = {"CLP": 0, "KRW": 0, "USDT": 6}
"""In the books, where they are not two."""
FOREIGN = ("EUR", "BRL", "MXN", "USD", "KHR", "USDT")
WHOLE = ["CO", "CL", "PK", "ID", "KH", "KR"]
PAYOUTS = "dialects/teemopay/inbound/payouts.py"
BALANCES = "dialects/teemopay/inbound/balances.py"
LISTING = "dialects/teemopay/inbound/transactions.py"
FIELDS = "dialects/teemopay/values/fields.py"


def minor(amount: str, currency: str) -> int:
    return int(Decimal(amount) * 10 ** DECIMALS.get(currency, 2))


def foreign_to(country: str) -> list[str]:
    return [currency for currency in FOREIGN if currency not in CURRENCIES[country]]


def param(country: str, row: str, *breaks: Break) -> Any:
    name = f"country {country} {row}"
    return pytest.param(country, id=name, marks=claims("teemopay", name, *breaks))


EUROS = "_money('EUR', 2)"


# -- the four endpoints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "country", [param(country, f"POST {CREATE}", row_with(country, money=EUROS)) for country in CURRENCIES]
)
def test_an_order_is_in_the_currency_of_the_country_whatever_else_is_sent(country: str) -> None:
    found = set()
    for way, example in WAYS[country].items():
        order = taken(country, order_in(country, way, currency="EUR"))
        assert (order.currency, order.amount_minor) == (example.currency, minor(example.amount, example.currency)), way
        found.add(order.currency)
        shown = answered(country, CREATE, payout(currency=order.currency, amount_minor=order.amount_minor))
        assert shown["code"] == 200
        other = next(code for code in CURRENCIES if code != country)
        body = order_in(country, way)
        strangers = asked(signed(other, CREATE, body), credential_in(country))
        assert strangers == no(414, "country mismatch")
    assert sorted(found) == list(CURRENCIES[country])


TRACE_ID = "6b0f6c1e9a2b4c3d8e7f60718293a4b5.1.17763962040002165"


def not_found_in(country: str) -> list[tuple[str, Any]]:
    """Names and values in their order."""
    return [(name, TRACE_ID if name == "traceId" else value) for name, value in NOT_FOUND[country].items()]


@pytest.mark.parametrize(
    "country",
    [
        param(
            country,
            f"POST {QUERY}",
            row_with(country, currencies="row.currencies | {'EUR'}"),
            row_with(country, currencies="frozenset({'EUR'})"),
            edit(PAYOUTS, " if payout.currency not in country.currencies:", " if False:", within="write_query"),
        )
        for country in CURRENCIES
    ],
)
def test_a_query_shows_a_payout_in_the_currency_of_the_country_and_hides_every_other(country: str) -> None:
    for currency in CURRENCIES[country]:
        found = payout(currency=currency, amount_minor=minor("1000", currency), fee=Fee(0, 0, 0))
        shown = answered(country, QUERY, found)
        assert shown["code"] == 200
        assert (shown["data"]["amount"], shown["data"]["status"]) == ("1000.00", 2)
    for currency in foreign_to(country):
        hidden = answered(country, QUERY, payout(currency=currency))
        assert list(hidden.items()) == not_found_in(country), currency


@pytest.mark.parametrize(
    "country",
    [
        param(
            country,
            f"POST {BALANCE}",
            row_with(country, money=EUROS),
            edit(BALANCES, "        if balance.currency == currency:\n", "        if True:\n", within="balance_data"),
        )
        for country in CURRENCIES
    ],
)
def test_the_balance_is_of_the_first_currency_of_the_country_and_of_no_other(country: str) -> None:
    own = CURRENCIES[country][0]
    assert asked(signed(country, BALANCE, {}), credential_in(country)) == ReadBalances(currency=own)
    others = tuple(Balance(currency, 5_000_000, 7_000_000) for currency in foreign_to(country))
    held = Balance(own, minor("1000", own), minor("200", own))
    zeros = {"totalAmount": "0.00", "frozenAmount": "0.00", "availAmount": "0.00"}
    shown = {"totalAmount": "1200.00", "frozenAmount": "200.00", "availAmount": "1000.00"}
    assert answered(country, BALANCE, (held, *others))["data"] == shown
    assert answered(country, BALANCE, others)["data"] == zeros


@pytest.mark.parametrize(
    "country",
    [
        param(
            country,
            f"POST {LIST}",
            row_with(country, currencies="row.currencies | {'EUR'}"),
            row_with(country, currencies="frozenset({'EUR'})"),
            row_with(country, utc_offset_s="row.utc_offset_s + 3600"),
        )
        for country in CURRENCIES
    ],
)
def test_a_list_asks_for_the_currencies_of_the_country_in_its_own_time(country: str) -> None:
    span = {"beginTime": "2026-04-16 00:00:00.000", "endTime": "2026-04-16 23:59:59.999"}
    midnight_ms = 1_776_297_600_000 - int(LOCAL_HOURS[country] * 3_600_000)
    expected = ListPayouts(
        currencies=frozenset(CURRENCIES[country]),
        from_ms=midnight_ms,
        to_ms=midnight_ms + 86_399_999,
        limit=500,
    )
    credential = credential_in(country)
    assert asked(signed(country, LIST, span | {"type": "PAYOUT"}), credential) == expected
    payins = asked(signed(country, LIST, span | {"type": "PAYIN"}), credential)
    assert isinstance(payins, ListPayouts)
    assert payins.currencies == frozenset()
    own = CURRENCIES[country][0]
    row = payout(currency=own, amount_minor=minor("1000", own), fee=Fee(0, 0, 0), created_ms=midnight_ms)
    [shown] = answered(country, LIST, PayoutsListed((row,), more=False))["data"]["records"]
    assert (shown["amount"], shown["createTime"]) == ("1000.00", "2026-04-16 00:00:00")


# -- amounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "country",
    [
        param(
            country,
            "amount is an integer",
            row_with(country, money="_money(row.money.currency, 1)")
            if country not in ("CL", "KR")
            else edit(FIELDS, "and money.decimals == 0", "and False", within="read_amount"),
            edit(CODES_FILE, "Amount must be an integer", "x", within="AMOUNT_NOT_WHOLE"),
        )
        for country in WHOLE
    ],
)
def test_a_fraction_is_refused_where_amounts_are_whole(country: str) -> None:
    for way, example in WAYS[country].items():
        if way == "2002":
            assert taken(country, order_in(country, way, amount="1000.5")).amount_minor == 100_050, "dollars have cents"
            continue
        order = taken(country, order_in(country, way, amount="1000"))
        assert order.amount_minor == minor("1000", example.currency)
        for amount in ("1000.5", "1000.0", "1000.00", "0.5"):
            refused = created(country, order_in(country, way, amount=amount))
            assert refused == no(414, "Amount must be an integer"), amount


@each_row(("country", "way"), EVERY_WAY)
def test_the_largest_amount_is_taken_and_a_larger_one_is_refused(country: str, way: str) -> None:
    """What ten digits say on the wire, but for the wallets of Pakistan."""
    units = "50000" if (country, way[:2]) == ("PK", "30") and way != "301" else "9999999999"
    currency = WAYS[country][way].currency
    is_whole = country in WHOLE and currency != "USD"
    largest, more = (units, str(int(units) + 1)) if is_whole else ("99999999.99", "100000000.00")
    order = taken(country, order_in(country, way, amount=largest))
    assert order.amount_minor == minor(largest, currency)
    refused = created(country, order_in(country, way, amount=more))
    assert refused == no(414, "amount is outside the amounts allowed")


def answer_row(country: str) -> str:
    return f"amount answered {'as sent' if country in AS_SENT else 'with two decimals'}"


@pytest.mark.parametrize(
    "country",
    [
        param(country, answer_row(country), row_with(country, amount_as_sent="not row.amount_as_sent"))
        for country in WAYS
    ],
)
def test_create_answers_with_the_amount_in_the_documented_form(country: str) -> None:
    for way, example in WAYS[country].items():
        for sent, amount in (("1000", "1000"), ("1000.5", "1000.5"), ("1000.50", "1000.5")):
            if "." in sent and example.currency in ("COP", "CLP", "PKR", "IDR", "KHR", "KRW"):
                continue
            body = order_in(country, way, amount=sent)
            order = taken(country, body)
            made = payout(
                reference=order.reference,
                currency=order.currency,
                amount_minor=order.amount_minor,
                state=State.RESERVED,
                completed_ms=None,
            )
            shown = answered(country, CREATE, made, body)["data"]
            expected = sent if country in AS_SENT else f"{Decimal(amount):.2f}"
            assert (shown["amount"], shown["status"]) == (expected, 1)
            assert shown["merchantOrderNo"] == body["merchantOrderNo"]


# -- not found ------------------------------------------------------------------------------------------------------

FORMS = {400: "codes.ORDER_NOT_EXIST", 434: "codes.ORDER_NOT_FOUND"}


@pytest.mark.parametrize(
    "country",
    [
        param(
            country,
            "not found",
            row_with(country, order_not_found=FORMS[NOT_FOUND[country]["code"]]),
            row_with(country, order_not_found="codes.ORDER_NOT_FOUND_TRACED")
            if "traceId" not in NOT_FOUND[country]
            else row_with(country, order_not_found="codes.ORDER_NOT_FOUND"),
        )
        for country in WAYS
    ],
)
def test_an_unknown_order_is_not_found_in_exactly_the_form_of_the_country(country: str) -> None:
    response = written(country, QUERY, Refusal.PAYOUT_NOT_FOUND)
    assert response.status == 200
    document = answered(country, QUERY, Refusal.PAYOUT_NOT_FOUND)
    assert list(document.items()) == not_found_in(country)
    own = CURRENCIES[country][0]
    found = answered(country, QUERY, payout(currency=own))
    assert (list(found), found["code"], found["msg"]) == (["code", "data", "msg", "traceId"], 200, "success")


# -- Mexico's tracking ----------------------------------------------------------------------------------------------


def tracked(country: str, currency: str, state: State) -> dict[str, Any]:
    number = "202604170000009000000000000000"
    sent = payout(
        currency=currency,
        state=state,
        completed_ms=None if state is State.PROCESSING else 1_776_396_204_000,
        rail_reference=number,
        receipt_url=f"https://cep.sandbox.example/{number}",
    )
    shown: dict[str, Any] = answered(country, QUERY, sent)["data"]
    return shown


RECEIPT = "https://cep.sandbox.example/202604170000009000000000000000"


def tracking_param(name: str, value: str, called: str, within: str) -> Any:
    row = f"country MX {name}"
    breaks = (
        row_with("MX", tracks="False"),
        *(edit(PAYOUTS, f"_if_paid(payout, {called})", always, within=within) for always in (called, "None")),
    )
    return pytest.param(name, value, id=row, marks=claims("teemopay", row, *breaks))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        tracking_param("claveRastreo", "202604170000009000000000000000", "payout.rail_reference", "query_data"),
        tracking_param("cepUrl", RECEIPT, "payout.receipt_url", "_receipt"),
    ],
)
def test_mexico_names_the_payment_at_the_bank_and_its_receipt_once_it_was_paid(name: str, value: str) -> None:
    for state in (State.PAID, State.PROCESSING, State.FAILED):
        shown = tracked("MX", "MXN", state)
        assert name in shown
        assert shown[name] == (value if state is State.PAID else None)
    for country, (own, *_) in CURRENCIES.items():
        assert country == "MX" or name not in tracked(country, own, State.PAID)
