"""A migration beside callers: from 0009 on none rewrites a table that grows, none keeps readers out of what callers
read most, and none waits for long for somebody who does not let go, with everybody standing behind it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from outlay.store import between_others
from outlay.store import migrate as migrate_module
from outlay.store.between_others import TablesInUse
from outlay.store.migrate import LATEST, migrate, partitioned
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape, rows
from tests.support.old_rights import give_old_rights

pytestmark = pytest.mark.slow  # each waits for a patience to end

FIRST = "0009"
"""Those before it were run with all servers stopped."""
FOLDER = files("outlay.store") / "migrations"
LEFT = json.loads((Path(__file__).parents[1] / "update" / "v0_6_0.json").read_text("utf-8"))
FILL = "insert into {0} select * from jsonb_populate_recordset(null::{0}, $1::jsonb)"
LARGE = ("payouts", "facts", "postings", "attempts", "claims", "work", "rail_references")
READ_ALL_THE_TIME = ("payouts", "facts", "postings", "attempts", "claims")
REWRITING = "alter table payouts alter column amount_minor type numeric"
PATIENCE_MS = 1_000
TIMEOUT_S = 0.3
PAUSES_S = (0.05, 0.05)
SCRIPTS = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".sql"))
NEW = [name for name in SCRIPTS if name[:4] >= FIRST]


async def before(dsn: str, script: str, shape: Shape) -> Any:
    """A connection to a database as it is before that migration, with rows that 0.6.0 left."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table alembic_version (version_num varchar(32) not null primary key)")
    for name in SCRIPTS[: SCRIPTS.index(script)]:
        await run(connection, name, shape)
        if name[:4] == LEFT["rows"]["alembic_version"][0]["version_num"]:
            await fill(connection, LEFT["rows"])
    await give_old_rights(connection, "0002")
    return connection


async def run(connection: Any, script: str, shape: Shape) -> None:
    await connection.execute(partitioned((FOLDER / script).read_text("utf-8"), shape.partitions))
    await connection.execute("delete from alembic_version")
    await connection.execute("insert into alembic_version values ($1)", script[:4])


async def fill(connection: Any, left: Mapping[str, Any]) -> None:
    await connection.execute("delete from alembic_version")
    for table, of_it in left.items():
        await connection.execute(FILL.format(table), json.dumps(of_it))


async def files_of_tables(connection: Any) -> dict[str, int]:
    """Of all large tables and their partitions: a table that is rewritten gets another file."""
    found = await rows(
        connection,
        "select c.relname, c.relfilenode from pg_class c left join pg_inherits i on i.inhrelid = c.oid"
        " where coalesce(i.inhparent, c.oid)::regclass::text = any($1::text[]) and c.relkind = 'r'",
        LARGE,
    )
    return dict(found)


@pytest.fixture
def empty_dsn(server: Server) -> str:
    return server.new_database()


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
@pytest.mark.parametrize("script", NEW)
async def test_no_migration_rewrites_a_large_table_nor_keeps_readers_from_what_they_read_most(
    empty_dsn: str, script: str, shape: Shape
) -> None:
    dsn = empty_dsn
    connection, reader = await before(dsn, script, shape), await asyncpg.connect(dsn)
    try:
        await reader.execute(f"set statement_timeout = {PATIENCE_MS}")
        for table in ("payouts", "facts", "postings", "attempts", "work"):
            assert await reader.fetchval(f"select count(*) from {table}") > 0
        was = await files_of_tables(connection)
        assert len(was) >= len(LARGE) * max(1, shape.partitions) - shape.partitions
        async with connection.transaction():
            await run(connection, script, shape)
            for table in READ_ALL_THE_TIME:  # as long as it has not been committed
                await reader.fetch(f"select * from {table} limit 1")
        assert await files_of_tables(connection) == was
        # The same look does notice one that is.
        async with connection.transaction():
            await connection.execute(REWRITING)
            with pytest.raises(asyncpg.QueryCanceledError):
                await reader.fetch("select * from payouts limit 1")
        assert await files_of_tables(connection) != was
    finally:
        await connection.close()
        await reader.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(between_others, "LOCK_TIMEOUT_S", TIMEOUT_S)
    monkeypatch.setattr(between_others, "PAUSES_S", PAUSES_S)


@asynccontextmanager
async def left_open(dsn: str, table: str) -> AsyncIterator[Any]:
    """Somebody who has read the table, and gone for lunch."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "somebody's report"})
    try:
        await connection.execute("begin")
        await connection.fetch(f"select * from {table} limit 1")
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def old_dsn(server: Server, empty_dsn: str) -> str:
    """Of a database that the newest migrations have not been run on."""

    async def make() -> None:
        await (await before(empty_dsn, NEW[0], PLAIN)).close()

    server.runner.run(make())
    return empty_dsn


@pytest.fixture
def touches_payouts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = migrate_module.partitioned
    more = "alter table payouts add column colour text;"
    monkeypatch.setattr(migrate_module, "partitioned", lambda sql, parts: whole(sql, parts) + more)


@pytest.mark.usefixtures("hurried", "touches_payouts")
@pytest.mark.parametrize("table", ["payouts", "work"])
async def test_it_gives_up_where_somebody_does_not_let_go_and_says_who_it_is(old_dsn: str, table: str) -> None:
    async with left_open(old_dsn, table) as holder:
        with capture_logs() as lines, pytest.raises(TablesInUse) as given_up:
            await asyncio.wait_for(migrate(old_dsn), 60)
        pid = holder.get_server_pid()
        assert await holder.fetchval("select version_num from alembic_version") < FIRST
        assert await holder.fetchval("select to_regclass('rails')") is None, "nothing of it is left behind"
    said = str(given_up.value)
    assert f"3 tries a table of it was in use by process {pid} (somebody's report, login " in said
    assert "idle in transaction, its transaction " in said
    assert f"`select pg_terminate_backend({pid})`" in said
    tries = [line for line in lines if "attempt" in line]  # what others still log from before is no try
    assert [line["attempt"] for line in tries] == [1, 2, 3]
    assert all(str(pid) in line["in_the_way"] for line in tries)
    assert await migrate(old_dsn) == LATEST, "when they have let go"


@pytest.mark.usefixtures("hurried", "touches_payouts")
async def test_callers_stand_behind_a_migration_no_longer_than_its_patience(old_dsn: str) -> None:
    """They would be cut off after so long: and each of them is served while somebody keeps the migration waiting."""
    caller = await asyncpg.connect(old_dsn)
    await caller.execute(f"set statement_timeout = {PATIENCE_MS}")
    async with left_open(old_dsn, "payouts"):
        migrating = asyncio.ensure_future(migrate(old_dsn))
        try:
            while not migrating.done():
                await caller.fetch("select * from payouts limit 1")
                await asyncio.sleep(0.01)
        finally:
            caller.terminate()
    with pytest.raises(TablesInUse):
        await migrating


@pytest.mark.usefixtures("hurried", "touches_payouts")
async def test_it_is_done_at_a_later_try_when_they_have_let_go(old_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(between_others, "PAUSES_S", (0.05,) * 200)
    async with left_open(old_dsn, "work"):
        with capture_logs() as lines:
            migrating = asyncio.ensure_future(migrate(old_dsn))
            while not lines and not migrating.done():  # noqa: ASYNC110  a log line tells nobody
                await asyncio.sleep(0.01)
    assert await asyncio.wait_for(migrating, 60) == LATEST
