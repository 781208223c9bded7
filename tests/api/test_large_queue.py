"""Who is next with a large body: keys take turns, and a flood under one of them keeps no other out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from outlay.api.apart import Job
from outlay.api.helper import Helper, HelperLost, StepFailed
from outlay.api.large import LargeBodies
from outlay.api.limits import Bite, Tally
from outlay.store.gather import Busy

BIG = 1_000_000


class Desk:
    """Stands for the helper: proves a body when it is let, and answers with it; `taken` is the order of it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.ended = 0
        self.faults: Mapping[bytes, Exception] = {}
        self._let = asyncio.Semaphore(0)

    def let(self, many: int) -> None:
        for _ in range(many):
            self._let.release()

    async def prove(self, _job: Job, body: bytes) -> Any:
        self.taken.append(body)
        await self._let.acquire()
        if body in self.faults:
            raise self.faults[body]
        return body

    async def end(self) -> None:
        self.ended += 1


class Queue:
    def __init__(self, most: int = 100, most_bytes: int = BIG, idle_s: float = 60.0) -> None:
        self.desk, self.tally = Desk(), Tally()
        helper = cast(Helper, self.desk)
        self.large = LargeBodies(helper, self.tally, most=most, most_bytes=most_bytes, idle_s=idle_s)

    async def put(self, key: str, body: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(self.large.prove(("plain", key), cast(Job, None), body.encode()))
        for _ in range(4):
            await asyncio.sleep(0)
        return task

    async def close(self) -> None:
        if self.large._runner is not None:
            self.large._runner.cancel()
            await asyncio.gather(self.large._runner, return_exceptions=True)


@asynccontextmanager
async def queue(**sizes: Any) -> AsyncIterator[Queue]:
    made = Queue(**sizes)
    try:
        yield made
    finally:
        await made.close()


async def heard(task: asyncio.Task[Any]) -> Any:
    return await asyncio.wait_for(task, 5)


async def test_keys_take_turns_however_many_bodies_wait_under_one() -> None:
    async with queue() as q:
        tasks = [await q.put("mallory", f"m{number}") for number in range(5)]
        tasks += [await q.put("ana", "a0"), await q.put("ana", "a1"), await q.put("bob", "b0")]
        q.desk.let(100)
        assert [await heard(task) for task in tasks] == [b"m0", b"m1", b"m2", b"m3", b"m4", b"a0", b"a1", b"b0"]
        assert q.desk.taken == [b"m0", b"m1", b"a0", b"b0", b"m2", b"a1", b"m3", b"m4"]


async def test_when_too_many_wait_the_key_with_the_most_loses_its_newest() -> None:
    async with queue(most=4) as q:
        mallory = [await q.put("mallory", f"m{number}") for number in range(5)]  # the first is being proved
        ana = await q.put("ana", "a0")
        with pytest.raises(Busy):
            await heard(mallory[4])
        bob = await q.put("bob", "b0")
        with pytest.raises(Busy):
            await heard(mallory[3])
        q.desk.let(100)
        assert [await heard(task) for task in (ana, bob, *mallory[:3])] == [b"a0", b"b0", b"m0", b"m1", b"m2"]
        assert q.tally.counts == {Bite.LARGE_QUEUE_FULL: 2}


async def test_who_has_the_most_already_is_told_before_anybody_loses_a_place() -> None:
    async with queue(most=3) as q:
        tasks = [await q.put("mallory", f"m{number}") for number in range(3)]
        tasks.append(await q.put("ana", "a0"))
        with pytest.raises(Busy):
            await heard(await q.put("mallory", "m3"))
        q.desk.let(100)
        assert [await heard(task) for task in tasks] == [b"m0", b"m1", b"m2", b"a0"]


async def test_one_key_has_no_more_bytes_waiting_than_its_share_but_always_one_body() -> None:
    async with queue(most_bytes=10) as q:
        first, second = await q.put("mallory", "is being proved"), await q.put("mallory", "longer than its share")
        with pytest.raises(Busy):
            await heard(await q.put("mallory", "m"))
        third = await q.put("ana", "12345")
        fourth = await q.put("ana", "67890")
        with pytest.raises(Busy):
            await heard(await q.put("ana", "1"))
        q.desk.let(100)
        assert [await heard(task) for task in (first, second, third, fourth)][2:] == [b"12345", b"67890"]


async def test_who_has_gone_keeps_no_place_and_is_not_served() -> None:
    async with queue(most=2) as q:
        tasks = [await q.put("mallory", "m0"), await q.put("ana", "a0"), await q.put("bob", "b0")]
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        carol = await q.put("carol", "c0")
        tasks[0].cancel()  # in the middle of it
        q.desk.let(100)
        assert [await heard(tasks[2]), await heard(carol)] == [b"b0", b"c0"]
        assert q.desk.taken == [b"m0", b"b0", b"c0"]


async def test_who_is_about_to_go_may_lose_its_place_too() -> None:
    async with queue(most=2) as q:
        tasks = [await q.put("mallory", f"m{number}") for number in range(3)]
        q.desk.let(100)
        tasks[2].cancel()  # it has not heard of that yet
        assert await q.large.prove(("plain", "ana"), cast(Job, None), b"a0") == b"a0"


async def test_a_process_that_is_lost_costs_its_asker_a_later_try_and_nobody_else_anything() -> None:
    async with queue() as q:
        q.desk.faults = {b"poison": HelperLost("died"), b"ours": StepFailed("Traceback")}
        tasks = [await q.put(key, key) for key in ("poison", "ours", "good")]
        q.desk.let(100)
        with pytest.raises(Busy):
            await heard(tasks[0])
        with pytest.raises(StepFailed):
            await heard(tasks[1])
        assert await heard(tasks[2]) == b"good"


async def test_the_process_is_ended_when_nobody_needs_it_and_the_next_body_is_proved_all_the_same() -> None:
    async with queue(idle_s=0.01) as q:
        q.desk.let(100)
        for round_number in (1, 2):
            assert await heard(await q.put("ana", "a")) == b"a"
            assert q.large._runner is not None
            await asyncio.wait_for(q.large._runner, 5)
            assert q.desk.ended >= round_number


async def test_a_body_that_comes_while_the_process_ends_is_proved_too() -> None:
    async with queue(idle_s=0.01) as q:
        ending, may_end = asyncio.Event(), asyncio.Event()

        async def end() -> None:
            ending.set()
            await may_end.wait()

        q.desk.end = end  # type: ignore[method-assign]
        q.desk.let(100)
        assert await heard(await q.put("ana", "a0")) == b"a0"
        await asyncio.wait_for(ending.wait(), 5)
        late = await q.put("ana", "a1")
        may_end.set()
        assert await heard(late) == b"a1"
