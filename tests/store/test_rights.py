"""What the server's role may do in the database, who may act as it, and what no setting of the server can change."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

import outlay
from outlay.postgres.errors import RoleUnusable
from outlay.store.database import Database, connect
from outlay.store.migrate import SchemaOutdated, check_and_migrate, migrate
from outlay.store.read import recorded
from outlay.store.rows import PAYOUT_COLUMNS
from outlay.store.write import saving
from tests.store.older_schemas import first_schema
from tests.store.rights_given import GIVEN, documented
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape, rows
from tests.support.rows import each_row
from tests.support.world import World

SOURCES = Path(outlay.__file__).parent
_numbers = count(1)


async def test_the_role_has_the_documented_rights_and_no_others(world: World) -> None:
    assert set(await rows(world.admin, GIVEN)) == documented()


async def test_the_role_owns_nothing_and_is_nothing_besides(world: World) -> None:
    (role,) = await rows(
        world.admin,
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin,"
        " (select count(*) from pg_shdepend where refobjid = r.oid and deptype = 'o'),"
        " (select count(*) from pg_auth_members where member = r.oid),"
        " has_schema_privilege(r.oid, 'public', 'create')"
        " from pg_roles r where rolname = current_database() || '_app'",
    )
    assert role == (False,) * 6 + (0, 0, False)


def statement_of(right: str, table: str) -> str:
    """What a statement that needs the right looks like."""
    return {
        "select": rf"(from|join|insert into) {table}\b|\({table}\.|update {table}\b",
        "insert": rf"insert into {table}\b",
        "update": rf"update {table}\b|insert into {table}\b(?:(?!insert into ).)*?do update",
        "delete": rf"delete from {table}\b",
    }[right]


@pytest.mark.slow  # a cold scan of all sources
@each_row(("table", "right"), sorted(documented()))
def test_each_right_has_a_statement_that_needs_it(table: str, right: str) -> None:
    assert any(re.search(statement_of(right, table), text, re.DOTALL) for text in sources())


@cache
def sources() -> list[str]:
    """Where statements stand, and those that are put together of a table's columns."""
    made = [*(part.sql for part in saving._PARTS.values()), *recorded._STREAMS.values(), PAYOUT_COLUMNS]
    return [path.read_text("utf-8") for path in SOURCES.rglob("*.py")] + made


# Logins of one's own, on a server that has several databases


