"""A payout, what it consists of, and in one word how it stands.

How it comes to be and how it moves is core/life.py's; what is heard of it from rails is core/hearing.py's.

The trap: "paid" is not the end. Returns come days later, in parts, and never overwrite the state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.attempt import DEAD, Attempt, AttemptState, calm_needed_ms
from outlay.core.beneficiary import Beneficiary
from outlay.core.cases import Case, CaseKind
from outlay.core.fees import Fee
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.outcome import Failure
from outlay.core.rulings import Proposal

INTERNAL_RAIL: Final = "internal"
"""The rail of payouts that go to another account here."""
OUTSIDE: Final = "outside"
"""Under this name is booked what people paid by other means than a rail of ours."""


class State(StrEnum):
    IN_REVIEW = "in_review"
    RESERVED = "reserved"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


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


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant orders, in neutral form. `channel` is the way by which it is switched off, in its API's own
    word."""

    reference: str
    currency: str
    amount_minor: int
    beneficiary: Beneficiary
    remarks: Remarks = NO_REMARKS
    notify_url: str | None = None
    """Where the merchant wants to be told of this payout; None: where the account says."""
    channel: str = ""
    expires_ms: int | None = None


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """One beneficiary, one amount, one currency. Times are Unix milliseconds, amounts minor units."""

    account_id: UUID
    payout_id: int
    batch_id: int | None = None
    """Of payouts that were ordered together."""
    reference: str
    """The merchant's; unique on the account for ever, or in its batch."""
    ordered_by: str = ""
    """Who keeps the credential that ordered it, else that credential's key id."""
    origin: Origin | None = None
    """Unknown of some payouts of before 0.6."""
    currency: str
    amount_minor: int
    fee: Fee
    beneficiary: Beneficiary
    remarks: Remarks = NO_REMARKS
    notify_url: str | None = None
    rail: str
    created_ms: int
    expires_ms: int | None = None
    state: State
    review: Review = Review.NONE
    rail_reference: str | None = None
    receipt_url: str | None = None
    """Where the rail shows that it paid."""
    failure: Failure | None = None
    completed_ms: int | None = None
    """When it was paid, failed, cancelled or expired."""
    returned_minor: int = 0
    returns: tuple[Return, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    """All of them, the first one first. At most one is live."""
    fact_count: int = 0
    case_count: int = 0
    cases: tuple[Case, ...] = ()
    """All of them, closed ones too."""
    pending: Pending = NOTHING_PENDING
    epoch: int = 1
    """The account's when it was ordered, moved up when its rail was asked about it after time was lost."""

    def attempt_numbered(self, number: int | None) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.number == number), None)

    @property
    def is_contested(self) -> bool:
        """Whether anything that was heard of it is: then nothing goes on by itself."""
        return any(attempt.is_contested for attempt in self.attempts)

    @property
    def has_lost_attempt(self) -> bool:
        """Whether a rail speaks of an attempt that is not here, and nobody has closed that case: then none is begun."""
        return any(case.is_open and case.kind is CaseKind.LOST_ATTEMPT for case in self.cases)

    @property
    def attempt(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def live_attempt(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.is_live), None)

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt of which we still want to hear: the live one, else, of a payout on its way, one that was thought
        dead until something was heard that contradicts it."""
        if self.live_attempt is not None or self.state is not State.PROCESSING:
            return self.live_attempt
        return next((attempt for attempt in self.attempts if attempt.is_contested), None)

    @property
    def paid_attempt(self) -> Attempt | None:
        """The first that was paid."""
        return next((attempt for attempt in self.attempts if attempt.state is AttemptState.PAID), None)

    @property
    def are_all_dead(self) -> bool:
        """Whether every attempt is definitively dead: true also of none."""
        return all(attempt.state in DEAD for attempt in self.attempts)

    @property
    def is_between_rails(self) -> bool:
        """Refused by one rail in words that let the money go over another, which has been chosen: one that was never
        tried."""
        last = self.attempt
        return (
            self.state is State.PROCESSING
            and last is not None
            and last.state is AttemptState.REFUSED
            and all(attempt.rail != self.rail for attempt in self.attempts)
        )

    @property
    def standing(self) -> Standing:
        if self.state is State.PAID and self.returned_minor:
            return Standing.RETURNED if self.returned_minor >= self.amount_minor else Standing.PARTLY_RETURNED
        return Standing(self.state.value)


MOST_OF_BATCH: Final = 1_000
"""Payouts that may be ordered together, in any API."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Payouts of one currency that were ordered together, under one reference: all of them or none."""

    account_id: UUID
    batch_id: int
    reference: str
    currency: str
    total_minor: int
    payout_count: int
    created_ms: int
