"""Noticing that the database has lost time, and beginning a new epoch.

What a database is (its server and itself, the timeline of its log) and how new it is (how many transactions it has
ended, and how far its log is, both as they are on disk: on one timeline no crash takes those back) is remembered in
three places: in the database itself, as it was when the epoch began; by each process; and in the data folder, for the
next one. Every new connection is compared with all of them before it is used. What differs, or is older than what was
remembered, begins a new epoch, in which nothing that is older is sent before it was asked about (core/recovery.py). A
false alarm costs only questions.

The traps: what is remembered must have been remembered before the database was asked, or two answers that overtake each
other look like a step back. A transaction that saved nothing that is logged (a nonce) ends before its end is on disk,
and a crash takes it back; so a count is remembered only when the log is on disk as far as it went when it was counted.
And of several processes that notice at once only one begins an epoch: the others find that it has begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec

from outlay.core.epoch import EpochRow
from outlay.running.log import get_log
from outlay.store.database import Connection, Database
from outlay.store.revision import OLDEST_WRITER, OURS, too_old

_LOCK_KEY: Final = 0x0071A2
_NO_HURRY: Final = "set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)"
"""In a transaction that waits for whoever it must, however long that takes."""
"""Advisory lock: an epoch is begun by one at a time."""
LIST_TIMEOUT_S: Final = 3_600.0
"""Who is older is found by reading all payouts."""
_UNREADABLE: Final = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedFunctionError,
    asyncpg.FeatureNotSupportedError,
)

_log = get_log("outlay.epochs")


class Seen(msgspec.Struct, frozen=True):
    """What was seen of a database at one moment. `position`: how far its log is on disk. `transactions`: how many have
    ended; of what is remembered, how many of them certainly on disk. `folder`: of which file the cluster in the data
    folder is, where there is one."""

    epoch: int
    system: str | None
    timeline: str | None
    position: int | None
    transactions: int | None = None
    folder: str | None = None


class Watch:
    """What this process remembers. `remembered`: what the one before it did; `folder`: see Seen, as it is now."""

    def __init__(self, remembered: Seen | None = None, folder: str | None = None) -> None:
        self._remembered = remembered
        self._folder = folder
        self._can_read_all = True
        self._counted: tuple[Seen, int] | None = None
        """A count that is to be remembered, and how far the log must be on disk for it."""
        self.open_epoch: int | None = None
        """One that was noticed, and that nobody has closed yet."""
        self.revision: str | None = None
        """Of the schema, as it was seen last."""
        self.too_old: str | None = None
        """Why this process must not write any more."""

    @property
    def remembered(self) -> Seen | None:
        return self._remembered

    async def look(self, connection: Connection) -> None:
        """Compare, and begin a new epoch where something was lost: when this returns, all that is saved over this
        connection goes by it."""
        before = self._remembered
        row = await self._read(connection)
        now = Seen(
            row["epoch"] or 1, row["system"], row["timeline"], row["position"], row["transactions"], self._folder
        )
        why = _why(before, now, row["known_system"], row["known_timeline"])
        if why is not None or row["epoch"] is None or row["known_system"] is None:
            now = msgspec.structs.replace(now, epoch=await _begin_or_note(connection, before, now, why))
            row = await self._read(connection)
        self.open_epoch = row["epoch"] if row["is_open"] else None
        oldest_writer = row["oldest_writer"] or 0
        self.revision = row["revision"]
        self.too_old = too_old(oldest_writer) if oldest_writer > OURS else None
        if why is not None:  # it counts from here on, whatever was seen before
            self._counted = None
            self._remembered = msgspec.structs.replace(now, transactions=None)
        else:
            self._remember(msgspec.structs.replace(now, transactions=self._on_disk(now, row["log_end"])))

    async def _read(self, connection: Connection) -> Any:
        if self._can_read_all:
            try:
                return await connection.fetchrow(_LOOK)
            except _UNREADABLE as error:
                self._can_read_all = False
                _log.warning("a restored database cannot be noticed by its log", error=str(error))
        return await connection.fetchrow(_LOOK_LITTLE)

    def _on_disk(self, now: Seen, log_end: int | None) -> int | None:
        """Of the transactions that were counted last, or now, how many are on disk; None where that is not known."""
        if now.position is None or now.transactions is None or log_end is None:
            return None
        counted = self._counted
        if now.position >= log_end:
            self._counted = None
            return now.transactions
        if counted is None or not _is_same(counted[0], now):
            self._counted = now, log_end
        elif now.position >= counted[1]:
            self._counted = now, log_end
            return min(counted[0].transactions or 0, now.transactions)  # less by now: a crash took them back
        return None

    def _remember(self, now: Seen) -> None:
        """The newest: a slower look must not take back what a later one saw."""
        known = self._remembered
        if known is None or now.epoch > known.epoch:
            self._remembered = now
        elif _is_same(known, now):
            self._remembered = msgspec.structs.replace(
                now,
                position=max(now.position or 0, known.position or 0) or None,
                transactions=max(now.transactions or 0, known.transactions or 0) or None,
            )


def _is_same(one: Seen, other: Seen) -> bool:
    """Whether both are of one life of one database."""
    return (one.epoch, one.system, one.timeline) == (other.epoch, other.system, other.timeline)


def _why(before: Seen | None, now: Seen, known_system: str | None, known_timeline: str | None) -> str | None:
    """Why this database has lost time; None where nothing says so."""
    if _differ(known_system, now.system):
        return f"this is another server or database ({now.system}) than when the epoch began ({known_system})"
    if _differ(known_timeline, now.timeline):
        return f"the database is on timeline {now.timeline}, and was on {known_timeline} when the epoch began"
    if before is None:
        return None
    if now.epoch < before.epoch:
        return f"the database is of epoch {now.epoch}, and epoch {before.epoch} was seen before"
    if now.epoch > before.epoch:  # somebody has noticed it before us
        return None
    if _differ(before.folder, now.folder):
        return "the data folder is a copy: its cluster is not the one that was seen before"
    if _differ(before.system, now.system) or _differ(before.timeline, now.timeline):
        return f"another database or timeline ({now.system}, {now.timeline}) was seen before"
    if now.transactions is not None and before.transactions is not None and now.transactions < before.transactions:
        return f"the database has ended {now.transactions} transactions, and {before.transactions} were on disk before"
    if now.position is not None and before.position is not None and now.position < before.position:
        return f"the database's log ends at {now.position}, and {before.position} was seen before"
    return None


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


async def _begin_or_note(connection: Connection, before: Seen | None, now: Seen, why: str | None) -> int:
    """Begin a new epoch, unless somebody was faster, or nothing was ever there that could be lost: then it is only
    noted what the database is. Returns the epoch that counts."""
    async with connection.transaction():
        await connection.execute(f"select {_NO_HURRY}, pg_advisory_xact_lock($1)", _LOCK_KEY)
        last = await connection.fetchrow(_LAST)
        epoch = last["epoch"] or 1
        if epoch > now.epoch:
            return int(epoch)
        if why is None or not last["has_accounts"]:
            await connection.execute(_NOTE, epoch, now.system, now.timeline)
            return int(epoch)
        epoch = max(epoch, before.epoch if before is not None else 1) + 1
        await _begin(connection, epoch, why, now.system, now.timeline)
    _log.warning("the database has lost time: what is older is asked about before it is sent", epoch=epoch, why=why)
    return int(epoch)


async def _begin(connection: Connection, epoch: int, why: str, system: str | None, timeline: str | None) -> None:
    """One that was noticed."""
    await connection.execute(_BEGIN, epoch, why, True, "", system, timeline, "")
    await _tell_accounts(connection, epoch)


async def _tell_accounts(connection: Connection, epoch: int) -> None:
    """In the order in which the clerk locks them."""
    await connection.execute("select 1 from accounts order by account_id for no key update")
    await connection.execute(_TELL_ACCOUNTS, epoch)


async def begin_epoch(database: Database, *, why: str, by: str, now_ms: int) -> tuple[int, int]:
    """Because a person says so. Returns the epoch, and how many payouts will be asked about."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute(f"select {_NO_HURRY}, pg_advisory_xact_lock($1)", _LOCK_KEY)
        last = await connection.fetchrow(_LAST)
        epoch = (last["epoch"] or 1) + 1
        await connection.execute(_BEGIN, epoch, why, False, by, last["system_identifier"], last["timeline"], why)
        await _tell_accounts(connection, epoch)
        await connection.execute(_CLOSE_BEFORE, epoch, by, why)
    # By itself: reading all payouts may take its time, and nobody can order while the accounts are locked.
    return epoch, await list_older(database, now_ms)


