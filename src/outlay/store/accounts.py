"""Accounts and their terms: written by the command line, read at every create (by the clerk, under its lock)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from outlay.core.account import DEFAULT_TERMS, Account, Terms, ids_named, short_id
from outlay.core.asks import Balance
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.recipients import Block
from outlay.store.database import Database
from outlay.store.rows import ACCOUNT_COLUMNS, OWN_ACCOUNT_COLUMNS, account_from, terms_from


async def add_account(database: Database, account: Account, now_ms: int) -> bool:
    """False where another account of its master has the same short id: then nothing was added, and it needs another id.
    The master is locked, so that two that are opened at once see each other."""
    async with database.transaction() as connection:
        if account.parent_id is not None:
            await connection.execute(_LOCK, account.parent_id)
            if await connection.fetchrow(_RELATIVE, account.parent_id, *_ids_alike(account)) is not None:
                return False
        await connection.execute(
            _ADD,
            account.account_id,
            account.parent_id,
            account.name,
            account.country,
            account.is_open,
            account.needs_review,
            account.rail,
            account.other_rails,
            account.notify_url,
            account.needs_bank_account,
            account.strict_destinations,
            now_ms,
        )
    return True


def _ids_alike(account: Account) -> tuple[UUID, UUID]:
    ids = ids_named(short_id(account.account_id))
    if ids is None:
        raise AssertionError("a short id names accounts")
    return ids


async def update_account(
    database: Database,
    account_id: UUID,
    *,
    is_open: bool | None,
    needs_review: bool | None,
    notify_url: str | None,
    needs_bank_account: bool | None,
    strict_destinations: bool | None,
) -> None:
    """Set what is given and leave the rest, so that two operators lose nothing; an empty `notify_url` takes it away.
    The account's credentials are loaded anew before their next use."""
    await database.execute(
        _CHANGE, account_id, is_open, needs_review, notify_url, needs_bank_account, strict_destinations
    )


async def write_rails(database: Database, account_id: UUID, names: Sequence[str]) -> None:
    """Where its payouts go, and where they may go after that, in order. Its credentials are loaded anew, because which
    rails there are says what is checked of an order."""
    first, *others = names
    await database.execute(_SET_RAILS, account_id, first, others)


async def block(database: Database, account_id: UUID, *, number: str, why: str, by: str, now_ms: int) -> bool:
    """No more payouts of this account to `number`. False where it was blocked before in this very spelling."""
    done = await database.execute(
        "insert into blocks (account_id, number, why, blocked_by, at_ms) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing",
        account_id,
        number,
        why,
        by,
        now_ms,
    )
    return done == "INSERT 0 1"


async def unblock(database: Database, account_id: UUID, numbers: Sequence[str]) -> bool:
    """`numbers`: in the spellings in which they were blocked. False where none was."""
    done = await database.execute(
        "delete from blocks where account_id = $1 and number = any($2::text[])", account_id, list(numbers)
    )
    return done != "DELETE 0"


async def read_blocks(database: Database, account_id: UUID) -> Sequence[Block]:
    """The oldest first."""
    rows = await database.fetch(
        "select number, why, blocked_by, at_ms from blocks where account_id = $1 order by at_ms, number", account_id
    )
    return [Block(*row) for row in rows]


async def read_account(database: Database, account_id: UUID) -> Account | None:
    row = await database.fetchrow(f"select {OWN_ACCOUNT_COLUMNS} from accounts a where account_id = $1", account_id)  # noqa: S608
    return account_from(row) if row else None


async def family(database: Database, family_id: UUID) -> Sequence[Account]:
    """A master and its sub-accounts, the oldest first."""
    rows = await database.fetch(
        f"select {ACCOUNT_COLUMNS} from accounts a where account_id = $1 or parent_id = $1"  # noqa: S608
        " order by created_ms, account_id",
        family_id,
    )
    return [account_from(row) for row in rows]


async def read_relative(database: Database, family_id: UUID, ids: tuple[UUID, UUID]) -> Account | None:
    """The account of this family whose id lies between these two, both included."""
    row = await database.fetchrow(_RELATIVE, family_id, *ids)
    return account_from(row) if row else None


async def list_subs(
    database: Database, parent_id: UUID, *, opened: bool, closed: bool, skip: int, limit: int
) -> tuple[Sequence[Account], int]:
    """The accounts under this one that are open, closed or either, the oldest first, and how many there are."""
    where = "from accounts a where parent_id = $1 and (is_open and $2 or not is_open and $3)"
    rows = await database.fetch(
        f"select {ACCOUNT_COLUMNS} {where} order by created_ms, account_id limit $4 offset $5",
        parent_id,
        opened,
        closed,
        limit,
        skip,
    )
    row = await database.fetchrow(f"select count(*) as total {where}", parent_id, opened, closed)
    if row is None:
        raise AssertionError("a count always gives a row")
    return [account_from(row) for row in rows], row["total"]


