"""The clerk and a database in trouble: whose command it is told of, and what is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest

from outlay.core.payout import Payout
from outlay.service.runtime import Runtime
from outlay.store.database import Database, Unavailable
from outlay.store.sqlstates import Why
from outlay.store.write import clerk as clerk_module
from outlay.store.write.clerk import Clerk
from tests.support.world import World, at_once, order, order_ask

pytestmark = pytest.mark.slow  # cut connections

PATIENCE_S = 1.0


@asynccontextmanager
async def impatient(world: World) -> AsyncIterator[Runtime]:
    """A process of its own whose callers wait no longer than PATIENCE_S."""
    async with Database.open(world.dsn, connections=1, patience_s=PATIENCE_S) as database:
        clerk = Clerk(database, world.runtime.next_id, world.shape.lanes)
        yield msgspec.structs.replace(world.runtime, database=database, clerk=clerk)


def told(answers: Sequence[Any]) -> list[bool]:
    """Of each whether it may have happened."""
    assert all(isinstance(answer, Unavailable) for answer in answers), answers
    return [answer.may_have_happened for answer in answers]


async def test_what_cannot_be_read_is_alone_with_it(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [await plain_world.account(fund=100) for _ in range(3)]
    lock = clerk_module.lock_accounts

    async def damaged(routed: Any, account_ids: Sequence[UUID], *others: Any) -> Any:
        if accounts[1] in account_ids:
            await routed.database.execute("do $$ begin raise exception using errcode = 'XX001'; end $$")
        return await lock(routed, account_ids, *others)

    monkeypatch.setattr(clerk_module, "lock_accounts", damaged)
    answers = await at_once(*(order(plain_world.runtime, account, order_ask(10, "r")) for account in accounts))
    assert [type(answer) for answer in answers] == [Payout, Unavailable, Payout]
    assert (answers[1].why, answers[1].may_have_happened) == (Why.DAMAGED, False)


async def test_a_conflict_that_does_not_end_is_unavailable_and_nothing_was_done(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await plain_world.account(fund=100)
    tries = 0

    async def gives_way(routed: Any, *_accounts: Any) -> Any:
        nonlocal tries
        tries += 1
        await routed.database.execute("do $$ begin raise exception using errcode = '40P01'; end $$")

    with monkeypatch.context() as patch:
        patch.setattr(clerk_module, "lock_accounts", gives_way)
        answers = await at_once(order(plain_world.runtime, account_id, order_ask(10, "r")))
    assert told(answers) == [False]
    assert (answers[0].why, tries) == (Why.CONFLICT, 2)


async def test_while_the_database_is_away_who_waits_has_certainly_not_been_served(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await plain_world.account(fund=1000)
    batches = 0
    commit = Clerk._commit

    async def counted(self: Clerk, *arguments: Any) -> Any:
        nonlocal batches
        batches += 1
        return await commit(self, *arguments)

    monkeypatch.setattr(Clerk, "_commit", counted)
    async with impatient(plain_world) as process:
        await plain_world.admin.execute("alter role outlay nologin")
        try:
            await plain_world.cut_all_connections()
            met = await at_once(order(process, account_id, order_ask(1, "met")))
            waiting = await at_once(*(order(process, account_id, order_ask(1, f"r{n}")) for n in range(20)))
        finally:
            await plain_world.admin.execute("alter role outlay login")
        assert told(met + waiting) == [False] * 21
        assert batches == 1, "none was begun before it answered again"
        again = await at_once(*(order(process, account_id, order_ask(1, f"r{n}")) for n in range(20)))
        assert {type(answer) for answer in again} == {Payout}
        assert batches == 2


async def test_who_waits_while_the_database_is_back_in_time_notices_nothing(plain_world: World) -> None:
    account_id = await plain_world.account(fund=1000)
    async with impatient(plain_world) as process:
        await plain_world.admin.execute("alter role outlay nologin")
        try:
            await plain_world.cut_all_connections()
            await at_once(order(process, account_id, order_ask(1, "met")))
            waiting = asyncio.create_task(order(process, account_id, order_ask(1, "waits")))
            await asyncio.sleep(PATIENCE_S / 10)
        finally:
            await plain_world.admin.execute("alter role outlay login")
        assert isinstance(await waiting, Payout)
