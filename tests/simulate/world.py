"""A small world: an installation of several processes, merchants who order, rails, a line to them, weather; and a seed.

Everything that chance decides comes from the seed, in an order that time decides, and time is the loop's: so the same
seed gives the same world to its last event, whose digest is the trace. It goes on until every payout has ended or was
left to people, and no rail has anything to say any more.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import structlog

from outlay.core.account import Account, Terms
from outlay.core.asks import Repeated
from outlay.core.attempt import AttemptState, RailTerms
from outlay.core.events import Cancel, Heard, Source
from outlay.core.fees import FeePlan
from outlay.core.instruction import digest_of, instruction_of
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.rail import RailRecord
from outlay.core.refusal import No
from outlay.running.moments import Moment, observed
from outlay.service.engine.move_payout import move_payout
from outlay.service.operator.cancel_order import cancel_order
from outlay.service.operator.fund_account import fund_account
from outlay.store.database import Unavailable
from outlay.store.gather import LaneRule
from outlay.store.work import DueLine, Lease, Taken, Turn
from tests.simulate.bank import DAY_S, Answer, Bank, Rules, Temper
from tests.simulate.faults import LEANINGS, Tally
from tests.simulate.judge import Books, Truth, Verdict, judge
from tests.simulate.line import Line
from tests.simulate.memory import Copy, MemoryStore
from tests.simulate.process import REASONS, SEAL_KEY, Life, Process, outcome_of
from tests.simulate.weather import Weather, between, weather_of
from tests.support.virtual_time import VirtualLoop
from tests.support.world import order, order_ask

START_MS = 1_790_000_000_000
CURRENCY = "BRL"
LOOK_S = 900.0
LAST_DAY_S = 45 * DAY_S
"""What has not settled by then never will."""
MOST_SKEW_MS = 3_600_000
SECOND_LOOKS = 0.1
"""Of payouts that a callback calls paid: somebody else is working on them as they were before."""
RULES = (
    Rules("north", refuses_duplicates=True, finality_s=240.0),
    Rules("south", refuses_duplicates=True, finality_s=900.0, dedupe_s=3 * 3_600.0, send_within_s=20.0),
    Rules("west", refuses_duplicates=False, finality_s=300.0, send_within_s=2.0, ask_again_s=40.0),
    Rules("east", refuses_duplicates=True, finality_s=60.0, elsewhere=("unstable",)),
)
HANGS = 0.5
"""The share of the calls that one rail of each world leaves without an answer; another one is slow."""
PLACES = 16
CALLS_PER_SECOND = (None, 20, 100)
_REFERENCE = re.compile(r"OUT(\d+)A(\d+)")


class Store(Protocol):
    """A database, in memory or a real one."""

    lanes: LaneRule
    unsettled: dict[int, None]
    """The payouts that have not ended and are not left to people, when it was last looked."""

    async def open(self, accounts: Sequence[tuple[Account, dict[str, Terms]]], lanes: LaneRule) -> None: ...
    async def close(self) -> None: ...
    async def look(self) -> None: ...
    async def books(self) -> Books: ...
    async def do(self, command: Any, next_id: Callable[[], int]) -> Any: ...
    async def lines(self) -> Sequence[DueLine]: ...
    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn: ...
    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]: ...
    async def renew(self, payouts: Any, lease: Lease) -> None: ...
    async def file(self) -> int: ...
    async def put_off(self, account_id: UUID, payout_id: int, due: Any) -> None: ...
    async def note_references(self, rows: Any) -> Any: ...
    async def bring_to_present(self, real_ms: int) -> None: ...


MakeStore = Callable[["World"], Store]


def in_memory(world: World) -> Store:
    return MemoryStore(world.weather, world.chance, world.saw, world.due_at)


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    counts: dict[str, dict[str, int]]
    trace: str
    complaints: list[str]
    days: float


class World:
    def __init__(
        self,
        seed: int,
        payouts: int,
        loop: VirtualLoop,
        workers: int | None = None,
        *,
        is_whole: bool = True,
        make_store: MakeStore = in_memory,
    ) -> None:
        self.loop = loop
        self.chance = random.Random(seed)
        self.weather: Weather = weather_of(self.chance)
        self.tally = Tally(is_strict=is_whole)
        self.complaints: list[str] = []
        self.moments: Counter[Moment] = Counter()
        self.steps: list[tuple[float, int]] = []
        """Of the database's clock: when, and how far ahead it is from then on."""
        self.pending = 0
        self._many = payouts
        self._trace = sha256()
        self._seen: dict[int, Payout] = {}
        self._taken: set[int] = set()
        self._left: set[tuple[int, int]] = set()
        self._forgotten: set[int] = set()
        """Ordered in a time that was lost."""
        self._acknowledged: list[tuple[float, str, str, Answer]] = []
        self._epoch = 1
        self._rewound: set[int] = set()
        """What happened to them in it, nobody knows any more, and no phase of theirs is certain."""
        self._numbers = 0
        self._nodes = 0
        self._callers = 0
        self.ordered: dict[int, str] = {}
        """What callers were told, by id."""
        self.rail_names = tuple(rules.name for rules in RULES)
        hung, slow = self.chance.sample(self.rail_names, 2)
        tempers = {hung: Temper(hangs=HANGS), slow: Temper(is_slow=True)}
        self.rails = {rules.name: self._rail(rules, tempers.get(rules.name, Temper())) for rules in RULES}
        self.records = {
            name: RailRecord("simulated", terms, places=PLACES, calls_per_second=self.chance.choice(CALLS_PER_SECOND))
            for name, (_, terms) in self.rails.items()
        }
        self.store: Any = make_store(self)
        self.accounts: list[UUID] = []
        self.processes = [Process(self, number) for number in range(workers or self.chance.randint(3, 5))]

    def _rail(self, rules: Rules, temper: Temper) -> tuple[Line, RailTerms]:
        terms = RailTerms(
            rules.name,
            refuses_duplicates=rules.refuses_duplicates,
            finality_ms=round(rules.finality_s * 1_000),
            timeout_ms=round(rules.timeout_s * 1_000),
            send_within_ms=round(rules.send_within_s * 1_000),
            ask_again_ms=round(rules.ask_again_s * 1_000),
            dedupe_ms=None if rules.dedupe_s is None else round(rules.dedupe_s * 1_000),
            elsewhere=frozenset(REASONS[word] for word in rules.elsewhere),
        )
        bank = Bank(rules, self.weather, self.chance, self)
        return Line(bank, self.weather, self.chance, self, temper), terms

    # What rails, line and processes tell

    def time(self) -> float:
        return self.loop.time()

    def note(self, *what: object) -> None:
        self._trace.update(f"{self.loop.time():.6f} {what}\n".encode())

    def later(self, seconds: float, then: Callable[..., None], *arguments: Any) -> None:
        self.pending += 1
        self.loop.call_later(seconds, self._now, then, arguments)

    def _now(self, then: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.pending -= 1
        then(*arguments)

    def met(self, fault: str, about: int | str) -> None:
        """`about`: a payout, or a reference."""
        if isinstance(about, int):
            number, attempt_number = about, None
        else:
            number, attempt_number = _numbers(about)
        phase = self._phase(number, attempt_number)
        if number in self._rewound or number in self._forgotten:
            return
        if phase is None or (fault == "early_return" and phase == "after_paid"):
            return
        self.note(fault, phase, about)
        self.tally.met(fault, phase)

    def leaning(self, fault: str, reference: str) -> float:
        return LEANINGS.get((fault, self._phase(*_numbers(reference)) or ""), 1.0)

    def complain(self, what: str) -> None:
        self.complaints.append(f"at {self.loop.time():.3f} s: {what}")

    def _phase(self, number: int, attempt_number: int | None) -> str | None:
        payout = self._seen.get(number)
        if payout is None:
            return None
        if self._epoch > 1 and (attempt_number or 0) > len(payout.attempts):
            return None  # asked about before it is taken to be sent
        if payout.state is State.PAID:
            return "after_paid"
        if not payout.attempts:
            return "taken" if number in self._taken and payout.state is State.RESERVED else None
        attempt = payout.live_attempt or payout.attempts[-1]
        if attempt_number is not None and attempt_number <= len(payout.attempts):
            attempt = payout.attempts[attempt_number - 1]
        if any(number in process.life.heard for process in self.processes):
            return "heard"
        if attempt.state is not AttemptState.BEGUN:
            return "settled"
        return "sent" if (number, attempt.number) in self._left else "begun"

    def saw(self, payout: Payout) -> None:
        """As it is committed, or was loaded."""
        known = self._seen.get(payout.payout_id)
        if known is None or known.fact_count <= payout.fact_count:
            self._seen[payout.payout_id] = payout
        self.note("payout", payout.payout_id, payout.state.value, payout.fact_count)

    def took(self, payout: Payout) -> None:
        self._taken.add(payout.payout_id)
        self.note("taken", payout.payout_id)

    def left(self, reference: str) -> None:
        self._left.add(_numbers(reference))
        self.note("left", reference)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def next_node(self) -> int:
        self._nodes += 1
        return self._nodes % 1_000

    def clock_ms(self, steps: int | None = None, at_s: float | None = None) -> int:
        """The database's clock, as whoever knows of so many of its steps reads it, now or at a later time."""
        known = len(self.steps) if steps is None else steps
        ahead_ms = self.steps[known - 1][1] if known else 0
        return START_MS + int((self.loop.time() if at_s is None else at_s) * 1_000) + ahead_ms

    def due_at(self, due_ms: int) -> None:
        at_s = self.loop.time() + (due_ms - self.clock_ms()) / 1_000
        for process in self.processes:
            process.life.something_is_due(at_s)

    def reached(self, moment: Moment, subject: object) -> None:
        task = asyncio.current_task()
        for process in self.processes:
            if process.life.is_of(task):
                self.moments[moment] += 1
                process.life.reached(moment, subject)

    def crash(self, life: Life) -> None:
        life.die()
        self.later(between(self.chance, 0.5, 900.0), life.process.begin_anew)

    # What happens by itself

    def _step_clock(self) -> None:
        ahead_ms = self.steps[-1][1] if self.steps else 0
        target_ms = self.chance.randint(-MOST_SKEW_MS, MOST_SKEW_MS)
        self.steps.append((self.loop.time(), target_ms))
        fault = "clock_ahead" if target_ms > ahead_ms else "clock_behind"
        self.note(fault, target_ms)
        for number, payout in self._seen.items():
            is_worked_on = any(number in process.life.hands for process in self.processes)
            is_young = self.clock_ms() - (payout.completed_ms or 0) < 2 * MOST_SKEW_MS
            if number in self.store.unsettled or is_worked_on or (payout.state is State.PAID and is_young):
                self.met(fault, number)
        self.later(self.chance.uniform(0, 0.5), self._bring_to_present)

    def _take_copy(self, lost_s: float) -> None:
        self.later(lost_s, self._restore, self.store.copy(), self.loop.time())

    def _restore(self, copy: Copy, copied_s: float) -> None:
        before: dict[int, Payout] = self.store.payouts
        self.note("restore", len(before), len(copy.payouts))
        in_hands = {number for process in self.processes for number in (*process.life.hands, *process.life.heard)}
        lost = [number for number in {**before, **copy.payouts} if before.get(number) != copy.payouts.get(number)]
        for number in dict.fromkeys((*lost, *sorted(in_hands))):
            self.met("restore", number)
        if self.chance.random() < self.weather.stopped_for_restore:
            for process in self.processes:
                if not process.life.is_dead:
                    self.crash(process.life)
        self._epoch += 1
        self._rewound.update(lost)
        self._forgotten = (self._forgotten | before.keys()) - copy.payouts.keys()
        for number in lost:
            self._seen.pop(number, None)
        self._seen.update((number, copy.payouts[number]) for number in lost if number in copy.payouts)
        self.store.restore(copy, self.clock_ms())
        self._read_statements(copied_s)

    def _read_statements(self, since_s: float) -> None:
        """What rails told in the time that was lost they tell no more: it is read in their statements, as the manual
        says."""
        told, self._acknowledged = self._acknowledged, []
        for at_s, rail, reference, answer in told:
            if at_s >= since_s:
                again = partial(self.tell, rail, reference, answer, until_heard=True)
                self.later(between(self.chance, 1.0, 3_600.0), again)
            else:
                self._acknowledged.append((at_s, rail, reference, answer))

    def _bring_to_present(self) -> None:
        self.loop.create_task(self.store.bring_to_present(self.clock_ms()))

    def tell(self, rail: str, reference: str, answer: Answer, *, until_heard: bool) -> None:
        heard = [False]
        self.note("callback", rail, reference, answer.kind, answer.name, answer.reason, answer.amount)
        life = self._somebody()
        if life is not None:
            life.spawn(self._take_callback(life, rail, reference, answer, heard))
        if until_heard:
            self.later(between(self.chance, 5.0, 1_800.0), self._tell_again, rail, reference, answer, heard)

    def _tell_again(self, rail: str, reference: str, answer: Answer, heard: list[bool]) -> None:
        if not heard[0]:
            self.met("duplicate", reference)
            self.tell(rail, reference, answer, until_heard=True)

    async def _take_callback(self, life: Life, rail: str, reference: str, answer: Answer, heard: list[bool]) -> None:
        number, attempt_number = _numbers(reference)
        payout = self._seen.get(number)
        if payout is None:
            if number in self._forgotten:  # nobody knows what it is about, unless an older copy is put back
                heard[0] = True
                self._acknowledged.append((self.loop.time(), rail, reference, answer))
            return
        life.heard[number] = None
        event = Heard(
            attempt_number,
            outcome_of(answer),
            Source.CALLBACK,
            f"callback of {rail}",
            amount_minor=None if answer.kind == "returned" else answer.amount,
            rail=self.rails[rail][1],
        )
        if answer.kind == "paid" and self.chance.random() < SECOND_LOOKS and (other := self._somebody()) is not None:
            other.spawn(self._look_again(other, payout))
        try:
            moved = await move_payout(life.runtime, payout.account_id, number, event)
        except Unavailable:
            return
        finally:
            life.heard.pop(number, None)
        if isinstance(moved, No) and number not in self._forgotten:
            self.complain(f"callback {answer} of {reference} refused: {moved.name}")
        heard[0] = True
        self._acknowledged.append((self.loop.time(), rail, reference, answer))

    async def _look_again(self, life: Life, payout: Payout) -> None:
        """A worker who had taken it, and goes on only now: another's lease is on it, and what it knows is old."""
        await asyncio.sleep(between(self.chance, 0.001, 5.0))
        try:
            await life.submitter._work_on(Taken(payout, digest_of(instruction_of(payout), SEAL_KEY)))
        except Unavailable:
            return

    def _somebody(self) -> Life | None:
        alive = [process.life for process in self.processes if not process.life.is_dead and not process.life.is_stopped]
        return self.chance.choice(alive) if alive else None

    # Merchants

    async def _open(self) -> None:
        lanes: LaneRule = self.chance.choice(("one", "account"))
        accounts = []
        for number in range(self.chance.randint(2, 6)):
            account_id = UUID(int=(0xACC << 96) + number)
            first = self.rail_names[number % len(RULES)]
            others = tuple(name for name in self.rail_names if name != first)
            account = Account(account_id, f"Merchant {number}", "BR", rail=first, other_rails=others)
            accounts.append((account, {CURRENCY: Terms(fee=FeePlan(50, 10_000))} if number % 2 else {}))
            self.accounts.append(account_id)
        await self.store.open(accounts, lanes)
        for process in self.processes:
            process.life.start()

    async def _fund(self, account_id: UUID) -> None:
        while True:
            life = self._somebody()
            if life is not None:
                try:
                    await fund_account(life.runtime, account_id, CURRENCY, 10**12, "first")
                    return
                except (Unavailable, asyncio.CancelledError):
                    pass
            await asyncio.sleep(1)

    async def _call(self, number: int, at_s: float) -> None:
        """A merchant who asks until there is an answer."""
        await asyncio.sleep(at_s - self.loop.time())
        account_id = self.accounts[number % len(self.accounts)]
        reference = f"order-{number}"
        amount = self.chance.randint(1, 1_000_000)
        expires_ms = None
        if self.chance.random() < self.weather.expire:
            expires_ms = self.clock_ms() + round(1_000 * between(self.chance, 1.0, 3_600.0))
        patience_s = 1.0
        while True:
            life = self._somebody()
            if life is not None:
                answer: asyncio.Future[Any] = self.loop.create_future()
                life.spawn(self._order(life, account_id, reference, amount, expires_ms, answer))
                try:
                    payout = await asyncio.wait_for(answer, 30)
                    break
                except (TimeoutError, Unavailable):
                    pass
            patience_s = min(2 * patience_s, 1_800.0)
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * patience_s)
        self.ordered[payout.payout_id] = reference
        if self.chance.random() < self.weather.cancel:
            await asyncio.sleep(between(self.chance, 0.001, 2.0))
            if (life := self._somebody()) is not None:
                life.spawn(self._cancel(life, payout))

    async def _order(
        self,
        life: Life,
        account_id: UUID,
        reference: str,
        amount: int,
        expires_ms: int | None,
        answer: asyncio.Future[Any],
    ) -> None:
        try:
            said = await order(life.runtime, account_id, order_ask(amount, reference, expires_ms=expires_ms))
        except Unavailable as error:
            if not answer.done():
                answer.set_exception(error)
            return
        if not isinstance(said, Payout | Repeated):
            self.complain(f"{reference} was refused: {said}")
            return
        payout = said if isinstance(said, Payout) else said.subject
        if payout is not None and not answer.done():
            answer.set_result(payout)

    async def _cancel(self, life: Life, payout: Payout) -> None:
        try:
            await cancel_order(life.runtime, payout.account_id, Cancel("merchant"), payout_id=payout.payout_id)
        except Unavailable:
            return

    # The run

    async def run(self) -> Outcome:
        await self._open()
        for account_id in self.accounts:
            await self._fund(account_id)
        callers = [self.loop.create_task(self._call(number, at_s)) for number, at_s in enumerate(self._times())]
        await asyncio.gather(*callers)
        await self.store.look()
        while (self.store.unsettled or self.pending) and self.loop.time() < LAST_DAY_S:
            await asyncio.sleep(LOOK_S)
            await self.store.look()
        for process in self.processes:
            process.life.die()
        await asyncio.sleep(0)
        await self.store.look()
        truth = await self._truth()
        await self.store.close()
        verdict = judge(truth)
        verdict.payouts = self._many  # those too whose orders were lost with the database's last minutes
        self._see_references(truth.books)
        self.note(verdict)
        return Outcome(verdict, self.tally.counts, self._trace.hexdigest(), self.complaints, self.loop.time() / DAY_S)

    def _see_references(self, books: Books) -> None:
        """Whoever knows only what an attempt is called finds its payout."""
        for payout in books.payouts.values():
            for attempt in payout.attempts:
                if (attempt.rail, attempt.reference) not in books.references:
                    self.complain(f"nobody noted {attempt.reference} of {attempt.rail}")

    def _times(self) -> Iterable[float]:
        """Orders come in bursts, and near each the clock may step."""
        bursts = [self.chance.uniform(10, 0.5 * DAY_S) for _ in range(6)]
        for _ in range(self.weather.clock_steps):
            self.later(self.chance.choice(bursts) + self.chance.uniform(5, 75), self._step_clock)
        for _ in range(self.weather.restores if isinstance(self.store, MemoryStore) else 0):
            lost_s = between(self.chance, 0.5, self.weather.longest_lost_s)
            at_s = self.chance.choice(bursts) + self.chance.expovariate(1 / 20)
            self.later(max(0.0, at_s - lost_s), self._take_copy, lost_s)
        return sorted(self.chance.choice(bursts) + self.chance.expovariate(1 / 20) for _ in range(self._many))

    async def _truth(self) -> Truth:
        payments: dict[int, list[int]] = {}
        for line, _ in self.rails.values():
            for reference, amounts in line.bank.payments.items():
                payments.setdefault(_numbers(reference)[0], []).extend(amounts)
        return Truth(
            await self.store.books(),
            frozenset(self.store.unsettled),
            self.ordered,
            payments,
            frozenset(self._forgotten),
        )


