"""A whole server as one program: its database, its HTTP processes, its background work, until it is told to stop.

One process by default: it owns the embedded PostgreSQL (or uses DATABASE_URL), serves HTTP and runs the workers. With
several HTTP is served by child processes on the same socket (children), and this process keeps the database, the
background work and the children going.

Leaves to others: what a process does (run), what is printed (cli.serve).

The trap: a stop has one end, whatever hangs: see stopping. So signals are not the event loop's to hear.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import uvloop

from outlay.api.server import bind
from outlay.kit.for_people import ForPeople
from outlay.postgres.connect import OpenDatabase
from outlay.process.children import Children, follow_parent, give_signs_of_life
from outlay.process.opening import database
from outlay.process.run import Duties, prepare_database, run_process
from outlay.process.settings import Settings
from outlay.process.stopping import CHILDREN, DATABASE, LOOP, Stop
from outlay.running.log import get_log
from outlay.running.parts import Part, stop_all
from outlay.store.migrate import SchemaTooNew, check_schema

ORPHAN_CHECK_S: Final = 0.5
LET_GO_S: Final = 3.0
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
Announce = Callable[[tuple[str, int]], None]
"""Is told where it serves, once it does."""

_log = get_log("outlay.serve")


class CannotListen(ForPeople):
    """The address or the port cannot be had."""


def serve(settings: Settings, announce: Announce, parent: int | None) -> int:
    """Serve until a signal, or until `parent`, our parent, has ended. Returns the exit status. Raises ForPeople."""
    stop = Stop(settings.stop_seconds)
    with (
        _listen(settings) as listener,
        database(settings, "required", _log.warning, stop_within=lambda: stop.left_s(DATABASE)) as opened,
    ):
        if opened.server is not None:
            stop.at_last(opened.server.kill)
        _run(stop, _serve(settings, opened, listener, stop, announce, parent), may_hurry=True)
    if opened.server is not None and not opened.server.ended_by_itself:
        stop.broke_off("PostgreSQL")
    return _end(stop)


def serve_child(settings: Settings, listener_fd: int, parent_fd: int) -> int:
    """Be one HTTP process of several, on the listener and with the channel to its parent that it was given. Returns the
    exit status. Raises ForPeople."""
    parent, listener = _inherited(parent_fd), _inherited(listener_fd)
    stop = Stop(settings.stop_seconds * CHILDREN)
    follow_parent(parent, stop.seconds)
    with parent, listener, database(settings, "attach", _log.warning) as opened:
        # Nobody is in a hurry for having told parent and child alike: who hurries is for the parent to say.
        _run(stop, _serve_child(settings, opened.endpoint.url, listener, stop, parent), may_hurry=False)
    return _end(stop)


def _inherited(descriptor: int) -> socket.socket:
    """A socket that our parent gave to us, and to nobody whom we start: what keeps a listener keeps its port."""
    inherited = socket.socket(fileno=descriptor)
    inherited.set_inheritable(False)
    return inherited


def _listen(settings: Settings) -> socket.socket:
    """Bound and listening. Children of a server that was killed a moment ago are given the time to let go. Raises
    CannotListen."""
    end = time.monotonic() + LET_GO_S
    while True:
        try:
            return bind(settings.host, settings.port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotListen(f"{error.strerror}; give another --host or --port") from None
            if time.monotonic() >= end:
                raise CannotListen(f"{error.strerror}; end what listens there, or give another --port") from None
        time.sleep(LET_GO_S / 30)


def _run(stop: Stop, work: Coroutine[Any, Any, None], *, may_hurry: bool) -> None:
    """Run it on an event loop; when that is left the stop has begun, and signals are still heard."""
    # Also SIGINT, although Python would raise: a shell's `&` starts us with SIGINT ignored.
    stop.listen(STOP_SIGNALS, may_hurry=may_hurry)
    try:
        uvloop.run(stop.run(work))
    finally:
        stop.begin()


def _end(stop: Stop) -> int:
    """All has ended. Python takes its handlers back before the process is gone: one more signal would then kill it, and
    nobody would learn how the stop went."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    return stop.status


async def _serve(
    settings: Settings,
    opened: OpenDatabase,
    listener: socket.socket,
    stop: Stop,
    announce: Announce,
    parent: int | None,
) -> None:
    await prepare_database(settings, opened, may_migrate=opened.server is not None)
    several = settings.workers > 1
    address = listener.getsockname()[:2]
    watching = _watchers(opened, stop, parent)
    children = Children(settings, listener, stop)
    keeping = Part("HTTP processes", children.keep, lost=stop.lost, asked=stop.begun)
    for part in watching:
        part.start()

    def on_ready() -> None:
        if several:
            keeping.start()
        announce(address)

    try:
        work = Duties(listener=None if several else listener, works=True)
        await run_process(settings, opened.endpoint.url, work, stop, on_ready)
    finally:
        if stop.has_started:  # else to wait here would be to be cancelled, and nobody would hear what went wrong
            stop.begin()
            await stop_all([keeping], partial(stop.left_s, LOOP))
            await children.end()  # where nobody has kept them to their end
        for part in watching:
            part.cancel()


def _watchers(opened: OpenDatabase, stop: Stop, parent: int | None) -> list[Part]:
    watchers = []
    if opened.server is not None:  # nobody else would start the database again
        watchers.append(Part("watch of PostgreSQL", opened.watch, lost=stop.lost))
    if parent is not None:
        watchers.append(Part("watch of the parent", partial(_stop_when_orphaned, stop, parent), asked=stop.begun))
    return watchers


async def _serve_child(
    settings: Settings, dsn: str, listener: socket.socket, stop: Stop, parent: socket.socket
) -> None:
    signs = Part("signs of life", partial(give_signs_of_life, parent))
    signs.start()
    try:
        await check_schema(dsn)
        await run_process(settings, dsn, Duties(listener=listener, works=False), stop, on_ready=lambda: None)
    except SchemaTooNew as error:  # it has changed since the parent looked
        _log.error("this process is too old for the schema, and stops", why=str(error))
        stop.outdated()
    finally:
        await signs.stop()


async def _stop_when_orphaned(stop: Stop, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells that a parent has died)
        await asyncio.sleep(ORPHAN_CHECK_S)
    stop.begin()
