"""Payouts whose rows cannot be read, written by a newer version or damaged: each is a matter of its own.

Those on the workers' list are set aside one by one, for people to see; whoever reads one without trouble strikes it off
again. Lists for people show the others, and name it beside them.

Leaves to others: what is told of one, and to whom (core.unreadable).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.payout import Payout
from outlay.core.unreadable import UnreadablePayout
from outlay.store.database import Database
from outlay.store.rows import Record, payout_from


def read_each(rows: Iterable[Record]) -> list[Payout | UnreadablePayout]:
    """Of rows that have PAYOUT_COLUMNS."""
    return [_read(row) for row in rows]


def _read(row: Record) -> Payout | UnreadablePayout:
    try:
        return payout_from(row)
    except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
        return UnreadablePayout(row["account_id"], row["payout_id"], repr(error))


async def note_unreadable(database: Database, account_id: UUID, payout_id: int, why: str, now_ms: int) -> int:
    """Returns since when, Unix milliseconds."""
    row = await database.change(_NOTE, account_id, payout_id, why, now_ms)
    since_ms: int = row["since_ms"] if row else now_ms
    return since_ms


async def read_unreadable(database: Database, most: int) -> Sequence[UnreadablePayout]:
    """The oldest first."""
    rows = await database.fetch(_LIST, most)
    return [UnreadablePayout(*row) for row in rows]


async def is_readable_again(database: Database, account_id: UUID, payout_ids: Sequence[int]) -> None:
    await database.execute(_STRIKE, account_id, payout_ids)


_NOTE: Final = """
insert into unreadable (account_id, payout_id, why, since_ms, seen_ms) values ($1, $2, $3, $4, $4)
on conflict (account_id, payout_id) do update set why = excluded.why, seen_ms = excluded.seen_ms
returning since_ms
"""
_LIST: Final = """
select account_id, payout_id, why, since_ms, seen_ms from unreadable order by since_ms, payout_id limit $1
"""
_STRIKE: Final = "delete from unreadable where account_id = $1 and payout_id = any($2::bigint[])"
