"""Gathering, without a database: who shares a run, and what one asker's end means for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from outlay.store.gather import PORTION, Gatherer, Lanes
from tests.store.gathering_desk import Desk, settle


async def test_what_arrives_while_a_run_is_on_its_way_shares_the_next() -> None:
    desk = Desk()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=100)
    desk.open.clear()
    first = asyncio.create_task(gatherer.ask(0))
    await settle()
    later = [asyncio.create_task(gatherer.ask(n)) for n in range(1, 6)]
    await settle()
    assert desk.runs == [[0]]
    desk.open.set()
    assert await asyncio.gather(first, *later) == [0, 1, 2, 3, 4, 5]
    assert desk.runs == [[0], [1, 2, 3, 4, 5]]


async def test_a_run_takes_no_more_than_its_most() -> None:
    desk = Desk()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=3)
    assert await asyncio.gather(*(gatherer.ask(n) for n in range(8))) == list(range(8))
    assert [len(run) for run in desk.runs] == [3, 3, 2]


async def test_the_next_run_goes_on_while_the_askers_of_a_large_one_do() -> None:
    """Else it would hear what the database has told it only after each of them had gone on."""
    told: list[Any] = []

    async def run(questions: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)  # a turn of the loop, as for what the database tells
        told.append(list(questions))
        return questions

    gatherer: Gatherer[int, int] = Gatherer(run, most=2 * PORTION)

    async def ask(number: int) -> None:
        told.append(await gatherer.ask(number))

    await asyncio.gather(*(ask(number) for number in range(3 * PORTION)))
    first, second = (told.index(run) for run in told if isinstance(run, list))
    assert first < told.index(PORTION - 1) < second < told.index(PORTION)
    assert [each for each in told if isinstance(each, int)] == list(range(3 * PORTION)), "all, in their order"


@pytest.mark.parametrize("width", [1, 2, 3])
async def test_no_more_runs_are_on_their_way_than_the_width(width: int) -> None:
    desk = Desk()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=1, width=width)
    assert await asyncio.gather(*(gatherer.ask(n) for n in range(12))) == list(range(12))
    assert desk.most_at_once == width


async def test_an_exception_reaches_only_its_asker() -> None:
    gatherer: Gatherer[Any, Any] = Gatherer(Desk().run, most=100)
    fault = KeyError("mine")
    answers = await asyncio.gather(gatherer.ask(1), gatherer.ask(fault), gatherer.ask(3), return_exceptions=True)
    assert answers == [1, fault, 3]


async def test_a_run_that_fails_fails_those_who_were_in_it_and_the_next_run_works() -> None:
    calls = 0

    async def run(questions: Sequence[int]) -> Sequence[int]:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        if calls == 1:
            raise OSError("lost")
        return questions

    gatherer: Gatherer[int, int] = Gatherer(run, most=2)
    answers = await asyncio.gather(*(gatherer.ask(n) for n in range(4)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError, int, int]
    assert await gatherer.ask(9) == 9


async def test_an_asker_who_leaves_disturbs_nobody_and_what_was_asked_is_done_only_where_its_run_had_begun() -> None:
    desk = Desk()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=100)
    desk.open.clear()
    tasks = [asyncio.create_task(gatherer.ask(n)) for n in range(4)]
    await settle()
    waiting = [asyncio.create_task(gatherer.ask(n)) for n in range(4, 8)]
    await settle()
    tasks[1].cancel()
    waiting[1].cancel()
    await settle()
    desk.open.set()
    answers = await asyncio.gather(*tasks, *waiting, return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, asyncio.CancelledError)] == [1, 5]
    assert [answer for answer in answers if isinstance(answer, int)] == [0, 2, 3, 4, 6, 7]
    assert desk.runs == [[0, 1, 2, 3], [4, 6, 7]]


async def test_an_asker_who_leaves_before_an_exception_comes_disturbs_nobody() -> None:
    desk = Desk()
    gatherer: Gatherer[Any, Any] = Gatherer(desk.run, most=100)
    desk.open.clear()
    gone = asyncio.create_task(gatherer.ask(KeyError("nobody hears this")))
    stays = asyncio.create_task(gatherer.ask(2))
    await settle()
    gone.cancel()
    desk.open.set()
    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await gone


def lanes_of(rule: Any, desk: Desk) -> tuple[Lanes[Any, Any], list[int]]:
    made: list[int] = []

    def make() -> Gatherer[Any, Any]:
        made.append(1)
        return Gatherer(desk.run, most=100)

    return Lanes(rule, make), made


async def test_one_lane_gathers_all_accounts() -> None:
    desk = Desk()
    lanes, _ = lanes_of("one", desk)
    await asyncio.gather(*(lanes.ask(uuid4(), n) for n in range(5)))
    assert desk.runs == [[0, 1, 2, 3, 4]]


async def test_a_lane_per_account_never_mixes_accounts() -> None:
    desk = Desk()
    lanes, _ = lanes_of("account", desk)
    accounts = [uuid4() for _ in range(3)]
    asked = [(account, n) for n in range(4) for account in accounts]
    answers = await asyncio.gather(*(lanes.ask(account, (account, n)) for account, n in asked))
    assert answers == asked
    assert sorted(len({account for account, _ in run}) for run in desk.runs) == [1, 1, 1]


async def test_a_lane_without_work_is_forgotten() -> None:
    desk = Desk()
    lanes, made = lanes_of("account", desk)
    account = uuid4()
    for n in range(3):
        assert await lanes.ask(account, n) == n
        assert lanes._gatherers == {}
    assert len(made) == 3


async def test_a_lane_with_work_is_kept() -> None:
    desk = Desk()
    lanes, made = lanes_of("account", desk)
    account = uuid4()
    desk.open.clear()
    tasks = [asyncio.create_task(lanes.ask(account, n)) for n in range(3)]
    await settle()
    tasks.append(asyncio.create_task(lanes.ask(account, 3)))
    await settle()
    desk.open.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2, 3]
    assert len(made) == 1


async def test_a_lane_is_forgotten_also_when_its_askers_left_before_the_answer() -> None:
    desk = Desk()
    lanes, _ = lanes_of("account", desk)
    desk.open.clear()
    task = asyncio.create_task(lanes.ask(UUID(int=1), 1))
    await settle()
    task.cancel()
    await settle()
    assert len(lanes._gatherers) == 1
    desk.open.set()
    await settle()
    assert lanes._gatherers == {}