def _numbers(reference: str) -> tuple[int, int]:
    """The payout's id and the attempt's number."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise AssertionError(reference)
    return int(match[1]), int(match[2])


@contextmanager
def overheard(world: World) -> Iterator[None]:
    """What workers log as an error that no fault of ours explains is a complaint."""

    def listen(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        error = str(event.get("error", ""))
        if event.get("event") == "payout not worked on" and "CancelledError" not in error:
            world.complain(f"payout {event.get('payout_id')}: {error}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[listen], wrapper_class=structlog.make_filtering_bound_logger(40))
    try:
        yield
    finally:
        structlog.configure(**before)


def run_world(
    seed: int,
    payouts: int,
    workers: int | None = None,
    *,
    is_whole: bool = True,
    make_store: MakeStore = in_memory,
) -> Outcome:
    """`is_whole`: not without one of its rules."""
    loop = VirtualLoop()
    try:
        world = World(seed, payouts, loop, workers, is_whole=is_whole, make_store=make_store)
        loop.set_exception_handler(lambda _loop, context: world.complain(str(context.get("exception", context))))
        with overheard(world), observed(world.reached):
            return loop.run_until_complete(world.run())
    finally:
        _close(loop)


def _close(loop: VirtualLoop) -> None:
    tasks = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
