"""Brings a database to the newest schema: plain SQL files, run by alembic, in one transaction.

With `partitions` > 0 every table marked `/*by account*/` is made PARTITION BY HASH (account_id): the shape that a
sharded installation has. A database keeps the shape that its first migration gave it.

The trap: SQLAlchemy prepares statements one by one, so a file with many statements goes to the driver itself, on the
connection (and inside the transaction) that alembic holds.

What a migration may do to tables that callers use at the same time: see ARCHITECTURE ("The store"). It is tried between
the transactions of others (between_others).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any, Final

import asyncpg

from outlay.kit.for_people import ForPeople
from outlay.postgres.connect import check_durability
from outlay.postgres.errors import RoleUnusable
from outlay.store.between_others import change_between_others
from outlay.store.database import APP_ROLE, connect
from outlay.store.revision import LATEST, OLDEST_WRITER, OURS, is_newer, needs_migration

_MARKER: Final = "/*by account*/"
_TABLE: Final = re.compile(
    r"create (/\*unlogged\*/ )?table (\w+) \(((?:(?!\n\)).)*)\n\) /\*by account\*/([^;]*);", re.DOTALL
)
"""Never across the end of a table: one that is not marked may stand before one that is."""
_PARTITIONS: Final = "select count(*) from pg_inherits where inhparent = 'accounts'::regclass"
_LOCK_KEY: Final = 0x0071A1
"""Advisory lock: two migrations never run at once."""
_ROLE: Final = f"""
select {APP_ROLE} as name, quote_ident({APP_ROLE}) as quoted, octet_length({APP_ROLE}) as bytes,
    quote_ident(mine.rolname) as login, mine.rolsuper or mine.rolcreaterole as can_make,
    has_schema_privilege('public', 'create') as may_change, role.oid is not null as is_there,
    coalesce(pg_has_role(role.oid, 'member'), false) as is_ours,
    to_regclass('alembic_version') is not null as has_schema,
    coalesce(has_table_privilege(role.oid, to_regclass('alembic_version'), 'select'), false) as is_ready
from pg_roles mine left join pg_roles role on role.rolname = {APP_ROLE} where mine.rolname = current_user
"""  # noqa: S608 (a constant)
_LONGEST_NAME: Final = 63
"""Bytes of a name in PostgreSQL, which cuts what is longer."""


class SchemaOutdated(ForPeople):
    """The database is not at the revision that this code needs."""


class SchemaTooNew(SchemaOutdated):
    """The newer version must be started."""


async def current_revision(connection: asyncpg.Connection[Any]) -> str | None:
    """The schema's revision, None for an empty database."""
    if not await connection.fetchval("select to_regclass('alembic_version') is not null"):
        return None
    found: str | None = await connection.fetchval("select version_num from alembic_version")
    return found


async def require_latest(connection: asyncpg.Connection[Any]) -> None:
    """Raises SchemaOutdated with what to do. A newer schema is as good, where it still takes our writes."""
    found = await current_revision(connection)
    if not await _is_newer(connection, found) and found != LATEST:
        raise SchemaOutdated(needs_migration(found))


async def _is_newer(connection: asyncpg.Connection[Any], found: str | None) -> bool:
    """Raises SchemaTooNew where it is so new that this code must not write any more."""
    if not is_newer(found):
        return False
    oldest_writer: int | None = await connection.fetchval(f"select {OLDEST_WRITER}")
    if oldest_writer is None or oldest_writer > OURS:
        raise SchemaTooNew(
            f"the database schema is at revision {found}, made by a newer version of Outlay; this one knows {LATEST}: "
            "start the newer version (a schema never goes back)"
        )
    return True


async def _require_migrator(connection: asyncpg.Connection[Any]) -> None:
    """Raises RoleUnusable where this login may not change the schema, or the role is not there and it could not make
    that, or nobody could."""
    role = await connection.fetchrow(_ROLE)
    if not role["may_change"]:
        raise RoleUnusable(
            f"the login {role['login']} may not change the schema: migrate with the one that owns the tables "
            "(docs/rights.md)"
        )
    if role["bytes"] > _LONGEST_NAME:
        raise RoleUnusable(
            f"the name of the database is too long: the role {role['name']} would be cut. Choose a name of at most "
            f"{_LONGEST_NAME - len('_app')} bytes (`alter database … rename to …`)"
        )
    if not role["is_there"] and not role["can_make"]:
        raise RoleUnusable(
            f"the role {role['name']} is not there and this login may not make it. As a login that may, run "
            f"`create role {role['quoted']} nologin`, and `grant {role['quoted']} to {role['login']}` (docs/rights.md)"
        )


async def _require_membership(connection: asyncpg.Connection[Any]) -> None:
    """Before the schema is changed for a login that could not use it then, because somebody else made the role. Raises
    RoleUnusable."""
    role = await connection.fetchrow(_ROLE)
    if role["may_change"] and role["is_there"] and not role["is_ours"]:
        raise _not_ours(role)


