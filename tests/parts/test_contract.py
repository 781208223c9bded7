"""One contract for whatever runs until it is stopped, kept by every kind of part; and what a process does that loses
one which it must not go on without.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.api import connections
from outlay.api.server import bind
from outlay.process import ids, seen_file
from outlay.process import run as run_module
from outlay.process.run import Duties, run_process
from outlay.process.settings import Settings
from outlay.process.stopping import BROKEN_OFF, Stop
from outlay.running import parts
from outlay.running.parts import Part, Run, errand
from tests.parts.kinds import BROKEN, KINDS, STOP_S, Kind, Place
from tests.support.world import World

FAILED = "a part of this process has failed"
RETURNED = "a part of this process has ended, and nobody asked for it"
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
A_WHILE_S = 0.05


@pytest.fixture(autouse=True)
def _this_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stop, "_end_at_last", lambda _stop: None)
    monkeypatch.setattr(parts, "AGAIN_AFTER_S", 0.01)


@pytest.fixture
def place(plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(plain_world, tmp_path, Stop(STOP_S), monkeypatch)


class Ran:
    """A part of that kind, and what was heard of it. `around`: what is planted around the real one."""

    def __init__(self, name: str, run: Run, stop: Stop, *, is_needed: bool) -> None:
        self.losses: list[str] = []
        self.runs = 0
        self.stop = stop
        self._run = run
        self.part = Part(name, self._count, lost=self.losses.append if is_needed else None, asked=stop.begun)

    async def _count(self) -> None:
        self.runs += 1
        await self._run()


@asynccontextmanager
async def made(
    kind: Kind, place: Place, around: Callable[[Run], Run] = lambda run: run, *, is_needed: bool = True
) -> AsyncIterator[Ran]:
    async with kind.make(place) as run:
        ran = Ran(kind.name, around(run), place.stop, is_needed=is_needed)
        yield ran
        place.stop.begin()
        await ran.part.stop()


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110  what runs tells nobody
        await asyncio.sleep(0.005)


def some_time() -> float:
    return STOP_S


def told(lines: list[Any], name: str) -> list[str]:
    return [line["event"] for line in lines if line.get("part") == name]


@EACH_KIND
async def test_it_runs_once_however_often_it_is_started_and_ends_when_it_is_to(kind: Kind, place: Place) -> None:
    with capture_logs() as lines:
        async with made(kind, place) as ran:
            assert not ran.part.is_running
            ran.part.start()
            ran.part.start()
            await asyncio.sleep(A_WHILE_S)
            ran.part.start()
            assert ran.part.is_running
            place.stop.begin()
            assert await ran.part.stop(some_time if kind.listens else parts.at_once) is kind.listens
            assert not ran.part.is_running
            assert (ran.runs, ran.losses, told(lines, kind.name)) == (1, [], [])


@EACH_KIND
async def test_to_stop_it_again_or_to_start_it_afterwards_does_nothing(kind: Kind, place: Place) -> None:
    with capture_logs() as lines:
        async with made(kind, place) as ran:
            ran.part.start()
            await asyncio.sleep(0)
            await ran.part.stop()
            assert await ran.part.stop()
            ran.part.start()
            await asyncio.sleep(0)
            assert not ran.part.is_running
            assert (ran.runs, ran.losses, told(lines, kind.name)) == (1, [], [])


@EACH_KIND
@pytest.mark.parametrize("is_asked", [False, True], ids=["stopped itself", "the process stops"])
async def test_what_is_stopped_before_it_was_started_never_starts(kind: Kind, place: Place, is_asked: bool) -> None:
    async with made(kind, place) as ran:
        if is_asked:
            place.stop.begin()
        else:
            assert await ran.part.stop()
        ran.part.start()
        await asyncio.sleep(0)
        assert not ran.part.is_running
        assert (ran.runs, ran.losses) == (0, [])


@EACH_KIND
async def test_of_one_that_is_needed_a_failure_is_told_with_its_name_and_its_reason(kind: Kind, place: Place) -> None:
    with capture_logs() as lines:
        async with made(kind, place) as ran:
            with place.patch.context() as patch:
                kind.break_down(patch)
                ran.part.start()
                while not ran.losses:
                    await turn_of_the_loop()
            assert await ran.part.wait(some_time)
    assert told(lines, kind.name)[:1] == [FAILED]
    assert ran.runs == 1
    (loss,) = ran.losses
    assert loss.startswith(f"{kind.name}: ")
    assert "Error" in loss or "PartLost" in loss


async def turn_of_the_loop() -> None:
    """Without `asyncio.sleep`, which may be what is broken."""
    loop = asyncio.get_running_loop()
    turned = loop.create_future()
    loop.call_later(0.005, turned.set_result, None)
    await turned


@EACH_KIND
async def test_one_that_may_be_missed_for_a_moment_is_started_again(kind: Kind, place: Place) -> None:
    def fails_first(run: Run) -> Run:
        fails = [True, True, False]

        async def failing() -> None:
            if fails.pop(0):
                raise OSError("not now")
            await run()

        return failing

    with capture_logs() as lines:
        async with made(kind, place, fails_first, is_needed=False) as ran:
            ran.part.start()
            await until(lambda: ran.runs == 3)
            await asyncio.sleep(A_WHILE_S)
            assert ran.part.is_running
            assert ran.runs == 3
    assert told(lines, kind.name) == [FAILED, FAILED]


@EACH_KIND
async def test_one_that_returns_though_nobody_asked_is_told_as_one_that_fails(kind: Kind, place: Place) -> None:
    def returns(run: Run) -> Run:
        async def returning() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(run(), A_WHILE_S)

        return returning

    with capture_logs() as lines:
        async with made(kind, place, returns) as ran:
            ran.part.start()
            await until(lambda: ran.losses)
            assert ran.losses == [f"{kind.name}: it returned"]
            assert await ran.part.wait(some_time)
    assert told(lines, kind.name) == [RETURNED]


@EACH_KIND
async def test_one_that_does_not_hear_its_end_is_left_alone_in_time(kind: Kind, place: Place) -> None:
    let_go = asyncio.Event()

    def hangs(run: Run) -> Run:
        async def hanging() -> None:
            try:
                await run()
            finally:
                while not let_go.is_set():
                    with suppress(asyncio.CancelledError):
                        await let_go.wait()

        return hanging

    async with made(kind, place, hangs) as ran:
        ran.part.start()
        await asyncio.sleep(0)
        time = asyncio.get_running_loop().time
        end = time() + A_WHILE_S
        async with asyncio.timeout(STOP_S):
            assert not await ran.part.stop(lambda: end - time())
        assert ran.part.is_running
        let_go.set()
        await until(lambda: not ran.part.is_running)
        assert ran.losses == []


async def test_what_is_cancelled_by_what_it_waits_for_is_told_too(place: Place) -> None:
    async def run() -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    ran = Ran("one", run, place.stop, is_needed=True)
    with capture_logs() as lines:
        ran.part.start()
        await until(lambda: ran.losses)
    assert told(lines, "one") == [FAILED]


async def test_a_failure_on_the_way_out_is_seen_and_not_started_again(place: Place) -> None:
    async def run() -> None:
        await place.stop.begun.wait()
        raise OSError("so near the end")

    for is_needed in (True, False):
        ran = Ran("one", run, place.stop, is_needed=is_needed)
        with capture_logs() as lines:
            place.stop.begun.clear()
            ran.part.start()
            await asyncio.sleep(0)
            place.stop.begun.set()
            assert await ran.part.stop(some_time)
        assert told(lines, "one") == [FAILED]
        assert (len(ran.losses), ran.runs) == (is_needed, 1)


async def test_an_errand_that_fails_is_told_though_nobody_waits_for_it() -> None:
    async def fail() -> None:
        raise OSError("no way")

    with capture_logs() as lines:
        failing = errand("errand", fail())
        await asyncio.wait({failing})
        await asyncio.sleep(0)
    assert [(line["what"], line["why"]) for line in lines] == [("errand", "OSError('no way')")]


async def fails() -> None:
    await asyncio.sleep(0.01)
    raise ValueError("ours")


async def returns() -> None:
    return None


LOSSES: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "a worker that fails": ("submit", lambda patch: patch.setattr(run_module, "worker_jobs", jobs_of(fails))),
    "a worker that returns": ("submit", lambda patch: patch.setattr(run_module, "worker_jobs", jobs_of(returns))),
    "the heartbeat": ("heartbeat", lambda patch: patch.setattr(ids, "PULSE_S", BROKEN)),
    "the watch": ("watch of the database", lambda patch: patch.setattr(seen_file, "WATCH_S", BROKEN)),
    "the server": ("http", lambda patch: patch.setattr(connections, "BEAT_S", BROKEN)),
}


def jobs_of(job: Callable[[], Any]) -> Callable[..., Any]:
    async def jobs(*_given: object) -> dict[str, Any]:
        return {"submit": job}

    return jobs


@pytest.mark.parametrize("what", LOSSES)
async def test_a_process_that_has_lost_what_it_needs_stops_in_order_and_its_status_tells(
    what: str, plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, lose = LOSSES[what]
    lose(monkeypatch)
    stop = Stop(STOP_S)
    settings = Settings.read(data=tmp_path)
    with bind("127.0.0.1", 0) as listener, capture_logs() as lines:
        await run_process(settings, plain_world.dsn, Duties(listener=listener, works=True), stop, lambda: None)
    assert stop.begun.is_set()
    assert stop.status == BROKEN_OFF
    assert [line["part"] for line in lines if line["event"] in (FAILED, RETURNED)][-1] == name
    assert [line for line in lines if line["event"] == "broken off by the stop"] == []


async def test_a_process_whose_parts_live_stops_when_it_is_told_and_its_status_is_good(
    plain_world: World, tmp_path: Path
) -> None:
    stop = Stop(STOP_S)
    settings = Settings.read(data=tmp_path)
    with bind("127.0.0.1", 0) as listener, capture_logs() as lines:
        asyncio.get_running_loop().call_later(0.2, stop.begin)
        await run_process(settings, plain_world.dsn, Duties(listener=listener, works=True), stop, lambda: None)
    assert stop.status == 0
    assert [line for line in lines if line["log_level"] == "error"] == []
