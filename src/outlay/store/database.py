"""Connections to PostgreSQL, and the only place that commits.

Every connection acts as the role `<database>_app`, which cannot change what happened (postings, facts, claims), and is
told what it must not learn from ALTER ROLE or ALTER DATABASE. No session state is kept besides, so connections go back
to the pool without a reset query.

Whatever keeps the database from serving is `Unavailable`, by what its errors' codes say (sqlstates), and so is one that
is silent for longer than whoever asks will wait (patience): its connection is dropped.

The traps:
* A setting of the start-up packet may be dropped by a pooler on the way, and the role with it. So they are set by a
  statement, which succeeds or fails.
* A connection that dies while COMMIT is on its way leaves the outcome open. Whoever asked must be told "unknown", not
  "no"; and before COMMIT was sent "no", not "unknown".
* A server learns of a cut connection by the network. Where that is silent it would keep the transaction, and the locks
  on its accounts, for hours; so it is told beforehand how long a transaction of ours may stand still. The same ends one
  whose process was stopped between two statements, or before its COMMIT left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeAlias

import asyncpg

from outlay.store.known_types import KnowingConnection
from outlay.store.patience import left_s
from outlay.store.sqlstates import Why, state_of

APP_ROLE: Final = "current_database() || '_app'"
"""In SQL. Its rights: docs/rights.md."""
CONNECT_TIMEOUT_S: Final = 10.0
PATIENCE_S: Final = 30.0
"""Of whoever has not said how long they can wait."""
STILL_S: Final = 2.0
"""So long a transaction of those who have may stand still between two statements, also before its COMMIT: the answer to
"when is it certain that an order will not appear any more" counts on it (docs/refusals.md)."""
LOCK_S: Final = 2.0
"""So long a statement waits for one lock, where whoever opens the connections has not said less."""
STATEMENT_SHARE: Final = 0.7
"""Of the patience of those who have: so long the server works on one statement, so that it ends that by itself and the
connection need not be dropped."""

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
Row: TypeAlias = asyncpg.Record
Look: TypeAlias = Callable[[Connection], Awaitable[None]]
"""What is done with every new connection before anybody uses it."""

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


PINNED: Final = "set_config('default_transaction_isolation', 'read committed', false)"
"""What our statements count on: locks taken one by one, each statement seeing what was committed before it."""
# Whether the server keeps what it confirms is checked at the start, and ALTER ROLE or ALTER DATABASE may take it back
# for each connection that is made later. What the server's own configuration says was allowed then, or is on.
_DURABLE: Final = """set_config('synchronous_commit', (
    select case when setting = 'off' and source in ('user', 'database', 'database user') then 'on' else setting end
    from pg_catalog.pg_settings where name = 'synchronous_commit'), false)"""
# A client whose network went silent is found out by the server in about half a minute. On a socket of the same machine
# these mean nothing, and are taken without a word.
_ALIVE: Final = ", ".join(
    f"set_config('{name}', '{value}', false)"
    for name, value in (
        ("tcp_keepalives_idle", "10s"),
        ("tcp_keepalives_interval", "5s"),
        ("tcp_keepalives_count", "4"),
        ("tcp_user_timeout", "30s"),
    )
)
# jit never pays on statements this short
_SETTLE_IN: Final = (
    f"select {_DURABLE}, set_config('role', {APP_ROLE}, false), {PINNED}, set_config('jit', 'off', false), {_ALIVE}"
)


class Unavailable(RuntimeError):
    """The database could not do what was asked. `may_have_happened`: nobody can say whether it has, or will; False:
    certainly not. A question never happens. `why`: see sqlstates."""

    def __init__(self, reason: str, *, why: Why = Why.AWAY, may_have_happened: bool = False) -> None:
        super().__init__(reason)
        self.why = why
        self.may_have_happened = may_have_happened


class _Held:
    """A connection in somebody's hands, until their patience is over: then it is cut, and what they wait for fails."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self.connection = connection
        self.is_cut = False
        self._seconds = seconds
        self._end = asyncio.get_running_loop().call_later(seconds, self.cut)

    def cut(self) -> None:
        self.is_cut = True
        with suppress(asyncpg.InterfaceError):  # it has died meanwhile, and is the pool's again
            self.connection.terminate()

    def let_go(self) -> None:
        self._end.cancel()

    @contextmanager
    def telling(self, *, may_have_happened: bool) -> Iterator[None]:
        """Raises Unavailable for all that the state of the database is to blame for."""
        try:
            yield
        except Exception as error:
            # AttributeError: what the driver says where it was cut between two of its own steps.
            if self.is_cut and isinstance(error, (*CONNECTION_LOST, AttributeError)):
                silent = f"no answer within {self._seconds:.1f} s"
                raise Unavailable(silent, why=Why.SLOW, may_have_happened=may_have_happened) from error
            unavailable = _unavailable(error, may_have_happened=may_have_happened)
            if unavailable is None:
                raise
            raise unavailable from error


def _unavailable(error: Exception, *, may_have_happened: bool) -> Unavailable | None:
    """None where the statement, or what it was given, was wrong."""
    if isinstance(error, REJECTED) and (state := state_of(error.sqlstate)):
        why, words = state
        may_have_happened = may_have_happened and why not in (Why.CONFLICT, Why.HELD)
        # Its first line: the particulars that a server adds below may hold what stood in a row, and this is logged.
        said = str(error).split("\n", 1)[0]
        return Unavailable(f"{words} ({error.sqlstate}: {said})", why=why, may_have_happened=may_have_happened)
    if isinstance(error, CONNECTION_LOST):
        return Unavailable(f"{type(error).__name__}: {error}", may_have_happened=may_have_happened)
    return None


