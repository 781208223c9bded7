"""Every country of teemopay, row by row: what it takes, and which code each fault earns there."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from outlay.core.currencies import EXPONENTS
from outlay.core.destination import DestinationKind
from outlay.core.money import parse_amount
from outlay.core.payout import Order
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.orders import read_order
from outlay.kit.jsontext import parse_object
from outlay.wire.problems import Fault
from tests.apis.teemopay.faults import FAULTS, OFFSETS_H, STRICT_FAULTS, is_text_of
from tests.apis.teemopay.orders import CNPJ, CPF, EVERY_WAY, ID_NUMBERS, WAYS, first_way, order_in
from tests.apis.teemopay.said import teemopay_details
from tests.support.rows import each_row

BANK, CARD, WALLET, PIX = DestinationKind.BANK, DestinationKind.CARD, DestinationKind.WALLET, DestinationKind.PIX
DESTINATIONS = {
    ("MX", "3"): CARD,
    ("PE", "103"): WALLET,
    ("CO", "203"): WALLET,
    ("AR", "901"): WALLET,
    ("PK", "302"): WALLET,
    ("PK", "303"): WALLET,
    ("PK", "304"): WALLET,
    ("BP", "trc20"): DestinationKind.CRYPTO,
    ("BP", "erc20"): DestinationKind.CRYPTO,
} | {("BR", way): PIX for way in WAYS["BR"]}
HOLDERS = {
    ("BR", "CPF"): "individual",
    ("BR", "CNPJ"): "business",
    ("CO", "NIT"): "business",
    ("AR", "DNI"): "individual",
    ("KR", "RRN"): "individual",
    ("KR", "CO"): "business",
}


def read(country: str, body: dict[str, Any], notify_url: str | None = None, *, strict: bool = False) -> Order | Fault:
    tree = parse_object(json.dumps(body).encode())
    return read_order(body["merchantOrderNo"], tree, COUNTRIES[country], notify_url, strict=strict)


def taken(country: str, way: str | None = None, *, strict: bool = False, **fields: Any) -> Order:
    order = read(country, order_in(country, way, **fields), strict=strict)
    assert isinstance(order, Order), order
    return order


def refused(country: str, way: str | None = None, **fields: Any) -> Fault:
    fault = read(country, order_in(country, way, **fields))
    assert isinstance(fault, Fault), fault
    assert fault.status == 200
    return fault


def test_the_table_has_every_country_and_its_fixed_offset() -> None:
    assert {code: country.utc_offset_s / 3600 for code, country in COUNTRIES.items()} == OFFSETS_H


def test_the_bodies_of_these_tests_know_every_way_to_be_paid() -> None:
    for code, country in COUNTRIES.items():
        if code != "BP":
            assert set(WAYS[code]) == set(country.account_types)
        assert {way.currency for way in WAYS[code].values()} == country.currencies
        assert set(ID_NUMBERS.get(code, {})) == set(country.id_types)


@each_row("strict", [False, True])
@each_row(("country", "way"), EVERY_WAY)
def test_every_way_to_be_paid_is_taken_as_its_page_says(country: str, way: str, strict: bool) -> None:
    example, order = WAYS[country][way], taken(country, way, strict=strict)
    fields, paid = example.fields, order.beneficiary

    assert (order.currency, order.channel) == (example.currency, way)
    assert order.amount_minor == parse_amount(example.amount, EXPONENTS[example.currency])
    assert paid.kind is DESTINATIONS.get((country, way), BANK)
    assert paid.account_number == fields.get("bankAccount", fields.get("address"))
    assert paid.name == fields.get("realName", "")
    assert (paid.bank_code, paid.bank_name) == (fields.get("bankCode"), fields.get("bankName"))
    assert paid.country == (None if country == "BP" else country)
    assert paid.holder == HOLDERS.get((country, fields.get("idType", "")))
    elsewhere = {"bankAccount", "address", "realName", "bankCode", "bankName"}
    assert teemopay_details(order) == {name: str(value) for name, value in fields.items() if name not in elsewhere}
    assert order.notify_url == "https://merchant.example/teemo/callback"


@each_row(
    ("country", "id_type", "number"),
    [(country, id_type, number) for country, numbers in ID_NUMBERS.items() for id_type, number in numbers.items()],
)
def test_every_kind_of_document_is_taken(country: str, id_type: str, number: str) -> None:
    fields = {"idType": id_type} | ({"idCardNumber": number} if number else {})
    for strict in (True, False):
        details = teemopay_details(taken(country, strict=strict, **fields))
        assert (details["idType"], details.get("idCardNumber", "")) == (id_type, number)


# -- amounts --------------------------------------------------------------------------------------------------------


@each_row(("country", "way"), EVERY_WAY)
def test_the_largest_amount_is_taken_and_a_larger_one_is_refused(country: str, way: str) -> None:
    kind = COUNTRIES[country].account_types["" if country == "BP" else way]
    money = kind.money or COUNTRIES[country].money
    step = 10 ** (EXPONENTS[money.currency] - money.decimals)

    def text(minor: int) -> str:
        units = minor // step
        return str(units) if money.decimals == 0 else f"{units // 100}.{units % 100:02d}"

    for limit, beyond in ((money.smallest_minor, -step), (money.largest_minor, step)):
        assert taken(country, way, amount=text(limit)).amount_minor == limit
        assert refused(country, way, amount=text(limit + beyond)).code == 414


@pytest.mark.parametrize("way", ["302", "303", "304"])
def test_a_wallet_of_pakistan_takes_100_to_50000(way: str) -> None:
    assert taken("PK", way, amount="100").amount_minor == 10_000
    assert taken("PK", way, amount="50000").amount_minor == 5_000_000
    assert refused("PK", way, amount="99").message == "amount is outside the amounts allowed"
    assert refused("PK", way, amount="50001").message == "amount is outside the amounts allowed"


# -- required fields and lengths --------------------------------------------------------------------------------------

REQUIRED = {
    "BR": "amount accountType bankAccount realName idCardNumber idType",
    "MX": "amount accountType bankCode bankName bankAccount realName idCardNumber",
    "PE": "amount accountType bankCode bankName bankAccount cciNumber realName idCardNumber idType",
    "CO": "amount accountType bankCode bankName bankAccount realName idCardNumber idType",
    "CL": "amount accountType bankCode bankName bankAccount realName idCardNumber idType phone email",
    "AR": "amount accountType bankAccount realName idCardNumber idType",
    "PK": "amount accountType bankCode bankName bankAccount realName idCardNumber idType phone",
    "IN": "amount accountType bankCode bankAccount realName phone",
    "ID": "amount accountType bankCode bankName bankAccount realName phone email",
    "KH": "amount accountType bankCode bankName bankAccount realName phone email idCardNumber idType",
    "KR": "amount accountType bankCode bankName bankAccount realName idType",
    "BP": "amount chain address",
}


# -- which code a fault earns -----------------------------------------------------------------------------------------


@each_row(("country", "way", "fields", "code"), STRICT_FAULTS)
def test_what_no_page_states_is_refused_only_where_destinations_are_checked(
    country: str, way: str, fields: dict[str, Any], code: int
) -> None:
    body = order_in(country, way, **fields)
    fault = read(country, body, strict=True)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert is_text_of(code, fault.message, country, fields)
    order = read(country, body)
    assert isinstance(order, Order)
    number, name = order.beneficiary.account_number, order.beneficiary.bank_name
    assert number == fields.get("bankAccount", fields.get("address", number))
    assert name == fields.get("bankName", name), "it is carried"


@each_row("country", WAYS)
@each_row("character", ["\u200b", "\u00ad", "\u00a0", "\u2060", "\ufeff", "\u200d"])
def test_a_number_has_no_characters_that_nobody_sees(country: str, character: str) -> None:
    names = {"bankAccount", "idCardNumber", "phone", "amount", "bankCode", "address", "cciNumber", "userIBAN"}
    body = order_in(country)
    for name in sorted(names & set(body)):
        text = str(body[name])
        fault = read(country, body | {name: text[:1] + character + text[1:]})
        assert fault == Fault(200, 414, f"{name} must not contain invisible characters")
        if name in REQUIRED[country].split():
            assert read(country, body | {name: character}) == Fault(200, 414, f"{name} is required")
    if "realName" in body and country != "MX":
        name = f"A{character}B"
        assert taken(country, realName=name).beneficiary.name == name


# -- the bodies that the pages print ----------------------------------------------------------------------------------

_PRINTED = {
    "merchantOrderNo": "OrderNoExample",
    "realName": "TeemoPay",
    "callbackUrl": "https://www.callbackexample.com",
}
PERUS = _PRINTED | {
    "bankCode": "1", "bankName": "BANK", "accountType": 101, "bankAccount": "1234567890123456", "amount": "100000",
    "idType": "DNI", "idCardNumber": "12345678",
}  # fmt: skip


@pytest.mark.parametrize(
    ("country", "fields"),
    [
        ("BP", {"amount": "10.00", "chain": "trc20", "address": "123456789987654321"}),
        (
            "BR",
            {
                "bankCode": "1", "bankName": "BANK", "accountType": 401, "bankAccount": "12345678901",
                "amount": "1000.01", "idType": "CPF", "phone": "11987654321", "idCardNumber": "12345678901",
            },
        ),
        (
            "ID",
            {
                "bankCode": "0001", "bankName": "Bank Mandiri", "accountType": 501, "bankAccount": "1234567890123456",
                "amount": "10000", "phone": "081234567890", "email": "TeemoPay@example.com",
            },
        ),
    ],
)  # fmt: skip
def test_the_creates_of_the_documents_are_taken_unless_the_account_checks_destinations(
    country: str, fields: dict[str, Any]
) -> None:
    order = read(country, _PRINTED | fields)
    assert isinstance(order, Order), order
    assert order.beneficiary.bank_code == fields.get("bankCode")
    assert order.beneficiary.bank_name == fields.get("bankName")
    fault = read(country, _PRINTED | fields, strict=True)
    assert isinstance(fault, Fault)
    assert fault.code == {"BP": 432, "BR": 476, "ID": 432}[country]


@pytest.mark.parametrize(
    ("country", "fields", "code"),
    [
        ("BR", {"phone": "11987654321"}, 455),
        ("CO", {"bankName": "BCP", "phone": "3000000000"}, 432),
        ("ID", {"phone": "081234567890"}, 414),
        (
            "CL",
            {
                "bankAccount": "3000000000", "bankCode": "", "bankName": "BANCO ESTADO", "amount": "10000",
                "idType": "CC", "accountType": 201, "phone": "923456789", "idCardNumber": "0234567890",
                "email": "TeemoPay@example.com",
            },
            414,
        ),
        (
            "KH",
            {
                "bankCode": "BankCodeExample", "bankName": "BankNameExample", "accountType": 2002, "amount": "10000",
                "bankAccount": "BankAccountExample", "phone": "12345678", "email": "TeemoPay@example.com",
                "idType": "NONE_KYC", "idCardNumber": "UserReferenceExample",
            },
            432,
        ),
        (
            "MX",
            {"bankCode": "646", "bankName": "STP", "accountType": 3, "bankAccount": "1234567890", "amount": "100"},
            430,
        ),
        (
            "MX",
            {"bankCode": "40002", "bankName": "BANAMEX", "accountType": 40, "bankAccount": "123456789987654321"},
            432,
        ),
    ],
)  # fmt: skip
def test_the_creates_of_the_documents_that_could_cost_money_are_refused(
    country: str, fields: dict[str, Any], code: int
) -> None:
    answer = read(country, PERUS | fields)
    assert isinstance(answer, Fault)
    assert answer.code == code


OF_A_BANK = {"bankCode", "bankName", "bankAccount"}
"""Two faults in these are one fault: which bank, account and name belong together depends on all three."""


@each_row("country", WAYS)
def test_of_several_faults_the_lowest_code_answers(country: str) -> None:
    single = [
        (fields, code)
        for place, way, fields, code in FAULTS
        if (place, way) == (country, first_way(country)) and code and "accountType" not in fields
    ]
    single += [({"callbackUrl": None}, 427), ({"amount": "1e3"}, 414)]
    for (first, one), (second, other) in itertools.combinations(single, 2):
        about_banks = bool(set(first) & OF_A_BANK) and bool(set(second) & OF_A_BANK)
        if not set(first) & set(second) and not about_banks:
            body = order_in(country) | first | second
            fault = read(country, body)
            assert isinstance(fault, Fault)
            assert fault.code == min(one, other), (first, second)


# -- single rules -----------------------------------------------------------------------------------------------------


def test_a_bank_of_mexico_that_nobody_listed_is_not_checked() -> None:
    order = taken("MX", "40", bankCode="40999", bankName="New Bank", bankAccount="123180000000000001")
    assert (order.beneficiary.bank_code, order.beneficiary.bank_name) == ("40999", "New Bank")
    taken("MX", "3", bankCode="40062", bankName="AFIRME", bankAccount="1111110000000001")  # a bank without bins


@pytest.mark.parametrize("name", ["allied_bank_limited", "  ALLIED_BANK_LIMITED "])
def test_case_and_blanks_of_a_banks_name_do_not_count(name: str) -> None:
    assert taken("PK", "301", bankName=name).beneficiary.bank_code == "ALLIED_BANK_LIMITED"


@pytest.mark.parametrize(
    "account", ["3001234567", "ana@example.com", "123456", "9001234567", "@ana2026", "123456789012"]
)
def test_every_kind_of_breb_key_is_taken(account: str) -> None:
    assert taken("CO", "204", bankAccount=account).beneficiary.account_number == account


def test_a_breb_key_may_be_longer_than_an_account() -> None:
    key = "a" * 240 + "@example.com"
    assert taken("CO", "204", bankAccount=key).beneficiary.account_number == key


@pytest.mark.parametrize("name", ["O'NEILL", "MA. JOSE", "José-María Ñ", "김민지", "李 明"])
def test_names_of_people_are_taken(name: str) -> None:
    assert taken("MX", realName=name).beneficiary.name == name


@pytest.mark.parametrize("name", ["(주)삼성", "Samsung Co., Ltd", "LG 2 Corp"])
def test_names_of_companies_are_taken_where_no_page_forbids_them(name: str) -> None:
    assert taken("KR", realName=name, idType="CO").beneficiary.name == name


def test_a_company_of_brazil_is_paid_to_its_own_number() -> None:
    order = taken("BR", "402", bankAccount=CNPJ, idType="CNPJ", idCardNumber=CNPJ)
    assert (order.beneficiary.account_number, order.beneficiary.holder) == (CNPJ, "business")


def test_a_number_that_is_good_as_one_thing_is_not_good_as_another() -> None:
    """The account and the document are one text here, and still each must fit its own rule."""
    assert refused("BR", "402", bankAccount=CNPJ, idType="CPF", idCardNumber=CNPJ).code == 476
    assert refused("BR", "401", bankAccount="1114447773", idCardNumber="1114447773").code == 476
    assert refused("BR", "402", bankAccount=CPF, idType="CPF", idCardNumber=CPF).code == 482


def test_a_chain_that_nobody_listed_is_taken_with_any_address() -> None:
    order = taken("BP", chain="Polygon", address="0xabc")
    assert (order.channel, order.beneficiary.account_number) == ("polygon", "0xabc")
    assert teemopay_details(order)["chain"] == "Polygon"


@each_row("country", WAYS)
def test_a_fault_names_fields_and_never_repeats_what_was_sent(country: str) -> None:
    for name, value in order_in(country).items():
        if isinstance(value, str) and name != "merchantOrderNo":
            answer = read(country, order_in(country) | {name: "SENTINEL! &" * 5})
            assert "SENTINEL" not in (answer.message if isinstance(answer, Fault) else "")
