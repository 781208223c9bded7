"""Workers after the database has lost time: what is older than the epoch is asked about, and not sent unasked.

The rail is outside the database, so what was sent in the lost time it has, and the database has not.
"""

from __future__ import annotations

import asyncio

import pytest

from outlay.core.attempt import SEND_WITHIN_MS, attempt_reference
from outlay.core.cases import CaseKind
from outlay.core.events import Approve, Cancel, Expire, Heard, Source
from outlay.core.outcome import Accepted, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection
from outlay.core.schedule import DAY_MS
from outlay.service.engine.move_payout import move_payout
from outlay.service.operator.cancel_order import cancel_order
from outlay.store.epochs import begin_epoch
from outlay.store.references import find_reference
from outlay.workers.pipeline import LEASE_MS
from tests.support.rails import FINAL_MS, CountingRail, all_due, silence, submitter_of
from tests.support.world import World

NO_RAIL = "no rail here is called sandbox"


async def lose_time(world: World) -> tuple[int, int]:
    """As `outlay recover` does; the epoch begins by the clock of this world."""
    begun = await begin_epoch(world.runtime.database, why="restored", by="ana", now_ms=world.clock())
    await world.admin.execute("update accounts set epoch_ms = $1", world.clock())
    return begun


def was_sent(rail: CountingRail, payout: Payout) -> str:
    """In the time that was lost."""
    reference = attempt_reference(payout.payout_id, 1)
    rail.moved[reference] = 1
    return reference


async def run_for(world: World, rail: CountingRail, ms: int, step_ms: int = 5_000) -> None:
    submitter = submitter_of(await world.process(), {"sandbox": rail})
    for _ in range(0, ms, step_ms):
        await submitter.run_due()
        world.clock.advance(step_ms)


