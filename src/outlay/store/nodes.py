"""Node numbers for ids: leased from the database, so that no two running processes make the same id."""

from __future__ import annotations

from typing import Final

from outlay.core.ids import MAX_NODE
from outlay.store.database import Database

TRIES: Final = 20
"""Somebody else may take the number that was just seen to be free."""


class NoFreeNode(RuntimeError):
    """All node numbers are leased: more than a thousand processes, or as many crashed within one lease."""


async def lease_node(database: Database, owner: str, now_ms: int, lease_ms: int) -> int:
    """A node number that is this owner's until now + lease. Raises NoFreeNode."""
    for _ in range(TRIES):
        row = await database.fetchrow(_LEASE, owner, now_ms, now_ms + lease_ms, MAX_NODE)
        if row is not None:
            node: int = row["node"]
            return node
    raise NoFreeNode(f"all {MAX_NODE + 1} node numbers are leased; wait for a lease to end")


async def renew_node(database: Database, node: int, owner: str, until_ms: int) -> bool:
    """False where the lease was lost: then no more ids may be made."""
    done = await database.execute(
        "update nodes set until_ms = $3 where node = $1 and owner = $2", node, owner, until_ms
    )
    return done == "UPDATE 1"


async def beat(database: Database, node: int, owner: str) -> bool:
    """A change of the owner's row that changes nothing, once it is on disk; False where the row is not theirs."""
    done = await database.execute("update nodes set until_ms = until_ms where node = $1 and owner = $2", node, owner)
    return done == "UPDATE 1"


async def free_node(database: Database, node: int, owner: str, until_ms: int) -> None:
    """Give the number back from `until_ms` on: a little later than now, past any millisecond that its ids borrowed."""
    await database.execute("update nodes set until_ms = $3 where node = $1 and owner = $2", node, owner, until_ms)


# Any number nobody holds. Of two askers who reach for the same one, the row lock that `on conflict` takes lets one have
# it; the other gets no row and tries again.
_LEASE: Final = """
insert into nodes (node, owner, until_ms)
select n, $1, $3 from generate_series(0, $4::int) n
where not exists (select from nodes held where held.node = n and held.until_ms >= $2)
order by random() limit 1
on conflict (node) do update set owner = excluded.owner, until_ms = excluded.until_ms where nodes.until_ms < $2
returning node
"""
