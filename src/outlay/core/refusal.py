"""Every "no" that the core can say, in order of precedence: where two apply, the first one listed is the answer.

What is wrong with the *form* of a request (a missing field, a bad amount) is told by the dialect that reads it. Each
dialect maps every refusal to its own code; a test fails for one that is missing.
"""

from __future__ import annotations

from enum import IntEnum, auto


class Refusal(IntEnum):
    """Lower value wins."""

    ACCOUNT_NOT_FOUND = auto()
    """No such account, or not one that the caller may address: the two are never told apart."""
    ACCOUNT_CLOSED = auto()
    PAYOUT_NOT_FOUND = auto()
    """No such payout on the addressed account: also said of somebody else's."""
    BALANCE_NOT_FOUND = auto()
    REFERENCE_TAKEN = auto()
    """The reference names an earlier request with the same content."""
    REFERENCE_TAKEN_OTHERWISE = auto()
    """The reference names an earlier request with other content, or of another kind."""
    AMOUNT_TOO_SMALL = auto()
    AMOUNT_TOO_LARGE = auto()
    RAIL_UNAVAILABLE = auto()
    """No rail pays this currency or destination for the account."""
    INSUFFICIENT_BALANCE = auto()
    NOT_IN_REVIEW = auto()
    AWAITS_REVIEW = auto()
    """Nobody has approved the payout yet."""
    REVIEWED_BY_ORDERER = auto()
    """Whoever ordered a payout cannot approve it."""
    ALREADY_SENT = auto()
    """An attempt may have left: it is too late to stop the payout."""
    ALREADY_ENDED = auto()
    ATTEMPT_LIVE = auto()
    """Another attempt is not definitively dead, so no new one may start."""
    ATTEMPT_UNKNOWN = auto()
    """The message is about an attempt that this payout never made."""
    CONTRADICTS_END = auto()
    """A rail says "paid" of a failed payout or "refused" of a paid one: a person must look."""
    NOT_PAID = auto()
    RETURN_CONFLICT = auto()
    """A return of this number is recorded already, with another amount."""
    RETURN_EXCEEDS_PAID = auto()
