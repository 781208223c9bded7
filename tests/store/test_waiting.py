"""How long an asker waits, and what they are told when their patience is over."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Sequence

import pytest

from outlay.store.database import Unavailable
from outlay.store.gather import AskerLeft, Busy, Gatherer, NotYet, all_or_one_by_one
from outlay.store.patience import Asker, asked_by, left_s, patience
from outlay.store.sqlstates import Why
from tests.support.virtual_time import stand_still

pytestmark = pytest.mark.virtual_time

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
    return Gatherer(run, most=10, patience_s=patience_s, take_back=lambda _question: not commits)


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


async def test_what_was_asked_elsewhere_before_keeps_its_deadline() -> None:
    run = Run()
    asked = gatherer(run, patience_s=30.0)
    first = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    began_s = asyncio.get_running_loop().time()
    assert not (await lost(asked.ask(2, until_s=began_s + SOON_S))).may_have_happened
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(SOON_S)
    run.let_go.set()
    assert await first == 1


async def test_what_a_lock_is_in_the_way_of_is_asked_for_once_more_by_itself_alone() -> None:
    """Whose statement has spent their nonces is not asked for again."""

    async def ask(questions: Sequence[int]) -> Sequence[int]:
        if 2 in questions:
            if len(questions) > 1:
                raise ValueError("planted")
            raise Unavailable("planted", why=Why.HELD)
        return questions

    answers = await all_or_one_by_one([1, 2, 3], ask)
    assert (answers[0], type(answers[1]), answers[2]) == (1, NotYet, 3)


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

    asked: Gatherer[int, int] = Gatherer(run, most=10, patience_s=SOON_S, may_begin=may_begin)
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
    assert passed_s == pytest.approx(SOON_S)
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


async def test_a_run_begins_only_with_those_who_have_patience_to_spare() -> None:
    run = Run()
    asked: Gatherer[int, int] = Gatherer(run, most=10, patience_s=2 * SOON_S, spare_s=SOON_S)
    first = asyncio.create_task(asked.ask(1))
    await run.has_begun.wait()
    began_s = asyncio.get_running_loop().time()
    assert not (await lost(asked.ask(2))).may_have_happened
    passed_s = asyncio.get_running_loop().time() - began_s
    assert passed_s == pytest.approx(SOON_S), "not when all of it is over"
    with patience(SOON_S):
        await lost(asked.ask(3))
    run.let_go.set()
    assert await first == 1
    assert run.asked == [[1]]


async def test_a_process_that_stood_still_begins_no_run_with_whose_patience_is_over() -> None:
    run = Run()
    run.let_go.set()
    asked = gatherer(run)
    asking = asyncio.create_task(asked.ask(1))
    await asyncio.sleep(0)
    stand_still(2 * SOON_S)
    assert not (await lost(asking)).may_have_happened
    assert run.asked == []


async def test_what_waits_again_is_served_before_what_came_later_and_not_beyond_its_patience() -> None:
    asked_of: list[list[int]] = []

    async def run(questions: Sequence[int]) -> Sequence[int | BaseException]:
        asked_of.append(list(questions))
        await asyncio.sleep(SOON_S / 10)
        return [NotYet() if number == 1 or (number == 2 and len(asked_of) < 3) else number for number in questions]

    asked: Gatherer[int, int] = Gatherer(run, most=2, patience_s=SOON_S)
    one, two, three = (asyncio.create_task(asked.ask(number)) for number in (1, 2, 3))
    assert await two == 2
    assert await three == 3
    assert not (await lost(one)).may_have_happened
    assert asked_of[:4] == [[1, 2], [1, 2], [1, 2], [1, 3]]


async def test_what_waits_again_is_told_in_time_also_where_no_run_may_begin() -> None:
    is_away = False

    async def run(questions: Sequence[int]) -> Sequence[int | BaseException]:
        nonlocal is_away
        is_away = True
        await asyncio.sleep(2 * SOON_S)  # beyond the moment at which another could begin
        return [NotYet() for _ in questions]

    async def may_begin() -> bool:
        await asyncio.sleep(0.001)
        return not is_away

    asked: Gatherer[int, int] = Gatherer(run, most=10, patience_s=8 * SOON_S, spare_s=7 * SOON_S, may_begin=may_begin)
    began_s = asyncio.get_running_loop().time()
    assert not (await lost(asked.ask(1))).may_have_happened
    assert asyncio.get_running_loop().time() - began_s < 5 * SOON_S


class Hearing(Run):
    """Also for askers that may hang up."""

    def __init__(self) -> None:
        super().__init__()
        self.gatherer = gatherer(self, patience_s=1000.0)
        self.askers: dict[int, Asker] = {}

    def ask(self, number: int) -> asyncio.Task[int]:
        async def asking() -> int:
            with asked_by(who):
                return await self.gatherer.ask(number)

        who = self.askers[number] = Asker(asyncio.get_running_loop().time())
        return asyncio.create_task(asking())


async def test_who_hangs_up_in_the_queue_is_not_asked_for_and_hears_so_at_once() -> None:
    run = Hearing()
    first = run.ask(1)
    await run.has_begun.wait()
    second, third = run.ask(2), run.ask(3)
    await asyncio.sleep(0)
    run.askers[2].leave()
    with pytest.raises(AskerLeft):
        await second
    run.let_go.set()
    assert (await first, await third) == (1, 3)
    assert run.asked == [[1], [3]]


async def test_who_hangs_up_in_a_run_is_served_to_the_end_but_waits_for_no_other() -> None:
    run = Hearing()
    first = run.ask(1)
    await run.has_begun.wait()
    run.askers[1].leave()
    run.let_go.set()
    assert await first == 1
    with pytest.raises(AskerLeft), asked_by(run.askers[1]):
        await run.gatherer.ask(2)
    assert run.asked == [[1]]


async def test_who_has_hung_up_is_not_put_back_into_the_queue() -> None:
    run = Hearing()

    async def not_yet(questions: Sequence[int]) -> Sequence[BaseException]:
        await Run.__call__(run, questions)
        return [NotYet() for _ in questions]

    run.gatherer = Gatherer(not_yet, most=10, patience_s=1000.0)
    asking = run.ask(1)
    await run.has_begun.wait()
    run.askers[1].leave()
    run.let_go.set()
    with pytest.raises(AskerLeft):
        await asking
    assert run.asked == [[1]]


async def test_those_who_hang_up_leave_their_places_to_others() -> None:
    run = Hearing()
    run.gatherer = Gatherer(run, most=10, waiting=3, patience_s=1000.0)
    asking = [run.ask(0)]
    await run.has_begun.wait()
    for number in range(1, 4):
        asking.append(run.ask(number))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await run.gatherer.ask(4)
    run.askers[2].leave()
    last = run.ask(5)
    await asyncio.sleep(0)
    run.let_go.set()
    assert await last == 5
    assert await asyncio.gather(*asking, return_exceptions=True) == [0, 1, asking[2].exception(), 3]
    assert run.asked == [[0], [1, 3, 5]]


async def test_patience_counts_from_when_the_request_had_come() -> None:
    with asked_by(Asker(asyncio.get_running_loop().time() - 10)):
        assert left_s(1000.0) == 1000.0
        with patience(15):
            assert left_s(1000.0) == pytest.approx(5)
        with patience(5):
            assert left_s(1000.0) == 0
