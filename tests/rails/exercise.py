"""The definition of a rail: every case that one must stand, played through the real worker on a real database.

`exercise` makes the tests of one rail; a `Bench` tells all that they need to know of it: how it is made, how its far
end is brought into each situation, and what money moved there. What a rail cannot get into is skipped by name, for a
reason. A case is a plain function that raises where a promise is broken, so that the control can play all of them.

The worker is driven from one place, `Stage.work`. Time is the world's and jumps; only a call that is to be cut waits
for its timeout in truth, and it is short.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final

import pytest

from outlay.core.attempt import (
    SEND_WITHIN_MS,
    Attempt,
    AttemptState,
    RailTerms,
    attempt_reference,
    final_after_ms,
)
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt
from outlay.core.outcome import NotFound, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.rails.rail import NOT_SENT, Fence, Rail
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.store.database import Unavailable
from tests.support.rails import open_fence, submitter_of
from tests.support.world import World

STEP_MS: Final = 4_000
PATIENT_MS: Final = 10_000
CUT_MS: Final = 100
"""A timeout that a test waits for in truth."""
NEVER_S: Final = 20.0
"""Of the machine's time: what has not come by then does not come."""


class Situation(StrEnum):
    PAID = "nothing goes wrong"
    LOST_REQUEST = "the request does not arrive"
    LOST_ANSWER = "it arrives, and its answer does not"
    HIDDEN = "its answer does not arrive, and two questions or more are too early for the far end to find it"
    REFUSED = "it is refused for good"
    RETURNED = "it is paid, and all of it comes back"
    CONTRADICTED = "it is refused, and then said to be paid"


class Line:
    """The way back from a far end. While it is held, no answer arrives."""

    def __init__(self) -> None:
        self.is_reached = asyncio.Event()
        """An answer is held back."""
        self._is_free = asyncio.Event()
        self._is_free.set()

    def hold(self) -> None:
        self._is_free.clear()

    def release(self) -> None:
        self._is_free.set()

    async def pass_answer(self) -> None:
        """Called by the far end when it has done what it was asked."""
        if not self._is_free.is_set():
            self.is_reached.set()
            await self._is_free.wait()


class Bench(ABC):
    """One rail in one world. `cannot`: cases that it can never get into, each with the reason. `line`: what its answers
    to sends come by."""

    cannot: ClassVar[Mapping[str, str]] = {}
    rail: Rail

    def __init__(self, world: World, timeout_ms: int) -> None:
        self.world = world
        self.timeout_ms = timeout_ms
        self.line = Line()

    @abstractmethod
    async def order(self, situation: Situation) -> Payout:
        """A payout of an account with just enough money, which will meet this when it is sent."""

    @abstractmethod
    async def times_paid(self, payout: Payout) -> int:
        """How often its money moved at the far end, in truth."""

    @abstractmethod
    async def act(self) -> None:
        """The far end does by itself what is due, and tells it."""


