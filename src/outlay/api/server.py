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
from functools import partial
from typing import Any, Final, cast

import uvicorn

from outlay.api.connection import Connection
from outlay.api.connections import LONGEST_BACKLOG, Connections, room_for
from outlay.api.exchange import Application
from outlay.api.limits import FrontLimits, Tally
from outlay.running.parts import Part, PartLost, TimeLeft, any_of, stop_all

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
    limits: FrontLimits,
    tally: Tally,
    *,
    grace_s: float,
    last_words_s: float = LAST_WORDS_S,
    other_files: int = 0,
) -> int:
    """Serve until `stop` is set; then take no more connections and finish what is under way. What is not finished after
    `grace_s` is cancelled, so that the application can say so. Returns at most `last_words_s` later, and gives how many
    callers had no answer by then. `other_files`: what the process has open besides connections, its pools above all.
    Raises PartLost where it stopped because it could not go on."""
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
    is_lost = asyncio.Event()
    losses: list[str] = []

    def lost(what: str) -> None:
        losses.append(what)
        is_lost.set()

    serving = Part("listener", partial(server.serve, sockets=[listener]), lost=lost)
    # Without the one no limit of time holds, without the other every request would count as one that has waited.
    parts = [
        serving,
        Part("sweep of connections", connections.keep_sweeping, lost=lost),
        Part("beat of connections", connections.keep_beating, lost=lost),
    ]
    for part in parts:
        part.start()
    try:
        await any_of(stop, is_lost)
        connections.stopping = server.should_exit = True
        unanswered = await _finish(connections, serving, grace_s, last_words_s)
    finally:
        await stop_all(parts)
        for listening in getattr(server, "servers", ()):  # which it leaves open where it is cancelled
            listening.close()
    if losses:
        raise PartLost(losses[0])
    return unanswered


async def _finish(connections: Connections, serving: Part, grace_s: float, last_words_s: float) -> int:
    """How many callers were still being answered when the grace was over. Who has sent half a request is not among
    them: nothing of theirs was begun, and a stop is no stranger's to spoil."""
    serving.ask()
    if await serving.wait(_from_now(grace_s)):
        return 0
    left_s = _from_now(last_words_s)
    unanswered = connections.answering()
    await connections.cut_short(last_words_s)
    await serving.wait(left_s)
    connections.abort()
    return unanswered


def _from_now(seconds: float) -> TimeLeft:
    time = asyncio.get_running_loop().time
    until = time() + seconds
    return lambda: until - time()
