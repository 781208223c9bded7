"""One server process after the other, each of which may stand still or die at any await: the real service and workers
on clocks, a clerk and rails that belong to it.

Everything that a process awaits goes through its `Life`: before and after, it may be stopped for a while (one task, or
the whole process) or be killed, and then nothing of it goes on. So it may at every named moment of the work, between
two lines that await nothing: what stands still there goes on, by its own clocks, when the pause is over, and whatever
it does next reaches nobody before. A process that begins anew remembers nothing.

The trap: a process that stands still cannot be broken off by its own timers, so while it stands a cancellation waits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from outlay.core.attempt import Attempt, RailTerms
from outlay.core.events import BeginAttempt, Heard, SendAgain
from outlay.core.ids import ClockBehind, Snowflakes
from outlay.core.outcome import (
    Accepted,
    Failure,
    FailureReason,
    NotFound,
    Outcome,
    Paid,
    Refused,
    Returned,
    Unknown,
)
from outlay.core.payout import Payout
from outlay.core.seals import SealKey
from outlay.core.work import Due
from outlay.kit.secret import Secret
from outlay.rails.rail import NOT_SENT, Fence
from outlay.running.moments import Moment
from outlay.service.health import Health
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable
from outlay.store.references import RailReference
from outlay.store.work import DueLine, Lease, Taken, Turn
from outlay.store.write.desk import Command
from outlay.workers.payouts import PayoutWorker
from outlay.workers.pipeline import LONGEST_PAUSE_S, Pipeline
from outlay.workers.places import Rate
from outlay.workers.send import Sending
from outlay.workers.steps import Steps
from tests.simulate.bank import Answer, Request
from tests.simulate.line import Line
from tests.simulate.weather import Weather, between

if TYPE_CHECKING:
    from tests.simulate.world import World

COUNTING = frozenset({Moment.TAKEN, Moment.NOTED, Moment.RENEWED})
"""Moments whose subject is how many there are."""
SEAL_KEY = SealKey(b"\x5a" * 32)
PULSE_S = 0.4
LONGEST_LOOK_S = 3_600.0
YOUNG_MS = 300_000
REASONS = {
    "unstable": FailureReason.RAIL_UNSTABLE,
    "out of funds": FailureReason.RAIL_OUT_OF_FUNDS,
    "no such account": FailureReason.ACCOUNT_NOT_FOUND,
    "limit": FailureReason.LIMIT_EXCEEDED,
    "duplicate": FailureReason.OTHER,
}


class Process:
    """What outlasts a death: its place. `clock_ms` is the database's clock, by the loop's time."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.phase_s = world.chance.uniform(0, PULSE_S)
        self.life = Life(self)

    def begin_anew(self) -> None:
        self.life = Life(self)
        self.life.start()


