"""Who ordered a payout, and in which words of no consequence for the money."""

from __future__ import annotations

from typing import Final

import msgspec


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """The dialect and the key of the credential that ordered. Of a payout of before 0.6 the key may not be known."""

    dialect: str
    key_id: str | None = None


class Remarks(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Texts that belong to an order and move no money."""

    description: str = ""
    product_name: str = ""
    statement_descriptor: str = ""
    """What the beneficiary's bank is asked to show."""
    internal_note: str = ""
    purpose: str = ""
    """In the word that the way of the payout has for it."""
    method: str = ""
    """The way that the order names, in its API's own word: no other field tells it."""
    method_group: str = ""
    """The kind of ways that it belongs to, likewise."""
    network: str = ""
    """Of crypto payouts, where an order of several names it for all of them."""
    others: dict[str, str] = {}
    """What a payout of before 0.6 says under a name that nobody knows any more. No order fills it."""


NO_REMARKS: Final = Remarks()
