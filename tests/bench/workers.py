"""`./run bench --workers`: what the workers can carry, and whom a rail that hangs or a held account harms.

All runs are of one process of ours on a PostgreSQL of its own, without HTTP: payouts are ordered first, then the
workers begin, and a rail in the same process pays each at once. So what is measured is taking, beginning and settling.
A run is beside another one of the same minutes, and its ratio is what counts.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from outlay.api.memory import leave_out_what_stays
from outlay.cli.common import read_settings
from outlay.cli.output import print_json
from outlay.core.attempt import Attempt, RailTerms
from outlay.core.outcome import NotFound, Outcome, Paid
from outlay.core.payout import Payout
from outlay.core.rail import RailRecord
from outlay.postgres.connect import open_database
from outlay.process.run import make_pipeline, open_runtime, prepare_database
from outlay.rails.rail import Fence
from outlay.running.moments import Moment, observed
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from tests.support.superuser import superuser_url
from tests.support.world import order, order_ask

PLACES = 512
RAILS = ("north", "south", "west", "east")
HUNG = RAILS[-1]
ORDERED_AT_ONCE = 2_000
CALLERS = 64
TURNS = 8
HUNG_TURNS = 3
WARM_UP = 0.2
"""The share of a run that is not counted: the first look, cold caches."""
TARGETS = {
    "one account": 3_000.0,
    "sixteen accounts": 3_000.0,
    "beside many that wait": 0.8,
    "three rails, a fourth hangs": 0.9,
    "creates while an account is held": 2.0,
}


class Plan(msgspec.Struct, frozen=True):
    """`payouts`: of one run. `waiting`: how many wait in the run that has many."""

    rounds: int = 3
    payouts: int = 12_000
    waiting: int = 200_000


class InstantRail:
    def __init__(self, name: str, *, hangs: bool = False) -> None:
        self.terms = RailTerms(name, refuses_duplicates=True)
        self._hangs = hangs

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        if not fence.is_open():
            raise AssertionError("a bench that is too slow to send measures nothing")
        if self._hangs:
            await asyncio.sleep(3_600)
        fence.has_left()
        return Paid(f"X{payout.payout_id}")

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        return NotFound()


class Bench:
    def __init__(self, runtime: Runtime, data: Path) -> None:
        self.runtime = runtime
        self._data = data

    async def accounts(self, many: int, rails: Sequence[str] = ("north",)) -> list[UUID]:
        made = []
        for number in range(many):
            account_id = uuid4()
            await self.runtime.database.execute(
                "insert into accounts (account_id, name, country, rail, created_ms) values ($1, 'M', 'BR', $2, 1)",
                account_id,
                rails[number % len(rails)],
            )
            await fund_account(self.runtime, account_id, "BRL", 10**14, "start")
            made.append(account_id)
        return made

    async def order(self, accounts: Sequence[UUID], many: int) -> None:
        for begun in range(0, many, ORDERED_AT_ONCE):
            some = range(begun, min(many, begun + ORDERED_AT_ONCE))
            await asyncio.gather(*(self._order(accounts[number % len(accounts)]) for number in some))

    async def _order(self, account_id: UUID) -> None:
        await order(self.runtime, account_id, order_ask(10, uuid4().hex))

    async def paid_per_second(self, many: int, *, hung: Sequence[str] = ()) -> float:
        """While so many are paid, after the first of them."""
        paid: list[float] = []
        done = asyncio.Event()

        def look(moment: Moment, _subject: object) -> None:
            if moment is Moment.HEARD:
                paid.append(time.perf_counter())
                if len(paid) >= many:
                    done.set()

        stop = asyncio.Event()
        rails = {name: InstantRail(name, hangs=name in hung) for name in RAILS}
        records = {name: RailRecord("bench", rail.terms, places=PLACES) for name, rail in rails.items()}
        with observed(look):
            working = asyncio.create_task(make_pipeline(self.runtime, rails, records).run(stop))
            await asyncio.wait({working, asyncio.create_task(done.wait())}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            await asyncio.wait({working})
        counted = paid[int(many * WARM_UP) : many]
        return (len(counted) - 1) / (counted[-1] - counted[0])

    async def clear(self) -> None:
        """What is left waits for nobody any more. What was broken off may still be on its way in the database."""
        await asyncio.sleep(1)
        await self.runtime.database.execute("delete from work")

    async def create_p99_ms(self, accounts: Sequence[UUID], many: int) -> float:
        """Of creates by so many callers at once, each with the next as soon as it has its answer."""
        took: list[float] = []
        left = iter(range(many))

        async def call() -> None:
            for number in left:
                began = time.perf_counter()
                await self._order(accounts[number % len(accounts)])
                took.append(time.perf_counter() - began)

        await asyncio.gather(*(call() for _ in range(CALLERS)))
        return statistics.quantiles(took, n=100)[98] * 1_000

    @asynccontextmanager
    async def held(self, account_id: UUID) -> AsyncIterator[None]:
        """Its row is locked by somebody who stands still, while orders for it go on coming."""
        import asyncpg

        outside = await asyncpg.connect(superuser_url(self._data))
        ordering = asyncio.create_task(self._go_on_ordering(account_id))
        try:
            async with outside.transaction():
                await outside.execute("select 1 from accounts where account_id = $1 for update", account_id)
                await asyncio.sleep(0.5)
                yield
        finally:
            ordering.cancel()
            await outside.close()

    async def _go_on_ordering(self, account_id: UUID) -> None:
        orders: set[asyncio.Task[None]] = set()
        while True:
            order = asyncio.create_task(self._order(account_id))
            orders.add(order)
            order.add_done_callback(_look_away)
            order.add_done_callback(orders.discard)
            await asyncio.sleep(0.02)


def _look_away(order: asyncio.Task[None]) -> None:
    if not order.cancelled():
        order.exception()


async def _round(bench: Bench, plan: Plan) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, many in (("one account", 1), ("sixteen accounts", 16), ("six hundred accounts", 600)):
        accounts = await bench.accounts(many)
        await bench.order(accounts, plan.payouts)
        found[name] = {"per_s": await bench.paid_per_second(plan.payouts)}
    found["three rails, a fourth hangs"] = await _beside_hung(bench, plan)
    found["creates while an account is held"] = await _beside_held(bench, plan)
    return found


async def _beside_hung(bench: Bench, plan: Plan) -> dict[str, float]:
    """In turns, because the machine has moments of its own."""
    calm, beside = [], []
    for _ in range(HUNG_TURNS):
        await bench.order(await bench.accounts(3, RAILS[:3]), plan.payouts)
        calm.append(await bench.paid_per_second(plan.payouts))
        hanging = [*await bench.accounts(3, RAILS[:3]), *await bench.accounts(1, [HUNG])]
        await bench.order(hanging, plan.payouts * 4 // 3 + PLACES)
        beside.append(await bench.paid_per_second(plan.payouts, hung=[HUNG]))
        await bench.clear()
    per_s, calm_per_s = statistics.median(beside), statistics.median(calm)
    return {"per_s": per_s, "beside_per_s": calm_per_s, "ratio": per_s / calm_per_s}


async def _beside_held(bench: Bench, plan: Plan) -> dict[str, float]:
    """In turns as well: a moment of the machine's is in the slowest of its turn, not in most."""
    others, victim = await bench.accounts(16), (await bench.accounts(1))[0]
    calm, held = [], []
    for _ in range(TURNS):
        calm.append(await bench.create_p99_ms(others, plan.payouts // TURNS))
        async with bench.held(victim):
            held.append(await bench.create_p99_ms(others, plan.payouts // TURNS))
        await bench.clear()
    calm_ms, held_ms = statistics.median(calm), statistics.median(held)
    return {"p99_ms": held_ms, "calm_ms": calm_ms, "ratio": held_ms / calm_ms}


async def _beside_many(bench: Bench, plan: Plan) -> float:
    accounts = await bench.accounts(16)
    await bench.order(accounts, plan.waiting + plan.payouts)
    return await bench.paid_per_second(plan.payouts)


async def _measure(settings: Any, dsn: str, data: Path, plan: Plan, console: Console) -> dict[str, dict[str, float]]:
    async with open_runtime(settings, dsn) as runtime:
        # Callers of a bench are as patient as its machine is slow.
        bench = Bench(runtime, data)
        leave_out_what_stays()  # as a server does
        rounds = []
        for number in range(plan.rounds):
            console.print(f"bench: round {number + 1} of {plan.rounds}")
            rounds.append(await _round(bench, plan))
        found = {
            name: {key: statistics.median(each[name][key] for each in rounds) for key in figures}
            for name, figures in rounds[0].items()
        }
        console.print(f"bench: with {plan.waiting:,} that wait")
        many = await _beside_many(bench, plan)
        few = found["sixteen accounts"]["per_s"]
        found["beside many that wait"] = {"per_s": many, "beside_per_s": few, "ratio": many / few}
    return found


def measure(plan: Plan, *, as_json: bool) -> None:
    """Measure, and print."""
    console = Console(stderr=True)
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder:
        data = Path(folder)
        with open_database(None, data, own="required") as opened:
            settings = read_settings(data)

            async def run() -> dict[str, dict[str, float]]:
                await prepare_database(settings, opened, may_migrate=True)
                return await _measure(settings, opened.endpoint.url, data, plan, console)

            found = uvloop.run(run())
    if as_json:
        print_json({"workers": found, "targets": TARGETS})
        return
    Console().print(_table(found))


def _table(found: dict[str, dict[str, float]]) -> Table:
    shown = Table(title="What the workers carry; medians of the rounds")
    for heading in ("what", "paid/s or p99 ms", "beside it", "ratio", "target"):
        shown.add_column(heading, justify="left" if heading == "what" else "right")
    for name, figures in found.items():
        ratio = figures.get("ratio")
        is_ms = "p99_ms" in figures
        value = f"{figures['p99_ms']:.1f} ms" if is_ms else f"{figures['per_s']:,.0f}"
        beside = figures.get("calm_ms" if is_ms else "beside_per_s")
        wanted = _wanted(TARGETS.get(name), is_ms=is_ms)
        shown.add_row(name, value, f"{beside:,.1f}" if beside else "", f"{ratio:.2f}" if ratio else "", wanted)
    return shown


def _wanted(target: float | None, *, is_ms: bool) -> str:
    if target is None:
        return ""
    return f"≤ {target:g}" if is_ms else f"≥ {target:,g}"
