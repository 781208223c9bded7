"""Connections that know the lists of PostgreSQL's own types, and so need not ask the server for them.

The driver knows single values and learns about lists from the server: at the first statement of each connection that
takes one, by a question that costs the server three times as much as to connect. What these lists are is the same on
every server, and never changes.

Leaves to others: when connections are made, and what they are told first (database).

The trap: the driver has no public name for what is overridden here. Where a release of it asks in another way, all goes
on as before, only slower; a test sees that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec


class _Asked(msgspec.Struct, frozen=True):
    """In the place of the driver's own question: one with a name has not taken the place of an unnamed statement."""

    name: str


def _list_type(name: str, member: int) -> Mapping[str, Any]:
    """As the driver's question would tell of it."""
    nothing = dict.fromkeys(("basetype", "range_subtype", "attrtypoids", "attrnames", "elemtype_name"))
    return {"ns": "pg_catalog", "name": name, "kind": b"b", "elemtype": member, "elemdelim": ",", **nothing}


# By the numbers that PostgreSQL's catalogue has given them for good (src/include/catalog/pg_type.dat).
_LISTS: Final[Mapping[int, Mapping[str, Any]]] = {
    1001: _list_type("_bytea", 17),
    1007: _list_type("_int4", 23),
    1016: _list_type("_int8", 20),
    2951: _list_type("_uuid", 2950),
}


class KnowingConnection(asyncpg.Connection):  # type: ignore[misc] # the driver has no types
    """Asks only for what is not known here."""

    async def _introspect_types(self, typeoids: Sequence[int], seconds: float | None) -> Any:
        if all(oid in _LISTS for oid in typeoids):
            return [{"oid": oid, **_LISTS[oid]} for oid in typeoids], _Asked("known")
        return await super()._introspect_types(typeoids, seconds)
