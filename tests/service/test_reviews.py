"""Reviews: who may say what about an order that waits, what it does to the money, and what goes on record."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from outlay.core.asks import WholeOrder
from outlay.core.events import Approve, Reject
from outlay.core.outcome import Paid
from outlay.core.payout import Payout
from outlay.core.progress import Review, State
from outlay.core.refusal import Objection, Refusal
from outlay.service.merchant.perform import perform
from outlay.service.operator.reviews import list_reviews, review_order
from outlay.store.read.history import read_history
from tests.support.asks import batch_ask, caller_in, place_batch
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import World, at_once, kinds, order_ask


async def waiting_order(world: World, *, by: str = "ana", fund: int = 100, **also: Any) -> Payout:
    account_id = await world.account(fund=fund, needs_review=True)
    caller = await caller_in(world, account_id, name=by)
    ordered = await perform(world.runtime, caller, order_ask(10, "r", **also))
    assert isinstance(ordered, Payout)
    assert (ordered.state, ordered.review) == (State.IN_REVIEW, Review.PENDING)
    return ordered


async def waiting_batch(world: World, amounts: list[int], **also: Any) -> WholeOrder:
    account_id = await world.account(fund=1000, needs_review=True)
    made = await place_batch(world.runtime, account_id, batch_ask("B", amounts, **also), name="ana")
    assert isinstance(made, WholeOrder)
    return made


async def last_fact(world: World, payout: Payout) -> tuple[str, dict[str, str]]:
    fact = (await read_history(world.runtime.database, payout)).facts[-1]
    return fact.kind.value, fact.data


async def test_an_approved_order_goes_out_and_is_paid(world: World) -> None:
    payout = await waiting_order(world)
    rail = CountingRail()
    rail.say_to_submit = lambda _payout: Paid("X")
    submitter = submitter_of(world.runtime, {"sandbox": rail}, "worker")
    assert await submitter.run_due() == 0, "nothing leaves before somebody approved"
    approved = await review_order(
        world.runtime, payout.account_id, Approve("bob", "invoice seen"), payout_id=payout.payout_id
    )
    assert isinstance(approved, tuple)
    assert [(p.state, p.review) for p in approved] == [(State.RESERVED, Review.APPROVED)]
    assert await last_fact(world, payout) == ("approved", {"by": "bob", "text": "invoice seen"})
    assert await submitter.run_due() == 1
    paid = await world.payout(payout)
    assert (paid.state, paid.review) == (State.PAID, Review.APPROVED)
    assert await world.facts(payout) == ["ordered", "approved", "attempt_begun", "paid"]
    assert await world.books(payout.account_id) == {"funding": -100, "available": 90, "clearing:sandbox": 10}


async def test_who_ordered_a_batch_cannot_approve_any_of_it(world: World) -> None:
    batch = await waiting_batch(world, [10, 20])
    account_id = batch.payouts[0].account_id
    said = Approve("ANA")
    assert await review_order(world.runtime, account_id, said, batch_id=batch.order_id) is Objection.REVIEWED_BY_ORDERER
    for payout in batch.payouts:
        answer = await review_order(world.runtime, account_id, said, payout_id=payout.payout_id)
        assert answer is Objection.REVIEWED_BY_ORDERER
        assert (await world.payout(payout)).state is State.IN_REVIEW


async def test_a_batch_is_approved_in_one_commit(world: World) -> None:
    batch = await waiting_batch(world, [10, 20, 30])
    account_id = batch.payouts[0].account_id
    approved = await review_order(world.runtime, account_id, Approve("bob"), batch_id=batch.order_id)
    assert isinstance(approved, tuple)
    assert [payout.payout_id for payout in approved] == [payout.payout_id for payout in batch.payouts]
    written = await world.admin.fetchval("select count(distinct xmin::text) from payouts where review = 'approved'")
    assert written == 1
    assert await world.count("work") == 3


async def test_one_of_a_batch_is_decided_by_itself_and_the_rest_together(world: World) -> None:
    batch = await waiting_batch(world, [10, 20, 30])
    account_id, odd = batch.payouts[0].account_id, batch.payouts[1]
    await review_order(world.runtime, account_id, Reject("bob", "odd"), payout_id=odd.payout_id)
    approved = await review_order(world.runtime, account_id, Approve("bob"), batch_id=batch.order_id)
    assert isinstance(approved, tuple)
    assert [payout.reference for payout in approved] == ["d0", "d2"]
    again = await review_order(world.runtime, account_id, Approve("bob"), batch_id=batch.order_id)
    assert again is Objection.NOT_IN_REVIEW
    assert (await world.payout(odd)).state is State.FAILED
    assert await world.books(account_id) == {"funding": -1000, "available": 960, "held": 40}


async def test_a_review_of_nothing_is_refused(world: World) -> None:
    payout = await waiting_order(world)
    stranger = await world.account()
    said = Approve("bob")
    for account_id, key in (
        (payout.account_id, {"payout_id": 42}),
        (payout.account_id, {"batch_id": payout.payout_id}),
        (payout.account_id, {}),
        (stranger, {"payout_id": payout.payout_id}),
    ):
        assert await review_order(world.runtime, account_id, said, **key) is Refusal.PAYOUT_NOT_FOUND
    await review_order(world.runtime, payout.account_id, said, payout_id=payout.payout_id)
    for again in (said, Reject("bob", "too late")):
        answer = await review_order(world.runtime, payout.account_id, again, payout_id=payout.payout_id)
        assert answer is Objection.NOT_IN_REVIEW


async def waiting_payouts(world: World, account_id: UUID | None = None) -> list[Payout]:
    found = await list_reviews(world.runtime, account_id)
    assert not isinstance(found, Refusal)
    orders, unreadable = found
    assert not unreadable
    return [payout for order in orders for payout in order.payouts]


async def test_what_waits_is_listed_oldest_first_of_one_account_or_of_all(world: World) -> None:
    batch = await waiting_batch(world, [10, 20])
    payout = await waiting_order(world)
    await world.order(await world.account(fund=100), 10)
    assert await waiting_payouts(world) == [*batch.payouts, payout]
    assert await waiting_payouts(world, payout.account_id) == [payout]
    await review_order(world.runtime, payout.account_id, Approve("bob"), payout_id=payout.payout_id)
    assert await waiting_payouts(world) == list(batch.payouts)


async def test_of_reviewers_at_once_one_decides(world: World) -> None:
    payout = await waiting_order(world)
    processes = [await world.process() for _ in range(6)]
    said: list[Approve | Reject] = [Approve("bob"), Reject("eve", "no")] * 3
    answers = await at_once(
        *(
            review_order(process, payout.account_id, one, payout_id=payout.payout_id)
            for process, one in zip(processes, said, strict=True)
        )
    )
    assert kinds(answers) == {tuple: 1, Objection.NOT_IN_REVIEW: 5}
    assert len(await world.facts(payout)) == 2


@pytest.mark.parametrize("seed", range(4))
async def test_a_review_while_the_worker_expires_the_order_has_one_outcome(world: World, seed: int) -> None:
    """Whoever comes first wins; what was approved and is overdue still never leaves."""
    chance = random.Random(seed)
    payout = await waiting_order(world, expires_ms=world.clock() + 5)
    rail = CountingRail()
    submitters = [submitter_of(await world.process(), {"sandbox": rail}, f"worker {n}") for n in range(2)]
    process = await world.process()
    world.clock.advance(5)
    racing: list[Any] = [submitter.run_due() for submitter in submitters]
    racing.append(review_order(process, payout.account_id, Approve("bob"), payout_id=payout.payout_id))
    chance.shuffle(racing)
    await at_once(*racing)
    world.clock.advance(60_000)
    for submitter in submitters:
        await submitter.run_due()
    now = await world.payout(payout)
    assert now.state is State.EXPIRED
    assert rail.submitted == []
    assert await world.books(payout.account_id) == {"funding": -100, "available": 100}
    facts = await world.facts(payout)
    assert facts in (["ordered", "expired"], ["ordered", "approved", "expired"])
    assert now.review is (Review.APPROVED if "approved" in facts else Review.PENDING)


async def test_who_ordered_goes_on_record(world: World) -> None:
    payout = await waiting_order(world, by="ana")
    assert payout.ordered_by == "ana"
    fact = (await read_history(world.runtime.database, payout)).facts[0]
    assert fact.data.pop("digest").startswith("1:")
    assert fact.data == {"reference": "r", "rail": "sandbox", "by": "ana", "review": "pending"}
