"""Reading for people: one payout with everything that happened to it, and lists of payouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from outlay.core.history import History, PostingRow
from outlay.core.payout import Batch, Payout
from outlay.core.shown import Latest
from outlay.core.unreadable import UnreadablePayout, whole
from outlay.store.database import Database
from outlay.store.rows import BATCH_COLUMNS, PAYOUT_COLUMNS, batch_from, fact_from
from outlay.store.unreadable import read_each


async def payouts_named(
    database: Database, *, payout_id: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Payout]:
    """Payouts with this id or reference, of any account or of the one given (operators may not know the account).
    Raises PayoutUnreadable."""
    return whole(read_each(await database.fetch(_FIND, payout_id, reference, account_id)))


async def find_batches(
    database: Database, *, batch_id: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Batch]:
    """Batches with this id or reference, of any account or of the one given."""
    return [batch_from(row) for row in await database.fetch(_FIND_BATCHES, batch_id, reference, account_id)]


async def batches_of(database: Database, payouts: Sequence[Payout]) -> dict[int, Batch]:
    """The batches in which these payouts were ordered, by their ids."""
    keys = sorted({(payout.account_id, payout.batch_id) for payout in payouts if payout.batch_id is not None})
    rows = await database.fetch(_BATCHES, [key[0] for key in keys], [key[1] for key in keys])
    return {batch.batch_id: batch for batch in map(batch_from, rows)}


async def latest_of(database: Database, payouts: Sequence[Payout]) -> dict[tuple[UUID, int], Latest]:
    """By account and payout."""
    rows = await database.fetch(
        _LATEST,
        [payout.account_id for payout in payouts],
        [payout.payout_id for payout in payouts],
        [payout.fact_count for payout in payouts],
    )
    return {(row["account_id"], row["payout_id"]): Latest(row["due_ms"], row["at_ms"]) for row in rows}


async def newest_payouts(
    database: Database, *, account_id: UUID | None, state: str | None, limit: int
) -> Sequence[Payout | UnreadablePayout]:
    """Newest first."""
    return read_each(await database.fetch(_LIST, account_id, state, limit))


async def list_in_review(database: Database, account_id: UUID | None) -> Sequence[Payout | UnreadablePayout]:
    """Payouts that wait for a reviewer, of one account or of all, the oldest first."""
    return read_each(await database.fetch(_IN_REVIEW, account_id))


async def read_history(database: Database, payout: Payout) -> History:
    key = (payout.account_id, payout.payout_id)
    facts = await database.fetch("select * from facts where account_id = $1 and payout_id = $2 order by number", *key)
    postings = await database.fetch(
        "select fact_number, source, target, currency, amount_minor, at_ms from postings"
        " where account_id = $1 and subject_id = $2 order by fact_number, line",
        *key,
    )
    return History(
        payout,
        tuple(fact_from(row) for row in facts),
        tuple(PostingRow(*row) for row in postings),
    )


# An index probe per account: no index leads with anything but the account, and none is worth its price at every create
# only so that an operator may leave the account out.
_FIND: Final = f"""
select found.* from accounts a
left join lateral (select c.subject_id from claims c where c.account_id = a.account_id and c.reference = $2 offset 0) c
    on true
cross join lateral (
    select {PAYOUT_COLUMNS} from payouts p
    where p.account_id = a.account_id and p.payout_id in ($1, c.subject_id) offset 0) found
where $3::uuid is null or a.account_id = $3
order by found.payout_id limit 100
"""  # noqa: S608 (columns are constants)

_FIND_BATCHES: Final = f"""
select found.* from accounts a
left join lateral (select c.subject_id from claims c where c.account_id = a.account_id and c.reference = $2 offset 0) c
    on true
cross join lateral (
    select {BATCH_COLUMNS} from batches b where b.account_id = a.account_id and b.batch_id in ($1, c.subject_id)
    offset 0) found
where $3::uuid is null or a.account_id = $3
order by found.batch_id limit 100
"""  # noqa: S608 (columns are constants)

_BATCHES: Final = f"""
select found.* from unnest($1::uuid[], $2::bigint[]) as asked(account_id, batch_id)
cross join lateral (
    select {BATCH_COLUMNS} from batches b
    where b.account_id = asked.account_id and b.batch_id = asked.batch_id offset 0) found
"""  # noqa: S608 (columns are constants)

_LATEST: Final = """
select asked.account_id, asked.payout_id, w.due_ms, f.at_ms
from unnest($1::uuid[], $2::bigint[], $3::int[]) as asked(account_id, payout_id, fact_count)
left join lateral (
    select w.due_ms from work w
    where w.account_id = asked.account_id and w.payout_id = asked.payout_id offset 0) w on true
left join lateral (
    select f.at_ms from facts f where f.account_id = asked.account_id and f.payout_id = asked.payout_id
    and f.number = asked.fact_count offset 0) f on true
"""

_IN_REVIEW: Final = f"""
select {PAYOUT_COLUMNS} from payouts p
where p.review = 'pending' and p.state = 'in_review' and ($1::uuid is null or p.account_id = $1)
order by p.payout_id
"""  # noqa: S608 (columns are constants)

_LIST: Final = f"""
select {PAYOUT_COLUMNS} from payouts p
where ($1::uuid is null or p.account_id = $1) and ($2::text is null or p.state = $2)
order by p.payout_id desc limit $3
"""  # noqa: S608 (columns are constants)
