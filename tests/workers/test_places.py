"""A rail's calls a second: even, and each kind of work by its share while both wait."""

from __future__ import annotations

import asyncio

import pytest

from outlay.core.work import Work
from outlay.workers.places import PLACES_TO_LOOK, Rate, places_for

pytestmark = pytest.mark.virtual_time


async def passed(rate: Rate, work: Work, calls: int, told: list[tuple[float, Work]]) -> None:
    async def one() -> None:
        await rate.turn(work)
        told.append((asyncio.get_running_loop().time(), work))

    await asyncio.gather(*(one() for _ in range(calls)))


async def test_calls_are_let_through_evenly() -> None:
    told: list[tuple[float, Work]] = []
    began = asyncio.get_running_loop().time()
    await passed(Rate(10), Work.SEND, 5, told)
    assert [round(at - began, 6) for at, _ in told] == [0.0, 0.1, 0.2, 0.3, 0.4]


async def test_what_was_not_used_is_not_saved_up() -> None:
    told: list[tuple[float, Work]] = []
    rate = Rate(10)
    await rate.turn(Work.SEND)
    await asyncio.sleep(5)
    began = asyncio.get_running_loop().time()
    await passed(rate, Work.SEND, 3, told)
    assert [round(at - began, 6) for at, _ in told] == [0.0, 0.1, 0.2]


async def test_where_both_kinds_wait_each_has_its_share_and_where_one_does_all() -> None:
    told: list[tuple[float, Work]] = []
    rate = Rate(100)
    await asyncio.gather(passed(rate, Work.ASK, 20, told), passed(rate, Work.SEND, 30, told))
    both = [work for _, work in told[:40]]
    assert both.count(Work.SEND) == 30
    assert both[:8].count(Work.ASK) == 2
    assert {work for _, work in told[40:]} == {Work.ASK}


async def test_who_left_while_waiting_costs_nobody_a_turn() -> None:
    told: list[tuple[float, Work]] = []
    rate = Rate(10)
    began = asyncio.get_running_loop().time()
    await rate.turn(Work.SEND)
    left = asyncio.create_task(rate.turn(Work.SEND))
    await asyncio.sleep(0)
    left.cancel()
    await passed(rate, Work.SEND, 1, told)
    assert [round(at - began, 6) for at, _ in told] == [0.1]


async def test_without_a_limit_nobody_waits() -> None:
    told: list[tuple[float, Work]] = []
    began = asyncio.get_running_loop().time()
    await passed(Rate(None), Work.SEND, 500, told)
    assert {at for at, _ in told} == {began}


@pytest.mark.parametrize(
    ("places", "sends", "questions"), [(2, 1, 1), (3, 2, 1), (4, 3, 1), (16, 12, 4), (512, 384, 128)]
)
def test_each_kind_has_a_share_of_the_places_and_never_none(places: int, sends: int, questions: int) -> None:
    assert (places_for("send", places), places_for("ask", places)) == (sends, questions)
    assert places_for("look", places) == places_for("something new", places) == PLACES_TO_LOOK
