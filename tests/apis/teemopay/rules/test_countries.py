"""What each country of TeemoPay demands, row by row: account types, documents, fields, and the code of each fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from outlay.core.destination import DestinationKind
from outlay.core.payout import Order
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from tests.apis.teemopay.faults import FAULTS, STRICT_FAULTS, TEXTS
from tests.apis.teemopay.orders import ID_NUMBERS, WAYS, order_in
from tests.apis.teemopay.rules.desk import (
    CODE_PLACES,
    CODES_FILE,
    COUNTRIES_FILE,
    No,
    created,
    documents_with,
    no,
    row_with,
    taken,
    types_with,
    without_checks,
)
from tests.apis.teemopay.rules.fields import (
    BCP_DIGIT,
    BCP_LENGTH,
    CARD_BANK,
    FIELD_RULES,
    YAPE_LENGTH,
    Expected,
    FieldRule,
)
from tests.apis.teemopay.said import teemopay_details
from tests.rules.breaks import Break, append, edit, field
from tests.rules.claims import claims

BANK, CARD, WALLET, PIX = DestinationKind.BANK, DestinationKind.CARD, DestinationKind.WALLET, DestinationKind.PIX
DESTINATIONS = dict.fromkeys(["PE 103", "CO 203", "AR 901", "PK 302", "PK 303", "PK 304"], WALLET) | {
    "MX 3": CARD,
    **{f"BR {way}": PIX for way in WAYS["BR"]},
}
"""By country and account type; every other one is a bank account."""


# -- fields ---------------------------------------------------------------------------------------------------------


def carried(order: Order, name: str) -> str | None:
    """Where the text of a field stands in an order."""
    paid = order.beneficiary
    match name:
        case "bankAccount" | "address":
            return paid.account_number
        case "realName":
            return paid.name
        case "bankCode":
            return paid.bank_code
        case "bankName":
            return paid.bank_name
        case _:
            return teemopay_details(order).get(name)


def filled(rule: FieldRule, length: int) -> str:
    """A text of that many characters which the field may have."""
    if rule.name == "email":
        return "a" * (length - len("@example.com")) + "@example.com"
    return ("1" if rule.is_number else "A") * length


def field_breaks(rule: FieldRule) -> tuple[Break, ...]:
    return (
        field(rule.name, longest=rule.longest + 1),
        field(rule.name, longest=rule.longest - 1),
        field(rule.name, required=not rule.required),
        *rule.breaks,
    )


def see(rule: FieldRule, text: Any, expected: Expected, way: str = "", *, strict: bool = False, **fields: str) -> None:
    body = order_in(rule.country, way or rule.way or None, **fields) | {rule.name: text}
    if expected is not None:
        assert created(rule.country, body, strict=strict) == expected, text
        return
    kept = carried(taken(rule.country, body, strict=strict), rule.name)
    assert kept == text or (text is None and not kept), text


@pytest.mark.parametrize(
    "rule",
    [pytest.param(rule, id=rule.row, marks=claims("teemopay", rule.row, *field_breaks(rule))) for rule in FIELD_RULES],
)
def test_a_field_is_demanded_as_the_page_of_its_country_says(rule: FieldRule) -> None:
    name = rule.name
    see(rule, filled(rule, rule.longest), rule.at_longest)
    see(rule, filled(rule, rule.longest + 1), no(414, f"{name} must be at most {rule.longest} characters"))
    for nothing in (None, "", " \u3000"):
        if rule.required:
            see(rule, nothing, no(414, f"{name} is required"))
        else:
            see(rule, None, None)
    see(rule, 7, no(414, f"{name} must be a string"))
    see(rule, "1\x071", no(414, f"{name} must not contain control characters"))
    if rule.is_number:
        see(rule, "1\u200b1", no(414, f"{name} must not contain invisible characters"))
    for text in rule.good:
        see(rule, text, None)
    for text, refused in rule.bad.items():
        see(rule, text, refused)
    for case in rule.cases:
        see(rule, case.text, case.expected, case.way, strict=case.strict, **case.fields)


# -- account types --------------------------------------------------------------------------------------------------

TYPES = [(country, way) for country, ways in WAYS.items() if country != "BP" for way in ways]
TYPE_ERROR = no(455, "The account type error.")
TYPE_FAULTS = dict.fromkeys(("BR", "MX", "CO", "CL", "PK", "ID", "KH", "KR"), TYPE_ERROR) | {
    "PE": no(414, "accountType must be one of 101, 102, 103"),
    "AR": no(414, "accountType must be one of 901, 902"),
    "IN": no(414, "accountType must be one of 1001, 1002"),
}
NO_INTEGER = no(414, "accountType must be an integer")
TYPES_AS_TEXT = ("PE", "PK")
IN_SMALL_LETTERS = {"BR 404": "Maria@Example.COM", "BR 405": "7D9F0335-8DCC-4054-9BF9-0DBD61D36906"}
"""Keys whose capitals mean nothing."""
WALLETS_WITH_LIMITS = ("PK 302", "PK 303", "PK 304")
OUTSIDE = no(414, "amount is outside the amounts allowed")


def type_breaks(country: str, way: str) -> tuple[Break, ...]:
    """It has another number instead, another number besides, or what is special about it is forgotten.

    Never just gone: a country without any account type cannot be imported, which no test would be needed to notice.
    """
    table = f"COUNTRIES[{country!r}].account_types"
    breaks = [
        append(COUNTRIES_FILE, f"{table}['{way}00'] = {table}.pop({way!r})"),
        append(COUNTRIES_FILE, f"{table}['{way}0'] = {table}[{way!r}]"),
    ]
    if f"{country} {way}" in IN_SMALL_LETTERS:
        breaks.append(types_with(country, "lower=False"))
    if f"{country} {way}" in WALLETS_WITH_LIMITS:
        breaks.append(types_with(country, "money=_money('PKR', 0, smallest=99, largest=50_000)"))
        breaks.append(types_with(country, "money=_money('PKR', 0, smallest=100, largest=50_001)"))
    return tuple(breaks)


def test_these_tables_know_every_way_to_be_paid_and_every_kind_of_document() -> None:
    assert list(COUNTRIES) == list(WAYS)
    for code, country in COUNTRIES.items():
        assert code == "BP" or set(WAYS[code]) == set(country.account_types)
        assert {way.currency for way in WAYS[code].values()} == country.currencies
        assert {each.word for each in DOCUMENTS if each.country == code} == set(country.id_types)


def test_a_payout_to_a_chain_is_of_no_country() -> None:
    for chain in ("trc20", "ERC20", "Polygon"):
        order = taken("BP", order_in("BP", chain=chain))
        assert (order.beneficiary.kind, order.beneficiary.country) == (DestinationKind.CRYPTO, None)
        assert (order.channel, teemopay_details(order)["chain"]) == (chain.lower(), chain)


def other_types(country: str, way: str) -> set[int]:
    """Neighbours of an account type, and what other countries have."""
    number = int(way)
    others = {int(other) for _country, other in TYPES}
    return {0, -number, number - 1, number + 1, number * 10, *others} - {int(own) for own in WAYS[country]}


@pytest.mark.parametrize(
    ("country", "way"),
    [
        pytest.param(
            country,
            way,
            id=f"country {country} accountType {way}",
            marks=claims("teemopay", f"country {country} accountType {way}", *type_breaks(country, way)),
        )
        for country, way in TYPES
    ],
)
def test_an_account_type_is_taken_in_its_country_and_a_number_that_is_none_is_refused(country: str, way: str) -> None:
    example = WAYS[country][way]
    order = taken(country, order_in(country, way, accountType=int(way)))
    assert (order.channel, order.currency) == (way, example.currency)
    assert order.beneficiary.kind is DESTINATIONS.get(f"{country} {way}", BANK)
    assert order.remarks.method == way
    assert order.beneficiary.account_number == example.fields["bankAccount"]
    assert order.beneficiary.country == country
    for number in other_types(country, way):
        refused = created(country, order_in(country, way, amount="1000", accountType=number))
        assert refused == TYPE_FAULTS[country], number
    for value in (7.5, True, "x", f"{way}.0"):
        assert created(country, order_in(country, way, amount="1000", accountType=value)) == NO_INTEGER, value
    as_text = created(country, order_in(country, way, amount="1000", accountType=way))
    assert isinstance(as_text, Order) if country in TYPES_AS_TEXT else as_text == NO_INTEGER
    if capitals := IN_SMALL_LETTERS.get(f"{country} {way}"):
        kept = taken(country, order_in(country, way, bankAccount=capitals)).beneficiary.account_number
        assert kept == capitals.lower()
    if f"{country} {way}" in WALLETS_WITH_LIMITS:
        for amount, minor in (("100", 10_000), ("50000", 5_000_000)):
            assert taken(country, order_in(country, way, amount=amount)).amount_minor == minor
        for amount in ("99", "50001"):
            assert created(country, order_in(country, way, amount=amount)) == OUTSIDE


@claims("teemopay", "country PE accountType as text", row_with("PE", type_may_be_text="False"))
def test_peru_takes_an_account_type_as_a_text_of_digits() -> None:
    for way in ("101", "102", "103"):
        as_text, as_number = (
            taken("PE", order_in("PE", way, reference="OUT-1", accountType=value)) for value in (way, int(way))
        )
        assert as_text == as_number
        assert as_text.channel == way
    for text in ("x", "101.0", "+101", " 101", "١٠١"):
        assert created("PE", order_in("PE", accountType=text)) == NO_INTEGER, text
    assert created("PE", order_in("PE", accountType="104")) == TYPE_FAULTS["PE"]


# -- documents ------------------------------------------------------------------------------------------------------


class Document(msgspec.Struct, frozen=True):
    """A kind of document: numbers that have its form, numbers that have not, and what its owner is. `forged` has the
    form, but wrong check digits."""

    country: str
    word: str
    good: str
    bad: str
    holder: str | None = None
    forged: str = ""

    @property
    def row(self) -> str:
        return f"country {self.country} idType {self.word}"

    def breaks(self) -> tuple[Break, ...]:
        table = f"COUNTRIES[{self.country!r}].id_types"
        kind = f"{table}[{self.word!r}]"
        yields = [append(COUNTRIES_FILE, f"del {kind}"), append(COUNTRIES_FILE, f"{table}['{self.word}X'] = {kind}")]
        if self.country == "PK":
            yields.append(without_checks("PK", "idCardNumber"))
        elif self.bad:
            yields.append(append(COUNTRIES_FILE, f"{kind} = IdType(form('.*'), {kind}.holder)"))
        if self.holder:
            yields.append(append(COUNTRIES_FILE, f"{kind} = IdType({kind}.fits)"))
        return tuple(yields)


_ALNUM_9 = ("A12345678 123456789", "A1234567 A123456789 A1234567-")
DOCUMENTS = (
    Document(
        "BR", "CPF", "11144477735 52998224725", "1114447773 111444777355 1114447773x", "individual", "11144477736"
    ),
    Document(
        "BR",
        "CNPJ",
        "11222333000181 12ABC34501DE35",
        "1122233300018 112223330001811 12abc34501de35",
        "business",
        "11222333000182",
    ),
    Document("PE", "DNI", "12345678", "1234567 123456789 1234567x"),
    Document("PE", "RUC", "20123456789", "2012345678 201234567890 2012345678x"),
    Document("PE", "CE", "123456789", "12345678 1234567890 12345678x"),
    Document("PE", "PA", *_ALNUM_9),
    Document("CO", "CC", "123456 1234567890", "12345 12345678901 12345x"),
    Document("CO", "CE", "123456 1234567890", "12345 12345678901 12345x"),
    Document("CO", "NIT", "900123456", "90012345 9001234567 90012345x", "business"),
    Document("CO", "PA", *_ALNUM_9),
    Document("CL", "RUT", "12345670K 12345670k", "1234567K 123456780K 12.345.678-K", forged="123456789"),
    Document("CL", "RUN", "123456785", "12345678 1234567855 12.345.678-5", forged="123456784"),
    Document("CL", "CE", "123456789 1234567890123456", "12345678 12345678901234567 12345678x"),
    Document("CL", "PASS", "AB1234567 AB12345678901234", "AB123456 AB123456789012345 AB123456-"),
    Document("AR", "DNI", "1234567 12345678", "123456 123456789 123456x", "individual"),
    Document("AR", "CUIL", "20123456786", "2012345678 201234567866 2012345678x"),
    Document("AR", "CUIT", "30123456781", "3012345678 301234567811 3012345678x"),
    Document("AR", "PA", "A AAB123456789012", "AAB1234567890123 A-1"),
    Document("PK", "CERT", "3520112345671", "352011234567 35201123456711 352011234567x"),
    Document("KH", "NONE_KYC", "u user-1", "a\u00e9b"),
    Document("KH", "KYC", "u user-2", "a\u00e9b"),
    Document("KR", "RRN", "", "", "individual"),
    Document("KR", "CO", "", "", "business"),
)
OTHER_DOCUMENT = {"PK": no(471, "The ID type is not support")}
OTHER_NUMBER = {"PK": no(414, "idCardNumber must be 13 digits")}


@pytest.mark.parametrize(
    "document",
    [pytest.param(each, id=each.row, marks=claims("teemopay", each.row, *each.breaks())) for each in DOCUMENTS],
)
def test_a_kind_of_document_is_taken_with_a_number_of_its_form_only(document: Document) -> None:
    country, word = document.country, document.word
    for number in document.good.split() or [""]:
        order = taken(country, order_in(country, idType=word, idCardNumber=number or None), strict=country != "CL")
        kept = teemopay_details(order)
        assert (kept["idType"], kept.get("idCardNumber", "")) == (word, number)
        assert order.beneficiary.holder == document.holder
    wrong = OTHER_NUMBER.get(country, no(476, "The id card number is error"))
    for number in document.bad.split():
        assert created(country, order_in(country, idType=word, idCardNumber=number)) == wrong, number
    if document.forged:
        forged = order_in(country, idType=word, idCardNumber=document.forged)
        assert created(country, forged, strict=True) == wrong
        assert teemopay_details(taken(country, forged))["idCardNumber"] == document.forged
    others = {other for numbers in ID_NUMBERS.values() for other in numbers} - set(ID_NUMBERS[country])
    for other in {word.lower(), f"{word}X", f"{word} ", "PASSPORT", *others}:
        refused = created(country, order_in(country, idType=other))
        assert refused == OTHER_DOCUMENT.get(country, no(475, "The id card type is error")), other


# -- codes ----------------------------------------------------------------------------------------------------------

OTHER_FAULT = "parameter_fault('x')"
PERUS = {"12345678901212": BCP_DIGIT, "9123456780": YAPE_LENGTH}


def ways_to_lose(country: str, code: int) -> tuple[Break, ...]:
    """How the country would forget the rule, or answer it with another code."""
    match code:
        case 455:
            return (row_with(country, type_unknown=OTHER_FAULT),)
        case 471 | 475:
            return (row_with(country, id_type_unknown=OTHER_FAULT),)
        case 476:
            return (documents_with(country, "fits=form('.*')"),)
        case 429:
            return (types_with(country, "bank_checks=()"),)
        case 431:
            return (row_with(country, bank_unknown="None"),)
        case 469:
            return (types_with(country, "unknown_bank=None"),)
        case 470:
            return (row_with(country, bank_unknown="None"), row_with(country, bank_name_unknown=OTHER_FAULT))
        case _:
            return (without_checks(country, "bankAccount"),)


def code_breaks(country: str, code: int) -> tuple[Break, ...]:
    place = "BCP_DIGIT_WRONG" if (country, code) == ("PE", 429) else CODE_PLACES[code]
    return (edit(CODES_FILE, f"{code},", "999,", within=place), *ways_to_lose(country, code))


def expected_of(country: str, code: int, fields: Mapping[str, Any]) -> No:
    if code == 429:
        return CARD_BANK if country == "MX" else PERUS.get(fields["bankAccount"], BCP_LENGTH)
    return no(code, TEXTS[code])


@pytest.mark.parametrize(
    ("country", "code"),
    [
        pytest.param(
            country,
            code,
            id=f"country {country} code {code}",
            marks=claims("teemopay", f"country {country} code {code}", *code_breaks(country, code)),
        )
        for country, code in sorted({(country, code) for country, _way, _fields, code in FAULTS if code in CODE_PLACES})
    ],
)
def test_each_fault_earns_the_code_of_its_country_and_its_whole_text(country: str, code: int) -> None:
    for faults, strict in ((FAULTS, False), (STRICT_FAULTS, True)):
        for place, way, fields, earned in faults:
            if (place, earned) == (country, code):
                expected = expected_of(country, code, fields)
                assert created(country, order_in(country, way, **fields), strict=strict) == expected, fields
                order = taken(country, order_in(country, way), strict=strict)
                assert order.channel == way
                assert not strict or taken(country, order_in(country, way, **fields))
