"""When a command's time is over: it certainly was not carried out, unless its commit was on its way.

The trap: of a transaction that waits for a lock nobody can say whether it would be done in time. So each test looks at
what is stored after the lock was let go.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest

from outlay.core.asks import Repeated
from outlay.core.payout import Payout
from outlay.service.runtime import Runtime
from outlay.store.database import STATEMENT_SHARE, STILL_S, Database, Unavailable
from outlay.store.gather import AskerLeft
from outlay.store.patience import Asker, asked_by, left_s, patience
from outlay.store.sqlstates import Why
from outlay.store.write import clerk as clerk_module
from outlay.store.write.clerk import Clerk
from outlay.store.write.saving import Sheet
from tests.support.world import World, order, order_ask

pytestmark = pytest.mark.slow  # each waits for a time to be over

PATIENCE_S = 2.0
GIVES_WAY = "raise exception using errcode = '40001'"
IDLE_LIMIT = "show idle_in_transaction_session_timeout"
AT_COMMIT = """
create or replace function public.at_commit() returns trigger language plpgsql as
    $$ begin perform pg_sleep({seconds}); return null; end $$;
create constraint trigger at_commit after insert on claims deferrable initially deferred
    for each row execute function public.at_commit()
"""


@asynccontextmanager
async def impatient(world: World, patience_s: float = PATIENCE_S) -> AsyncIterator[Runtime]:
    """A process of its own whose callers wait no longer than that."""
    async with Database.open(world.dsn, connections=1, patience_s=patience_s) as database:
        clerk = Clerk(database, world.runtime.next_id, world.shape.lanes)
        yield msgspec.structs.replace(world.runtime, database=database, clerk=clerk)


@asynccontextmanager
async def locked(world: World, account_id: UUID) -> AsyncIterator[None]:
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        yield


async def is_ordered(world: World, account_id: UUID, reference: str) -> bool:
    asked = "select count(*) from claims where account_id = $1 and reference = $2"
    return bool(await world.admin.fetchval(asked, account_id, reference))


async def not_done(ordering: Any) -> float:
    """It is told so; how long that took."""
    began_s = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await ordering
    assert not caught.value.may_have_happened
    return time.monotonic() - began_s


async def test_a_command_whose_time_ends_while_its_batch_waits_is_told_that_it_was_not_done_and_never_is(
    plain_world: World,
) -> None:
    account_id = await plain_world.account(fund=100)
    async with impatient(plain_world) as process:
        async with locked(plain_world, account_id):
            with patience(PATIENCE_S / 2):  # the others of its batch have more
                first = asyncio.create_task(order(process, account_id, order_ask(1, "hurried")))
            others = [asyncio.create_task(order(process, account_id, order_ask(1, f"r{n}"))) for n in range(3)]
            await plain_world.until_somebody_waits()
            assert await not_done(first) < PATIENCE_S
        assert [type(await other) for other in others] == [Payout] * 3, "they waited for another batch"
        assert not await is_ordered(plain_world, account_id, "hurried")
        assert isinstance(await order(process, account_id, order_ask(1, "hurried")), Payout)


async def test_a_batch_has_time_until_the_first_of_its_deadlines(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await plain_world.account(fund=100)
    left: list[float] = []
    lock = clerk_module.lock_accounts

    async def locked_in_time(*arguments: Any) -> Any:
        left.append(left_s(1000.0))
        return await lock(*arguments)

    monkeypatch.setattr(clerk_module, "lock_accounts", locked_in_time)
    async with impatient(plain_world) as process:
        with patience(PATIENCE_S / 2):
            first = asyncio.create_task(order(process, account_id, order_ask(1, "hurried")))
        await asyncio.gather(first, order(process, account_id, order_ask(1, "other")))
    assert len(left) == 1
    assert PATIENCE_S / 4 < left[0] <= PATIENCE_S / 2


async def test_a_lock_that_is_held_for_longer_than_a_statement_may_take_costs_nobody_their_order(
    plain_world: World,
) -> None:
    account_id = await plain_world.account(fund=100)
    async with impatient(plain_world, 2 * PATIENCE_S) as process:
        async with locked(plain_world, account_id):
            waiting = [asyncio.create_task(order(process, account_id, order_ask(1, f"r{n}"))) for n in range(3)]
            await asyncio.sleep(2 * PATIENCE_S * (STATEMENT_SHARE + 0.05))
        assert [type(await each) for each in waiting] == [Payout] * 3


async def test_a_process_that_stands_still_right_before_its_commit_does_not_commit_what_is_over(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await plain_world.account(fund=100)
    save = Sheet.save

    async def save_and_stand_still(self: Sheet, *arguments: Any) -> None:
        await save(self, *arguments)
        if stands_still:
            time.sleep(PATIENCE_S * 1.1)  # noqa: ASYNC251 (that is the point: no timer fires meanwhile)

    monkeypatch.setattr(Sheet, "save", save_and_stand_still)
    stands_still = True
    async with impatient(plain_world) as process:
        await not_done(order(process, account_id, order_ask(1, "late")))
        stands_still = False
        assert not await is_ordered(plain_world, account_id, "late")
        assert isinstance(await order(process, account_id, order_ask(1, "late")), Payout)


async def test_of_a_command_whose_commit_is_on_its_way_nobody_can_say(plain_world: World) -> None:
    account_id = await plain_world.account(fund=100)
    await plain_world.admin.execute(AT_COMMIT.format(seconds=PATIENCE_S * 0.6))
    try:
        async with impatient(plain_world) as process:
            with patience(PATIENCE_S / 3):
                hurried = asyncio.create_task(order(process, account_id, order_ask(1, "r")))
            with pytest.raises(Unavailable) as caught:
                await hurried
            assert (caught.value.may_have_happened, caught.value.why) == (True, Why.SLOW)
    finally:
        await plain_world.admin.execute("drop trigger at_commit on claims")


async def test_a_command_that_gave_way_at_its_commit_is_certain_again(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database says that nothing remains; then its second try waits until its time is over."""
    account_id = await plain_world.account(fund=100)
    tries = 0
    lock = clerk_module.lock_accounts
    await plain_world.admin.execute(AT_COMMIT.replace("perform pg_sleep({seconds})", GIVES_WAY))

    async def waits_the_second_time(*arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries > 1:
            await asyncio.sleep(PATIENCE_S)
        return await lock(*arguments)

    monkeypatch.setattr(clerk_module, "lock_accounts", waits_the_second_time)
    try:
        async with impatient(plain_world) as process:
            await not_done(order(process, account_id, order_ask(1, "r")))
    finally:
        await plain_world.admin.execute("drop trigger at_commit on claims")
    assert tries == 2
    assert not await is_ordered(plain_world, account_id, "r")


async def test_the_server_ends_a_transaction_that_stands_still_after_two_seconds_and_a_shorter_patience(
    plain_world: World,
) -> None:
    for patience_s, limit in ((5.0, f"{STILL_S:.0f}s"), (1.0, "1s"), (None, "30s")):
        async with Database.open(plain_world.dsn, connections=1, patience_s=patience_s) as database:
            row = await database.fetchrow(IDLE_LIMIT)
        assert row is not None
        assert row[0] == limit


# Whose client hangs up


@contextmanager
def for_a_client() -> Iterator[Asker]:
    who = Asker(asyncio.get_running_loop().time())
    with asked_by(who):
        yield who


async def test_an_order_that_waits_when_its_client_hangs_up_is_dropped_and_its_reference_is_free(
    world: World,
) -> None:
    account_id = await world.account(fund=100)
    async with locked(world, account_id):
        first = asyncio.create_task(order(world.runtime, account_id, order_ask(1, "first")))
        await world.until_somebody_waits()
        with for_a_client() as client:
            second = asyncio.create_task(order(world.runtime, account_id, order_ask(1, "second")))
        await asyncio.sleep(0)
        client.leave()
        with pytest.raises(AskerLeft):
            await second
    assert isinstance(await first, Payout)
    assert not await is_ordered(world, account_id, "second")
    assert isinstance(await order(world.runtime, account_id, order_ask(1, "second")), Payout)


async def test_an_order_whose_batch_has_begun_when_its_client_hangs_up_is_carried_out(world: World) -> None:
    account_id = await world.account(fund=100)
    async with locked(world, account_id):
        with for_a_client() as client:
            ordering = asyncio.create_task(order(world.runtime, account_id, order_ask(1, "r")))
        await world.until_somebody_waits()
        client.leave()
    assert isinstance(await ordering, Payout)
    assert isinstance(await order(world.runtime, account_id, order_ask(1, "r")), Repeated)
