"""Fixtures and the one hook that lets a test be `async def`. A conftest takes them with `from … import *`.

All async tests run on one event loop, one after the other. Those of a test's fixtures that are async context managers
(a `World`) are entered on it before the test and left after it; tasks that a test leaves behind are cancelled.

Tests that are marked `virtual_time` have a loop each, whose time jumps: how loaded the machine is changes nothing for
them, and what they say about time is exact.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from tests.support.databases import PLAIN, SHAPES, Server, running_server
from tests.support.virtual_time import VirtualLoop
from tests.support.world import World

__all__ = ["plain_world", "pytest_pyfunc_call", "server", "world"]

TEST_PATIENCE_S = 60.0
SERVER = pytest.StashKey[Server]()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    work = _run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names})
    if pyfuncitem.get_closest_marker("virtual_time") is not None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(work)
    elif SERVER in pyfuncitem.config.stash:
        pyfuncitem.config.stash[SERVER].runner.run(work)
    else:
        asyncio.run(work)
    return True


async def _run(test: Any, arguments: dict[str, Any]) -> None:
    async with asyncio.timeout(TEST_PATIENCE_S), AsyncExitStack() as entered:
        for value in arguments.values():
            if hasattr(value, "__aenter__"):
                await entered.enter_async_context(value)
        await test(**arguments)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    """One for all folders: each conftest that takes this fixture would start its own."""
    if SERVER not in pytestconfig.stash:
        running = ExitStack()
        pytestconfig.add_cleanup(running.close)
        pytestconfig.stash[SERVER] = running.enter_context(running_server())
    return pytestconfig.stash[SERVER]


# The inner loop tries them in one shape, the whole run in both: statements that are wrong in one alone are rare, and
# they are the store's, whose tests the inner loop runs in both shapes too (tests/store/conftest.py).
IN_BOTH_SHAPES = [pytest.param(s, id=s.name, marks=() if s is PLAIN else pytest.mark.slow) for s in SHAPES]


@pytest.fixture(params=IN_BOTH_SHAPES)
def world(server: Server, request: pytest.FixtureRequest) -> World:
    """An empty world in both shapes."""
    return World(server.of_shape(request.param))


@pytest.fixture
def plain_world(server: Server) -> World:
    """For what does not depend on the shape."""
    return World(server.of_shape(PLAIN))
