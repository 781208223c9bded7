"""Who is paid and where: a snapshot that the payout keeps, whatever happens later to the account it names.

Its fields bear no API's names: what each API calls them, and which of them it knows, its dialect says, both ways.
"""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.core.destination import KINDS, Destination, DestinationKind, OwnAccount
from outlay.core.party import NOBODY, Party


class Beneficiary(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The properties say what most of Outlay wants to know of a beneficiary, of whatever kind it is."""

    destination: Destination
    party: Party = NOBODY
    others: dict[str, str] = {}
    """What a payout of before 0.6 says under a name that nobody knows any more. No order fills it."""

    @property
    def kind(self) -> DestinationKind:
        return KINDS[type(self.destination)]

    @property
    def name(self) -> str:
        return self.party.full_name

    @property
    def account_number(self) -> str:
        """The account, key, wallet or address."""
        return self.destination.account_number

    @property
    def holder(self) -> str | None:
        """`individual` or `business`."""
        return self.party.kind.value if self.party.kind is not None else None

    @property
    def country(self) -> str | None:
        """In which is paid, else in which they live."""
        address = self.party.address
        return self.destination.country or (address.country if address is not None else "") or None

    @property
    def bank_name(self) -> str | None:
        bank = self.destination.bank
        return (bank.name or None) if bank is not None else None

    @property
    def bank_code(self) -> str | None:
        bank = self.destination.bank
        return (bank.code or None) if bank is not None else None

    @property
    def swift_code(self) -> str | None:
        bank = self.destination.bank
        return (bank.swift or None) if bank is not None else None


OWN_ACCOUNT: Final = Beneficiary(destination=OwnAccount())
