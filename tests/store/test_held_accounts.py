"""An account whose row somebody holds from outside: whoever needs it waits, and nobody else does.

The connections are those of a server: as many, as patient. What is measured is bounded generously: a wait for a lock
would take as long as somebody has patience.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from outlay.core.events import Cancel
from outlay.core.payout import Payout
from outlay.process.run import HOT_CONNECTIONS, open_runtime
from outlay.process.settings import Settings
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.runtime import Runtime
from outlay.store.database import Database, Unavailable
from outlay.store.patience import patience
from outlay.store.read.reader import PayoutFound, PayoutQuestion, Reader
from outlay.store.sqlstates import Why
from outlay.store.write import clerk as clerk_module
from outlay.store.write import held as held_module
from outlay.store.write.clerk import Clerk
from outlay.store.write.held import HELD_FOR_S, HELD_PLACES, HOT_LOCK_S
from tests.support.world import World, at_once, order, order_ask

PATIENCE_S = 5.0
SOON_S = PATIENCE_S / 4
MANY = 12
HOLD = "select 1 from accounts where account_id = any($1::uuid[]) for update"


@asynccontextmanager
async def server_on(world: World) -> AsyncIterator[Runtime]:
    """What one server's callers are served with."""
    async with Database.open(
        world.dsn, connections=HOT_CONNECTIONS, patience_s=PATIENCE_S, lock_s=HOT_LOCK_S
    ) as database:
        clerk = Clerk(database, world.runtime.next_id, world.shape.lanes)
        reader = Reader(database, world.shape.lanes)
        yield msgspec.structs.replace(world.runtime, database=database, clerk=clerk, reader=reader)


@asynccontextmanager
async def held(world: World, *account_ids: UUID) -> AsyncIterator[None]:
    async with world.admin.transaction():
        await world.admin.execute(HOLD, account_ids)
        yield


async def accounts_in(world: World, many: int) -> list[UUID]:
    return [await world.account(fund=1_000) for _ in range(many)]


async def ordered_in(process: Runtime, account_id: UUID, reference: str) -> float:
    """It is ordered; how long that took."""
    began_s = time.monotonic()
    answer = await order(process, account_id, order_ask(1, reference))
    assert isinstance(answer, Payout), answer
    return time.monotonic() - began_s


def orders(process: Runtime, account_ids: Sequence[UUID], reference: str) -> list[asyncio.Task[float]]:
    return [asyncio.create_task(ordered_in(process, each, reference)) for each in account_ids]


async def test_orders_of_other_accounts_go_on_while_somebody_holds_one_account(world: World) -> None:
    stuck, *others = await accounts_in(world, 6)
    async with server_on(world) as process:
        async with held(world, stuck):
            waiting = orders(process, [stuck], "stuck")
            took_s = await asyncio.gather(*orders(process, others, "first"))
            for number in range(5):
                waiting += orders(process, [stuck], f"stuck {number}")
                took_s += await asyncio.gather(*orders(process, others, f"{number}"))
            assert max(took_s) < SOON_S
            assert not any(each.done() for each in waiting)
        await asyncio.gather(*waiting)


async def test_a_process_that_serves_is_opened_so(plain_world: World, tmp_path: Path) -> None:
    stuck, other = await accounts_in(plain_world, 2)
    async with open_runtime(Settings.read(data=tmp_path), plain_world.dsn) as process:
        async with held(plain_world, stuck):
            waiting = orders(process, [stuck, other], "r")
            assert await waiting[1] < SOON_S
        await waiting[0]


@pytest.mark.slow  # waits for most of a second
async def test_an_order_of_a_held_account_goes_through_soon_after_the_account_is_let_go(world: World) -> None:
    stuck, other = await accounts_in(world, 2)
    async with server_on(world) as process:
        async with held(world, stuck):
            waiting = orders(process, [stuck, other], "r")
            await waiting[1]
            await asyncio.sleep(5 * HOT_LOCK_S)
        began_s = time.monotonic()
        await waiting[0]
        assert time.monotonic() - began_s < SOON_S