def _not_ours(role: asyncpg.Record) -> RoleUnusable:
    return RoleUnusable(
        f"this login may not act as the role {role['name']}: run `grant {role['quoted']} to {role['login']}` "
        "(docs/rights.md)"
    )


async def _act_as_role(connection: asyncpg.Connection[Any]) -> None:
    """As every connection of the pool will. Where there is no schema, there is no role. Raises RoleUnusable where this
    login may not, SchemaOutdated where nobody can."""
    role = await connection.fetchrow(_ROLE)
    if role["has_schema"] and not role["is_ready"]:
        raise SchemaOutdated(
            f"the role {role['name']} is not there or has no rights, as in a database of an earlier version, or one "
            "that was copied, renamed or restored: run `outlay migrate`"
        )
    if role["is_ready"] and not role["is_ours"]:
        raise _not_ours(role)
    if role["is_ready"]:
        await connection.execute(f"select set_config('role', {APP_ROLE}, false)")


async def migrate(dsn: str, *, partitions: int = 0) -> str:
    """Bring the database at `dsn` to LATEST, with its role, and return that. Does nothing where all is there. Raises
    SchemaOutdated where it is ahead of this code, RoleUnusable where the login may not make the server's role,
    TablesInUse where others did not let go of its tables."""
    connection = await connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK_KEY)
        found = await current_revision(connection)
        if await _is_newer(connection, found):
            return LATEST
        if found is not None:
            partitions = await connection.fetchval(_PARTITIONS)
        if found != LATEST or not (await connection.fetchrow(_ROLE))["is_ready"]:
            await _require_migrator(connection)
            await change_between_others(dsn, connection, partial(_run_alembic, partitions))
    finally:
        await connection.close()
    return LATEST


async def check_and_migrate(
    dsn: str, *, allow_unsafe: bool, partitions: int | None, migrator: str | None = None
) -> tuple[str, ...]:
    """Look at the database before it is used. `partitions` None: do not migrate, only require the newest schema.
    `migrator`: the login to migrate with, where it is another one.
    Returns what was found unsafe and allowed. Raises UnsafeServer, SchemaOutdated, RoleUnusable, TablesInUse."""
    connection = await connect(dsn)
    try:
        unsafe = await check_durability(connection, allow_unsafe)
        if partitions is None:
            await _check_schema(connection)
        else:
            await _require_membership(connection)
    finally:
        await connection.close()
    if partitions is not None:
        await migrate(migrator or dsn, partitions=partitions)
    return unsafe


async def check_schema(dsn: str) -> None:
    """For a process of a server that has looked at all else itself. Raises SchemaOutdated, RoleUnusable."""
    connection = await connect(dsn)
    try:
        await _check_schema(connection)
    finally:
        await connection.close()


async def _check_schema(connection: asyncpg.Connection[Any]) -> None:
    await _act_as_role(connection)
    await require_latest(connection)


async def _run_alembic(partitions: int, connection: asyncpg.Connection[Any]) -> None:
    """All that is missing, in one transaction: where it fails, nothing of it remains."""
    # Imported here: they are large, and most starts find a database that needs nothing.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    async def given() -> asyncpg.Connection[Any]:
        return connection

    engine = create_async_engine("postgresql+asyncpg://", async_creator=given, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(files("outlay.store") / "migrations"))

    def upgrade(sync_connection: Any) -> None:
        config.attributes["connection"] = sync_connection
        config.attributes["partitions"] = partitions
        command.upgrade(config, "head")
        _run(sync_connection, (files("outlay.store") / "rights.sql").read_text("utf-8"))

    async with engine.begin() as begun:
        await begun.run_sync(upgrade)
    await engine.dispose()


def run_sql_file(name: str, attributes: Mapping[str, Any]) -> None:
    """Run one file of `migrations/` on alembic's connection; called by a revision."""
    sql = (files("outlay.store") / "migrations" / name).read_text("utf-8")
    _run(attributes["connection"], partitioned(sql, attributes["partitions"]))


def _run(sync_connection: Any, sql: str) -> None:
    from sqlalchemy.util import await_only  # noqa: PLC0415

    await_only(sync_connection.connection.driver_connection.execute(sql))


def partitioned(sql: str, partitions: int) -> str:
    """The statements of a migration, with its marked tables in `partitions` hash partitions; 0 leaves them whole."""
    if partitions == 0:
        return sql.replace("/*unlogged*/", "unlogged").replace(_MARKER, "")
    return _TABLE.sub(lambda match: _partitioned_table(match, partitions), sql)


def _partitioned_table(match: re.Match[str], partitions: int) -> str:
    unlogged, name, columns, options = match.groups()
    whole = f"create table {name} ({columns}\n) partition by hash (account_id);"
    kind = "unlogged table" if unlogged else "table"
    parts = [
        f"create {kind} {name}_{part} partition of {name} "
        f"for values with (modulus {partitions}, remainder {part}){options};"
        for part in range(partitions)
    ]
    return "\n".join([whole, *parts])
