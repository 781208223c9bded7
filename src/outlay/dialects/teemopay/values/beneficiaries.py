"""What a create says of its beneficiary, by a country's row: its texts as typed fields in neutral form, and back.

The account type is kept as the order's method, because no other field tells it; the kind of document has a name of its
own, which a country's literal is found by again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

import msgspec

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import (
    Bank,
    BankAccount,
    Card,
    CryptoAddress,
    Destination,
    DestinationKind,
    OwnAccount,
    PixKey,
    Wallet,
)
from outlay.core.party import Document, DocumentKind, Party, PartyKind, Phone
from outlay.dialects.teemopay.tables.rules import AccountType, Country, IdType

ID_TYPE: Final = "idType"
ID_NUMBER: Final = "idCardNumber"
BANK_CODE: Final = "bankCode"
BANK_NAME: Final = "bankName"
NAME: Final = "realName"
PHONE: Final = "phone"
EMAIL: Final = "email"
IBAN: Final = "userIBAN"
INTERBANK_NUMBER: Final = "cciNumber"

DOCUMENTS: Final = {
    "CPF": DocumentKind.CPF,
    "CNPJ": DocumentKind.CNPJ,
    "DNI": DocumentKind.DNI,
    "RUC": DocumentKind.RUC,
    "CE": DocumentKind.FOREIGNER_ID,
    "PA": DocumentKind.PASSPORT,
    "PASS": DocumentKind.PASSPORT,
    "CC": DocumentKind.CC,
    "NIT": DocumentKind.NIT,
    "RUT": DocumentKind.RUT,
    "RUN": DocumentKind.RUN,
    "CUIL": DocumentKind.CUIL,
    "CUIT": DocumentKind.CUIT,
    "CERT": DocumentKind.CNIC,
    "KYC": DocumentKind.VERIFIED_CUSTOMER,
    "NONE_KYC": DocumentKind.UNVERIFIED_CUSTOMER,
    "RRN": DocumentKind.RRN,
    "CO": DocumentKind.COMPANY,
}
"""By the literal of any country; no country has two for one."""
_PARTY_KINDS: Final = {kind.value: kind for kind in PartyKind}


class Said(msgspec.Struct, frozen=True):
    """What a create says of its beneficiary. `kind` and `id_type` are None where the country has no such one."""

    texts: dict[str, str]
    literal: str
    kind: AccountType | None
    id_type: IdType | None
    country: Country
    strict: bool


def beneficiary_of(said: Said, kind: AccountType) -> Beneficiary:
    texts = said.texts
    phone, holder = texts.get(PHONE), said.id_type.holder if said.id_type is not None else None
    party = Party(
        kind=_PARTY_KINDS[holder] if holder is not None else None,
        name=texts.get(NAME, ""),
        email=texts.get(EMAIL, ""),
        phone=Phone(number=phone) if phone else None,
        documents=_documents(texts),
    )
    return Beneficiary(destination=_destination(said, kind), party=party)


def texts_of(beneficiary: Beneficiary, country: Country) -> dict[str, str]:
    """The way back: by every name that any country has."""
    party, place = beneficiary.party, beneficiary.destination
    texts = {
        country.account_field: place.account_number,
        NAME: beneficiary.name,
        EMAIL: party.email,
        PHONE: party.phone.number if party.phone is not None else "",
        BANK_CODE: beneficiary.bank_code or "",
        BANK_NAME: beneficiary.bank_name or "",
    }
    if isinstance(place, BankAccount | Wallet):
        texts |= {IBAN: place.iban, INTERBANK_NUMBER: place.interbank_number}
    if isinstance(place, CryptoAddress) and country.chain_field:
        texts[country.chain_field] = place.network
    for document in party.documents:
        texts[ID_NUMBER] = document.number
        texts[ID_TYPE] = next((word for word in country.id_types if DOCUMENTS[word] is document.kind), "")
    return texts


def _documents(texts: Mapping[str, str]) -> tuple[Document, ...]:
    literal, number = texts.get(ID_TYPE), texts.get(ID_NUMBER, "")
    if literal:
        return (Document(DOCUMENTS[literal], number),)
    return (Document(DocumentKind.UNNAMED, number),) if number else ()


def _destination(said: Said, kind: AccountType) -> Destination:
    texts, country = said.texts, said.country
    account = texts[country.account_field]
    number = account.lower() if kind.lower else account
    where, bank, key_kind = country.code, _bank(texts), kind.key_kind
    iban, interbank_number = texts.get(IBAN, ""), texts.get(INTERBANK_NUMBER, "")
    match kind.destination:
        case DestinationKind.BANK:
            return BankAccount(
                number=number, iban=iban, interbank_number=interbank_number, key_kind=key_kind, country=where, bank=bank
            )
        case DestinationKind.WALLET:
            return Wallet(number=number, iban=iban, interbank_number=interbank_number, country=where, bank=bank)
        case DestinationKind.PIX:
            return PixKey(key=number, key_kind=key_kind, country=where, bank=bank)
        case DestinationKind.CARD:
            return Card(number=number, country=where, bank=bank)
        case DestinationKind.CRYPTO:
            return CryptoAddress(address=number, network=texts[country.chain_field])
        case DestinationKind.OWN_ACCOUNT | DestinationKind.ACCOUNT:
            return OwnAccount()  # no account type is one of these
        case _:
            assert_never(kind.destination)


def _bank(texts: Mapping[str, str]) -> Bank | None:
    name, code = texts.get(BANK_NAME, ""), texts.get(BANK_CODE, "")
    return Bank(name=name, code=code) if name or code else None
