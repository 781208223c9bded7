"""Cases: contradictions and dead ends that only people may close.

A case is opened in the commit that records the evidence, and never by itself closed. What closing one may move in the
books is a *remedy*: two people decide it, and it is booked beside the rail's clearing, so that what the ordinary life
of payouts posted stays provable by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class CaseKind(StrEnum):
    PAID_AFTER_FAILED = "paid_after_failed"
    """A rail says "paid" of a payout whose money we gave back."""
    PAID_TWICE = "paid_twice"
    """A second attempt of a payout is said to be paid as well."""
    PAID_BY_DEAD = "paid_by_dead"
    """An attempt that was dead by the rail's or two people's word was paid after all; the payout counts as paid."""
    ACCEPTED_AFTER_REFUSED = "accepted_after_refused"
    REFUSED_AFTER_PAID = "refused_after_paid"
    SECOND_REFERENCE = "second_reference"
    """The rail calls one attempt by two names: perhaps there are two payments."""
    OTHER_AMOUNT = "other_amount"
    """The rail speaks of another amount or currency than was ordered."""
    RETURN_BEFORE_PAID = "return_before_paid"
    """Kept, and applied in the commit that learns "paid"."""
    RETURN_OF_UNPAID = "return_of_unpaid"
    """Money came back of a payout that failed, or of an attempt that did not pay."""
    RETURN_CONFLICT = "return_conflict"
    """A return of this number is recorded with another amount."""
    RETURN_EXCEEDS_PAID = "return_exceeds_paid"
    NOT_FOUND_AFTER_KNOWN = "not_found_after_known"
    """The rail has lost an attempt that it had told us about."""
    LATE_SEND = "late_send"
    """A request left after its fence: nobody can say from when on "not found" means anything."""
    LOST_ATTEMPT = "lost_attempt"
    """A rail speaks of an attempt that the database has lost, and that could not be taken up any more."""
    PARKED = "parked"
    """Asking alone will not settle it: a person must (`outlay payout settle`)."""
    INSTRUCTION_CHANGED = "instruction_changed"
    """What is stored of the order is not what was ordered: nothing is sent."""


PARKING: Final = frozenset({CaseKind.PARKED, CaseKind.INSTRUCTION_CHANGED})
"""While one of these is open, a payout is looked at once a day."""


class Remedy(StrEnum):
    """What closing a case moves in the books."""

    NOTHING = "nothing"
    PAID_BY_MERCHANT = "paid_by_merchant"
    """The rail paid what the books do not show: the merchant's available money bears it."""
    PAID_BY_US = "paid_by_us"
    """The rail paid what the books do not show: we bear it."""
    BACK_TO_MERCHANT = "back_to_merchant"
    """The rail did not pay, or gave back, what the books do not show: the merchant gets it."""
    BACK_TO_US = "back_to_us"


_WAS_PAID: Final = frozenset({Remedy.PAID_BY_MERCHANT, Remedy.PAID_BY_US})
_CAME_BACK: Final = frozenset({Remedy.BACK_TO_MERCHANT, Remedy.BACK_TO_US})
REMEDIES: Final[Mapping[CaseKind, frozenset[Remedy]]] = {
    CaseKind.PAID_AFTER_FAILED: _WAS_PAID,
    CaseKind.PAID_TWICE: _WAS_PAID,
    CaseKind.PAID_BY_DEAD: _WAS_PAID,
    CaseKind.ACCEPTED_AFTER_REFUSED: _WAS_PAID,
    CaseKind.REFUSED_AFTER_PAID: _CAME_BACK,
    CaseKind.SECOND_REFERENCE: _WAS_PAID,
    CaseKind.OTHER_AMOUNT: _WAS_PAID | _CAME_BACK,
    CaseKind.RETURN_BEFORE_PAID: _CAME_BACK,
    CaseKind.RETURN_OF_UNPAID: _CAME_BACK,
    CaseKind.RETURN_CONFLICT: _CAME_BACK,
    CaseKind.RETURN_EXCEEDS_PAID: _CAME_BACK,
    CaseKind.NOT_FOUND_AFTER_KNOWN: frozenset(),
    CaseKind.LATE_SEND: _WAS_PAID,
    CaseKind.LOST_ATTEMPT: _WAS_PAID,
    CaseKind.PARKED: frozenset(),
    CaseKind.INSTRUCTION_CHANGED: frozenset(),
}
"""What closing a case may move besides nothing: of a return that came too early only while it still waits, of a send
that left late only where the money was given back."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`number` counts from 1 per payout. `what`: the evidence in words, the same for the same evidence. `by`: who
    closed it; two where money was concerned."""

    number: int
    kind: CaseKind
    attempt_number: int | None
    what: str
    since_ms: int
    fact_number: int
    closed_ms: int | None = None
    by: tuple[str, ...] = ()
    note: str = ""
    remedy: Remedy | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_ms is None
