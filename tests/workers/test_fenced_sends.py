"""A bank that is far away, and workers that pause: what was handed over twice is paid once, and what is called failed
is not paid.

The bank here may pay a reference that it refused before, as banks do: what it refused was for want of funds.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from outlay.core.attempt import SEND_WITHIN_MS, Attempt, RailTerms
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.outcome import Accepted, Failure, FailureReason, NotFound, Outcome, Paid, Refused
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.rails.rail import NOT_SENT, Fence
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.store.database import Unavailable
from outlay.workers import steps
from tests.support.rails import FINAL_MS, Rounds, submitter_of
from tests.support.world import World

NO_FUNDS = Refused(Failure(FailureReason.RAIL_OUT_OF_FUNDS, "no funds"))


class FarBank:
    """Knows nothing of what has not reached it. Whoever sends first is paused here, before anything leaves."""

    def __init__(self, *says: Outcome, looks_at_the_fence: bool = True) -> None:
        self.terms = RailTerms("sandbox", refuses_duplicates=True)
        self.says = list(says)
        self.looks_at_the_fence = looks_at_the_fence
        self.arrived: list[str] = []
        self.paid: list[str] = []
        self.is_known = False
        self.paused, self.goes_on = asyncio.Event(), asyncio.Event()

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        if not self.paused.is_set():
            self.paused.set()
            await self.goes_on.wait()
        if self.looks_at_the_fence and not fence.is_open():
            return NOT_SENT
        fence.has_left()
        self.arrived.append(attempt.reference)
        said = self.says.pop(0)
        if isinstance(said, Paid) and attempt.reference not in self.paid:
            self.paid.append(attempt.reference)
        return said

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        if attempt.reference in self.paid:
            return Paid("X1")
        return NO_FUNDS if self.arrived else NotFound()


async def run_for(world: World, submitter: Rounds, ms: int, step_ms: int = 5_000) -> None:
    for _ in range(0, ms, step_ms):
        world.clock.advance(step_ms)
        await submitter.run_due()


async def paused_worker(world: World, bank: FarBank) -> tuple[Payout, asyncio.Task[int]]:
    """It has committed its attempt, and its bytes have not left."""
    payout = await world.order(await world.account(fund=100), 30)
    slow = asyncio.create_task(submitter_of(await world.process(), {"sandbox": bank}, "slow").run_due())
    await bank.paused.wait()
    return payout, slow


async def test_a_worker_that_wakes_after_another_has_sent_again_sends_nothing(world: World) -> None:
    bank = FarBank(NO_FUNDS, Paid("X1"))
    payout, slow = await paused_worker(world, bank)
    quick = submitter_of(await world.process(), {"sandbox": bank}, "quick")
    await run_for(world, quick, 4 * FINAL_MS)
    assert (await world.payout(payout)).state is State.FAILED, "the resend was refused, asked about and given back"
    bank.goes_on.set()
    await slow
    assert bank.paid == [], "and nothing was paid afterwards"
    assert bank.arrived == [f"OUT{payout.payout_id}A1"]


async def test_not_found_counts_only_when_nothing_of_a_send_can_be_on_its_way(world: World) -> None:
    bank = FarBank(Paid("X1"))
    payout, slow = await paused_worker(world, bank)
    quick = submitter_of(await world.process(), {"sandbox": bank}, "quick")
    before = await world.payout(payout)
    assert before.attempt is not None
    for _ in range(5):  # asked again and again while the first send may still leave
        assert await quick._asking.ask(bank, before, before.attempt) is None
        world.clock.advance((SEND_WITHIN_MS - 1) // 5)
    assert "not_found" not in await world.facts(payout)
    bank.goes_on.set()
    await slow
    assert bank.paid == [f"OUT{payout.payout_id}A1"]
    assert (await world.payout(payout)).state is State.PAID


async def test_a_clock_that_was_off_counts_nothing_as_evidence_too_early(world: World) -> None:
    """The database's clock was behind when the send was committed: what it promises lies in the future by then."""
    bank = FarBank(Paid("X1"), Paid("X1"))
    bank.terms = RailTerms("sandbox", refuses_duplicates=True, finality_ms=20_000)
    payout, slow = await paused_worker(world, bank)
    before = await world.payout(payout)
    assert before.attempt is not None
    quick = submitter_of(await world.process(), {"sandbox": bank}, "quick")
    world.clock.advance(31_000)
    assert await quick._asking.ask(bank, before, before.attempt) is None
    world.clock.advance(4_000)
    assert await quick._asking.ask(bank, before, before.attempt) is None
    assert "sent_again" not in await world.facts(payout)
    bank.goes_on.set()
    await slow
    assert bank.arrived == [], "its fence was closed meanwhile"


