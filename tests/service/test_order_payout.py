"""Ordering a payout: which "no" wins, what is frozen, what a resend earns."""

from __future__ import annotations

from uuid import uuid4

import pytest
from msgspec.structs import replace

from outlay.core.asks import Repeated
from outlay.core.events import BeginAttempt, Heard
from outlay.core.fees import Fee, FeePlan
from outlay.core.limits import Limits
from outlay.core.outcome import Paid
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from outlay.service.engine.move_payout import move_payout
from outlay.service.operator.accounts import set_fee, set_limits
from tests.support.world import World, empty_ask, kinds, order, order_ask


@pytest.mark.parametrize(("content", "same"), [("first", True), ("second", False)])
async def test_an_empty_ask_under_a_taken_reference_is_a_repeat(world: World, content: str, same: bool) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10, "r", content="first")
    answer = await order(world.runtime, account_id, empty_ask("r", content))
    assert answer == Repeated(same, same_operation=True, subject=payout)


async def test_a_reference_that_was_used_for_another_operation_is_not_the_same(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10, "r", content="first", operation="create")
    again = order_ask(10, "r", content="first", operation="create batch")
    assert await order(world.runtime, account_id, again) == Repeated(False, same_operation=False, subject=payout)
    empty = replace(again, order=None)
    assert await order(world.runtime, account_id, empty) == Repeated(False, same_operation=False, subject=payout)


async def test_a_resend_is_answered_with_the_payout_as_it_is_now(world: World) -> None:
    account_id = await world.account(fund=100)
    ask = order_ask(10, "r")
    first = await order(world.runtime, account_id, ask)
    for event in (BeginAttempt(), Heard(1, Paid("X1"))):
        await move_payout(world.runtime, account_id, first.payout_id, event)
    again = await order(world.runtime, account_id, ask)
    assert isinstance(again, Repeated)
    assert again.same
    assert isinstance(again.subject, Payout)
    assert again.subject.state is State.PAID


async def test_no_later_change_makes_a_resend_look_refused(world: World) -> None:
    account_id = await world.account(fund=10)
    ask = order_ask(10, "r")
    await order(world.runtime, account_id, ask)  # takes all of the balance
    await set_limits(world.runtime, account_id, "BRL", Limits(50, 60))
    await world.close_account(account_id)
    assert kinds([await order(world.runtime, account_id, ask)]) == {(Repeated, True): 1}


async def test_money_of_another_currency_does_not_help(world: World) -> None:
    account_id = await world.account(fund=100, currency="USD")
    assert await order(world.runtime, account_id, order_ask(10, "r")) is Refusal.CURRENCY_NOT_HELD


async def test_a_currency_that_was_held_once_and_is_spent_is_an_insufficient_balance(world: World) -> None:
    account_id = await world.account(fund=10)
    await world.order(account_id, 10)
    assert await order(world.runtime, account_id, order_ask(10, "r")) is Refusal.INSUFFICIENT_BALANCE


async def test_the_fee_is_frozen_when_the_payout_is_ordered(world: World) -> None:
    plan = FeePlan(fixed_minor=500, rate_ppm=50_000)
    account_id = await world.account(fund=100_000, fee=plan)
    payout = await world.order(account_id, 30_011)
    assert payout.fee == Fee(2001, 500, 50_000)  # 5.00 + 300.11 x 0.0500 = 20.01
    await set_fee(world.runtime, account_id, "BRL", FeePlan(fixed_minor=1))
    later = await world.order(account_id, 30_011)
    assert later.fee == Fee(1, 1, 0)
    assert (await world.payout(payout)).fee == payout.fee
    for event in (BeginAttempt(), Heard(1, Paid("X1"))):
        await move_payout(world.runtime, account_id, payout.payout_id, event)
    assert (await world.books(account_id))["fees"] == 2001


async def test_terms_of_one_currency_do_not_reach_another(world: World) -> None:
    account_id = await world.account(fund=100, fee=FeePlan(fixed_minor=5), currency="USD")
    await world.fund(account_id, 100)
    assert (await world.order(account_id, 10)).fee == Fee()
    assert (await world.order(account_id, 10, currency="USD")).fee.total_minor == 5


async def test_a_sub_account_is_reached_only_through_its_own_master(world: World) -> None:
    master, stranger = await world.account(fund=100), await world.account(fund=100)
    child = await world.account(fund=100, parent_id=master)
    ask = order_ask(10, "r")
    for parent_id in (stranger, child, uuid4()):
        answer = await order(world.runtime, child, ask, parent_id=parent_id)
        assert answer is Refusal.ACCOUNT_NOT_FOUND
        answer = await order(world.runtime, child, empty_ask("r"), parent_id=parent_id)
        assert answer is Refusal.ACCOUNT_NOT_FOUND
    assert await order(world.runtime, master, ask, parent_id=child) is Refusal.ACCOUNT_NOT_FOUND
    assert await order(world.runtime, stranger, ask, parent_id=master) is Refusal.ACCOUNT_NOT_FOUND
    assert kinds([await order(world.runtime, child, ask, parent_id=master)]) == {Payout: 1}
    assert (await world.books(child))["held"] == 10
    assert "held" not in await world.books(master)


async def test_an_account_that_is_reviewed_waits_for_its_reviewer(world: World) -> None:
    account_id = await world.account(fund=100, needs_review=True)
    payout = await world.order(account_id, 10)
    assert payout.state is State.IN_REVIEW
    assert await world.count("work") == 0
    assert (await world.books(account_id))["held"] == 10
    expiring = await world.order(account_id, 10, expires_ms=world.clock() + 7)
    due = await world.admin.fetchval("select due_ms from work where payout_id = $1", expiring.payout_id)
    assert due == world.clock() + 7
