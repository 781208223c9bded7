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


def remarks_of(texts: Mapping[str, str]) -> Remarks:
    return Remarks(**_named(REMARKS, texts))


def party_of(holder: str, name: str, details: Mapping[str, str]) -> Party:
    whole = f"{details.get('first_name')} {details.get('last_name')}"
    said = _named(PARTY, details)
    if "birth_date" in said:
        said["birth_date"] = _day(said["birth_date"])
    return Party(
        kind=_PARTY_KINDS.get(holder),
        name="" if name == whole else name,
        phone=Phone(**_named(PHONE, details)) if any(field in details for field in PHONE) else None,
        address=Address(**_named(ADDRESS, details)) if any(field in details for field in ADDRESS) else None,
        documents=tuple([Document(kind, details[field]) for field, kind in DOCUMENTS.items() if field in details]),
        **said,
    )


def bank_account_of(details: Mapping[str, str]) -> BankAccount:
    codes = tuple([BankCode(kind, details[field]) for field, kind in BANK_CODES.items() if field in details])
    said = _named(BANK, details)
    return BankAccount(
        bank=Bank(codes=codes, **said) if codes or said else None,
        account_kind=_ACCOUNT_KINDS.get(details.get("bank.account_type", "")),
        **_named(BANK_ACCOUNT, details),
    )


def pix_key_of(key: str, provider: str, word: str | None, country: str = "") -> PixKey:
    other = "" if provider.upper() == schema.PIX_PROVIDER else provider
    return PixKey(key=key, key_kind=KEY_KINDS.get(word or ""), provider=other, country=country)


def wallet_of(provider: str, word: str | None, details: Mapping[str, str], country: str = "") -> Wallet:
    return Wallet(provider=provider, key_kind=KEY_KINDS.get(word or ""), country=country, **_named(WALLET, details))


def _named(names: Names, details: Mapping[str, str]) -> dict[str, Any]:
    return {neutral: details[field] for field, neutral in names.items() if field in details}


def _day(text: str) -> str:
    """A date of either form, as YYYY-MM-DD; of a wrong one, whose fault is noted, whatever it says."""
    for form in schema.DATE_FORMS:
        if found := form.fullmatch(text):
            return f"{found['year']}-{found['month']}-{found['day']}"
    return text
