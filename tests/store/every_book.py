"""A world in which every book has moved."""

from __future__ import annotations

from uuid import UUID

from outlay.core.account import Account
from outlay.core.attempt import RailTerms
from outlay.core.cases import Remedy
from outlay.core.events import BeginAttempt, Heard, SendAgain, SentLate, Source
from outlay.core.fees import FeePlan
from outlay.core.outcome import Accepted, NotFound, Paid, Returned
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.refusal import Refusal
from outlay.core.rulings import Verdict
from outlay.rails.internal import InternalRail
from outlay.service.engine.move_payout import move_payout
from outlay.service.merchant.perform import perform
from outlay.store.accounts import read_account
from tests.support.asks import bank_account_ask, batch_ask, caller_in, give, place_batch, to_account, transfer_ask
from tests.support.rails import INTERNAL_TERMS, submitter_of
from tests.support.situations import LONG_MS, NO, asked, both_say, moved, sent
from tests.support.world import World


async def lively_books(world: World) -> None:
    account_id = await world.account(fund=10_000, fee=FeePlan(fixed_minor=5))
    await world.order(account_id, 10, "reserved")
    under_way = await world.order(account_id, 20, "under way")
    paid = await world.order(account_id, 30, "paid")
    for payout, events in (
        (under_way, [BeginAttempt(), Heard(1, Accepted("X"))]),
        (paid, [BeginAttempt(), Heard(1, Paid("X")), Heard(1, Returned("R1", 4))]),
    ):
        for event in events:
            await move_payout(world.runtime, account_id, payout.payout_id, event)
    await place_batch(world.runtime, account_id, batch_ask("batch", [40, 50]))
    child = await world.account(parent_id=account_id)
    caller = await caller_in(world, account_id)
    for ask in (
        bank_account_ask("bank account"),
        transfer_ask("transfer", account_id, child, 60),
        to_account(70, "internal", child),
    ):
        assert not isinstance(await perform(world.runtime, caller, ask), Refusal)
    await submitter_of(world.runtime, {INTERNAL_RAIL: InternalRail(world.runtime, INTERNAL_TERMS)}).run_due()
    world.clock.advance(1)
    await give(world.runtime, account_id, await account_in(world, child), 80, "half-way")


async def all_books(world: World) -> None:
    await lively_books(world)
    await doubtful_books(world)


async def doubtful_books(world: World) -> None:
    """What rails contradict, sends that are repeated and late, and what people decide, on an account of its own."""
    account_id = await world.account(fund=10_000)
    failed = await world.order(account_id, 90, "failed")
    await moved(world, failed, BeginAttempt(), Heard(1, NO), Heard(1, Paid("X")))
    remedy = {"case_number": 1, "remedy": Remedy.PAID_BY_US, "amount_minor": 90}
    await both_say(world, failed, Verdict.CLOSE_CASE, **remedy)
    dead = await asked(world, await sent(world, await world.order(account_id, 100, "dead")))
    await both_say(world, dead, Verdict.NEVER_SUBMITTED)
    await both_say(world, await world.order(account_id, 110, "outside"), Verdict.PAID_OUTSIDE)
    named = await world.order(account_id, 120, "named twice")
    await moved(world, named, BeginAttempt(), Heard(1, Accepted("X")), Heard(1, Accepted("Y")))
    await sent_again_late(world, await world.order(account_id, 130, "again"))


async def sent_again_late(world: World, payout: Payout) -> None:
    rail = RailTerms("sandbox", refuses_duplicates=True)
    payout = await sent(world, payout)
    for number in (1, 2):
        world.clock.advance(LONG_MS)
        question = Heard(1, NotFound(), Source.ASK, f"question {number}", asked_ms=world.clock())
        payout = await moved(world, payout, question)
    payout = await moved(world, payout, SendAgain(1, rail, world.clock()), SentLate(1, 2, rail, world.clock()))
    assert [send.is_late for send in payout.attempts[0].sends] == [False, True]


async def account_in(world: World, account_id: UUID) -> Account:
    account = await read_account(world.runtime.database, account_id)
    assert account is not None
    return account
