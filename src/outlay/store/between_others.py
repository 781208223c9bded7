"""Changing the schema between the transactions of others: a migration that meets one waits for it only for a moment,
lets everybody through and tries again, some times, and says who was in the way.

Leaves to others: what is changed, and that a try which fails leaves nothing behind (migrate).

The trap: who waits for a table of which they want to change the columns keeps everybody out who comes later, also those
who only read. So one transaction that was left open somewhere would stop all callers for as long as we waited for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg
import msgspec

from outlay.kit.for_people import ForPeople
from outlay.running.log import get_log
from outlay.store.database import connect

LOCK_TIMEOUT_S: Final = 2.0
"""So long callers may stand behind us: less than any of them has patience (`database_seconds`)."""
PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 8.0)
"""Between two tries, in which all who stood behind us are served."""
LOOK_S: Final = 0.1
_GIVES_WAY: Final = frozenset({"55P03", "40P01"})
"""What a try ends with that met somebody: the timeout of its lock, or a deadlock that PostgreSQL has ended by it."""
_HOLDERS: Final = """
select b.pid, a.usename as login, a.application_name as program, coalesce(a.state, 'working') as state,
    coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::int as seconds
from unnest(pg_catalog.pg_blocking_pids($1)) b(pid) left join pg_catalog.pg_stat_activity a on a.pid = b.pid
order by a.xact_start limit 3
"""

_log = get_log("outlay.migrate")


class TablesInUse(ForPeople):
    """The schema was not changed, because others did not let go of its tables."""


class Holder(msgspec.Struct, frozen=True):
    """A session that keeps us from a table. Of pid 0: a transaction that was prepared, and whose session is gone."""

    pid: int
    login: str | None
    program: str | None
    state: str
    seconds: int

    def __str__(self) -> str:
        if self.pid == 0:
            return "a prepared transaction (see pg_prepared_xacts)"
        name = self.program or "without a name"
        return f"process {self.pid} ({name}, login {self.login}, {self.state}, its transaction {self.seconds} s old)"


async def change_between_others(
    dsn: str, looking: asyncpg.Connection[Any], change: Callable[[asyncpg.Connection[Any]], Awaitable[None]]
) -> None:
    """Run `change`, one transaction on a connection that it is given, until it meets nobody; over `looking` it is seen
    who was in the way. Raises TablesInUse after the last try."""
    holders: Sequence[Holder] = ()
    for number, pause_s in enumerate((*PAUSES_S, 0.0), 1):
        met = await _try(dsn, looking, change)
        if met is None:
            return
        holders = met or holders
        _log.warning("the schema cannot be changed just now", attempt=number, in_the_way=_told(holders))
        await asyncio.sleep(pause_s)
    ending = "".join(f"`select pg_terminate_backend({holder.pid})`, " for holder in holders if holder.pid)
    raise TablesInUse(
        f"the schema is unchanged: at each of {len(PAUSES_S) + 1} tries a table of it was in use by {_told(holders)}. "
        f"Let that end{' or end it (' + ending.removesuffix(', ') + ')' if ending else ''}, and try again"
    )


async def _try(
    dsn: str, looking: asyncpg.Connection[Any], change: Callable[[asyncpg.Connection[Any]], Awaitable[None]]
) -> Sequence[Holder] | None:
    """Who was in the way; None where it is done."""
    connection = await connect(dsn)
    await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT_S}s'")
    is_over = asyncio.Event()
    watching = asyncio.create_task(_see_holders(looking, connection.get_server_pid(), is_over))
    try:
        await change(connection)
    except Exception as error:
        if _sqlstate(error) not in _GIVES_WAY:
            raise
        is_over.set()
        return await watching
    finally:
        is_over.set()
        await asyncio.wait({watching})
        connection.terminate()  # to close it in order would mean to wait for what it waits for
    return None


async def _see_holders(looking: asyncpg.Connection[Any], pid: int, is_over: asyncio.Event) -> Sequence[Holder]:
    """Who was in the way of `pid` last. While it waits: afterwards nobody can tell any more."""
    holders: Sequence[Holder] = ()
    while not is_over.is_set():
        found = await looking.fetch(_HOLDERS, pid)
        holders = [Holder(**row) for row in found] or holders
        with suppress(TimeoutError):
            await asyncio.wait_for(is_over.wait(), LOOK_S)
    return holders


def _told(holders: Sequence[Holder]) -> str:
    return "; ".join(map(str, holders)) or "somebody who has gone since"


def _sqlstate(error: BaseException) -> str | None:
    """Of the driver's error, also where SQLAlchemy has wrapped it."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
