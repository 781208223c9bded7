"""What is done with payouts that were taken: for each the first step, by the payout alone, and what follows from it.

    attempt open        follow it: ask, send again, or leave it to a person
    older than epoch    ask about the reference that it would be sent under next, and send nothing
    between two rails   begin an attempt at the next one
    overdue             close it: it was never sent
    reserved            begin its first attempt

Before, and of all together, the references are noted that they would be sent under.

Leaves to others: who is taken, and when (pipeline); the steps themselves (send, ask), which know nothing of each other.

The trap: what a step returns is not a promise. The core may have refused the same a moment before, and be asked again:
so steps follow each other until one returns nothing, and each of them calls the rail or ends.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from outlay.core.attempt import attempt_reference
from outlay.core.events import Expire
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No
from outlay.rails.rail import Rails
from outlay.running.moments import Moment, reached
from outlay.service.engine.move_payout import move_payout
from outlay.service.runtime import Runtime
from outlay.store.references import RailReference
from outlay.store.work import Taken
from outlay.workers.ask import Asking
from outlay.workers.places import Rate
from outlay.workers.send import Sending
from outlay.workers.steps import AskFirst, Next, Notebook, SendOnceMore, Steps

MOMENTS: Final = frozenset({Moment.NOTED})
UNSENT: Final = frozenset({State.IN_REVIEW, State.RESERVED})


class PayoutWorker:
    """`rates`: of the rails whose calls are counted, by name."""

    def __init__(self, runtime: Runtime, rails: Rails, work: Notebook, rates: Mapping[str, Rate] | None = None) -> None:
        self._runtime = runtime
        self._work = work
        self._steps = Steps(runtime, rails, work, rates or {})
        self._sending = Sending(self._steps)
        self._asking = Asking(self._steps)

    async def works(self, taken: Sequence[Taken]) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """What is to be done with each, in their order."""
        foreign = await self._note_references([each.payout for each in taken])
        reached(Moment.NOTED, len(taken))
        return [
            partial(self._keep_apart, each.payout)
            if (each.payout.account_id, each.payout.payout_id) in foreign
            else partial(self._work_on, each)
            for each in taken
        ]

    async def _note_references(self, payouts: Sequence[Payout]) -> set[tuple[UUID, int]]:
        """Before any attempt is begun, so that whoever knows only its reference finds its payout. Returns the payouts
        whose next reference is another's, which no two ids could be made to give."""
        rows = [
            RailReference(
                payout.rail,
                attempt_reference(payout.payout_id, len(payout.attempts) + 1),
                payout.account_id,
                payout.payout_id,
                len(payout.attempts) + 1,
            )
            for payout in payouts
            if payout.open_attempt is None and (payout.state in UNSENT or payout.is_between_rails)
        ]
        foreign = await self._work.note_references(rows) if rows else ()
        return {(row.account_id, row.payout_id) for row in foreign}

    async def _keep_apart(self, payout: Payout) -> None:
        """What cannot be sent under its own name is not sent under any, nor asked about; it still expires, where it
        may."""
        if self._is_overdue(payout):
            expired = await move_payout(self._runtime, payout.account_id, payout.payout_id, Expire())
            if not isinstance(expired, No):
                return
        await self._steps.set_aside(payout, None, "the reference that it would be sent under is another payout's")

    def _is_overdue(self, payout: Payout) -> bool:
        expires_ms = payout.expires_ms
        return not payout.attempts and expires_ms is not None and expires_ms <= self._runtime.now_ms()

    async def _work_on(self, taken: Taken) -> None:
        step = await self._first_step(taken)
        while step is not None:
            match step:
                case AskFirst(payout=payout):
                    step = await self._asking.ask_first(payout)
                case SendOnceMore():
                    step = await self._sending.send_again(step, taken)

    async def _first_step(self, taken: Taken) -> Next:
        payout, attempt = taken.payout, taken.payout.open_attempt
        if attempt is not None:
            return await self._asking.follow(payout, attempt)
        if payout.pending.inquiry is not None:
            return await self._asking.inquire(payout)
        if payout.is_between_rails:
            return await self._sending.begin(taken)
        if self._is_overdue(payout):
            return await self._steps.end_with(payout, Expire())
        if payout.state is State.RESERVED:
            return await self._sending.begin(taken)
        if payout.completed_ms is None:  # people must speak; only where time was lost the rail is asked
            await self._steps.put_off(payout)
            return await self._sending.begin(taken)
        return None
