"""Say what has become of a payout's money, or close a case of it: what one person may say, and what takes two.

Leaves to others: who says so, and whether they are who they say (`people`); what may be said (core.ruling).

The trap: whoever says it first decides nothing. Whether this was the first voice or the second is told by the payout as
it was saved, never by what was shown before.
"""

from __future__ import annotations

import msgspec

from outlay.core.events import Rule
from outlay.core.names import name_form
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.rulings import Ruling
from outlay.service.engine.move_payout import move_payout
from outlay.service.runtime import Runtime
from outlay.store import people


class Ruled(msgspec.Struct, frozen=True):
    """The payout as it is now. `is_decided`: it was carried out; else it waits for another person's word."""

    payout: Payout
    is_decided: bool


async def rule_payout(runtime: Runtime, payout: Payout, ruling: Ruling, by: str, note: str) -> Ruled | No:
    event = Rule(ruling, by, note, runtime.real_ms(), await _discredited(runtime, payout))
    moved = await move_payout(runtime, payout.account_id, payout.payout_id, event, urgent=False)
    if isinstance(moved, No):
        return moved
    proposal = moved.payout.pending.proposal
    return Ruled(moved.payout, is_decided=proposal is None or proposal.ruling != ruling)


async def _discredited(runtime: Runtime, payout: Payout) -> str:
    """Who proposed what stands there, if their word no longer counts; else nobody."""
    proposal = payout.pending.proposal
    if proposal is None:
        return ""
    known = await people.find_person(runtime.database, name_form(proposal.by))
    is_doubtful = known is not None and (known.disabled_ms is not None or known.key_ms > proposal.at_ms)
    return proposal.by if is_doubtful else ""
