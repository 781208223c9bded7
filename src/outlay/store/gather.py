"""Work that arrives while the same kind of work is on its way is collected and done together.

One `Gatherer` serves one kind of work in one lane. It adds no delay: the first item starts at once, and what arrives
meanwhile shares the next run. `Lanes` keeps a gatherer per lane: a single lane on one server, a lane per account where
the store is sharded, so that no run spans two shards.

Nobody waits longer than their patience. Who loses it, or hangs up, while their question still waits takes it back: it
is not asked any more. While a run is on its way it goes on, for the others; whether a question can be taken back then,
too, whoever runs it knows.

What is urgent is never turned away, and goes first; but of a run it gets no more than half while others wait. So
neither a flood of callers nor one of what is urgent holds up the other. Whoever says that something is urgent sees to
it that there is only so much of it.

The traps: a timer for each question would cost a hot path a tenth of its time. So a gatherer has one, for whoever loses
patience first, and it stays when they are answered: then it finds out for whom it goes on. And a timer is late where
the process stood still; so the clock is looked at again when a run begins.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextvars import Context
from functools import partial
from typing import Final, Generic, Literal, TypeVar, cast
from uuid import UUID

from outlay.store.database import Unavailable
from outlay.store.patience import Asker, asker, left_s
from outlay.store.sqlstates import Why

Q = TypeVar("Q")
A = TypeVar("A")

LaneRule = Literal["one", "account"]
ONE_LANE: Final = UUID(int=0)
TOGETHER_S: Final = 0.02
"""Who loses patience so soon after another is told with them: of thousands that wait, all are looked at."""
MOST_WAITING: Final = 20_000
"""What may wait in one lane, by weight, before the next one is turned away: some seconds of work. More only piles up
while the database stalls."""
PORTION: Final = 16
"""Askers that are told at once."""


class Busy(RuntimeError):
    """Too many questions wait already: this one was not asked, and nothing of it will happen."""


class AskerLeft(Busy):
    """Whoever asked has hung up before it was their turn: this was not asked, and nothing of it will happen."""


class NotYet(Exception):
    """What a run may answer: nothing of this was done, and its asker has patience left. It waits again, in front."""


class _Waiting(Generic[Q, A]):
    """By the loop's time: `until_s`, when `seconds` of patience are over; `begin_by_s`, the last moment at which a run
    with this may begin."""

    __slots__ = ("answer", "asker", "begin_by_s", "question", "queue", "seconds", "until_s", "waits", "weight")

    def __init__(self, question: Q, queue: _Queue[Q, A], weight: int, seconds: float, spare_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.question, self.queue = question, queue
        self.weight = weight
        self.seconds, self.until_s = seconds, loop.time() + seconds
        self.begin_by_s = self.until_s - spare_s
        self.waits = False
        self.asker: Asker | None = None
        self.answer: asyncio.Future[A] = loop.create_future()

    def lost_patience(self, *, may_have_happened: bool = False) -> Unavailable:
        silent = f"not served within {self.seconds:.1f} s"
        return Unavailable(silent, why=Why.SLOW, may_have_happened=may_have_happened)


class _Queue(Generic[Q, A]):
    """Those who wait, in their order: so `many`, of such a `weight` together. Who leaves is counted no more, and is
    swept out with the others when they are half of the queue: to look for each would cost a long queue its whole
    length."""

    __slots__ = ("_left", "_places", "many", "weight")

    def __init__(self) -> None:
        self._places: deque[_Waiting[Q, A]] = deque()
        self._left = 0
        self.many = 0
        self.weight = 0

    def __iter__(self) -> Iterator[_Waiting[Q, A]]:
        return (asked for asked in self._places if asked.waits)

    def put(self, asked: _Waiting[Q, A]) -> None:
        self._places.append(asked)
        self._count(asked)

    def put_in_front(self, asked: _Waiting[Q, A]) -> None:
        self._places.appendleft(asked)
        self._count(asked)

    def _count(self, asked: _Waiting[Q, A]) -> None:
        asked.waits = True
        self.many += 1
        self.weight += asked.weight

    def first(self) -> _Waiting[Q, A] | None:
        while self._places:
            asked = self._places[0]
            if asked.waits:
                return asked
            self._places.popleft()
            self._left -= 1
        return None

    def take_first(self) -> None:
        asked = self._places.popleft()
        asked.waits = False
        self.many -= 1
        self.weight -= asked.weight

    def let_go(self, asked: _Waiting[Q, A]) -> None:
        """It waits no more, wherever in the queue it stands."""
        if asked.waits:
            asked.waits = False
            self.many -= 1
            self.weight -= asked.weight
            self._left += 1
            if 2 * self._left > len(self._places):
                self._places, self._left = deque(self), 0


async def _at_once() -> bool:
    return True


def _never_happens(_question: object) -> bool:
    return True


class Gatherer(Generic[Q, A]):
    """`run` answers a list of questions in order; an answer that is an exception is raised for its asker alone. At
    most `width` runs are on their way, each of questions that together weigh at most `most`, or of one that is heavier
    by itself. `waiting`: how much may wait, MOST_WAITING where it is left open; the one that passes it is taken.

    `patience_s`: how long one asker waits, unless they have less patience of their own; `spare_s`: how much of it must
    be left when a run with them begins. `take_back`: told of a question that is on its way and whose time is over; says
    whether it certainly will not happen. `may_begin`: asked before each run, and again where it says no, for as long as
    anybody waits; it takes its time itself."""

    def __init__(
        self,
        run: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]],
        *,
        most: int,
        width: int = 1,
        weigh: Callable[[Q], int] = lambda _question: 1,
        waiting: int | None = None,
        patience_s: float = math.inf,
        spare_s: float = 0.0,
        take_back: Callable[[Q], bool] = _never_happens,
        may_begin: Callable[[], Awaitable[bool]] = _at_once,
    ) -> None:
        self._run = run
        self._most = most
        self._most_waiting = waiting
        self._weigh = weigh
        self._width = width
        self._patience_s = patience_s
        self._spare_s = spare_s
        self._take_back = take_back
        self._may_begin = may_begin
        self.when_idle: Callable[[], None] | None = None
        """Called when the last run has ended and nothing waits."""
        self._urgent: _Queue[Q, A] = _Queue()
        self._others: _Queue[Q, A] = _Queue()
        self._others_are_due = False
        """Of the last batch they got nothing, though they waited."""
        self._batches: list[list[_Waiting[Q, A]]] = []
        """On their way."""
        self._runners: set[asyncio.Task[None]] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._next_loss_s = math.inf
        """When it ends: nobody loses patience before, by the loop's time."""

    async def ask(self, question: Q, *, urgent: bool = False, until_s: float = math.inf) -> A:
        """`until_s`, by the loop's time, where it is the deadline of something that was asked before. Raises Busy, not
        of what is urgent, and AskerLeft; Unavailable where patience is lost; and what `run` gives or raises."""
        if not urgent and self._is_full():
            raise Busy
        who = asker()
        try:
            if who is not None and who.has_left:
                raise AskerLeft
            queue = self._urgent if urgent else self._others
            asked: _Waiting[Q, A] = _Waiting(
                question, queue, self._weigh(question), self._seconds(until_s), self._spare_s
            )
        except Exception:
            self._tell_if_idle()
            raise
        queue.put(asked)
        if len(self._runners) < self._width:
            # In a context of its own: the first asker's patience is not that of all who come later.
            self._runners.add(asyncio.create_task(self._drain(), context=Context()))
        if asked.begin_by_s < self._next_loss_s:
            self._watch_until(asked.begin_by_s)
        if who is not None:
            asked.asker, who.on_leaving = who, partial(self._give_up, asked)
        try:
            return await asked.answer
        except asyncio.CancelledError:
            queue.let_go(asked)
            raise
        finally:
            if who is not None:
                who.on_leaving = None

    def _seconds(self, until_s: float) -> float:
        if until_s == math.inf:
            return left_s(self._patience_s)
        return max(0.0, until_s - asyncio.get_running_loop().time())

    def _is_full(self) -> bool:
        return self._others.weight >= (MOST_WAITING if self._most_waiting is None else self._most_waiting)

    def _give_up(self, asked: _Waiting[Q, A]) -> None:
        """Its asker has left. A run that has begun with it goes on to its end."""
        if asked.waits and not asked.answer.done():
            self._refuse(asked, AskerLeft())

    def _refuse(self, asked: _Waiting[Q, A], why: Exception) -> None:
        asked.queue.let_go(asked)
        asked.answer.set_exception(why)

    def _watch_until(self, when_s: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._next_loss_s = when_s
        self._watch = asyncio.get_running_loop().call_at(when_s, self._let_go_of_the_impatient)

    def _let_go_of_the_impatient(self) -> None:
        """And watch for whoever loses patience next."""
        until_s = asyncio.get_running_loop().time() + TOGETHER_S
        for asked in [asked for asked in self._all_waiting() if asked.begin_by_s <= until_s]:
            self._refuse(asked, asked.lost_patience())
        on_their_way = [asked for batch in self._batches for asked in batch if not asked.answer.done()]
        for asked in on_their_way:
            if asked.until_s <= until_s:
                may_have_happened = not self._take_back(asked.question)
                asked.answer.set_exception(asked.lost_patience(may_have_happened=may_have_happened))
        next_s = [asked.begin_by_s for asked in self._all_waiting()]
        next_s += [asked.until_s for asked in on_their_way if not asked.answer.done()]
        self._watch, self._next_loss_s = None, min(next_s, default=math.inf)
        if self._next_loss_s < math.inf:
            self._watch_until(self._next_loss_s)

    def _all_waiting(self) -> Iterator[_Waiting[Q, A]]:
        return (asked for queue in (self._urgent, self._others) for asked in queue if not asked.answer.done())

    async def _drain(self) -> None:
        try:
            while self._urgent.many or self._others.many:
                if await self._may_begin() and (self._urgent.many or self._others.many):
                    await self._run_once()
        finally:
            self._runners.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._runners and (self._urgent.many or self._others.many):
                # Only a run that was broken off leaves anybody waiting: nobody else would answer them.
                _fail(self._all_waiting(), asyncio.CancelledError())
                self._urgent, self._others = _Queue(), _Queue()
            self._tell_if_idle()

    def _tell_if_idle(self) -> None:
        if not self._runners and self.when_idle is not None:
            self.when_idle()

    async def _run_once(self) -> None:
        batch = self._next_batch()
        if not batch:
            return
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
        answered = list(zip(batch, answers, strict=True))
        self._put_in_front([asked for asked, answer in answered if isinstance(answer, NotYet)])
        _tell([each for each in answered if not isinstance(each[1], NotYet)])

    def _put_in_front(self, again: Sequence[_Waiting[Q, A]]) -> None:
        for asked in reversed(again):
            if asked.answer.done():
                continue
            asked.queue.put_in_front(asked)
            if asked.asker is not None and asked.asker.has_left:
                self._give_up(asked)
            elif asked.begin_by_s < self._next_loss_s:
                self._watch_until(asked.begin_by_s)

    def _next_batch(self) -> list[_Waiting[Q, A]]:
        """Those that still can be served; none where all are over. The others are due where they got nothing: one that
        is as heavy as a whole run fits beside nothing else."""
        order = [(self._others, self._most), (self._urgent, self._most)]
        if not self._others_are_due:
            order.insert(0, (self._urgent, self._most // 2 if self._others.many else self._most))
        batch: list[_Waiting[Q, A]] = []
        weight = 0
        for queue, most in order:
            if queue.many:
                weight = self._fill(batch, weight, queue, most)
        self._others_are_due = self._others.many > 0 and all(asked.queue is self._urgent for asked in batch)
        return batch

    def _fill(self, batch: list[_Waiting[Q, A]], weight: int, queue: _Queue[Q, A], most: int) -> int:
        """Up to `most`. Returns the weight of the batch."""
        now_s = asyncio.get_running_loop().time()
        while (asked := queue.first()) is not None:
            if not asked.answer.done() and asked.begin_by_s > now_s:
                if batch and weight + asked.weight > most:
                    break
                weight += asked.weight
                batch.append(asked)
            elif not asked.answer.done():
                asked.answer.set_exception(asked.lost_patience())
            queue.take_first()
        return weight


def _tell(answered: Sequence[tuple[_Waiting[Q, A], A | BaseException]]) -> None:
    """In portions, with a turn of the loop between: else all askers would go on at once, and the database would have
    nothing to do until the last of them waits again."""
    for asked, answer in answered[:PORTION]:
        if asked.answer.done():  # the asker has gone; what was asked is done all the same
            continue
        if isinstance(answer, BaseException):
            asked.answer.set_exception(answer)
        else:
            asked.answer.set_result(answer)
    if len(answered) > PORTION:
        asyncio.get_running_loop().call_soon(_tell, answered[PORTION:])


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
    alone, so that only the one at fault hears of it. The rejected statement spent no nonce. What somebody's lock is in
    the way of waits for another run. Raises Unavailable."""
    try:
        return await ask(questions)
    except Exception as error:
        if isinstance(error, Unavailable) and error.why is Why.HELD:
            return [NotYet() for _ in questions]
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

    def is_at_work(self, account_id: UUID) -> bool:
        """Whether anything of this account's waits or is on its way, where it has a lane of its own."""
        return account_id in self._gatherers

    async def ask(self, account_id: UUID, question: Q, *, urgent: bool = False, until_s: float = math.inf) -> A:
        lane = ONE_LANE if self._rule == "one" else account_id
        gatherer = self._gatherers.get(lane)
        if gatherer is None:
            gatherer = self._gatherers[lane] = self._make()
            if lane is not ONE_LANE:
                gatherer.when_idle = partial(self._forget, lane)
        return await gatherer.ask(question, urgent=urgent, until_s=until_s)

    def _forget(self, lane: UUID) -> None:
        del self._gatherers[lane]