class Stage:
    """A bench, and the worker that drives its rail."""

    def __init__(self, world: World, make: type[Bench], timeout_ms: int) -> None:
        self.world = world
        self.bench = make(world, timeout_ms)
        self.rail = self.bench.rail
        self.terms: RailTerms = self.rail.terms
        self.final_ms = SEND_WITHIN_MS + final_after_ms(self.terms)
        self._worker = submitter_of(world.runtime, {self.terms.name: self.rail})

    async def work(self) -> None:
        """One look of the worker: all that was due when it began is done when it ends."""
        await self._worker.run_due()

    async def go_on(self, ms: int) -> None:
        for _ in range(0, ms, STEP_MS):
            self.world.clock.advance(STEP_MS)
            await self.work()
            await self.bench.act()

    async def until_state(self, payout: Payout, state: State, ms: int) -> Payout:
        for _ in range(0, ms, STEP_MS):
            if (now := await self.world.payout(payout)).state is state:
                return now
            await self.go_on(STEP_MS)
        now = await self.world.payout(payout)
        assert now.state is state, f"{now.state} after {ms} ms: {await self.world.facts(payout)}"
        return now

    async def sent(self, situation: Situation) -> Payout:
        payout = await self.bench.order(situation)
        await self.work()
        return await self.world.payout(payout)

    async def begun(self, situation: Situation) -> tuple[Payout, Attempt]:
        """Its attempt is committed, and its worker has died before it was handed over."""
        payout = await self.bench.order(situation)
        begin = BeginAttempt(self.terms, self.world.clock())
        moved = await move_payout(self.world.runtime, payout.account_id, payout.payout_id, begin)
        assert isinstance(moved, Moved)
        return moved.payout, moved.payout.attempts[-1]

    async def check_paid_once(self, payout: Payout, *, sends: Collection[int] = (1,)) -> None:
        """Here and there, and nobody has to look at it; sent so often."""
        now = await self.world.payout(payout)
        assert now.state is State.PAID
        assert now.cases == ()
        assert len(now.attempts) == 1
        assert len(now.attempts[0].sends) in sends
        assert await self.bench.times_paid(payout) == 1
        books = await self.world.books(payout.account_id)
        assert books[f"clearing:{self.terms.name}"] == payout.amount_minor
        assert "held" not in books

    async def check_all_is_there(self, payout: Payout) -> None:
        """The merchant has the money of this payout."""
        books = await self.world.books(payout.account_id)
        assert books["available"] == -books["funding"]
        assert set(books) == {"available", "funding"}


Case = Callable[[Stage], Awaitable[None]]
CASES: Final[dict[str, Case]] = {}
TIMEOUTS_MS: Final = {"hang": CUT_MS}


def _case(name: str) -> Callable[[Case], Case]:
    def kept(play: Case) -> Case:
        CASES[name] = play
        return play

    return kept


@_case("create")
async def what_is_sent_is_paid_once_and_found_under_our_reference(stage: Stage) -> None:
    sent = await stage.sent(Situation.PAID)
    assert [attempt.reference for attempt in sent.attempts] == [attempt_reference(sent.payout_id, 1)]
    assert sent.attempts[0].state in (AttemptState.ACCEPTED, AttemptState.PAID)
    now = await stage.until_state(sent, State.PAID, 3 * stage.final_ms)
    await stage.check_paid_once(now)
    said = await stage.rail.ask(now, now.attempts[0])
    assert isinstance(said, Paid)
    assert said.rail_reference == now.attempts[0].rail_references[0], "by the name that it had from the beginning"


@_case("ask")
async def a_question_about_what_was_never_sent_is_no_order(stage: Stage) -> None:
    payout = await stage.bench.order(Situation.PAID)
    reference = attempt_reference(payout.payout_id, 1)
    unsent = Attempt(1, stage.terms.name, reference, AttemptState.UNKNOWN, stage.world.clock())
    assert await stage.rail.ask(payout, unsent) == NotFound()
    await stage.bench.act()
    assert await stage.bench.times_paid(payout) == 0
    await stage.until_state(payout, State.PAID, 3 * stage.final_ms)
    await stage.check_paid_once(payout)


@_case("lose the request")
async def a_lost_request_is_sent_again_only_when_that_is_certain(stage: Stage) -> None:
    """And to a rail that pays duplicates never."""
    sent = await stage.sent(Situation.LOST_REQUEST)
    assert sent.attempts[0].is_silent
    await stage.go_on(stage.final_ms - STEP_MS)
    assert len((await stage.world.payout(sent)).attempts[0].sends) == 1
    assert await stage.bench.times_paid(sent) == 0
    if not stage.terms.refuses_duplicates:
        await stage.go_on(3 * stage.final_ms)
        now = await stage.world.payout(sent)
        assert [case.kind for case in now.cases] == [CaseKind.PARKED]
        assert await stage.bench.times_paid(sent) == 0
        return
    await stage.until_state(sent, State.PAID, 4 * stage.final_ms)
    await stage.check_paid_once(sent, sends=(2,))
    facts = await stage.world.facts(sent)
    assert facts[facts.index("sent_again") - 2 : facts.index("sent_again")] == ["not_found", "not_found"]