async def list_older(database: Database, now_ms: int) -> int:
    """Put what is older than the epoch on the workers' list, where that was not done yet. Returns how many payouts
    those are."""
    row = await database.fetchrow("select max(epoch) as epoch from epochs where listed_ms is null and epoch > 1")
    if row is None or row["epoch"] is None:
        return 0
    async with database.connection() as connection, connection.transaction():
        await connection.execute(f"select {_NO_HURRY}")
        listed = await connection.execute(_LIST, now_ms, timeout=LIST_TIMEOUT_S)
        await connection.execute(_LISTED, row["epoch"])
    return int(listed.split()[-1])


async def read_epochs(database: Database, *, closed_too: bool) -> Sequence[EpochRow]:
    """Those that were noticed or announced, the oldest first."""
    rows = await database.fetch(_LIST_EPOCHS, closed_too)
    return [EpochRow(*row) for row in rows]


async def mark_closed(database: Database, epoch: int, by: str, note: str) -> bool:
    """False where there is no such epoch, or it is closed."""
    return await database.execute(_CLOSE, epoch, by, note) == "UPDATE 1"


_NOW_MS: Final = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint"
_DATABASE: Final = "(select oid from pg_catalog.pg_database where datname = current_database())::text"
_KNOWN: Final = f"""
e.epoch, e.system_identifier as known_system, e.timeline as known_timeline,
coalesce(e.is_noticed and e.closed_ms is null, false) as is_open, {OLDEST_WRITER} as oldest_writer,
(select version_num from alembic_version) as revision
from (select 1) one left join lateral (select * from epochs order by epoch desc limit 1) e on true
"""  # noqa: S608 (constants)
_LOOK: Final = f"""
select pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_flush_lsn()), 8) as timeline,
    (pg_catalog.pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as position,
    (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as log_end,
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint as transactions,
    (pg_catalog.pg_control_system()).system_identifier::text || '/' || {_DATABASE} as system, {_KNOWN}
"""
_LOOK_LITTLE: Final = f"""
select null::text as timeline, null::bigint as position, null::bigint as log_end, null::bigint as transactions,
    '?/' || {_DATABASE} as system, {_KNOWN}
"""
_LAST: Final = """
select e.epoch, e.system_identifier, e.timeline, exists (select from accounts) as has_accounts
from (select 1) one left join lateral (select * from epochs order by epoch desc limit 1) e on true
"""
_NOTE: Final = f"""
insert into epochs (epoch, began_ms, why, is_noticed, system_identifier, timeline, listed_ms)
values ($1, {_NOW_MS}, 'the first', false, $2, $3, {_NOW_MS})
on conflict (epoch) do update set system_identifier = excluded.system_identifier, timeline = excluded.timeline
"""  # noqa: S608 (constants)
_BEGIN: Final = f"""
insert into epochs (epoch, began_ms, why, is_noticed, said_by, system_identifier, timeline, closed_ms, closed_by, note)
values ($1, {_NOW_MS}, $2, $3, $4, $5, $6, case when $4 <> '' then {_NOW_MS} end, $4, $7)
"""  # noqa: S608 (constants)
_TELL_ACCOUNTS: Final = """
update accounts set epoch = e.epoch, epoch_ms = e.began_ms from epochs e where e.epoch = $1
"""
_LIST: Final = """
insert into work (account_id, payout_id, due_ms, noted_ms, rail, kind)
select p.account_id, p.payout_id, $1, $1, p.rail, 'ask' from payouts p join accounts a on a.account_id = p.account_id
where p.epoch < a.epoch and p.state in ('in_review', 'reserved', 'processing')
order by p.account_id, p.payout_id
on conflict (account_id, payout_id) do update
    set due_ms = least(work.due_ms, excluded.due_ms), noted_ms = excluded.noted_ms, kind = excluded.kind
"""
_LISTED: Final = f"update epochs set listed_ms = {_NOW_MS} where listed_ms is null and epoch <= $1"  # noqa: S608 (a constant)
_LIST_EPOCHS: Final = """
select epoch, began_ms, why, is_noticed, said_by, closed_ms, closed_by, note from epochs
where epoch > 1 and ($1 or closed_ms is null) order by epoch
"""
_CLOSE_BEFORE: Final = f"""
update epochs set closed_ms = {_NOW_MS}, closed_by = $2, note = $3 where epoch > 1 and epoch < $1 and closed_ms is null
"""  # noqa: S608 (constants)
_CLOSE: Final = f"""
update epochs set closed_ms = {_NOW_MS}, closed_by = $2, note = $3 where epoch = $1 and epoch > 1 and closed_ms is null
"""  # noqa: S608 (constants)
