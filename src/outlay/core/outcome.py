"""What a rail told us about an attempt: Accepted, Paid, Refused, Returned, or Unknown.

`Unknown` is the outcome of everything that is not a parsed, documented, definitive answer: a timeout, a reset, a 5xx,
an undocumented code. It is never a failure. `NotFound` is an answer to a question, not an end: a rail that does not
know our reference yet may know it in a minute.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FailureReason(StrEnum):
    """Why a payout did not happen, in neutral words; each dialect shows its own code for it."""

    ACCOUNT_NOT_FOUND = "account_not_found"
    """The beneficiary's account does not exist or is restricted."""
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_ABNORMAL = "account_abnormal"
    WRONG_DETAILS = "wrong_details"
    """Name, document or other data do not fit the account."""
    WRONG_ACCOUNT_NUMBER = "wrong_account_number"
    """The number itself is no account number there."""
    WRONG_DOCUMENT = "wrong_document"
    """The document number is wrong, or somebody else's."""
    WRONG_METHOD = "wrong_method"
    """The account exists but cannot be paid this way."""
    BANK_UNSUPPORTED = "bank_unsupported"
    LIMIT_EXCEEDED = "limit_exceeded"
    """The beneficiary's wallet or account has reached a limit of its own."""
    AMOUNT_OUTSIDE_LIMITS = "amount_outside_limits"
    """The rail does not pay so little, or so much, at once."""
    REPEATED_FAILURES = "repeated_failures"
    """Refused because several payouts to this account failed a short while ago."""
    REQUEST_REJECTED = "request_rejected"
    """The rail found a field of *our* request wrong: nothing is wrong with the beneficiary, an operator must look."""
    RAIL_FAULT = "rail_fault"
    """The rail's request failed for a fault that somebody has to mend; it will not pass by itself."""
    RAIL_UNSTABLE = "rail_unstable"
    """The rail could not do it now; later it may."""
    RAIL_OUT_OF_FUNDS = "rail_out_of_funds"
    """The balance at the rail did not cover it; definite, nothing was paid."""
    SENT_BACK = "sent_back"
    """The beneficiary or their bank refused the money."""
    DECIDED_BY_HAND = "decided_by_hand"
    """An operator, or staff of the rail, ended or reversed the payout by decision."""
    REVIEW_REJECTED = "review_rejected"
    OTHER = "other"


class Failure(msgspec.Struct, frozen=True):
    """A reason for programs and a text for people (what the rail or the reviewer said)."""

    reason: FailureReason
    text: str


class Accepted(msgspec.Struct, frozen=True):
    """The rail has taken the order. `rail_reference` is the rail's own id of it."""

    rail_reference: str


class Paid(msgspec.Struct, frozen=True):
    """`receipt_url`: where the rail shows that it paid, where it has such a place."""

    rail_reference: str
    receipt_url: str = ""


class Refused(msgspec.Struct, frozen=True):
    """Definitive: the money has not moved and will not."""

    failure: Failure


class Unknown(msgspec.Struct, frozen=True):
    """We cannot tell; `why` is for the operator."""

    why: str


class NotFound(msgspec.Struct, frozen=True):
    """The rail says that it does not know our reference."""


Outcome = Accepted | Paid | Refused | Unknown
"""What settles (or fails to settle) an attempt."""


class Returned(msgspec.Struct, frozen=True):
    """Money came back: `number` is the rail's own name of this return, the same each time it is told. `by_decision`:
    because an operator or staff of the rail decided so, not because the beneficiary or their bank sent it."""

    number: str
    amount_minor: int
    by_decision: bool = False

    def __post_init__(self) -> None:
        # Two returns without a number could not be told from one that is told twice.
        if not self.number:
            raise ValueError("a return has a number")
