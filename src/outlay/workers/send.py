"""Send payouts out: a new attempt, or one more send of an open one. Never twice by guessing.

    begin        commit the attempt with its first send, hand it over, record what the rail says
    send again   commit one more send of the attempt, under the same reference; then the same

Each commit that records a send is made with two clocks read before it: the real time, from which everybody computes
when nothing of the send can be on its way any more, and a steady one, by which this process knows whether it may still
let it go. The real one may step. So no send is committed by a clock that was not looked at lately.

Nothing is sent whose stored instruction is not what was ordered (core.instruction): the digest is looked at before a
send is committed, and what was committed must be what was looked at.

Leaves to others: what is asked (ask), and whether a send may be granted at all (core.life, core.schedule).

The trap: after the attempt is committed the only next move is to ask. A crash between commit and send looks exactly
like a lost answer, and is treated like one. So is a pause: between any two lines here hours may pass, and then the
fence is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from outlay.core.attempt import Attempt, attempt_reference
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Event, Park, SendAgain, SentLate, Source
from outlay.core.instruction import instruction_of, look_at_digest
from outlay.core.payout import Payout
from outlay.core.seals import Seal, SealKey, look_at_fact
from outlay.core.work import Work
from outlay.rails.rail import Fence, Rail
from outlay.running.log import get_log
from outlay.running.moments import Moment, reached
from outlay.service.engine.move_payout import Moved
from outlay.store.database import Unavailable
from outlay.store.work import Taken
from outlay.workers.steps import AskFirst, Next, SendOnceMore, Steps, no_rail, within

MOMENTS: Final = frozenset(
    {
        *(Moment.BEGINNING, Moment.BEGUN, Moment.SENDING_AGAIN, Moment.SENT_AGAIN),
        *(Moment.ANSWERED, Moment.HEARD),
    }
)
CHANGED: Final = "what is stored of the order is not what was ordered"
GOOD_SEALS: Final = (Seal.WHOLE, Seal.OLDER)
TELL_AGAIN_S: Final = 1.0
"""Between two tries to record what only this process knows."""

_log = get_log("outlay.send")


class Sending:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._runtime = steps.runtime

    async def begin(self, taken: Taken) -> Next:
        """The next attempt, over the rail that the payout says."""
        payout = taken.payout
        rail = self._steps.rails.get(payout.rail)  # looked up first: one that is not there must not leave an attempt
        if rail is None:
            await self._steps.set_aside(payout, None, no_rail(payout.rail))
            return None
        if not is_as_ordered(taken, self._runtime.seal_key):
            return await self._stop_changed(payout, None)
        await self._steps.turn(rail, Work.SEND)
        clocks = await self._steps.clocks()
        if clocks is None:
            await self._steps.put_off(payout)
            return None
        began_ms, real_ms = clocks
        reached(Moment.BEGINNING, payout.payout_id)
        # Committed before the rail is called: whoever comes after a crash knows the reference, and asks by it. The core
        # grants it only under the account's lock, to one worker, and while no other attempt may be alive.
        begun = await self._steps.move(payout, BeginAttempt(rail.terms, real_ms))
        if not isinstance(begun, Moved):
            return begun
        reached(Moment.BEGUN, payout.payout_id)
        fence = Fence(rail.terms, self._runtime.steady_ms, began_ms)
        return await self._hand_over_if_same(rail, begun.payout, fence, payout)

    async def send_again(self, what: SendOnceMore, taken: Taken) -> Next:
        """`taken`: the same payout, as it was when it was taken."""
        rail, payout, attempt = what.rail, what.payout, what.attempt
        if not is_as_ordered(taken, self._runtime.seal_key):
            return await self._stop_changed(payout, attempt.number)
        await self._steps.turn(rail, Work.SEND)
        clocks = await self._steps.clocks()
        if clocks is None:
            await self._steps.put_off(payout)
            return None
        began_ms, real_ms = clocks
        reached(Moment.SENDING_AGAIN, payout.payout_id)
        # The dangerous move. All conditions (core.schedule.why_not_send_again) are looked at once more under the lock,
        # on the payout as it stands there: nothing that was heard, sent or ruled meanwhile is missed. The number of the
        # send is committed before it leaves, so whoever comes after a crash counts it as sent.
        sent = await self._steps.move(payout, SendAgain(attempt.number, rail.terms, real_ms))
        if not isinstance(sent, Moved):
            return sent
        reached(Moment.SENT_AGAIN, payout.payout_id)
        fence = Fence(rail.terms, self._runtime.steady_ms, began_ms)
        return await self._hand_over_if_same(rail, sent.payout, fence, taken.payout)

    async def _hand_over_if_same(self, rail: Rail, payout: Payout, fence: Fence, looked_at: Payout) -> Next:
        """Whoever changed the row after the look at its digest has changed what was committed: it is not sent."""
        if instruction_of(payout) != instruction_of(looked_at):
            return await self._stop_changed(payout, payout.attempts[-1].number)
        await self._hand_over(rail, payout, fence)
        return None

    async def _stop_changed(self, payout: Payout, attempt_number: int | None) -> Next:
        """What was not ordered is not sent; people are told, and it is looked at once a day."""
        _log.error("an instruction was changed", payout_id=payout.payout_id)
        parked = await self._steps.move(payout, Park(attempt_number, CHANGED, CaseKind.INSTRUCTION_CHANGED))
        if isinstance(parked, AskFirst):
            return parked
        if parked is not None and not parked.changed:
            await self._steps.put_off(parked.payout)
        return None

    async def _hand_over(self, rail: Rail, payout: Payout, fence: Fence) -> None:
        """The latest send of the latest attempt, which was committed just now."""
        attempt = payout.attempts[-1]
        number = attempt.sends[-1].number
        try:
            # The one line that sends. Each numbered send comes here once, in the process that committed it, and the
            # rail asks the fence right before anything leaves: after a pause of any length nothing does.
            outcome = await within(rail.terms, rail.send(payout, attempt, fence))
        except Unavailable:
            await self._tell_if_late(rail, payout, fence)
            raise
        await self._tell_if_late(rail, payout, fence)  # before what was heard: else that could end the attempt first
        reached(Moment.ANSWERED, payout.payout_id)
        # Only what the rail has said in so many words ends anything; and a refusal in answer to a second send only
        # means: ask (core.hearing). A crash before this commit loses the answer, and it is asked for.
        await self._steps.hear(rail, payout, attempt, outcome, Source.SEND, f"send {number}")
        reached(Moment.HEARD, payout.payout_id)

    async def _tell_if_late(self, rail: Rail, payout: Payout, fence: Fence) -> None:
        fence.has_ended()
        if fence.was_crossed:
            attempt = payout.attempts[-1]
            number = attempt.sends[-1].number
            _log.error("a send left late", payout_id=payout.payout_id, attempt=attempt.number, send=number)
            await self._tell_at_last(payout, lambda real_ms: SentLate(attempt.number, number, rail.terms, real_ms))

    async def _tell_at_last(self, payout: Payout, event_at: Callable[[int], Event]) -> None:
        """What only this process knows is recorded before anything else comes of the payout, however long it takes.
        `event_at` a real time: where the clock cannot be looked at, the old one is better than to tell it later."""
        while True:
            try:
                clocks = await self._steps.clocks()
                real_ms = self._runtime.real_ms() if clocks is None else clocks[1]
                await self._steps.move(payout, event_at(real_ms))
                return
            except Unavailable as error:
                self._runtime.health.met(error, worker="submit")
            await asyncio.sleep(TELL_AGAIN_S)


def is_as_ordered(taken: Taken, key: SealKey) -> bool:
    """Also over which rail, and under which names: by another one it would be paid once more."""
    payout, ordered = taken.payout, taken.ordered
    if look_at_digest(instruction_of(payout), taken.digest, key) not in GOOD_SEALS:
        return False
    if any(not _has_its_own_name(payout, attempt) for attempt in payout.attempts):
        return False
    if ordered is None:
        return True
    if look_at_fact(key, payout.account_id, payout.payout_id, ordered, taken.seal) not in GOOD_SEALS:
        return False
    first = payout.attempts[0].rail if payout.attempts else payout.rail
    return ordered.data.get("rail", first) == first


def _has_its_own_name(payout: Payout, attempt: Attempt) -> bool:
    return attempt.reference == attempt_reference(payout.payout_id, attempt.number)
