"""`outlay serve`: the whole server in one command.

One process by default: it owns the embedded PostgreSQL (or uses DATABASE_URL), serves HTTP and runs the workers. With
`--workers N` HTTP is served by N child processes on the same socket (cli.children), and this process keeps the
database, the background work and the children going.

The trap: a stop has one end, whatever hangs: see stopping. So signals are not the event loop's to hear.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import Coroutine
from functools import partial
from typing import Annotated, Any, Final, NoReturn

import structlog
import typer
import uvloop

from outlay.api.server import bind
from outlay.cli.children import Children, follow_parent, give_signs_of_life
from outlay.cli.common import CommandFailed, DataOption, JsonOption, database, read_settings, settings_and_log
from outlay.cli.output import cell, out, print_json
from outlay.cli.streams import stdout
from outlay.postgres.connect import Database
from outlay.process.logging import configure_logging
from outlay.process.run import Work, prepare_database, run_process
from outlay.process.settings import Settings
from outlay.process.stopping import CHILDREN, DATABASE, LOOP, Stop
from outlay.running.parts import Part, stop_all
from outlay.store.migrate import SchemaTooNew, check_schema

ORPHAN_CHECK_S: Final = 0.5
LET_GO_S: Final = 3.0
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_log = structlog.get_logger("outlay.serve")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one (default 8080).")] = None,
    data: DataOption = None,
    workers: Annotated[int | None, typer.Option(help="HTTP processes (default 1).")] = None,
    as_json: JsonOption = False,
    with_parent: Annotated[int | None, typer.Option(metavar="PID", help="Stop when this, our parent, ends.")] = None,
) -> None:
    """Start Outlay: the three payout APIs, the workers and, unless DATABASE_URL is set, a PostgreSQL of its own."""
    settings = settings_and_log(data, host=host, port=port, workers=workers)
    stop = Stop(settings.stop_seconds)
    with (
        _listen(settings) as listener,
        database(settings, "required", stop_within=lambda: stop.left_s(DATABASE)) as opened,
    ):
        if opened.server is not None:
            stop.at_last(opened.server.kill)
        _run(stop, _serve(settings, opened, listener, stop, as_json, with_parent), may_hurry=True)
    if opened.server is not None and not opened.server.ended_by_itself:
        stop.broke_off("PostgreSQL")
    _end(stop)


def serve_child(
    listener_fd: Annotated[int, typer.Option()],
    parent_fd: Annotated[int, typer.Option()],
    data: DataOption = None,
) -> None:
    """One HTTP process of `outlay serve --workers N`; not for use by hand."""
    parent = _inherited(parent_fd)
    settings = read_settings(data)
    configure_logging(settings)
    listener = _inherited(listener_fd)
    stop = Stop(settings.stop_seconds * CHILDREN)
    follow_parent(parent, stop.seconds)
    with parent, listener, database(settings, "attach") as opened:
        # Nobody is in a hurry for having told parent and child alike: who hurries is for the parent to say.
        _run(stop, _serve_child(settings, opened.endpoint.url, listener, stop, parent), may_hurry=False)
    _end(stop)


def _inherited(descriptor: int) -> socket.socket:
    """A socket that our parent gave to us, and to nobody whom we start: what keeps a listener keeps its port."""
    inherited = socket.socket(fileno=descriptor)
    inherited.set_inheritable(False)
    return inherited


def _listen(settings: Settings) -> socket.socket:
    """Bound and listening. Children of a server that was killed a moment ago are given the time to let go. Raises
    CommandFailed."""
    end = time.monotonic() + LET_GO_S
    while True:
        try:
            return bind(settings.host, settings.port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CommandFailed(f"{error.strerror}; give another --host or --port") from None
            if time.monotonic() >= end:
                raise CommandFailed(f"{error.strerror}; end what listens there, or give another --port") from None
        time.sleep(LET_GO_S / 30)


def _run(stop: Stop, work: Coroutine[Any, Any, None], *, may_hurry: bool) -> None:
    """Run it on an event loop; when that is left the stop has begun, and signals are still heard."""
    # Also SIGINT, although Python would raise: a shell's `&` starts us with SIGINT ignored.
    stop.listen(STOP_SIGNALS, may_hurry=may_hurry)
    try:
        uvloop.run(stop.run(work))
    finally:
        stop.begin()


def _end(stop: Stop) -> NoReturn:
    """All has ended. Python takes its handlers back before the process is gone: one more signal would then kill it, and
    nobody would learn how the stop went."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise typer.Exit(stop.status)


async def _serve(
    settings: Settings, opened: Database, listener: socket.socket, stop: Stop, as_json: bool, parent: int | None
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
        _announce(settings, address, as_json)

    try:
        work = Work(listener=None if several else listener, works=True)
        await run_process(settings, opened.endpoint.url, work, stop, on_ready)
    finally:
        if stop.has_started:  # else to wait here would be to be cancelled, and nobody would hear what went wrong
            stop.begin()
            await stop_all([keeping], partial(stop.left_s, LOOP))
            await children.end()  # where nobody has kept them to their end
        for part in watching:
            part.cancel()


def _watchers(opened: Database, stop: Stop, parent: int | None) -> list[Part]:
    watchers = []
    if opened.server is not None:  # nobody else would start the database again
        watchers.append(Part("watch of PostgreSQL", opened.watch, lost=stop.lost))
    if parent is not None:
        watchers.append(Part("watch of the parent", partial(_stop_when_orphaned, stop, parent), asked=stop.begun))
    return watchers


def _announce(settings: Settings, address: tuple[str, int], as_json: bool) -> None:
    """Where it serves. A standard output that cannot be written is no reason not to."""
    host, port = address
    base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    where = "DATABASE_URL" if settings.database_url else str(settings.data)
    if as_json:
        print_json({"base_url": base_url, "data": where, "pid": os.getpid()})
    else:
        out.say("Outlay serves on ", cell(base_url, "bold"), f" (data: {where}); stop with Ctrl-C")
    if fault := stdout.fault():
        _log.warning(fault, base_url=base_url)


async def _serve_child(
    settings: Settings, dsn: str, listener: socket.socket, stop: Stop, parent: socket.socket
) -> None:
    signs = Part("signs of life", partial(give_signs_of_life, parent))
    signs.start()
    try:
        await check_schema(dsn)
        await run_process(settings, dsn, Work(listener=listener, works=False), stop, on_ready=lambda: None)
    except SchemaTooNew as error:  # it has changed since the parent looked
        _log.error("this process is too old for the schema, and stops", why=str(error))
        stop.outdated()
    finally:
        await signs.stop()


async def _stop_when_orphaned(stop: Stop, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells that a parent has died)
        await asyncio.sleep(ORPHAN_CHECK_S)
    stop.begin()
