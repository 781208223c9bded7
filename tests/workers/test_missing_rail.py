"""A payout whose rail this process does not have: a person is told, in words, and nothing of it is sent or lost."""

from __future__ import annotations

from outlay.core.attempt import AttemptState, attempt_reference
from outlay.core.cases import CaseKind
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.schedule import DAY_MS
from outlay.core.waiting import What, Who
from outlay.service.operator.payouts import read_waits
from outlay.store.references import RailReference, note_references
from outlay.workers.pipeline import LEASE_MS
from tests.support.rails import CountingRail, silence, submitter_of
from tests.support.world import World

NO_RAIL = "no rail here is called sandbox"


async def waits(world: World, payout: Payout) -> tuple[What, Who, tuple[str, ...]]:
    now = await world.payout(payout)
    waiting = (await read_waits(world.runtime, [now])).of(now)
    return waiting.what, waiting.who, waiting.lines


async def test_what_cannot_be_sent_for_want_of_a_rail_waits_for_a_person_and_goes_on_when_there_is_one(
    world: World,
) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    nobody = submitter_of(await world.process(), {})
    for _ in range(3):
        await nobody.run_due()
        world.clock.advance(LEASE_MS)
    now = await world.payout(payout)
    assert (now.state, now.attempts) == (State.RESERVED, ())
    assert [(case.kind, case.what) for case in now.cases] == [(CaseKind.PARKED, NO_RAIL)], "said once"
    what, who, lines = await waits(world, payout)
    assert (what, who) == (What.CANNOT_BE_SENT, Who.OPERATOR)
    assert lines[0] == f"outlay payout cancel {payout.payout_id} --by NAME"
    assert await nobody.run_due() == 0, "looked at once a day, not all the time"
    rail = CountingRail()
    world.clock.advance(2 * DAY_MS)
    assert await nobody.run_due() == 1
    assert await nobody.run_due() == 0, "and put off again"
    world.clock.advance(2 * DAY_MS)
    await submitter_of(await world.process(), {"sandbox": rail}).run_due()
    assert rail.submitted == [attempt_reference(payout.payout_id, 1)]


async def test_an_attempt_whose_rail_has_gone_is_parked_and_stays_unknown(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    rail.say_to_submit = silence
    await submitter_of(await world.process(), {"sandbox": rail}).run_due()
    nobody = submitter_of(await world.process(), {})
    for _ in range(3):
        world.clock.advance(LEASE_MS)
        await nobody.run_due()
    now = await world.payout(payout)
    assert [attempt.state for attempt in now.attempts] == [AttemptState.UNKNOWN]
    assert [(case.attempt_number, case.what) for case in now.cases] == [(1, NO_RAIL)]
    assert (await waits(world, payout))[:2] == (What.PARKED, Who.OPERATOR)
    world.clock.advance(2 * DAY_MS)
    await submitter_of(await world.process(), {"sandbox": rail}).run_due()
    assert (await world.payout(payout)).state is State.PAID, "the rail is back, and knows"


async def test_an_order_whose_reference_is_anothers_expires_all_the_same(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 30, expires_ms=world.clock() + DAY_MS)
    reference = attempt_reference(payout.payout_id, 1)
    await note_references(
        world.runtime.database, [RailReference("sandbox", reference, account_id, payout.payout_id + 1, 1)]
    )
    rail = CountingRail()
    submitter = submitter_of(await world.process(), {"sandbox": rail})
    await submitter.run_due()
    assert (await waits(world, payout))[:2] == (What.CANNOT_BE_SENT, Who.OPERATOR)
    world.clock.advance(2 * DAY_MS)
    await submitter.run_due()
    assert (await world.payout(payout)).state is State.EXPIRED
    assert await world.books(account_id) == {"funding": -100, "available": 100}
    assert rail.submitted == []
