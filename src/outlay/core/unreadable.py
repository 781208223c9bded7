"""A payout whose row cannot be read, written by a newer version or damaged: what takes its place where people look.

Leaves to others: what makes a row unreadable, and who notes it (the store).

The trap: to callers no API has a word for it. A page without it would say that it was never ordered, and a merchant who
believes that orders it once more; so who asks for what it is part of is told of a fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from outlay.core.payout import Payout
from outlay.kit.for_people import ForPeople


class UnreadablePayout(msgspec.Struct, frozen=True):
    """`since_ms`, `seen_ms`: when a worker first and last met it, by the installation's clock; None where it was met in
    a list."""

    account_id: UUID
    payout_id: int
    why: str
    since_ms: int | None = None
    seen_ms: int | None = None


class PayoutUnreadable(ForPeople):
    """Who asks for this payout, or for what it is part of, cannot have it."""

    def __init__(self, payout: UnreadablePayout) -> None:
        super().__init__(
            f"payout {payout.payout_id} of account {payout.account_id} cannot be read: {payout.why}; a newer version "
            "may, else its row is damaged (docs/operations.md)"
        )


def whole(payouts: Iterable[Payout | UnreadablePayout]) -> list[Payout]:
    """All of them. Raises PayoutUnreadable."""
    found = []
    for payout in payouts:
        if isinstance(payout, UnreadablePayout):
            raise PayoutUnreadable(payout)
        found.append(payout)
    return found


def parted(payouts: Iterable[Payout | UnreadablePayout]) -> tuple[list[Payout], list[UnreadablePayout]]:
    """Those that could be read, and the others, each in their order."""
    found: list[Payout] = []
    others: list[UnreadablePayout] = []
    for payout in payouts:
        if isinstance(payout, UnreadablePayout):
            others.append(payout)
        else:
            found.append(payout)
    return found, others
