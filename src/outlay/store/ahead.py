"""What was noted in the future: its clock was wrong, and so is the time at which it is due.

Such rows are brought to the present: due as much later than now as they were to be due later than when they were noted.
Leases are among them. A time that was given as a date (noted by nobody's clock) stays.

The trap: the rows may be locked by whoever works on them. Those are passed over, for waiting could be a deadlock; the
next call meets them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outlay.core.ids import MOST_BORROWED_MS
from outlay.store.database import Database

MOST_AT_ONCE: Final = 5_000


async def bring_to_present(database: Database, real_ms: int) -> int:
    """`real_ms`: the real time, Unix milliseconds. Returns how many rows there were."""
    count = 0
    for sql in _BRING.values():
        while moved := await _moved(database, sql, real_ms):
            count += moved
    return count


async def _moved(database: Database, sql: str, real_ms: int) -> int:
    row = await database.fetchrow(sql, real_ms, MOST_BORROWED_MS, MOST_AT_ONCE)
    moved: int = row["count"] if row else 0
    return moved


_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "work": ("account_id", "payout_id"),
    "bank_messages": ("account_id", "reference", "number"),
}


def _bring(table: str, key: tuple[str, ...]) -> str:
    columns, same = ", ".join(key), " and ".join(f"late.{column} = found.{column}" for column in key)
    # How far a sandbox is ahead is read here, with the rows: another process may have followed it sooner than this one.
    # An id may be a little ahead of the clock, and what is noted with it.
    return f"""
with here as (
    select $1::bigint + coalesce((select offset_ms from sandbox_clock), 0) as now_ms
), found as (
    select {columns} from {table} where noted_ms > (select now_ms from here) + $2 limit $3 for update skip locked
), moved as (
    update {table} late set due_ms = now_ms + (due_ms - noted_ms), noted_ms = now_ms from found, here
    where {same} returning 1
)
select count(*) from moved
"""  # noqa: S608 (names of ours)


_BRING: Final = {table: _bring(table, key) for table, key in _KEYS.items()}