class Life:
    """One process from its start to its death."""

    def __init__(self, process: Process) -> None:
        world = process.world
        self.process = process
        self.world = world
        self.chance: random.Random = world.chance
        self.weather: Weather = world.weather
        self.is_dead = False
        self.heard: dict[int, None] = {}
        """Payouts of which something was heard here and is not committed."""
        self.hands: dict[int, int] = {}
        """Payouts that are worked on here."""
        self.tells_of_late = 0
        """Sends whose bytes may have left late, which is told next: whoever dies before that takes it along, and no
        protocol can help that. So here nobody does."""
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._steady_from = self.chance.randrange(1_000_000_000)
        self._stopped = (-1.0, -1.0)
        self._began_s = self._calm_since_s = world.loop.time()
        self._steps_seen = len(world.steps)
        self._lag_ms = self.chance.randrange(20)
        self.runtime = self._runtime()

    def _runtime(self) -> Runtime:
        nothing = cast("Any", None)
        self._ids = Snowflakes(self.world.next_node(), 0)
        return Runtime(
            database=nothing,
            callers=nothing,
            clerk=self,
            reader=nothing,
            now_ms=self.real_ms,
            real_ms=self.real_ms,
            steady_ms=self.steady_ms,
            following=self,
            next_id=self.next_id,
            entropy=self.chance.randbytes,
            vault_key=Secret("5a" * 32),
            seal_key=SEAL_KEY,
            health=Health(self.world.loop.time),
            lanes=self.world.store.lanes,
        )

    # Clocks

    @property
    def now_s(self) -> float:
        """By the loop's time. What still runs of a process that stands still does so when it goes on."""
        return max(self.world.loop.time(), self._stopped[1])

    def steady_ms(self) -> int:
        return self._steady_at(self.now_s)

    def _steady_at(self, loop_s: float) -> int:
        return self._steady_from + int(loop_s * 1_000)

    def real_ms(self) -> int:
        """The database's clock as it was when this process last looked, and its own steady one since."""
        self._look()
        return self.world.clock_ms(self._steps_seen, self.now_s) - self._lag_ms

    def _look(self) -> None:
        """What it has seen by the last of its looks, which it takes unless it stands still."""
        steps, looked_s = self.world.steps, self._looked_s()
        while self._steps_seen < len(steps) and steps[self._steps_seen][0] <= looked_s:
            self._calm_since_s = self._next_look_s(steps[self._steps_seen][0])
            self._steps_seen += 1

    def _looked_s(self) -> float:
        now = self.now_s
        looked_s = now - (now - self.process.phase_s) % PULSE_S
        return self._stopped[0] if self._stopped[0] <= looked_s <= self._stopped[1] else looked_s

    def _next_look_s(self, from_s: float) -> float:
        look_s = from_s + (self.process.phase_s - from_s) % PULSE_S
        if self._stopped[0] <= look_s <= self._stopped[1]:
            look_s = self._stopped[1] + (self.process.phase_s - self._stopped[1]) % PULSE_S
        return look_s

    # How well it follows the clock

    def behind_ms(self) -> int:
        return self._lag_ms

    def looked_ago_ms(self) -> int:
        return self.steady_ms() - self._steady_at(max(self._looked_s(), self._began_s))

    def calm_ms(self, at_ms: int) -> int:
        self._look()
        return max(at_ms - self._steady_at(self._calm_since_s), 0)

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        while self._steady_at(self._looked_s()) <= at_ms:
            look_s = self._next_look_s(self.now_s + 1e-6)
            await asyncio.sleep(look_s - self.world.loop.time() + 1e-6)
            await self._while_stopped()
        return self.calm_ms(at_ms)

    def next_id(self) -> int:
        try:
            return self._ids.next(self.real_ms())
        except ClockBehind as error:  # as process/ids.py says it
            raise Unavailable(str(error)) from error

    # Pauses and death

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.world.loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.world.complain(f"{error!r}")

    async def breathe(self, *payout_ids: int) -> None:
        """Anything may happen here."""
        await self._while_stopped()
        drawn, weather = self.chance.random(), self.weather
        if drawn < weather.crash and not self.tells_of_late:
            self._meet("crash", payout_ids)
            self.world.note("crash", self.process.number)
            self.world.crash(self)
            raise asyncio.CancelledError
        if weather.crash <= drawn < weather.crash + weather.pause:
            seconds = between(self.chance, 0.001, weather.longest_pause_s)
            if self.chance.random() < weather.stop:
                self._meet("pause", payout_ids)
                await self.stop(seconds)
            else:
                for number in payout_ids:
                    self.world.met("pause", number)
                self.world.note("pause", self.process.number, *payout_ids)
                await asyncio.sleep(seconds)
                await self._while_stopped()

    def reached(self, moment: Moment, subject: object) -> None:
        """Between two lines: it may die there, or stand still."""
        if self.is_dead:
            raise asyncio.CancelledError
        about = (subject,) if isinstance(subject, int) and moment not in COUNTING else ()
        drawn, weather = self.chance.random(), self.weather
        if drawn < weather.crash_at_a_moment and not self.tells_of_late:
            self.world.note("crash at", moment.value, self.process.number)
            self._meet("crash", about)
            self.world.crash(self)
            raise asyncio.CancelledError
        if weather.crash_at_a_moment <= drawn < weather.crash_at_a_moment + weather.stop_at_a_moment:
            self.world.note("stop at", moment.value, self.process.number)
            self._meet("pause", about)
            self._stand_still(between(self.chance, 0.001, weather.longest_pause_s))

    async def stop(self, seconds: float) -> None:
        """The whole process stands still."""
        self.world.note("stop", self.process.number, seconds)
        self._stand_still(seconds)
        await self._while_stopped()

    def _stand_still(self, seconds: float) -> None:
        now = self.world.loop.time()
        began_s = min(now, self._stopped[0]) if self.is_stopped else now
        self._stopped = (began_s, max(now + seconds, self._stopped[1]))

    async def _while_stopped(self) -> None:
        cancelled = False
        while not self.is_dead and (seconds := self._stopped[1] - self.world.loop.time()) > 0:
            try:
                await asyncio.sleep(seconds + 1e-6)  # what is shorter than the loop's own grain would never pass
            except asyncio.CancelledError:
                cancelled = True
        if cancelled or self.is_dead:
            raise asyncio.CancelledError

    def _meet(self, fault: str, payout_ids: Iterable[int]) -> None:
        for number in {**dict.fromkeys(payout_ids), **self.hands}:
            self.world.met(fault, number)

    def is_of(self, task: asyncio.Task[Any] | None) -> bool:
        return task in self._tasks

    @property
    def is_stopped(self) -> bool:
        return self._stopped[1] > self.world.loop.time()

    def die(self) -> None:
        self.is_dead = True
        for task in list(self._tasks):
            task.cancel()

    # The clerk and the list, as this process sees them

    async def do(self, command: Command[Any], *, urgent: bool = False) -> Any:
        number = getattr(command, "payout_id", None)
        about = () if number is None else (number,)
        event = getattr(command, "event", None)
        is_heard = isinstance(event, Heard)
        await self.breathe(*about)
        try:
            answer = await self.world.store.do(command, self.next_id)
        finally:
            if is_heard and number is not None:
                self.heard.pop(number, None)
        await self.breathe(*about)
        if isinstance(event, BeginAttempt | SendAgain) and self.chance.random() < self.weather.held_up_before_send:
            self.world.met("pause", command.payout_id)  # type: ignore[attr-defined]
            await asyncio.sleep(between(self.chance, 1.0, self.weather.longest_pause_s))
            await self._while_stopped()
        return answer

    async def lines(self) -> Sequence[DueLine]:
        await self._while_stopped()
        found: Sequence[DueLine] = await self.world.store.lines()
        return found

    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn:
        turn: Turn = await self.world.store.accounts(line, now_ms, after)
        return turn

    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]:
        await self.breathe()
        taken: Sequence[Taken] = await self.world.store.take(shares, line, lease)
        for each_of in taken:
            self.world.took(each_of.payout)
        await self.breathe(*(each_of.payout.payout_id for each_of in taken[:1]))
        return taken

    async def renew(self, payouts: Mapping[UUID, Sequence[int]], lease: Lease) -> None:
        await self.breathe()
        await self.world.store.renew(payouts, lease)

    async def file(self) -> int:
        filed: int = await self.world.store.file()
        return filed

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]:
        await self.breathe(*(row.payout_id for row in rows[:1]))
        foreign: Sequence[RailReference] = await self.world.store.note_references(rows)
        return foreign

    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None:
        await self.breathe(payout_id)
        await self.world.store.put_off(account_id, payout_id, due)

    # The worker

    def start(self) -> None:
        rails = {name: RailHere(self, line, terms) for name, (line, terms) in self.world.rails.items()}
        rates = {name: Rate(record.calls_per_second) for name, record in self.world.records.items()}
        self.submitter = SubmitterHere(self, rails, rates)
        self.pipeline = PipelineHere(self)
        self.spawn(self.pipeline.run(asyncio.Event()))

    def something_is_due(self, at_s: float) -> None:
        self.pipeline.something_is_due(at_s)


