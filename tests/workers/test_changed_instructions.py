"""Whoever changes a stored instruction behind our back sends nothing by it: its digest is looked at before a send."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Cancel, Event
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.rulings import Verdict
from outlay.core.schedule import DAY_MS
from outlay.service.operator.ledger import INSTRUCTIONS, verify_ledger
from tests.support.rails import FINAL_MS, CountingRail, Rounds, silence, submitter_of
from tests.support.situations import LONG_MS, both_say, moved, says
from tests.support.world import World

TO_A_THIEF = """
update payouts set beneficiary = jsonb_set(beneficiary, '{destination,key}', '"thief@example.com"') where payout_id = $1
"""
CHANGES = {
    "the beneficiary": TO_A_THIEF,
    "the amount": "update payouts set amount_minor = amount_minor + 1 where payout_id = $1",
    "the remarks": 'update payouts set remarks = \'{"description": "another"}\' where payout_id = $1',
    "where notices go": "update payouts set notify_url = 'https://thief.example/' where payout_id = $1",
    "whose key it was": "update payouts set key_id = 'another' where payout_id = $1",
    "the end": "update payouts set expires_ms = 9000000000000 where payout_id = $1",
    "who ordered": "update payouts set ordered_by = 'Bob' where payout_id = $1",
    "a digest without the key": "update facts set data = data || jsonb_build_object('digest', '1:' || repeat('0', 64))"
    " where payout_id = $1 and number = 1",
    "a digest of another payout": "update facts f set data = f.data || jsonb_build_object('digest', (select o.data->>"
    "'digest' from facts o where o.payout_id <> $1 and o.number = 1)) where f.payout_id = $1 and f.number = 1",
    "no digest": "update facts set data = data - 'digest' where payout_id = $1 and number = 1",
    "no order, and another time": "update facts set data = data - 'digest', seal = null, at_ms = -1"
    " where payout_id = $1 and number = 1",
    "no order": "delete from facts where payout_id = $1 and number = 1",
}


async def two_orders(world: World) -> Payout:
    account_id = await world.account(fund=1_000)
    await world.order(account_id, 10)
    return await world.order(account_id, 30)


def kinds_of(payout: Payout) -> list[tuple[str, int | None]]:
    return [(case.kind.value, case.attempt_number) for case in payout.cases]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_changed_is_never_sent_and_verify_finds_it(plain_world: World, change: str) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    payout = await two_orders(world)
    await world.admin.execute(CHANGES[change], payout.payout_id)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail})
    for _ in range(3):
        await submitter.run_due()
        world.clock.advance(DAY_MS + DAY_MS // 5)
    assert not any(f"OUT{payout.payout_id}" in reference for reference in rail.submitted)
    assert len(rail.submitted) == 1, "the other one was"
    stopped = await world.payout(payout)
    assert stopped.state is State.RESERVED
    assert kinds_of(stopped) == [(CaseKind.INSTRUCTION_CHANGED.value, None)], "once, however often it was looked at"
    proof = await verify_ledger(world.runtime, lambda _result: None)
    (found,) = [result.faults for result in proof.results if result.name == INSTRUCTIONS]
    assert [fault["payout_id"] for fault in found] == [payout.payout_id]


async def test_people_may_still_give_the_money_back_or_pay_it_by_other_means(world: World) -> None:
    world.books_are_wrong_on_purpose = True
    payouts = [await two_orders(world) for _ in range(2)]
    for payout in payouts:
        await world.admin.execute(TO_A_THIEF, payout.payout_id)
    await submitter_of(world.runtime, {"sandbox": CountingRail()}).run_due()
    cancelled = await moved(world, payouts[0], Cancel("Ana"))
    assert (cancelled.state, await world.books(cancelled.account_id)) == (
        State.CANCELLED,
        {"funding": -1_000, "available": 990, "held": 10},
    )
    outside = await both_say(world, payouts[1], Verdict.PAID_OUTSIDE)
    assert outside.state is State.PAID
    for payout in (cancelled, outside):
        assert payout.cases[0].is_open
        await one_closes(world, payout)


async def one_closes(world: World, payout: Payout) -> None:
    """A case about no money takes one person."""
    closed = await says(world, payout, "Ana", Verdict.CLOSE_CASE, case_number=1)
    assert not isinstance(closed, int)
    assert closed.is_decided
    assert not closed.payout.cases[0].is_open


async def test_an_instruction_that_is_put_right_again_is_sent(world: World) -> None:
    payout = await two_orders(world)
    await world.admin.execute(TO_A_THIEF, payout.payout_id)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail})
    await submitter.run_due()
    back = TO_A_THIEF.replace("thief", "maria")
    await world.admin.execute(back, payout.payout_id)
    await submitter.run_due()
    assert len(rail.submitted) == 1, "it is looked at once a day"
    world.clock.advance(DAY_MS + DAY_MS // 5)
    await submitter.run_due()
    assert f"OUT{payout.payout_id}A1" in rail.submitted


def changed_meanwhile(world: World, submitter: Rounds, on: type[Event]) -> None:
    """Somebody changes the row between the look at it and the commit of its send."""
    steps: Any = submitter._steps
    move = steps.move

    async def change_and_move(payout: Payout, event: Event) -> Any:
        if isinstance(event, on):
            await world.admin.execute(TO_A_THIEF, payout.payout_id)
        return await move(payout, event)

    steps.move = change_and_move


async def test_what_is_committed_must_be_what_was_looked_at(plain_world: World) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    submitter = submitter_of(world.runtime, {"sandbox": rail})
    changed_meanwhile(world, submitter, BeginAttempt)
    for _ in range(4):
        await submitter.run_due()
        world.clock.advance(LONG_MS)
    assert rail.submitted == []
    stopped = await world.payout(payout)
    assert kinds_of(stopped) == [(CaseKind.INSTRUCTION_CHANGED.value, 1)]


async def test_a_changed_instruction_is_not_sent_again_but_asked_about(plain_world: World) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30)
    rail: Any = CountingRail()
    rail.say_to_submit, rail.moves = silence, lambda _payout: False
    submitter = submitter_of(world.runtime, {"sandbox": rail})
    await submitter.run_due()
    assert len(rail.submitted) == 1
    await world.admin.execute(TO_A_THIEF, payout.payout_id)
    for _ in range(6):
        world.clock.advance(FINAL_MS)
        await submitter.run_due()
    assert len(rail.submitted) == 1, "though the rail, asked twice, does not know it"
    assert len(rail.asked) >= 2
    stopped = await world.payout(payout)
    assert (CaseKind.INSTRUCTION_CHANGED.value, 1) in kinds_of(stopped)


async def test_an_attempt_whose_name_was_changed_is_not_sent_again(plain_world: World) -> None:
    """Under another name a rail that refuses duplicates would pay it once more."""
    world = plain_world
    world.books_are_wrong_on_purpose = True
    payout = await world.order(await world.account(fund=1_000), 30)
    rail: Any = CountingRail()
    rail.say_to_submit, rail.moves = silence, lambda _payout: False
    submitter = submitter_of(world.runtime, {"sandbox": rail})
    await submitter.run_due()
    (first,) = rail.submitted
    await world.admin.execute("update attempts set reference = 'OUT1A1' where payout_id = $1", payout.payout_id)
    for _ in range(6):
        world.clock.advance(FINAL_MS)
        await submitter.run_due()
    assert rail.submitted == [first]
    stopped = await world.payout(payout)
    assert (CaseKind.INSTRUCTION_CHANGED.value, 1) in kinds_of(stopped)


OTHER_RAIL = (
    "update payouts set rail = 'other' where payout_id = $1",
    "update attempts set rail = 'other' where payout_id = $1",
    """update facts set data = data || '{"rail": "other"}' where payout_id = $1""",
)


@pytest.mark.parametrize("is_begun", [False, True])
async def test_no_other_rail_is_sent_what_one_rail_was_to_pay(plain_world: World, is_begun: bool) -> None:
    """It knows nothing of what the first one may have paid."""
    world = plain_world
    world.books_are_wrong_on_purpose = True
    payout = await world.order(await world.account(fund=1_000), 30)
    rail: Any = CountingRail()
    other: Any = CountingRail()
    rail.say_to_submit, rail.moves, other.moves = silence, lambda _payout: False, lambda _payout: False
    submitter = submitter_of(world.runtime, {"sandbox": rail, "other": other})
    if is_begun:
        await submitter.run_due()
    for change in OTHER_RAIL:
        await world.admin.execute(change, payout.payout_id)
    for _ in range(6):
        world.clock.advance(FINAL_MS)
        await submitter.run_due()
    assert (len(rail.submitted), other.submitted) == (int(is_begun), [])
    stopped = await world.payout(payout)
    assert (CaseKind.INSTRUCTION_CHANGED.value, 1 if is_begun else None) in kinds_of(stopped)


@pytest.mark.parametrize("of", ["an order", "its fact"])
async def test_one_row_that_nobody_can_read_stops_no_other_payout(plain_world: World, of: str) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    payout = await two_orders(world)
    await world.order(await world.account(fund=1_000), 20)
    change = {
        "an order": "update payouts set beneficiary = '{}' where payout_id = $1",
        "its fact": "update facts set data = '[1]' where payout_id = $1 and number = 1",
    }
    await world.admin.execute(change[of], payout.payout_id)
    rail = CountingRail()
    await submitter_of(world.runtime, {"sandbox": rail}).run_due()
    assert len(rail.submitted) == 2
    assert not any(f"OUT{payout.payout_id}" in reference for reference in rail.submitted)
    if of == "its fact":
        assert kinds_of(await world.payout(payout)) == [(CaseKind.INSTRUCTION_CHANGED.value, None)]
