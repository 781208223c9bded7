"""The loop around a worker: it hurries while there is work, rests when there is none, survives faults, stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.running.recurring import Chore, DueWork
from outlay.store.database import Unavailable
from outlay.workers import loop
from outlay.workers.loop import run_until

pytestmark = pytest.mark.virtual_time

RUNTIME: Any = SimpleNamespace(now_ms=lambda: 1000)


class Worker:
    """Does what `plan` says, round by round, and stops the loop at its end."""

    def __init__(self, *plan: int | Exception, next_due_ms: Callable[[], int | None] = lambda: 0) -> None:
        self.stop = asyncio.Event()
        self.rounds = 0
        self._plan = list(plan)
        self._next_due_ms = next_due_ms

    async def run_due(self) -> int:
        self.rounds += 1
        done = self._plan.pop(0)
        if not self._plan:
            self.stop.set()
        if isinstance(done, Exception):
            raise done
        return done

    async def next_due_ms(self) -> int | None:
        return self._next_due_ms()

    async def run(self) -> float:
        """So many seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await run_until(self.stop, RUNTIME, DueWork("test", self.run_due, self.next_due_ms))
        return loop.time() - began


async def test_while_there_is_work_there_is_no_pause() -> None:
    worker = Worker(*[5] * 200)
    assert await worker.run() == 0
    assert worker.rounds == 200


@pytest.mark.parametrize(("next_ms", "pause_s"), [(None, 0.25), (1000, 0.02), (500, 0.02), (1100, 0.1), (10**9, 0.25)])
def test_without_work_it_rests_until_the_next_piece_but_never_long(next_ms: int | None, pause_s: float) -> None:
    assert loop._pause_s(next_ms, 1000) == pytest.approx(pause_s)


async def test_a_rest_is_taken_and_ended_by_stop() -> None:
    worker = Worker(0, 0, 0)
    assert await worker.run() == pytest.approx(2 * loop.SHORTEST_PAUSE_S)
    stop = asyncio.Event()
    clock = asyncio.get_running_loop()
    clock.call_later(0.02, stop.set)
    began = clock.time()
    await loop._sleep(30, stop)
    assert clock.time() - began == pytest.approx(0.02)


async def test_what_is_not_due_is_not_looked_for() -> None:
    looks: list[float] = []
    clock = asyncio.get_running_loop()

    def later() -> int:
        looks.append(clock.time())
        return 1001

    worker = Worker(1, next_due_ms=later)
    clock.call_later(1.0, worker.stop.set)
    assert await worker.run() == 1.0
    assert worker.rounds == 0
    assert len(looks) == pytest.approx(1 / loop.SHORTEST_PAUSE_S, abs=1)


async def test_a_fault_is_survived_and_the_work_tried_again() -> None:
    worker = Worker(RuntimeError("one"), OSError("two"), 1, 1)
    await worker.run()
    assert worker.rounds == 4


async def test_after_a_fault_it_does_not_spin() -> None:
    assert await Worker(RuntimeError("one"), RuntimeError("two"), 1).run() == 2 * loop.AFTER_FAULT_S


async def test_it_can_be_cancelled() -> None:
    stop = asyncio.Event()
    begun = asyncio.Event()

    async def hangs() -> int:
        begun.set()
        await asyncio.sleep(60)
        return 1

    async def now() -> int | None:
        return 0

    task = asyncio.create_task(run_until(stop, RUNTIME, DueWork("test", hangs, now)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_database_that_is_away_is_told_by_health_and_a_fault_by_the_worker() -> None:
    met: list[str] = []
    runtime: Any = SimpleNamespace(
        now_ms=lambda: 1000, health=SimpleNamespace(met=lambda error, worker: met.append(f"{worker}: {error}"))
    )
    stop, faults = asyncio.Event(), [RuntimeError("ours"), Unavailable("gone")]

    async def chore() -> None:
        fault = faults.pop()
        if not faults:
            stop.set()
        raise fault

    with capture_logs() as lines:
        await asyncio.wait_for(run_until(stop, runtime, Chore("test", 0.01, chore)), 5)
    assert met == ["test: gone"]
    assert [line["error"] for line in lines if line["event"] == "worker fault"] == ["RuntimeError('ours')"]


async def test_chores_are_done_now_and_then_and_survive_faults() -> None:
    stop = asyncio.Event()
    runs = 0

    async def chore() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            stop.set()
        raise RuntimeError("planted")

    await asyncio.wait_for(run_until(stop, RUNTIME, Chore("test", 0.01, chore)), 5)
    assert runs == 3


async def test_a_chore_is_done_sooner_where_something_asks_for_it_and_again_soon_after_a_fault() -> None:
    stop, sooner = asyncio.Event(), asyncio.Event()
    runs = 0

    async def chore() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            asyncio.get_running_loop().call_later(0.01, sooner.set)
        if runs == 2:
            raise RuntimeError("planted")
        if runs == 3:
            sooner.set()  # while it runs: once more at once
        if runs == 4:
            stop.set()

    await asyncio.wait_for(run_until(stop, RUNTIME, Chore("test", 60, chore, sooner=sooner)), 20)
    assert runs == 4
    assert not sooner.is_set()
