"""The fields of a payout and of a transfer, and the forms of an amount, by UQPAY's documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.apis.uqpay.desk import BODIES, CREATE, TRANSFER_CREATE, request
from tests.apis.uqpay.rules.desk import GOOD, missing, outcome, told, wrong
from tests.apis.uqpay.rules.tables import CURRENCIES
from tests.apis.uqpay.rules.texts import NO_TEXTS, TextRule, longer_than, text_rule
from tests.rules.breaks import append, edit, field
from tests.rules.claims import claims

ORDERS = "dialects/uqpay/values/orders.py"
TRANSFERS = "dialects/uqpay/inbound/transfers.py"
FIELDS = "dialects/uqpay/values/fields.py"
CODES = "dialects/uqpay/codes.py"
MONEY = "core/money.py"
NO_CURRENCIES = ("USDT", "USDC", "BTC", "ETH", "sgd", "SG", "SGDX", "XXX", "AAA", "702")
CONTROL = "must not contain control characters"
LETTERS = "must be printable ASCII or letters"
CURRENCY_WORDS = "must be an ISO 4217 code of three capital letters"


@pytest.mark.parametrize(
    "rule",
    [
        text_rule(
            CREATE,
            "statement_descriptor",
            field("statement_descriptor", longest=16),
            field("statement_descriptor", longest=14),
            field("statement_descriptor", required=False),
            edit(ORDERS, 'in "LM"', 'in "LMN"', within="_read_descriptor"),
            taken=("x", "OUTLAY 0042 #1!", "ค่าจ้างของเดือน"[:15], "Zürich", "zahlung~"),
            refused=(longer_than(15), ("a\nb", CONTROL), ("a\tb", CONTROL), ("Nr. ٣", LETTERS), ("€ 5", LETTERS)),
        ),
        text_rule(
            CREATE,
            "internal_note",
            field("internal_note", longest=256),
            field("internal_note", longest=254),
            field("internal_note", content="LINE"),
            edit(ORDERS, "internal_note=note", 'internal_note=""', within="read_order"),
            taken=("x", "x" * 255, "a\tb\nc\u2028d\u2029e"),
            refused=(longer_than(255), ("a\x00b", CONTROL), ("a\rb", CONTROL)),
            left_out="",
        ),
        text_rule(
            TRANSFER_CREATE,
            "reason",
            field("reason", longest=256),
            field("reason", longest=254),
            field("reason", required=False),
            edit(TRANSFERS, "reason=reason", 'reason=""', within="read_transfer"),
            taken=("x", "x" * 255, "rent\tof\nJanuary"),
            refused=(longer_than(255), ("a\x00b", CONTROL)),
        ),
    ],
)
def test_a_text_of_an_order_is_taken_to_its_limit_and_refused_past_it(rule: TextRule) -> None:
    rule.check()


@claims(
    "uqpay",
    f"request {CREATE} payout_currency",
    append(FIELDS, 'del CURRENCIES["CNH"]'),
    append(FIELDS, 'CURRENCIES["USDT"] = 6'),
    field("payout_currency", required=False),
    edit(FIELDS, "ISO 4217 code", "code", within="CURRENCY_FORM"),
)
def test_a_payout_is_ordered_in_every_currency_of_iso_and_in_no_other() -> None:
    for code, exponent in CURRENCIES.items():
        carried = {"payout_currency": code, "payout_amount": 7 * 10**exponent}
        assert told(CREATE, {"payout_currency": code, "payout_amount": "7"}) == GOOD[CREATE] | carried
    for code in NO_CURRENCIES:
        refused = wrong(f"payout_currency {CURRENCY_WORDS}", "invalid_currency", "payout_error")
        assert told(CREATE, {"payout_currency": code}) == refused
    for value in NO_TEXTS:
        assert told(CREATE, {"payout_currency": value}) == wrong("payout_currency must be a string")
    for nothing in (None, "", " "):
        assert told(CREATE, {"payout_currency": nothing}) == missing("payout_currency")


@claims(
    "uqpay",
    f"request {TRANSFER_CREATE} currency",
    append(FIELDS, 'del CURRENCIES["CNH"]'),
    append(FIELDS, 'CURRENCIES["USDT"] = 6'),
    field("currency", required=False),
    edit(TRANSFERS, "CURRENCY_FORM)", '"x")', within="read_transfer"),
)
def test_a_transfer_is_ordered_in_every_currency_of_iso_and_in_no_other() -> None:
    for code, exponent in CURRENCIES.items():
        carried = {"currency": code, "amount": 7 * 10**exponent}
        assert told(TRANSFER_CREATE, {"currency": code, "amount": "7"}) == GOOD[TRANSFER_CREATE] | carried
    for code in NO_CURRENCIES:
        assert told(TRANSFER_CREATE, {"currency": code}) == wrong(f"currency {CURRENCY_WORDS}")
    for value in NO_TEXTS:
        assert told(TRANSFER_CREATE, {"currency": value}) == wrong("currency must be a string")
    for nothing in (None, "", " "):
        assert told(TRANSFER_CREATE, {"currency": nothing}) == missing("currency")


# -- amounts ----------------------------------------------------------------------------------------------------------

TAKEN = (
    ("SGD", "0.01", 1),
    ("SGD", "250", 250_00),
    ("SGD", "250.5", 250_50),
    ("SGD", "250.05", 250_05),
    ("SGD", "10000000000000.00", 10**15),
    ("JPY", "1", 1),
    ("KWD", "0.001", 1),
    ("CLF", "0.0001", 1),
)
NOT_POSITIVE = "is not greater than zero"
TOO_FINE = "is more decimals than the currency has"
TOO_LARGE = "is larger than any amount that is accepted"
NOT_DECIMAL = "is not a plain decimal number"
REFUSED = (
    ("SGD", "0", NOT_POSITIVE),
    ("SGD", "0.00", NOT_POSITIVE),
    ("SGD", "0.001", TOO_FINE),
    ("SGD", "250.000", TOO_FINE),
    ("JPY", "1.0", TOO_FINE),
    ("KWD", "0.0001", TOO_FINE),
    ("CLF", "0.00001", TOO_FINE),
    ("SGD", "10000000000000.01", TOO_LARGE),
    ("SGD", "-1", NOT_DECIMAL),
    ("SGD", "+1", NOT_DECIMAL),
    ("SGD", "1e2", NOT_DECIMAL),
    ("SGD", "1,000.00", NOT_DECIMAL),
    ("SGD", "01", NOT_DECIMAL),
    ("SGD", ".5", NOT_DECIMAL),
    ("SGD", "5.", NOT_DECIMAL),
    ("SGD", " 5", NOT_DECIMAL),
    ("SGD", "５", NOT_DECIMAL),
)
AMOUNT_BREAKS = (
    edit(MONEY, "if minor == 0:", "if minor < 0:", within="parse_amount"),
    edit(MONEY, "> exponent:", "> exponent + 1:", within="parse_amount"),
    edit(MONEY, "10**15", "10**15 + 1", within="MAX_AMOUNT_MINOR"),
    edit(MONEY, "10**15", "10**15 - 1", within="MAX_AMOUNT_MINOR"),
    edit(FIELDS, "if not reader.has(name):", "if False:", within="read_amount"),
)


@claims("uqpay", f"request {CREATE} payout_amount", *AMOUNT_BREAKS)
def test_an_amount_of_a_payout_is_above_zero_and_has_no_more_decimals_than_its_currency() -> None:
    for currency, amount, minor in TAKEN:
        carried = {"payout_currency": currency, "payout_amount": minor}
        assert told(CREATE, {"payout_currency": currency, "payout_amount": amount}) == GOOD[CREATE] | carried
    for currency, amount, words in REFUSED:
        refused = wrong(f"payout_amount {words}", "invalid_amount", "payout_error")
        assert told(CREATE, {"payout_currency": currency, "payout_amount": amount}) == refused
    for value in (True, {}, [], ["1"]):
        refused = wrong("payout_amount must be a decimal number as a string")
        assert told(CREATE, {"payout_amount": value}) == refused
    for nothing in (None, "", " "):
        assert told(CREATE, {"payout_amount": nothing}) == missing("payout_amount")


@claims("uqpay", f"request {TRANSFER_CREATE} amount", *AMOUNT_BREAKS)
def test_an_amount_of_a_transfer_is_above_zero_and_has_no_more_decimals_than_its_currency() -> None:
    for currency, amount, minor in TAKEN:
        carried = {"currency": currency, "amount": minor}
        assert told(TRANSFER_CREATE, {"currency": currency, "amount": amount}) == GOOD[TRANSFER_CREATE] | carried
    for currency, amount, words in REFUSED:
        assert told(TRANSFER_CREATE, {"currency": currency, "amount": amount}) == wrong(f"amount {words}")
    for value in (True, {}, [], ["1"]):
        assert told(TRANSFER_CREATE, {"amount": value}) == wrong("amount must be a decimal number as a string")
    for nothing in (None, "", " "):
        assert told(TRANSFER_CREATE, {"amount": nothing}) == missing("amount")


def with_literal(amount: str) -> Any:
    """The good order with an amount that is spelt like this in the JSON."""
    body = json.dumps(BODIES[CREATE] | {"payout_amount": "HERE"}).replace('"HERE"', amount).encode()
    return outcome(CREATE, request(CREATE, body=body))


@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        pytest.param(
            (('"250.00"', 250_00), ('"0.5"', 50), ('"7"', 7_00)),
            (('"1E+2"', NOT_DECIMAL), ('"250.000"', TOO_FINE), ('"x"', NOT_DECIMAL)),
            id=f"form {CREATE} payout_amount as text",
            marks=claims(
                "uqpay",
                f"form {CREATE} payout_amount as text",
                edit(FIELDS, "    if isinstance(value, str):", "    if isinstance(value, int):", within="read_amount"),
                edit(FIELDS, "parse_amount(value,", "parse_amount(by_value(value),", within="read_amount"),
            ),
        ),
        pytest.param(
            (("250", 250_00), ("250.5", 250_50), ("250.000", 250_00), ("0.01", 1)),
            (("0", NOT_POSITIVE), ("0.001", TOO_FINE), ("-1", NOT_DECIMAL), ("-0.5", NOT_DECIMAL)),
            id=f"form {CREATE} payout_amount as number",
            marks=claims(
                "uqpay",
                f"form {CREATE} payout_amount as number",
                edit(FIELDS, "if isinstance(value, Number):", "if False:", within="read_amount"),
                edit(FIELDS, "value = by_value(value.literal)", "value = value.literal", within="read_amount"),
            ),
        ),
        pytest.param(
            (("1E+2", 100_00), ("1e2", 100_00), ("2.5E+0", 2_50), ("5e-2", 5), ("12.5e1", 125_00)),
            (("0E+2", NOT_POSITIVE), ("1E-3", TOO_FINE), ("1E+14", TOO_LARGE), ("-1E+2", NOT_DECIMAL)),
            id=f"form {CREATE} payout_amount with an exponent",
            marks=claims(
                "uqpay",
                f"form {CREATE} payout_amount with an exponent",
                edit(FIELDS, "    plain = plain_digits(literal)", "    plain = literal", within="by_value"),
                edit(FIELDS, "len(whole) + exponent", "len(whole) + exponent + 1", within="plain_digits"),
            ),
        ),
    ],
)
def test_an_amount_is_a_text_or_a_number_in_any_of_its_forms(
    taken: tuple[tuple[str, int], ...], refused: tuple[tuple[str, str], ...]
) -> None:
    for amount, minor in taken:
        assert with_literal(amount) == GOOD[CREATE] | {"payout_amount": minor}
    for amount, words in refused:
        assert with_literal(amount) == wrong(f"payout_amount {words}", "invalid_amount", "payout_error")
