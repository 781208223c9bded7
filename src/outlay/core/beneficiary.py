"""Who is paid and where: a snapshot that the payout keeps, whatever happens later to the account it names."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class DestinationKind(StrEnum):
    BANK = "bank"
    PIX = "pix"
    WALLET = "wallet"
    CRYPTO = "crypto"
    OWN_ACCOUNT = "own_account"
    """The merchant's own bank account: nobody is named in the request (UQPAY)."""
    ACCOUNT = "account"
    """Another account of the same master, here: `account_number` is its id."""
    CARD = "card"


class Beneficiary(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The neutral form of a destination. `account_number` is the account, key, wallet or address; `details` keeps
    what else the order said, by the name that its API gave it, for the rail that pays."""

    destination: DestinationKind
    name: str = ""
    account_number: str = ""
    holder: str | None = None
    """`individual` or `business`."""
    country: str | None = None
    bank_name: str | None = None
    bank_code: str | None = None
    swift_code: str | None = None
    details: dict[str, str] = {}


OWN_ACCOUNT = Beneficiary(destination=DestinationKind.OWN_ACCOUNT)
