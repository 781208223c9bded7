"""How far this installation's clock is ahead of the real time. Only ever forward: what happened stays past."""

from __future__ import annotations

from typing import Final

from outlay.store.database import Database


async def read_offset_ms(database: Database) -> int:
    row = await database.fetchrow("select offset_ms from sandbox_clock")
    offset_ms: int = row["offset_ms"] if row else 0
    return offset_ms


async def advance(database: Database, by_ms: int) -> int:
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
