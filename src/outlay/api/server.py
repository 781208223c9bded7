"""Runs the ASGI callable on a socket: uvicorn's server, with connections of our own (api.connection) and its signal
handling left to us.

What is used of uvicorn: that it makes each connection by `Config(http=…)`, closes the listener once `should_exit` is
set, calls `shutdown()` of every open connection, waits until `server_state` has no connections and no tasks, and ends
at once when it is cancelled meanwhile. tests/front/test_uvicorn.py holds it to that.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any, Final, cast

import uvicorn

from outlay.api.connection import Connection
from outlay.api.connections import LONGEST_BACKLOG, Connections, room_for
from outlay.api.exchange import Application
from outlay.api.limits import Limits, Tally

LAST_WORDS_S: Final = 1.0
"""How long the answers of those that were cancelled may take to be read."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the command that runs the server: it also has workers and a database to stop."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError with the address in it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    except TypeError as error:  # what the socket says where no host can have this name
        listener.close()
        raise OSError(errno.EADDRNOTAVAIL, f"cannot listen on {host}:{port}: this is not a host") from error
    listener.listen(LONGEST_BACKLOG)  # until it is served
    return listener


async def serve_http(
    app: Application,
    listener: socket.socket,
    stop: asyncio.Event,
    limits: Limits,
    tally: Tally,
    *,
    grace_s: float,
    last_words_s: float = LAST_WORDS_S,
    other_files: int = 0,
) -> int:
    """Serve until `stop` is set; then take no more connections and finish what is under way. What is not finished after
    `grace_s` is cancelled, so that the application can say so. Returns at most `last_words_s` later, and gives how many
    callers had no answer by then. `other_files`: what the process has open besides connections, its pools above all."""
    most, backlog = room_for(limits.connections, other_files)
    connections = Connections(limits, tally, most)
    server = _Server(
        uvicorn.Config(
            app,
            http=cast(type[asyncio.Protocol], lambda **_of_uvicorn: Connection(app, connections)),
            loop="none",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            backlog=backlog,
        )
    )
    # uvicorn tells these that the server stops, and waits until there are none.
    state: Any = server.server_state
    state.connections, state.tasks = connections.open, connections.tasks
    sweeping = asyncio.create_task(connections.keep_sweeping())
    beating = asyncio.create_task(connections.keep_beating())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping, sweeping, beating}, return_when=asyncio.FIRST_COMPLETED)
        connections.stopping = server.should_exit = True
        unanswered = await _finish(connections, serving, grace_s, last_words_s)
        for part in (serving, sweeping, beating):
            if part.done():
                await part  # what failed is told
        return unanswered
    finally:
        for task in (serving, stopping, sweeping, beating):
            task.cancel()


async def _finish(connections: Connections, serving: asyncio.Task[None], grace_s: float, last_words_s: float) -> int:
    """How many callers were still being answered when the grace was over. Who has sent half a request is not among
    them: nothing of theirs was begun, and a stop is no stranger's to spoil."""
    await asyncio.wait({serving}, timeout=grace_s)
    if serving.done():
        return 0
    until = asyncio.get_running_loop().time() + last_words_s
    unanswered = connections.answering()
    await connections.cut_short(last_words_s)
    await asyncio.wait({serving}, timeout=max(0, until - asyncio.get_running_loop().time()))
    connections.abort()
    return unanswered