@_case("lose the answer")
async def what_arrived_without_an_answer_is_asked_about_and_never_sent_again(stage: Stage) -> None:
    sent = await stage.sent(Situation.LOST_ANSWER)
    assert sent.attempts[0].is_silent
    now = await stage.until_state(sent, State.PAID, 4 * stage.final_ms)
    assert now.attempts[0].questions > 0
    await stage.check_paid_once(sent)


@_case("never raise")
async def what_is_not_known_is_said_and_not_raised(stage: Stage) -> None:
    """But for our own database, whose faults are nobody's answer."""
    payout, attempt = await stage.begun(Situation.LOST_ANSWER)
    try:
        said: Any = await stage.rail.send(payout, attempt, open_fence())
    except Unavailable:
        said = Unknown("our own database was away")
    assert isinstance(said, Unknown)
    await stage.until_state(payout, State.PAID, 4 * stage.final_ms)


@_case("not found for a while")
async def what_is_not_found_at_first_is_neither_failed_nor_sent_again(stage: Stage) -> None:
    sent = await stage.sent(Situation.HIDDEN)
    assert await stage.rail.ask(sent, sent.attempts[0]) == NotFound()
    now = await stage.until_state(sent, State.PAID, 4 * stage.final_ms)
    assert now.attempts[0].questions > 2, "and the worker was told so twice"
    await stage.check_paid_once(sent)


@_case("duplicate")
async def the_same_reference_pays_once_however_often_it_is_sent(stage: Stage) -> None:
    payout, attempt = await stage.begun(Situation.PAID)
    fences = [open_fence() for _ in range(2)]
    first, second = await asyncio.gather(*(stage.rail.send(payout, attempt, fence) for fence in fences))
    assert type(first) is type(second)
    assert first == second, "the repeat is told what became of the first"
    await stage.bench.act()
    await stage.rail.send(payout, attempt, open_fence())
    await stage.until_state(payout, State.PAID, 4 * stage.final_ms)
    await stage.rail.send(payout, attempt, open_fence())
    await stage.go_on(3 * STEP_MS)
    await stage.check_paid_once(payout)


@_case("refuse")
async def what_is_refused_for_good_is_never_paid_and_its_money_comes_back(stage: Stage) -> None:
    sent = await stage.sent(Situation.REFUSED)
    now = await stage.until_state(sent, State.FAILED, 3 * stage.final_ms)
    await stage.check_all_is_there(now)
    await stage.go_on(stage.final_ms)
    assert await stage.bench.times_paid(sent) == 0
    now = await stage.world.payout(sent)
    assert (now.state, now.cases, len(now.attempts)) == (State.FAILED, (), 1)
    said = await stage.rail.ask(now, now.attempts[0])
    if stage.terms.elsewhere:  # after time was lost, "not found" would mean that nothing has gone on from it
        assert isinstance(said, Refused)
    assert said == NotFound() or (isinstance(said, Refused) and said.failure == now.failure)


@_case("return")
async def what_comes_back_after_it_was_paid_is_the_merchants_again(stage: Stage) -> None:
    sent = await stage.sent(Situation.RETURNED)
    await stage.until_state(sent, State.PAID, 3 * stage.final_ms)
    await stage.go_on(stage.final_ms)
    now = await stage.world.payout(sent)
    assert (now.state, now.returned_minor, now.cases) == (State.PAID, now.amount_minor, ())
    assert await stage.bench.times_paid(sent) == 1
    await stage.check_all_is_there(now)


