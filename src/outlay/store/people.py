"""The table of known people, by the form of their name. Nobody is ever taken out: a name stays one person's.

Leaves to others: what the form is, what a key is and who may do what (core). Only its digest comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from outlay.core.people import KnownPerson, Role
from outlay.store.database import Database, Row


async def insert_person(database: Database, form: str, person: KnownPerson) -> bool:
    """False where somebody has the name already, be they disabled."""
    done = await database.execute(
        "insert into users (form, name, role, key_digest, added_ms, key_ms) values ($1, $2, $3, $4, $5, $6)"
        " on conflict do nothing",
        form,
        person.name,
        person.role.value,
        person.key_digest,
        person.added_ms,
        person.key_ms,
    )
    return done == "INSERT 0 1"


async def find_person(database: Database, form: str) -> KnownPerson | None:
    row = await database.fetchrow(f"select {_COLUMNS} from users where form = $1", form)  # noqa: S608 (constant)
    return _person_from(row) if row is not None else None


async def read_people(database: Database) -> Sequence[KnownPerson]:
    """The oldest first, disabled ones too."""
    rows = await database.fetch(f"select {_COLUMNS} from users order by added_ms, form")  # noqa: S608 (constant)
    return [_person_from(row) for row in rows]


async def is_anybody_known(database: Database) -> bool:
    """Whether there is anybody, be they disabled."""
    return await database.fetchrow("select 1 from users limit 1") is not None


async def set_key(database: Database, form: str, digest: bytes, now_ms: int) -> bool:
    """In place of the key that was. False where there is no such person, or they are disabled."""
    done = await database.execute(
        "update users set key_digest = $2, key_ms = $3 where form = $1 and disabled_ms is null", form, digest, now_ms
    )
    return done == "UPDATE 1"


async def mark_disabled(database: Database, form: str, now_ms: int) -> bool:
    """False where there is no such person, or they were disabled before."""
    done = await database.execute(
        "update users set disabled_ms = $2 where form = $1 and disabled_ms is null", form, now_ms
    )
    return done == "UPDATE 1"


def _person_from(row: Row) -> KnownPerson:
    return KnownPerson(
        name=row["name"],
        role=Role(row["role"]),
        key_digest=row["key_digest"],
        added_ms=row["added_ms"],
        key_ms=row["key_ms"],
        disabled_ms=row["disabled_ms"],
    )


_COLUMNS: Final = "name, role, key_digest, added_ms, key_ms, disabled_ms"
