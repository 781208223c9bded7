"""What is done again and again, and nobody orders: its name, the work itself, and when it is next.

The one form in which rooms that know nothing of each other offer such work; process.run lists it.

Leaves to others: to do it, until the process stops (workers.loop).

The trap: each process of an installation with workers does it. So doing it twice, or at one time, must do no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec


class Chore(msgspec.Struct, frozen=True):
    """It has no due time: it is done now and then, at once after the start, and whenever `sooner` is set."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]
    sooner: asyncio.Event | None = None


class DueWork(msgspec.Struct, frozen=True):
    """Each piece of it is due at a time, by the installation's clock. `next_due_ms`: the earliest, None where there is
    none. `run_due` returns how many pieces there were."""

    name: str
    run_due: Callable[[], Awaitable[int]]
    next_due_ms: Callable[[], Awaitable[int | None]]


Recurring: TypeAlias = Chore | DueWork
