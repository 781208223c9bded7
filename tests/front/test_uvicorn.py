"""What is used of uvicorn (see api.server): another version that does it otherwise must not go unnoticed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from outlay.api.server import bind
from tests.front.served import echo


class Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Noted(asyncio.Protocol):
    """Has a place in the server's sets until it is told to go."""

    def __init__(self, events: list[str], connections: set[Any]) -> None:
        self._events, self._connections = events, connections

    def connection_made(self, transport: Any) -> None:
        self._connections.add(self)
        self._events.append("made")

    def shutdown(self) -> None:
        self._events.append("told")


async def until(true: Any) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0.01)


async def serving(server: uvicorn.Server, listener: socket.socket) -> asyncio.Task[None]:
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    return task


def made_by(events: list[str], connections: set[Any]) -> Any:
    return lambda **_arguments: Noted(events, connections)


async def test_it_makes_each_connection_by_ours_and_waits_for_all_that_are_in_its_sets() -> None:
    events: list[str] = []
    connections: set[Any] = set()
    tasks: set[Any] = set()
    listener = bind("127.0.0.1", 0)
    server = Quiet(
        uvicorn.Config(echo, http=made_by(events, connections), ws="none", lifespan="off", log_config=None, loop="none")
    )
    server.server_state.connections, server.server_state.tasks = connections, tasks
    done = await serving(server, listener)
    address = listener.getsockname()
    _, writer = await asyncio.open_connection(*address)
    await until(lambda: events == ["made"])
    task = asyncio.create_task(asyncio.sleep(3600))
    tasks.add(task)
    server.should_exit = True
    await until(lambda: events == ["made", "told"])
    with contextlib.suppress(OSError):
        await asyncio.open_connection(*address)
        raise AssertionError("it listens on")
    await asyncio.sleep(0.3)
    assert not done.done(), "there is a connection"
    connections.clear()
    await asyncio.sleep(0.3)
    assert not done.done(), "there is a task"
    tasks.clear()
    await asyncio.wait_for(done, 20)
    task.cancel()
    writer.close()


async def test_it_stops_waiting_as_soon_as_it_is_cancelled() -> None:
    connections: set[Any] = set()
    listener = bind("127.0.0.1", 0)
    server = Quiet(
        uvicorn.Config(echo, http=made_by([], connections), ws="none", lifespan="off", log_config=None, loop="none")
    )
    server.server_state.connections = connections
    done = await serving(server, listener)
    address = listener.getsockname()
    _, writer = await asyncio.open_connection(*address)
    await until(lambda: connections)
    server.should_exit = True
    await asyncio.sleep(0.3)
    assert not done.done()
    done.cancel()
    await asyncio.wait({done}, timeout=20)
    assert done.cancelled()
    with contextlib.suppress(OSError):
        await asyncio.open_connection(*address)
        raise AssertionError("it listens on")
    writer.close()
