"""One real PostgreSQL for a test session, and databases on it in both shapes that Outlay can have.

The shapes: everything in one lane on plain tables, and a lane per account on tables that are hash-partitioned by
account. A database is made once per shape and emptied before each test: a copy would take ten times as long.

The traps: the server belongs to the main thread (see outlay.postgres.embedded), and its folder cannot be pytest's own,
which is too deep for a socket and closed to the user whom root drops to.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from outlay.postgres import open_database
from outlay.store.gather import LaneRule
from outlay.store.migrate import migrate

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1_000_000_000
# Nothing here outlives the test session, so nothing needs to reach a disk.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "150"}

EMPTY_ALL = """
do $$ declare t regclass; begin
    for t in select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace
        and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'alembic_version'
    loop execute format('delete from %s', t); end loop;
end $$
"""


class Shape(msgspec.Struct, frozen=True):
    name: str
    lanes: LaneRule
    partitions: int


PLAIN = Shape("plain", "one", 0)
PARTITIONED = Shape("partitioned", "account", 4)
SHAPES = (PLAIN, PARTITIONED)


class Server:
    """Makes databases. `url` is that of the server's first database, as its superuser."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: dict[Shape, str] = {}
        self._names = 0

    def of_shape(self, shape: Shape) -> str:
        """The database of this shape that all tests share, emptied."""
        if shape not in self._made:
            self._made[shape] = self.new_database()
            asyncio.run(migrate(self._made[shape], partitions=shape.partitions))
        asyncio.run(_execute(self._made[shape], EMPTY_ALL))
        return self._made[shape]

    def new_database(self) -> str:
        """A database of one's own, without any schema."""
        self._names += 1
        name = f"test_{self._names}"
        asyncio.run(_execute(self._url, f"create database {name}"))
        return self._url.replace("/outlay?", f"/{name}?")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@contextmanager
def running_server() -> Iterator[Server]:
    plenty = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    folder = Path(tempfile.mkdtemp(prefix="outlay-test-", dir=MEMORY if plenty else None)).resolve()
    folder.chmod(0o755)
    try:
        with open_database(None, folder / "data", own="required", extra_settings=QUICK) as database:
            yield Server(database.endpoint.url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def rows(connection: Any, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(sql, *arguments)]
