"""What people decide about a payout's money: proposed by one, carried out when another says the same.

The trap: a person is a second worker. In the wild payouts were sent up to ten times because a button and a worker could
both pay. So nothing here pays, and nothing here is possible while an attempt may still be alive that it denies.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from outlay.core.cases import Remedy


class Verdict(StrEnum):
    PAID = "paid"
    """The rail's own statement shows that it paid."""
    NEVER_SUBMITTED = "never_submitted"
    """The rail says in its own words that it never had the order: the attempt is dead."""
    REFUSED = "refused"
    """The rail says in its own words that it did not pay and will not: the attempt is dead."""
    PAID_OUTSIDE = "paid_outside"
    """Paid by other means than a rail of ours; only where every attempt is dead."""
    GIVEN_BACK = "given_back"
    """Nothing was paid and nothing will be: the payout fails; only where every attempt is dead."""
    CLOSE_CASE = "close_case"


class Ruling(msgspec.Struct, frozen=True):
    """Two people must say exactly the same. `rail_reference`: what the rail calls what it paid. `case_number`, `remedy`
    and `amount_minor` belong to CLOSE_CASE."""

    verdict: Verdict
    rail_reference: str = ""
    case_number: int | None = None
    remedy: Remedy = Remedy.NOTHING
    amount_minor: int = 0


class Proposal(msgspec.Struct, frozen=True):
    """What one person said, and nobody else has yet. `attempt_number`: the attempt that it was said of, where it is
    about one: of another one it says nothing."""

    ruling: Ruling
    by: str
    note: str
    at_ms: int
    attempt_number: int | None = None
