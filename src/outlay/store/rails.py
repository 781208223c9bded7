"""The rails of the installation, and who uses them. They are few, and every process reads them when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outlay.core.attempt import RailTerms
from outlay.core.outcome import FailureReason
from outlay.core.rail import RailRecord
from outlay.store.database import Database, Row


async def read_rails(database: Database) -> Mapping[str, RailRecord]:
    """By name. Raises Unavailable."""
    return {row["name"]: _rail_from(row) for row in await database.fetch(_RAILS)}


async def rails_in_use(database: Database) -> frozenset[str]:
    """Where payouts may go: those that the accounts order, and those that are under way. Raises Unavailable."""
    return frozenset(row["rail"] for row in await database.fetch(_IN_USE))


async def count_accounts(database: Database, name: str) -> int:
    """Those whose payouts may go over it. Raises Unavailable."""
    row = await database.fetchrow(
        "select count(*) as many from accounts where $1 = rail or $1 = any(other_rails)", name
    )
    if row is None:
        raise AssertionError("a count always gives a row")
    many: int = row["many"]
    return many


def _rail_from(row: Row) -> RailRecord:
    known = {reason.value for reason in FailureReason}
    terms = RailTerms(
        name=row["name"],
        refuses_duplicates=row["refuses_duplicates"],
        finality_ms=row["finality_ms"],
        timeout_ms=row["timeout_ms"],
        send_within_ms=row["send_within_ms"],
        ask_again_ms=row["ask_again_ms"],
        dedupe_ms=row["dedupe_ms"],
        # A reason of a newer version is none that this one could hear.
        elsewhere=frozenset(FailureReason(reason) for reason in row["reasons"] if reason in known),
    )
    return RailRecord(row["kind"], terms, row["dialect"], row["places"], row["calls_per_second"])


_RAILS: Final = """
select name, kind, dialect, send_within_ms, timeout_ms, finality_ms, ask_again_ms, refuses_duplicates, dedupe_ms,
    places, calls_per_second, array(select reason from rail_refusals f where f.rail = r.name) as reasons
from rails r order by name
"""

_IN_USE: Final = """
select rail from accounts
union select unnest(other_rails) from accounts
union select rail from payouts where completed_ms is null
union select rail from attempts where state in ('begun', 'accepted', 'unknown')
"""