async def test_bytes_that_left_late_are_told_and_nothing_is_sent_again(world: World) -> None:
    bank = FarBank(Accepted("X1"), looks_at_the_fence=False)
    payout, slow = await paused_worker(world, bank)
    world.clock.advance(SEND_WITHIN_MS + 1)
    bank.goes_on.set()
    await slow
    now = await world.payout(payout)
    assert now.attempts[0].sends[0].is_late
    assert [case.kind for case in now.cases] == [CaseKind.LATE_SEND]
    assert await world.facts(payout) == ["ordered", "attempt_begun", "sent_late", "attempt_accepted"]


async def test_a_paused_worker_begins_no_attempt_over_the_rail_that_has_refused_meanwhile(
    world: World,
) -> None:
    """It took the payout before it was sent at all; by the time it wakes, the money goes over another rail."""
    south = RailTerms("sandbox", elsewhere=frozenset({FailureReason.RAIL_OUT_OF_FUNDS}))
    payout = await world.order(await world.account(fund=100), 30)
    bank = FarBank(Paid("X1"))
    bank.paused.set()
    paused = submitter_of(world.runtime, {"sandbox": bank})
    (taken,) = await paused.taken()
    refused = Heard(1, NO_FUNDS, Source.SEND, "send 1", rail=south, rails=("sandbox", "north"))
    for event in (BeginAttempt(south), refused):
        assert isinstance(await move_payout(world.runtime, payout.account_id, payout.payout_id, event), Moved)
    assert await paused._sending.begin(taken) is None
    assert bank.arrived == []
    now = await world.payout(payout)
    assert now.is_between_rails
    assert len(now.attempts) == 1


@pytest.mark.slow  # cut connections
async def test_a_send_that_left_late_is_told_also_after_an_outage(world: World) -> None:
    bank = FarBank(Accepted("X1"), looks_at_the_fence=False)
    payout, slow = await paused_worker(world, bank)
    world.clock.advance(SEND_WITHIN_MS + 1)
    tries = []
    tell = steps.move_payout

    async def is_away_at_first(*arguments: Any) -> Any:
        tries.append(arguments[-1])
        if len(tries) == 1:
            raise Unavailable("planted")
        return await tell(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "move_payout", is_away_at_first)
        bank.goes_on.set()
        await slow
    assert tries[0] == tries[1]
    assert (await world.payout(payout)).attempts[0].sends[0].is_late


class StandingBank(FarBank):
    """Its process stands still between the look at the fence and the first byte, and hears no answer afterwards."""

    def __init__(self, fault: Exception | None) -> None:
        super().__init__()
        timeout_ms = 10_000 if fault is not None else 50
        self.terms, self._fault = RailTerms("sandbox", refuses_duplicates=True, timeout_ms=timeout_ms), fault

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        assert fence.is_open()
        self.paused.set()
        with suppress(TimeoutError, asyncio.CancelledError):  # who stands still hears no timer
            await self.goes_on.wait()
        self.paid.append(attempt.reference)
        if self._fault is not None:
            raise self._fault
        await asyncio.Event().wait()
        raise AssertionError("cut off before")


@pytest.mark.parametrize("fault", [None, OSError("reset"), Unavailable("x", may_have_happened=True)])
async def test_a_late_send_is_told_though_its_call_was_cut_or_failed(world: World, fault: Exception | None) -> None:
    """Nobody could tell the fence that everything had left."""
    bank = StandingBank(fault)
    payout, slow = await paused_worker(world, bank)
    world.clock.advance(FINAL_MS)
    bank.goes_on.set()
    await slow
    now = await world.payout(payout)
    assert now.attempts[0].sends[0].is_late
    assert [case.kind for case in now.cases] == [CaseKind.LATE_SEND]


async def test_a_call_that_is_cut_in_time_is_no_late_send(world: World) -> None:
    bank = StandingBank(None)
    payout, slow = await paused_worker(world, bank)
    world.clock.advance(SEND_WITHIN_MS + bank.terms.timeout_ms)
    bank.goes_on.set()
    await slow
    assert not (await world.payout(payout)).cases
