"""From the first schema to the second with rows in it: nothing is lost, what is new says the truth about the old."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from outlay.core.progress import Review, State
from outlay.store import migrate as migrate_module
from outlay.store.ahead import bring_to_present
from outlay.store.database import Database
from outlay.store.migrate import LATEST, migrate
from outlay.store.read.history import list_in_review
from outlay.store.read.proof import CHECKS, run_check
from outlay.store.read.reader import PayoutFound, PayoutQuestion, Reader
from tests.store.older_schemas import DIGEST, IDS, old_database
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape, rows

pytestmark = pytest.mark.slow  # databases of earlier versions


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_old_rows_are_all_there_and_say_how_they_were_reviewed(server: Server, shape: Shape) -> None:
    async def check(dsn: str, account_id: UUID) -> None:
        assert await migrate(dsn, partitions=shape.partitions) == LATEST
        async with Database.open(dsn) as database:
            reader = Reader(database)
            found = {}
            for name, payout_id in IDS.items():
                answer = await reader.payout(PayoutQuestion(account_id, reference=name))
                assert isinstance(answer, PayoutFound)
                assert answer.payout is not None
                assert (answer.payout.payout_id, answer.subject_id) == (payout_id, payout_id)
                assert (answer.operation, answer.digest) == ("create", DIGEST)
                found[name] = (answer.payout.state, answer.payout.review)
            assert found == {
                "waiting": (State.IN_REVIEW, Review.PENDING),
                "approved": (State.RESERVED, Review.APPROVED),
                "rejected": (State.FAILED, Review.REJECTED),
                "expired": (State.EXPIRED, Review.NONE),
                "plain": (State.RESERVED, Review.NONE),
            }
            waiting = await list_in_review(database, None)
            assert [payout.reference for payout in waiting] == ["waiting"]
            assert waiting[0].ordered_by == ""
            faults = {check.name: (await run_check(database, check)).faults for check in CHECKS}
            assert {name: rows for name, rows in faults.items() if rows} == {}

    with old_database(server, shape) as (dsn, account_id):
        asyncio.run(check(dsn, account_id))


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_a_database_keeps_its_shape_whatever_is_asked_of_a_later_migration(server: Server, shape: Shape) -> None:
    async def check(dsn: str) -> None:
        other = PARTITIONED.partitions if shape is PLAIN else 0
        await migrate(dsn, partitions=other)
        connection = await asyncpg.connect(dsn)
        try:
            parted = await rows(
                connection,
                "select relname, (select count(*) from pg_inherits where inhparent = c.oid) from pg_class c"
                " where relnamespace = 'public'::regnamespace and not relispartition and relkind in ('r', 'p')"
                " and relname not in ('alembic_version', 'epochs', 'installation', 'installation_keys', 'nodes',"
                " 'rail_references', 'rail_refusals', 'rails', 'sandbox_clock', 'users')",
            )
        finally:
            await connection.close()
        assert {count for _, count in parted} == {shape.partitions}
        assert {"batches", "transfers", "payouts"} <= {name for name, _ in parted}

    with old_database(server, shape) as (dsn, _):
        asyncio.run(check(dsn))


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_the_migrated_schema_is_that_of_a_new_database(server: Server, shape: Shape) -> None:
    """Columns, rules, indexes and rights."""

    async def image(dsn: str) -> list[Any]:
        connection = await asyncpg.connect(dsn)
        try:
            return [
                sorted(await rows(connection, sql))
                for sql in (
                    "select table_name, column_name, data_type, is_nullable, column_default"
                    " from information_schema.columns where table_schema = 'public'",
                    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
                    " where connamespace = 'public'::regnamespace and conrelid <> 'alembic_version'::regclass",
                    "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'"
                    " and tablename <> 'alembic_version'",
                    "select table_name, privilege_type from information_schema.role_table_grants"
                    " where grantee = current_database() || '_app' and table_schema = 'public'",
                )
            ]
        finally:
            await connection.close()

    async def both(old: str) -> None:
        await migrate(old, partitions=shape.partitions)
        await migrate(new, partitions=shape.partitions)
        assert await image(old) == await image(new)

    new = server.new_database()
    with old_database(server, shape) as (dsn, _):
        asyncio.run(both(dsn))


def test_a_migration_of_old_rows_that_fails_leaves_them_as_they_were(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = migrate_module.partitioned
    monkeypatch.setattr(migrate_module, "partitioned", lambda sql, parts: whole(sql, parts) + "select 1 / 0;")

    async def check(dsn: str, account_id: UUID) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(dsn)
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("select version_num from alembic_version") == "0001"
            assert await connection.fetchval("select count(payout_id) from claims") == len(IDS)
        finally:
            await connection.close()

    with old_database(server, PLAIN) as (dsn, account_id):
        asyncio.run(check(dsn, account_id))


async def noted_from(connection: Any) -> dict[str, int | None]:
    found = await connection.fetch(
        "select p.reference, w.noted_ms from work w join payouts p using (account_id, payout_id)"
    )
    return {row["reference"]: row["noted_ms"] for row in found}


@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_what_was_due_by_a_clock_that_was_wrong_before_the_update_is_known_for_it(server: Server, shape: Shape) -> None:
    """What is on its way was due within a minute; a date that was given says nothing of a clock."""

    async def check(dsn: str, account_id: UUID) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute("insert into work values ($1, $2, 10 ^ 13)", account_id, IDS["waiting"])
            await connection.execute("update work set due_ms = 10 ^ 12 where payout_id = $1", IDS["plain"])
            await connection.execute(
                "insert into bank_orders values ($1, 'r', 5, 1, 'b', 'BRL', 100, 'accepted', null, null, 3000)",
                account_id,
            )
            await connection.execute("insert into bank_messages values ($1, 'r', 1, 9000, '{}')", account_id)
            await migrate(dsn, partitions=shape.partitions)
            assert await noted_from(connection) == {"waiting": None, "approved": 2 - 60_000, "plain": 10**12 - 60_000}
            assert await connection.fetchval("select noted_ms from bank_messages") == 3000
            async with Database.open(dsn) as database:
                assert await bring_to_present(database, 500) == 2
            due = await connection.fetch(
                "select due_ms from work union all select due_ms from bank_messages order by 1"
            )
            assert [row["due_ms"] for row in due] == [2, 6_500, 60_500, 10**13]
        finally:
            await connection.close()

    with old_database(server, shape) as (dsn, account_id):
        asyncio.run(check(dsn, account_id))
