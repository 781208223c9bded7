"""What is urgent goes first and is never turned away, what waits is weighed, and neither starves anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any

import pytest

from outlay.store.database import Unavailable
from outlay.store.gather import AskerLeft, Busy, Gatherer
from outlay.store.patience import Asker, asked_by, patience
from tests.store.gathering_desk import Desk, settle

pytestmark = pytest.mark.virtual_time

URGENT = 1_000
"""Questions from here on are."""


class Busiest:
    """A gatherer whose first run stands still until it is let go; a question weighs its last two digits."""

    def __init__(self, *, most: int, waiting: int = 10_000) -> None:
        self.desk = Desk()
        self.gatherer: Gatherer[int, int] = Gatherer(
            self.desk.run, most=most, weigh=lambda question: question % 100, waiting=waiting, patience_s=60.0
        )
        self.asked: list[asyncio.Task[int]] = []

    async def ask(self, *questions: int) -> list[asyncio.Task[int]]:
        new = [
            asyncio.create_task(self.gatherer.ask(question, urgent=question >= URGENT), name=str(question))
            for question in questions
        ]
        self.asked += new
        await settle()
        return new

    async def runs(self) -> list[list[int]]:
        """All that came after the first."""
        self.desk.open.set()
        await asyncio.gather(*self.asked, return_exceptions=True)
        return self.desk.runs[1:]


@asynccontextmanager
async def busy(*, most: int, waiting: int = 10_000) -> AsyncIterator[Busiest]:
    made = Busiest(most=most, waiting=waiting)
    made.desk.open.clear()
    await made.ask(1)
    yield made


async def test_what_is_urgent_goes_before_what_waits_already() -> None:
    async with busy(most=2) as made:
        await made.ask(101, 201, 301, 1001)
        assert await made.runs() == [[1001, 101], [201, 301]]


async def test_of_a_run_half_is_urgent_at_most_while_others_wait() -> None:
    async with busy(most=4) as made:
        await made.ask(*(1001 + 100 * n for n in range(6)), *(101 + 100 * n for n in range(4)))
        assert await made.runs() == [[1001, 1101, 101, 201], [1201, 1301, 301, 401], [1401, 1501]]


async def test_what_is_urgent_takes_what_others_leave_of_a_run() -> None:
    async with busy(most=4) as made:
        await made.ask(101, *(1001 + 100 * n for n in range(4)))
        assert await made.runs() == [[1001, 1101, 101, 1201], [1301]]


async def test_one_that_is_as_heavy_as_a_run_has_its_turn_after_one_run_of_what_is_urgent() -> None:
    async with busy(most=4) as made:
        await made.ask(150, 201, *(1001 + 100 * n for n in range(5)))
        assert await made.runs() == [[1001, 1101, 1201, 1301], [150], [1401, 201]]


async def test_what_is_urgent_is_taken_also_where_no_more_may_wait() -> None:
    async with busy(most=1, waiting=2) as made:
        await made.ask(101, 201)
        with pytest.raises(Busy):
            await made.gatherer.ask(301)
        await made.ask(1001, 1101, 1201)
        with pytest.raises(Busy):
            await made.gatherer.ask(301)
        assert sorted(chain.from_iterable(await made.runs())) == [101, 201, 1001, 1101, 1201]


async def test_what_is_urgent_takes_no_place_of_those_who_may_wait() -> None:
    async with busy(most=1, waiting=1) as made:
        await made.ask(1001, 1101, 101)
        assert sorted(chain.from_iterable(await made.runs())) == [101, 1001, 1101]


async def test_what_may_wait_is_counted_by_its_weight() -> None:
    async with busy(most=10, waiting=60) as made:
        await made.ask(120, 220, 320)
        with pytest.raises(Busy):
            await made.gatherer.ask(401)
        assert await made.runs() == [[120], [220], [320]]
        assert await made.gatherer.ask(401) == 401


async def test_one_that_is_heavier_than_all_that_may_wait_is_taken_where_nothing_waits() -> None:
    async with busy(most=10, waiting=60) as made:
        await made.ask(199)
        with pytest.raises(Busy):
            await made.gatherer.ask(201)
        assert await made.runs() == [[199]]


async def _hangs_up(made: Busiest) -> None:
    who = Asker(asyncio.get_running_loop().time())
    with asked_by(who):
        [asked] = await made.ask(150)
    who.leave()
    with pytest.raises(AskerLeft):
        await asked


async def _is_cancelled(made: Busiest) -> None:
    [asked] = await made.ask(150)
    asked.cancel()
    await settle()


async def _loses_patience(made: Busiest) -> None:
    with patience(1.0):
        [asked] = await made.ask(150)
    with pytest.raises(Unavailable):
        await asked


@pytest.mark.parametrize("leaves", [_hangs_up, _is_cancelled, _loses_patience])
async def test_whoever_leaves_the_queue_leaves_their_weight_to_others(leaves: Any) -> None:
    async with busy(most=100, waiting=40) as made:
        await made.ask(101)
        for _ in range(3):
            await leaves(made)
        await made.ask(138, 239)
        with pytest.raises(Busy):
            await made.gatherer.ask(301)
        assert await made.runs() == [[101, 138, 239]]


async def test_a_flood_of_those_who_leave_does_not_stay_in_the_queue() -> None:
    async with busy(most=1) as made:
        await made.ask(101, 201)
        for _ in range(300):
            await _is_cancelled(made)
        assert len(made.gatherer._others._places) < 10
        assert await made.runs() == [[101], [201]]
