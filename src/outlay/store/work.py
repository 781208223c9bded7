"""What the workers have to do: payouts that are due, taken in two steps.

First the accounts that have due work (a fair share of each), then per account its rows, skipping those that somebody
else is taking. Taking work is moving its `due_ms` into the future: a worker that dies frees it by doing nothing.
Beside each due time stands from when it was counted, which tells later whether the clock was right (see ahead.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog

from outlay.core.facts import Fact
from outlay.core.payout import Payout
from outlay.store.database import Database, Row
from outlay.store.desk import Due
from outlay.store.references import RailReference, note_references
from outlay.store.rows import PAYOUT_COLUMNS, fact_from, payout_from

UNREADABLE: Final = ""
"""In the place of a digest: it is nobody's."""

_log = structlog.get_logger("outlay.work")


class Taken(msgspec.Struct, frozen=True):
    """`ordered`: the fact of the order, None where it cannot be read; `seal` is its own. `digest`: of the instruction,
    as it stands in that fact; None of an order from before there were."""

    payout: Payout
    digest: str | None
    ordered: Fact | None = None
    seal: bytes | None = None


class WorkList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, *, worker: str, now_ms: int, lease_ms: int, accounts: int, each: int) -> Sequence[Taken]:
        """Up to `each` due payouts of up to `accounts` accounts, leased to `worker` until now + lease."""
        due = await self._database.fetch(_ACCOUNTS, now_ms, accounts)
        taken: list[Taken] = []
        for row in due:
            rows = await self._database.fetch(_TAKE, row["account_id"], now_ms, each, now_ms + lease_ms, worker)
            taken += filter(None, map(_taken, rows))
        return taken

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]:
        """Before attempts are begun: which of their references belong to another payout."""
        return await note_references(self._database, rows)

    async def next_due_ms(self) -> int | None:
        """When the next work is due, None where there is none."""
        row = await self._database.fetchrow("select min(due_ms) as due_ms from work")
        return row["due_ms"] if row else None

    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None:
        """Look at this payout again then."""
        await self._database.execute(
            "update work set due_ms = $3, noted_ms = $4, leased_by = null where account_id = $1 and payout_id = $2",
            account_id,
            payout_id,
            due.at_ms,
            due.noted_ms,
        )


def _taken(row: Row) -> Taken | None:
    """None of a payout that cannot be read: it comes again when its lease ends, and keeps nobody else waiting."""
    try:
        payout = payout_from(row)
    except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
        _log.error("a payout cannot be read", payout_id=row["payout_id"], error=repr(error))
        return None
    number, kind = row["ordered_number"], row["ordered_kind"]
    if kind is None:
        return Taken(payout, None)
    try:
        ordered = fact_from({"number": number, "kind": kind, "at_ms": row["ordered_ms"], "data": row["ordered"]})
    except (ValueError, msgspec.MsgspecError):
        return Taken(payout, UNREADABLE)
    return Taken(payout, ordered.data.get("digest"), ordered, row["ordered_seal"])


async def forget_old_nonces(database: Database, now_ms: int) -> None:
    await database.execute("delete from nonces where until_ms < $1", now_ms)


_ACCOUNTS: Final = "select account_id from work where due_ms <= $1 group by account_id order by min(due_ms) limit $2"

# The limit keeps the fact looked up for each payout by itself: joined, all of the account's might be read.
_TAKE: Final = f"""
with taken as (
    select w.account_id, w.payout_id from work w
    where w.account_id = $1 and w.due_ms <= $2
    order by w.due_ms limit $3 for update skip locked
), leased as (
    update work w set due_ms = $4, noted_ms = $2, leased_by = $5 from taken
    where w.account_id = $1 and w.account_id = taken.account_id and w.payout_id = taken.payout_id
    returning w.payout_id
)
select {PAYOUT_COLUMNS}, f.number as ordered_number, f.kind as ordered_kind, f.at_ms as ordered_ms,
    f.data as ordered, f.seal as ordered_seal
from payouts p
left join lateral (
    select number, kind, at_ms, data, seal from facts
    where account_id = p.account_id and payout_id = p.payout_id and number = 1 limit 1) f on true
where p.account_id = $1 and p.payout_id in (select payout_id from leased)
"""  # noqa: S608 (columns are constants)
