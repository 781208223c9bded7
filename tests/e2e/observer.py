"""A look at everything an installation has stored and logged, from beside, so that "changes nothing" can be meant
literally.

The trap: some tables move although nobody asked for anything. They are named here, and only they are left out.
"""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from outlay.dialects import all_dialects
from outlay.postgres import open_database
from tests.e2e.server import Server, pause_s
from tests.support.superuser import superuser_url

# Spent nonces (a bad request may spend one), and the leases of running processes.
RESTLESS = {"nonces", "nodes", "alembic_version"}
TABLES = """
select c.oid::regclass::text from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by 1
"""
COLUMNS = (
    "select attname::text from pg_attribute where attrelid = 'attempts'::regclass and attnum > 0 and not attisdropped"
)
ASKED = {"asked_ms", "questions"}
"""Counts every question to a rail, in `attempts`."""
Stored = dict[str, tuple[int, Decimal]]


class Observer:
    def __init__(self, server: Server, runner: asyncio.Runner, connection: Any) -> None:
        self._server = server
        self._runner = runner
        self._connection = connection
        self._tables = [name for (name,) in self.rows(TABLES) if name not in RESTLESS]
        assert {"accounts", "payouts", "claims", "balances", "postings", "facts"} <= set(self._tables)
        columns = [name for (name,) in self.rows(COLUMNS)]
        assert set(columns) >= ASKED
        self._attempt = ", ".join(name for name in columns if name not in ASKED)

    def rows(self, sql: str) -> list[Any]:
        rows: list[Any] = self._runner.run(self._connection.fetch(sql))
        return rows

    def everything(self, accounts: Collection[str]) -> Stored:
        """Of each table its rows: how many, and the sum of their hashes, which no order can change. Of what is to be
        done next, and of when was asked, only that of `accounts`: the workers go on asking after the payouts of others,
        after minutes and hours."""
        mine = "account_id in ({})".format(", ".join(f"'{account}'" for account in accounts))
        whole = "hash_record_extended(t, 0)"
        but_the_questions = f"case when {mine} then {whole} else hash_record_extended(row({self._attempt}), 0) end"
        looks = [
            f"select '{name}', count(*), coalesce(sum({but_the_questions if name == 'attempts' else whole}), 0)"
            f" from {name} t " + (f"where {mine}" if name == "work" else "")
            for name in self._tables
        ]
        return {name: (count, hashes) for name, count, hashes in self.rows(" union all ".join(looks))}

    def count(self, table: str) -> int:
        [(count,)] = self.rows(f"select count(*) from {table}")
        return int(count)

    def log_size(self) -> int:
        """Bytes of it, when all that was logged until now is written."""
        self._log_since_until_mark(self._server.log.stat().st_size)
        return self._server.log.stat().st_size

    def log_since(self, size: int) -> str:
        """All that was logged since it had this size."""
        return self._log_since_until_mark(size)

    def _log_since_until_mark(self, size: int) -> str:
        """A thread writes the log, in order: what was logged before a refusal of our own stands before it."""
        mark = uuid4().hex
        prefix = next(iter(all_dialects().values())).prefixes[0]
        connection = http.client.HTTPConnection(urlsplit(self._server.base_url).netloc)
        connection.request("GET", f"{prefix}{mark}")
        connection.getresponse().read()
        connection.close()

        def read() -> bytes:
            with self._server.log.open("rb") as file:
                file.seek(size)
                text, found, _ = file.read().partition(mark.encode())
                return text if found else b""

        text: bytes = wait_for(read)
        return text[: text.rfind(b"\n") + 1].decode("utf-8")


@contextmanager
def observing(server: Server) -> Iterator[Observer]:
    with open_database(None, server.data, own="attach-or-own"), asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(superuser_url(server.data)))
        try:
            yield Observer(server, runner, connection)
        finally:
            runner.run(connection.close())


@contextmanager
def out_of_order(rows: Callable[[str], object], *tables: str) -> Iterator[None]:
    """Within, whatever uses one of these tables fails for a reason that is no state of the database: it divides by
    zero. That is a fault of ours. `rows` runs a statement."""
    for table in tables:
        rows(f"alter table {table} rename to mislaid_{table}")
        rows(f"create view {table} as select * from mislaid_{table} where 1 / 0 = 1")
        rows(f"grant all on {table} to outlay_app")
    try:
        yield
    finally:
        for table in tables:
            rows(f"drop view {table}")
            rows(f"alter table mislaid_{table} rename to {table}")


def wait_for(question: Callable[[], Any], patience_s: float = 30.0) -> Any:
    """The first answer that counts as true."""
    began = time.monotonic()
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < began + patience_s, f"not within {patience_s:.0f} s; the last answer was {answer!r}"
        time.sleep(pause_s(began))
