"""One real PostgreSQL for a test session, and databases on it in both shapes that Outlay can have.

The shapes: everything in one lane on plain tables, and a lane per account on tables that are hash-partitioned by
account. The folder of the server comes with an untouched database of each (tests.support.ready); one is copied for
whoever wants one of their own. All other tests share one per shape, which is emptied before each: a copy would take ten
times as long. For the same reason the connections to it are kept, on one event loop for all tests, those of a test's
first process and those of its others: to make one costs the server more than most tests ask of it.

The traps: the server belongs to the main thread (see outlay.postgres.embedded), and its folder cannot be pytest's own,
which is too deep for a socket and closed to the user whom root drops to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import uvloop

from outlay.postgres import open_database
from outlay.store.database import Database
from outlay.store.gather import LaneRule
from outlay.store.migrate import migrate
from tests.support.folders import short_folder
from tests.support.ready import copy_ready
from tests.support.superuser import superuser_url

# Nothing here outlives the test session, so nothing needs to reach a disk.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "150"}

EMPTY_ALL = """
do $$ declare t regclass; begin
    for t in select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace
        and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'alembic_version'
        order by c.relname  -- a rail's refusals before the rail
    loop execute format('delete from %s', t); end loop;
end $$
"""
FILLED_BY_MIGRATIONS = ("rails", "rail_refusals")
"""In the order in which rows of one can refer to those of another."""


class Shape(msgspec.Struct, frozen=True):
    name: str
    lanes: LaneRule
    partitions: int

    @property
    def untouched(self) -> str:
        """The name of the database of which those of this shape are copies."""
        return f"untouched_{self.name}"


PLAIN = Shape("plain", "one", 0)
PARTITIONED = Shape("partitioned", "account", 4)
SHAPES = (PLAIN, PARTITIONED)


class Kept(msgspec.Struct, frozen=True):
    """A database that all tests of a shape share. `admin` is a superuser's connection, `database` the application's,
    `others` those of its processes after the first. `opened`: whatever is open until nobody uses it any more."""

    dsn: str
    shape: Shape
    admin: Any
    database: Database
    filling: str
    """What fills again what the migrations have filled."""
    opened: AsyncExitStack
    others: list[Database]

    async def empty(self) -> None:
        """But for what the migrations put in."""
        await self.admin.execute(EMPTY_ALL + self.filling)

    async def other(self, number: int) -> Database:
        """Connections that no process of the test has but this one, the first of which is number 0."""
        while len(self.others) <= number:
            self.others.append(await self.opened.enter_async_context(open_pool(self.dsn)))
        return self.others[number]


def open_pool(dsn: str) -> AbstractAsyncContextManager[Database]:
    return Database.open(dsn, connections=4)


async def keep(dsn: str, shape: Shape, opened: AsyncExitStack) -> Kept:
    """A database that holds nothing yet but what the migrations put in."""
    admin = await asyncpg.connect(dsn)
    opened.push_async_callback(admin.close)
    database = await opened.enter_async_context(open_pool(dsn))
    filling = [await _filling(admin, table) for table in FILLED_BY_MIGRATIONS]
    return Kept(dsn, shape, admin, database, "".join(filling), opened, [])


class Server:
    """Makes databases. `url` is that of the server's first database, as its superuser."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.runner = runner
        self._url = url
        self._kept: dict[Shape, Kept] = {}
        self._open = AsyncExitStack()
        self._names = 0

    def of_shape(self, shape: Shape) -> Kept:
        """The database of this shape that all tests share."""
        if shape not in self._kept:
            self._kept[shape] = self.another(shape)
        return self._kept[shape]

    def another(self, shape: Shape) -> Kept:
        """One that only those use to whom it is given."""
        return self.runner.run(self._make(self.new_database(of=shape.untouched), shape))

    async def _make(self, dsn: str, shape: Shape) -> Kept:
        await migrate(dsn)  # what is a copy is refused before: its role is that of another name
        return await keep(dsn, shape, self._open)

    def new_database(self, of: str = "template1") -> str:
        """A database of one's own, without any schema; or a copy of the untouched one of a shape."""
        self._names += 1
        name = f"test_{self._names}"
        self.runner.run(_execute(self._url, f"create database {name} template {of}"))
        return self._database(name)

    async def make_untouched(self, shape: Shape) -> None:
        await _execute(self._url, f"create database {shape.untouched}")
        await migrate(self._database(shape.untouched), partitions=shape.partitions)

    def _database(self, name: str) -> str:
        return self._url.replace("/outlay?", f"/{name}?")

    def close(self) -> None:
        self.runner.run(self._open.aclose())


async def _filling(admin: Any, table: str) -> str:
    """A statement that fills this table once more with what is in it."""
    rows = await admin.fetchval(f"select coalesce(json_agg(t), '[]') from {table} t")
    return f"; insert into {table} select * from json_populate_recordset(null::{table}, '{rows}')"


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@contextmanager
def running_server(settings: Mapping[str, str] = QUICK) -> Iterator[Server]:
    with short_folder() as folder:
        copy_ready("server", _make_ready, folder / "data")
        with _server_on(folder / "data", settings) as server:
            yield server


def _make_ready(data: Path) -> None:
    with _server_on(data, QUICK) as server:
        for shape in SHAPES:
            server.runner.run(server.make_untouched(shape))


@contextmanager
def _server_on(data: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    with (
        open_database(None, data, own="required", extra_settings=settings),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        server = Server(superuser_url(data), runner)
        yield server
        server.close()


async def rows(connection: Any, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(sql, *arguments)]
