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


class Fact(msgspec.Struct, frozen=True):
    """`at_ms` is when we learnt it (Unix milliseconds); `data` holds the particulars, as text."""

    number: int
    kind: FactKind
    at_ms: int
    data: dict[str, str]
