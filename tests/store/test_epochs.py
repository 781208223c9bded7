"""Noticing that a database has lost time: by what it says of itself, by what was remembered of it, once for all."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from msgspec.structs import replace

from outlay.store import epochs
from outlay.store.database import Connection, Database
from outlay.store.epochs import Seen, Watch, begin_epoch, mark_closed, read_epochs
from outlay.store.revision import LATEST
from tests.support.world import World, at_once


async def seen(world: World, remembered: Seen | None = None, folder: str | None = None) -> Seen:
    """What a process that remembered this sees on its first connection."""
    watch = Watch(remembered, folder)
    async with Database.open(world.dsn, connections=1, look=watch.look):
        pass
    assert watch.remembered is not None
    return watch.remembered


async def test_the_first_look_only_notes_what_the_database_is(world: World) -> None:
    await world.account()
    first = await seen(world)
    assert (first.epoch, first.timeline) == (1, "00000001")
    again = await seen(world, first)
    assert again == replace(first, position=again.position, transactions=again.transactions)
    assert await read_epochs(world.runtime.database, closed_too=True) == []


@pytest.mark.parametrize(
    ("remembered", "why"),
    [
        ({"position": 1 << 60}, "the database's log ends at"),
        ({"transactions": 1 << 60}, "transactions, and"),
        ({"timeline": "00000009"}, "another database or timeline"),
        ({"system": "7/7"}, "another database or timeline"),
        ({"folder": "7"}, "the data folder is a copy"),
    ],
)
async def test_what_is_older_or_other_than_was_remembered_has_lost_time(
    world: World, remembered: dict[str, Any], why: str
) -> None:
    account_id = await world.account()
    first = await seen(world, folder="6")
    now = await seen(world, replace(first, **remembered), folder="6")
    (row,) = await read_epochs(world.runtime.database, closed_too=False)
    assert (now.epoch, row.epoch, row.is_noticed) == (2, 2, True)
    assert why in row.why
    told = await world.admin.fetchrow("select epoch, epoch_ms from accounts where account_id = $1", account_id)
    assert tuple(told) == (2, row.began_ms)
    assert (await seen(world, now, folder="6")).epoch == 2


async def test_a_database_of_an_epoch_that_is_past_begins_one_that_nobody_has_seen(world: World) -> None:
    await world.account()
    assert (await seen(world, replace(await seen(world), epoch=5))).epoch == 6


async def test_who_learns_that_others_have_noticed_it_only_takes_note(world: World) -> None:
    await world.account()
    before = replace(await seen(world), position=1 << 60)
    watches = [Watch(before) for _ in range(5)]

    async def connect(watch: Watch) -> None:
        async with Database.open(world.dsn, connections=1, look=watch.look):
            pass

    await at_once(*(connect(watch) for watch in watches))
    assert {watch.remembered.epoch for watch in watches if watch.remembered} == {2}
    assert len(await read_epochs(world.runtime.database, closed_too=True)) == 1


@pytest.mark.parametrize("column", ["system_identifier", "timeline"])
async def test_a_database_that_is_another_than_when_its_epoch_began_has_lost_time(world: World, column: str) -> None:
    await world.account()
    await seen(world)
    await world.admin.execute(f"update epochs set {column} = 'other'")
    assert (await seen(world)).epoch == 2
    assert (await seen(world)).epoch == 2


async def test_who_begins_an_epoch_waits_for_an_account_that_is_held_as_long_as_it_is(world: World) -> None:
    account_id = await world.account()
    async with Database.open(world.dsn, connections=1, patience_s=5.0, lock_s=0.05) as database:
        async with world.admin.transaction():
            await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
            beginning = asyncio.create_task(begin_epoch(database, why="restored", by="ana", now_ms=world.clock()))
            await world.until_somebody_waits()
            await asyncio.sleep(0.3)
        assert await beginning == (2, 0)


async def test_where_there_are_no_accounts_nothing_can_have_been_lost(world: World) -> None:
    first = await seen(world)
    now = await seen(world, replace(first, position=1 << 60, epoch=7))
    assert now.epoch == 1
    assert await read_epochs(world.runtime.database, closed_too=True) == []


async def test_every_new_connection_is_looked_at_before_it_is_used(world: World) -> None:
    await world.account()
    watch = Watch(await seen(world))
    async with Database.open(world.dsn, connections=3, look=watch.look) as database:
        await world.admin.execute("update epochs set timeline = 'other'")
        one = await database.fetchrow("select max(epoch) as epoch from epochs")  # over one that was there before
        assert one is not None
        assert one["epoch"] == 1
        await world.cut_all_connections()
        await asyncio.sleep(0.1)
        async with Database.open(world.dsn, connections=1, look=watch.look) as fresh:
            row = await fresh.fetchrow("select min(epoch) as epoch from accounts")
        assert row is not None
        assert row["epoch"] == 2


async def test_an_answer_that_was_overtaken_is_no_step_back(world: World) -> None:
    await world.account()
    watch = Watch(await seen(world))
    old = watch.remembered
    async with Database.open(world.dsn, connections=1) as database, database.connection() as connection:
        await watch.look(connection)
        newer = watch.remembered
        assert old is not None
        watch._remember(old)
        assert watch.remembered == newer


class Telling:
    """A connection to a database that says of itself what the test says."""

    def __init__(self) -> None:
        self.row = {"known_system": "7/7", "known_timeline": "1", "is_open": False, "oldest_writer": 0, "epoch": 1}
        self.row["revision"] = LATEST
        self.row |= {"system": "7/7", "timeline": "1"}

    async def fetchrow(self, _sql: str) -> dict[str, Any]:
        return self.row

    async def is_seen_by(self, watch: Watch, transactions: int, position: int, log_end: int, epoch: int = 1) -> Any:
        """Returns how many transactions are remembered then."""
        self.row |= {"transactions": transactions, "position": position, "log_end": log_end, "epoch": epoch}
        await watch.look(cast("Connection", self))
        assert watch.remembered is not None
        return watch.remembered.transactions


async def test_a_transaction_is_remembered_only_when_its_end_is_on_disk() -> None:
    """A crash takes back what saved nothing: that is no lost time."""
    watch, database = Watch(), Telling()
    assert await database.is_seen_by(watch, 10, 500, 500) == 10
    assert await database.is_seen_by(watch, 30, 500, 600) == 10, "its log is not on disk yet"
    assert await database.is_seen_by(watch, 40, 599, 700) == 10
    assert await database.is_seen_by(watch, 50, 600, 800) == 30, "what was counted first is sure by now"
    assert await database.is_seen_by(watch, 60, 800, 900) == 50
    assert await database.is_seen_by(watch, 61, 900, 900) == 61
    assert watch.open_epoch is None


async def test_what_a_crash_took_back_is_not_remembered_when_the_log_has_gone_on() -> None:
    watch, database = Watch(), Telling()
    assert await database.is_seen_by(watch, 10, 500, 500) == 10
    assert await database.is_seen_by(watch, 30, 500, 600) == 10
    assert await database.is_seen_by(watch, 20, 700, 800) == 20, "of those 30 some are gone, though the log is longer"
    assert await database.is_seen_by(watch, 21, 800, 800) == 21
    assert await database.is_seen_by(watch, 40, 800, 900) == 21
    assert await database.is_seen_by(watch, 30, 850, 850) == 30
    assert await database.is_seen_by(watch, 31, 900, 950) == 30, "what was counted before is forgotten"


async def test_what_was_counted_of_another_epoch_or_timeline_is_not_remembered_of_this_one() -> None:
    for changed in ({"epoch": 2}, {"timeline": "2", "known_timeline": "2", "epoch": 2}):
        watch, database = Watch(), Telling()
        assert await database.is_seen_by(watch, 10, 500, 500) == 10
        assert await database.is_seen_by(watch, 30, 500, 600) == 10
        database.row |= {name: value for name, value in changed.items() if name != "epoch"}
        assert await database.is_seen_by(watch, 12, 601, 700, epoch=2) is None
        assert await database.is_seen_by(watch, 13, 700, 700, epoch=2) == 13


@pytest.mark.slow  # waits for most of a second
async def test_a_real_database_soon_has_on_disk_what_saved_nothing(world: World) -> None:
    watch = Watch()
    async with Database.open(world.dsn, connections=1) as database, database.connection() as connection:
        await connection.execute("create temporary table nothing (n int)")
        for _ in range(3):
            await connection.execute("insert into nothing values (1)")
            ended = await connection.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            while watch.remembered is None or (watch.remembered.transactions or 0) < ended:
                await watch.look(connection)
                await asyncio.sleep(0.02)


async def test_a_server_that_tells_little_is_watched_by_what_it_tells(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.account()
    monkeypatch.setattr(epochs, "_LOOK", "select pg_catalog.there_is_no_such_function()")
    little = await seen(world)
    assert (little.epoch, little.position, little.timeline) == (1, None, None)
    assert little.system is not None
    assert (await seen(world, replace(little, epoch=2))).epoch == 3


async def test_a_person_who_says_it_begins_an_epoch_and_closes_what_was_noticed(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    await seen(world, replace(await seen(world), position=1 << 60))
    assert await begin_epoch(world.runtime.database, why="restored", by="ana", now_ms=world.clock()) == (3, 1)
    rows = await read_epochs(world.runtime.database, closed_too=True)
    assert [(row.epoch, row.closed_by) for row in rows] == [(2, "ana"), (3, "ana")]
    assert (await world.payout(payout)).epoch == 1
    assert not await mark_closed(world.runtime.database, 2, "bob", "seen")
    young = await world.order(await world.account(fund=100), 10)
    assert young.epoch == 3
