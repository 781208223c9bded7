"""Gathering by weight, and what happens to those who wait when something goes wrong: nobody is left hanging."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from outlay.store import gather as gather_module
from outlay.store.gather import Busy, Gatherer, Lanes
from tests.store.gathering_desk import Desk, settle


class TooHeavy(Exception):
    pass


def weigh(question: Any) -> int:
    if question < 0:
        raise TooHeavy
    return int(question)


def weighing(desk: Desk, most: int = 10) -> Gatherer[int, int]:
    return Gatherer(desk.run, most=most, weigh=weigh)


@pytest.mark.parametrize(
    ("weights", "runs"),
    [
        ([4, 6, 1], [[4, 6], [1]]),
        ([4, 7, 3], [[4], [7, 3]]),
        ([1000, 1], [[1000], [1]]),
        ([1, 1000, 1], [[1], [1000], [1]]),
        ([10, 0, 10], [[10, 0], [10]]),
        ([11, 11], [[11], [11]]),
    ],
)
async def test_a_run_weighs_no_more_than_its_most_and_a_heavy_one_goes_alone(
    weights: list[int], runs: list[list[int]]
) -> None:
    desk = Desk()
    gatherer = weighing(desk)
    assert await asyncio.gather(*(gatherer.ask(weight) for weight in weights)) == weights
    assert desk.runs == runs


async def test_a_question_that_cannot_be_weighed_reaches_its_asker_and_nobody_else() -> None:
    desk = Desk()
    gatherer = weighing(desk)
    answers = await asyncio.gather(*(gatherer.ask(n) for n in (1, -1, 2)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, TooHeavy, int]
    assert await gatherer.ask(3) == 3


async def test_a_lane_of_a_question_that_cannot_be_weighed_is_forgotten() -> None:
    desk = Desk()
    lanes: Lanes[int, int] = Lanes("account", lambda: weighing(desk))
    for _ in range(3):
        with pytest.raises(TooHeavy):
            await lanes.ask(UUID(int=1), -1)
    assert lanes._gatherers == {}
    assert await lanes.ask(UUID(int=1), 5) == 5


async def test_a_question_that_cannot_be_weighed_does_not_close_a_lane_at_work() -> None:
    desk = Desk()
    desk.open.clear()
    lanes: Lanes[int, int] = Lanes("account", lambda: weighing(desk))
    first = asyncio.create_task(lanes.ask(UUID(int=1), 10))
    await settle()
    with pytest.raises(TooHeavy):
        await lanes.ask(UUID(int=1), -1)
    second = asyncio.create_task(lanes.ask(UUID(int=1), 9))
    await settle()
    assert desk.runs == [[10]], "the lane is still one"
    desk.open.set()
    assert await asyncio.gather(first, second) == [10, 9]


@pytest.mark.parametrize("answers", [[], [1], [1, 2, 3]])
async def test_a_run_that_answers_the_wrong_number_fails_all_its_askers_and_the_next_works(answers: list[int]) -> None:
    wrong = True

    async def run(questions: Sequence[int]) -> Sequence[int]:
        nonlocal wrong
        await asyncio.sleep(0)
        if wrong:
            wrong = False
            return answers
        return questions

    gatherer: Gatherer[int, int] = Gatherer(run, most=2)
    async with asyncio.timeout(5):
        told = await asyncio.gather(*(gatherer.ask(n) for n in range(4)), return_exceptions=True)
    assert [type(answer) for answer in told] == [AssertionError, AssertionError, int, int]


async def test_one_more_than_may_wait_is_turned_away_and_the_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_module, "MOST_WAITING", 3)
    desk = Desk()
    desk.open.clear()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=1)
    first = asyncio.create_task(gatherer.ask(0))
    await settle()
    waiting = [asyncio.create_task(gatherer.ask(n)) for n in range(1, 4)]
    await settle()
    with pytest.raises(Busy):
        await gatherer.ask(4)
    desk.open.set()
    assert await asyncio.gather(first, *waiting) == [0, 1, 2, 3]
    assert await gatherer.ask(5) == 5
    assert desk.runs == [[n] for n in (0, 1, 2, 3, 5)], "the one turned away was never asked"


async def test_when_a_run_is_broken_off_those_who_wait_behind_it_are_told() -> None:
    desk = Desk()
    desk.open.clear()
    gatherer: Gatherer[int, int] = Gatherer(desk.run, most=1)
    asked = [asyncio.create_task(gatherer.ask(n)) for n in range(3)]
    await settle()
    (runner,) = gatherer._runners
    runner.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*asked, return_exceptions=True)
    assert all(task.cancelled() for task in asked)
    desk.open.set()
    assert await gatherer.ask(7) == 7
