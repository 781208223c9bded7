"""Reading cases for people: lists, each case with its payout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from outlay.core.payout import Payout
from outlay.core.unreadable import UnreadablePayout
from outlay.store.database import Database
from outlay.store.rows import PAYOUT_COLUMNS
from outlay.store.unreadable import read_each


async def read_cases(
    database: Database, *, account_id: UUID | None, kind: str | None, closed_too: bool, limit: int
) -> Sequence[tuple[Payout | UnreadablePayout, int]]:
    """Payouts with the number of one of their cases, those of the oldest cases first."""
    rows = await database.fetch(_ALL if closed_too else _OPEN, account_id, kind, limit)
    return list(zip(read_each(rows), (row["case_number"] for row in rows), strict=True))


# Payouts are looked up for the cases that are shown, one by one.
_LIST: Final = f"""
select c.number as case_number, found.* from (
    select account_id, payout_id, number, since_ms from cases
    where {{which}}($1::uuid is null or account_id = $1) and ($2::text is null or kind = $2)
    order by since_ms, payout_id, number limit $3) c
cross join lateral (
    select {PAYOUT_COLUMNS} from payouts p
    where p.account_id = c.account_id and p.payout_id = c.payout_id offset 0) found
order by c.since_ms, c.payout_id, c.number
"""  # noqa: S608 (columns are constants)

_OPEN: Final = _LIST.format(which="closed_ms is null and ")
_ALL: Final = _LIST.format(which="")
