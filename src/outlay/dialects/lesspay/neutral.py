"""LessPay's fields of a beneficiary and of an order's texts, and what each is in neutral form: both ways by the same
tables.

Not kept as they were said: a day of birth in the other spelling (YYYY-MM-DD is kept), a name that is only the two parts
of it, a PIX key that stands in both of its fields, and the case in which a provider is spelt PIX.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from outlay.core.destination import (
    AccountKind,
    Bank,
    BankAccount,
    BankCode,
    BankCodeKind,
    KeyKind,
    PixKey,
    Wallet,
)
from outlay.core.origin import Remarks
from outlay.core.party import Address, Document, DocumentKind, Party, PartyKind, Phone
from outlay.dialects.lesspay import schema

_Parts = dict[str, dict[str, Any]]
Names = Mapping[str, str]
"""Of fields, as `object.field`: their names here to those in neutral form."""

REMARKS: Final[Names] = {
    "way_code": "method",
    "way_type": "method_group",
    "product_name": "product_name",
    "description": "description",
    "purpose": "purpose",
    "transaction_network": "network",
}
PARTY: Final[Names] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "date_of_birth": "birth_date",
    "email": "email",
    "nationality": "nationality",
}
DOCUMENTS: Final = {"tax_id": DocumentKind.TAX_ID, "national_id": DocumentKind.NATIONAL_ID}
PHONE: Final[Names] = {"phone.calling_code": "calling_code", "phone.number": "number"}
ADDRESS: Final[Names] = {
    f"address.{name}": name for name in ("country", "state", "city", "postal_code", "line1", "line2")
}
BANK: Final[Names] = {
    "bank.bank_name": "name",
    "bank.bank_province": "province",
    "bank.bank_city": "city",
    "bank.branch_name": "branch_name",
    "bank_codes.bank_code": "code",
    "bank_codes.swift_code": "swift",
    "bank_codes.branch_code": "branch_code",
}
BANK_CODES: Final = {
    "bank_codes.ifsc_code": BankCodeKind.IFSC,
    "bank_codes.aba_code": BankCodeKind.ABA,
    "bank_codes.sort_code": BankCodeKind.SORT_CODE,
    "bank_codes.bsb_code": BankCodeKind.BSB,
    "bank_codes.cnaps": BankCodeKind.CNAPS,
}
BANK_ACCOUNT: Final[Names] = {
    "bank.account_number": "number",
    "bank.iban": "iban",
    "bank.country": "country",
    "bank.purpose_code": "purpose_code",
}
WALLET: Final[Names] = {"e_wallet.account_number": "number", "e_wallet.deposit_key": "key"}
KEY_KINDS: Final = {
    "cpf": KeyKind.CPF,
    "cnpj": KeyKind.CNPJ,
    "email": KeyKind.EMAIL,
    "phone": KeyKind.PHONE,
    "random": KeyKind.RANDOM,
    "pix_key": KeyKind.ANY,
    "upi_handle": KeyKind.HANDLE,
}
_PARTY_KINDS: Final = {kind.value: kind for kind in PartyKind}
_ACCOUNT_KINDS: Final = {kind.value: kind for kind in AccountKind}


def _places(**tables: Names) -> dict[str, tuple[str, str]]:
    """By field: the struct that it belongs to, and its name there."""
    return {field: (part, neutral) for part, names in tables.items() for field, neutral in names.items()}


_OF_PARTY: Final = _places(party=PARTY, phone=PHONE, address=ADDRESS)
_OF_ACCOUNT: Final = _places(account=BANK_ACCOUNT, bank=BANK)


def remarks_of(texts: Mapping[str, str]) -> Remarks:
    said: dict[str, Any] = {REMARKS[field]: text for field, text in texts.items() if field in REMARKS}
    return Remarks(**said)


def party_of(holder: str, name: str, details: Mapping[str, str]) -> Party:
    said: _Parts = {"party": {}, "phone": {}, "address": {}}
    _sort(details, _OF_PARTY, said)
    party, phone, address = said["party"], said["phone"], said["address"]
    if "birth_date" in party:
        party["birth_date"] = _day(party["birth_date"])
    return Party(
        kind=_PARTY_KINDS.get(holder),
        name="" if name == f"{party.get('first_name')} {party.get('last_name')}" else name,
        phone=Phone(**phone) if phone else None,
        address=Address(**address) if address else None,
        documents=tuple([Document(kind, details[field]) for field, kind in DOCUMENTS.items() if field in details]),
        **party,
    )


def bank_account_of(details: Mapping[str, str]) -> BankAccount:
    said: _Parts = {"account": {}, "bank": {}}
    _sort(details, _OF_ACCOUNT, said)
    codes = tuple([BankCode(kind, details[field]) for field, kind in BANK_CODES.items() if field in details])
    return BankAccount(
        bank=Bank(codes=codes, **said["bank"]) if codes or said["bank"] else None,
        account_kind=_ACCOUNT_KINDS.get(details.get("bank.account_type", "")),
        **said["account"],
    )


def pix_key_of(key: str, provider: str, word: str | None, country: str = "") -> PixKey:
    other = "" if provider.upper() == schema.PIX_PROVIDER else provider
    return PixKey(key=key, key_kind=KEY_KINDS.get(word or ""), provider=other, country=country)


def wallet_of(provider: str, word: str | None, details: Mapping[str, str], country: str = "") -> Wallet:
    named: dict[str, Any] = {WALLET[field]: details[field] for field in WALLET if field in details}
    return Wallet(provider=provider, key_kind=KEY_KINDS.get(word or ""), country=country, **named)


def _sort(details: Mapping[str, str], places: Mapping[str, tuple[str, str]], into: _Parts) -> None:
    """One pass over what was said: this is the hot path, and most fields are left out."""
    for field, text in details.items():
        if place := places.get(field):
            into[place[0]][place[1]] = text


def _day(text: str) -> str:
    """A date of either form, as YYYY-MM-DD; of a wrong one, whose fault is noted, whatever it says."""
    if text[4:5] == "-":
        return text
    day, _, rest = text.partition("-")
    month, _, year = rest.partition("-")
    return f"{year}-{month}-{day}"
