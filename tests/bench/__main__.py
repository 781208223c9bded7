"""`./run bench`: query and create in each API, batches and lists, beside pgbench and a bare Starlette route, in turn.

All sides run in one go on one server, in rounds, so that a slow minute of the machine hits all of them; the figures are
the medians of the rounds. Payouts are ordered on accounts with review, so that no background work runs meanwhile; what
the whole way to "paid" costs is measured on its own at the end.

No target yet: this shows where the time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from outlay.bootstrap import clock_ms, open_runtime
from outlay.cli.client import ServerProcess, call
from outlay.cli.common import print_json, read_settings
from outlay.postgres.connect import open_database
from outlay.registry import all_dialects
from outlay.service.credentials import issue_credential
from outlay.service.fund_account import fund_account
from outlay.service.manage_accounts import open_account
from outlay.service.runtime import Runtime
from outlay.wire.dialect import Dialect
from outlay.wire.message import Request
from outlay.wire.samples import Moment, SampleOrder, Session
from tests.bench.load import CONNECTIONS, Measured, Shot, fire, shot
from tests.bench.pure import pure_costs
from tests.bench.rivals import CREATE_SCRIPT, READ_SCRIPT, SETUP, Pgbench, bare_starlette
from tests.bench.whole_apis import DETAILS, Rest, prepare

MANY = 100
AMOUNT = "1.00"
FUNDS_MINOR = 10**14


class Contestant(msgspec.Struct):
    """One thing that is measured. `baseline` names what its ratio is taken of."""

    name: str
    baseline: str
    run: Callable[[], Awaitable[Measured]]
    results: list[Measured] = []


class Arguments(msgspec.Struct):
    rounds: int
    requests: int
    seconds: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=3000, help="requests of one kind in one round")
    parser.add_argument("--seconds", type=int, default=2, help="length of one pgbench round")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    arguments = Arguments(given.rounds, given.requests, given.seconds)
    console = Console(stderr=given.json)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"OUTLAY_LOG": "quiet", "OUTLAY_SANDBOX_DELAY_MS": "0"}
    os.environ.pop("DATABASE_URL", None)
    with (
        tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder,
        ServerProcess(Path(folder), 0, environment) as server,
        open_database(None, Path(folder), own="attach-or-own") as database,
        bare_starlette() as starlette_url,
    ):
        document = uvloop.run(
            _measure(arguments, server.base_url, database.endpoint.url, starlette_url, Path(folder), console)
        )
    if given.json:
        print_json(document)


async def _measure(
    arguments: Arguments, base_url: str, dsn: str, starlette_url: str, folder: Path, console: Console
) -> dict[str, Any]:
    async with open_runtime(read_settings(folder), dsn) as runtime:
        contestants = await _rivals(arguments, Pgbench(dsn), runtime, starlette_url)
        for dialect in all_dialects().values():
            contestants += await _contestants(arguments, base_url, runtime, dialect)
        rest = await prepare(base_url, runtime, arguments.requests, folder)
        contestants += _of_the_rest(rest)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("measuring", total=arguments.rounds * len(contestants))
            for _ in range(arguments.rounds):
                for contestant in contestants:
                    progress.update(task, description=contestant.name)
                    contestant.results.append(await contestant.run())
                    progress.advance(task)
        whole = {name: await _whole_way(arguments, base_url, runtime, d) for name, d in all_dialects().items()}
        transactions = await rest.count_transactions()
        pure = {name: await pure_costs(runtime, dialect) for name, dialect in all_dialects().items()}
    batches = _of_batches(contestants, rest, transactions)
    _print(contestants, whole, pure, console)
    _print_batches(batches, console)
    return {
        "batches": batches,
        "rates": {c.name: {"median_per_s": _median(c), "p50_ms": _p50(c), "p99_ms": _p99(c)} for c in contestants},
        "paid_per_s": whole,
        "pure_us": pure,
    }


async def _rivals(arguments: Arguments, pgbench: Pgbench, runtime: Runtime, starlette_url: str) -> list[Contestant]:
    for statement in SETUP.strip().split(";\n"):
        if statement.strip(" ;"):
            await runtime.database.execute(statement)
    hello = Request("POST", "/hello", "", {"content-type": "application/json"}, b'{"hello":"outlay"}')
    hello_shots = [shot(starlette_url, hello, "outlay", {})] * arguments.requests

    def tps(script: str) -> Callable[[], Awaitable[Measured]]:
        async def run() -> Measured:
            return Measured(await pgbench.run(script, arguments.seconds), 0, 0)

        return run

    return [
        Contestant("pgbench: one-row read", "", tps(READ_SCRIPT.format(payouts=10_000))),
        Contestant("pgbench: create, hot account", "", tps(CREATE_SCRIPT.format(accounts=1))),
        Contestant("pgbench: create, 100 accounts", "", tps(CREATE_SCRIPT.format(accounts=MANY))),
        Contestant("bare Starlette route", "", lambda: fire(starlette_url, hello_shots)),
    ]


async def _contestants(arguments: Arguments, base_url: str, runtime: Runtime, dialect: Dialect) -> list[Contestant]:
    sessions = [await _merchant(base_url, runtime, dialect, needs_review=True) for _ in range(MANY)]
    hot = sessions[0]
    live = dialect.samples.live_headers
    order, created = await _one_order(base_url, dialect, hot)

    def queries() -> list[Shot]:
        sent = [dialect.samples.query(hot, order, created, _moment()) for _ in range(arguments.requests)]
        return [shot(base_url, request, order.reference, live) for request in sent]

    def creates(accounts: int) -> list[Shot]:
        return [_create(base_url, dialect, sessions[n % accounts]) for n in range(arguments.requests)]

    def fired(make: Callable[[], list[Shot]]) -> Callable[[], Awaitable[Measured]]:
        async def run() -> Measured:
            return await fire(base_url, make())

        return run

    name = dialect.name
    return [
        Contestant(f"{name}: query", "pgbench: one-row read", fired(queries)),
        Contestant(f"{name}: create, hot account", "pgbench: create, hot account", fired(lambda: creates(1))),
        Contestant(f"{name}: create, 100 accounts", "pgbench: create, 100 accounts", fired(lambda: creates(MANY))),
    ]


def _of_the_rest(rest: Rest) -> list[Contestant]:
    batches = [Contestant(name, "pgbench: create, hot account", run) for name, run in rest.batches.items()]
    return batches + [Contestant(name, "pgbench: one-row read", run) for name, run in rest.lists.items()]


def _of_batches(contestants: list[Contestant], rest: Rest, transactions: int) -> dict[str, dict[str, float]]:
    """Batches beside as many single creates, in the same run."""
    by_name = {contestant.name: contestant for contestant in contestants}
    single = _median(by_name["lesspay: create, hot account"])
    return {
        name: {
            "details_per_s": _median(by_name[name]),
            "batches_per_s": _median(by_name[name]) / DETAILS,
            "batch_p50_ms": _p50(by_name[name]),
            "times_single_creates": _median(by_name[name]) / single,
            "transactions_per_batch": transactions,
        }
        for name in rest.batches
    }


async def _merchant(base_url: str, runtime: Runtime, dialect: Dialect, *, needs_review: bool) -> Session:
    samples = dialect.samples
    account = await open_account(runtime, name="Bench", country=samples.country, needs_review=needs_review)
    if not hasattr(account, "account_id"):
        raise RuntimeError(f"no account: {account}")
    await fund_account(runtime, account.account_id, samples.currency, FUNDS_MINOR, "bench")
    issued = await issue_credential(runtime, dialect, account.account_id)
    if not hasattr(issued, "shown"):
        raise RuntimeError(f"no credential: {issued}")
    opening = samples.opening(issued.shown)
    opened = (await asyncio.to_thread(call, base_url, opening)).body if opening else b""
    return Session(issued.shown, opened)


async def _one_order(base_url: str, dialect: Dialect, session: Session) -> tuple[SampleOrder, bytes]:
    order = _order(dialect)
    request = dialect.samples.create(session, order, _moment())
    return order, (await asyncio.to_thread(call, base_url, request)).body


def _create(base_url: str, dialect: Dialect, session: Session) -> Shot:
    order = _order(dialect)
    request = dialect.samples.create(session, order, _moment())
    return shot(base_url, request, order.reference, dialect.samples.live_headers)


def _order(dialect: Dialect) -> SampleOrder:
    return SampleOrder(f"B-{secrets.token_hex(12)}", dialect.samples.currency, AMOUNT)


def _moment() -> Moment:
    return Moment(clock_ms(), secrets.token_bytes(16))


async def _whole_way(arguments: Arguments, base_url: str, runtime: Runtime, dialect: Dialect) -> float:
    """Payouts a second from the first order until the last one is paid, over HTTP, with the workers at work."""
    session = await _merchant(base_url, runtime, dialect, needs_review=False)
    shots = [_create(base_url, dialect, session) for _ in range(arguments.requests)]
    start = time.perf_counter()
    await fire(base_url, shots)
    while await runtime.database.fetchrow("select 1 from work limit 1"):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return len(shots) / (time.perf_counter() - start)


def _median(contestant: Contestant) -> float:
    return statistics.median(result.per_second for result in contestant.results)


def _p50(contestant: Contestant) -> float:
    return statistics.median(result.p50_ms for result in contestant.results)


def _p99(contestant: Contestant) -> float:
    return statistics.median(result.p99_ms for result in contestant.results)


def _print(
    contestants: list[Contestant], whole: dict[str, float], pure: dict[str, dict[str, float]], console: Console
) -> None:
    rates = {contestant.name: _median(contestant) for contestant in contestants}
    starlette = rates["bare Starlette route"]
    table = Table(
        title=f"Medians; {CONNECTIONS} connections, {os.cpu_count()} cores shared by client, server, database"
    )
    for heading in ("what", "per second", "p50 ms", "p99 ms", "× pgbench", "× Starlette"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for contestant in contestants:
        rate, base = rates[contestant.name], rates.get(contestant.baseline)
        latency = (f"{_p50(contestant):.1f}", f"{_p99(contestant):.1f}") if _p50(contestant) else ("", "")
        ratio = f"{rate / base:.2f}" if base else ""
        table.add_row(contestant.name, f"{rate:,.0f}", *latency, ratio, f"{rate / starlette:.2f}")
    console.print(table)
    parts = Table(title="Where the time goes: microseconds of the pure parts of one request, and payouts paid a second")
    parts.add_column("API")
    steps = list(next(iter(pure.values())))
    for step in [*steps, "paid/s"]:
        parts.add_column(step, justify="right")
    for name, costs in pure.items():
        parts.add_row(name, *(f"{costs[step]:.1f}" for step in steps), f"{whole[name]:,.0f}")
    console.print(parts)


def _print_batches(batches: dict[str, dict[str, float]], console: Console) -> None:
    table = Table(title=f"LessPay batches of {DETAILS:,}, beside single creates on one hot account in the same run")
    for heading in ("what", "batches/s", "details/s", "p50 ms of a batch", "× single creates", "transactions a batch"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, figures in batches.items():
        table.add_row(
            name,
            f"{figures['batches_per_s']:.1f}",
            f"{figures['details_per_s']:,.0f}",
            f"{figures['batch_p50_ms']:.0f}",
            f"{figures['times_single_creates']:.2f}",
            f"{figures['transactions_per_batch']:.0f}",
        )
    console.print(table)


main()
