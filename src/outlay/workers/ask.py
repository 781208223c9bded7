"""Find out about payouts: what became of an open attempt, and whether anything was sent in time that was lost.

    follow     an attempt is open: do what the asking policy says (core.schedule)
    inquire    it is older than the epoch and none is open: ask about the reference that it would be sent under next,
               and send nothing (core.recovery)

Each question goes with how long the clock it was timed by had not stepped: what is said of a time that never was is no
evidence.

Leaves to others: sending again (send), which is only returned here as what follows; and what an answer means
(core.hearing).

The trap: an answer is about the moment of its question, and may be heard hours later. "Not found" is not "never sent":
a send may still be on its way. So what is asked is noted with the question's own time, and judged by it.
"""

from __future__ import annotations

from typing import Final

from outlay.core.attempt import Attempt, AttemptState, attempt_reference
from outlay.core.events import Park, Source
from outlay.core.outcome import NotFound, Refused
from outlay.core.payout import Payout
from outlay.core.schedule import Again, AskNow, Leave, next_inquiry, next_move
from outlay.core.work import Work
from outlay.rails.rail import Rail
from outlay.running.moments import Moment, reached
from outlay.service.engine.move_payout import Moved
from outlay.workers.steps import Next, SendOnceMore, Steps, no_rail, within

MOMENTS: Final = frozenset({Moment.ASKING, Moment.TOLD, Moment.LEARNT})


class Asking:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._runtime = steps.runtime

    async def follow(self, payout: Payout, attempt: Attempt) -> Next:
        """`attempt`: its open one."""
        rail = self._steps.rails.get(attempt.rail)
        if rail is None:
            await self._steps.set_aside(payout, attempt.number, no_rail(attempt.rail))
            return None
        match next_move(payout, attempt, rail.terms, self._runtime.now_ms(), self._runtime.real_ms()):
            case AskNow():
                return await self.ask(rail, payout, attempt)
            case Again():
                return SendOnceMore(rail, payout, attempt)
            case Leave(why=why):
                return await self._steps.end_with(payout, Park(attempt.number, why))

    async def ask(self, rail: Rail, payout: Payout, attempt: Attempt) -> Next:
        heard, asked_ms = await self._ask_about(rail, payout, attempt, attempt.questions)
        still_open = heard.payout.open_attempt if heard is not None else None
        if heard is None or still_open is None or still_open.rail not in self._steps.rails:
            return None
        rail, now_ms, real_ms = self._steps.rails[still_open.rail], self._runtime.now_ms(), self._runtime.real_ms()
        match next_move(heard.payout, still_open, rail.terms, now_ms, real_ms, asked_ms):
            case Again():
                return SendOnceMore(rail, heard.payout, still_open)
            case Leave(why=why):
                return await self._steps.end_with(heard.payout, Park(still_open.number, why))
            case AskNow():
                return None  # when was saved together with what was heard

    async def ask_first(self, payout: Payout) -> Next:
        """What the core wants to know before it lets anything come of the payout."""
        attempt = payout.open_attempt
        if attempt is None:
            return await self.inquire(payout)
        rail = self._steps.rails.get(attempt.rail)
        # Else nobody can ask, and nothing may come of it.
        return await self.ask(rail, payout, attempt) if rail is not None else None

    async def inquire(self, payout: Payout) -> Next:
        """Of a payout without an open attempt that is older than the epoch: whether the rail knows the reference that
        it would be sent under next."""
        rail, inquiry = self._steps.rails.get(payout.rail), payout.pending.inquiry
        if rail is None:
            await self._steps.set_aside(payout, None, no_rail(payout.rail))
            return None
        number = len(payout.attempts) + 1
        reference = attempt_reference(payout.payout_id, number)
        # Made up, so that it can be asked about: it is committed nowhere, and so nothing is ever sent by it.
        unsent = Attempt(number, payout.rail, reference, AttemptState.UNKNOWN, self._runtime.now_ms())
        questions = inquiry.questions if inquiry is not None else 0
        heard, asked_ms = await self._ask_about(rail, payout, unsent, questions)
        inquiry = heard.payout.pending.inquiry if heard is not None else None
        if heard is None:
            await self._steps.put_off(payout)
        elif inquiry is not None:
            match next_inquiry(heard.payout, inquiry, self._runtime.real_ms(), asked_ms):
                case Leave(why=why):
                    return await self._steps.end_with(heard.payout, Park(None, why))
                case AskNow():
                    pass  # when was saved together with what was heard
        return None

    async def _ask_about(
        self, rail: Rail, payout: Payout, attempt: Attempt, questions: int
    ) -> tuple[Moved | None, int]:
        """And when it was asked. The steady clock is read first: what a pause between the two readings hides, a later
        look shows."""
        await self._steps.turn(rail, Work.ASK)
        following = self._runtime.following
        # Both before the question leaves: it counts as asked then at the latest, however late it arrives.
        steady_ms, asked_ms = self._runtime.steady_ms(), self._runtime.real_ms()
        reached(Moment.ASKING, payout.payout_id)
        answer = await within(rail.terms, rail.ask(payout, attempt))
        reached(Moment.TOLD, payout.payout_id)
        # Only of these it matters when they were asked for; also of what was sent once, when this is heard.
        decides = isinstance(answer, NotFound | Refused)
        calm_ms = await following.confirmed_calm_ms(steady_ms) if decides else following.calm_ms(steady_ms)
        evidence = f"question {questions + 1}"
        heard = await self._steps.hear(rail, payout, attempt, answer, Source.ASK, evidence, asked_ms, calm_ms)
        reached(Moment.LEARNT, payout.payout_id)
        return heard, asked_ms