async def read_accounts(database: Database) -> Sequence[Account]:
    rows = await database.fetch(f"select {ACCOUNT_COLUMNS} from accounts a order by created_ms, account_id")  # noqa: S608
    return [account_from(row) for row in rows]


async def list_balances(database: Database, account_id: UUID) -> Sequence[Balance]:
    """What stands in `available` and `held`, by currency in ascending order."""
    return [Balance(*row) for row in await database.fetch(_BALANCES, account_id)]


async def terms_of(database: Database, account_id: UUID, currency: str) -> Terms | None:
    row = await database.fetchrow("select * from terms where account_id = $1 and currency = $2", account_id, currency)
    return terms_from(row) if row else None


async def list_terms(database: Database, account_id: UUID) -> dict[str, Terms]:
    """Of every currency in which any were set, by its code in ascending order."""
    rows = await database.fetch("select * from terms where account_id = $1 order by currency", account_id)
    return {row["currency"]: terms_from(row) for row in rows}


async def write_fee(database: Database, account_id: UUID, currency: str, plan: FeePlan) -> Terms:
    """Each of these three sets its own columns and leaves the others, so that two operators lose nothing."""
    return await _set_terms(database, _SET_FEE, account_id, currency, plan.fixed_minor, plan.rate_ppm)


async def write_limits(database: Database, account_id: UUID, currency: str, limits: Limits) -> Terms:
    return await _set_terms(database, _SET_LIMITS, account_id, currency, limits.smallest_minor, limits.largest_minor)


async def switch(database: Database, account_id: UUID, currency: str, method: str, *, on: bool) -> Terms:
    """Switch a method (a kind of destination, a channel, or all) on or off."""
    return await _set_terms(database, _SWITCH_ON if on else _SWITCH_OFF, account_id, currency, method)


async def _set_terms(database: Database, sql: str, account_id: UUID, currency: str, *values: object) -> Terms:
    default = (
        DEFAULT_TERMS.fee.fixed_minor,
        DEFAULT_TERMS.fee.rate_ppm,
        DEFAULT_TERMS.limits.smallest_minor,
        DEFAULT_TERMS.limits.largest_minor,
    )
    await database.execute(_DEFAULT_TERMS, account_id, currency, *default)
    row = await database.change(sql, account_id, currency, *values)
    if row is None:
        raise AssertionError("terms were just made and are never deleted")
    return terms_from(row)


_LOCK: Final = "select 1 from accounts where account_id = $1 for no key update"
_RELATIVE: Final = f"""
select {ACCOUNT_COLUMNS} from accounts a
where (account_id = $1 or parent_id = $1) and account_id between $2 and $3
"""  # noqa: S608 (columns are constants)

_BALANCES: Final = """
select currency, coalesce(sum(minor) filter (where book = 'available'), 0)::bigint,
    coalesce(sum(minor) filter (where book = 'held'), 0)::bigint
from balances where account_id = $1 group by currency order by currency
"""

# With the account, in one statement: its credentials were loaded with it, and know whether it has sub-accounts.
_ADD: Final = """
with renewed as (
    update credentials set version = version + 1 where account_id = $2
)
insert into accounts (account_id, parent_id, name, country, is_open, needs_review, rail, other_rails,
    notify_url, needs_bank_account, strict_destinations, created_ms, epoch, epoch_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, coalesce((select max(epoch) from epochs), 1),
    coalesce((select max(began_ms) from epochs), 0))
"""
_CHANGE: Final = """
with renewed as (
    update credentials set version = version + 1 where account_id = $1
)
update accounts set is_open = coalesce($2, is_open), needs_review = coalesce($3, needs_review),
    notify_url = case when $4::text is null then notify_url else nullif($4, '') end,
    needs_bank_account = coalesce($5, needs_bank_account),
    strict_destinations = coalesce($6, strict_destinations)
where account_id = $1
"""
_SET_RAILS: Final = """
with renewed as (
    update credentials set version = version + 1 where account_id = $1
)
update accounts set rail = $2, other_rails = $3 where account_id = $1
"""
_DEFAULT_TERMS: Final = """
insert into terms (account_id, currency, fee_fixed_minor, fee_rate_ppm, smallest_minor, largest_minor)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_SET_FEE: Final = """
update terms set fee_fixed_minor = $3, fee_rate_ppm = $4 where account_id = $1 and currency = $2 returning *
"""
_SET_LIMITS: Final = """
update terms set smallest_minor = $3, largest_minor = $4 where account_id = $1 and currency = $2 returning *
"""
_SWITCH_ON: Final = """
update terms set off = array_remove(off, $3) where account_id = $1 and currency = $2 returning *
"""
_SWITCH_OFF: Final = """
update terms set off = array_append(array_remove(off, $3), $3) where account_id = $1 and currency = $2 returning *
"""
