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

Q = TypeVar("Q")
A = TypeVar("A")

LaneRule = Literal["one", "account"]
ONE_LANE: Final = UUID(int=0)


class Gatherer(Generic[Q, A]):
    """`run` answers a list of questions in order; an answer that is an exception is raised for its asker alone. At
    most `width` runs are on their way, each of at most `most` items."""

    def __init__(
        self, run: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]], *, most: int, width: int = 1
    ) -> None:
        self._run = run
        self._most = most
        self._width = width
        self.when_idle: Callable[[], None] | None = None
        """Called when the last run has ended and nothing waits."""
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._runners: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q) -> A:
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
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
            if not self._runners and self.when_idle is not None:
                self.when_idle()

    async def _run_once(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            answers = await self._run([question for question, _ in batch])
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


def _fail(batch: Sequence[tuple[Q, asyncio.Future[A]]], error: BaseException) -> None:
    for _, future in batch:
        if future.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(error)


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
