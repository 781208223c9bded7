"""Payouts to an account here: the taker gets the money once, whatever crashes, also if it is closed meanwhile."""

from __future__ import annotations

from uuid import UUID

import pytest

from outlay.core.fees import FeePlan
from outlay.core.outcome import NotFound, Paid
from outlay.core.payout import INTERNAL_RAIL, Attempt, BeginAttempt, Payout, State
from outlay.core.refusal import Refusal
from outlay.service import transfers
from outlay.service.internal_rail import InternalRail
from outlay.service.move_payout import Moved, move_payout
from outlay.service.perform import perform
from outlay.service.schedule import SUBMIT_PATIENCE_MS
from outlay.wire.usecases import ListTransfers, Ordered, Repeated, TransfersListed
from outlay.workers.submit import Submitter
from tests.support.asks import caller_in, to_account
from tests.support.world import World, at_once


class Giver:
    def __init__(self, world: World, master: UUID, child: UUID) -> None:
        self.world, self.master, self.child = world, master, child
        self.rail = InternalRail(world.runtime)

    async def order(self, amount_minor: int = 30, reference: str = "r") -> Payout:
        caller = await caller_in(self.world, self.master)
        ordered = await perform(self.world.runtime, caller, to_account(amount_minor, reference, self.child))
        assert isinstance(ordered, Ordered), ordered
        return ordered.payout

    async def begin(self, payout: Payout) -> tuple[Payout, Attempt]:
        begun = await move_payout(self.world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
        assert isinstance(begun, Moved)
        assert begun.payout.attempt is not None
        return begun.payout, begun.payout.attempt

    def submitter(self) -> Submitter:
        return Submitter(self.world.runtime, {INTERNAL_RAIL: self.rail}, "worker")

    async def books(self) -> tuple[dict[str, int], dict[str, int]]:
        return await self.world.books(self.master), await self.world.books(self.child)


PAID_BOOKS = (
    {"funding": -100, "available": 68, "clearing:internal": 30, "fees": 2},
    {"available": 30, "transfers": -30},
)
FREE_BOOKS: tuple[dict[str, int], dict[str, int]] = ({"funding": -100, "available": 100}, {})


async def giver_in(world: World) -> Giver:
    master = await world.account(fund=100, fee=FeePlan(fixed_minor=2), name="Kopi & Co")
    return Giver(world, master, await world.account(parent_id=master, name="Shop 1"))


async def test_a_payout_to_an_account_here_is_paid_at_once(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    assert payout.rail == INTERNAL_RAIL
    assert (payout.beneficiary.account_number, payout.beneficiary.name) == (str(giver.child), "Shop 1")
    await giver.submitter().run_due()
    now = await world.payout(payout)
    assert (now.state, now.rail_reference) == (State.PAID, f"OUT{payout.payout_id}A1")
    assert await giver.books() == PAID_BOOKS


async def test_it_is_no_transfer_to_either_side(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    await giver.submitter().run_due()
    for account_id in (giver.master, giver.child):
        listed = await transfers.list_transfers(world.runtime, account_id, ListTransfers(skip=0, limit=9))
        assert listed == TransfersListed((), 0)
        found = await transfers.find_transfer(world.runtime, account_id, payout.payout_id)
        assert found is Refusal.TRANSFER_NOT_FOUND
    assert await world.count("transfers") == 1


async def test_a_crash_between_credit_and_record_pays_once(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    begun, attempt = await giver.begin(payout)
    assert await giver.rail.submit(begun, attempt) == Paid(attempt.reference)
    world.clock.advance(SUBMIT_PATIENCE_MS)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    assert await giver.books() == PAID_BOOKS


async def test_a_crash_before_the_credit_is_found_out_and_sent_again(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    begun, attempt = await giver.begin(payout)
    assert await giver.rail.find(begun, attempt) == NotFound()
    world.clock.advance(SUBMIT_PATIENCE_MS)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    assert await giver.books() == PAID_BOOKS


async def test_however_often_an_attempt_is_sent_the_money_is_given_once(world: World) -> None:
    giver = await giver_in(world)
    begun, attempt = await giver.begin(await giver.order())
    rails = [InternalRail(await world.process()) for _ in range(5)]
    answers = await at_once(*(rail.submit(begun, attempt) for rail in rails for _ in range(4)))
    assert answers == [Paid(attempt.reference)] * 20
    assert (await giver.books())[1] == PAID_BOOKS[1]
    world.clock.advance(SUBMIT_PATIENCE_MS)
    await giver.submitter().run_due()


async def test_a_target_that_was_closed_after_the_order_is_paid_all_the_same(world: World) -> None:
    """Closing may be taken back, so it is no reason for a refusal: one sender could refuse while it is closed, and
    another pay when it is open again."""
    giver = await giver_in(world)
    payout = await giver.order()
    await world.close_account(giver.child)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    assert await giver.books() == PAID_BOOKS


async def test_a_closed_account_is_no_target_of_a_new_order(world: World) -> None:
    giver = await giver_in(world)
    await world.close_account(giver.child)
    caller = await caller_in(world, giver.master)
    assert await perform(world.runtime, caller, to_account(10, "r", giver.child)) is Refusal.TARGET_NOT_FOUND


async def test_a_target_that_is_closed_after_the_credit_keeps_its_money(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    begun, attempt = await giver.begin(payout)
    await giver.rail.submit(begun, attempt)
    await world.close_account(giver.child)
    assert await giver.rail.submit(begun, attempt) == Paid(attempt.reference)
    world.clock.advance(SUBMIT_PATIENCE_MS)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    assert await giver.books() == PAID_BOOKS


async def test_only_an_account_of_the_family_is_paid_this_way(world: World) -> None:
    giver = await giver_in(world)
    stranger = await world.account()
    caller = await caller_in(world, giver.master)

    async def ask(target: UUID | str, reference: str = "r") -> object:
        return await perform(world.runtime, caller, to_account(10, reference, target))

    assert await ask(stranger) is Refusal.TARGET_NOT_FOUND
    assert await ask("nobody") is Refusal.TARGET_NOT_FOUND
    assert await ask(giver.master) is Refusal.SAME_ACCOUNT
    payout = await giver.order(10, "taken")
    assert await ask(stranger, "taken") == Repeated(False, True, payout), "a taken reference is told first"
    await world.close_account(giver.master)
    assert await ask(stranger) is Refusal.ACCOUNT_CLOSED
    assert await world.count("payouts") == 1


@pytest.mark.parametrize("through_master", [False, True])
async def test_a_child_may_pay_its_master_and_its_siblings(world: World, through_master: bool) -> None:
    giver = await giver_in(world)
    sibling = await world.account(parent_id=giver.master)
    await world.fund(giver.child, 100)
    if through_master:
        caller = await caller_in(world, giver.master, speaks_for=giver.child)
    else:
        caller = await caller_in(world, giver.child, master_id=giver.master)
    for n, target in enumerate((giver.master, sibling)):
        assert isinstance(await perform(world.runtime, caller, to_account(10, f"r{n}", target)), Ordered)
    await giver.submitter().run_due()
    assert (await world.books(sibling)) == {"available": 10, "transfers": -10}
    assert (await world.books(giver.master))["transfers"] == -10
