"""The replay on real tables: true books give no difference, one planted change in any column does, and it needs no
state and no balance to tell them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from outlay.core.attempt import RailTerms
from outlay.core.events import Approve, BeginAttempt, Cancel, Reject
from outlay.core.proof import ReplayResult
from outlay.core.seals import SealKey
from outlay.service.operator.ledger import look_at_seals, verify_seals
from outlay.service.operator.replay_ledger import replay_ledger, replay_snapshot
from outlay.store.database import Database, Unavailable
from outlay.store.read.proof import CHECKS, book_totals
from outlay.store.read.recorded import Snapshot, snapshot
from tests.store.every_book import all_books
from tests.support.situations import moved
from tests.support.world import SEAL_KEY, World

TABLES = ("payouts", "attempts", "cases", "returns", "facts", "postings", "balances", "fundings", "transfers")
TYPES = {
    "bigint": "coalesce({0}, 0) + 100",
    "integer": "coalesce({0}, 0) + 100",
    "text": "coalesce({0}, '') || 'x'",
    "boolean": "not {0}",
    "uuid": "gen_random_uuid()",
    "jsonb": "coalesce({0}, '{{}}') || '{{\"x\": \"y\"}}'",
    "ARRAY": "{0} || '{{7}}'",
    "bytea": "decode(repeat('00', 16), 'hex')",
}
"""A change that is planted in a column of this type."""
OTHERWISE = {
    "attempts.sends": "sends || '[[9, 1, 1, 1, false]]'",
    "attempts.questions": "0",
    "attempts.asked_ms": "1",
    "payouts.beneficiary": 'beneficiary || \'{"party": {"name": "x"}}\'',
    "payouts.remarks": '\'{"description": "x"}\'',
}
TOLD_TO_PEOPLE_ONLY = {
    "fundings.reference": "by which it is known when it is told again",
    "transfers.source_name": "how the account was called then",
    "transfers.target_name": "how the account was called then",
    "transfers.reason": "what somebody wrote",
    "transfers.ordered_by": "who said so",
}
"""Of no payout, and of no money: neither the replay nor a seal nor a check of the books looks at them."""
FIRST = {
    "transfers": "credited_ms is null",  # of one on its way nothing else tells yet to whom it goes
    "facts.at_ms": "number > 1",  # the order's time stands in its payout too; that of an approval only under its seal
}
"""By what the row to change is chosen, false before true."""
COLUMNS = """
select table_name || '.' || column_name as name, table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = any($1) order by 1
"""
FREE = """
do $$ declare each record; begin
    for each in select conrelid::regclass as t, conname from pg_constraint
        where contype = 'c' and connamespace = 'public'::regnamespace
    loop execute format('alter table %s drop constraint %I', each.t, each.conname); end loop;
    for each in select attrelid::regclass as t, attname from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and a.attnotnull
            and not exists (select from pg_index i
                where i.indrelid = c.oid and i.indisprimary and attnum = any(i.indkey))
    loop execute format('alter table %s alter column %I drop not null', each.t, each.attname); end loop;
end $$
"""
FORGOTTEN = (
    "update payouts set rail = null, state = null, review = null, rail_reference = null, receipt_url = null,"
    " failure_reason = null, failure_text = null, completed_ms = null, returned_minor = null, attempt_count = null,"
    " fact_count = null, case_count = null, pending = null",
    "update attempts set rail = null, reference = null, state = null, begun_ms = null, unknown_since_ms = null,"
    " sends = null, rail_references = null, not_found_ms = null, asked_ms = null, questions = null, refusals = null,"
    " is_contested = null",
    "update balances set minor = null",
    "delete from postings",
    "delete from cases",
    "delete from returns",
)


async def every_book(world: World) -> None:
    await all_books(world)
    account_id = await world.account(fund=1_000, needs_review=True)
    for event in (Approve("Bob"), Reject("Bob", "odd"), Cancel("Ana"), None):
        payout = await world.order(account_id, 50)
        if event is not None:
            await moved(world, payout, event)


@asynccontextmanager
async def undone(world: World) -> AsyncIterator[Any]:
    """The superuser's connection, in a transaction that is rolled back."""
    transaction = world.admin.transaction()
    await transaction.start()
    try:
        yield world.admin
    finally:
        await transaction.rollback()


async def replayed(admin: Any) -> ReplayResult:
    return await replay_snapshot(Snapshot(admin), lambda _done: None)


async def found_by(admin: Any) -> str:
    """The first that finds anything wrong."""
    if (await replayed(admin)).difference_count:
        return "replay"
    seals = await look_at_seals(Snapshot(admin), SEAL_KEY, lambda _name: None)
    if any(result.faults for result in seals.results):
        return "seals"
    for check in CHECKS:
        if await admin.fetch(f"{check.sql} limit 1"):
            return check.name
    return ""


async def test_true_books_are_replayed_without_a_difference_and_nothing_is_untold(world: World) -> None:
    await every_book(world)
    result = await replay_ledger(world.runtime, lambda _done: None)
    assert result.differences == ()
    assert result.untold == {}
    assert {table: await world.count(table) for table in result.rows} == result.rows
    totals = {(each.currency, each.book): each.minor for each in result.totals}
    assert totals == {(each.currency, each.book): each.minor for each in await book_totals(world.runtime.database)}
    states = await world.admin.fetch("select state, count(*) from payouts group by 1")
    assert result.states == dict(states)
    seals = await verify_seals(world.runtime, lambda _name: None)
    assert [each.faults for each in seals.results] == [(), ()]
    whole = {"instructions": await world.count("payouts"), "seals": await world.count("facts")}
    assert (seals.whole, seals.older) == (whole, {"instructions": 0, "seals": 0})


