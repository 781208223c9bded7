"""Payouts on the workers' list whose rows could not be read: set aside one by one, for people to see.

Written by a newer version, or damaged: whoever reads one without trouble strikes it off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from outlay.store.database import Database


class UnreadablePayout(msgspec.Struct, frozen=True):
    """`since_ms`, `seen_ms`: when a worker first and last met it, by the installation's clock."""

    account_id: UUID
    payout_id: int
    why: str
    since_ms: int
    seen_ms: int


async def note_unreadable(database: Database, account_id: UUID, payout_id: int, why: str, now_ms: int) -> int:
    """Returns since when, Unix milliseconds."""
    row = await database.change(_NOTE, account_id, payout_id, why, now_ms)
    since_ms: int = row["since_ms"] if row else now_ms
    return since_ms


async def list_unreadable(database: Database, most: int) -> Sequence[UnreadablePayout]:
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
