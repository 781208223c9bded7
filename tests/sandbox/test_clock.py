"""The sandbox's clock: only ahead, not without end, and never where real money is paid."""

from __future__ import annotations

from outlay.core.events import Cancel
from outlay.service.engine.move_payout import move_payout
from outlay.service.operator.rails import set_rails
from outlay.service.operator.sandbox_clock import (
    MOST_AHEAD_MS,
    ClockRead,
    RealRails,
    TooFarAhead,
    advance_clock,
    show_clock,
)
from tests.support.world import START_MS, World

DAY_MS = 86_400_000


async def test_the_clock_is_the_real_one_until_it_is_moved(plain_world: World) -> None:
    assert await show_clock(plain_world.runtime) == ClockRead(START_MS, 0)


async def test_moves_add_up_and_are_read_by_every_process(world: World) -> None:
    other = await world.process()
    await advance_clock(world.runtime, DAY_MS)
    moved = await advance_clock(other, 5)
    assert moved == ClockRead(START_MS + DAY_MS + 5, DAY_MS + 5)
    assert await show_clock(world.runtime) == moved


async def test_ten_years_ahead_is_the_end(plain_world: World) -> None:
    assert await advance_clock(plain_world.runtime, MOST_AHEAD_MS + 1) == TooFarAhead(0)
    assert isinstance(await advance_clock(plain_world.runtime, MOST_AHEAD_MS), ClockRead)
    assert await advance_clock(plain_world.runtime, 1) == TooFarAhead(MOST_AHEAD_MS)
    assert (await show_clock(plain_world.runtime)).ahead_ms == MOST_AHEAD_MS


async def test_with_one_account_on_a_real_rail_the_clock_cannot_be_moved(world: World) -> None:
    await world.account()
    other = await world.account()
    await world.admin.execute("update accounts set rail = 'internal' where account_id = $1", other)
    assert isinstance(await advance_clock(world.runtime, 1), ClockRead)
    await world.admin.execute("update accounts set rail = 'realbank' where account_id = $1", other)
    assert await advance_clock(world.runtime, 1) == RealRails(("realbank",))
    assert (await show_clock(world.runtime)).ahead_ms == 1


async def test_whether_a_rail_is_a_real_one_says_its_kind_and_not_its_name(world: World) -> None:
    await world.admin.execute("insert into rails (name, kind) values ('second', 'sandbox'), ('north', 'gateway')")
    account_id = await world.account()
    await set_rails(world.runtime, account_id, ["second", "sandbox"])
    assert isinstance(await advance_clock(world.runtime, 1), ClockRead)
    await set_rails(world.runtime, account_id, ["sandbox", "north"])
    assert await advance_clock(world.runtime, 1) == RealRails(("north",))
    await set_rails(world.runtime, account_id, ["sandbox"])
    await world.admin.execute("update rails set kind = 'gateway' where name = 'sandbox'")
    assert await advance_clock(world.runtime, 1) == RealRails(("sandbox",))


async def test_a_payout_that_is_under_way_over_a_real_rail_keeps_the_clock_too(world: World) -> None:
    await world.admin.execute("insert into rails (name, kind) values ('north', 'gateway')")
    account_id = await world.account(fund=100)
    await set_rails(world.runtime, account_id, ["north"])
    payout = await world.order(account_id, 30)
    await set_rails(world.runtime, account_id, ["sandbox"])
    assert await advance_clock(world.runtime, 1) == RealRails(("north",))
    await move_payout(world.runtime, account_id, payout.payout_id, Cancel("ana"))
    assert isinstance(await advance_clock(world.runtime, 1), ClockRead)
