"""Reading for callers what is asked for less often than one payout: lists, batches, bank accounts, transfers.

Every statement stays with one account's rows. None of them shares a statement with others, as the reader's do: a list
is read once in a while, and may be long.

The trap: a list is in the order of ids, which is the order of making; so a span of time is a span of ids, and a page
costs no sorting however many payouts there are.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Final
from uuid import UUID

from outlay.core.asks import ListPayouts, ListTransfers
from outlay.core.bank_account import OwnBankAccount
from outlay.core.ids import MAX_ID, earliest_id
from outlay.core.payout import Batch, Payout
from outlay.core.transfer import Transfer
from outlay.core.unreadable import UnreadablePayout
from outlay.store.database import Database
from outlay.store.rows import (
    BATCH_COLUMNS,
    OWN_PAYOUT_COLUMNS,
    bank_account_from,
    batch_from,
    transfer_from,
)
from outlay.store.unreadable import read_each

LATE_IDS_MS: Final = 60_000
"""The id of a payout from before the second schema is younger by so much at most than the time that it bears: orders
waited for the commit before theirs. Since then both are one."""


async def find_batch(
    database: Database, account_id: UUID, batch_id: int
) -> tuple[Batch, Sequence[Payout | UnreadablePayout]] | None:
    """A batch and its payouts in their order."""
    rows = await database.fetch(_BATCH, account_id, batch_id)
    if not rows:
        return None
    return batch_from(await _one(database, _BATCH_ROW, account_id, batch_id)), read_each(rows)


async def payouts_page(database: Database, account_id: UUID, ask: ListPayouts) -> Sequence[Payout | UnreadablePayout]:
    """One more than asked for, where there are more."""
    sql = _NEWEST if ask.newest_first else _OLDEST
    low, high = _span(ask)
    if ask.after_id is not None:
        low, high = (low, min(high, ask.after_id - 1)) if ask.newest_first else (max(low, ask.after_id + 1), high)
    if low > high:  # also where a cursor names no possible id: the driver could not send it
        return []
    rows = await database.fetch(sql, account_id, low, high, *_filter(ask), ask.limit + 1, ask.skip)
    return read_each(rows)


async def count_payouts(database: Database, account_id: UUID, ask: ListPayouts) -> int:
    """All of them, whatever page is asked for."""
    row = await _one(database, _COUNT, account_id, *_span(ask), *_filter(ask))
    total: int = row["total"]
    return total


def _span(ask: ListPayouts) -> tuple[int, int]:
    low = earliest_id(ask.from_ms) if ask.from_ms is not None else 0
    high = earliest_id(ask.to_ms + LATE_IDS_MS) if ask.to_ms is not None else MAX_ID
    return min(low, MAX_ID), min(high, MAX_ID)


def _filter(ask: ListPayouts) -> tuple[Any, ...]:
    return (
        ask.from_ms,
        ask.to_ms,
        sorted(standing.value for standing in ask.standings) if ask.standings is not None else None,
        sorted(ask.currencies) if ask.currencies is not None else None,
    )


async def used_by(database: Database, family_id: UUID, references: Sequence[str]) -> tuple[Set[UUID], Set[UUID]]:
    """The accounts of this family that have made something under one of these references, and those that hold it, for
    a request that is under way or broke off. Looks into the rows of each of them."""
    rows = await database.fetch(_USED_BY, family_id, references)
    claimed = {row["account_id"] for row in rows if row["has_claimed"]}
    return claimed, {row["account_id"] for row in rows if not row["has_claimed"]}


async def read_bank_account(database: Database, account_id: UUID, bank_account_id: int) -> OwnBankAccount | None:
    row = await database.fetchrow(
        "select * from bank_accounts where account_id = $1 and bank_account_id = $2", account_id, bank_account_id
    )
    return bank_account_from(row) if row else None


async def bank_accounts_page(
    database: Database, account_id: UUID, *, skip: int, limit: int
) -> tuple[Sequence[OwnBankAccount], int]:
    """Newest first, and how many there are."""
    rows = await database.fetch(
        "select * from bank_accounts where account_id = $1 order by bank_account_id desc limit $2 offset $3",
        account_id,
        limit,
        skip,
    )
    total = await _one(database, "select count(*) as total from bank_accounts where account_id = $1", account_id)
    return [bank_account_from(row) for row in rows], total["total"]


async def read_transfer(database: Database, account_id: UUID, transfer_id: int) -> Transfer | None:
    """As this account sees it: given or taken. The taker's side of a payout is no transfer."""
    row = await database.fetchrow(
        "select * from transfers where account_id = $1 and transfer_id = $2 and not is_payout", account_id, transfer_id
    )
    return transfer_from(row) if row else None


