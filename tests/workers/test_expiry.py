"""What never left by its time is closed by the worker, and its money is free again."""

from __future__ import annotations

import pytest

from outlay.core.asks import WholeOrder
from outlay.core.progress import State
from tests.support.asks import batch_ask, place_batch
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import World

SPAN_MS = 1000


@pytest.mark.parametrize("needs_review", [False, True], ids=["reserved", "in review"])
async def test_an_order_that_never_left_is_closed_at_its_time(world: World, needs_review: bool) -> None:
    account_id = await world.account(fund=100, needs_review=needs_review)
    payout = await world.order(account_id, 30, expires_ms=world.clock() + SPAN_MS)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail}, "worker")
    if needs_review:
        world.clock.advance(SPAN_MS - 1)
        assert await submitter.run_due() == 0, "not before its time"
        assert await submitter.next_due_ms() == payout.expires_ms
        world.clock.advance(1)
    else:
        world.clock.advance(SPAN_MS)
    await submitter.run_due()
    now = await world.payout(payout)
    assert (now.state, now.completed_ms) == (State.EXPIRED, world.clock())
    assert await world.facts(payout) == ["ordered", "expired"]
    assert await world.books(account_id) == {"funding": -100, "available": 100}
    assert rail.submitted == []
    assert await world.count("work") == 0


@pytest.mark.parametrize("needs_review", [False, True], ids=["reserved", "in review"])
async def test_a_batch_is_closed_payout_by_payout(world: World, needs_review: bool) -> None:
    account_id = await world.account(fund=1000, needs_review=needs_review)
    ask = batch_ask("B", [10] * 40, expires_ms=world.clock() + SPAN_MS)
    made = await place_batch(world.runtime, account_id, ask)
    assert isinstance(made, WholeOrder)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail}, "worker")
    world.clock.advance(SPAN_MS)
    while await submitter.run_due():
        pass
    states = {(await world.payout(payout)).state for payout in made.payouts}
    assert states == {State.EXPIRED}
    assert rail.submitted == []
    assert await world.books(account_id) == {"funding": -1000, "available": 1000}


async def test_an_order_whose_time_comes_between_the_claim_and_the_attempt_is_not_sent(world: World) -> None:
    """The worker read it in time; the core looks at the clock again, under the lock."""
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 30, expires_ms=world.clock() + SPAN_MS)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail}, "worker")
    taken = await submitter.taken()
    assert [one.payout.payout_id for one in taken] == [payout.payout_id]
    world.clock.advance(SPAN_MS)
    await submitter._sending.begin(taken[0])
    assert rail.submitted == []
    world.clock.advance(60_000)
    await submitter.run_due()
    assert (await world.payout(payout)).state is State.EXPIRED
