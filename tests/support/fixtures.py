"""Fixtures and the one hook that lets a test be `async def`. A conftest takes them with `from … import *`.

An async test runs on an event loop of its own. Those of its fixtures that are async context managers (a `World`) are
entered on that loop before the test and left after it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.support.databases import PLAIN, SHAPES, Server, Shape, running_server
from tests.support.world import World

__all__ = ["plain_world", "pytest_pyfunc_call", "server", "world"]

TEST_PATIENCE_S = 60.0


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(_run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def _run(test: Any, arguments: dict[str, Any]) -> None:
    async with asyncio.timeout(TEST_PATIENCE_S), AsyncExitStack() as entered:
        for value in arguments.values():
            if hasattr(value, "__aenter__"):
                await entered.enter_async_context(value)
        await test(**arguments)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def world(server: Server, request: pytest.FixtureRequest) -> World:
    """An empty world in both shapes."""
    shape: Shape = request.param
    return World(server.of_shape(shape), shape)


@pytest.fixture
def plain_world(server: Server) -> World:
    """For what does not depend on the shape."""
    return World(server.of_shape(PLAIN), PLAIN)
