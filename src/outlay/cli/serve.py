"""`outlay serve`: the whole server in one command.

One process by default: it owns the embedded PostgreSQL (or uses DATABASE_URL), serves HTTP and runs the workers. With
`--workers N` HTTP is served by N child processes on the same socket, and this process keeps the database, the
background work and the children going.

The trap: a child must never outlive its parent, or it would serve without a database; it watches for that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
import uvloop

from outlay.api.server import bind
from outlay.bootstrap import Parts, prepare_database, run_process
from outlay.cli.common import DataOption, JsonOption, database, out, print_json, read_settings
from outlay.log_sink import configure_logging
from outlay.postgres.connect import Database
from outlay.settings import Settings

ORPHAN_CHECK_S: Final = 0.5
CHILD_CHECK_S: Final = 0.2
CHILD_RESTART_S: Final = 1.0
CHILD_GRACE_S: Final = 8.0

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
    settings = read_settings(data, host=host, port=port, workers=workers)
    configure_logging(settings)
    listener = bind(settings.host, settings.port)
    with listener, database(settings, "required") as opened:
        uvloop.run(_serve(settings, opened, listener, as_json, with_parent))


def serve_child(
    listener_fd: Annotated[int, typer.Option()],
    data: DataOption = None,
) -> None:
    """One HTTP process of `outlay serve --workers N`; not for use by hand."""
    settings = read_settings(data)
    configure_logging(settings)
    listener = socket.socket(fileno=listener_fd)
    with listener, database(settings, "attach-or-own") as opened:
        if opened.server is not None:
            return  # the parent has gone already
        uvloop.run(_serve_child(settings, opened.endpoint.url, listener))


async def _serve(
    settings: Settings, opened: Database, listener: socket.socket, as_json: bool, parent: int | None
) -> None:
    stop = _stop_on_signals()
    await prepare_database(settings, opened.endpoint.url, may_migrate=opened.server is not None)
    watching = asyncio.create_task(opened.watch())
    orphaned = asyncio.create_task(_stop_when_orphaned(stop, parent)) if parent is not None else None
    several = settings.workers > 1
    parts = Parts(listener=None if several else listener, works=True)
    children = asyncio.create_task(_keep_children(settings, listener, stop)) if several else None
    try:
        await run_process(
            settings, opened.endpoint.url, parts, stop, on_ready=lambda: _announce(settings, listener, as_json)
        )
    finally:
        stop.set()
        if children is not None:
            await children
        watching.cancel()
        if orphaned is not None:
            orphaned.cancel()


def _announce(settings: Settings, listener: socket.socket, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    where = "DATABASE_URL" if settings.database_url else str(settings.data)
    if as_json:
        print_json({"base_url": base_url, "data": where, "pid": os.getpid()})
    else:
        out.print(f"Outlay serves on [bold]{base_url}[/] (data: {where}); stop with Ctrl-C", soft_wrap=True)
    sys.stdout.flush()


def _stop_on_signals() -> asyncio.Event:
    # Set for SIGINT too although Python would raise: a shell's `&` starts us with SIGINT ignored.
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _serve_child(settings: Settings, dsn: str, listener: socket.socket) -> None:
    stop = _stop_on_signals()
    orphaned = asyncio.create_task(_stop_when_orphaned(stop, os.getppid()))
    await run_process(settings, dsn, Parts(listener=listener, works=False), stop, on_ready=lambda: None)
    orphaned.cancel()


async def _stop_when_orphaned(stop: asyncio.Event, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells that a parent has died)
        await asyncio.sleep(ORPHAN_CHECK_S)
    stop.set()


async def _keep_children(settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    children = [_start_child(settings.data, listener) for _ in range(settings.workers)]
    while not stop.is_set():
        await asyncio.sleep(CHILD_CHECK_S)
        for place, child in enumerate(children):
            if child.poll() is not None and not stop.is_set():
                _log.warning("an HTTP process ended; starting another", status=child.returncode)
                await asyncio.sleep(CHILD_RESTART_S)
                children[place] = _start_child(settings.data, listener)
    await _end_children(children)


def _start_child(data: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    command = [sys.executable, "-m", "outlay.cli", "serve-child", "--listener-fd", str(descriptor)]
    return subprocess.Popen([*command, "--data", str(data)], pass_fds=(descriptor,))  # noqa: S603 (our own program)


async def _end_children(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for _ in range(int(CHILD_GRACE_S / CHILD_CHECK_S)):
        if all(child.poll() is not None for child in children):
            return
        await asyncio.sleep(CHILD_CHECK_S)
    for child in children:
        child.kill()
