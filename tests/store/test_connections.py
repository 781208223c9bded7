"""A connection in somebody's hands: when it is cut, and what that says about what was asked."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from outlay.postgres import EmbeddedServer
from outlay.store.clock import move_ahead
from outlay.store.database import CONNECT_TIMEOUT_S, Database, Unavailable
from outlay.store.migrate import migrate
from outlay.store.patience import patience
from outlay.store.sqlstates import Why
from tests.support.folders import short_folder
from tests.support.world import World

pytestmark = pytest.mark.slow  # connections that are cut, after seconds

PATIENCE_S = 1.0
LONGER_S = 30
WRITES = "update nodes set until_ms = 2 where node = 1"
ALIVE = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
PID = "select pg_backend_pid() as pid"
SLEEPS = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
AT_COMMIT = """
create or replace function public.at_commit() returns trigger language plpgsql as
    $$ begin perform pg_sleep({seconds}); return null; end $$;
create constraint trigger at_commit after update on nodes deferrable initially deferred
    for each row execute function public.at_commit()
"""


@asynccontextmanager
async def impatient(world: World) -> AsyncIterator[Database]:
    await world.admin.execute("insert into nodes (node, owner, until_ms) values (1, 'me', 1)")
    async with Database.open(world.dsn, connections=1, patience_s=PATIENCE_S) as database:
        yield database


async def told_of(work: asyncio.Future[None] | asyncio.Task[None]) -> Unavailable:
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await work
    assert time.monotonic() - began < LONGER_S / 2
    return caught.value


async def change(database: Database, then: str | None = None) -> None:
    async with database.transaction() as connection:
        await connection.execute(WRITES)
        if then is not None:
            await connection.execute(then)


async def until_it_sleeps(world: World) -> None:
    while not await world.admin.fetchval(SLEEPS):  # noqa: ASYNC110 (nothing tells)
        await asyncio.sleep(0.005)


async def test_before_its_commit_was_sent_nothing_has_happened(plain_world: World) -> None:
    async with impatient(plain_world) as database:
        error = await told_of(asyncio.create_task(change(database, f"select pg_sleep({LONGER_S})")))
        assert (error.may_have_happened, error.why) == (False, Why.SLOW)
        assert await plain_world.admin.fetchval("select until_ms from nodes") == 1


async def test_once_its_commit_was_sent_it_may_have_happened(plain_world: World) -> None:
    await plain_world.admin.execute(AT_COMMIT.format(seconds=3 * PATIENCE_S))
    try:
        async with impatient(plain_world) as database:
            error = await told_of(asyncio.create_task(change(database)))
            assert (error.may_have_happened, error.why) == (True, Why.SLOW)
    finally:
        await plain_world.admin.execute("drop trigger at_commit on nodes")


async def test_a_change_that_gives_a_row_may_have_happened_and_says_so(plain_world: World) -> None:
    at_commit = AT_COMMIT.replace("on nodes", "on sandbox_clock").replace("after update", "after insert or update")
    await plain_world.admin.execute(at_commit.format(seconds=PATIENCE_S / 2))
    try:
        advancing = asyncio.create_task(move_ahead(plain_world.runtime.database, 1))
        await until_it_sleeps(plain_world)
        await plain_world.cut_all_connections()
        with pytest.raises(Unavailable) as caught:
            await advancing
        assert caught.value.may_have_happened
    finally:
        await plain_world.admin.execute("drop trigger at_commit on sandbox_clock")


@pytest.mark.parametrize("at_commit", [False, True], ids=["before", "at its commit"])
async def test_a_connection_that_is_cut_says_the_same(plain_world: World, at_commit: bool) -> None:
    if at_commit:
        await plain_world.admin.execute(AT_COMMIT.format(seconds=PATIENCE_S / 2))
    try:
        async with impatient(plain_world) as database:
            changing = asyncio.create_task(change(database, None if at_commit else "select pg_sleep(0.5)"))
            await until_it_sleeps(plain_world)
            await plain_world.cut_all_connections()
            error = await told_of(changing)
            assert (error.may_have_happened, error.why) == (at_commit, Why.AWAY)
            assert "administrator command" in str(error), "why it began, not how it ended"
            await database.fetch("select 1")
    finally:
        if at_commit:
            await plain_world.admin.execute("drop trigger at_commit on nodes")


async def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_costs_no_connection(
    plain_world: World,
) -> None:
    async with impatient(plain_world) as database:
        [before] = await database.fetch(PID)
        with pytest.raises(Unavailable, match="57014") as caught:
            await database.fetch(f"select pg_sleep({LONGER_S})")
        assert (caught.value.may_have_happened, caught.value.why) == (False, Why.SLOW)
        [after] = await database.fetch(PID)
        assert before == after


async def test_one_that_does_not_obey_loses_its_connection(plain_world: World) -> None:
    async with impatient(plain_world) as database:
        [before] = await database.fetch(PID)
        with pytest.raises(Unavailable, match="no answer within") as caught, patience(PATIENCE_S / 4):
            await database.fetch(f"select pg_sleep({LONGER_S})")
        assert caught.value.why is Why.SLOW
        [after] = await database.fetch(PID)
        assert before != after


async def test_the_wait_for_a_connection_is_of_the_same_patience(plain_world: World) -> None:
    async with impatient(plain_world) as database, database.connection():
        error = await told_of(asyncio.create_task(change(database)))
        assert (error.may_have_happened, error.why) == (False, Why.SLOW)


@pytest.mark.slow  # a server of its own
async def test_a_server_far_away_is_told_to_look_whether_its_client_is_still_there() -> None:
    """No other server listens at this address of the machine: it is made of the test's own number."""
    number = os.getpid()
    address = f"127.{number >> 16 & 127}.{number >> 8 & 255}.{number & 255}"
    with (
        short_folder() as folder,
        EmbeddedServer(folder / "data", extra_settings={"listen_addresses": address}) as server,
    ):
        await migrate(server.endpoint.url)
        far = f"postgresql://outlay:{server.data.password()}@{address}:5432/outlay"
        async with Database.open(far, connections=1) as database:
            shown = [await database.fetch(f"show {name}") for name in ALIVE]
    assert [row[0] for [row] in shown] == ["10", "5", "4", "30000"]