class Logins:
    """Roles of a test, gone afterwards. Statements run as the superuser."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._url = server.new_database()
        self._made: list[str] = []
        self.databases: list[str] = []

    def run(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        async def with_connection() -> Any:
            connection = await asyncpg.connect(self._url)
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(with_connection())

    def execute(self, sql: str) -> None:
        self.run(lambda connection: connection.execute(sql))

    def login(self, name: str, attributes: str = "") -> str:
        self.execute(f"create role {name} login password 'x' {attributes}")
        self._made.append(name)
        return name

    def database(self, name: str, owner: str) -> str:
        self.execute(f'create database "{name}" owner {owner}')
        self.databases.append(name)
        self._made.append(f"{name}_app")
        return self.url(name, owner)

    def url(self, name: str, login: str) -> str:
        query = urlsplit(self._url).query
        return f"postgresql://{login}:x@/{name}?{query}"

    def clear(self) -> None:
        for name in self.databases:
            self.execute(f'drop database "{name}" with (force)')
        for name in self._made[::-1]:
            self.execute(f'drop role if exists "{name}"')


@pytest.fixture
def logins(server: Server) -> Any:
    made = Logins(server)
    yield made
    made.clear()


async def _values(dsn: str, *statements: str) -> list[Any]:
    async with Database.open(dsn, connections=1) as database:
        return [next(iter(row)) for sql in statements for row in await database.fetch(sql)]


@pytest.mark.slow  # databases of its own
def test_two_databases_of_two_owners_live_on_one_server(logins: Logins) -> None:
    for name in ("first", "Second-2"):
        url = logins.database(name, logins.login(f"owner_{next(_numbers)}", "createrole"))
        asyncio.run(migrate(url))
        assert asyncio.run(_values(url, "select current_user::text", "select count(*) from payouts")) == [
            f"{name}_app",
            0,
        ]


@pytest.mark.slow  # databases of its own
def test_a_login_that_is_only_a_member_serves_what_another_one_migrated(logins: Logins) -> None:
    owner = logins.database("apart", logins.login("apart_owner", "createrole"))
    served = logins.url("apart", logins.login("apart_server", "noinherit"))
    asyncio.run(check_and_migrate(owner, allow_unsafe=True, partitions=0))
    with pytest.raises(RoleUnusable, match="may not act as the role apart_app: run `grant apart_app to apart_server`"):
        asyncio.run(check_and_migrate(served, allow_unsafe=True, partitions=None))
    logins.execute("grant apart_app to apart_server")
    asyncio.run(check_and_migrate(served, allow_unsafe=True, partitions=None))
    assert asyncio.run(_values(served, "select current_user::text", "select count(*) from payouts")) == ["apart_app", 0]
    for sql in ("reset role", "delete from payouts", "update alembic_version set version_num = '0001'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(_as_itself(served, sql, "delete from claims"))


async def _as_itself(dsn: str, *statements: str) -> None:
    connection = await connect(dsn)
    try:
        for sql in statements:
            await connection.execute(sql)
    finally:
        await connection.close()


@pytest.mark.slow  # databases of its own
def test_a_login_that_may_not_make_the_role_is_told_what_to_run(logins: Logins) -> None:
    url = logins.database("plain", logins.login("plain_owner"))
    with pytest.raises(RoleUnusable, match="`create role plain_app nologin`, and `grant plain_app to plain_owner`"):
        asyncio.run(migrate(url))
    logins.execute("create role plain_app nologin; grant plain_app to plain_owner")
    asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))
    assert asyncio.run(_values(url, "select current_user::text")) == ["plain_app"]


@pytest.mark.slow  # databases of its own
def test_a_role_that_somebody_else_made_must_be_given_to_the_login_that_migrates(logins: Logins) -> None:
    url = logins.database("given", logins.login("given_owner"))
    logins.execute("create role given_app nologin")
    with pytest.raises(RoleUnusable, match="may not act as the role given_app: run `grant given_app to given_owner`"):
        asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))
    assert asyncio.run(_tables(url)) == 0, "nothing was made"
    logins.execute("grant given_app to given_owner")
    asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))
    logins.execute("revoke given_app from given_owner")
    with pytest.raises(RoleUnusable, match="run `grant given_app to given_owner`"):
        asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))


async def _tables(dsn: str) -> int:
    connection = await connect(dsn)
    try:
        count: int = await connection.fetchval(
            "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
        )
    finally:
        await connection.close()
    return count


@pytest.mark.slow  # databases of its own
def test_a_database_whose_role_would_have_too_long_a_name_is_refused_before_anything_is_made(logins: Logins) -> None:
    owner = logins.login("long_owner", "createrole")
    with pytest.raises(RoleUnusable, match="at most 59 bytes"):
        asyncio.run(migrate(logins.database("d" * 60, owner)))
    asyncio.run(migrate(logins.database("d" * 59, owner)))


@pytest.mark.slow  # databases of its own
@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_the_role_of_earlier_versions_has_nothing_left_in_a_database_of_another_name(
    logins: Logins, shape: Shape
) -> None:
    url = logins.database("older", logins.login("older_owner", "superuser"))

    async def check() -> Any:
        connection = await connect(url)
        try:
            await first_schema(connection, shape)
            left = "select relname from pg_class where relacl::text like '%outlay_app=%'"
            assert await rows(connection, left)
            await migrate(url)
            assert await rows(connection, left) == []
            assert await rows(connection, "select 1 from pg_namespace where nspacl::text like '%outlay_app=%'") == []
            return set(await rows(connection, GIVEN))
        finally:
            await connection.close()

    assert asyncio.run(check()) == documented()


@pytest.mark.slow  # databases of its own
def test_a_copy_under_another_name_is_refused_until_it_was_migrated(logins: Logins) -> None:
    owner = logins.login("copied_owner", "createrole")
    asyncio.run(migrate(logins.database("copied", owner)))
    logins.execute("create database copy owner copied_owner template copied")
    logins.databases.append("copy")
    url = logins.url("copy", owner)
    with pytest.raises(
        SchemaOutdated, match=r"role copy_app is not there .* copied, renamed or restored: run `outlay m"
    ):
        asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=None))
    asyncio.run(migrate(url))
    asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=None))
    assert asyncio.run(_values(url, "select current_user::text", "select count(*) from payouts")) == ["copy_app", 0]
    logins.execute("drop database copy with (force)")
    logins.databases.remove("copy")
    logins.execute("drop role copy_app")


# What no setting of the server changes


@pytest.mark.slow  # databases of its own
def test_statements_are_read_committed_whatever_a_role_or_a_database_says(logins: Logins) -> None:
    url = logins.database("pinned", logins.login("pinned_owner", "createrole"))
    logins.execute("alter database pinned set default_transaction_isolation = 'serializable'")
    logins.execute("alter role pinned_owner set default_transaction_isolation = 'repeatable read'")
    asyncio.run(migrate(url))

    async def check() -> list[str]:
        plain = await asyncpg.connect(url)
        pinned = await connect(url)
        async with Database.open(url) as database, database.transaction() as connection:
            levels = [await each.fetchval("show transaction_isolation") for each in (plain, pinned, connection)]
        await plain.close()
        await pinned.close()
        return levels

    assert asyncio.run(check()) == ["repeatable read", "read committed", "read committed"]
