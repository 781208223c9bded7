"""`./run bench` of one tree: query and create in each API, batches and lists, beside pgbench and a Starlette route.

All sides run in one go on one server, in rounds, so that a slow minute of the machine hits all of them; the figures are
the medians of the rounds. Payouts are ordered on accounts with review, so that no background work runs meanwhile; what
the whole way to "paid" costs is measured on its own at the end.

No target yet: this shows where the time goes.
"""

from __future__ import annotations

import asyncio
import os
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

from outlay.cli.client import ServerProcess
from outlay.cli.common import read_settings
from outlay.cli.output import print_json
from outlay.dialects import all_dialects
from outlay.postgres.connect import open_database
from outlay.process.run import open_runtime
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect
from outlay.wire.message import Request
from tests.bench.load import CONNECTIONS, Measured, fire, shot
from tests.bench.merchants import MANY, Shots, creates, environment, hot_paths, merchant
from tests.bench.pure import pure_costs
from tests.bench.rivals import CREATE_SCRIPT, READ_SCRIPT, SETUP, Pgbench, bare_starlette
from tests.bench.whole_apis import DETAILS, Rest, prepare
from tests.support.superuser import superuser_url

BASELINES = (READ, CREATE_HOT, CREATE_MANY) = (
    "pgbench: one-row read",
    "pgbench: create, hot account",
    f"pgbench: create, {MANY} accounts",
)
"""Of a query, of a create on one account and on many."""


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


def measure(rounds: int, requests: int, seconds: int, *, as_json: bool) -> None:
    """Measure, and print."""
    arguments = Arguments(rounds, requests, seconds)
    console = Console(stderr=as_json)
    os.environ.pop("DATABASE_URL", None)
    with (
        tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder,
        ServerProcess(Path(folder), 0, environment()) as server,
        open_database(None, Path(folder), own="attach-or-own") as database,
        bare_starlette() as starlette_url,
    ):
        document = uvloop.run(
            _measure(arguments, server.base_url, database.endpoint.url, starlette_url, Path(folder), console)
        )
    if as_json:
        print_json(document)


async def _measure(
    arguments: Arguments, base_url: str, dsn: str, starlette_url: str, folder: Path, console: Console
) -> dict[str, Any]:
    async with open_runtime(read_settings(folder), dsn) as runtime:
        contestants = await _rivals(arguments, Pgbench(superuser_url(folder)), runtime, starlette_url)
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
        Contestant(READ, "", tps(READ_SCRIPT.format(payouts=10_000))),
        Contestant(CREATE_HOT, "", tps(CREATE_SCRIPT.format(accounts=1))),
        Contestant(CREATE_MANY, "", tps(CREATE_SCRIPT.format(accounts=MANY))),
        Contestant("bare Starlette route", "", lambda: fire(starlette_url, hello_shots)),
    ]


async def _contestants(arguments: Arguments, base_url: str, runtime: Runtime, dialect: AnyDialect) -> list[Contestant]:
    def fired(shots: Shots) -> Callable[[], Awaitable[Measured]]:
        async def run() -> Measured:
            return await fire(base_url, shots(arguments.requests))

        return run

    paths = await hot_paths(base_url, runtime, dialect)
    return [
        Contestant(name, baseline, fired(shots))
        for (name, shots), baseline in zip(paths.items(), BASELINES, strict=True)
    ]


def _of_the_rest(rest: Rest) -> list[Contestant]:
    batches = [Contestant(name, CREATE_HOT, run) for name, run in rest.batches.items()]
    return batches + [Contestant(name, READ, run) for name, run in rest.lists.items()]


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


async def _whole_way(arguments: Arguments, base_url: str, runtime: Runtime, dialect: AnyDialect) -> float:
    """Payouts a second from the first order until the last one is paid, over HTTP, with the workers at work."""
    session = await merchant(base_url, runtime, dialect, needs_review=False)
    shots = creates(base_url, dialect, [session], arguments.requests)
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
