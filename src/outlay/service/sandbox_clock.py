"""Move the clock of a sandbox ahead, so that what takes days can be rehearsed in a minute.

Only an installation that pays nobody may have a time of its own: with a real rail in use this refuses. The running
processes follow by themselves, each when it next looks (bootstrap).
"""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.core.payout import INTERNAL_RAIL
from outlay.service.runtime import Runtime
from outlay.store import clock

MOST_AHEAD_MS: Final = 10 * 365 * 86_400_000
"""Ids hold times to the year 2080."""
SANDBOX_RAILS: Final = frozenset({"sandbox", INTERNAL_RAIL})


class ClockRead(msgspec.Struct, frozen=True):
    """Unix milliseconds of this installation, and how far that is ahead of the real time."""

    now_ms: int
    ahead_ms: int


class RealRails(msgspec.Struct, frozen=True):
    """Refused: these rails are in use, and they have the real time."""

    rails: tuple[str, ...]


class TooFarAhead(msgspec.Struct, frozen=True):
    """Refused: the clock would be more than MOST_AHEAD_MS ahead; so far it is `ahead_ms`."""

    ahead_ms: int


async def read_clock(runtime: Runtime) -> ClockRead:
    return _read(runtime, await clock.read_offset_ms(runtime.database))


async def advance_clock(runtime: Runtime, by_ms: int) -> ClockRead | RealRails | TooFarAhead:
    real = await clock.rails_in_use(runtime.database) - SANDBOX_RAILS
    if real:
        return RealRails(tuple(sorted(real)))
    ahead_ms = await clock.read_offset_ms(runtime.database)
    if ahead_ms + by_ms > MOST_AHEAD_MS:
        return TooFarAhead(ahead_ms)
    return _read(runtime, await clock.advance(runtime.database, by_ms))


def _read(runtime: Runtime, ahead_ms: int) -> ClockRead:
    return ClockRead(runtime.real_ms() + ahead_ms, ahead_ms)