class PipelineHere(Pipeline):
    """The real one. It wakes when something is due, or somebody tells that it is sooner (the real one polls four times
    a second)."""

    def __init__(self, life: Life) -> None:
        super().__init__(life.runtime, life, life.submitter, life.world.records, f"process {life.process.number}")
        self._life = life
        self._wake: asyncio.Future[None] | None = None
        self._wakes_at_s = 0.0

    async def _pause(self, seconds: float, _stop: asyncio.Event) -> None:
        loop, chance = self._life.world.loop, self._life.chance
        if seconds == LONGEST_PAUSE_S:
            due_ms = self._next_due_ms
            seconds = LONGEST_LOOK_S if due_ms is None else (due_ms - self._life.real_ms()) / 1_000
            seconds = min(seconds, LONGEST_LOOK_S)
        self._wake = loop.create_future()
        self._wakes_at_s = loop.time() + max(seconds, 0.0) + chance.uniform(0.001, LONGEST_PAUSE_S)
        loop.call_at(self._wakes_at_s, _done, self._wake)
        await self._wake
        self._wake = None
        await self._life._while_stopped()

    def something_is_due(self, at_s: float) -> None:
        if self._wake is not None and at_s < self._wakes_at_s:
            loop, chance = self._life.world.loop, self._life.chance
            self._wakes_at_s = max(at_s, loop.time()) + chance.uniform(0.05, 0.3)
            loop.call_at(self._wakes_at_s, _done, self._wake)

    def _let_go(self, one: Taken, task: asyncio.Task[None] | None = None) -> None:
        super()._let_go(one, task)
        self.something_is_due(0.0)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._life.spawn(work)