async def test_what_is_older_than_the_key_is_counted_and_what_lost_its_seal_is_a_fault(plain_world: World) -> None:
    await every_book(plain_world)
    async with undone(plain_world) as admin:
        await admin.execute("update facts set seal = null, data = data - 'digest'")
        later = SealKey(b"\x5a" * 32, 10**15)
        seals = await look_at_seals(Snapshot(admin), later, lambda _name: None)
        assert all(not each.faults for each in seals.results)
        assert seals.older == {
            "instructions": await plain_world.count("payouts"),
            "seals": await plain_world.count("facts"),
        }
        seals = await look_at_seals(Snapshot(admin), SEAL_KEY, lambda _name: None)
        assert all(each.faults[0]["seal"] == "missing" for each in seals.results)


async def test_states_and_balances_are_told_where_none_are_stored(plain_world: World) -> None:
    await every_book(plain_world)
    async with undone(plain_world) as admin:
        whole = await replayed(admin)
    async with undone(plain_world) as admin:
        await admin.execute(FREE)
        for statement in FORGOTTEN:
            await admin.execute(statement)
        alone = await replayed(admin)
    assert (alone.states, alone.totals) == (whole.states, whole.totals)
    assert alone.rows["payouts"] == whole.rows["payouts"]
    assert alone.rows["balances"] == whole.rows["balances"]
    assert alone.difference_count > alone.rows["payouts"] * 5


@pytest.mark.slow  # a search
async def test_one_change_in_any_column_is_found(plain_world: World) -> None:
    await every_book(plain_world)
    by: dict[str, str] = {}
    async with undone(plain_world) as admin:
        await admin.execute(FREE)
        await admin.execute("drop index attempts_one_live; drop index attempts_one_paid")
        for row in await admin.fetch(COLUMNS, list(TABLES)):
            async with undone(plain_world):
                await plant(admin, row["name"], row["data_type"])
                by[row["name"]] = await found_by(admin)
    assert {name for name, finder in by.items() if not finder} == set(TOLD_TO_PEOPLE_ONLY)
    assert {name.partition(".")[0] for name, finder in by.items() if finder == "replay"} == set(TABLES)
    by_seals = {name for name, finder in by.items() if finder == "seals"}
    instructed = {"batch_id", "beneficiary", "remarks", "notify_url", "dialect", "key_id", "expires_ms"}
    instructed |= {"fee_fixed_minor", "fee_rate_ppm"}
    assert by_seals == {f"payouts.{column}" for column in instructed} | {"facts.seal", "facts.data"}


async def plant(admin: Any, name: str, kind: str) -> None:
    table, _, column = name.partition(".")
    value = OTHERWISE.get(name) or TYPES[kind].format(column)
    first = FIRST.get(name) or FIRST.get(table) or f"{column} is null"
    changed = await admin.execute(
        f"update {table} set {column} = {value} where ctid = (select ctid from {table}"
        f" order by {first}, {column} desc, ctid desc limit 1)"
    )
    assert changed == "UPDATE 1", name


@pytest.mark.slow  # a search
async def test_one_row_that_is_gone_or_too_much_is_found(plain_world: World) -> None:
    world = plain_world
    await every_book(world)
    for table in TABLES:
        for statement in (
            f"delete from {table} where ctid = (select max(ctid) from {table})",
            f"create temp table t on commit drop as select * from {table} limit 1; update t set account_id ="
            f" gen_random_uuid(); insert into {table} select * from t",
        ):
            async with undone(world) as admin:
                await admin.execute(FREE)
                await admin.execute(statement)
                assert (await replayed(admin)).difference_count, statement


@pytest.mark.slow  # waits for a second
async def test_a_proof_of_large_books_has_longer_than_others_have_patience(plain_world: World) -> None:
    hasty = Database(plain_world.runtime.database._pool, patience_s=0.2)
    for given in (hasty.connection(10), hasty.still(10)):
        async with given as connection:
            await connection.fetchval("select pg_sleep(0.5)", timeout=10)
    with pytest.raises(Unavailable, match="no answer within"):
        async with hasty.connection() as connection:
            await connection.fetchval("select pg_sleep(0.5)", timeout=10)


async def test_a_snapshot_sees_one_moment_and_writes_nothing(plain_world: World) -> None:
    account_id = await plain_world.account(fund=100)
    async with snapshot(plain_world.runtime.database) as snap:
        assert await snap.count() == 0
        await plain_world.order(account_id, 10)
        assert await snap.count() == 0
        with pytest.raises(Unavailable, match="25006"):
            async with plain_world.runtime.database.still(5) as connection:
                await connection.execute("delete from nonces")
    assert (await replay_ledger(plain_world.runtime, lambda _done: None)).rows["payouts"] == 1


@pytest.mark.parametrize("odd", ["3", "[]", '["x"]', "[[]]", '{"inquiry": 3}', '{"inquiry": []}', '{"inquiry": {}}'])
async def test_a_column_of_a_form_that_nobody_knows_is_a_difference(plain_world: World, odd: str) -> None:
    plain_world.books_are_wrong_on_purpose = True
    payout = await plain_world.order(await plain_world.account(fund=100), 10)
    await moved(plain_world, payout, BeginAttempt(RailTerms("sandbox"), plain_world.clock()))
    await plain_world.admin.execute("update payouts set pending = $1", odd)
    await plain_world.admin.execute("update attempts set sends = $1", odd)
    result = await replay_ledger(plain_world.runtime, lambda _done: None)
    assert {each.column for each in result.differences} == {"pending", "sends"}
