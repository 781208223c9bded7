"""Whether an order's recipient is blocked: by every number that the order gives, each by the kind of its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from outlay.core.account import short_id
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.destination import Bank, BankCode, BankCodeKind, DestinationKind, KeyKind
from outlay.core.party import NOBODY, Address, Document, DocumentKind, Party, Phone
from outlay.core.recipients import blocks_no_more, is_blocked
from tests.support.payees import payee
from tests.support.rows import each_row

BANK, PIX, WALLET, CRYPTO = (
    DestinationKind.BANK,
    DestinationKind.PIX,
    DestinationKind.WALLET,
    DestinationKind.CRYPTO,
)
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
BRAZILIAN = Party(phone=Phone(calling_code="55", number="11987654321"))
HERE = UUID("1dcebfe8-b95f-4dce-9659-0158a33c1848")


def to(
    kind: DestinationKind, number: str = "77", country: str | None = "BR", party: Party = NOBODY, **also: Any
) -> Beneficiary:
    """`also`: fields of the destination."""
    made = payee(kind, number, country=country)
    return Beneficiary(destination=replace(made.destination, **also), party=party)


def brazilian_key(country: str | None) -> Beneficiary:
    return to(PIX, "11987654321", country, key_kind=KeyKind.PHONE)


def paper(kind: DocumentKind, number: str) -> Party:
    return Party(documents=(Document(kind, number),))


def phone(number: str) -> Party:
    return Party(phone=Phone(number=number))


def of_before(text: str) -> Beneficiary:
    """What an earlier version kept under a name that nobody knows."""
    return replace(to(BANK), others={"a field that is not known": text})


def hits(blocked: str, beneficiary: Beneficiary) -> bool:
    return is_blocked(beneficiary, frozenset({"another", blocked}))


@each_row(
    ("blocked", "beneficiary"),
    [
        ("123.456.789-01", to(PIX, "12345678901")),
        ("12345678901", to(BANK, party=paper(DocumentKind.TAX_ID, "123.456.789-01"))),
        ("12345678901", to(BANK, party=paper(DocumentKind.NATIONAL_ID, "123 456 789 01"))),
        ("123.456.789-01", to(PIX, "k@x.example", party=paper(DocumentKind.CPF, "12345678901"))),
        ("gb82west12345698765432", to(BANK, iban="GB82WEST12345698765432")),
        ("GB82 WEST 1234 5698 7654 32", to(BANK, "gb82west12345698765432", "GB")),
        ("PK36 SCBL 0000 0011 2345 6702", to(WALLET, "1", "PK", iban="PK36SCBL0000001123456702")),
        ("0021-1234 5678 9012 3456", to(BANK, "1", "PE", interbank_number="00211234567890123456")),
        ("１２３４５", to(BANK, "12345")),
        ("MARIA@example.com", to(PIX, "maria@Example.com")),
        ("MARIA@example.com", to(BANK, party=Party(email="maria@example.com"))),
        ("123E4567E89B12D3A456426655440000", to(PIX, "123e4567-e89b-12d3-a456-426655440000")),
        ("{123e4567-e89b-12d3-a456-426655440000}", to(PIX, "123E4567-E89B-12D3-A456-426655440000")),
        ("+55 11 98765-4321", to(PIX, "+5511987654321")),
        ("11 98765-4321", to(PIX, "+5511987654321")),
        ("+55 11 98765-4321", to(PIX, "11987654321", key_kind=KeyKind.PHONE)),
        ("+55 11 98765-4321", brazilian_key(None)),
        ("+55 11 98765-4321", brazilian_key("US")),
        ("+55 11 98765-4321", to(BANK, party=BRAZILIAN)),
        ("+55 11 98765-4321", to(BANK, country="US", party=BRAZILIAN)),
        ("12-34", to(BANK, party=Party(phone=Phone(calling_code="55", number="1234")))),
        ("+55 11 98765-4321", to(BANK, party=phone("11987654321"))),
        ("+55 11 98765-4321", to(BANK, country=None, party=phone("11987654321"))),
        ("+57 300 123 4567", to(BANK, country="CO", party=phone("3001234567"))),
        ("+57 300 123 4567", to(WALLET, "3001234567", "CO")),
        ("+57 300 123 4567", to(BANK, "3001234567", "CO", key_kind=KeyKind.ANY)),
        ("+254 712 345678", to(WALLET, "0712345678", "KE")),
        ("0712345678", to(WALLET, "254712345678", "KE")),
        ("+62 812 3456 789", to(BANK, country="ID", party=phone("08123456789"))),
        (TRON, to(CRYPTO, TRON, None)),
        (f"{TRON}\u200b", to(CRYPTO, TRON, None)),
        ("0xDAC17F958D2EE523A2206206994597C13D831EC7", to(CRYPTO, "0xdac17f958d2ee523a2206206994597c13d831ec7", None)),
        ("4111 1111 1111 1111", to(DestinationKind.CARD, "4111111111111111", "MX")),
        ("12-34", to(DestinationKind.OWN_ACCOUNT, "1234")),
        (str(HERE).upper(), to(DestinationKind.ACCOUNT, str(HERE))),
        (HERE.hex, to(DestinationKind.ACCOUNT, str(HERE))),
        (short_id(HERE).lower(), to(DestinationKind.ACCOUNT, str(HERE))),
        ("12.34", of_before("1234")),
        ("+55 11 98765-4321", of_before("11987654321")),
        ("01-01-1990", to(BANK, party=Party(birth_date="1990-01-01"))),
        ("m-pesa", to(WALLET, provider="M-PESA")),
    ],
)  # fmt: skip
def test_a_number_is_met_in_every_spelling_and_wherever_it_stands(blocked: str, beneficiary: Beneficiary) -> None:
    assert hits(blocked, beneficiary)


@each_row(
    ("blocked", "beneficiary"),
    [
        (TRON, to(CRYPTO, TRON.lower(), None)),
        (TRON, to(CRYPTO, TRON.swapcase(), None)),
        (TRON.lower(), to(CRYPTO, TRON, None)),
        ("+55 11 98765-4321", to(PIX, "11987654321")),
        ("+55 11 98765-4321", to(PIX, "11987654321", key_kind=KeyKind.CPF)),
        ("+55 11 98765-4321", to(BANK, "11987654321")),
        ("+55 11 98765-4321", to(BANK, country="MX", party=phone("11987654321"))),
        ("+55 11 98765-4321", to(BANK, party=Party(phone=Phone(calling_code="52", number="11987654321")))),
        ("01011990", to(BANK, party=Party(birth_date="1990-01-01"))),
        ("01310100", to(BANK, party=Party(address=Address(postal_code="01310-100")))),
        ("123456", to(BANK, bank=Bank(codes=(BankCode(BankCodeKind.SORT_CODE, "12-34-56"),)))),
        ("maria.silva@example.com", to(PIX, "mariasilva@example.com")),
        ("maria@example.com", to(BANK, "mariaexamplecom")),
        ("7", to(BANK)),
        ("077", to(BANK)),
        ("Maria", to(BANK)),
        ("77", OWN_ACCOUNT),
        (str(HERE), to(DestinationKind.ACCOUNT, "1dcebfe8-b95f-4dce-9659-0158a33c1849")),
    ],
)
def test_another_number_is_not_met(blocked: str, beneficiary: Beneficiary) -> None:
    assert not hits(blocked, beneficiary)


@each_row(
    ("text", "blocked", "no_more"),
    [
        ("123.456.789-01", {"12345678901"}, True),
        ("12345678901", {"123.456.789-01"}, True),
        ("gb82 west 1234 5698 7654 32", {"x", "GB82WEST12345698765432"}, True),
        ("Maria@example.com", {"maria@EXAMPLE.com"}, True),
        ("+55 11 98765-4321", {"+5511987654321"}, True),
        ("+55 11 98765-4321", {"5511987654321"}, True),
        ("12345678902", {"12345678901"}, False),
        (TRON.lower(), {TRON}, False),
        (TRON, {TRON.lower()}, False),
        ("11987654321", {"+5511987654321"}, False),
        ("1", set(), False),
    ],
)
def test_only_what_would_block_nothing_more_is_blocked_already(text: str, blocked: set[str], no_more: bool) -> None:
    assert blocks_no_more(text, frozenset(blocked)) is no_more


def texts_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a struct that holds a text, however deep, with the whole that has a mark in that field alone."""
    for field in fields(value):
        name, held = field.name, getattr(value, field.name)
        if type(held) is str:
            yield f"{path}{name}", replace(value, **{name: MARK})
        elif isinstance(held, Struct):
            yield from ((deep, replace(value, **{name: one})) for deep, one in texts_in(held, f"{path}{name}."))
        elif isinstance(held, tuple) and held:
            yield from ((deep, replace(value, **{name: (one,)})) for deep, one in texts_in(held[0], f"{path}{name}."))


MARK = "0192837465"
EVERYTHING = Party(
    phone=Phone(calling_code="55", number="1"), address=Address(), documents=(Document(DocumentKind.CPF, "1"),)
)
A_BANK = Bank(codes=(BankCode(BankCodeKind.ABA, "1"),))
PLACES = [*(to(kind, bank=A_BANK, party=EVERYTHING) for kind in DestinationKind if kind is not DestinationKind.ACCOUNT)]


@pytest.mark.parametrize("whole", PLACES, ids=lambda whole: whole.kind.value)
def test_every_text_of_a_beneficiary_counts_but_the_whole_name(whole: Beneficiary) -> None:
    missed = [name for name, marked in texts_in(whole) if not is_blocked(marked, frozenset({MARK}))]
    assert missed == ["party.name"]
