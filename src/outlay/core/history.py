"""All that was recorded of one payout: its facts, the money that each of them moved, and what waits for a second word.

Leaves to others: where it is kept (the store), how it is shown (present).
"""

from __future__ import annotations

import msgspec

from outlay.core.facts import Fact
from outlay.core.payout import Payout
from outlay.core.rulings import Proposal


class PostingRow(msgspec.Struct, frozen=True):
    """A posting, with the fact that it belongs to."""

    fact_number: int
    source: str
    target: str
    currency: str
    amount_minor: int
    at_ms: int


class History(msgspec.Struct, frozen=True):
    payout: Payout
    facts: tuple[Fact, ...]
    postings: tuple[PostingRow, ...]
    proposal: Proposal | None = None
    """What somebody proposed about the money, where another person can still decide it."""

    def book_effects(self) -> dict[str, int]:
        """What the payout has done to each book in all, in minor units; they add up to zero."""
        effects: dict[str, int] = {}
        for posting in self.postings:
            effects[posting.source] = effects.get(posting.source, 0) - posting.amount_minor
            effects[posting.target] = effects.get(posting.target, 0) + posting.amount_minor
        return effects
