"""The workers' list: leases, fairness, nobody twice."""

from __future__ import annotations

from uuid import UUID

from outlay.core.events import Cancel
from outlay.core.payout import Payout
from outlay.service.move_payout import move_payout
from outlay.service.runtime import Runtime
from outlay.store.desk import Due
from outlay.store.work import WorkList
from tests.support.world import World, at_once

LEASE_MS = 1000


async def claim(process: Runtime, now_ms: int, *, accounts: int = 50, each: int = 50) -> list[Payout]:
    work = WorkList(process.database)
    taken = await work.take(worker="me", now_ms=now_ms, lease_ms=LEASE_MS, accounts=accounts, each=each)
    return [one.payout for one in taken]


async def test_workers_that_claim_at_once_share_the_work_and_nothing_is_claimed_twice(world: World) -> None:
    accounts = [await world.account(fund=1000) for _ in range(3)]
    ordered = {(await world.order(account_id, 1)).payout_id for account_id in accounts for _ in range(20)}
    processes = [await world.process() for _ in range(4)]
    for _ in range(4):
        await at_once(*(process.database.fetchrow("select 1") for process in processes))
    claimed = await at_once(*(claim(process, world.clock(), each=8) for process in processes for _ in range(3)))
    seen = [payout.payout_id for some in claimed for payout in some]
    assert len(seen) == len(set(seen))
    while more := await claim(world.runtime, world.clock()):
        seen += [payout.payout_id for payout in more]
    assert sorted(seen) == sorted(ordered)


async def test_a_lease_ends_by_itself(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    now = world.clock()
    assert await claim(world.runtime, now) == [payout]
    assert await claim(world.runtime, now + LEASE_MS - 1) == []
    assert await WorkList(world.runtime.database).next_due_ms() == now + LEASE_MS
    assert await claim(world.runtime, now + LEASE_MS) == [payout]


async def test_what_is_not_due_is_not_claimed(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    assert await claim(world.runtime, world.clock() - 1) == []
    await WorkList(world.runtime.database).put_off(
        account_id, payout.payout_id, Due(world.clock() + 500, world.clock())
    )
    assert await claim(world.runtime, world.clock() + 499) == []
    assert await claim(world.runtime, world.clock() + 500) == [payout]


async def test_what_has_ended_is_not_on_the_list(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    await move_payout(world.runtime, account_id, payout.payout_id, Cancel("operator"))
    assert await claim(world.runtime, world.clock() + 10**9) == []
    assert await WorkList(world.runtime.database).next_due_ms() is None


async def test_an_account_with_much_work_does_not_keep_others_waiting(world: World) -> None:
    busy = await world.account(fund=1000)
    for _ in range(30):
        await world.order(busy, 1)
    world.clock.advance(10)
    quiet = [await world.account(fund=10) for _ in range(3)]
    for account_id in quiet:
        await world.order(account_id, 1)
    claimed = await claim(world.runtime, world.clock(), accounts=4, each=5)
    share: dict[UUID, int] = {}
    for payout in claimed:
        share[payout.account_id] = share.get(payout.account_id, 0) + 1
    assert share == {busy: 5, **dict.fromkeys(quiet, 1)}


async def test_the_longest_waiting_account_comes_first(world: World) -> None:
    accounts = []
    for _ in range(3):
        accounts.append(await world.account(fund=10))
        await world.order(accounts[-1], 1)
        world.clock.advance(5)
    claimed = await claim(world.runtime, world.clock(), accounts=2)
    assert {payout.account_id for payout in claimed} == set(accounts[:2])
