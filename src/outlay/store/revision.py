"""The schema that this code knows, and what a newer one says of code as old as this.

A migration is *expanding* where older code may go on writing beside it, and *contracting* where it may not: then it
raises `accounts.oldest_writer`, in every row and in the column's default. The clerk reads it with the row that it
locks, so a process that is older writes nothing from that commit on.
"""

from __future__ import annotations

from typing import Final

from outlay.store.database import Unavailable
from outlay.store.sqlstates import Why

LATEST: Final = "0009"
"""The revision this code needs; a test compares it with the newest file."""
OURS: Final = int(LATEST)

OLDEST_WRITER: Final = """
(select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
 join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
 where d.adrelid = to_regclass('accounts') and a.attname = 'oldest_writer')::int"""
"""In SQL: the default of the column."""


class TooOld(Unavailable):
    """The schema has been changed so that this process must not write any more: what was asked was certainly not
    done."""

    def __init__(self, oldest_writer: int) -> None:
        super().__init__(too_old(oldest_writer), why=Why.AWAY)


def too_old(oldest_writer: int) -> str:
    return (
        f"this process is too old to write: the schema takes writes from revision {oldest_writer:04d} on, and this "
        f"version of Outlay knows {LATEST}; start the newer version"
    )


def is_newer(found: str | None) -> bool:
    """Whether a schema at that revision was made by a newer version."""
    return found is not None and found > LATEST


def needs_migration(found: str | None) -> str:
    return (
        f"the database schema is at revision {found or 'none'}, this version of Outlay needs {LATEST}: "
        "run `outlay migrate`"
    )


def require_writer(oldest_writer: int) -> None:
    """Raises TooOld."""
    if oldest_writer > OURS:
        raise TooOld(oldest_writer)
