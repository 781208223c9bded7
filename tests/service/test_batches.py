"""Batches: ordered together, all or none, in one commit; and found again as they were ordered."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from outlay.core.account import short_id
from outlay.core.asks import UNCLAIMED, FindOrder, FindPayout, OrderBatch, Repeated, WholeOrder
from outlay.core.events import Approve, BeginAttempt, Cancel, Heard, Reject
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.outcome import Paid
from outlay.core.payout import MOST_OF_BATCH, Payout
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay.schema import DETAILS_MOST
from outlay.service.engine.move_payout import move_payout
from outlay.service.merchant.perform import perform
from outlay.service.operator.accounts import block_recipient, set_limits
from outlay.service.operator.cancel_order import Cancelled, cancel_order
from outlay.service.operator.reviews import review_order
from outlay.service.runtime import Caller
from outlay.store.database import REJECTED, Unavailable
from tests.support.asks import batch_ask, caller_in, claim, detail, place_batch, to_account
from tests.support.world import World, at_once, kinds, order, order_ask

TABLES = ("claims", "batches", "payouts", "facts", "postings", "work")


async def placed(world: World, account_id: UUID, ask: OrderBatch) -> WholeOrder:
    answer = await place_batch(world.runtime, account_id, ask)
    assert isinstance(answer, WholeOrder), answer
    return answer


async def commits(world: World) -> int:
    found: int = await world.admin.fetchval("select count(distinct xmin::text) from payouts")
    return found


async def test_a_batch_is_written_by_one_commit_in_the_order_of_its_details(world: World) -> None:
    account_id = await world.account(fund=1000, fee=FeePlan(fixed_minor=1))
    made = await placed(world, account_id, batch_ask("B", [30, 10, 20]))
    assert (made.reference, made.order_id) == ("B", made.payouts[0].batch_id)
    assert [(p.reference, p.amount_minor) for p in made.payouts] == [("d0", 30), ("d1", 10), ("d2", 20)]
    ids = [payout.payout_id for payout in made.payouts]
    assert ids == sorted(ids)
    assert made.order_id < ids[0]
    assert {payout.batch_id for payout in made.payouts} == {made.order_id}
    assert await commits(world) == 1
    assert await world.books(account_id) == {"funding": -1000, "available": 937, "held": 63}
    assert [await world.payout(payout) for payout in made.payouts] == list(made.payouts)
    assert await world.count("work") == 3


async def test_the_references_of_its_details_are_claimed_nowhere(world: World) -> None:
    account_id = await world.account(fund=1000)
    await placed(world, account_id, batch_ask("B", [10, 10]))
    again = await placed(world, account_id, batch_ask("C", [10, 10]))
    assert [payout.reference for payout in again.payouts] == ["d0", "d1"]
    assert kinds([await order(world.runtime, account_id, order_ask(10, "d0"))]) == {Payout: 1}
    claimed = await world.admin.fetch("select reference, subject_id from claims order by reference")
    assert [row["reference"] for row in claimed] == ["B", "C", "d0"]


async def test_a_batch_that_the_balance_does_not_cover_in_all_leaves_nothing(world: World) -> None:
    account_id = await world.account(fund=100)
    ask = batch_ask("B", [60, 30, 11])
    assert await place_batch(world.runtime, account_id, ask) is Refusal.INSUFFICIENT_BALANCE
    assert {table: await world.count(table) for table in TABLES if table != "postings"} == dict.fromkeys(
        ("claims", "batches", "payouts", "facts", "work"), 0
    )
    assert await world.books(account_id) == {"funding": -100, "available": 100}
    await world.fund(account_id, 1)
    assert kinds([await place_batch(world.runtime, account_id, ask)]) == {WholeOrder: 1}, "its reference was free"


async def test_a_batch_in_a_currency_that_was_never_held_is_told_so(world: World) -> None:
    account_id = await world.account(fund=100, currency="USD")
    assert await place_batch(world.runtime, account_id, batch_ask("B", [1])) is Refusal.CURRENCY_NOT_HELD


async def test_the_first_payout_that_is_refused_tells_why_and_sinks_all(world: World) -> None:
    account_id = await world.account(fund=1000)
    await set_limits(world.runtime, account_id, "BRL", Limits(10, 100))
    for amounts, why in (
        ([10, 9, 101], Refusal.AMOUNT_TOO_SMALL),
        ([10, 101, 9], Refusal.AMOUNT_TOO_LARGE),
        ([100] * 11 + [9], Refusal.AMOUNT_TOO_SMALL),
    ):
        assert await place_batch(world.runtime, account_id, batch_ask("B", amounts)) is why
    await block_recipient(world.runtime, account_id, "maria@example.com", why="fraud", by="ana")
    assert await place_batch(world.runtime, account_id, batch_ask("B", [10])) is Refusal.RECIPIENT_BLOCKED
    await world.close_account(account_id)
    assert await place_batch(world.runtime, account_id, batch_ask("B", [9])) is Refusal.ACCOUNT_CLOSED
    assert await place_batch(world.runtime, uuid4(), batch_ask("B", [9])) is Refusal.ACCOUNT_NOT_FOUND
    assert await world.count("payouts") == 0


async def test_a_batch_that_the_database_rejects_leaves_nothing_and_sinks_nobody(world: World) -> None:
    account_id = await world.account(fund=1000)
    bad = OrderBatch(claim("B"), (detail(10, "d0"), detail(10, "NUL \0 is no text")))
    answers = await at_once(
        order(world.runtime, account_id, order_ask(10, "before")),
        place_batch(world.runtime, account_id, bad),
        order(world.runtime, account_id, order_ask(10, "after")),
    )
    assert isinstance(answers[1], REJECTED)
    assert kinds(answers)[Payout] == 2
    assert (await world.count("batches"), await world.count("payouts")) == (0, 2)


async def test_a_resent_batch_is_a_repeat_and_another_under_its_reference_is_told_apart(world: World) -> None:
    account_id = await world.account(fund=1000)
    ask = batch_ask("B", [10, 20])
    await placed(world, account_id, ask)
    assert await place_batch(world.runtime, account_id, ask) == Repeated(True, True, None)
    assert await place_batch(world.runtime, account_id, batch_ask("B", [10, 21])) == Repeated(False, True, None)
    other = batch_ask("B", [10, 20], operation="another")
    assert await place_batch(world.runtime, account_id, other) == Repeated(False, False, None)
    empty = OrderBatch(ask.claim, None)
    assert await place_batch(world.runtime, account_id, empty) == Repeated(True, True, None)
    assert await place_batch(world.runtime, account_id, OrderBatch(claim("free"), None)) == UNCLAIMED
    single = await order(world.runtime, account_id, order_ask(10, "B"))
    assert single == Repeated(False, False, None)
    assert await world.count("payouts") == 2


async def test_a_thousand_payouts_are_one_commit(world: World) -> None:
    account_id = await world.account(fund=1_000_000)
    made = await placed(world, account_id, batch_ask("B", list(range(1, 1001))))
    assert [payout.amount_minor for payout in made.payouts] == list(range(1, 1001))
    assert await commits(world) == 1
    assert await world.count("payouts") == 1000
    row = await world.admin.fetchrow("select total_minor, payout_count from batches")
    assert tuple(row) == (500_500, 1000)
    found = await perform(world.runtime, await caller_in(world, account_id), FindOrder("B"))
    assert found == made


async def test_a_batch_is_gathered_by_its_weight(world: World) -> None:
    account_id = await world.account(fund=10_000)
    process = await world.process()
    answers = await at_once(
        *(place_batch(process, account_id, batch_ask(f"B{n}", [1] * 200)) for n in range(3)),
        order(process, account_id, order_ask(1, "small")),
    )
    assert kinds(answers) == {WholeOrder: 3, Payout: 1}
    assert await commits(world) == 3, "200 and 200 are more than fit, 200 and 1 are not"


async def test_a_cancel_or_a_review_of_a_batch_weighs_as_much_as_a_batch_may(world: World) -> None:
    account_id = await world.account(fund=10_000, needs_review=True)
    first, second, third, fourth = [await placed(world, account_id, batch_ask(f"B{n}", [1] * 3)) for n in range(4)]
    await review_order(world.runtime, account_id, Approve("bob"), batch_id=fourth.order_id)
    before = await _deciding_commits(world)
    process = await world.process()
    one, two, three = (
        cancel_order(process, account_id, Cancel("ana"), payout_id=payout.payout_id) for payout in fourth.payouts
    )
    answers = await at_once(
        cancel_order(process, account_id, Cancel("ana"), batch_id=first.order_id),
        one,
        review_order(process, account_id, Approve("bob"), batch_id=second.order_id),
        two,
        three,
        review_order(process, account_id, Reject("bob", "odd"), batch_id=third.order_id),
    )
    assert [type(answer) for answer in answers] == [Cancelled, Cancelled, tuple, Cancelled, Cancelled, tuple]
    assert await _deciding_commits(world) - before == 5, "each batch by itself, and only the single ones together"


async def _deciding_commits(world: World) -> int:
    found: int = await world.admin.fetchval("select count(distinct xmin::text) from facts where number > 1")
    return found


def test_no_api_takes_more_in_one_batch_than_is_counted_with() -> None:
    assert DETAILS_MOST <= MOST_OF_BATCH


async def test_a_batch_whose_connection_dies_is_unknown_and_its_resend_is_not_a_second_one(world: World) -> None:
    account_id = await world.account(fund=1000)
    process = await world.process(fresh=True)
    ask = batch_ask("B", [10] * 20)
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        under_way = asyncio.create_task(place_batch(process, account_id, ask))
        await world.until_somebody_waits()
        await world.cut_all_connections()
        assert kinds(await at_once(under_way)) == {Unavailable: 1}
    again = [await place_batch(process, account_id, ask) for _ in range(2)]
    assert kinds(again) == {WholeOrder: 1, (Repeated, True): 1}
    assert await world.count("payouts") == 20


# Finding what was ordered


async def test_a_payout_by_itself_is_an_order_and_a_batch_is_one(world: World) -> None:
    account_id = await world.account(fund=1000)
    caller = await caller_in(world, account_id)
    batch = await placed(world, account_id, batch_ask("B", [10, 20]))
    alone = await world.order(account_id, 5, "alone")
    single = WholeOrder(alone.payout_id, "alone", alone.created_ms, (alone,))
    for ask in (FindOrder("alone"), FindOrder(order_id=alone.payout_id), FindOrder("alone", alone.payout_id)):
        assert await perform(world.runtime, caller, ask) == single
    for ask in (FindOrder("B"), FindOrder(order_id=batch.order_id), FindOrder("B", batch.order_id)):
        assert await perform(world.runtime, caller, ask) == batch


async def test_two_names_of_two_orders_find_none(world: World) -> None:
    account_id = await world.account(fund=1000)
    caller = await caller_in(world, account_id)
    first = await placed(world, account_id, batch_ask("B", [10, 20]))
    second = await placed(world, account_id, batch_ask("C", [10, 20]))
    alone = await world.order(account_id, 5, "alone")
    wrong = [
        FindOrder("B", second.order_id),
        FindOrder("B", alone.payout_id),
        FindOrder("alone", first.order_id),
        FindOrder("never used", first.order_id),
        FindOrder("B", 42),
        FindOrder("never used"),
        FindOrder(order_id=42),
        FindOrder(),
    ]
    for ask in wrong:
        assert await perform(world.runtime, caller, ask) is Refusal.PAYOUT_NOT_FOUND, ask


async def test_a_payout_of_a_batch_is_no_order_by_itself(world: World) -> None:
    account_id = await world.account(fund=1000)
    caller = await caller_in(world, account_id)
    batch = await placed(world, account_id, batch_ask("B", [10, 20]))
    one = batch.payouts[0]
    for ask in (FindOrder(order_id=one.payout_id), FindOrder("d0"), FindOrder("B", one.payout_id)):
        assert await perform(world.runtime, caller, ask) is Refusal.PAYOUT_NOT_FOUND, ask
    assert await perform(world.runtime, caller, FindPayout(payout_id=one.payout_id)) == one
    assert await perform(world.runtime, caller, FindPayout("B")) is Refusal.PAYOUT_NOT_FOUND


async def test_somebody_elses_order_is_not_found(world: World) -> None:
    owner, thief = await world.account(fund=1000), await world.account(fund=1000)
    batch = await placed(world, owner, batch_ask("B", [10, 20]))
    alone = await world.order(owner, 5, "alone")
    caller = await caller_in(world, thief)
    for ask in (
        FindOrder("B"),
        FindOrder(order_id=batch.order_id),
        FindOrder("alone"),
        FindOrder(order_id=alone.payout_id),
    ):
        assert await perform(world.runtime, caller, ask) is Refusal.PAYOUT_NOT_FOUND
    own = await placed(world, thief, batch_ask("B", [7]))
    assert await perform(world.runtime, caller, FindOrder("B")) == own


async def test_a_found_batch_shows_each_payout_as_it_is_now(world: World) -> None:
    account_id = await world.account(fund=1000)
    batch = await placed(world, account_id, batch_ask("B", [10, 20, 30]))
    for event in (BeginAttempt(), Heard(1, Paid("X"))):
        await move_payout(world.runtime, account_id, batch.payouts[1].payout_id, event)
    found = await perform(world.runtime, await caller_in(world, account_id), FindOrder("B"))
    assert isinstance(found, WholeOrder)
    assert [payout.state for payout in found.payouts] == [State.RESERVED, State.PAID, State.RESERVED]


# Who may be paid in one


@pytest.mark.parametrize("amounts", [[10], [10, 20]])
async def test_a_batch_reaches_only_accounts_of_the_family(world: World, amounts: list[int]) -> None:
    master, stranger = await world.account(fund=1000), await world.account()
    child = await world.account(parent_id=master)
    caller: Caller = await caller_in(world, master)

    def ask(reference: str, target: UUID | str) -> OrderBatch:
        orders = [to_account(amount, f"d{n}", target).order for n, amount in enumerate(amounts)]
        return OrderBatch(claim(reference), tuple(what for what in orders if what is not None))

    assert await perform(world.runtime, caller, ask("B", stranger)) is Refusal.TARGET_NOT_FOUND
    made = await perform(world.runtime, caller, ask("B", short_id(child)))
    assert isinstance(made, WholeOrder)
    assert {payout.beneficiary.account_number for payout in made.payouts} == {str(child)}
