"""What an installation knows of a rail: what it promises (RailTerms), and how much of it may be used at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.attempt import RailTerms

SANDBOX_KIND: Final = "sandbox"
INTERNAL_KIND: Final = "internal"
"""Only the rail of this name is of this kind: between accounts here (see payout.INTERNAL_RAIL)."""
PAYS_NOBODY: Final = frozenset({SANDBOX_KIND, INTERNAL_KIND})
"""Kinds of rails over which no money leaves, and that keep no time of their own."""


class RailRecord(msgspec.Struct, frozen=True):
    """`kind`: which code of ours drives it. `dialect`: of a gateway, the API that it is spoken to in. `places`: payouts
    in our hands at once, sends and questions together. `calls_per_second`: None for as many as the places allow."""

    kind: str
    terms: RailTerms
    dialect: str | None = None
    places: int = 32
    calls_per_second: int | None = None

    @property
    def name(self) -> str:
        return self.terms.name


class RailShown(msgspec.Struct, frozen=True):
    """`accounts`: how many may pay over it, whatever its place among theirs."""

    record: RailRecord
    accounts: int


class RailFault(StrEnum):
    """Why an account cannot have these rails, in this order."""

    NONE = "none"
    """No rail is named."""
    UNKNOWN = "unknown"
    INTERNAL = "internal"
    """The one between accounts here: what goes over it says its order."""
    REPEATED = "repeated"


class NotTheseRails(msgspec.Struct, frozen=True):
    """Refused for these names. `known`: those that could have been named."""

    fault: RailFault
    names: tuple[str, ...]
    known: tuple[str, ...]
