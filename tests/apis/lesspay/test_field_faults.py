"""Which code each wrong field of a create earns, and which one is told where there are several."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.countries import COUNTRIES
from outlay.wire.problems import Fault
from tests.apis.lesspay.bodies import (
    ABSENT,
    ANY_VALUE,
    BANK,
    CONTROL,
    CRYPTO,
    DESTINATION,
    E_WALLET,
    INFO,
    OPTIONAL,
    Body,
    changed,
    code_of,
    create_of,
    fault_of,
    order_of,
)
from tests.apis.lesspay.desk import CREATE, asked

# -- one wrong field, one code ------------------------------------------------------------------------------------

LONG = "x" * 256
# path, code, longest length (0: not a text)
REQUIRED: list[tuple[Body, str, int, int]] = [
    (BANK, "amount", 30009, 255),
    (BANK, "currency", 30001, 4),
    (BANK, "beneficiary", 30000, 0),
    (BANK, "beneficiary.beneficiary_type", 30004, 10),
    (BANK, "beneficiary.beneficiary_info", 30000, 0),
    (BANK, "beneficiary.destination", 30000, 0),
    (BANK, f"{DESTINATION}.type", 30000, 13),
    (BANK, f"{DESTINATION}.bank", 30000, 0),
    (changed(BANK, f"{DESTINATION}.bank.iban", ...), f"{DESTINATION}.bank.account_number", 30006, 64),
    (changed(BANK, f"{DESTINATION}.bank.account_number", ...), f"{DESTINATION}.bank.iban", 30006, 64),
    (E_WALLET, f"{DESTINATION}.e_wallet", 30000, 0),
    (E_WALLET, f"{DESTINATION}.e_wallet.ewallet_provider", 30000, 255),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_number", 30006, 64),
    (CRYPTO, f"{DESTINATION}.crypto_wallet", 30000, 0),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", 30006, 64),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.network", 30000, 5),
]


@pytest.mark.parametrize(("body", "path", "code", "_longest"), REQUIRED, ids=[row[1] for row in REQUIRED])
def test_a_missing_required_field_earns_its_code(body: Body, path: str, code: int, _longest: int) -> None:
    for absent in ABSENT:
        assert code_of(changed(body, path, absent)) == code, absent


TEXTS: list[tuple[Body, str, int, int]] = [
    *(row for row in REQUIRED if row[3]),
    *((BANK, name, 30000, 64) for name in ("way_code", "way_type")),
    *((BANK, name, 30000, 255) for name in ("product_name", "description", "purpose", "notify_url")),
    *((BANK, f"{INFO}.{name}", 30000, 255) for name in ("name", "first_name", "last_name", "email", "tax_id")),
    (BANK, f"{INFO}.national_id", 30000, 255),
    (BANK, f"{INFO}.nationality", 30005, 2),
    (BANK, f"{INFO}.date_of_birth", 30000, 10),
    (BANK, f"{INFO}.phone.calling_code", 30000, 5),
    (BANK, f"{INFO}.phone.number", 30000, 20),
    (BANK, f"{INFO}.address.country", 30005, 2),
    *((BANK, f"{INFO}.address.{name}", 30000, 255) for name in ("state", "city", "postal_code", "line1", "line2")),
    (BANK, f"{DESTINATION}.bank.account_type", 30000, 8),
    (BANK, f"{DESTINATION}.bank.country", 30005, 2),
    *(
        (BANK, f"{DESTINATION}.bank.{name}", 30000, 255)
        for name in ("bank_province", "bank_city", "bank_name", "purpose_code", "branch_name")
    ),
    (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", 30000, 11),
    *(
        (BANK, f"{DESTINATION}.bank.bank_codes.{name}", 30000, 255)
        for name in ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps")
    ),
    (E_WALLET, f"{DESTINATION}.e_wallet.deposit_key", 30006, 64),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_type", 30000, 6),
]
TEXT_IDS = [f"{row[1]}-{place}" for place, row in enumerate(TEXTS)]


@pytest.mark.parametrize(("body", "path", "code", "longest"), TEXTS, ids=TEXT_IDS)
def test_a_text_that_is_too_long_earns_its_code(body: Body, path: str, code: int, longest: int) -> None:
    assert code_of(changed(body, path, "A" * (longest + 1))) == code


@pytest.mark.parametrize(("body", "path", "code", "_longest"), TEXTS, ids=TEXT_IDS)
def test_a_text_of_another_type_or_with_control_characters_earns_its_code(
    body: Body, path: str, code: int, _longest: int
) -> None:
    for value in (7, 1.5, True, False, [], ["a"], {}, {"a": "b"}):
        assert code_of(changed(body, path, value)) == code, repr(value)
    is_remark = path in ("product_name", "description")
    unclean = (CONTROL, "a\ud800", "a\u202eb", *(() if is_remark else ("a\u2028b", "\x85b", "a\nb", "a\tb")))
    for value in unclean:
        assert code_of(changed(body, path, value)) == (30006 if "bank_codes" in path else code), repr(value)


UNSEEN = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u00a0", "\u2007", "\u3000", "\u3164", "\U000e0041", "\ue000"]
NUMBERS: list[tuple[Body, str, int]] = [
    (BANK, f"{DESTINATION}.bank.account_number", 30006),
    (BANK, f"{DESTINATION}.bank.iban", 30006),
    *(
        (BANK, f"{DESTINATION}.bank.bank_codes.{name}", 30006)
        for name in BANK["beneficiary"]["destination"]["bank"]["bank_codes"]
    ),
    (E_WALLET, f"{DESTINATION}.e_wallet.account_number", 30006),
    (E_WALLET, f"{DESTINATION}.e_wallet.deposit_key", 30006),
    (CRYPTO, f"{DESTINATION}.crypto_wallet.wallet_address", 30006),
    (BANK, f"{INFO}.phone.number", 30000),
    (BANK, f"{INFO}.phone.calling_code", 30000),
    (BANK, f"{INFO}.tax_id", 30000),
    (BANK, f"{INFO}.national_id", 30000),
    (BANK, "amount", 30009),
]


@pytest.mark.parametrize(("body", "path", "code"), NUMBERS, ids=[row[1] for row in NUMBERS])
def test_a_number_with_a_character_that_nobody_sees_earns_its_code_and_is_told_so(
    body: Body, path: str, code: int
) -> None:
    for unseen in UNSEEN:
        for value in (f"{unseen}1", f"1{unseen}1", f"1{unseen}"):
            assert fault_of(changed(body, path, value)) == Fault(
                200, code, f"{path} must not contain invisible characters"
            ), ascii(value)


@pytest.mark.parametrize("path", [f"{INFO}.name", f"{INFO}.last_name", f"{DESTINATION}.bank.bank_name"])
def test_joiners_are_good_inside_names(path: str) -> None:
    assert order_of(changed(BANK, path, "नि\u200dशा क\u200cख"))


@pytest.mark.parametrize("name", ["product_name", "description"])
def test_the_merchants_own_words_may_have_lines_and_tabs(name: str) -> None:
    words = "January:\n\tsalary\u2028and bonus"
    assert getattr(order_of(changed(BANK, name, words)).remarks, name) == words


def test_what_is_refused_is_named_rightly() -> None:
    said = {"\u2028": "line separators", "\x07": "control characters", "\u202e": "marks that turn"}
    for character, words in said.items():
        assert words in fault_of(changed(BANK, "purpose", f"a{character}b")).message


COUNTRY_FIELDS = [f"{INFO}.nationality", f"{INFO}.address.country", f"{DESTINATION}.bank.country"]


@pytest.mark.parametrize("path", COUNTRY_FIELDS)
def test_a_country_is_one_of_the_assigned_codes(path: str) -> None:
    for code in COUNTRIES:
        assert order_of(changed(BANK, path, code))
    for value in ("ZZ", "XX", "UK", "EU", "BP", "ph", "PHL", "P", "P1"):
        assert fault_of(changed(BANK, path, value)) == Fault(
            200, 30005, f"{path} must be an assigned ISO 3166-1 alpha-2 code in upper case"
        ), value


@pytest.mark.parametrize(
    "path",
    [
        "beneficiary",
        INFO,
        DESTINATION,
        f"{DESTINATION}.bank",
        f"{DESTINATION}.bank.bank_codes",
        f"{INFO}.phone",
        f"{INFO}.address",
    ],
)
@pytest.mark.parametrize("value", ["text", 7, True, [], [{}]], ids=repr)
def test_an_object_of_another_type_is_30000(path: str, value: Any) -> None:
    assert code_of(changed(BANK, path, value)) == 30000


@pytest.mark.parametrize(
    ("body", "path", "value", "code"),
    [
        (BANK, "currency", "php", 30001),
        (BANK, "currency", "XXX", 30001),
        (BANK, "currency", "CNH", 30001),
        (BANK, "currency", "DOGE", 30001),
        (BANK, "beneficiary.beneficiary_type", "Individual", 30004),
        (BANK, "beneficiary.beneficiary_type", "person", 30004),
        (BANK, f"{INFO}.nationality", "ph", 30005),
        (BANK, f"{INFO}.nationality", "PHL", 30005),
        (BANK, f"{INFO}.address.country", "P1", 30005),
        (BANK, f"{DESTINATION}.bank.country", "Philippines", 30005),
        (BANK, f"{DESTINATION}.bank.account_type", "current", 30000),
        (BANK, f"{DESTINATION}.type", "e_wallet", 30000),
        (BANK, f"{DESTINATION}.type", "BANK", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPHM", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPHMMX", 30000),
        (BANK, f"{DESTINATION}.bank.bank_codes.swift_code", "BNORPH M", 30000),
        (BANK, f"{INFO}.phone.calling_code", "+63", 30000),
        (BANK, f"{INFO}.phone.number", "917-000", 30000),
        (BANK, f"{INFO}.phone.number", "９１７", 30000),
        (BANK, f"{INFO}.email", "liza", 30000),
        (BANK, f"{INFO}.email", "liza@", 30000),
        (BANK, f"{INFO}.email", "li za@example.org", 30000),
        (BANK, "notify_url", "ftp://merchant.example", 30000),
        (BANK, "notify_url", "https://", 30000),
        (BANK, "notify_url", "https:///path", 30000),
        (BANK, "notify_url", "merchant.example/notify", 30000),
        (BANK, "notify_url", "https://merchant.example/a b", 30000),
        (BANK, "notify_url", "javascript:alert(1)", 30000),
        (CRYPTO, f"{DESTINATION}.crypto_wallet.network", "trc20", 30000),
        (E_WALLET, f"{DESTINATION}.e_wallet.account_type", "evp", 30000),
        (BANK, "transaction_type", "payin", 30008),
        (BANK, "transaction_type", 7, 30008),
        (BANK, "transaction_type", {}, 30008),
    ],
)
def test_a_value_outside_its_rule_earns_its_code(body: Body, path: str, value: Any, code: int) -> None:
    assert code_of(changed(body, path, value)) == code


@pytest.mark.parametrize("value", ["HTTP://merchant.example", "https://[2001:db8::1]:8443/n?a=b#c", "http://1.2.3.4/"])
def test_every_documented_kind_of_url_is_taken(value: str) -> None:
    assert order_of(changed(BANK, "notify_url", value)).notify_url == value


@pytest.mark.parametrize("value", [0, -1, "86400", 1.0, True, [], 10**12, 10**30])
def test_an_expired_time_that_is_no_positive_integer_is_30000(value: Any) -> None:
    assert code_of(changed(BANK, "expired_time", value)) == 30000


BAD_AMOUNTS = [
    "0",
    "0.00",
    "-1",
    "+1",
    "1e3",
    "1E3",
    "1.234",
    "NaN",
    "Infinity",
    "１００",
    "١٠٠",
    "01",
    "00.50",
    ".5",
    "5.",
    "1,000.00",
    "1 000",
    " 100",
    "100 ",
    "0x10",
    "1_000",
    "9" * 18,
    "9" * 60,
    "10000000000000.01",
    "100.50\n",
]


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_a_text_that_is_no_amount_is_30009(amount: str) -> None:
    assert code_of(changed(BANK, "amount", amount)) == 30009


@pytest.mark.parametrize("literal", ["100", "100.50", "1e2", "0", "-1"])
def test_a_json_number_is_no_amount(literal: str) -> None:
    raw = json.dumps(BANK).replace('"amount": "100.50"', f'"amount": {literal}')
    assert code_of(raw) == 30009


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("PHP", "1000", 100_000),
        ("PHP", "1000.5", 100_050),
        ("PHP", "0.01", 1),
        ("JPY", "1000", 1000),
        ("BHD", "1.234", 1234),
        ("USDT", "1.000001", 1_000_001),
        ("BTC", "0.00000001", 1),
        ("PHP", "10000000000000", 10**15),
    ],
)
def test_an_amount_has_at_most_the_decimals_of_its_currency(currency: str, amount: str, minor: int) -> None:
    body = changed(changed(BANK, "currency", currency), "amount", amount)
    assert order_of(body).amount_minor == minor


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1000.0"), ("BHD", "1.2345"), ("USDT", "1.0000001")])
def test_more_decimals_than_the_currency_has_are_30009(currency: str, amount: str) -> None:
    assert code_of(changed(changed(BANK, "currency", currency), "amount", amount)) == 30009


# -- several faults -----------------------------------------------------------------------------------------------


def test_of_several_faults_the_lowest_code_is_the_answer() -> None:
    faults = [
        ("amount", "1e3", 30009),
        ("transaction_type", "payin", 30008),
        (f"{DESTINATION}.bank.account_number", "x" * 65, 30006),
        (f"{INFO}.address.country", "PHL", 30005),
        ("beneficiary.beneficiary_type", "person", 30004),
        ("currency", "XXX", 30001),
        ("notify_url", "ftp://x", 30000),
    ]
    body = BANK
    for path, value, code in faults:
        body = changed(body, path, value)
        assert code_of(body) == code


def test_of_several_faults_with_one_code_the_first_field_is_named() -> None:
    body = changed(changed(BANK, "description", 7), "purpose", 7)
    assert fault_of(body) == Fault(200, 30000, "description must be a string")


@pytest.mark.parametrize("value", [..., None, "", " ", "x" * 65, 7, True, {}, ["a"], CONTROL], ids=repr)
def test_a_reference_of_a_wrong_form_is_30000_before_everything_else(value: Any) -> None:
    body = changed(changed(changed(BANK, "amount", "1e3"), "currency", "XXX"), "request_id", value)
    fault = asked(CREATE, body)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30000)
    assert fault.message.startswith("request_id ")


def test_an_empty_body_misses_its_reference() -> None:
    assert asked(CREATE, {}) == Fault(200, 30000, "request_id is required")


def test_other_faults_wait_for_the_reference_to_be_new() -> None:
    ask, wrong = create_of(changed(BANK, "amount", "1e3"))
    assert ask.claim.reference == "SP-20260105-0001"
    assert isinstance(wrong, Fault)


def test_no_answer_repeats_what_the_caller_sent() -> None:
    mark = "Zq7"
    for _, path, _, _ in TEXTS:
        if "wallet" not in path:
            assert mark not in fault_of(changed(BANK, path, [mark])).message
    for amount in (f"1{mark}", f"{mark}"):
        assert mark not in fault_of(changed(BANK, "amount", amount)).message
    assert mark not in fault_of(changed(BANK, "currency", mark)).message
    assert mark not in fault_of(changed(BANK, f"{DESTINATION}.type", mark)).message


# -- anything at all ----------------------------------------------------------------------------------------------


@given(path=st.sampled_from([row[1] for row in TEXTS] + OPTIONAL), value=ANY_VALUE)
def test_any_value_of_any_field_is_an_order_or_a_documented_fault(path: str, value: Any) -> None:
    base = E_WALLET if "e_wallet" in path else CRYPTO if "crypto_wallet" in path else BANK
    _, wrong = create_of(changed(base, path, value))
    if isinstance(wrong, Fault):
        assert wrong.status == 200
        assert wrong.code in {30000, 30001, 30004, 30005, 30006, 30009}
