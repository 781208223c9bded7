"""By which numbers the recipient of an order may be known, and whether one of them is blocked.

An order may give a key, an IBAN or a document beside the account's number, and spell them as it likes: each counts, by
the kind that its place gives it. What has no place counts as every kind. What is no number (a city, a bank's code, a
day of birth) is compared as a whole: a blocked account must not stop all who were born on a day that reads the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import Final, assert_never
from uuid import UUID

import msgspec

from outlay.core.account import short_id
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import (
    AccountHere,
    Bank,
    BankAccount,
    Card,
    CryptoAddress,
    Destination,
    KeyKind,
    OwnAccount,
    PixKey,
    Wallet,
)
from outlay.core.normal_forms import address_forms, block_forms, number_forms, phone_forms, word_forms
from outlay.core.party import Address, Party, Phone

_LISTS_IN_MEMORY: Final = 64


class Block(msgspec.Struct, frozen=True):
    """A number that may not be paid, and who said so why."""

    number: str
    why: str
    blocked_by: str
    at_ms: int


class _Kind(Enum):
    NUMBER = auto()
    """Of an account, a card, a person; also an EVP or an e-mail, which tell themselves apart."""
    ANY = auto()
    """Perhaps a phone's."""
    ADDRESS = auto()
    WORD = auto()
    """No number at all."""


_Text = tuple[_Kind, str]
_KEYS: Final = {
    KeyKind.CPF: _Kind.NUMBER,
    KeyKind.CNPJ: _Kind.NUMBER,
    KeyKind.EMAIL: _Kind.NUMBER,
    KeyKind.RANDOM: _Kind.NUMBER,
    KeyKind.HANDLE: _Kind.NUMBER,
    KeyKind.PHONE: _Kind.ANY,
    KeyKind.ANY: _Kind.ANY,
}


def is_blocked(beneficiary: Beneficiary, blocked: frozenset[str]) -> bool:
    """Whether `blocked`, texts as they were given, has a number of this beneficiary in any spelling."""
    return not _all_forms(blocked).isdisjoint(_forms_of(beneficiary))


def blocks_no_more(text: str, blocked: frozenset[str]) -> bool:
    """Whether every number that `text` can be is in `blocked` already."""
    return block_forms(text) - word_forms(text) <= _all_forms(blocked)


@lru_cache(maxsize=_LISTS_IN_MEMORY)
def _all_forms(blocked: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*map(block_forms, blocked))


def _forms_of(beneficiary: Beneficiary) -> set[str]:
    country = "BR" if isinstance(beneficiary.destination, PixKey) else beneficiary.country
    forms: set[str] = set()
    for kind, text in _texts_of(beneficiary):
        if text:
            forms |= _forms(kind, text, country)
    phone = beneficiary.party.phone
    return forms | _forms_of_phone(phone, country) if phone is not None else forms


def _texts_of(beneficiary: Beneficiary) -> Iterator[_Text]:
    yield from _numbers_at(beneficiary.destination)
    yield _Kind.WORD, beneficiary.destination.country
    if beneficiary.destination.bank is not None:
        yield from _texts_of_bank(beneficiary.destination.bank)
    yield from _texts_of_party(beneficiary.party)
    yield from ((_Kind.ANY, text) for text in beneficiary.others.values())


def _numbers_at(place: Destination) -> Iterator[_Text]:
    match place:
        case BankAccount():
            kind = _KEYS[place.key_kind] if place.key_kind is not None else _Kind.NUMBER
            yield kind, place.number
            yield from ((_Kind.NUMBER, text) for text in (place.iban, place.interbank_number))
            yield _Kind.WORD, place.purpose_code
        case PixKey():
            # Of an unknown kind it is no phone: that begins with its +.
            yield _KEYS[place.key_kind] if place.key_kind is not None else _Kind.NUMBER, place.key
            yield _Kind.WORD, place.provider
        case Wallet():
            kind = _KEYS[place.key_kind] if place.key_kind is not None else _Kind.ANY
            yield from ((kind, text) for text in (place.number, place.key))
            yield from ((_Kind.NUMBER, text) for text in (place.iban, place.interbank_number))
            yield _Kind.WORD, place.provider
        case CryptoAddress():
            yield _Kind.ADDRESS, place.address
            yield _Kind.WORD, place.network
        case Card() | OwnAccount():
            yield _Kind.NUMBER, place.number
        case AccountHere():
            yield from ((_Kind.NUMBER, text) for text in (place.account_id, short_id(UUID(place.account_id))))
        case _:
            assert_never(place)


def _texts_of_bank(bank: Bank) -> Iterator[_Text]:
    yield from _words(bank.name, bank.code, bank.swift, bank.branch_name, bank.branch_code, bank.province, bank.city)
    yield from _words(*(code.value for code in bank.codes))


def _texts_of_party(party: Party) -> Iterator[_Text]:
    yield from ((_Kind.NUMBER, document.number) for document in party.documents)
    yield _Kind.NUMBER, party.email
    yield from _words(party.first_name, party.last_name, party.nationality, *_spellings(party.birth_date))
    yield from _texts_of_address(party.address) if party.address is not None else ()


def _texts_of_address(address: Address) -> Iterable[_Text]:
    return _words(address.country, address.state, address.city, address.postal_code, address.line1, address.line2)


def _words(*texts: str) -> Iterator[_Text]:
    return ((_Kind.WORD, text) for text in texts)


def _spellings(day: str) -> tuple[str, ...]:
    """The two in which a day may have been blocked."""
    return (day, "-".join(reversed(day.split("-"))))


def _forms_of_phone(phone: Phone, country: str | None) -> set[str]:
    code, number = phone.calling_code, phone.number
    if not code:
        return phone_forms(number, country)
    forms = word_forms(code)
    return forms | phone_forms(f"+{code} {number}", None) | number_forms(number) if number else forms


def _forms(kind: _Kind, text: str, country: str | None) -> set[str]:
    match kind:
        case _Kind.NUMBER:
            return number_forms(text)
        case _Kind.ANY:
            return phone_forms(text, country)
        case _Kind.ADDRESS:
            return address_forms(text)
        case _Kind.WORD:
            return word_forms(text)
