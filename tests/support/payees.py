"""Beneficiaries for tests that do not care in which field a number stands."""

from __future__ import annotations

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import (
    AccountHere,
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
from outlay.core.party import Party, PartyKind


def payee(
    kind: DestinationKind,
    account_number: str = "",
    *,
    name: str = "",
    holder: str | None = None,
    country: str | None = None,
    bank_name: str | None = None,
    bank_code: str | None = None,
    swift_code: str | None = None,
) -> Beneficiary:
    """Of any kind, by what every kind has."""
    texts = {"name": bank_name or "", "code": bank_code or "", "swift": swift_code or ""}
    bank = Bank(**texts) if any(texts.values()) else None
    party = Party(kind=PartyKind(holder) if holder is not None else None, name=name)
    return Beneficiary(destination=_place(kind, account_number, country or "", bank), party=party)


def _place(kind: DestinationKind, number: str, country: str, bank: Bank | None) -> Destination:
    match kind:
        case DestinationKind.BANK:
            return BankAccount(number=number, country=country, bank=bank)
        case DestinationKind.PIX:
            return PixKey(key=number, country=country, bank=bank)
        case DestinationKind.WALLET:
            return Wallet(number=number, country=country, bank=bank)
        case DestinationKind.CRYPTO:
            return CryptoAddress(address=number, country=country, bank=bank)
        case DestinationKind.CARD:
            return Card(number=number, country=country, bank=bank)
        case DestinationKind.OWN_ACCOUNT:
            return OwnAccount(number=number, country=country, bank=bank)
        case DestinationKind.ACCOUNT:
            return AccountHere(account_id=number, country=country, bank=bank)
