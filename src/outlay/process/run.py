"""Joins the rooms: the only place that knows all of them.

`open_runtime` gives what use cases need on an open database; `serve` runs a whole server process on it. Which database,
and who owns it, is decided elsewhere (serving, opening).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import msgspec
import phonenumbers  # noqa: F401 (core.normal_forms wants it: before the first order does)
import stdnum.iban  # noqa: F401 (the same)

from outlay.api.app import App
from outlay.api.budget import Unproved
from outlay.api.gateway import Gateway
from outlay.api.helper import Helper
from outlay.api.large import LargeBodies
from outlay.api.limits import FrontLimits, Tally
from outlay.api.memory import leave_out_what_stays
from outlay.api.rates import Rates
from outlay.api.refusals import Refusals
from outlay.api.server import serve_http
from outlay.core.account import SANDBOX_RAIL
from outlay.core.payout import Payout
from outlay.core.rail import INTERNAL_KIND, SANDBOX_KIND, RailRecord
from outlay.dialects import all_dialects
from outlay.postgres.connect import OpenDatabase
from outlay.process.clock import steady_ms
from outlay.process.ids import open_node
from outlay.process.interpreter import python_module
from outlay.process.key_file import check_key, missing_files, vault_key
from outlay.process.seen_file import keep_watching, look_last, new_watch
from outlay.process.settings import Settings
from outlay.process.stopping import LOOP, REQUESTS, TOLD, WORK, Stop
from outlay.rails.internal import InternalRail
from outlay.rails.rail import Rail, Rails
from outlay.running.log import get_log
from outlay.running.parts import Part, Run, errand, stop_all
from outlay.sandbox.bank import NotPossible, SandboxBank, deliveries
from outlay.sandbox.bank_accounts import finds_valid
from outlay.service.engine.seal_key import seal_key
from outlay.service.health import Health
from outlay.service.runtime import Runtime
from outlay.store.database import Database
from outlay.store.migrate import check_and_migrate
from outlay.store.rails import read_rails
from outlay.store.read.reader import Reader
from outlay.store.work import WorkList
from outlay.store.write.clerk import Clerk
from outlay.store.write.held import HELD_PLACES, HOT_LOCK_S
from outlay.workers.chores import chores_of
from outlay.workers.loop import run_until
from outlay.workers.payouts import PayoutWorker
from outlay.workers.pipeline import Pipeline
from outlay.workers.places import Rate
from outlay.workers.transfers import finishing_of_transfers

HOT_CONNECTIONS: Final = 5 + HELD_PLACES
"""One for the clerk, two for each kind of question: what they use at once in one lane. And those that wait for accounts
that somebody else holds."""
CALLERS_CONNECTIONS: Final = 4
"""For what callers ask besides: opened when they do."""
PULSE_CONNECTIONS: Final = 1
FREE_NODE_S: Final = 1.0
FREE_NODE_SHARE: Final = 0.05
"""Of what a stop may take: where that is less."""
APART_MODULE: Final = "outlay.process.apart"
KEYS_SHARE: Final = 4
"""One key id may have a fourth of `unproved_limit` waiting."""

_log = get_log("outlay")


async def prepare_database(settings: Settings, opened: OpenDatabase, *, may_migrate: bool) -> None:
    """Check that the database keeps what it confirms and has the newest schema, bringing it there if that is ours to
    do. Raises UnsafeServer, SchemaOutdated, RoleUnusable, TablesInUse."""
    unsafe = await check_and_migrate(
        opened.endpoint.url,
        allow_unsafe=settings.allow_unsafe_database,
        partitions=settings.partitions if may_migrate else None,
        migrator=opened.migrator.url,
    )
    for finding in unsafe:
        _log.warning("the database may lose confirmed payouts", finding=finding)


async def check_present_key(settings: Settings, dsn: str) -> None:
    """For a command that opens no runtime. Raises KeyRefused, Unavailable."""
    async with Database.open(dsn, connections=1) as database:
        await check_key(settings, database)


@asynccontextmanager
async def open_runtime(
    settings: Settings, dsn: str, health: Health | None = None, stop: Stop | None = None
) -> AsyncIterator[Runtime]:
    """What every use case needs, on the database at `dsn` (which must have the newest schema). `health` is told what
    this process knows of its node number, its clock, its files and the database; `stop` begins where it must not go
    on. Raises KeyRefused, before anything is done there."""
    patience_s = settings.database_seconds
    watch = new_watch(settings)
    async with (
        Database.open(dsn, connections=settings.database_connections, look=watch.look) as database,
        # Callers never wait for a connection that the background work holds. Opened when somebody asks: most commands
        # never do, and connections are half of what a command takes.
        Database.open(
            dsn,
            connections=HOT_CONNECTIONS,
            at_once=0,
            patience_s=patience_s,
            lock_s=HOT_LOCK_S,
            look=watch.look,
        ) as hot,
        Database.open(
            dsn, connections=CALLERS_CONNECTIONS, at_once=0, patience_s=patience_s, look=watch.look
        ) as callers,
        # Nor is the heartbeat late because others are busy.
        Database.open(dsn, connections=PULSE_CONNECTIONS, look=watch.look) as pulsing,
    ):
        key = await vault_key(settings, database)
        health = health or Health()
        node = await open_node(pulsing, health, partial(missing_files, settings))
        seals = await seal_key(database, key, os.urandom, node.clock.now_ms())
        # Whoever does not keep a number, or does not look whether the database has lost time, may not serve.
        lost, outdated = (stop.lost, stop.outdated) if stop is not None else (None, lambda: None)
        watching = partial(keep_watching, settings, watch, pulsing, health, outdated)
        parts = [Part("heartbeat", node.keep, lost=lost), Part("watch of the database", watching, lost=lost)]
        for part in parts:
            part.start()
        try:
            yield Runtime(
                database=database,
                callers=callers,
                clerk=Clerk(hot, node.next_id, settings.lanes, seals),
                reader=Reader(hot, settings.lanes),
                now_ms=node.clock.now_ms,
                real_ms=node.clock.real_ms,
                steady_ms=steady_ms,
                following=node.following,
                next_id=node.next_id,
                entropy=os.urandom,
                vault_key=key,
                seal_key=seals,
                clock_stepped=node.stepped,
                health=health,
                lanes=settings.lanes,
                bank_account_checks={SANDBOX_RAIL: finds_valid},
            )
        finally:
            await stop_all(parts)
            # Waited for, not cancelled: that would wait for the database again. The pools are closed next.
            freeing = errand("give back the node number", node.give_back())
            looking = errand("last look at the database", look_last(settings, watch, pulsing))
            await asyncio.wait({freeing, looking}, timeout=min(FREE_NODE_S, settings.stop_seconds * FREE_NODE_SHARE))


def limits_of(settings: Settings) -> FrontLimits:
    return FrontLimits(**{name: getattr(settings, name) for name in FrontLimits.__struct_fields__})


def make_app(settings: Settings, runtime: Runtime, tally: Tally, health: Health) -> App:
    rates = Rates(settings.rate_limit, settings.token_rate_limit)
    refusals = Refusals(settings.refusal_rate, tally)
    large = _large_bodies(settings, tally)
    gateway = Gateway(runtime, all_dialects().values(), rates, refusals, large, settings.database_seconds)
    unproved = Unproved(settings.unproved_limit, tally)
    return App(gateway, health, settings.body_limit, tally, unproved)


def _large_bodies(settings: Settings, tally: Tally) -> LargeBodies:
    helper = Helper(python_module(APART_MODULE, str(settings.data)))
    share = settings.unproved_limit // KEYS_SHARE
    return LargeBodies(helper, tally, most=settings.large_waiting, most_bytes=share)


def make_rails(settings: Settings, runtime: Runtime, records: Mapping[str, RailRecord]) -> Rails:
    """Of every rail of the installation what drives it; none of one that this version has no code for."""
    make: Mapping[str, Callable[[RailRecord], Rail]] = {
        SANDBOX_KIND: lambda record: SandboxBank(runtime, settings.sandbox_delay_ms, record.terms),
        INTERNAL_KIND: lambda record: InternalRail(runtime, record.terms),
    }
    rails: dict[str, Rail] = {}
    for name, record in records.items():
        if record.kind in make:
            rails[name] = make[record.kind](record)
        else:
            _log.warning("a rail of a kind that this version does not know", rail=name, kind=record.kind)
    return rails


async def bank_of(settings: Settings, runtime: Runtime, payout: Payout) -> SandboxBank:
    """The sandbox bank that has the latest of this payout. Raises NotPossible."""
    rails = make_rails(settings, runtime, await read_rails(runtime.database))
    for name in [payout.rail, *(attempt.rail for attempt in reversed(payout.attempts))]:
        if isinstance(bank := rails.get(name), SandboxBank):
            return bank
    raise NotPossible(f"the sandbox bank does not know this payout: it goes over the rail {payout.rail}")


async def worker_jobs(settings: Settings, runtime: Runtime, stop: asyncio.Event) -> dict[str, Run]:
    """The background work of one installation, by name; running it twice does no harm (work is leased)."""
    records = await read_rails(runtime.database)
    rails = make_rails(settings, runtime, records)
    jobs: dict[str, Run] = {"submit": partial(make_pipeline(runtime, rails, records).run, stop)}
    for work in (*chores_of(runtime), finishing_of_transfers(runtime), *deliveries(rails.values())):
        jobs[work.name] = partial(run_until, stop, runtime, work)
    return jobs


def make_pipeline(runtime: Runtime, rails: Rails, records: Mapping[str, RailRecord]) -> Pipeline:
    """`records`: what is known of the rails, by name."""
    rates = {name: Rate(record.calls_per_second) for name, record in records.items()}
    work = WorkList(runtime.database, runtime.lanes)
    name = f"{socket.gethostname()}:{os.getpid()}"
    return Pipeline(runtime, work, PayoutWorker(runtime, rails, work, rates), records, name)


class Duties(msgspec.Struct, frozen=True):
    """What one process does."""

    listener: socket.socket | None
    """Serve HTTP here."""
    works: bool
    """Run the background work."""


async def _serve_callers(settings: Settings, runtime: Runtime, listener: socket.socket, stop: Stop) -> None:
    tally = Tally()
    telling = Part("telling of limits", tally.keep_telling)
    telling.start()
    try:
        app = make_app(settings, runtime, tally, runtime.health)
        pools = settings.database_connections + HOT_CONNECTIONS + CALLERS_CONNECTIONS + PULSE_CONNECTIONS
        unanswered = await serve_http(
            app,
            listener,
            stop.begun,
            limits_of(settings),
            tally,
            grace_s=stop.seconds * REQUESTS,
            last_words_s=stop.seconds * (TOLD - REQUESTS),
            other_files=pools,
        )
        if unanswered:
            stop.broke_off(f"callers without their answer: {unanswered}")
    finally:
        await telling.stop()
        tally.tell()


async def run_process(settings: Settings, dsn: str, work: Duties, stop: Stop, on_ready: Callable[[], None]) -> None:
    """Do the work until the stop begins; a part of it that ends before that begins it. What has not ended within its
    share of the stop is broken off."""
    health = Health()
    async with open_runtime(settings, dsn, health, stop) as runtime:
        parts = await _parts(settings, runtime, work, stop)
        try:
            for part in parts:
                part.start()
            stop.has_started = True
            leave_out_what_stays()
            on_ready()
            await stop.begun.wait()
            health.say("stop", "the server is stopping")
        finally:
            stop.begin()
            late = await stop_all(parts, partial(stop.left_s, WORK))
    # Their connections are closed now, so nothing of theirs waits for a database any more.
    await stop_all(late, partial(stop.left_s, LOOP))
    for part in late:
        stop.broke_off(part.name)


async def _parts(settings: Settings, runtime: Runtime, work: Duties, stop: Stop) -> list[Part]:
    """None is started again by itself: a worker has outlived every fault that it may meet, so what ends it is one of
    ours, and whoever keeps the process going should know."""
    jobs: dict[str, Run] = {}
    if work.works:
        jobs |= await worker_jobs(settings, runtime, stop.begun)
    if work.listener is not None:
        jobs["http"] = partial(_serve_callers, settings, runtime, work.listener, stop)
    return [Part(name, job, lost=stop.lost, asked=stop.begun) for name, job in jobs.items()]
