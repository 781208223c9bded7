"""Work that arrives while the same kind of work is on its way is collected and done together.

One `Gatherer` serves one kind of work in one lane. It adds no delay: the first item starts at once, and what arrives
meanwhile shares the next run. `Lanes` keeps a gatherer per lane: a single lane on one server, a lane per account where
the store is sharded, so that no run spans two shards.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Generic, Literal, TypeVar, cast
from uuid import UUID

from outlay.store.database import Unavailable

Q = TypeVar("Q")
A = TypeVar("A")

LaneRule = Literal["one", "account"]
ONE_LANE: Final = UUID(int=0)


MOST_WAITING: Final = 20_000
"""Questions that may wait in one lane: some seconds of work. More only pile up while the database stalls."""


class Busy(RuntimeError):
    """Too many questions wait already: this one was not asked, and nothing of it will happen."""


class Gatherer(Generic[Q, A]):
    """`run` answers a list of questions in order; an answer that is an exception is raised for its asker alone. At
    most `width` runs are on their way, each of questions that together weigh at most `most`, or of one that is heavier
    by itself. `waiting`: how many questions may wait, MOST_WAITING where it is left open."""

    def __init__(
        self,
        run: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]],
        *,
        most: int,
        width: int = 1,
        weigh: Callable[[Q], int] = lambda _question: 1,
        waiting: int | None = None,
    ) -> None:
        self._run = run
        self._most = most
        self._most_waiting = waiting
        self._weigh = weigh
        self._width = width
        self.when_idle: Callable[[], None] | None = None
        """Called when the last run has ended and nothing waits."""
        self._waiting: deque[tuple[Q, asyncio.Future[A], int]] = deque()
        self._runners: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q) -> A:
        """Raises Busy, and what `run` gives or raises."""
        if len(self._waiting) >= (MOST_WAITING if self._most_waiting is None else self._most_waiting):
            raise Busy
        try:
            weight = self._weigh(question)
        except Exception:
            self._tell_if_idle()
            raise
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future, weight))
        if len(self._runners) < self._width:
            runner = asyncio.create_task(self._drain())
            self._runners.add(runner)
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._run_once()
        finally:
            self._runners.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._runners:
                # Only a run that was broken off leaves anybody waiting: nobody else would answer them.
                _fail([(question, future) for question, future, _ in self._waiting], asyncio.CancelledError())
                self._waiting.clear()
            self._tell_if_idle()

    def _tell_if_idle(self) -> None:
        if not self._runners and self.when_idle is not None:
            self.when_idle()

    async def _run_once(self) -> None:
        batch = self._next_batch()
        try:
            answers = await self._run([question for question, _ in batch])
            if len(answers) != len(batch):
                raise AssertionError("a run answers every question")
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():  # the asker has gone; what was asked is done all the same
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _next_batch(self) -> list[tuple[Q, asyncio.Future[A]]]:
        question, future, weight = self._waiting.popleft()
        batch = [(question, future)]
        while self._waiting and (weight := weight + self._waiting[0][2]) <= self._most:
            question, future, _ = self._waiting.popleft()
            batch.append((question, future))
        return batch


def _fail(batch: Sequence[tuple[Q, asyncio.Future[A]]], error: BaseException) -> None:
    for _, future in batch:
        if future.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(error)


async def all_or_one_by_one(
    questions: Sequence[Q], ask: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]]
) -> Sequence[A | BaseException]:
    """Ask all at once; if that cannot be asked (a text that the database cannot hold), each alone, so that only the
    one at fault hears of it. The rejected statement spent no nonce. Raises Unavailable."""
    try:
        return await ask(questions)
    except Unavailable:
        raise
    except Exception as error:
        if len(questions) == 1:
            return [error]
    return [answer for question in questions for answer in await all_or_one_by_one([question], ask)]


class Lanes(Generic[Q, A]):
    """Finds the gatherer of a lane; a lane without work is forgotten."""

    def __init__(self, rule: LaneRule, make: Callable[[], Gatherer[Q, A]]) -> None:
        self._rule = rule
        self._make = make
        self._gatherers: dict[UUID, Gatherer[Q, A]] = {}

    async def ask(self, account_id: UUID, question: Q) -> A:
        lane = ONE_LANE if self._rule == "one" else account_id
        gatherer = self._gatherers.get(lane)
        if gatherer is None:
            gatherer = self._gatherers[lane] = self._make()
            if lane is not ONE_LANE:
                gatherer.when_idle = partial(self._forget, lane)
        return await gatherer.ask(question)

    def _forget(self, lane: UUID) -> None:
        del self._gatherers[lane]