class Database:
    """A pool of connections. Open with `async with Database.open(dsn)`. `patience_s`: how long anybody waits for what
    they ask of it, unless they have less patience of their own."""

    def __init__(self, pool: asyncpg.Pool[Any], patience_s: float = PATIENCE_S, lock_s: float = LOCK_S) -> None:
        self._pool = pool
        self.patience_s = patience_s
        self.lock_s = lock_s

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        dsn: str,
        *,
        connections: int = 10,
        at_once: int = 1,
        patience_s: float | None = None,
        lock_s: float = LOCK_S,
        look: Look | None = None,
        reads_only: bool = False,
    ) -> AsyncIterator[Database]:
        """At most so many `connections`, of which `at_once` are opened before anybody needs them. `lock_s`: how long a
        statement waits for one lock before it gives up. `reads_only`: the server refuses whatever would change
        something."""
        longest_s = patience_s or PATIENCE_S
        limits = {"idle_in_transaction_session_timeout": longest_s, "lock_timeout": lock_s}
        if patience_s is not None:
            limits["idle_in_transaction_session_timeout"] = min(patience_s, STILL_S)
            limits["statement_timeout"] = patience_s * STATEMENT_SHARE
        pool = await asyncpg.create_pool(
            dsn,
            min_size=at_once,
            max_size=connections,
            timeout=min(CONNECT_TIMEOUT_S, longest_s),
            command_timeout=longest_s,
            init=partial(_settle_in, limits=limits, look=look, reads_only=reads_only),
            reset=_no_reset,
            connection_class=KnowingConnection,
            server_settings={"application_name": "outlay"},
        )
        try:
            yield cls(pool, longest_s, lock_s)
        finally:
            pool.terminate()

    @asynccontextmanager
    async def connection(self, seconds: float | None = None) -> AsyncIterator[Connection]:
        """A connection outside a transaction, for questions, one statement at a time; for so long where it takes longer
        than others have patience. Raises Unavailable."""
        async with self._held(seconds) as held:
            with held.telling(may_have_happened=False):
                yield held.connection

    @asynccontextmanager
    async def still(self, seconds: float) -> AsyncIterator[Connection]:
        """A transaction that only reads, and sees one moment, for so long. Raises Unavailable."""
        async with self._held(seconds) as held:
            with held.telling(may_have_happened=False):
                async with held.connection.transaction(isolation="repeatable_read", readonly=True):
                    yield held.connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. Raises Unavailable."""
        async with self._held() as held:
            with held.telling(may_have_happened=False):
                transaction = held.connection.transaction()
                await transaction.start()
                try:
                    yield held.connection
                except Exception:
                    # What went wrong is what is told, also where the connection went with it.
                    with suppress(*CONNECTION_LOST, REJECTED):
                        await transaction.rollback()
                    raise
            with held.telling(may_have_happened=True):
                await transaction.commit()

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        async with self.connection() as connection:
            rows: Sequence[Row] = await connection.fetch(sql, *arguments)
            return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        async with self.connection() as connection:
            row: Row | None = await connection.fetchrow(sql, *arguments)
            return row

    async def execute(self, sql: str, *arguments: Any) -> str:
        """One statement that changes something, and commits by itself."""
        async with self._held() as held:
            with held.telling(may_have_happened=True):
                status: str = await held.connection.execute(sql, *arguments)
                return status

    async def change(self, sql: str, *arguments: Any) -> Row | None:
        """As `execute`, where the statement gives a row."""
        async with self._held() as held:
            with held.telling(may_have_happened=True):
                row: Row | None = await held.connection.fetchrow(sql, *arguments)
                return row

    @asynccontextmanager
    async def _held(self, longest_s: float | None = None) -> AsyncIterator[_Held]:
        seconds = left_s(longest_s or self.patience_s)
        began_s = asyncio.get_running_loop().time()
        connection = await self._acquire(min(seconds, CONNECT_TIMEOUT_S))
        waited_s = asyncio.get_running_loop().time() - began_s
        held = _Held(connection, max(0.0, seconds - waited_s))
        try:
            yield held
        except asyncio.CancelledError:
            held.cut()  # to end it in order would mean to wait for the database
            raise
        finally:
            held.let_go()
            with suppress(*CONNECTION_LOST):
                await self._pool.release(connection)

    async def _acquire(self, seconds: float) -> Any:
        """Whatever keeps us from a connection, nothing was asked yet."""
        try:
            return await self._pool.acquire(timeout=seconds)
        except TimeoutError as error:
            raise Unavailable(f"no connection within {seconds:.1f} s", why=Why.SLOW) from error
        except (REJECTED, *CONNECTION_LOST) as error:
            unavailable = _unavailable(error, may_have_happened=False)
            raise unavailable or Unavailable(f"no connection: {type(error).__name__}: {error}") from error


async def connect(dsn: str) -> asyncpg.Connection[Any]:
    """A connection of one's own, as whoever the `dsn` names, outside of any pool."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    await connection.execute(f"select {PINNED}")
    return connection


async def _settle_in(connection: Connection, limits: Mapping[str, float], look: Look | None, reads_only: bool) -> None:
    """`limits`: seconds, by the names of PostgreSQL's settings."""
    told = [f", set_config('{name}', '{seconds * 1000:.0f}', false)" for name, seconds in limits.items()]
    if reads_only:
        told.append(", set_config('default_transaction_read_only', 'on', false)")
    await connection.execute(_SETTLE_IN + "".join(told))
    if look is not None:
        await look(connection)


async def _no_reset(_connection: Connection) -> None:
    """No session state is set but what stays, so there is none to reset."""