async def test_nothing_is_sent_that_was_not_asked_about_first(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payouts = [await world.order(account_id, 30) for _ in range(4)]
    rail = CountingRail(refuses_duplicates=False)
    lost = was_sent(rail, payouts[0])
    assert await lose_time(world) == (2, 4)
    await run_for(world, rail, FINAL_MS)
    assert rail.submitted == []
    await run_for(world, rail, 60_000)
    assert sorted(rail.submitted) == sorted(attempt_reference(payout.payout_id, 1) for payout in payouts[1:])
    assert set(rail.moved.values()) == {1}
    found = await world.payout(payouts[0])
    assert (found.state, found.attempts[0].reference) == (State.PAID, lost)
    assert await world.facts(payouts[0]) == ["ordered", "attempt_recovered", "paid"]
    told = ["ordered", "not_found", "not_found", "cleared", "attempt_begun", "attempt_accepted"]
    assert (await world.facts(payouts[1]))[:6] == told
    owner = await find_reference(world.runtime.database, "sandbox", lost)
    assert owner is not None
    assert owner.payout_id == payouts[0].payout_id


async def test_an_attempt_that_a_rail_tells_of_is_found_by_its_reference_from_then_on(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30)
    await lose_time(world)
    said = Heard(1, Accepted("X1"), Source.CALLBACK, "callback", rail=CountingRail().terms)
    await move_payout(world.runtime, account_id, payout.payout_id, said)
    owner = await find_reference(world.runtime.database, "sandbox", attempt_reference(payout.payout_id, 1))
    assert owner is not None
    assert (owner.account_id, owner.payout_id, owner.attempt_number) == (account_id, payout.payout_id, 1)


async def test_what_is_ordered_in_the_epoch_is_sent_at_once(world: World) -> None:
    account_id = await world.account(fund=1_000)
    await lose_time(world)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    await run_for(world, rail, 5_000)
    assert (len(rail.submitted), rail.asked) == (1, [])
    assert (await world.payout(payout)).epoch == 2


async def test_a_payout_that_was_sent_in_the_lost_time_can_not_be_stopped_in_the_meantime(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30, expires_ms=world.clock() + 1_000)
    await lose_time(world)
    world.clock.advance(2_000)
    cancelled = await cancel_order(world.runtime, account_id, Cancel("ana"), payout_id=payout.payout_id)
    assert cancelled is Objection.NOT_ASKED_ABOUT
    assert await move_payout(world.runtime, account_id, payout.payout_id, Expire()) is Objection.NOT_ASKED_ABOUT
    rail = CountingRail()
    was_sent(rail, payout)
    await run_for(world, rail, 5_000)
    assert (await world.payout(payout)).state is State.PAID


async def test_what_waits_for_a_reviewer_is_asked_about_as_well(world: World) -> None:
    account_id = await world.account(fund=1_000, needs_review=True)
    sent, unsent = await world.order(account_id, 30), await world.order(account_id, 40)
    rail = CountingRail()
    rail.say_to_find = lambda payout: Accepted("X1")
    was_sent(rail, sent)
    assert await lose_time(world) == (2, 2)
    await run_for(world, rail, 60_000)
    assert (await world.payout(sent)).state is State.PROCESSING
    assert ((await world.payout(unsent)).state, (await world.payout(unsent)).epoch) == (State.IN_REVIEW, 2)
    await move_payout(world.runtime, account_id, unsent.payout_id, Approve("bob"))
    await run_for(world, rail, 5_000)
    assert rail.submitted == [attempt_reference(unsent.payout_id, 1)]
    assert await world.admin.fetchval("select count(*) from work where payout_id = $1", sent.payout_id) == 1


async def test_a_rail_that_does_not_say_is_asked_on_and_people_are_told(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    was_sent(rail, payout)
    rail.say_to_find = lambda payout: Unknown("no answer")
    await lose_time(world)
    await run_for(world, rail, 4 * DAY_MS, step_ms=DAY_MS // 4)
    parked = await world.payout(payout)
    assert (parked.state, [case.kind for case in parked.cases]) == (State.RESERVED, [CaseKind.PARKED])
    asked = len(rail.asked)
    await run_for(world, rail, 2 * DAY_MS, step_ms=DAY_MS // 4)
    assert 0 < len(rail.asked) - asked <= 3
    assert rail.submitted == []


async def test_of_two_workers_and_a_loss_of_time_between_them_nobody_sends_unasked(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payouts = [await world.order(account_id, 30) for _ in range(3)]
    rail = CountingRail(refuses_duplicates=False)
    one, other = [submitter_of(await world.process(), {"sandbox": rail}, name) for name in ("one", "other")]
    taken = await all_due(world.runtime, one._list, lease_ms=1)
    for payout in payouts:
        was_sent(rail, payout)
    await lose_time(world)
    await asyncio.gather(*(one._work_on(each) for each in taken), other.run_due())
    assert rail.submitted == []
    assert {(await world.payout(payout)).state for payout in payouts} == {State.PAID}


async def test_time_that_is_lost_between_commit_and_send_makes_the_send_one_of_several(world: World) -> None:
    account_id = await world.account(fund=1_000)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    submitter = submitter_of(await world.process(), {"sandbox": rail})
    send = rail.send

    async def lose_time_first(*arguments: object) -> object:
        await lose_time(world)
        return await send(*arguments)  # type: ignore[arg-type]

    rail.send = lose_time_first  # type: ignore[method-assign,assignment]
    await submitter.run_due()
    assert await world.facts(payout) == ["ordered", "attempt_begun", "recalled", "attempt_accepted"]
    assert (await world.payout(payout)).attempts[0].final_ms >= world.clock() + SEND_WITHIN_MS


async def test_people_are_told_of_what_is_under_way_at_a_rail_that_is_not_here_and_so_cannot_be_asked(
    world: World,
) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    rail.say_to_submit = silence
    await run_for(world, rail, 5_000)
    await lose_time(world)
    nobody = submitter_of(await world.process(), {})
    for _ in range(3):
        world.clock.advance(LEASE_MS)
        await nobody.run_due()
    parked = await world.payout(payout)
    assert [(case.kind, case.attempt_number, case.what) for case in parked.cases] == [(CaseKind.PARKED, 1, NO_RAIL)]
    assert parked.epoch == 1, "it is still to be asked about"
    world.clock.advance(2 * DAY_MS)
    await run_for(world, rail, 5_000)
    assert (await world.payout(payout)).state is State.PAID


@pytest.mark.parametrize("expires_after_ms", [None, 1_000, 60_000])
async def test_what_waits_for_a_reviewer_is_looked_at_once_a_day_until_its_rail_is_here(
    world: World, expires_after_ms: int | None
) -> None:
    account_id = await world.account(fund=1_000, needs_review=True)
    expires_ms = None if expires_after_ms is None else world.clock() + expires_after_ms
    payout = await world.order(account_id, 30, expires_ms=expires_ms)
    await lose_time(world)
    nobody = submitter_of(await world.process(), {})
    world.clock.advance(2_000)
    assert await nobody.run_due() == 1
    world.clock.advance(DAY_MS // 2)
    assert await nobody.run_due() == (1 if expires_after_ms == 60_000 else 0), "when it would expire, if later"
    assert await nobody.run_due() == 0
    rail = CountingRail()
    await run_for(world, rail, 5 * DAY_MS, step_ms=DAY_MS // 4)
    assert (rail.submitted, len(rail.asked)) == ([], 3), "once to begin asking, twice as evidence"
    now = await world.payout(payout)
    assert now.epoch == 2
    assert now.state is (State.IN_REVIEW if expires_after_ms is None else State.EXPIRED)


async def test_what_was_changed_behind_our_back_is_asked_about_all_the_same_and_can_be_stopped_then(
    world: World,
) -> None:
    account_id = await world.account(fund=1_000)
    sent, unsent = await world.order(account_id, 30), await world.order(account_id, 40)
    rail = CountingRail()
    was_sent(rail, sent)
    await lose_time(world)
    await world.admin.execute('update payouts set remarks = \'{"description": "another"}\'')
    await run_for(world, rail, 60_000)
    assert (await world.payout(sent)).state is State.PAID
    assert [case.kind for case in (await world.payout(unsent)).cases] == [CaseKind.INSTRUCTION_CHANGED]
    assert rail.submitted == []
    cancelled = await cancel_order(world.runtime, account_id, Cancel("ana"), payout_id=unsent.payout_id)
    assert not isinstance(cancelled, No), cancelled.name
