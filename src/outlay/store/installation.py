"""What the database knows of the key that its secrets are sealed with: a check value, sealed with that key, and only
ever one."""

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


_ADD: Final = "insert into installation (key_check) values ($1) on conflict do nothing"
