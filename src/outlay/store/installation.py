"""What the database knows of the key that its secrets are sealed with: a check value, sealed with that key, and only
ever one. And the keys of the installation itself, sealed with it too, each written once."""

from __future__ import annotations

from typing import Final

from outlay.store.database import Database


async def read_key_check(database: Database) -> bytes | None:
    """None where no key was ever recorded here."""
    row = await database.fetchrow("select key_check from installation")
    return row["key_check"] if row is not None else None


async def add_key_check(database: Database, key_check: bytes) -> None:
    """Does nothing where there is one already, which somebody may have added a moment ago: read it again afterwards."""
    await database.execute(_ADD, key_check)


async def read_key(database: Database, name: str) -> bytes | None:
    """As it is sealed; None where none was ever made."""
    row = await database.fetchrow("select sealed from installation_keys where name = $1", name)
    return row["sealed"] if row is not None else None


async def add_key(database: Database, name: str, sealed: bytes) -> None:
    """Does nothing where there is one already: read it again afterwards."""
    await database.execute(_ADD_KEY, name, sealed)


async def last_recorded_ms(database: Database) -> int | None:
    """The latest time of any payout or fact; None where there is none."""
    async with database.connection(SCAN_TIMEOUT_S) as connection:
        found: int | None = await connection.fetchval(_LAST, timeout=SCAN_TIMEOUT_S)
        return found


async def is_anything_sealed(database: Database) -> bool:
    """Whether any fact has a seal or tells a digest."""
    async with database.connection(SCAN_TIMEOUT_S) as connection:
        found: bool = await connection.fetchval(_IS_SEALED, timeout=SCAN_TIMEOUT_S)
        return found


SCAN_TIMEOUT_S: Final = 3600.0
"""It reads whole tables, once in the life of an installation."""

_ADD_KEY: Final = "insert into installation_keys (name, sealed) values ($1, $2) on conflict do nothing"
_LAST: Final = """
select greatest((select max(created_ms) from payouts), (select max(at_ms) from facts))
"""
_IS_SEALED: Final = "select exists (select from facts where seal is not null or data ? 'digest')"
_ADD: Final = "insert into installation (key_check) values ($1) on conflict do nothing"
