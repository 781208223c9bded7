"""Move the clock of a sandbox ahead, so that what takes days can be rehearsed in a minute.

Only an installation that pays nobody may have a time of its own: with a real rail in use this refuses. The running
processes follow by themselves, each when it next looks (process.ids).
"""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.core.rail import PAYS_NOBODY
from outlay.service.runtime import Looking, Runtime
from outlay.store import clock
from outlay.store.rails import rails_in_use, read_rails

MOST_AHEAD_MS: Final = 10 * 365 * 86_400_000
"""Ids hold times to the year 2080."""


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


async def show_clock(looks: Looking) -> ClockRead:
    return _read(looks, await clock.read_offset_ms(looks.database))


async def advance_clock(runtime: Runtime, by_ms: int) -> ClockRead | RealRails | TooFarAhead:
    known = await read_rails(runtime.database)
    nobodys = {name for name, record in known.items() if record.kind in PAYS_NOBODY}
    if real := await rails_in_use(runtime.database) - nobodys:
        return RealRails(tuple(sorted(real)))
    ahead_ms = await clock.read_offset_ms(runtime.database)
    if ahead_ms + by_ms > MOST_AHEAD_MS:
        return TooFarAhead(ahead_ms)
    return _read(runtime, await clock.move_ahead(runtime.database, by_ms))


def _read(looks: Looking, ahead_ms: int) -> ClockRead:
    return ClockRead(looks.real_ms() + ahead_ms, ahead_ms)
