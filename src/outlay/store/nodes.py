"""Node numbers for ids: leased from the database, so that no two running processes make the same id.

Every time here is read from the database's clock, inside the statement that uses it. A row keeps its number from others
until `until_ms`, and no id from it may bear a later time (a sandbox's offset aside). So a renewal never brings that
time nearer, also where the clock has gone back: ids of the time before may bear it. Only `free_node`, which knows the
last id, may. An empty owner marks a number that was given back.

The trap: a clock that jumps ahead ends every lease at once, while the holders live on. So a number whose lease ended by
itself is taken last, and of those the one that ended first.
"""

from __future__ import annotations

from typing import Final

from outlay.core.ids import MAX_NODE
from outlay.store.clock import CLOCK, OFFSET, ClockReading
from outlay.store.database import Database

TRIES: Final = 100
"""Somebody else may take the number that was just seen to be free."""
QUARANTINE_MS: Final = 5_000
"""Between the last id of one holder and the first of the next."""


class NoFreeNode(RuntimeError):
    """All node numbers are leased: more than a thousand processes, or as many crashed within one lease."""


async def lease_node(database: Database, owner: str, lease_ms: int) -> tuple[int, ClockReading]:
    """A node number that is this owner's until now + lease, and what was now. Raises NoFreeNode."""
    for _ in range(TRIES):
        row = await database.fetchrow(_LEASE, owner, lease_ms, MAX_NODE)
        if row is not None:
            return row["node"], ClockReading(row["now_ms"], row["offset_ms"])
    raise NoFreeNode(f"all {MAX_NODE + 1} node numbers are leased; wait for a lease to end")


async def renew_node(database: Database, node: int, owner: str, lease_ms: int) -> ClockReading | None:
    """Keep it until now + lease at least. None where it is somebody else's: then no more ids may be made from it."""
    row = await database.fetchrow(_RENEW, node, owner, lease_ms)
    return ClockReading(row["now_ms"], row["offset_ms"]) if row is not None else None


async def free_node(database: Database, node: int, owner: str, last_ms: int) -> None:
    """Give the number back, a little after now and after `last_ms`, the real time of the last id made from it."""
    await database.execute(_FREE, node, owner, last_ms, QUARANTINE_MS)


# Of two askers who reach for the same number, the row lock that `on conflict` takes lets one have it; the other gets no
# row and tries again.
_LEASE: Final = f"""
with {CLOCK}
insert into nodes (node, owner, until_ms)
select n, $1, now_ms + $2 from clock, generate_series(0, $3::int) n left join nodes held on held.node = n
where held.node is null or held.until_ms < now_ms
order by coalesce(held.owner, '') <> '', case when held.owner <> '' then held.until_ms end, random() limit 1
on conflict (node) do update set owner = excluded.owner, until_ms = excluded.until_ms
    where nodes.until_ms < excluded.until_ms - $2
returning node, until_ms - $2 as now_ms, {OFFSET}
"""  # noqa: S608 (constants)

_RENEW: Final = f"""
with {CLOCK}
update nodes set until_ms = greatest(until_ms, now_ms + $3) from clock where node = $1 and owner = $2
returning now_ms, {OFFSET}
"""  # noqa: S608 (constants)

_FREE: Final = f"""
with {CLOCK}
update nodes set owner = '', until_ms = greatest(now_ms, $3) + $4 from clock where node = $1 and owner = $2
"""  # noqa: S608 (constants)
