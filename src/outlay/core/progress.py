"""How far a payout has come: its state, what came back of it, and what few have for a while.

What moves it from one state to the next is core/life.py's.

The trap: "paid" is not the end. Returns come days later, in parts, and never overwrite the state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.attempt import calm_needed_ms
from outlay.core.rulings import Proposal


class State(StrEnum):
    IN_REVIEW = "in_review"
    """Ordered, its money set aside; a person must approve it."""
    RESERVED = "reserved"
    """Ordered, its money set aside; a worker will send it."""
    PROCESSING = "processing"
    """Handed to its rail, or about to be; also while nobody knows the outcome."""
    PAID = "paid"
    """The rail has paid it."""
    FAILED = "failed"
    """Definitively not paid; its money is available again."""
    CANCELLED = "cancelled"
    """Stopped before it was sent; its money is available again."""
    EXPIRED = "expired"
    """Its time ran out before it was sent; its money is available again."""


class Review(StrEnum):
    """Whether a person had to look at the payout before it went out, and what they said."""

    NONE = "none"
    PENDING = "pending"
    """Also of a payout that was cancelled or expired before anybody said anything."""
    APPROVED = "approved"
    REJECTED = "rejected"


class Standing(StrEnum):
    """What became of a payout, in one word: its state, and of a paid one how much came back."""

    IN_REVIEW = "in_review"
    RESERVED = "reserved"
    PROCESSING = "processing"
    PAID = "paid"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Return(msgspec.Struct, frozen=True):
    """Money that came back. `ordinal` counts from 1 in the order we learnt of them; `by_decision`: see Returned."""

    ordinal: int
    number: str
    amount_minor: int
    at_ms: int
    by_decision: bool = False


class EarlyReturn(msgspec.Struct, frozen=True, array_like=True):
    """A return that was told before "paid": kept, and applied in the commit that learns "paid" of its attempt."""

    attempt_number: int
    number: str
    amount_minor: int
    by_decision: bool = False


class Inquiry(msgspec.Struct, frozen=True, array_like=True):
    """What the rail was asked of the next attempt's reference since the epoch began, of a payout that is older. All
    times are real ones. `final_ms`: from then on "not found" is evidence."""

    epoch: int
    began_ms: int
    final_ms: int
    not_found_ms: tuple[int, ...] = ()
    asked_ms: int | None = None
    questions: int = 0

    @property
    def calm_needed_ms(self) -> int:
        """As of an attempt, for whatever left before the epoch began."""
        return calm_needed_ms(self.final_ms - self.began_ms)


class Pending(msgspec.Struct, frozen=True):
    """What few payouts have, and none for long."""

    early: tuple[EarlyReturn, ...] = ()
    proposal: Proposal | None = None
    inquiry: Inquiry | None = None


NOTHING_PENDING: Final = Pending()
