"""One id twice: two accounts whose payouts, or transfers, have the same id by some fault. Their money goes to the same
third account over the rail of accounts here, whose record of it lies under that id: none is paid by the other's.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import FindTransfer
from outlay.core.attempt import Attempt, AttemptState
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt
from outlay.core.outcome import NotFound, Paid, Unknown
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.progress import State
from outlay.core.transfer import Transfer
from outlay.rails.internal import InternalRail
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant.perform import perform
from outlay.service.merchant.transfers import UNFINISHED_AFTER_MS, finish_transfers
from outlay.service.runtime import Runtime
from outlay.store.accounts import read_account
from outlay.store.write.clerk import Clerk
from tests.support.asks import caller_in, give, to_account, transfer_ask
from tests.support.rails import ASK_AGAIN_MS, FINAL_MS, INTERNAL_TERMS, open_fence, submitter_of
from tests.support.world import SEAL_KEY, World


class Doubled:
    """A master and two more accounts with money, one without, and a process that makes one id only."""

    def __init__(self, world: World, accounts: list[UUID], process: Runtime, made: int) -> None:
        self.world, self.process, self.id = world, process, made
        self.master, self.first, self.second, self.taker = accounts
        self.rail = InternalRail(world.runtime, INTERNAL_TERMS)

    async def order(self, payer: UUID, to: UUID, amount_minor: int = 30) -> Payout:
        caller = await caller_in(self.world, self.master, speaks_for=payer)
        ask = to_account(amount_minor, self.world.new_reference(), to)
        ordered = await perform(self.process, caller, ask)
        assert isinstance(ordered, Payout), ordered
        assert ordered.payout_id == self.id
        return ordered

    async def begin(self, payout: Payout) -> tuple[Payout, Attempt]:
        begun = await move_payout(self.world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
        assert isinstance(begun, Moved)
        assert begun.payout.attempt is not None
        return begun.payout, begun.payout.attempt

    async def work_for_a_day(self) -> None:
        submitter = submitter_of(self.world.runtime, {INTERNAL_RAIL: self.rail})
        for _ in range(5):
            await submitter.run_due()
            self.world.clock.advance(ASK_AGAIN_MS + FINAL_MS)

    async def transfer_without_an_end(self, source: UUID, amount_minor: int) -> None:
        """The giver's side."""
        target = await read_account(self.world.runtime.database, self.taker)
        assert target is not None
        given = await give(self.process, source, target, amount_minor, self.world.new_reference())
        assert given.transfer_id == self.id


async def doubled_in(world: World) -> Doubled:
    master = await world.account(name="Kopi & Co")
    accounts = [master, *[await world.account(fund=fund, parent_id=master) for fund in (100, 100, 0)]]
    made = world.runtime.next_id()
    process = await world.process()
    clerk = Clerk(process.database, lambda: made, "one", SEAL_KEY)
    return Doubled(world, accounts, replace(process, clerk=clerk), made)


def is_left_to_a_person(payout: Payout) -> bool:
    """It was not sent at all, and says so."""
    return payout.state is State.RESERVED and [case.kind for case in payout.cases] == [CaseKind.PARKED]


def may_have_been_sent(payout: Payout) -> bool:
    return payout.state is State.PROCESSING and payout.attempts[0].state is AttemptState.UNKNOWN


@pytest.mark.parametrize("amount_minor", [30, 31])
async def test_of_two_payouts_under_one_id_the_one_that_moved_is_paid_and_no_other(
    world: World, amount_minor: int
) -> None:
    doubled = await doubled_in(world)
    first = await doubled.order(doubled.first, doubled.taker, 30)
    second = await doubled.order(doubled.second, doubled.taker, amount_minor)
    await doubled.work_for_a_day()
    standing = [await world.payout(payout) for payout in (first, second)]
    paid = [payout for payout in standing if payout.state is State.PAID]
    assert len(paid) == 1
    assert sum(is_left_to_a_person(payout) for payout in standing) == 1
    assert await world.books(doubled.taker) == {"available": paid[0].amount_minor, "transfers": -paid[0].amount_minor}


