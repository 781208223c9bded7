"""What payouts wait for, as it is read for people: what the workers' list and the history know is believed."""

from __future__ import annotations

from outlay.core.events import Approve, BeginAttempt, Cancel, Heard
from outlay.core.outcome import Accepted
from outlay.core.payout import Payout
from outlay.core.waiting import What, Who
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.operator.cancel_order import cancel_order
from outlay.service.operator.payouts import read_waits
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import World


async def test_what_comes_next_is_when_the_workers_look_at_it(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    other = await world.order(await world.account(fund=100), 40)
    for event in (BeginAttempt(), Heard(1, Accepted("X"))):
        world.clock.advance(50)
        moved = await move_payout(world.runtime, payout.account_id, payout.payout_id, event)
        assert isinstance(moved, Moved)
    world.clock.advance(1_000)
    payouts = [moved.payout, other]
    waits = await read_waits(world.runtime, payouts)
    due_ms = {row["payout_id"]: row["due_ms"] for row in await world.admin.fetch("select payout_id, due_ms from work")}
    assert [waits.of(each).next_ms for each in payouts] == [due_ms[each.payout_id] for each in payouts]
    assert [waits.of(each).what for each in payouts] == [What.TAKEN_BY_RAIL, What.TO_BE_SENT]
    assert waits.of(other).since_ms == other.created_ms


async def test_a_payout_waits_to_be_sent_since_somebody_approved_it(world: World) -> None:
    payout = await world.order(await world.account(fund=100, needs_review=True), 30)
    world.clock.advance(86_400_000)
    assert await _waits_since(world, payout) == (What.REVIEW, payout.created_ms)
    moved = await move_payout(world.runtime, payout.account_id, payout.payout_id, Approve("Bob"))
    assert isinstance(moved, Moved)
    approved_ms = world.clock()
    world.clock.advance(5)
    assert await _waits_since(world, moved.payout) == (What.TO_BE_SENT, approved_ms)


async def _waits_since(world: World, payout: Payout) -> tuple[What, int]:
    waiting = (await read_waits(world.runtime, [payout])).of(payout)
    return waiting.what, waiting.since_ms


async def test_what_has_ended_waits_for_nothing_and_nobody(world: World) -> None:
    account_id = await world.account(fund=100)
    sent, stopped = await world.order(account_id, 30), await world.order(account_id, 10)
    await cancel_order(world.runtime, account_id, Cancel("Ana"), payout_id=stopped.payout_id)
    rail = CountingRail()
    rail.say_to_submit = rail.say_to_find
    await submitter_of(world.runtime, {"sandbox": rail}).run_due()
    payouts = [await world.payout(each) for each in (sent, stopped)]
    waits = await read_waits(world.runtime, payouts)
    assert [waits.of(each).who for each in payouts] == [Who.NOBODY, Who.NOBODY]
    assert [waits.of(each).next_ms for each in payouts] == [None, None]
    assert (await read_waits(world.runtime, [])).latest == {}
