"""Payouts to an account here, also to the one that orders: the taker gets the money once, whatever crashes, also if it
is closed meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.account import short_id
from outlay.core.asks import Counted, FindTransfer, Repeated
from outlay.core.attempt import Attempt
from outlay.core.cases import Remedy
from outlay.core.events import BeginAttempt, Heard, Rule, Source
from outlay.core.fees import FeePlan
from outlay.core.outcome import Paid, Unknown
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from outlay.core.rulings import Ruling, Verdict
from outlay.rails.internal import InternalRail
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant.perform import perform
from outlay.service.operator.accounts import transfers_of
from tests.support.asks import caller_in, to_account
from tests.support.rails import FINAL_MS, INTERNAL_TERMS, Rounds, open_fence, submitter_of
from tests.support.world import World, at_once


class Giver:
    def __init__(self, world: World, master: UUID, child: UUID) -> None:
        self.world, self.master, self.child = world, master, child
        self.rail = InternalRail(world.runtime, INTERNAL_TERMS)

    async def order(self, amount_minor: int = 30, reference: str = "r") -> Payout:
        caller = await caller_in(self.world, self.master)
        ordered = await perform(self.world.runtime, caller, to_account(amount_minor, reference, self.child))
        assert isinstance(ordered, Payout), ordered
        return ordered

    async def begin(self, payout: Payout) -> tuple[Payout, Attempt]:
        begun = await move_payout(self.world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
        assert isinstance(begun, Moved)
        assert begun.payout.attempt is not None
        return begun.payout, begun.payout.attempt

    def submitter(self) -> Rounds:
        return submitter_of(self.world.runtime, {INTERNAL_RAIL: self.rail}, "worker")

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
        assert await transfers_of(world.runtime, account_id, 9) == Counted((), 0)
        found = await perform(world.runtime, await caller_in(world, account_id), FindTransfer(payout.payout_id))
        assert found is Refusal.TRANSFER_NOT_FOUND
    assert await world.count("transfers") == 1


async def test_a_crash_between_credit_and_record_pays_once(world: World) -> None:
    giver = await giver_in(world)
    payout = await giver.order()
    begun, attempt = await giver.begin(payout)
    assert await giver.rail.send(begun, attempt, open_fence()) == Paid(attempt.reference)
    world.clock.advance(FINAL_MS)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    assert await giver.books() == PAID_BOOKS


async def test_however_often_an_attempt_is_sent_the_money_is_given_once(world: World) -> None:
    giver = await giver_in(world)
    begun, attempt = await giver.begin(await giver.order())
    rails = [InternalRail(await world.process(), INTERNAL_TERMS) for _ in range(5)]
    answers = await at_once(*(rail.send(begun, attempt, open_fence()) for rail in rails for _ in range(4)))
    assert answers == [Paid(attempt.reference)] * 20
    assert (await giver.books())[1] == PAID_BOOKS[1]
    world.clock.advance(FINAL_MS)
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


async def test_only_an_account_of_the_family_is_paid_this_way(world: World) -> None:
    giver = await giver_in(world)
    stranger = await world.account()
    caller = await caller_in(world, giver.master)

    async def ask(target: UUID | str, reference: str = "r") -> object:
        return await perform(world.runtime, caller, to_account(10, reference, target))

    assert await ask(stranger) is Refusal.TARGET_NOT_FOUND
    assert await ask("nobody") is Refusal.TARGET_NOT_FOUND
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
        assert isinstance(await perform(world.runtime, caller, to_account(10, f"r{n}", target)), Payout)
    await giver.submitter().run_due()
    assert (await world.books(sibling)) == {"available": 10, "transfers": -10}
    assert (await world.books(giver.master))["transfers"] == -10


# To the account itself


OWN_BOOKS = {"funding": -100, "available": 98, "clearing:internal": 30, "fees": 2, "transfers": -30}


async def own_giver(world: World, **also: Any) -> Giver:
    account_id = await world.account(fund=100, fee=FeePlan(fixed_minor=2), name="Kopi & Co", **also)
    return Giver(world, account_id, account_id)


async def own_money(world: World, account_id: UUID) -> int:
    books = await world.books(account_id)
    return books.get("available", 0) + books.get("held", 0)


async def test_a_payout_to_its_own_account_is_debited_and_credited_in_one_entry(world: World) -> None:
    giver = await own_giver(world)
    payout = await giver.order()
    assert await world.books(giver.master) == {"funding": -100, "available": 68, "held": 32}
    await giver.submitter().run_due()
    now = await world.payout(payout)
    assert (now.state, now.rail_reference) == (State.PAID, f"OUT{payout.payout_id}A1")
    assert await world.books(giver.master) == OWN_BOOKS
    assert await world.facts(payout) == ["ordered", "attempt_begun", "paid"]
    paid = await world.admin.fetch(
        "select source, target, amount_minor from postings where subject_id = $1 and fact_number = 3 order by line",
        payout.payout_id,
    )
    assert [tuple(row) for row in paid] == [
        ("held", "clearing:internal", 30),
        ("held", "fees", 2),
        ("transfers", "available", 30),
    ]
    assert await world.count("work") == 0
    assert await transfers_of(world.runtime, giver.master, 9) == Counted((), 0)


async def test_a_crash_at_any_step_of_a_payout_to_oneself_pays_once(world: World) -> None:
    giver = await own_giver(world)
    ordered = await giver.order(10, "ordered")
    begun = await giver.order(10, "begun")
    await giver.begin(begun)
    sent = await giver.order(10, "sent")
    await giver.rail.send(*await giver.begin(sent), open_fence())
    for _ in range(3):
        world.clock.advance(FINAL_MS)
        await giver.submitter().run_due()
    for payout in (ordered, begun, sent):
        assert (await world.payout(payout)).state is State.PAID
    for payout in (ordered, sent):
        assert await world.facts(payout) == ["ordered", "attempt_begun", "paid"]
    # It might have been on its way: it was asked about twice.
    assert await world.facts(begun) == ["ordered", "attempt_begun", "not_found", "not_found", "sent_again", "paid"]
    assert await world.books(giver.master) == {
        "funding": -100,
        "available": 94,
        "clearing:internal": 30,
        "fees": 6,
        "transfers": -30,
    }


async def test_however_often_a_payout_to_oneself_is_sent_it_is_paid_once(world: World) -> None:
    giver = await own_giver(world)
    begun, attempt = await giver.begin(await giver.order())
    rails = [InternalRail(await world.process(), INTERNAL_TERMS) for _ in range(5)]
    answers = await at_once(*(rail.send(begun, attempt, open_fence()) for rail in rails for _ in range(4)))
    assert answers == [Paid(attempt.reference)] * 20
    assert await giver.rail.ask(begun, attempt) == Paid(attempt.reference)
    assert await world.books(giver.master) == OWN_BOOKS


async def test_an_attempt_that_was_never_begun_pays_nothing(world: World) -> None:
    giver = await own_giver(world)
    begun, attempt = await giver.begin(await giver.order())
    answer = await giver.rail.send(begun, replace(attempt, number=2), open_fence())
    assert isinstance(answer, Unknown)
    assert await world.books(giver.master) == {"funding": -100, "available": 68, "held": 32}


async def test_a_payout_to_an_account_that_orders_and_is_closed_meanwhile_is_paid_all_the_same(world: World) -> None:
    giver = await own_giver(world)
    payout = await giver.order()
    await world.close_account(giver.master)
    await giver.submitter().run_due()
    assert (await world.payout(payout)).state is State.PAID
    caller = await caller_in(world, giver.master)
    assert await perform(world.runtime, caller, to_account(10, "r2", giver.master)) is Refusal.ACCOUNT_CLOSED


@pytest.mark.parametrize("form", [str, short_id, lambda i: str(i).upper(), lambda i: short_id(i).lower()])
async def test_an_account_names_itself_by_its_long_or_short_id(world: World, form: Callable[[UUID], str]) -> None:
    giver = await giver_in(world)
    await world.fund(giver.child, 50)
    for caller in (
        await caller_in(world, giver.master, speaks_for=giver.child),
        await caller_in(world, giver.child, master_id=giver.master),
    ):
        ask = to_account(10, world.new_reference(), form(giver.child))
        ordered = await perform(world.runtime, caller, ask)
        assert isinstance(ordered, Payout)
        assert (ordered.account_id, ordered.rail) == (giver.child, INTERNAL_RAIL)
        assert ordered.beneficiary.account_number == str(giver.child)
    await giver.submitter().run_due()
    assert (await world.books(giver.child))["available"] == 50


async def test_many_payouts_to_oneself_and_to_others_at_once_keep_the_books_and_block_nobody(world: World) -> None:
    giver = await giver_in(world)
    await world.fund(giver.child, 100)
    own, for_child = await caller_in(world, giver.master), await caller_in(world, giver.master, speaks_for=giver.child)
    asked = [
        perform(world.runtime, caller, to_account(3, f"{n}-{target}", target))
        for n in range(3)
        for caller in (own, for_child)
        for target in (giver.master, giver.child)
    ]
    assert [type(answer) for answer in await at_once(*asked)] == [Payout] * 12
    processes = [await world.process() for _ in range(4)]
    workers = [
        submitter_of(one, {INTERNAL_RAIL: InternalRail(one, INTERNAL_TERMS)}, f"worker {n}")
        for n, one in enumerate(processes)
    ]
    await asyncio.wait_for(asyncio.gather(*(worker.run_due() for worker in workers for _ in range(2))), 30)
    states = await world.admin.fetch("select state, count(*) from payouts group by 1")
    assert [tuple(row) for row in states] == [("paid", 12)]
    total = await own_money(world, giver.master) + await own_money(world, giver.child)
    assert total == 200 - 6 * 2, "the master's six payouts cost two each"


async def test_what_people_have_given_back_is_not_taken_by_its_own_account_afterwards(world: World) -> None:
    """The worker stood still between the look at the fence and its commit."""
    giver = await own_giver(world)
    begun, attempt = await giver.begin(await giver.order())
    world.clock.advance(FINAL_MS)
    await giver.submitter().run_due()
    await both_say(world, begun, Ruling(Verdict.NEVER_SUBMITTED), Ruling(Verdict.GIVEN_BACK))
    assert isinstance(await giver.rail.send(begun, attempt, open_fence()), Unknown)
    assert (await world.payout(begun)).state is State.FAILED
    assert await world.books(giver.master) == FREE_BOOKS[0]


async def test_what_was_taken_too_late_is_a_fault_of_the_books_until_people_have_booked_it(world: World) -> None:
    giver = await giver_in(world)
    begun, attempt = await giver.begin(await giver.order())
    world.clock.advance(FINAL_MS)
    await giver.submitter().run_due()
    await both_say(world, begun, Ruling(Verdict.NEVER_SUBMITTED), Ruling(Verdict.GIVEN_BACK))
    assert isinstance(await giver.rail.send(begun, attempt, open_fence()), Paid)
    heard = Heard(1, Paid(attempt.reference), Source.SEND)
    told = await move_payout(world.runtime, giver.master, begun.payout_id, heard)
    assert isinstance(told, Moved)
    assert list(await world.faults_in_the_books()) == ["given and taken"]
    case = told.payout.cases[-1].number
    await both_say(world, begun, Ruling(Verdict.CLOSE_CASE, "", case, Remedy.PAID_BY_MERCHANT, 30))
    assert await world.faults_in_the_books() == {}


async def both_say(world: World, payout: Payout, *rulings: Ruling) -> None:
    for ruling in rulings:
        for by in ("ana", "bob"):
            rule = Rule(ruling, by, "seen", world.clock())
            assert isinstance(await move_payout(world.runtime, payout.account_id, payout.payout_id, rule), Moved)
