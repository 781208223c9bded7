"""What a payout is: what was ordered, and all that is known of it now.

How far it can come is core/progress.py's, how it comes to be and how it moves core/life.py's; what is heard of it from
rails is core/hearing.py's.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from outlay.core.attempt import DEAD, Attempt, AttemptState
from outlay.core.beneficiary import Beneficiary
from outlay.core.cases import Case, CaseKind
from outlay.core.fees import Fee
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.outcome import Failure
from outlay.core.progress import NOTHING_PENDING, Pending, Return, Review, Standing, State

INTERNAL_RAIL: Final = "internal"
"""The rail of payouts that go to another account here."""
OUTSIDE: Final = "outside"
"""Under this name is booked what people paid by other means than a rail of ours."""


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
