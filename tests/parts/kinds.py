"""Every kind of part that Outlay runs, as it is made where Outlay runs it, for the tests of the contract that is one
for all of them; and how each is broken from inside.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from outlay.api import connections
from outlay.api import limits as limits_of_callers
from outlay.api.connections import Connections
from outlay.api.limits import FrontLimits, Tally
from outlay.api.server import bind, serve_http
from outlay.postgres import EmbeddedServer, embedded
from outlay.process import children, ids, seen_file, serving
from outlay.process.settings import Settings
from outlay.process.stopping import Stop
from outlay.running.parts import Run
from outlay.running.recurring import Chore, DueWork
from outlay.service.health import Health
from outlay.store.database import Database
from outlay.store.epochs import Watch
from outlay.store.work import DueLine
from outlay.workers import loop, pipeline
from tests.front.served import echo
from tests.support.world import World

FOR_EVER = [sys.executable, "-c", "import time; time.sleep(3600)"]
BROKEN: Any = "neither a number nor a function"
"""Whoever waits for so long, or calls this, fails."""
STOP_S = 20.0
GRACE_S = 0.2


class Place(msgspec.Struct):
    """What kinds of parts need. `stop`: of the process that they are parts of."""

    world: World
    folder: Path
    stop: Stop
    patch: pytest.MonkeyPatch


class Kind(msgspec.Struct, frozen=True):
    """`make`: what it runs, for as long as the context is open. `inside`: what it needs; with BROKEN in its
    place it fails in the middle of its work. `listens`: it ends by itself when the stop begins."""

    name: str
    make: Callable[[Place], AbstractAsyncContextManager[Run]]
    inside: tuple[Any, str]
    listens: bool = False

    def break_down(self, patch: pytest.MonkeyPatch) -> None:
        owner, name = self.inside
        patch.setattr(owner, name, BROKEN)


RUNTIME: Any = SimpleNamespace(now_ms=lambda: 0, health=Health())


@asynccontextmanager
async def worker(place: Place) -> AsyncIterator[Run]:
    async def none_due() -> int:
        return 0

    async def never() -> None:
        return None

    yield lambda: loop.run_until(place.stop.begun, RUNTIME, DueWork("worker", none_due, never))


@asynccontextmanager
async def pipeline_of_payouts(place: Place) -> AsyncIterator[Run]:
    async def none_due() -> list[DueLine]:
        return []

    work: Any = SimpleNamespace(lines=none_due)
    yield partial(pipeline.Pipeline(RUNTIME, work, BROKEN, {}, "worker").run, place.stop.begun)


@asynccontextmanager
async def chores(place: Place) -> AsyncIterator[Run]:
    async def nothing() -> None:
        return None

    yield lambda: loop.run_until(place.stop.begun, RUNTIME, Chore("chores", 0.01, nothing))


@asynccontextmanager
async def heartbeat(place: Place) -> AsyncIterator[Run]:
    async with Database.open(place.world.dsn, connections=1) as database:
        opened = await ids.open_node(database, Health())
        yield opened.keep
        await opened.give_back()


@asynccontextmanager
async def watch_of_the_database(place: Place) -> AsyncIterator[Run]:
    async with Database.open(place.world.dsn, connections=1) as database:
        yield partial(seen_file.keep_watching, Settings.read(data=place.folder), Watch(), database, Health())


@asynccontextmanager
async def telling_of_limits(_place: Place) -> AsyncIterator[Run]:
    yield Tally().keep_telling


@asynccontextmanager
async def sweep(_place: Place) -> AsyncIterator[Run]:
    yield Connections(FrontLimits(idle_seconds=0.04), Tally(), 8).keep_sweeping


@asynccontextmanager
async def beat(_place: Place) -> AsyncIterator[Run]:
    yield Connections(FrontLimits(), Tally(), 8).keep_beating


@asynccontextmanager
async def http_server(place: Place) -> AsyncIterator[Run]:
    with bind("127.0.0.1", 0) as listener:

        async def run() -> None:
            await serve_http(echo, listener, place.stop.begun, FrontLimits(), Tally(), grace_s=GRACE_S)

        yield run


@asynccontextmanager
async def http_processes(place: Place) -> AsyncIterator[Run]:
    """Real processes, though not of Outlay's: they would need a database for each of them."""
    place.patch.setattr(children, "python_module", lambda *_words: FOR_EVER)
    with bind("127.0.0.1", 0) as listener:
        kept = children.Children(Settings.read(data=place.folder, workers=2), listener, place.stop)
        yield kept.keep
        await kept.end()


@asynccontextmanager
async def signs_of_life(_place: Place) -> AsyncIterator[Run]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield partial(children.give_signs_of_life, ours)


@asynccontextmanager
async def watch_of_the_parent(place: Place) -> AsyncIterator[Run]:
    yield partial(serving._stop_when_orphaned, place.stop, os.getppid())


@asynccontextmanager
async def watch_of_postgres(place: Place) -> AsyncIterator[Run]:
    """Of a server that is a process like any other: it is only looked at."""
    server = EmbeddedServer(place.folder / "data")
    with subprocess.Popen(FOR_EVER) as process:  # noqa: ASYNC220  it is there at once
        server._process = process
        yield server.watch
        process.kill()


KINDS = (
    Kind("worker", worker, (loop, "LONGEST_PAUSE_S"), listens=True),
    Kind("pipeline of payouts", pipeline_of_payouts, (pipeline, "LONGEST_PAUSE_S"), listens=True),
    Kind("chores", chores, (loop, "_sleep"), listens=True),
    Kind("heartbeat", heartbeat, (ids, "PULSE_S")),
    Kind("watch of the database", watch_of_the_database, (seen_file, "WATCH_S")),
    Kind("telling of limits", telling_of_limits, (limits_of_callers, "TOLD_EVERY_S")),
    Kind("sweep of connections", sweep, (asyncio, "sleep")),
    Kind("beat of connections", beat, (connections, "BEAT_S")),
    Kind("HTTP server", http_server, (connections, "BEAT_S"), listens=True),
    Kind("HTTP processes", http_processes, (children.Children, "_look"), listens=True),
    Kind("signs of life", signs_of_life, (children, "BEAT_S")),
    Kind("watch of the parent", watch_of_the_parent, (serving, "ORPHAN_CHECK_S")),
    Kind("watch of PostgreSQL", watch_of_postgres, (embedded, "WATCH_POLL_S")),
)
