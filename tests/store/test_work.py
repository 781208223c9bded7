"""The workers' list: leases, fairness, nobody twice."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from outlay.core.attempt import RailTerms
from outlay.core.events import Approve, BeginAttempt, Cancel, Heard, Source
from outlay.core.outcome import Unknown
from outlay.core.payout import Payout
from outlay.core.work import Due, Work
from outlay.service.engine.move_payout import move_payout
from outlay.service.runtime import Runtime
from outlay.store import work as work_module
from outlay.store.unreadable import read_unreadable
from outlay.store.work import FIRST, UNREADABLE_AGAIN_MS, DueLine, Lease, Turn, WorkList
from tests.support.rails import all_due
from tests.support.world import World, at_once

LEASE_MS = 1000
SANDBOX = RailTerms("sandbox")


async def take(process: Runtime, now_ms: int, *, each: int = 50) -> list[Payout]:
    work = WorkList(process.database)
    lease = Lease("me", now_ms, now_ms + LEASE_MS)
    return [
        one.payout
        for line in await work.lines()
        for account_id in (await work.accounts(line, now_ms, FIRST)).accounts
        for one in await work.take({account_id: each}, line, lease)
    ]


async def next_due_ms(world: World) -> int | None:
    return min((line.due_ms for line in await WorkList(world.runtime.database).lines()), default=None)


async def test_workers_that_take_at_once_share_the_work_and_nothing_is_taken_twice(world: World) -> None:
    accounts = [await world.account(fund=1000) for _ in range(3)]
    ordered = {(await world.order(account_id, 1)).payout_id for account_id in accounts for _ in range(20)}
    processes = [await world.process() for _ in range(4)]
    for _ in range(4):
        await at_once(*(process.database.fetchrow("select 1") for process in processes))
    taken = await at_once(*(take(process, world.clock(), each=8) for process in processes for _ in range(3)))
    seen = [payout.payout_id for some in taken for payout in some]
    assert len(seen) == len(set(seen))
    while more := await take(world.runtime, world.clock()):
        seen += [payout.payout_id for payout in more]
    assert sorted(seen) == sorted(ordered)


async def test_a_lease_ends_by_itself(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    now = world.clock()
    assert await take(world.runtime, now) == [payout]
    assert await take(world.runtime, now + LEASE_MS - 1) == []
    assert await next_due_ms(world) == now + LEASE_MS
    assert await take(world.runtime, now + LEASE_MS) == [payout]


async def test_a_lease_that_is_renewed_lasts_and_only_its_owner_can(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    now = world.clock()
    await take(world.runtime, now)
    work, later = WorkList(world.runtime.database), now + LEASE_MS - 1
    await work.renew({account_id: [payout.payout_id]}, Lease("somebody", later, later + LEASE_MS))
    assert await next_due_ms(world) == now + LEASE_MS
    await work.renew({account_id: [payout.payout_id]}, Lease("me", later, later + LEASE_MS))
    assert await take(world.runtime, now + LEASE_MS) == []
    assert await next_due_ms(world) == later + LEASE_MS


async def test_what_a_commit_has_said_of_the_next_time_no_lease_puts_off(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    await take(world.runtime, world.clock())
    await move_payout(world.runtime, account_id, payout.payout_id, BeginAttempt())
    asked_ms = await next_due_ms(world)
    lease = Lease("me", world.clock(), world.clock() + 10**9)
    await WorkList(world.runtime.database).renew({account_id: [payout.payout_id]}, lease)
    assert await next_due_ms(world) == asked_ms


async def test_what_is_not_due_is_not_taken(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    assert await take(world.runtime, world.clock() - 1) == []
    await WorkList(world.runtime.database).put_off(
        account_id, payout.payout_id, Due(world.clock() + 500, world.clock())
    )
    assert await take(world.runtime, world.clock() + 499) == []
    assert await take(world.runtime, world.clock() + 500) == [payout]


async def test_what_has_ended_is_not_on_the_list(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 1)
    await move_payout(world.runtime, account_id, payout.payout_id, Cancel("operator"))
    assert await take(world.runtime, world.clock() + 10**9) == []
    assert await next_due_ms(world) is None


# Rails, and kinds of work


async def lines(world: World) -> list[tuple[str, str]]:
    return [(line.rail, line.kind) for line in await WorkList(world.runtime.database).lines()]


async def test_work_is_filed_under_its_rail_and_kind_as_it_becomes_another(world: World) -> None:
    account_id = await world.account(fund=100, needs_review=True)
    payout = await world.order(account_id, 1, expires_ms=world.clock() + 1000)
    moves = {
        Work.LOOK: None,
        Work.SEND: Approve("bob"),
        Work.ASK: BeginAttempt(),
    }
    for kind, event in moves.items():
        if event is not None:
            await move_payout(world.runtime, account_id, payout.payout_id, event)
        assert await lines(world) == [("sandbox", kind.value)]
    await move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Unknown("silence"), Source.SEND))
    assert await lines(world) == [("sandbox", "ask")]


async def test_every_rail_and_kind_is_seen_however_much_another_has_waiting(world: World) -> None:
    account_id = await world.account(fund=1000)
    for _ in range(30):
        await world.order(account_id, 1)
    await world.admin.execute("update work set rail = 'b' where payout_id in (select payout_id from work limit 20)")
    await world.admin.execute(
        "update work set kind = 'ask', due_ms = 7"
        " where payout_id in (select payout_id from work where rail = 'b' limit 5)"
    )
    found = await WorkList(world.runtime.database).lines()
    assert [(line.rail, line.kind) for line in found] == [("b", "ask"), ("b", "send"), ("sandbox", "send")]
    assert found[0].due_ms == 7


async def test_what_older_code_has_noted_is_filed(world: World) -> None:
    account_id = await world.account(fund=1000)
    sent, asked = await world.order(account_id, 1), await world.order(account_id, 1)
    await move_payout(world.runtime, account_id, asked.payout_id, BeginAttempt())
    await world.admin.execute("update work set rail = '', kind = ''")
    work = WorkList(world.runtime.database)
    assert await lines(world) == [("", "")]
    assert await work.file() == 2
    assert await lines(world) == [("sandbox", "ask"), ("sandbox", "send")]
    assert [one.payout.payout_id for one in await all_due(world.runtime, work)] == [sent.payout_id]
    assert await work.file() == 0


# Whose turn it is


async def test_the_longest_waiting_account_comes_first(world: World) -> None:
    accounts = []
    for _ in range(3):
        accounts.append(await world.account(fund=10))
        await world.order(accounts[-1], 1)
        world.clock.advance(5)
    (line,) = await WorkList(world.runtime.database).lines()
    assert list((await WorkList(world.runtime.database).accounts(line, world.clock(), FIRST)).accounts) == accounts


@pytest.fixture
def _little_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "WINDOW", 4)
    monkeypatch.setattr(work_module, "TURN", 2)
    monkeypatch.setattr(work_module, "VISITS", 3)


@pytest.mark.usefixtures("_little_is_read_at_once")
async def test_where_more_waits_than_is_read_each_account_has_its_turn_and_then_the_first_again(world: World) -> None:
    accounts = sorted([await world.account(fund=1000) for _ in range(5)])
    for account_id in accounts:
        for _ in range(3):
            await world.order(account_id, 1)
    work = WorkList(world.runtime.database)
    (line,) = await work.lines()
    seen: list[UUID] = []
    after = FIRST
    for _ in range(6):
        turn = await work.accounts(line, world.clock(), after)
        assert turn.is_partial
        seen += turn.accounts
        after = turn.after
    assert seen[:5] == accounts
    assert Counter(seen) == dict.fromkeys(accounts, 2)


@pytest.mark.usefixtures("_little_is_read_at_once")
async def test_accounts_whose_turn_it_is_and_that_have_nothing_due_cost_nobody_a_turn(world: World) -> None:
    idle = sorted([await world.account(fund=10) for _ in range(6)])
    for account_id in idle:
        await world.order(account_id, 1)
    busy = await world.account(fund=1000)
    await world.admin.execute("update work set due_ms = due_ms + 1000000")
    for _ in range(5):
        await world.order(busy, 1)
    work = WorkList(world.runtime.database)
    (line,) = await work.lines()
    after = FIRST
    for _ in range(8):
        turn = await work.accounts(line, world.clock(), after)
        assert list(turn.accounts) == [busy]
        after = turn.after


async def test_who_waits_behind_many_that_do_not_is_found_in_one_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "WINDOW", 4)
    *idle, late = sorted([await world.account(fund=10) for _ in range(work_module.TURN + 2)])
    for account_id in idle:
        await world.order(account_id, 1)
    await world.admin.execute("update work set due_ms = due_ms + 1000000")
    for _ in range(4):
        await world.order(late, 1)
    work = WorkList(world.runtime.database)
    (line,) = await work.lines()
    turn = await work.accounts(line, world.clock(), FIRST)
    assert turn == Turn([late], FIRST, is_partial=True)


# What cannot be read


async def test_a_payout_that_cannot_be_read_is_set_aside_alone_and_taken_again_when_it_can(world: World) -> None:
    account_id = await world.account(fund=100)
    payouts = [await world.order(account_id, 1) for _ in range(3)]
    damaged = payouts[1]
    damage = "update payouts set beneficiary = $1 where payout_id = $2"
    whole = await world.admin.fetchval("select beneficiary from payouts where payout_id = $1", damaged.payout_id)
    await world.admin.execute(damage, '{"not": "known"}', damaged.payout_id)
    work = WorkList(world.runtime.database)
    readable = [one.payout.payout_id for one in await all_due(world.runtime, work)]
    assert sorted(readable) == [payouts[0].payout_id, payouts[2].payout_id]
    (aside,) = await read_unreadable(world.runtime.database, 9)
    assert (aside.account_id, aside.payout_id, aside.since_ms) == (account_id, damaged.payout_id, world.clock())
    shortest_ms, longest_ms = UNREADABLE_AGAIN_MS
    for waits_ms in (shortest_ms, shortest_ms, 2 * shortest_ms, 4 * shortest_ms):
        world.clock.advance(waits_ms - 1)
        taken = [one.payout for one in await all_due(world.runtime, work, lease_ms=10**9)]
        assert damaged.payout_id not in [payout.payout_id for payout in taken]
        world.clock.advance(1)
        assert await all_due(world.runtime, work) == []
    assert (await read_unreadable(world.runtime.database, 9))[0].since_ms == aside.since_ms
    await world.admin.execute(damage, whole, damaged.payout_id)
    world.clock.advance(longest_ms)
    assert damaged in [one.payout for one in await all_due(world.runtime, work)]
    assert await read_unreadable(world.runtime.database, 9) == []


async def test_a_payout_that_the_database_cannot_read_is_set_aside_alone(world: World) -> None:
    """A page that is damaged, played by a policy that says of one row what the database says of those."""
    account_id = await world.account(fund=100)
    first, damaged, last = [await world.order(account_id, 1) for _ in range(3)]
    await world.admin.execute(
        "create function read_page(id bigint) returns boolean language plpgsql as $$ begin"
        f" if id = {damaged.payout_id} then raise 'invalid page in block 7' using errcode = 'XX001'; end if;"
        " return true; end $$;"
        "create policy read_pages on payouts using (read_page(payout_id)) with check (true);"
        "alter table payouts enable row level security"
    )
    try:
        taken = [one.payout for one in await all_due(world.runtime, WorkList(world.runtime.database))]
        (aside,) = await read_unreadable(world.runtime.database, 9)
    finally:
        await world.admin.execute(
            "alter table payouts disable row level security; drop policy read_pages on payouts;drop function read_page"
        )
    assert sorted(taken, key=lambda payout: payout.payout_id) == [first, last]
    assert (aside.payout_id, "invalid page" in aside.why) == (damaged.payout_id, True)


def test_a_line_says_when_its_first_work_is_due() -> None:
    assert DueLine("sandbox", "send", 5).due_ms == 5
