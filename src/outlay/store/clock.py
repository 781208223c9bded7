"""The database's clock, and how far this installation's is ahead of it. Only ever forward: what happened stays past."""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.store.database import Database


class ClockReading(msgspec.Struct, frozen=True):
    """What the database's clock said, Unix milliseconds, and by how much this installation is ahead of that."""

    now_ms: int
    offset_ms: int


# Read once a statement: `clock_timestamp()` gives another value each time it is called.
CLOCK: Final = "clock as materialized (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms)"
OFFSET: Final = "coalesce((select offset_ms from sandbox_clock), 0) as offset_ms"


async def read_clock(database: Database) -> ClockReading:
    row = await database.fetchrow(f"with {CLOCK} select now_ms, {OFFSET} from clock")  # noqa: S608 (constants)
    if row is None:
        raise AssertionError("a clock says something")
    return ClockReading(row["now_ms"], row["offset_ms"])


async def read_offset_ms(database: Database) -> int:
    row = await database.fetchrow("select offset_ms from sandbox_clock")
    offset_ms: int = row["offset_ms"] if row else 0
    return offset_ms


async def move_ahead(database: Database, by_ms: int) -> int:
    """Move the clock ahead; returns by how much it is ahead now."""
    if by_ms < 0:
        raise ValueError("the clock only moves ahead")
    row = await database.change(_ADVANCE, by_ms)
    if row is None:
        raise AssertionError("an upsert gives its row")
    offset_ms: int = row["offset_ms"]
    return offset_ms


_ADVANCE: Final = """
insert into sandbox_clock (offset_ms) values ($1)
on conflict (one) do update set offset_ms = sandbox_clock.offset_ms + excluded.offset_ms
returning offset_ms
"""