async def test_the_rail_knows_its_own_record_and_is_unknown_of_anothers(world: World) -> None:
    doubled = await doubled_in(world)
    mine = await doubled.begin(await doubled.order(doubled.first, doubled.taker))
    other = await doubled.begin(await doubled.order(doubled.second, doubled.taker))
    assert await doubled.rail.ask(*other) == NotFound()
    assert await doubled.rail.send(*mine, open_fence()) == Paid(mine[1].reference)
    for _ in range(2):
        for answer in (await doubled.rail.send(*other, open_fence()), await doubled.rail.ask(*other)):
            assert isinstance(answer, Unknown)
            assert str(doubled.id) in answer.why
        assert await doubled.rail.send(*mine, open_fence()) == await doubled.rail.ask(*mine) == Paid(mine[1].reference)
    assert await world.books(doubled.taker) == {"available": 30, "transfers": -30}
    world.books_are_wrong_on_purpose = True  # two attempts under one reference, which workers would not have begun


async def test_a_transfer_under_the_id_of_a_payout_is_not_its_payment(world: World) -> None:
    doubled = await doubled_in(world)
    caller = await caller_in(world, doubled.master)
    ask = transfer_ask("t", doubled.first, doubled.taker, 30)
    assert isinstance(await perform(doubled.process, caller, ask), Transfer)
    payout = await doubled.order(doubled.second, doubled.taker, 30)
    await doubled.work_for_a_day()
    assert may_have_been_sent(await world.payout(payout))
    assert await world.books(doubled.taker) == {"available": 30, "transfers": -30}


async def test_a_payout_to_an_account_that_has_a_payout_of_that_id_is_never_told_paid(world: World) -> None:
    """The taker's postings lie under that id already: the database refuses others."""
    doubled = await doubled_in(world)
    await world.fund(doubled.taker, 100)
    theirs = await doubled.order(doubled.taker, doubled.second, 5)
    payout = await doubled.order(doubled.first, doubled.taker, 30)
    await doubled.work_for_a_day()
    standing = [await world.payout(each) for each in (theirs, payout)]
    books = await world.books(doubled.taker)
    if standing[0].state is State.PAID:
        assert is_left_to_a_person(standing[1])
        assert books == {"funding": -100, "available": 95, "clearing:internal": 5}
    else:  # the other's reference was noted first, and the taker cannot be given anything under it
        assert is_left_to_a_person(standing[0])
        assert may_have_been_sent(standing[1])
        assert books == {"funding": -100, "available": 95, "held": 5}


async def test_a_transfer_is_not_finished_by_anothers_record(world: World) -> None:
    doubled = await doubled_in(world)
    await doubled.transfer_without_an_end(doubled.first, 30)
    await doubled.transfer_without_an_end(doubled.second, 40)
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    for _ in range(2):
        await finish_transfers(world.runtime)
    given = await world.admin.fetch("select amount_minor, credited_ms from transfers where direction = 'out'")
    done = [row["amount_minor"] for row in given if row["credited_ms"] is not None]
    assert len(done) == 1
    assert await world.books(doubled.taker) == {"available": done[0], "transfers": -done[0]}
    world.books_are_wrong_on_purpose = True  # what is on its way to nowhere is what the proof is to find


async def test_who_orders_a_transfer_that_cannot_be_finished_hears_that_it_is_on_its_way(world: World) -> None:
    doubled = await doubled_in(world)
    caller = await caller_in(world, doubled.master)
    first = await perform(doubled.process, caller, transfer_ask("t1", doubled.first, doubled.taker, 30))
    second = await perform(doubled.process, caller, transfer_ask("t2", doubled.second, doubled.taker, 30))
    assert isinstance(first, Transfer)
    assert isinstance(second, Transfer)
    assert first.credited_ms is not None
    assert second.credited_ms is None
    own = await caller_in(world, doubled.second, master_id=doubled.master)
    found = await perform(world.runtime, own, FindTransfer(doubled.id))
    assert found == second
    world.books_are_wrong_on_purpose = True
