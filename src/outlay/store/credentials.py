"""Stored credentials: sealed secrets, found by the public key id that a caller names.

The look-up by key id is the one read that does not know its account: it is outside the money path, and its caller
keeps the result until the version changes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from outlay.core.account import Account
from outlay.store.database import Database, Row
from outlay.store.rows import ACCOUNT_COLUMNS, account_from

DialectKey: TypeAlias = tuple[str, str]
"""A dialect's name, and a key id in it."""
SEALED_AT_ONCE: Final = 1_000
_FIRST_ACCOUNT: Final = UUID(int=0)


class StoredCredential(msgspec.Struct, frozen=True):
    """`sealed` is encrypted: see kit.vault. `has_subs`: whether there were accounts under this one when it was read."""

    key_id: str
    account: Account
    has_subs: bool
    dialect: str
    version: int
    sealed: bytes
    holder: str | None = None


async def add_credential(
    database: Database,
    *,
    account_id: UUID,
    key_id: str,
    dialect: str,
    sealed: bytes,
    now_ms: int,
    holder: str | None = None,
) -> bool:
    """False where a live credential of any account has this id already: a caller names nothing else, so it must stand
    for one. One that was revoked can come back, with a new version."""
    async with database.transaction() as connection:
        # No index spans all accounts, so two who bring the same id at once take turns.
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"credential:{key_id}")
        done: str = await connection.execute(_ADD, account_id, key_id, dialect, sealed, now_ms, holder)
    return done == "INSERT 0 1"


async def find_credentials(database: Database, keys: Sequence[DialectKey]) -> Mapping[DialectKey, StoredCredential]:
    """The live credentials of these key ids in these dialects, with their accounts; who is not there has none."""
    rows = await database.fetch(_FIND, [dialect for dialect, _ in keys], [key_id for _, key_id in keys])
    return {(row["dialect"], row["key_id"]): _stored_from(row) for row in rows}


def _stored_from(row: Row) -> StoredCredential:
    return StoredCredential(
        key_id=row["key_id"],
        account=account_from(row),
        has_subs=row["has_subs"],
        dialect=row["dialect"],
        version=row["version"],
        sealed=row["sealed"],
        holder=row["holder"],
    )


class SealedCredential(msgspec.Struct, frozen=True):
    """What was sealed for a row, whether the credential is live or was revoked."""

    account_id: UUID
    key_id: str
    sealed: bytes
    is_live: bool


async def all_sealed(database: Database) -> AsyncIterator[SealedCredential]:
    """Every credential there is, in no order that means anything."""
    account_id, key_id = _FIRST_ACCOUNT, ""
    while True:
        rows = await database.fetch(_SEALED_AFTER, account_id, key_id, SEALED_AT_ONCE)
        for row in rows:
            account_id, key_id = row["account_id"], row["key_id"]
            yield SealedCredential(account_id, key_id, row["sealed"], row["is_live"])
        if len(rows) < SEALED_AT_ONCE:
            return


async def mark_revoked(database: Database, key_id: str, now_ms: int) -> bool:
    """From the next request on this key gets no answer. False where no live credential has this id."""
    done = await database.execute(
        "update credentials set revoked_ms = $2, version = version + 1 where key_id = $1 and revoked_ms is null",
        key_id,
        now_ms,
    )
    return done != "UPDATE 0"


_ADD: Final = """
insert into credentials as mine (account_id, key_id, dialect, sealed, created_ms, holder)
select $1::uuid, $2, $3, $4, $5, $6
where not exists (select from credentials k where k.key_id = $2 and k.revoked_ms is null)
on conflict (account_id, key_id) do update set dialect = excluded.dialect, sealed = excluded.sealed,
    created_ms = excluded.created_ms, holder = excluded.holder, version = mine.version + 1, revoked_ms = null
where mine.revoked_ms is not null
"""
# `offset 0` keeps each look-up a look-up: an index probe per key, never a scan of the table.
_FIND: Final = f"""
select found.* from unnest($1::text[], $2::text[]) as asked(dialect, key_id)
cross join lateral (
    select k.key_id, k.dialect, k.version, k.sealed, k.holder, {ACCOUNT_COLUMNS},
        exists (select from accounts sub where sub.parent_id = a.account_id) as has_subs
    from credentials k join accounts a on a.account_id = k.account_id
    where k.key_id = asked.key_id and k.dialect = asked.dialect and k.revoked_ms is null offset 0
) found
"""  # noqa: S608 (columns are constants)
_SEALED_AFTER: Final = """
select account_id, key_id, sealed, revoked_ms is null as is_live from credentials
where (account_id, key_id) > ($1::uuid, $2::text) order by account_id, key_id limit $3
"""
