"""Does the recurring work of a server, each kind in a loop of its own, until it is told to stop.

What falls due is polled for, adaptively: at once after work was found, else when the next piece falls due, at the
latest after `LONGEST_PAUSE_S` (new work announces itself only in the table).

Leaves to others: what the work is (running.recurring: chores, transfers, sandbox), and payouts (pipeline).

The trap: whatever work raises is told and tried again here, so what ends a loop before its stop is a fault of ours.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from outlay.running.log import get_log
from outlay.running.parts import any_of
from outlay.running.recurring import Chore, DueWork, Recurring
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable

SHORTEST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.25
AFTER_FAULT_S: Final = 1.0

_log = get_log("outlay.workers")


async def run_until(stop: asyncio.Event, runtime: Runtime, work: Recurring) -> None:
    """Do it again and again, until the stop."""
    match work:
        case Chore():
            await _run_every(stop, runtime, work)
        case DueWork():
            await _run_due(stop, runtime, work)


async def _run_due(stop: asyncio.Event, runtime: Runtime, work: DueWork) -> None:
    """Whenever work is due; while none is, only when the next will be is looked at. A fault is logged and tried again:
    the work is still in the table."""
    while not stop.is_set():
        try:
            due_ms, now_ms = await work.next_due_ms(), runtime.now_ms()
            is_due = due_ms is not None and due_ms <= now_ms
            pause_s = 0.0 if is_due and await work.run_due() else _pause_s(due_ms, now_ms)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _tell(runtime, work.name, error)
            pause_s = AFTER_FAULT_S
        await _sleep(pause_s, stop)


async def _run_every(stop: asyncio.Event, runtime: Runtime, chore: Chore) -> None:
    sooner = chore.sooner
    waited_for = (stop,) if sooner is None else (stop, sooner)
    while not stop.is_set():
        if sooner is not None:
            sooner.clear()  # before the work: what it is set for meanwhile is done once more
        pause_s = chore.every_s
        try:
            await chore.run()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _tell(runtime, chore.name, error)
            pause_s = min(chore.every_s, AFTER_FAULT_S)
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
