"""By which numbers the recipient of an order may be known, and whether one of them is blocked.

An order may give a key, an IBAN or a document beside the account's number, and spell them as it likes: each counts, by
the kind that its place gives it. A place that is not known here counts as every kind. What is no number (a city, a
bank's code, a day of birth) is compared as a whole: a blocked account must not stop all who were born on a day that
reads the same.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import Final
from uuid import UUID

from outlay.core.account import short_id
from outlay.core.beneficiary import Beneficiary, DestinationKind
from outlay.core.normal_forms import address_forms, block_forms, number_forms, phone_forms, word_forms

_LISTS_IN_MEMORY: Final = 64


class _Kind(Enum):
    NUMBER = auto()
    """Of an account, a card, a person; also an EVP or an e-mail, which tell themselves apart."""
    ANY = auto()
    """Perhaps a phone's."""
    ADDRESS = auto()


_BY_DESTINATION: Final = {
    DestinationKind.BANK: _Kind.NUMBER,
    DestinationKind.PIX: _Kind.NUMBER,  # a phone there begins with its +
    DestinationKind.WALLET: _Kind.ANY,
    DestinationKind.CRYPTO: _Kind.ADDRESS,
    DestinationKind.OWN_ACCOUNT: _Kind.NUMBER,
    DestinationKind.ACCOUNT: _Kind.NUMBER,
    DestinationKind.CARD: _Kind.NUMBER,
}
_KIND_FIELDS: Final = ("accountType", "e_wallet.account_type", "e_wallet.deposit_key_type")
"""Which details say what kind of key the account's number is, and in which words."""
_BY_WORD: Final = {
    "cpf": _Kind.NUMBER,
    "cnpj": _Kind.NUMBER,
    "email": _Kind.NUMBER,
    "random": _Kind.NUMBER,
    "upi_handle": _Kind.NUMBER,
    "phone": _Kind.ANY,
    "pix_key": _Kind.ANY,
    "204": _Kind.ANY,  # Colombia's Bre-B: a phone, a document or an alias
}
_KEYS: Final = frozenset({"e_wallet.account_number", "e_wallet.deposit_key"})
"""Details that are of the kind of the account's number."""
_NUMBERS: Final = frozenset(
    {
        "tax_id",
        "national_id",
        "email",
        "bank.account_number",
        "bank.iban",
        "idCardNumber",
        "cciNumber",
        "userIBAN",
    }
)
_PHONE: Final = "phone.number"
_CALLING_CODE: Final = "phone.calling_code"
_WORDS: Final = frozenset(
    {
        "first_name",
        "last_name",
        "nationality",
        "date_of_birth",
        "address.country",
        "address.state",
        "address.city",
        "address.postal_code",
        "address.line1",
        "address.line2",
        "bank.account_type",
        "bank.country",
        "bank.bank_province",
        "bank.bank_city",
        "bank.bank_name",
        "bank.purpose_code",
        "bank.branch_name",
        "bank_codes.swift_code",
        "bank_codes.ifsc_code",
        "bank_codes.aba_code",
        "bank_codes.sort_code",
        "bank_codes.branch_code",
        "bank_codes.bsb_code",
        "bank_codes.bank_code",
        "bank_codes.cnaps",
        "e_wallet.ewallet_provider",
        "e_wallet.provider",
        "e_wallet.account_type",
        "e_wallet.deposit_key_type",
        "crypto_wallet.network",
        _CALLING_CODE,
        "accountType",
        "idType",
        "chain",
        "code_type",
        "code_value",
        "branch_code",
    }
)


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
    details = beneficiary.details
    country = "BR" if beneficiary.destination is DestinationKind.PIX else beneficiary.country
    kind = _kind_of_account(beneficiary)
    forms = _forms(kind, beneficiary.account_number, country)
    if beneficiary.destination is DestinationKind.ACCOUNT:
        forms |= number_forms(short_id(UUID(beneficiary.account_number)))
    for name, text in details.items():
        if name in _KEYS:
            forms |= _forms(kind, text, country)
        elif name in _NUMBERS:
            forms |= number_forms(text)
        elif name in _WORDS:
            forms |= word_forms(text)
        elif name == _PHONE and _CALLING_CODE in details:
            forms |= phone_forms(f"+{details[_CALLING_CODE]} {text}", None) | number_forms(text)
        else:
            forms |= phone_forms(text, country)
    return forms


def _kind_of_account(beneficiary: Beneficiary) -> _Kind:
    for field in _KIND_FIELDS:
        kind = _BY_WORD.get(beneficiary.details.get(field, ""))
        if kind is not None:
            return kind
    return _BY_DESTINATION[beneficiary.destination]


def _forms(kind: _Kind, text: str, country: str | None) -> set[str]:
    match kind:
        case _Kind.NUMBER:
            return number_forms(text)
        case _Kind.ANY:
            return phone_forms(text, country)
        case _Kind.ADDRESS:
            return address_forms(text)
