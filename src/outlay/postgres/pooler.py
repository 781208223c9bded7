"""Refuses a server whose sessions are shared: a pooler that gives each transaction, or each statement, another one.

What a connection was told (the role, the isolation) would be told to somebody else's next statement, and ours would run
as the owner of the tables, without any error. PgBouncer does so in its transaction and statement modes.

Leaves to others: connecting, and what is said when that fails (connect).
The trap: such a pooler may hand out the same session many times, so seeing it once more proves nothing. While another
connection of ours holds one in a transaction, it has to choose.
"""

from typing import Any, TypeAlias

import asyncpg

from outlay.postgres.endpoint import Endpoint
from outlay.postgres.errors import SessionsShared

TIMEOUT_S = 15.0
Connection: TypeAlias = "asyncpg.Connection[Any]"
_TIMES = 7
_SESSION = "select pg_backend_pid()"
# What the driver is told where its statement was prepared in another session, or a transaction is not allowed at all.
_TORN = (
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
    asyncpg.ProtocolViolationError,
    asyncpg.ConnectionDoesNotExistError,
)


async def require_own_sessions(endpoint: Endpoint) -> None:
    """Raises SessionsShared; whatever else goes wrong is the driver's error."""
    ours = await asyncpg.connect(endpoint.url, timeout=TIMEOUT_S, command_timeout=TIMEOUT_S)
    try:
        other = await asyncpg.connect(endpoint.url, timeout=TIMEOUT_S, command_timeout=TIMEOUT_S)
        try:
            is_own = await _keeps_its_session(ours, other)
        finally:
            other.terminate()
    finally:
        ours.terminate()
    if not is_own:
        raise SessionsShared(
            f"The {endpoint.label} is behind a pooler that shares sessions between transactions. Set its pool_mode to "
            "session (PgBouncer), for this database or login, or connect to the server directly."
        )


async def _keeps_its_session(ours: Connection, other: Connection) -> bool:
    try:
        mine = {await ours.fetchval(_SESSION)}
        async with other.transaction():
            await other.fetchval(_SESSION)
            mine.add(await ours.fetchval(_SESSION))
        for _ in range(_TIMES):  # one that takes turns comes round to another
            mine.add(await ours.fetchval(_SESSION))
    except _TORN:
        return False
    return len(mine) == 1
