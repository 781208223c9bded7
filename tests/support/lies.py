"""Clocks that lie: what this process reads from its machine and from the database's, each off by what a test says.

Patched into the process, because nobody can set the clock of the machine that the tests run on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from outlay.store.database import Database

HOUR_MS = 3_600_000
ASKED = "clock_timestamp()"


class Lies:
    """By how many milliseconds each clock is ahead of the true time."""

    def __init__(self, machine_ms: int = 0, database_ms: int = 0) -> None:
        self.machine_ms, self.database_ms = machine_ms, database_ms

    def both(self, by_ms: int) -> None:
        """As where the database runs on the machine whose clock is wrong."""
        self.machine_ms = self.database_ms = by_ms


def plant(lies: Callable[[], Lies], patch: Callable[[Any, str, Any], None] = setattr) -> None:
    """From now on this process believes them."""
    true_time_ns = time.time_ns
    patch(time, "time_ns", lambda: true_time_ns() + lies().machine_ms * 1_000_000)
    for name in ("fetch", "fetchrow", "execute"):
        patch(Database, name, _lying(getattr(Database, name), lies))


def _lying(true: Any, lies: Callable[[], Lies]) -> Any:
    @wraps(true)
    async def run(self: Database, sql: str, *arguments: Any) -> Any:
        told = f"({ASKED} + {lies().database_ms} * interval '1 millisecond')"
        return await true(self, sql.replace(ASKED, told), *arguments)

    return run


@pytest.fixture
def lies(monkeypatch: pytest.MonkeyPatch) -> Lies:
    told = Lies()
    plant(lambda: told, monkeypatch.setattr)
    return told