@pytest.mark.slow  # waits for seconds
async def test_an_order_of_an_account_that_stays_held_was_not_done_and_never_is(world: World) -> None:
    stuck, other = await accounts_in(world, 2)
    async with server_on(world) as process:
        async with held(world, stuck):
            with patience(2.0):
                waiting = orders(process, [stuck, other], "r")
            began_s = time.monotonic()
            with pytest.raises(Unavailable) as told:
                await waiting[0]
            assert time.monotonic() - began_s < 2.0 + SOON_S
            assert (told.value.why, told.value.may_have_happened) == (Why.SLOW, False)
            await waiting[1]
        await asyncio.sleep(3 * HOT_LOCK_S)
        assert await world.count("payouts") == 1
        await ordered_in(process, stuck, "r")


@pytest.mark.slow  # waits for most of a second
async def test_many_held_accounts_use_up_neither_the_connections_nor_the_time_of_others(world: World) -> None:
    free, *stuck = await accounts_in(world, 1 + MANY)
    async with server_on(world) as process:
        async with held(world, *stuck):
            counting = asyncio.create_task(_most_at_a_lock(world))
            waiting = orders(process, stuck, "r")
            took_s = [await ordered_in(process, free, f"{number}") for number in range(10)]
            took_s += [await _asked_in(process, free)]
            assert max(took_s) < SOON_S
            assert 0 < await counting <= HELD_PLACES + 1, "and the batch in which they were found held"
        await asyncio.gather(*waiting)


async def _asked_in(process: Runtime, account_id: UUID) -> float:
    began_s = time.monotonic()
    assert isinstance(await process.reader.payout(PayoutQuestion(account_id)), PayoutFound)
    return time.monotonic() - began_s


async def _most_at_a_lock(world: World) -> int:
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'outlay'"
        " and datname = current_database()"
    )
    most = 0
    for _ in range(50):
        await world.admin.execute("select pg_stat_clear_snapshot()")
        most = max(most, await world.admin.fetchval(waiting))
        await asyncio.sleep(HOT_LOCK_S / 10)
    return most


