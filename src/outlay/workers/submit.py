"""Send payouts out, and find out about those that were sent: never twice, never guessing.

For each payout that is due:

    reserved            commit the attempt with its first send, hand it over, record what the rail says
    between two rails   the same, at the next rail
    older than epoch    ask about the reference that it would be sent under next, and send nothing (core.recovery)
    attempt open        do what the asking policy says (core.schedule): ask, send again, or leave it to a person

Each commit that records a send is made with two clocks read before it: the real time, from which everybody computes
when nothing of the send can be on its way any more, and a steady one, by which this process knows whether it may still
let it go. The real one may step. So no send is committed by a clock that was not looked at lately, and each question
goes with how long the clock it was timed by had not stepped.

Nothing is sent whose stored instruction is not what was ordered (core.instruction): the digest is looked at before a
send is committed, and what was committed must be what was looked at.

The trap: after the attempt is committed the only next move is to ask. A crash between commit and send looks exactly
like a lost answer, and is treated like one. So is a pause: between any two lines here hours may pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from outlay.core.attempt import CLOCK_LOOKED_AT_MS, Attempt, AttemptState, RailTerms, attempt_reference
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Event, Expire, Heard, Park, SendAgain, SentLate, Source
from outlay.core.instruction import instruction_of, look_at_digest
from outlay.core.outcome import NotFound, Outcome, Refused, Unknown
from outlay.core.payout import Payout, State
from outlay.core.refusal import No, Objection
from outlay.core.schedule import Again, Ask, Leave, next_inquiry, next_move
from outlay.core.seals import Seal, look_at_fact
from outlay.core.work import Due, Work, due
from outlay.rails.rail import Fence, Rail, Rails
from outlay.running.moments import Moment, reached
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable
from outlay.store.references import RailReference
from outlay.store.work import Taken
from outlay.workers.places import Rate

MOMENTS: Final = frozenset(
    {
        *(Moment.NOTED, Moment.BEGINNING, Moment.BEGUN, Moment.SENDING_AGAIN, Moment.SENT_AGAIN),
        *(Moment.ANSWERED, Moment.HEARD, Moment.ASKING, Moment.TOLD, Moment.LEARNT),
        *(Moment.PARKING, Moment.PARKED, Moment.EXPIRED),
    }
)
CHANGED: Final = "what is stored of the order is not what was ordered"
GOOD_SEALS: Final = (Seal.WHOLE, Seal.OLDER)
UNSENT: Final = frozenset({State.IN_REVIEW, State.RESERVED})
TELL_AGAIN_S: Final = 1.0
"""Between two tries to record what only this process knows."""

_log = structlog.get_logger("outlay.submit")


class WorkList(Protocol):
    """What is written of payouts that were taken (store.work)."""

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]: ...
    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None: ...


class Submitter:
    """`rates`: of the rails whose calls are counted, by name."""

    def __init__(self, runtime: Runtime, rails: Rails, work: WorkList, rates: Mapping[str, Rate] | None = None) -> None:
        self._runtime = runtime
        self._rails = rails
        self._work = work
        self._rates = rates or {}
        self._changed: set[tuple[UUID, int]] = set()
        """Payouts whose instruction was not what was ordered when they were last taken."""

    async def works(self, taken: Sequence[Taken]) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """What is to be done with each, in their order."""
        self._look_at_digests(taken)
        foreign = await self._note_references([each.payout for each in taken])
        reached(Moment.NOTED, len(taken))
        return [
            partial(self._keep_apart, each.payout)
            if (each.payout.account_id, each.payout.payout_id) in foreign
            else partial(self._work_on, each.payout)
            for each in taken
        ]

    def _look_at_digests(self, taken: Sequence[Taken]) -> None:
        for each in taken:
            key = (each.payout.account_id, each.payout.payout_id)
            if self._is_as_ordered(each):
                self._changed.discard(key)
            else:
                self._changed.add(key)

    def _is_as_ordered(self, taken: Taken) -> bool:
        """Also over which rail, and under which names: by another one it would be paid once more."""
        payout, ordered, key = taken.payout, taken.ordered, self._runtime.seal_key
        if look_at_digest(instruction_of(payout), taken.digest, key) not in GOOD_SEALS:
            return False
        if any(one.reference != attempt_reference(payout.payout_id, one.number) for one in payout.attempts):
            return False
        if ordered is None:
            return True
        if look_at_fact(key, payout.account_id, payout.payout_id, ordered, taken.seal) not in GOOD_SEALS:
            return False
        first = payout.attempts[0].rail if payout.attempts else payout.rail
        return ordered.data.get("rail", first) == first

    def _is_changed(self, payout: Payout) -> bool:
        return (payout.account_id, payout.payout_id) in self._changed

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
        await self._set_aside(payout, None, "the reference that it would be sent under is another payout's")

    async def _set_aside(self, payout: Payout, attempt_number: int | None, why: str) -> None:
        """Until a person, or a later look, finds it otherwise."""
        parked = await self._move(payout, Park(attempt_number, why, is_unaskable=True))
        await self._put_off(parked.payout if parked is not None else payout)

    def _is_overdue(self, payout: Payout) -> bool:
        expires_ms = payout.expires_ms
        return not payout.attempts and expires_ms is not None and expires_ms <= self._runtime.now_ms()

    async def _work_on(self, payout: Payout) -> None:
        attempt = payout.open_attempt
        if attempt is not None:
            await self._follow(payout, attempt)
        elif payout.pending.inquiry is not None:
            await self._inquire(payout)
        elif payout.is_between_rails:
            await self._begin(payout)
        elif self._is_overdue(payout):
            await self._move(payout, Expire())
        elif payout.state is State.RESERVED:
            await self._begin(payout)
        elif payout.completed_ms is None:  # people must speak; only where time was lost the rail is asked
            await self._put_off(payout)
            await self._begin(payout)

    async def _turn(self, rail: Rail, work: Work) -> None:
        """To call it once; before anything is committed that counts on the call."""
        rate = self._rates.get(rail.terms.name)
        if rate is not None:
            await rate.turn(work)

    async def _begin(self, payout: Payout) -> None:
        rail = self._rails.get(payout.rail)  # looked up first: one that is not there must not leave an attempt behind
        if rail is None:
            await self._set_aside(payout, None, no_rail(payout.rail))
            return
        if self._is_changed(payout):
            await self._stop_changed(payout, None)
            return
        await self._turn(rail, Work.SEND)
        clocks = await self._clocks()
        if clocks is None:
            await self._put_off(payout)
            return
        began_ms, real_ms = clocks
        reached(Moment.BEGINNING, payout.payout_id)
        begun = await self._move(payout, BeginAttempt(rail.terms, real_ms))
        if begun is not None:
            reached(Moment.BEGUN, payout.payout_id)
            fence = Fence(rail.terms, self._runtime.steady_ms, began_ms)
            await self._hand_over_if_same(rail, begun.payout, fence, payout)

    async def _clocks(self) -> tuple[int, int] | None:
        """The steady time, and the real one at the latest, by a clock that was looked at shortly before: after a pause
        it may have stepped. None where it cannot be looked at: then the payout is put off."""
        following = self._runtime.following
        for _ in range(2):
            steady_ms, real_ms = self._runtime.steady_ms(), self._runtime.real_ms() + following.behind_ms()
            if following.looked_ago_ms() <= CLOCK_LOOKED_AT_MS:
                return steady_ms, real_ms
            await following.confirmed_calm_ms(steady_ms)
        return None

    async def _inquire(self, payout: Payout) -> None:
        """Of a payout without an open attempt that is older than the epoch: whether the rail knows the reference that
        it would be sent under next."""
        rail, inquiry = self._rails.get(payout.rail), payout.pending.inquiry
        if rail is None:
            await self._set_aside(payout, None, no_rail(payout.rail))
            return
        number = len(payout.attempts) + 1
        reference = attempt_reference(payout.payout_id, number)
        unsent = Attempt(number, payout.rail, reference, AttemptState.UNKNOWN, self._runtime.now_ms())
        questions = inquiry.questions if inquiry is not None else 0
        heard, asked_ms = await self._ask_about(rail, payout, unsent, questions)
        inquiry = heard.payout.pending.inquiry if heard is not None else None
        if heard is None:
            await self._put_off(payout)
        elif inquiry is not None:
            match next_inquiry(heard.payout, inquiry, self._runtime.real_ms(), asked_ms):
                case Leave(why=why):
                    await self._move(heard.payout, Park(None, why))
                case Ask():
                    pass  # when was saved together with what was heard

    async def _send_again(self, rail: Rail, payout: Payout, attempt: Attempt, looked_at: Payout) -> None:
        """`looked_at`: the payout as it was taken."""
        if self._is_changed(payout):
            await self._stop_changed(payout, attempt.number)
            return
        await self._turn(rail, Work.SEND)
        clocks = await self._clocks()
        if clocks is None:
            await self._put_off(payout)
            return
        began_ms, real_ms = clocks
        reached(Moment.SENDING_AGAIN, payout.payout_id)
        granted = await self._move(payout, SendAgain(attempt.number, rail.terms, real_ms))
        if granted is not None:
            reached(Moment.SENT_AGAIN, payout.payout_id)
            fence = Fence(rail.terms, self._runtime.steady_ms, began_ms)
            await self._hand_over_if_same(rail, granted.payout, fence, looked_at)

    async def _hand_over_if_same(self, rail: Rail, payout: Payout, fence: Fence, looked_at: Payout) -> None:
        if instruction_of(payout) == instruction_of(looked_at):
            await self._hand_over(rail, payout, fence)
        else:
            await self._stop_changed(payout, payout.attempts[-1].number)

    async def _stop_changed(self, payout: Payout, attempt_number: int | None) -> None:
        """What was not ordered is not sent; people are told, and it is looked at once a day."""
        _log.error("an instruction was changed", payout_id=payout.payout_id)
        parked = await self._move(payout, Park(attempt_number, CHANGED, CaseKind.INSTRUCTION_CHANGED))
        if parked is not None and not parked.changed:
            await self._put_off(parked.payout)

    async def _hand_over(self, rail: Rail, payout: Payout, fence: Fence) -> None:
        """The latest send of the latest attempt, which was committed just now."""
        attempt = payout.attempts[-1]
        number = attempt.sends[-1].number
        try:
            outcome = await _within(rail.terms, rail.send(payout, attempt, fence))
        except Unavailable:
            await self._tell_if_late(rail, payout, fence)
            raise
        await self._tell_if_late(rail, payout, fence)
        reached(Moment.ANSWERED, payout.payout_id)
        await self._hear(rail, payout, attempt, outcome, Source.SEND, f"send {number}")
        reached(Moment.HEARD, payout.payout_id)

    async def _tell_if_late(self, rail: Rail, payout: Payout, fence: Fence) -> None:
        fence.has_ended()
        if fence.was_crossed:
            attempt = payout.attempts[-1]
            number = attempt.sends[-1].number
            _log.error("a send left late", payout_id=payout.payout_id, attempt=attempt.number, send=number)
            await self._tell_at_last(payout, lambda real_ms: SentLate(attempt.number, number, rail.terms, real_ms))

    async def _follow(self, payout: Payout, attempt: Attempt) -> None:
        rail = self._rails.get(attempt.rail)
        if rail is None:
            await self._set_aside(payout, attempt.number, no_rail(attempt.rail))
            return
        match next_move(payout, attempt, rail.terms, self._runtime.now_ms(), self._runtime.real_ms()):
            case Ask():
                await self._ask(rail, payout, attempt)
            case Again():
                await self._send_again(rail, payout, attempt, payout)
            case Leave(why=why):
                await self._move(payout, Park(attempt.number, why))

    async def _ask(self, rail: Rail, payout: Payout, attempt: Attempt) -> None:
        heard, asked_ms = await self._ask_about(rail, payout, attempt, attempt.questions)
        still_open = heard.payout.open_attempt if heard is not None else None
        if heard is None or still_open is None or still_open.rail not in self._rails:
            return
        rail, now_ms, real_ms = self._rails[still_open.rail], self._runtime.now_ms(), self._runtime.real_ms()
        match next_move(heard.payout, still_open, rail.terms, now_ms, real_ms, asked_ms):
            case Again():
                await self._send_again(rail, heard.payout, still_open, payout)
            case Leave(why=why):
                await self._move(heard.payout, Park(still_open.number, why))
            case Ask():
                pass  # when was saved together with what was heard

    async def _ask_about(
        self, rail: Rail, payout: Payout, attempt: Attempt, questions: int
    ) -> tuple[Moved | None, int]:
        """And when it was asked. The steady clock is read first: what a pause between the two readings hides, a later
        look shows."""
        await self._turn(rail, Work.ASK)
        following = self._runtime.following
        steady_ms, asked_ms = self._runtime.steady_ms(), self._runtime.real_ms()
        reached(Moment.ASKING, payout.payout_id)
        answer = await _within(rail.terms, rail.ask(payout, attempt))
        reached(Moment.TOLD, payout.payout_id)
        # Only of these it matters when they were asked for; also of what was sent once, when this is heard.
        decides = isinstance(answer, NotFound | Refused)
        calm_ms = await following.confirmed_calm_ms(steady_ms) if decides else following.calm_ms(steady_ms)
        evidence = f"question {questions + 1}"
        heard = await self._hear(rail, payout, attempt, answer, Source.ASK, evidence, asked_ms, calm_ms)
        reached(Moment.LEARNT, payout.payout_id)
        return heard, asked_ms

    async def _hear(
        self,
        rail: Rail,
        payout: Payout,
        attempt: Attempt,
        outcome: Outcome | NotFound,
        source: Source,
        evidence: str,
        asked_ms: int | None = None,
        calm_ms: int | None = None,
    ) -> Moved | None:
        inquiry = payout.pending.inquiry
        heard = Heard(
            attempt.number,
            outcome,
            source,
            evidence,
            asked_ms=asked_ms,
            rail=rail.terms,
            calm_ms=calm_ms,
            departures=attempt.departures,
            inquiry_epoch=inquiry.epoch if inquiry is not None else 0,
        )
        return await self._move(payout, heard)

    async def _move(self, payout: Payout, event: Event) -> Moved | None:
        """None where the core refuses: somebody was faster, or the rail must be asked first, which is done at once."""
        if isinstance(event, Park):
            reached(Moment.PARKING, payout.payout_id)
        moved = await move_payout(self._runtime, payout.account_id, payout.payout_id, event)
        if isinstance(event, Park | Expire):
            reached(Moment.PARKED if isinstance(event, Park) else Moment.EXPIRED, payout.payout_id)
        if isinstance(moved, No):
            name = type(event).__name__
            _log.info("too late", payout_id=payout.payout_id, move=name, refusal=moved.name)
            if moved is Objection.NOT_ASKED_ABOUT:
                await self._ask_first(payout)
            return None
        return moved

    async def _ask_first(self, payout: Payout) -> None:
        attempt = payout.open_attempt
        if attempt is None:
            await self._inquire(payout)
        else:
            rail = self._rails.get(attempt.rail)
            if rail is not None:  # else nobody can ask, and nothing may come of it
                await self._ask(rail, payout, attempt)

    async def _tell_at_last(self, payout: Payout, event_at: Callable[[int], Event]) -> None:
        """What only this process knows is recorded before anything else comes of the payout, however long it takes.
        `event_at` a real time: where the clock cannot be looked at, the old one is better than to tell it later."""
        while True:
            try:
                clocks = await self._clocks()
                real_ms = self._runtime.real_ms() if clocks is None else clocks[1]
                await self._move(payout, event_at(real_ms))
                return
            except Unavailable as error:
                self._runtime.health.met(error, worker="submit")
            await asyncio.sleep(TELL_AGAIN_S)

    async def _put_off(self, payout: Payout) -> None:
        later = due(payout, self._runtime.now_ms(), self._runtime.real_ms())
        if later is not None:
            await self._work.put_off(payout.account_id, payout.payout_id, later)


def no_rail(name: str) -> str:
    """Why a payout waits for a person; the same words each time."""
    return f"no rail here is called {name}"


async def _within(terms: RailTerms, call: Awaitable[Outcome | NotFound]) -> Outcome | NotFound:
    """A call ends within the rail's timeout, whatever comes of it."""
    try:
        async with asyncio.timeout(terms.timeout_ms / 1_000):
            return await call
    except TimeoutError:
        return Unknown(f"no answer within {terms.timeout_ms / 1_000:g} s")
    except Unavailable:
        raise
    except Exception as error:  # a fault of the rail's own code tells nothing of the other side
        _log.error("a rail's fault", rail=terms.name, error=repr(error))
        return Unknown("a fault of the rail's own code")
