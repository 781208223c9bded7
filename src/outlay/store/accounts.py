"""Accounts and their terms: written by the command line, read at every create (by the clerk, under its lock)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from outlay.core.account import Account, Terms
from outlay.store.database import Database
from outlay.store.rows import ACCOUNT_COLUMNS, account_from, terms_from


async def add_account(database: Database, account: Account, now_ms: int) -> None:
    await database.execute(
        "insert into accounts (account_id, parent_id, name, country, is_open, needs_review, rail, created_ms)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        account.account_id,
        account.parent_id,
        account.name,
        account.country,
        account.is_open,
        account.needs_review,
        account.rail,
        now_ms,
    )


async def find_account(database: Database, account_id: UUID) -> Account | None:
    row = await database.fetchrow(f"select {ACCOUNT_COLUMNS} from accounts a where account_id = $1", account_id)  # noqa: S608
    return account_from(row) if row else None


async def list_accounts(database: Database) -> Sequence[Account]:
    rows = await database.fetch(f"select {ACCOUNT_COLUMNS} from accounts a order by created_ms, account_id")  # noqa: S608
    return [account_from(row) for row in rows]


async def read_terms(database: Database, account_id: UUID, currency: str) -> Terms | None:
    row = await database.fetchrow("select * from terms where account_id = $1 and currency = $2", account_id, currency)
    return terms_from(row) if row else None


async def set_terms(database: Database, account_id: UUID, currency: str, terms: Terms) -> None:
    await database.execute(
        _SET_TERMS,
        account_id,
        currency,
        terms.fee.fixed_minor,
        terms.fee.rate_ppm,
        terms.limits.smallest_minor,
        terms.limits.largest_minor,
    )


_SET_TERMS: Final = """
insert into terms (account_id, currency, fee_fixed_minor, fee_rate_ppm, smallest_minor, largest_minor)
values ($1, $2, $3, $4, $5, $6)
on conflict (account_id, currency) do update set fee_fixed_minor = excluded.fee_fixed_minor,
    fee_rate_ppm = excluded.fee_rate_ppm, smallest_minor = excluded.smallest_minor,
    largest_minor = excluded.largest_minor
"""
