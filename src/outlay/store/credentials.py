"""Stored credentials: sealed secrets, found by the public key id that a caller names.

The look-up by key id is the one read that does not know its account: it is outside the money path, and its caller
keeps the result until the version changes.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from outlay.core.account import Account
from outlay.store.database import Database
from outlay.store.rows import ACCOUNT_COLUMNS, account_from


class StoredCredential(msgspec.Struct, frozen=True):
    """`sealed` is encrypted: see kit.vault."""

    key_id: str
    account: Account
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
) -> None:
    await database.execute(
        "insert into credentials (account_id, key_id, dialect, sealed, created_ms, holder)"
        " values ($1, $2, $3, $4, $5, $6)",
        account_id,
        key_id,
        dialect,
        sealed,
        now_ms,
        holder,
    )


async def find_credential(database: Database, dialect: str, key_id: str) -> StoredCredential | None:
    """The live credential of this key id in this dialect, with its account."""
    row = await database.fetchrow(_FIND, key_id, dialect)
    if row is None:
        return None
    account = msgspec.structs.replace(account_from(row), has_subs=row["has_subs"])
    return StoredCredential(
        key_id=row["key_id"],
        account=account,
        dialect=row["dialect"],
        version=row["version"],
        sealed=row["sealed"],
        holder=row["holder"],
    )


async def revoke_credential(database: Database, key_id: str, now_ms: int) -> bool:
    """From the next request on this key gets no answer. False where no live credential has this id."""
    done = await database.execute(
        "update credentials set revoked_ms = $2, version = version + 1 where key_id = $1 and revoked_ms is null",
        key_id,
        now_ms,
    )
    return done != "UPDATE 0"


_FIND: Final = f"""
select k.key_id, k.dialect, k.version, k.sealed, k.holder, {ACCOUNT_COLUMNS},
    exists (select from accounts sub where sub.parent_id = a.account_id) as has_subs
from credentials k join accounts a on a.account_id = k.account_id
where k.key_id = $1 and k.dialect = $2 and k.revoked_ms is null
"""  # noqa: S608 (columns are constants)