def _done(wake: asyncio.Future[None]) -> None:
    if not wake.done():
        wake.set_result(None)


class SubmitterHere(PayoutWorker):
    """The real one, with eyes on what it works on."""

    def __init__(self, life: Life, rails: dict[str, RailHere], rates: dict[str, Rate]) -> None:
        super().__init__(life.runtime, rails, life, rates)
        self._life = life
        self._sending = SendingHere(self._steps, life)

    async def _work_on(self, taken: Taken) -> None:
        hands, number = self._life.hands, taken.payout.payout_id
        hands[number] = hands.get(number, 0) + 1
        try:
            await self._hold_up(taken.payout)
            await super()._work_on(taken)
        finally:
            hands[number] -= 1
            if not hands[number]:
                del hands[number]

    async def _hold_up(self, payout: Payout) -> None:
        """Rather where much may happen meanwhile."""
        life, attempt = self._life, payout.attempt
        is_young = attempt is not None and life.real_ms() - attempt.first_sent_ms < YOUNG_MS
        if life.chance.random() < life.weather.held_up * (2 if is_young else 1):
            life.world.met("pause", payout.payout_id)
            await asyncio.sleep(life.chance.uniform(1.0, 120.0))


class SendingHere(Sending):
    """The real one, which says when it has told that bytes left late."""

    def __init__(self, steps: Steps, life: Life) -> None:
        super().__init__(steps)
        self._life = life

    async def _hand_over(self, rail: Any, payout: Payout, fence: Fence) -> None:
        try:
            await super()._hand_over(rail, payout, fence)
        finally:
            if fence.was_crossed:
                self._life.tells_of_late -= 1


class RailHere:
    """A rail as a process reaches it: translates, and asks the fence."""

    def __init__(self, life: Life, line: Line, terms: RailTerms) -> None:
        self._life = life
        self._line = line
        self.terms = terms

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        life, world = self._life, self._life.world
        await life.breathe(payout.payout_id)
        if not fence.is_open():
            world.note("not sent", attempt.reference)
            return NOT_SENT
        cancelled = False
        stopped = life.chance.random() < life.weather.stop_at_the_door
        if stopped:
            world.met("pause", payout.payout_id)
            try:
                life.tells_of_late += 1
                await life.stop(
                    between(life.chance, life.chance.choice((1.0, 600.0)), life.weather.longest_at_the_door_s)
                )
            except asyncio.CancelledError:
                cancelled = True  # its own timer, which it sees only now: the bytes are already on their way
        fence.has_left()
        if stopped and not fence.was_crossed:
            life.tells_of_late -= 1
        world.left(attempt.reference)
        request = Request(world.next_number(), attempt.reference, payout.amount_minor, world.loop.time())
        answer = self._line.send(request)
        if cancelled:
            raise asyncio.CancelledError
        return cast("Outcome", await self._heard(payout, await answer))

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        await self._life.breathe(payout.payout_id)
        return await self._heard(payout, await self._line.ask(attempt.reference))

    async def _heard(self, payout: Payout, answer: Answer) -> Outcome | NotFound:
        self._life.world.note("heard", payout.payout_id, answer.kind, answer.reason)
        self._life.heard[payout.payout_id] = None
        await self._life.breathe(payout.payout_id)
        return cast("Outcome | NotFound", outcome_of(answer))


def outcome_of(answer: Answer) -> Outcome | NotFound | Returned:
    match answer.kind:
        case "accepted":
            return Accepted(answer.name)
        case "paid":
            return Paid(answer.name)
        case "refused":
            return Refused(Failure(REASONS[answer.reason], answer.reason))
        case "not found":
            return NotFound()
        case "returned":
            return Returned(answer.name, answer.amount or 0)
        case _:
            return Unknown(answer.reason)