async def find_move(database: Database, account_id: UUID, move_id: int) -> Transfer | None:
    """Also the taker's side of a payout."""
    row = await database.fetchrow(
        "select * from transfers where account_id = $1 and transfer_id = $2", account_id, move_id
    )
    return transfer_from(row) if row else None


async def transfers_page(database: Database, account_id: UUID, ask: ListTransfers) -> tuple[Sequence[Transfer], int]:
    currencies = sorted(ask.currencies) if ask.currencies is not None else None
    conditions = (account_id, currencies, ask.from_ms, ask.to_ms)
    rows = await database.fetch(
        f"select * {_TRANSFERS} order by transfer_id desc limit $5 offset $6",
        *conditions,
        ask.limit,
        ask.skip,
    )
    total = await _one(database, f"select count(*) as total {_TRANSFERS}", *conditions)
    return [transfer_from(row) for row in rows], total["total"]


async def transfers_under_way(database: Database, *, before_ms: int, after_ms: int, limit: int) -> Sequence[Transfer]:
    """Given before `before_ms` or after `after_ms` and not yet credited, of any account."""
    rows = await database.fetch(
        "select * from transfers where credited_ms is null and (created_ms < $1 or created_ms > $2)"
        " order by created_ms limit $3",
        before_ms,
        after_ms,
        limit,
    )
    return [transfer_from(row) for row in rows]


async def _one(database: Database, sql: str, *arguments: Any) -> Any:
    row = await database.fetchrow(sql, *arguments)
    if row is None:
        raise AssertionError("this statement always gives a row")
    return row


STANDING: Final = (
    "case when p.state = 'paid' and p.returned_minor >= p.amount_minor then 'returned'"
    " when p.state = 'paid' and p.returned_minor > 0 then 'partly_returned' else p.state end"
)
"""What `Payout.standing` says, in SQL; a test compares the two."""

_BATCH_ROW: Final = f"select {BATCH_COLUMNS} from batches b where b.account_id = $1 and b.batch_id = $2"  # noqa: S608

_BATCH: Final = f"""
select {OWN_PAYOUT_COLUMNS} from payouts p
where p.account_id = $1 and p.batch_id = $2 order by p.payout_id
"""  # noqa: S608 (columns are constants)

_WHERE: Final = f"""
where p.account_id = $1 and p.payout_id between $2 and $3
    and ($4::bigint is null or p.created_ms >= $4) and ($5::bigint is null or p.created_ms <= $5)
    and ($6::text[] is null or {STANDING} = any($6)) and ($7::text[] is null or p.currency = any($7))
"""

_OLDEST: Final = f"""
select {OWN_PAYOUT_COLUMNS} from payouts p {_WHERE} order by p.payout_id limit $8 offset $9
"""  # noqa: S608 (columns are constants)

_NEWEST: Final = f"""
select {OWN_PAYOUT_COLUMNS} from payouts p {_WHERE} order by p.payout_id desc limit $8 offset $9
"""  # noqa: S608 (columns are constants)

_COUNT: Final = f"select count(*) as total from payouts p {_WHERE}"  # noqa: S608 (columns are constants)

_USED_BY: Final = """
select a.account_id, true as has_claimed from accounts a
cross join lateral (select from claims c where c.account_id = a.account_id and c.reference = any($2) offset 0) c
where a.account_id = $1 or a.parent_id = $1
union all
select holder_id, false from family_keys where account_id = $1 and reference = any($2) and uses > 0
"""

_TRANSFERS: Final = """
from transfers where account_id = $1 and not is_payout and ($2::text[] is null or currency = any($2))
    and ($3::bigint is null or created_ms >= $3) and ($4::bigint is null or created_ms <= $4)
"""
