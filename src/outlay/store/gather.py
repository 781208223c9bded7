"""Work that arrives while the same kind of work is on its way is collected and done together.

One `Gatherer` serves one kind of work in one lane. It adds no delay: the first item starts at once, and what arrives
meanwhile shares the next run. `Lanes` keeps a gatherer per lane: a single lane on one server, a lane per account where
the store is sharded, so that no run spans two shards.

Nobody waits longer than their patience. Who loses it while their question still waits takes it back: it is not asked
any more. Who loses it while a run is on its way cannot: the run goes on, for the others.

The trap: a timer for each question would cost a hot path a tenth of its time. So a gatherer has one, for whoever loses
patience first, and it stays when they are answered: then it finds out for whom it goes on.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from functools import partial
from typing import Final, Generic, Literal, TypeVar, cast
from uuid import UUID

from outlay.store.database import Unavailable
from outlay.store.patience import left_s
from outlay.store.sqlstates import Why

Q = TypeVar("Q")
A = TypeVar("A")

LaneRule = Literal["one", "account"]
ONE_LANE: Final = UUID(int=0)
TOGETHER_S: Final = 0.02
"""Who loses patience so soon after another is told with them: of thousands that wait, all are looked at."""
MOST_WAITING: Final = 20_000
"""Questions that may wait in one lane: some seconds of work. More only pile up while the database stalls."""


class Busy(RuntimeError):
    """Too many questions wait already: this one was not asked, and nothing of it will happen."""


class _Waiting(Generic[Q, A]):
    """`until_s`: when `seconds` of patience are over, by the loop's time."""

    __slots__ = ("answer", "question", "seconds", "until_s", "weight")

    def __init__(self, question: Q, weight: int, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self.question = question
        self.weight = weight
        self.seconds, self.until_s = seconds, loop.time() + seconds
        self.answer: asyncio.Future[A] = loop.create_future()

    def lost_patience(self, until_s: float, *, may_have_happened: bool = False) -> bool:
        """Whether the asker does so until then, and was told just now."""
        if self.until_s > until_s or self.answer.done():
            return False
        silent = f"not served within {self.seconds:.1f} s"
        self.answer.set_exception(Unavailable(silent, why=Why.SLOW, may_have_happened=may_have_happened))
        return True


async def _at_once() -> bool:
    return True


class Gatherer(Generic[Q, A]):
    """`run` answers a list of questions in order; an answer that is an exception is raised for its asker alone. At
    most `width` runs are on their way, each of questions that together weigh at most `most`, or of one that is heavier
    by itself. `waiting`: how many questions may wait, MOST_WAITING where it is left open.

    `patience_s`: how long one asker waits, unless they have less patience of their own. `commits`: whether what is
    asked may happen although its asker has gone. `may_begin`: asked before each run, and again where it says no, for
    as long as anybody waits; it takes its time itself."""

    def __init__(
        self,
        run: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]],
        *,
        most: int,
        width: int = 1,
        weigh: Callable[[Q], int] = lambda _question: 1,
        waiting: int | None = None,
        patience_s: float = math.inf,
        commits: bool = False,
        may_begin: Callable[[], Awaitable[bool]] = _at_once,
    ) -> None:
        self._run = run
        self._most = most
        self._most_waiting = waiting
        self._weigh = weigh
        self._width = width
        self._patience_s = patience_s
        self._commits = commits
        self._may_begin = may_begin
        self.when_idle: Callable[[], None] | None = None
        """Called when the last run has ended and nothing waits."""
        self._waiting: deque[_Waiting[Q, A]] = deque()
        self._batches: list[list[_Waiting[Q, A]]] = []
        """On their way."""
        self._runners: set[asyncio.Task[None]] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._next_loss_s = math.inf
        """When it ends: nobody loses patience before, by the loop's time."""

    async def ask(self, question: Q) -> A:
        """Raises Busy; Unavailable where patience is lost; and what `run` gives or raises."""
        if len(self._waiting) >= (MOST_WAITING if self._most_waiting is None else self._most_waiting):
            raise Busy
        try:
            asked: _Waiting[Q, A] = _Waiting(question, self._weigh(question), left_s(self._patience_s))
        except Exception:
            self._tell_if_idle()
            raise
        self._waiting.append(asked)
        if len(self._runners) < self._width:
            # In a context of its own: the first asker's patience is not that of all who come later.
            self._runners.add(asyncio.create_task(self._drain(), context=Context()))
        if asked.until_s < self._next_loss_s:
            self._watch_until(asked.until_s)
        return await asked.answer

    def _watch_until(self, when_s: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._next_loss_s = when_s
        self._watch = asyncio.get_running_loop().call_at(when_s, self._let_go_of_the_impatient)

    def _let_go_of_the_impatient(self) -> None:
        """And watch for whoever loses patience next."""
        until_s = asyncio.get_running_loop().time() + TOGETHER_S
        self._waiting = deque(asked for asked in self._waiting if not asked.lost_patience(until_s))
        on_their_way = [asked for batch in self._batches for asked in batch]
        for asked in on_their_way:
            asked.lost_patience(until_s, may_have_happened=self._commits)
        unanswered = (asked.until_s for asked in (*self._waiting, *on_their_way) if not asked.answer.done())
        self._watch, self._next_loss_s = None, min(unanswered, default=math.inf)
        if self._next_loss_s < math.inf:
            self._watch_until(self._next_loss_s)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                if await self._may_begin() and self._waiting:
                    await self._run_once()
        finally:
            self._runners.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._runners:
                # Only a run that was broken off leaves anybody waiting: nobody else would answer them.
                _fail(self._waiting, asyncio.CancelledError())
                self._waiting.clear()
            self._tell_if_idle()

    def _tell_if_idle(self) -> None:
        if not self._runners and self.when_idle is not None:
            self.when_idle()

    async def _run_once(self) -> None:
        batch = self._next_batch()
        self._batches.append(batch)
        try:
            answers = await self._run([asked.question for asked in batch])
            if len(answers) != len(batch):
                raise AssertionError("a run answers every question")
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        finally:
            self._batches.remove(batch)
        for asked, answer in zip(batch, answers, strict=True):
            if asked.answer.done():  # the asker has gone; what was asked is done all the same
                continue
            if isinstance(answer, BaseException):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)

    def _next_batch(self) -> list[_Waiting[Q, A]]:
        batch = [self._waiting.popleft()]
        weight = batch[0].weight
        while self._waiting and (weight := weight + self._waiting[0].weight) <= self._most:
            batch.append(self._waiting.popleft())
        return batch


def _fail(batch: Iterable[_Waiting[Q, A]], error: BaseException) -> None:
    for asked in batch:
        if asked.answer.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            asked.answer.cancel()
        else:
            asked.answer.set_exception(error)


async def all_or_one_by_one(
    questions: Sequence[Q], ask: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]]
) -> Sequence[A | BaseException]:
    """Ask all at once; if that cannot be asked (a text that the database cannot hold, a row that it cannot read), each
    alone, so that only the one at fault hears of it. The rejected statement spent no nonce. Raises Unavailable."""
    try:
        return await ask(questions)
    except Exception as error:
        if isinstance(error, Unavailable) and error.why is not Why.DAMAGED:
            raise
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
