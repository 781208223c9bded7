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

PATIENCE_S: Final = 6 * 3600.0
"""Large books take their time."""
AT_ONCE: Final = 2_000
"""Rows of a table that are fetched together."""

Key = tuple[UUID, int]

_STREAMS: Final[Mapping[str, str]] = {
    "payouts": "select account_id, payout_id, reference, ordered_by, created_ms, currency, amount_minor, fee_minor,"
    " rail, state, review, rail_reference, receipt_url, failure_reason, failure_text, completed_ms, returned_minor,"
    " attempt_count, fact_count, case_count, pending, epoch from payouts order by account_id, payout_id",
    "facts": "select account_id, payout_id, number, kind, at_ms, data from facts"
    " order by account_id, payout_id, number",
    "attempts": "select account_id, payout_id, number, rail, reference, begun_ms, state, unknown_since_ms, sends,"
    " rail_references, not_found_ms, asked_ms, questions, refusals, is_contested from attempts"
    " order by account_id, payout_id, number",
    "cases": "select account_id, payout_id, number, kind, attempt_number, what, since_ms, fact_number, closed_ms,"
    " closed_by, note, remedy from cases order by account_id, payout_id, number",
    "returns": "select account_id, payout_id, ordinal, number, amount_minor, at_ms, by_decision from returns"
    " order by account_id, payout_id, ordinal",
    "postings": "select account_id, subject_id, fact_number, line, source, target, currency, amount_minor, at_ms"
    " from postings order by account_id, subject_id, fact_number, line",
    "fundings": "select account_id, funding_id, currency, amount_minor, at_ms from fundings"
    " order by account_id, funding_id",
    "transfers": "select account_id, transfer_id, direction, is_payout, source_id, target_id, currency, amount_minor,"
    " created_ms, credited_ms from transfers order by account_id, transfer_id",
}
BALANCES: Final = "select account_id, currency, book, minor from balances order by account_id, currency, book"


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
        return self.rows(BALANCES)

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