async def test_two_servers_on_one_busy_account_take_turns_and_neither_is_told_no(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [busy] = await accounts_in(world, 1)
    tries = 0
    commit = Clerk._commit

    async def counted(self: Clerk, *arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        return await commit(self, *arguments)

    async def keep_ordering(process: Runtime, name: str) -> None:
        for number in range(40):
            await ordered_in(process, busy, f"{name} {number}")

    monkeypatch.setattr(Clerk, "_commit", counted)
    async with server_on(world) as first, server_on(world) as second:
        processes = {"first": first, "second": second}
        await asyncio.gather(
            *(keep_ordering(process, f"{name} {n}") for name, process in processes.items() for n in (1, 2))
        )
    assert await world.count("payouts") == 160
    assert tries <= 3 * 160, "each order was committed, or found the account held once, and then waited for it"


@pytest.mark.slow  # waits for seconds
async def test_no_batch_waits_for_an_account_that_was_held_lately(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = await accounts_in(plain_world, 2)
    both = sorted([stuck, other])
    locked: list[tuple[Sequence[UUID], Sequence[UUID]]] = []
    """Per try: which accounts were waited for, and which were taken where they are free."""
    lock = clerk_module.lock_accounts

    async def watched(connection: Any, waited_for: Sequence[UUID], if_free: Sequence[UUID] = ()) -> Any:
        locked.append((waited_for, if_free))
        return await lock(connection, waited_for, if_free)

    monkeypatch.setattr(clerk_module, "lock_accounts", watched)
    async with server_on(plain_world) as process:
        async with held(plain_world, stuck):
            answers = await at_once(*impatiently(process, both, "found held"))
            assert locked[0] == (both, [])
            assert [type(answer) for answer in answers].count(Unavailable) == 1
            locked.clear()
            answers = await at_once(*impatiently(process, both, "held lately"))
            assert locked[0] == ([other], [stuck])
            assert [type(answer) for answer in answers].count(Unavailable) == 1
            await plain_world.until_nobody_waits()  # of those before, who go on to their end though nobody asks
            waiting = impatiently(process, [stuck], "waits", PATIENCE_S)
            await plain_world.until_somebody_waits()
            locked.clear()
            waiting += impatiently(process, [stuck], "waits with it")
            await at_once(*waiting)
            assert set(map(repr, locked)) == {repr(([stuck], ()))}, "no others have to do with it"
        locked.clear()
        await asyncio.gather(*orders(process, both, "free again"))
        assert locked == [([other], [stuck])], "it is taken in the commit of the others"
        monkeypatch.setattr(held_module, "_now_s", lambda: asyncio.get_running_loop().time() + HELD_FOR_S)
        locked.clear()
        await asyncio.gather(*orders(process, both, "long ago"))
        assert locked == [(both, [])]


@pytest.mark.virtual_time
async def test_an_account_is_remembered_for_the_longest_that_was_said_and_then_forgotten() -> None:
    lately, one, other = held_module.HeldLately(), uuid4(), uuid4()
    lately.note([one, other], 10.0)
    lately.note([one], 1.0)
    await asyncio.sleep(9.0)
    assert one in lately
    assert other in lately
    await asyncio.sleep(1.0)
    assert one not in lately
    lately.note([])
    assert lately._until_s == {}


def impatiently(
    process: Runtime, account_ids: Sequence[UUID], reference: str, seconds: float = 1.5
) -> list[asyncio.Task[float]]:
    with patience(seconds):
        return orders(process, account_ids, reference)


@pytest.mark.slow  # waits for seconds
@pytest.mark.parametrize("table", ["accounts", "payouts", "nonces"])
async def test_a_table_that_is_changed_for_a_moment_is_waited_for(plain_world: World, table: str) -> None:
    [account_id] = await accounts_in(plain_world, 1)
    payout = await plain_world.order(account_id, 1)
    guard = await plain_world.credential(account_id)
    nonced = msgspec.structs.replace(guard, nonce="n", nonce_until_ms=plain_world.clock() + 1_000)
    async with server_on(plain_world) as process:
        async with plain_world.admin.transaction():
            await plain_world.admin.execute(f"lock table {table} in access exclusive mode")
            question = PayoutQuestion(account_id, nonced, payout_id=payout.payout_id)
            asking = asyncio.create_task(process.reader.payout(question))
            ordering = orders(process, [account_id], "r")
            await asyncio.sleep(5 * HOT_LOCK_S)
        found = await asking
        assert isinstance(found, PayoutFound)
        assert found.payout == payout
        await asyncio.gather(*ordering)


async def test_a_row_of_the_workers_list_that_somebody_holds_is_waited_for(plain_world: World) -> None:
    [account_id] = await accounts_in(plain_world, 1)
    payout = await plain_world.order(account_id, 1)
    async with server_on(plain_world) as process:
        async with plain_world.admin.transaction():
            await plain_world.admin.execute("select 1 from work for update")
            moving = asyncio.create_task(move_payout(process, account_id, payout.payout_id, Cancel("ana")))
            await asyncio.sleep(3 * HOT_LOCK_S)
        assert isinstance(await moving, Moved)


async def test_a_row_of_the_workers_list_that_somebody_holds_keeps_no_other_account_waiting(world: World) -> None:
    stuck, *others = await accounts_in(world, 4)
    payouts = [await world.order(stuck, 1) for _ in range(3)]
    async with server_on(world) as process:
        async with world.admin.transaction():
            await world.admin.execute("select 1 from work for update")
            moving = [
                asyncio.create_task(move_payout(process, stuck, payout.payout_id, Cancel("ana"))) for payout in payouts
            ]
            took_s: list[float] = []
            for number in range(5):
                took_s += await asyncio.gather(*orders(process, others, f"{number}"))
            assert max(took_s) < SOON_S
            assert not any(each.done() for each in moving)
        assert all(isinstance(moved, Moved) for moved in await asyncio.gather(*moving))


async def test_the_server_ends_no_wait_for_those_who_must_wait(plain_world: World) -> None:
    async with Database.open(plain_world.dsn, connections=1, patience_s=PATIENCE_S, lock_s=HOT_LOCK_S) as hot:
        [row] = await hot.fetch("show lock_timeout")
        assert row[0] == "100ms"
        async with held(plain_world, *await accounts_in(plain_world, 1)):
            with pytest.raises(Unavailable) as told:
                await hot.fetch("select 1 from accounts for update")
            assert (told.value.why, told.value.may_have_happened) == (Why.HELD, False)
    [row] = await plain_world.runtime.database.fetch("show lock_timeout")
    assert row[0] == "2s"