@_case("hang")
async def a_call_that_never_ends_is_cut_and_asked_about(stage: Stage) -> None:
    payout = await stage.bench.order(Situation.PAID)
    stage.bench.line.hold()
    async with asyncio.timeout(NEVER_S):
        await stage.work()
    now = await stage.world.payout(payout)
    assert now.attempts[0].state in (AttemptState.BEGUN, AttemptState.UNKNOWN)
    # Where the machine was so slow that it was cut before it arrived, it is sent again.
    sends = (1,) if stage.bench.line.is_reached.is_set() else (1, 2)
    stage.bench.line.release()
    await stage.until_state(payout, State.PAID, 4 * stage.final_ms)
    await stage.check_paid_once(payout, sends=sends)


@_case("slow")
async def an_answer_that_comes_while_the_call_still_waits_is_heard(stage: Stage) -> None:
    payout = await stage.bench.order(Situation.PAID)
    stage.bench.line.hold()
    round_ = asyncio.create_task(stage.work())
    async with asyncio.timeout(NEVER_S):
        await stage.bench.line.is_reached.wait()
    await asyncio.sleep(0.02)
    assert (await stage.world.payout(payout)).attempts[0].state is AttemptState.BEGUN
    stage.bench.line.release()
    await round_
    now = await stage.world.payout(payout)
    assert now.attempts[0].state in (AttemptState.ACCEPTED, AttemptState.PAID)
    await stage.until_state(payout, State.PAID, 3 * stage.final_ms)
    assert "attempt_unknown" not in await stage.world.facts(payout)
    await stage.check_paid_once(payout)


@_case("contradict")
async def what_is_refused_and_then_paid_moves_no_money_and_is_a_case(stage: Stage) -> None:
    sent = await stage.sent(Situation.CONTRADICTED)
    await stage.until_state(sent, State.FAILED, 3 * stage.final_ms)
    await stage.check_all_is_there(sent)
    await stage.go_on(stage.final_ms)
    now = await stage.world.payout(sent)
    assert now.state is State.FAILED
    assert [case.kind for case in now.cases if case.is_open] == [CaseKind.PAID_AFTER_FAILED]
    assert [len(attempt.sends) for attempt in now.attempts] == [1]
    assert await stage.bench.times_paid(sent) == 1
    await stage.check_all_is_there(now)


@_case("fence")
async def behind_a_closed_fence_nothing_leaves_and_what_left_is_told(stage: Stage) -> None:
    payout, attempt = await stage.begun(Situation.PAID)
    closed, opened = Fence(stage.terms, lambda: 10**9, 0), open_fence()
    assert await stage.rail.send(payout, attempt, closed) is NOT_SENT
    assert closed.left_ms is None
    assert await stage.rail.ask(payout, attempt) == NotFound()
    assert await stage.bench.times_paid(payout) == 0
    await stage.rail.send(payout, attempt, opened)
    assert opened.left_ms is not None
    await stage.until_state(payout, State.PAID, 4 * stage.final_ms)


async def play(world: World, make: type[Bench], name: str) -> None:
    """One case. Raises where a promise is broken."""
    stage = Stage(world, make, TIMEOUTS_MS.get(name, PATIENT_MS))
    try:
        await CASES[name](stage)
    finally:
        stage.bench.line.release()


def exercise(make: type[Bench], *, skipped: Sequence[str] = ()) -> tuple[Callable[..., Any], Callable[[], None]]:
    """The tests of one rail: that it stands every case, and that it skips these alone."""

    @pytest.mark.parametrize("name", CASES)
    async def stands_every_case(world: World, name: str) -> None:
        if name in make.cannot:
            pytest.skip(f"{name}: {make.cannot[name]}")
        await play(world, make, name)

    def skips_only_what_it_cannot_have() -> None:
        assert sorted(make.cannot) == sorted(skipped)
        assert set(make.cannot) < set(CASES)
        assert all(reason.strip() for reason in make.cannot.values())

    return stands_every_case, skips_only_what_it_cannot_have
