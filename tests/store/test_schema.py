"""The schema: what the database itself refuses, and how it comes to be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from outlay.core.events import BeginAttempt, Heard
from outlay.core.outcome import Paid, Returned
from outlay.core.payout import Payout
from outlay.postgres import UnsafeServer
from outlay.service.engine.move_payout import move_payout
from outlay.store import migrate as migrate_module
from outlay.store.database import Database, Unavailable
from outlay.store.migrate import LATEST, SchemaOutdated, check_and_migrate, current_revision, migrate, require_latest
from tests.store.keys_of_tables import BY_REFERENCE, NOT_BY_ACCOUNT
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape, rows
from tests.support.world import World

NEVER_REWRITTEN = ("postings", "facts", "claims", "fundings", "returns", "batches")

UNIQUE_INDEXES = """
select c.relname, i.indisprimary,
    array(select a.attname::text from unnest(i.indkey::int[]) with ordinality as k(attnum, ord)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum order by k.ord)
from pg_index i join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'public'::regnamespace and not c.relispartition and i.indisunique
"""


async def paid_and_returned(world: World) -> Payout:
    """A payout that has left a row in every table of its story."""
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    for event in (BeginAttempt(), Heard(1, Paid("X1")), Heard(1, Returned("R1", 4))):
        await move_payout(world.runtime, account_id, payout.payout_id, event)
    return payout


async def test_every_key_starts_with_the_account(world: World) -> None:
    found = await rows(world.admin, UNIQUE_INDEXES)
    keys = {table: columns for table, is_primary, columns in found if is_primary}
    tables = await rows(
        world.admin,
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition",
    )
    assert set(keys) == {table for (table,) in tables}, "every table has a primary key"
    assert len(keys) > 10
    assert {table for table, columns in keys.items() if columns[0] != "account_id"} == NOT_BY_ACCOUNT
    assert {table for table, columns in keys.items() if columns[0] == "reference_hash"} == BY_REFERENCE
    lacking = {table for table, _, columns in found if "account_id" not in columns}
    assert lacking == NOT_BY_ACCOUNT, "a unique index without the account cannot be sharded"


async def test_every_table_by_account_is_partitioned_by_it(world: World) -> None:
    parted = await rows(
        world.admin,
        "select relname, pg_get_partkeydef(oid), (select count(*) from pg_inherits where inhparent = c.oid)"
        " from pg_class c where relkind = 'p'",
    )
    if world.shape is PLAIN:
        assert parted == []
        return
    keys = {table for table, _, _ in await rows(world.admin, UNIQUE_INDEXES)}
    assert {table for table, _, _ in parted} == keys - NOT_BY_ACCOUNT
    assert {(definition, parts) for _, definition, parts in parted} == {("HASH (account_id)", 4)}


async def test_storage_options_reach_the_tables_that_hold_the_rows(world: World) -> None:
    found = dict(
        await rows(
            world.admin,
            "select relname, coalesce(array_to_string(reloptions, ','), '') || relpersistence::text"
            " from pg_class where relkind = 'r'",
        )
    )
    suffix = "_0" if world.shape is PARTITIONED else ""
    assert found[f"balances{suffix}"] == "fillfactor=50p"
    assert found[f"nonces{suffix}"] == "u", "nonces are unlogged"
    assert found[f"claims{suffix}"] == "p", "claims are not"


@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
async def test_the_application_cannot_rewrite_what_happened(world: World, verb: str) -> None:
    payout = await paid_and_returned(world)
    suffixes = ["", *(f"_{n}" for n in range(world.shape.partitions))]
    alone = {"installation": "key_check", "installation_keys": "sealed"}
    for table in [*alone, *BY_REFERENCE, *(table + suffix for table in NEVER_REWRITTEN for suffix in suffixes)]:
        column = alone.get(table, "account_id")
        sql = {
            "update": f"update {table} set {column} = {column}",
            "delete": f"delete from {table}",
            "truncate": f"truncate {table}",
        }[verb]
        with pytest.raises(Unavailable, match="42501"):
            await world.runtime.database.execute(sql)
    assert await world.facts(payout) == ["ordered", "attempt_begun", "paid", "returned"]


async def test_the_application_cannot_change_the_schema(world: World) -> None:
    for sql in ("create table mine (n int)", "drop table payouts", "alter table payouts add mine int"):
        with pytest.raises(Unavailable, match="42501"):
            await world.runtime.database.execute(sql)


IMPOSSIBLE = (
    ("update balances set minor = -1 where book = 'available'", "only_mirrors_are_negative"),
    ("update balances set minor = -1 where book = 'held'", "only_mirrors_are_negative"),
    ("update balances set minor = -1 where book like 'clearing:%'", "only_mirrors_are_negative"),
    ("update payouts set state = 'in_review', completed_ms = null, returned_minor = 0", "in_review_is_pending"),
    ("update payouts set review = 'asked'", "payouts_review_check"),
    ("update payouts set returned_minor = amount_minor + 1", "returned_at_most_once"),
    ("update payouts set state = 'processing', completed_ms = null", "only_paid_comes_back"),
    ("update payouts set completed_ms = null", "ended_has_a_time"),
    ("update payouts set failure_reason = 'other'", "failed_has_a_reason"),
    ("update payouts set state = 'failed', returned_minor = 0", "failed_has_a_reason"),
    ("update payouts set amount_minor = 0, returned_minor = 0", "payouts_amount_minor_check"),
    ("update payouts set state = 'sent', returned_minor = 0, completed_ms = null", "payouts_state_check"),
    ("update attempts set state = 'lost'", "attempts_state_check"),
    ("update returns set amount_minor = 0", "returns_amount_minor_check"),
    ("update postings set amount_minor = -1", "postings_amount_minor_check"),
    ("update postings set target = source", "postings_check"),
)


async def test_the_database_refuses_what_cannot_be(world: World) -> None:
    await paid_and_returned(world)
    for sql, broken in IMPOSSIBLE:
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await world.admin.execute(sql)
        assert caught.value.constraint_name == broken, sql


async def test_only_the_funding_book_may_be_negative(world: World) -> None:
    account_id = await world.account(fund=100)
    assert await world.books(account_id) == {"funding": -100, "available": 100}


async def insert_attempt(connection: Any, account_id: UUID, payout_id: int, number: int, state: str) -> None:
    await connection.execute(
        "insert into attempts (account_id, payout_id, number, rail, reference, state, begun_ms)"
        " values ($1, $2, $3, 'sandbox', 'r', $4, 1)",
        account_id,
        payout_id,
        number,
        state,
    )


LIVE = ("begun", "accepted", "unknown")


@pytest.mark.parametrize(("state", "refused"), [*((state, LIVE) for state in LIVE), ("paid", ("paid",))])
async def test_two_live_attempts_and_two_paid_ones_are_refused_by_the_database(
    world: World, state: str, refused: Sequence[str]
) -> None:
    world.books_are_wrong_on_purpose = True  # attempts of no payout
    account_id = await world.account()
    await insert_attempt(world.admin, account_id, 1, 1, state)
    for second in refused:
        with pytest.raises(asyncpg.UniqueViolationError):
            await insert_attempt(world.admin, account_id, 1, 2, second)
    for number, dead in enumerate(("refused", "never_submitted", "paid_unbooked"), 2):
        await insert_attempt(world.admin, account_id, 1, number, dead)
    await insert_attempt(world.admin, account_id, 2, 1, "begun")


async def test_a_second_attempt_may_follow_a_refused_one(world: World) -> None:
    world.books_are_wrong_on_purpose = True  # attempts of no payout
    account_id = await world.account()
    await insert_attempt(world.admin, account_id, 1, 1, "refused")
    await insert_attempt(world.admin, account_id, 1, 2, "begun")
    with pytest.raises(asyncpg.UniqueViolationError):
        await world.admin.execute("update attempts set state = 'accepted' where number = 1")


# How a schema comes to be


def test_the_latest_revision_is_the_newest_migration() -> None:
    migrations = files("outlay.store") / "migrations"
    newest = sorted(file.name for file in migrations.iterdir() if file.name.endswith(".sql"))[-1]
    revisions = sorted(file.name for file in (migrations / "versions").iterdir() if file.name.startswith("r"))
    assert newest.split("_")[0] == LATEST
    assert revisions[-1].removeprefix("r").split("_")[0] == LATEST


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_migrations_again_and_at_once_do_no_harm(server: Server, shape: Shape) -> None:
    url = server.new_database()

    async def several() -> None:
        done = await asyncio.gather(*(migrate(url, partitions=shape.partitions) for _ in range(3)))
        assert done == [LATEST] * 3
        assert await migrate(url, partitions=shape.partitions) == LATEST
        connection = await asyncpg.connect(url)
        try:
            assert await current_revision(connection) == LATEST
            await require_latest(connection)
        finally:
            await connection.close()
        async with Database.open(url) as database:
            assert await database.fetch("select 1 from payouts") == []

    asyncio.run(several())


def test_a_migration_that_fails_leaves_nothing_behind(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.new_database()
    whole = migrate_module.partitioned
    monkeypatch.setattr(migrate_module, "partitioned", lambda sql, parts: whole(sql, parts) + "select 1 / 0;")

    async def fail_then_succeed() -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(url)
        connection = await asyncpg.connect(url)
        try:
            assert await connection.fetchval("select to_regclass('payouts')") is None
            assert await current_revision(connection) is None
            monkeypatch.undo()
            await migrate(url)
            await require_latest(connection)
        finally:
            await connection.close()

    asyncio.run(fail_then_succeed())


async def test_an_outdated_schema_is_refused_with_what_to_do(plain_world: World) -> None:
    async with plain_world.admin.transaction():
        await plain_world.admin.execute("update alembic_version set version_num = '0000'")
        with pytest.raises(SchemaOutdated, match=f"at revision 0000, .* needs {LATEST}: run `outlay migrate`"):
            await require_latest(plain_world.admin)
        await plain_world.admin.execute("update alembic_version set version_num = $1", LATEST)


def test_an_empty_database_is_refused_where_it_may_not_be_migrated(server: Server) -> None:
    url = server.new_database()
    with pytest.raises(SchemaOutdated, match="at revision none"):
        asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=None))
    asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))
    asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=None))


def test_a_server_that_may_forget_is_refused_before_anything_is_migrated(server: Server) -> None:
    url = server.new_database()

    async def refused() -> Any:
        with pytest.raises(UnsafeServer, match="fsync = off"):
            await check_and_migrate(url, allow_unsafe=False, partitions=0)
        connection = await asyncpg.connect(url)
        try:
            return await current_revision(connection)
        finally:
            await connection.close()

    assert asyncio.run(refused()) is None
    found = asyncio.run(check_and_migrate(url, allow_unsafe=True, partitions=0))
    assert "fsync = off" in found


async def test_a_unique_key_without_the_account_cannot_be_made_where_accounts_are_parted(plain_world: World) -> None:
    """The control: the partitioned shape really is what refuses such a key."""
    sql = migrate_module.partitioned("create table bad (\n    account_id uuid, n int unique\n) /*by account*/;", 2)
    with pytest.raises(asyncpg.FeatureNotSupportedError):
        await plain_world.admin.execute(sql)


async def test_rows_of_many_accounts_are_spread_over_the_partitions(world: World) -> None:
    await world.admin.executemany(
        "insert into accounts (account_id, name, country, rail, created_ms) values ($1, 'n', 'BR', 'sandbox', 1)",
        [(uuid4(),) for _ in range(200)],
    )
    spread = await rows(world.admin, "select tableoid::regclass::text, count(*) from accounts group by 1")
    assert len(spread) == max(world.shape.partitions, 1)
