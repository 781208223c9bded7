"""Facts: what happened to a payout, immutable, numbered 1, 2, 3 … per payout."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FactKind(StrEnum):
    ORDERED = "ordered"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ATTEMPT_BEGUN = "attempt_begun"
    ATTEMPT_ACCEPTED = "attempt_accepted"
    ATTEMPT_UNKNOWN = "attempt_unknown"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    SENT_AGAIN = "sent_again"
    """One more numbered send of an attempt was recorded, and is handed over."""
    SENT_LATE = "sent_late"
    NOT_FOUND = "not_found"
    """The rail, asked when it should have known, did not know the attempt."""
    ATTEMPT_REFUSED = "attempt_refused"
    """An attempt is dead, and the payout goes on without it."""
    NEVER_SUBMITTED = "never_submitted"
    """An attempt is dead because two people said so."""
    RETURNED_EARLY = "returned_early"
    """Told before "paid": kept."""
    HEARD = "heard"
    """Evidence that by itself changes nothing."""
    PARKED = "parked"
    PROPOSED = "proposed"
    """A person said what should be done about the money; another must say the same."""
    CASE_CLOSED = "case_closed"
    RECALLED = "recalled"
    """The database has lost time: what left of the attempt then is not known, and stands as one more send."""
    ATTEMPT_RECOVERED = "attempt_recovered"
    """The rail knows an attempt that the database has lost."""
    CLEARED = "cleared"
    """Nothing of the payout was begun in the time that was lost."""


class Fact(msgspec.Struct, frozen=True):
    """`at_ms` is when we learnt it (Unix milliseconds); `data` holds the particulars, as text."""

    number: int
    kind: FactKind
    at_ms: int
    data: dict[str, str]
