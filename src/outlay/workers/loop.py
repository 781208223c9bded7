"""Runs the periodic work of a server: each task in a loop of its own, until it is told to stop.

The workers poll, adaptively: at once after work was found, else when the next piece falls due, at the latest after
`LONGEST_PAUSE_S` (new work announces itself only in the table).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from outlay.running.parts import any_of
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable

SHORTEST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.25
AFTER_FAULT_S: Final = 1.0

_log = structlog.get_logger("outlay.workers")


async def run_until(
    stop: asyncio.Event,
    name: str,
    runtime: Runtime,
    run_due: Callable[[], Awaitable[int]],
    next_due_ms: Callable[[], Awaitable[int | None]],
) -> None:
    """Call `run_due` whenever work is due; while none is, only when the next will be is looked at. A fault is logged
    and tried again: the work is still in the table."""
    while not stop.is_set():
        try:
            due_ms, now_ms = await next_due_ms(), runtime.now_ms()
            is_due = due_ms is not None and due_ms <= now_ms
            pause_s = 0.0 if is_due and await run_due() else _pause_s(due_ms, now_ms)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _tell(runtime, name, error)
            pause_s = AFTER_FAULT_S
        await _sleep(pause_s, stop)


async def run_every(
    stop: asyncio.Event,
    name: str,
    runtime: Runtime,
    interval_s: float,
    run: Callable[[], Awaitable[None]],
    sooner: asyncio.Event | None = None,
) -> None:
    """Call `run` now and then, for chores that have no due time, and whenever `sooner` is set."""
    waited_for = (stop,) if sooner is None else (stop, sooner)
    while not stop.is_set():
        if sooner is not None:
            sooner.clear()
        pause_s = interval_s
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _tell(runtime, name, error)
            pause_s = min(interval_s, AFTER_FAULT_S)
        await _sleep(pause_s, *waited_for)


def _tell(runtime: Runtime, name: str, error: Exception) -> None:
    if isinstance(error, Unavailable):
        runtime.health.met(error, worker=name)
    else:
        _log.error("worker fault", worker=name, error=repr(error))


def _pause_s(next_ms: int | None, now_ms: int) -> float:
    if next_ms is None:
        return LONGEST_PAUSE_S
    return min(max((next_ms - now_ms) / 1000, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)


async def _sleep(seconds: float, *until: asyncio.Event) -> None:
    """Until any of the events is set, and never longer."""
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await any_of(*until)
