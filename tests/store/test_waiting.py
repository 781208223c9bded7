"""How long an asker waits, and what they are told when their patience is over."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Sequence

import pytest

from outlay.store.database import Unavailable
from outlay.store.gather import Gatherer, all_or_one_by_one
from outlay.store.patience import left_s, patience
from outlay.store.sqlstates import Why

SOON_S = 0.05


class Run:
    """A run that stands still until it is let go."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.left: list[float] = []
        self.has_begun, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, questions: Sequence[int]) -> Sequence[int]:
        self.asked.append(list(questions))
        self.left.append(left_s(1000.0))
        self.has_begun.set()
        await self.let_go.wait()
        return questions


def gatherer(run: Run, *, commits: bool = True, patience_s: float = SOON_S) -> Gatherer[int, int]:
    return Gatherer(run, most=10, patience_s=patience_s, commits=commits)


async def lost(asking: Awaitable[int]) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        await asking
    assert caught.value.why is Why.SLOW
    return caught.value


async def test_who_loses_patience_in_the_queue_was_not_asked_and_never_will_be() -> None:
    run = Run()
    asked = gatherer(run)
    first = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    assert not (await lost(asked.ask(2))).may_have_happened
    run.let_go.set()
    await lost(first)
    assert await asked.ask(3) == 3
    assert run.asked == [[1], [3]]


@pytest.mark.parametrize("commits", [True, False], ids=["a command", "a question"])
async def test_who_loses_patience_in_a_run_cannot_take_a_command_back(commits: bool) -> None:
    run = Run()
    assert (await lost(gatherer(run, commits=commits).ask(1))).may_have_happened is commits
    assert run.asked == [[1]]


async def test_the_run_goes_on_for_those_who_have_more_patience() -> None:
    run = Run()
    asked = gatherer(run, patience_s=30.0)

    async def impatient() -> int:
        with patience(SOON_S):
            return await asked.ask(1)

    hurried, patient = asyncio.create_task(impatient()), asyncio.create_task(asked.ask(2))
    assert (await lost(hurried)).may_have_happened
    run.let_go.set()
    assert await patient == 2
    assert run.asked == [[1, 2]]


async def test_a_run_does_not_have_the_deadline_of_whoever_asked_first() -> None:
    run = Run()
    run.let_go.set()
    asked = gatherer(run)
    with patience(SOON_S):
        assert await asked.ask(1) == 1
    assert run.left == [1000.0]


async def test_a_question_whose_rows_cannot_be_read_is_alone_with_it() -> None:
    tries: list[list[int]] = []

    async def ask(questions: Sequence[int]) -> Sequence[int]:
        tries.append(list(questions))
        if 2 in questions:
            raise Unavailable("planted", why=Why.DAMAGED)
        return questions

    answers = await all_or_one_by_one([1, 2, 3], ask)
    assert (answers[0], type(answers[1]), answers[2]) == (1, Unavailable, 3)
    assert tries == [[1, 2, 3], [1], [2], [3]]


async def test_a_database_that_is_away_is_not_asked_for_each_question_by_itself() -> None:
    tries: list[list[int]] = []

    async def ask(questions: Sequence[int]) -> Sequence[int]:
        tries.append(list(questions))
        raise Unavailable("planted")

    with pytest.raises(Unavailable):
        await all_or_one_by_one([1, 2, 3], ask)
    assert tries == [[1, 2, 3]]


async def test_where_no_run_may_begin_questions_stay_in_the_queue() -> None:
    run, is_away = Run(), True
    run.let_go.set()

    async def may_begin() -> bool:
        await asyncio.sleep(0.001)
        return not is_away

    asked: Gatherer[int, int] = Gatherer(run, most=10, patience_s=SOON_S, commits=True, may_begin=may_begin)
    assert not (await lost(asked.ask(1))).may_have_happened
    waiting = asyncio.create_task(asked.ask(2))
    await asyncio.sleep(0)
    is_away = False
    assert await waiting == 2
    assert run.asked == [[2]]


async def test_whoever_comes_later_with_less_patience_loses_it_first() -> None:
    run = Run()
    asked = gatherer(run, patience_s=1000.0)
    told: list[int] = []

    async def ask(number: int, seconds: float) -> None:
        with patience(seconds):
            await lost(asked.ask(number))
        told.append(number)

    await asyncio.gather(ask(1, 4 * SOON_S), ask(2, SOON_S), ask(3, 2 * SOON_S))
    assert told == [2, 3, 1]


async def test_when_some_were_answered_the_others_lose_patience_in_their_time() -> None:
    run = Run()
    asked = gatherer(run)
    first = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    run.let_go.set()
    assert await first == 1
    run.let_go.clear()
    began_s = asyncio.get_running_loop().time()
    await asyncio.gather(*(lost(asked.ask(number)) for number in range(2, 30)))
    passed_s = asyncio.get_running_loop().time() - began_s
    assert passed_s > 0.9 * SOON_S
    assert run.asked == [[1], list(range(2, 12))], "the others were still in the queue"


async def test_who_has_gone_is_told_nothing_and_the_next_is_watched_all_the_same() -> None:
    run = Run()
    asked = gatherer(run)
    first = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    gone = asyncio.create_task(asked.ask(2))
    await asyncio.sleep(SOON_S / 2)
    later = asyncio.create_task(asked.ask(3))
    gone.cancel()
    assert (await lost(first)).may_have_happened
    assert not (await lost(later)).may_have_happened
    assert gone.cancelled()


async def test_with_all_patience_of_the_world_nobody_is_watched() -> None:
    run = Run()
    asked = gatherer(run, patience_s=math.inf)
    asking = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    await asyncio.sleep(2 * SOON_S)
    run.let_go.set()
    assert await asking == 1
