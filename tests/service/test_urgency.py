"""While so many callers wait that the next one is turned away, what rails say and the workers do goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.progress import State
from outlay.core.rulings import Ruling, Verdict
from outlay.rails.internal import InternalRail
from outlay.service.merchant.perform import perform
from outlay.service.merchant.transfers import UNFINISHED_AFTER_MS, finish_transfers
from outlay.service.operator.rule_payout import rule_payout
from outlay.store import gather as gather_module
from outlay.store.accounts import read_account
from outlay.store.gather import Busy
from tests.support.asks import caller_in, give, to_account
from tests.support.rails import INTERNAL_TERMS, CountingRail, submitter_of
from tests.support.world import World, order, order_ask


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Entered by the test: from then on no caller is let into any queue."""
    with monkeypatch.context() as patch:
        yield patch


def no_more(full: pytest.MonkeyPatch) -> None:
    full.setattr(gather_module, "MOST_WAITING", 0)


async def test_a_payout_is_sent_and_what_its_rail_says_is_recorded_where_callers_are_turned_away(
    world: World, full: pytest.MonkeyPatch
) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    rail = CountingRail()
    no_more(full)
    with pytest.raises(Busy):
        await order(world.runtime, account_id, order_ask(10, "one more"))
    assert await submitter_of(world.runtime, {"sandbox": rail}).run_due() == 1
    full.undo()
    assert (await world.payout(payout)).rail_reference == f"X{payout.payout_id}"


@pytest.mark.parametrize("to_itself", [False, True])
async def test_an_account_here_is_paid_where_callers_are_turned_away(
    world: World, full: pytest.MonkeyPatch, to_itself: bool
) -> None:
    giver = await world.account(fund=100)
    taker = giver if to_itself else await world.account(parent_id=giver)
    ordered = await perform(world.runtime, await caller_in(world, giver), to_account(30, "r", taker))
    assert isinstance(ordered, Payout)
    no_more(full)
    await submitter_of(world.runtime, {INTERNAL_RAIL: InternalRail(world.runtime, INTERNAL_TERMS)}).run_due()
    full.undo()
    assert (await world.payout(ordered)).state is State.PAID


async def test_a_transfer_that_was_left_half_way_is_finished_where_callers_are_turned_away(
    world: World, full: pytest.MonkeyPatch
) -> None:
    giver = await world.account(fund=100)
    taker = await read_account(world.runtime.database, await world.account(parent_id=giver))
    assert taker is not None
    await give(world.runtime, giver, taker, 30, "t")
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    no_more(full)
    assert await finish_transfers(world.runtime) == 1
    full.undo()
    assert (await world.books(taker.account_id))["available"] == 30


async def test_what_people_say_of_a_payout_waits_with_the_callers(world: World, full: pytest.MonkeyPatch) -> None:
    payout = await world.order(await world.account(fund=100), 10)
    no_more(full)
    with pytest.raises(Busy):
        await rule_payout(world.runtime, payout, Ruling(Verdict.GIVEN_BACK), "ana", "note")
