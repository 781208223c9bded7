"""The installation's clock, which a sandbox can move ahead, in processes as they really run (process.run)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from outlay.core.ids import created_ms
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.kit.secret import Secret
from outlay.process import ids
from outlay.process.clock import clock_ms
from outlay.process.run import open_runtime
from outlay.process.settings import Settings
from outlay.service.runtime import Runtime
from outlay.store import clock
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import VAULT_KEY, World, order, order_ask

pytestmark = pytest.mark.slow  # whole processes that follow a clock

DAY_MS = 86_400_000
SLACK_MS = 60_000
"""How long a test may take."""


@pytest.fixture
def start(plain_world: World, tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[Runtime]]:
    """Starts a process on the world's database."""
    settings = Settings.read(data=tmp_path, secret_key=Secret(VAULT_KEY))
    return lambda: open_runtime(settings, plain_world.dsn)


Start = Callable[[], AbstractAsyncContextManager[Runtime]]


async def until_ahead(runtime: Runtime, by_ms: int) -> None:
    while runtime.now_ms() - clock_ms() < by_ms - 1000:  # noqa: ASYNC110 (the clock has no event to wait for)
        await asyncio.sleep(0.01)


async def test_a_new_installation_has_the_real_time(plain_world: World, start: Start) -> None:
    async with start() as runtime:
        assert abs(runtime.now_ms() - clock_ms()) < SLACK_MS
        assert await clock.read_offset_ms(plain_world.runtime.database) == 0


async def test_every_running_process_follows_and_the_real_time_stays(plain_world: World, start: Start) -> None:
    async with start() as first, start() as second:
        assert await clock.move_ahead(plain_world.runtime.database, DAY_MS) == DAY_MS
        assert await clock.move_ahead(plain_world.runtime.database, 2 * DAY_MS) == 3 * DAY_MS
        for runtime in (first, second):
            await until_ahead(runtime, 3 * DAY_MS)
            assert runtime.now_ms() - clock_ms() == pytest.approx(3 * DAY_MS, abs=SLACK_MS)
            assert runtime.real_ms() == pytest.approx(clock_ms(), abs=SLACK_MS)


async def test_what_falls_due_in_days_is_worked_on_when_the_clock_was_moved(plain_world: World, start: Start) -> None:
    account_id = await plain_world.account(fund=100, needs_review=True)
    async with start() as runtime:
        submitter = submitter_of(runtime, {"sandbox": CountingRail()}, "worker")
        ask = order_ask(10, "r", expires_ms=runtime.now_ms() + DAY_MS)
        ordered = await order(runtime, account_id, ask)
        assert isinstance(ordered, Payout)
        assert await submitter.run_due() == 0
        await clock.move_ahead(runtime.database, DAY_MS)
        await until_ahead(runtime, DAY_MS)
        while not await submitter.run_due():  # noqa: ASYNC110 (the last second of the day has no event)
            await asyncio.sleep(0.01)
        now = await plain_world.payout(ordered)
        assert now.state is State.EXPIRED
        assert now.completed_ms == pytest.approx(clock_ms() + DAY_MS, abs=SLACK_MS)


async def test_ids_bear_the_installations_time_and_never_go_back_over_restarts(
    plain_world: World, start: Start
) -> None:
    made: list[int] = []
    for _ in range(3):
        async with start() as runtime:
            made += [runtime.next_id() for _ in range(3)]
            before = runtime.now_ms()
            await clock.move_ahead(runtime.database, DAY_MS)
            await until_ahead(runtime, before - clock_ms() + DAY_MS)
            made += [runtime.next_id() for _ in range(3)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert created_ms(made[-1]) == pytest.approx(clock_ms() + 3 * DAY_MS, abs=SLACK_MS)


async def test_a_process_never_goes_back_even_if_the_clock_in_the_database_does(
    plain_world: World, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that was made under a later time must not be made again."""
    async with start() as runtime:
        await clock.move_ahead(runtime.database, DAY_MS)
        await until_ahead(runtime, DAY_MS)
        await plain_world.admin.execute("update sandbox_clock set offset_ms = 0")
        looks: list[int] = []
        renew = ids.renew_node

        async def look(*given: Any) -> Any:
            moment = await renew(*given)
            looks.append(moment.offset_ms if moment else -1)
            return moment

        monkeypatch.setattr(ids, "renew_node", look)
        while len(looks) < 2:  # noqa: ASYNC110 (the process has no event for having looked)
            await asyncio.sleep(0.01)
        assert looks == [0, 0]
        assert runtime.now_ms() - clock_ms() > DAY_MS - 1000


async def test_a_clock_that_cannot_be_read_now_is_read_later(plain_world: World, start: Start) -> None:
    async with start() as runtime:
        await plain_world.cut_all_connections()
        await plain_world.admin.execute("insert into sandbox_clock (offset_ms) values ($1)", DAY_MS)
        await until_ahead(runtime, DAY_MS)


async def test_the_clock_only_moves_ahead(plain_world: World) -> None:
    await clock.move_ahead(plain_world.runtime.database, DAY_MS)
    for by_ms in (-1, -DAY_MS, -2 * DAY_MS):
        with pytest.raises(ValueError, match="ahead"):
            await clock.move_ahead(plain_world.runtime.database, by_ms)
    assert await clock.read_offset_ms(plain_world.runtime.database) == DAY_MS