async def test_a_block_that_fails_leaves_nothing_and_tells_its_own_fault(plain_world: World) -> None:
    async with impatient(plain_world) as database:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await change(database, "select 1 / 0")
        assert await plain_world.admin.fetchval("select until_ms from nodes") == 1
        await change(database)
        assert await plain_world.admin.fetchval("select until_ms from nodes") == 2


@pytest.mark.parametrize(("given", "then"), [("off", "on"), ("local", "local"), (None, "off")])
async def test_a_commit_is_on_disk_whatever_a_database_was_told_after_the_start(
    plain_world: World, given: str | None, then: str
) -> None:
    """None: nothing, so what the server was started with, which is `off` here and was allowed."""
    name = await plain_world.admin.fetchval("select quote_ident(current_database())")
    if given is not None:
        await plain_world.admin.execute(f"alter database {name} set synchronous_commit = {given}")
    try:
        async with Database.open(plain_world.dsn, connections=1) as database:
            row = await database.fetchrow("show synchronous_commit")
    finally:
        await plain_world.admin.execute(f"alter database {name} reset synchronous_commit")
    assert row is not None
    assert row["synchronous_commit"] == then


async def test_who_is_cancelled_does_not_wait_for_a_database_that_stands_still(plain_world: World) -> None:
    async with Database.open(plain_world.dsn, connections=1) as database:
        [(pid,)] = await database.fetch(PID)
        changing = asyncio.create_task(change(database, f"select pg_sleep({LONGER_S})"))
        await until_it_sleeps(plain_world)
        os.kill(pid, signal.SIGSTOP)
        try:
            changing.cancel()
            began = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await changing
            assert time.monotonic() - began < CONNECT_TIMEOUT_S / 2
        finally:
            os.kill(pid, signal.SIGCONT)


async def test_one_who_is_cancelled_when_the_connection_has_died_already_is_cancelled_all_the_same(
    plain_world: World,
) -> None:
    async with impatient(plain_world) as database:

        async def outlive_it() -> None:
            async with database.connection():
                await plain_world.cut_all_connections()
                has_died.set()
                await asyncio.Event().wait()

        has_died = asyncio.Event()
        outliving = asyncio.create_task(outlive_it())
        await has_died.wait()
        await asyncio.sleep(PATIENCE_S / 10)  # not waited for: only in time for the driver to hear of it
        outliving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await outliving


async def test_a_cut_between_two_steps_of_the_driver_is_told_as_any_other(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = asyncpg.Connection._get_statement

    async def cut_behind(self: asyncpg.Connection[Any], *arguments: Any, **named: Any) -> Any:
        statement = await prepared(self, *arguments, **named)
        await asyncio.sleep(2 * PATIENCE_S)
        return statement

    async with impatient(plain_world) as database:
        with monkeypatch.context() as driver:
            driver.setattr(asyncpg.Connection, "_get_statement", cut_behind)
            error = await told_of(asyncio.create_task(ask(database)))
        assert (error.may_have_happened, error.why) == (False, Why.SLOW)


async def ask(database: Database) -> None:
    await database.fetch("select 1")


async def test_a_transaction_that_stands_still_lets_its_locks_go_though_the_server_never_hears_that_it_was_cut(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_written, may_go_on = asyncio.Event(), asyncio.Event()

    async def stand_still(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute(WRITES)
            has_written.set()
            await may_go_on.wait()
            await connection.execute(WRITES)

    async with impatient(plain_world) as database:
        with monkeypatch.context() as network:
            network.setattr(asyncpg.Connection, "terminate", lambda _self: None)
            standing = asyncio.create_task(stand_still(database))
            await has_written.wait()
            other = asyncio.create_task(plain_world.admin.execute("update nodes set until_ms = 3"))
            was_free, _ = await asyncio.wait({other}, timeout=LONGER_S / 3)
            may_go_on.set()
            error = await told_of(standing)
        await other
        assert was_free, "while the transaction still seemed to run"
        assert not error.may_have_happened
        assert await plain_world.admin.fetchval("select until_ms from nodes") == 3
