"""Everything that was recorded, payout by payout, in the order of their keys: one snapshot, read in bounded memory.

Each table is one stream in that order, and the streams are merged here; so a row that belongs to no payout, funding or
transfer comes up by itself. Rows are given as they are: what they should be is judged above.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.store.database import Connection, Database, Row
from outlay.store.tables import (
    ATTEMPTS,
    BALANCES,
    CASES,
    FACTS,
    FUNDINGS,
    PAYOUTS,
    POSTINGS,
    RETURNS,
    TRANSFERS,
    RowTable,
    names_of,
)

PATIENCE_S: Final = 6 * 3600.0
"""Large books take their time."""
AT_ONCE: Final = 2_000
"""Rows of a table that are fetched together."""

Key = tuple[UUID, int]

_NOT_RETOLD: Final = (
    *("batch_id", "dialect", "key_id", "fee_fixed_minor", "fee_rate_ppm", "beneficiary", "remarks", "notify_url"),
    "expires_ms",
)
"""What no fact tells of a payout: its digest is looked at instead (see sealed)."""


def _in_order(table: RowTable, by: str, but: Sequence[str] = ()) -> str:
    return f"select {names_of(table.columns, but=but)} from {table.name} order by {by}"  # noqa: S608 (names of ours)


_STREAMS: Final[Mapping[str, str]] = {
    "payouts": _in_order(PAYOUTS, "account_id, payout_id", but=_NOT_RETOLD),
    "facts": _in_order(FACTS, "account_id, payout_id, number", but=("seal",)),
    "attempts": _in_order(ATTEMPTS, "account_id, payout_id, number"),
    "cases": _in_order(CASES, "account_id, payout_id, number"),
    "returns": _in_order(RETURNS, "account_id, payout_id, ordinal"),
    "postings": _in_order(POSTINGS, "account_id, subject_id, fact_number, line"),
    "fundings": _in_order(FUNDINGS, "account_id, funding_id", but=("reference",)),
    "transfers": _in_order(
        TRANSFERS, "account_id, transfer_id", but=("source_name", "target_name", "reason", "ordered_by")
    ),
}
"""The key that the streams are merged by is the first two columns of each."""
BALANCES_IN_ORDER: Final = _in_order(BALANCES, "account_id, currency, book")


class Recorded(msgspec.Struct, frozen=True):
    """All rows under one id: a payout's, a funding's, a transfer's, or what belongs to none of them."""

    key: Key
    rows: Mapping[str, Sequence[Row]]

    def of(self, table: str) -> Sequence[Row]:
        return self.rows.get(table, ())


class Snapshot:
    """What stood in the tables at one moment. `read_s`: how long the database took to give it, so far."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._began_s = asyncio.get_running_loop().time()
        self.read_s = 0.0

    @property
    def seconds(self) -> float:
        """Since it was taken."""
        return asyncio.get_running_loop().time() - self._began_s

    async def count(self) -> int:
        """Payouts."""
        found: int = await self._connection.fetchval("select count(*) from payouts", timeout=PATIENCE_S)
        return found

    async def recorded(self) -> AsyncIterator[Recorded]:
        streams = [_Stream(self, table, sql) for table, sql in _STREAMS.items()]
        for stream in streams:
            await stream.begin(self._connection)
        while True:
            heads = [stream.head for stream in streams if stream.head is not None]
            if not heads:
                return
            key = min(heads)
            yield Recorded(key, {stream.table: await stream.take() for stream in streams if stream.head == key})

    def balances(self) -> AsyncIterator[Row]:
        return self.rows(BALANCES_IN_ORDER)

    async def rows(self, sql: str) -> AsyncIterator[Row]:
        cursor = await self._connection.cursor(sql, timeout=PATIENCE_S)
        while rows := await self.fetch(cursor):
            for row in rows:
                yield row

    async def fetch(self, cursor: Any) -> Sequence[Row]:
        began_s = asyncio.get_running_loop().time()
        rows: Sequence[Row] = await cursor.fetch(AT_ONCE, timeout=PATIENCE_S)
        self.read_s += asyncio.get_running_loop().time() - began_s
        return rows


class _Stream:
    """One table's rows by their keys, which are its first two columns."""

    def __init__(self, snapshot: Snapshot, table: str, sql: str) -> None:
        self.table = table
        self.head: Key | None = None
        """The key of the next row; None at the end."""
        self._snapshot = snapshot
        self._sql = sql
        self._rows: Sequence[Row] = ()
        self._next = 0

    async def begin(self, connection: Connection) -> None:
        self._cursor = await connection.cursor(self._sql, timeout=PATIENCE_S)
        await self._more()

    async def _more(self) -> None:
        self._rows, self._next = await self._snapshot.fetch(self._cursor), 0
        self.head = (self._rows[0][0], self._rows[0][1]) if self._rows else None

    async def take(self) -> Sequence[Row]:
        """All rows of the head's key."""
        key, taken = self.head, list[Row]()
        while self.head == key and self.head is not None:
            taken.append(self._rows[self._next])
            self._next += 1
            if self._next == len(self._rows):
                await self._more()
            else:
                row = self._rows[self._next]
                self.head = (row[0], row[1])
        return taken


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """Of this moment, whatever is written meanwhile."""
    async with database.still(PATIENCE_S) as connection:
        yield Snapshot(connection)
