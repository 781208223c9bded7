"""Connections to PostgreSQL, and the only place that commits.

Every connection acts as the role `<database>_app`, which cannot change what happened (postings, facts, claims), and is
told what it must not learn from ALTER ROLE or ALTER DATABASE. No session state is kept besides, so connections go back
to the pool without a reset query.

The traps:
* A setting of the start-up packet may be dropped by a pooler on the way, and the role with it. So they are set by a
  statement, which succeeds or fails.
* A connection that dies while COMMIT is on its way leaves the outcome open. That is `Unavailable`, and whoever asked
  must be told "unknown", not "no".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg

APP_ROLE: Final = "current_database() || '_app'"
"""In SQL. Its rights: docs/rights.md."""
CONNECT_TIMEOUT_S: Final = 10.0
STATEMENT_TIMEOUT_S: Final = 30.0

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
Row: TypeAlias = asyncpg.Record

CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection says that was cut off in the middle of a message
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    ConnectionError,
    TimeoutError,
    OSError,
)
REJECTED: Final = asyncpg.PostgresError
"""The database took the statement and said no; nothing of the transaction remains."""
RETRYABLE: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


PINNED: Final = "set_config('default_transaction_isolation', 'read committed', false)"
"""What our statements count on: locks taken one by one, each statement seeing what was committed before it."""
# jit never pays on statements this short
_SETTLE_IN: Final = f"select set_config('role', {APP_ROLE}, false), {PINNED}, set_config('jit', 'off', false)"


class Unavailable(RuntimeError):
    """The database did not answer: what was asked may or may not have happened."""


class Database:
    """A pool of connections. Open with `async with Database.open(dsn)`."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, connections: int = 10, at_once: int = 1) -> AsyncIterator[Database]:
        """At most so many `connections`, of which `at_once` are opened before anybody needs them."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=at_once,
            max_size=connections,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            init=_settle_in,
            reset=_no_reset,
            server_settings={"application_name": "outlay"},
        )
        try:
            yield cls(pool)
        finally:
            pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside a transaction, for one statement at a time. Raises Unavailable."""
        try:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                yield connection
        except REJECTED as error:
            if isinstance(error, CONNECTION_LOST):
                raise Unavailable(str(error)) from error
            raise
        except CONNECTION_LOST as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. Raises Unavailable."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        async with self.connection() as connection:
            rows: Sequence[Row] = await connection.fetch(sql, *arguments)
            return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        async with self.connection() as connection:
            row: Row | None = await connection.fetchrow(sql, *arguments)
            return row

    async def execute(self, sql: str, *arguments: Any) -> str:
        async with self.connection() as connection:
            status: str = await connection.execute(sql, *arguments)
            return status


async def connect(dsn: str) -> asyncpg.Connection[Any]:
    """A connection of one's own, as whoever the `dsn` names, outside of any pool."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    await connection.execute(f"select {PINNED}")
    return connection


async def _settle_in(connection: Connection) -> None:
    await connection.execute(_SETTLE_IN)


async def _no_reset(_connection: Connection) -> None:
    """No session state is set but what stays, so there is none to reset."""
