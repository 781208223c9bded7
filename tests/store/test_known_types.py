"""The lists of PostgreSQL's own types: what a connection knows of them, and that it asks for no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from outlay.store.known_types import _LISTS
from tests.support.world import World

A, B = UUID(int=1), UUID(int=2)
VALUES = [("bytea", [b"\0,", b""]), ("int", [1, -2]), ("bigint", [1 << 40, None]), ("uuid", [A, B])]


async def test_what_is_known_is_what_the_catalogue_says(plain_world: World) -> None:
    rows = await plain_world.admin.fetch(
        "select t.oid, n.nspname as ns, t.typname as name, t.typtype as kind, t.typelem as elemtype,"
        " m.typdelim as elemdelim from pg_type t join pg_type m on m.oid = t.typelem"
        " join pg_namespace n on n.oid = t.typnamespace where t.oid = any($1::oid[])",
        list(_LISTS),
    )
    told = {row["oid"]: dict(row) | {"elemdelim": row["elemdelim"].decode()} for row in rows}
    known = {oid: {"oid": oid} | {name: v for name, v in said.items() if v is not None} for oid, said in _LISTS.items()}
    assert known == told


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[kind for kind, _ in VALUES])
async def test_a_list_goes_there_and_back_by_one_statement_and_as_the_driver_would_send_it(
    plain_world: World, kind: str, values: list[Any]
) -> None:
    sql = f"select $1::{kind}[] as list, pg_catalog.array_send($1::{kind}[]) as sent"
    asked: list[str] = []
    plain_world.runtime = await plain_world.process()
    async with plain_world.runtime.database.connection() as connection:
        await connection.reload_schema_state()  # what other tests have made it learn
        connection.add_query_logger(lambda record: asked.append(record.query))
        knowing = await connection.fetchrow(sql, values)
    other = await asyncpg.connect(plain_world.dsn)
    asking = await other.fetchrow(sql, values)
    await other.close()
    assert knowing == asking
    assert knowing["list"] == values
    assert asked == [sql]


async def test_a_list_that_is_not_known_is_asked_for(plain_world: World) -> None:
    async with plain_world.runtime.database.connection() as connection:
        assert await connection.fetchval("select $1::numeric[]", [1, 2]) == [1, 2]
