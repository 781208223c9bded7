"""Apply one event to one payout: what a rail told us, what a reviewer or an operator decided, what the clock brought.

The payout is loaded under its account's lock, the core decides, and payout, postings, facts and cases are saved in one
commit. Which rails the payout may take is its account's to say, as its row stands under that lock.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.attempt import RailTerms
from outlay.core.decision import Decision
from outlay.core.events import BeginAttempt, Event, Heard, SendAgain, SentLate
from outlay.core.life import step
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.refusal import No, Refusal
from outlay.core.work import due
from outlay.service.runtime import Runtime
from outlay.store.write.desk import Changes, Command, Desk, Move, Needs


class Moved(msgspec.Struct, frozen=True):
    """The payout as it is now. `changed` is False where the event told nothing new."""

    payout: Payout
    changed: bool


async def move_payout(
    runtime: Runtime, account_id: UUID, payout_id: int, event: Event, *, urgent: bool = True
) -> Moved | No:
    """What rails say and the workers do does not wait behind callers; what people say does (`urgent=False`)."""
    needs = Needs(payout_id=payout_id)
    command = _MoveCommand(payout_id, event, runtime.now_ms(), runtime.real_ms(), account_id=account_id, needs=needs)
    return await runtime.clerk.do(command, urgent=urgent)


class _MoveCommand(Command[Moved | No], frozen=True):
    payout_id: int
    event: Event
    now_ms: int
    real_ms: int

    def decide(self, desk: Desk) -> tuple[Moved | No, Changes | None]:
        before = desk.payout(self.payout_id)
        if before is None:
            return Refusal.PAYOUT_NOT_FOUND, None
        decision = step(before, _with_rails(self.event, before, desk.account), self.now_ms, desk.epoch)
        if isinstance(decision, No):
            return decision, None
        return self._moved(before, decision)

    def _moved(self, before: Payout, decision: Decision) -> tuple[Moved, Changes | None]:
        if decision.payout == before:
            return Moved(before, changed=False), None
        move = Move(before, decision, due(decision.payout, self.now_ms, self.real_ms, _terms_of(self.event)))
        return Moved(decision.payout, changed=bool(decision.facts)), Changes(moves=(move,))


def _with_rails(event: Event, payout: Payout, account: Account | None) -> Event:
    """Of what is heard, the rails that the payout may take, where whoever heard it did not say. What goes to an account
    here goes over no other rail."""
    if not isinstance(event, Heard) or event.rails or account is None or payout.rail == INTERNAL_RAIL:
        return event
    return replace(event, rails=account.rails)


def _terms_of(event: Event) -> RailTerms | None:
    return event.rail if isinstance(event, BeginAttempt | SendAgain | SentLate | Heard) else None
