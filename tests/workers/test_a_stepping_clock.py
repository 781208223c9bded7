"""The database's clock steps while a request is still on its way: nothing is sent again, and nothing is called failed,
before the clock has gone on for as long as the request may need.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.attempt import CLOCK_LOOKED_AT_MS, Attempt, RailTerms
from outlay.core.cases import CaseKind
from outlay.core.outcome import Accepted, Failure, FailureReason, NotFound, Outcome, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.schedule import UNKNOWN_PARKS_MS
from outlay.rails.rail import Fence
from outlay.store.epochs import begin_epoch
from outlay.workers.pipeline import LEASE_MS
from tests.support.rails import FINAL_MS, CountingRail, Rounds, submitter_of
from tests.support.world import World

HOUR_MS = 3_600_000
CALM_MS = FINAL_MS + CLOCK_LOOKED_AT_MS
NO_FUNDS = Refused(Failure(FailureReason.RAIL_OUT_OF_FUNDS, "no funds"))


class Followed:
    """What the process has seen of the clock, as the test says."""

    def __init__(self) -> None:
        self.calm, self.confirmed, self.ago = 10 * HOUR_MS, 10 * HOUR_MS, 0
        self.waited = self.behind = 0
        self.looks = True

    def behind_ms(self) -> int:
        return self.behind

    def looked_ago_ms(self) -> int:
        return self.ago

    def calm_ms(self, at_ms: int) -> int:
        return self.calm

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        self.waited += 1
        if self.looks:
            self.ago = 0
        return self.confirmed


class SlowBank:
    """Its first request is still on its way. It takes what it has refused before, and sees no duplicate of what has not
    arrived."""

    def __init__(self) -> None:
        self.terms = RailTerms("sandbox", refuses_duplicates=True)
        self.sent: list[str] = []

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        assert fence.is_open()
        fence.has_left()
        self.sent.append(attempt.reference)
        return Unknown("no answer") if len(self.sent) == 1 else NO_FUNDS

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        return NotFound() if len(self.sent) == 1 else NO_FUNDS


async def submitter_in(world: World, rail: SlowBank | CountingRail, followed: Followed) -> Rounds:
    return submitter_of(replace(await world.process(), following=followed), {"sandbox": rail})


async def sent_and_stepped(world: World, followed: Followed) -> tuple[Payout, SlowBank, Rounds]:
    """The request left a moment ago, and the clock says that an hour has passed."""
    bank = SlowBank()
    payout = await world.order(await world.account(fund=100), 30)
    submitter = await submitter_in(world, bank, followed)
    assert await submitter.run_due() == 1
    world.clock.advance(HOUR_MS)
    return payout, bank, submitter


async def run_for(world: World, submitter: Rounds, ms: int) -> None:
    for _ in range(0, ms, 6_000):
        await submitter.run_due()
        world.clock.advance(6_000)


@pytest.mark.parametrize(("calm_ms", "is_believed"), [(0, False), (CALM_MS - 1, False), (CALM_MS, True)])
async def test_after_a_step_ahead_nothing_is_sent_again_until_the_clock_was_calm_for_long_enough(
    world: World, calm_ms: int, *, is_believed: bool
) -> None:
    followed = Followed()
    payout, bank, submitter = await sent_and_stepped(world, followed)
    followed.confirmed = calm_ms
    await run_for(world, submitter, HOUR_MS // 20)
    now = await world.payout(payout)
    if is_believed:  # which after a step would be a lie: then the request that was still on its way pays
        assert (now.state, len(bank.sent)) == (State.FAILED, 2)
    else:
        assert (now.state, len(bank.sent)) == (State.PROCESSING, 1)
        followed.confirmed = CALM_MS
        await run_for(world, submitter, HOUR_MS // 20)
        assert (await world.payout(payout)).state is State.FAILED, "by a clock that is calm again it ends"


async def test_what_no_clock_is_ever_calm_for_is_left_to_people_after_days(world: World) -> None:
    followed = Followed()
    payout, bank, submitter = await sent_and_stepped(world, followed)
    followed.calm = followed.confirmed = 0
    world.clock.advance(UNKNOWN_PARKS_MS)
    await submitter.run_due()
    assert [case.kind for case in (await world.payout(payout)).cases] == [CaseKind.PARKED]
    assert len(bank.sent) == 1


async def test_nor_does_what_is_older_than_an_epoch_wait_for_such_a_clock_without_end(world: World) -> None:
    followed, rail = Followed(), CountingRail()
    payout = await world.order(await world.account(fund=100), 30)
    await begin_epoch(world.runtime.database, why="restored", by="ana", now_ms=world.clock())
    await world.admin.execute("update accounts set epoch_ms = $1", world.clock())
    followed.calm = followed.confirmed = 0
    submitter = await submitter_in(world, rail, followed)
    for _ in range(2):
        assert await submitter.run_due() == 1
        world.clock.advance(UNKNOWN_PARKS_MS)
    assert [case.kind for case in (await world.payout(payout)).cases] == [CaseKind.PARKED]
    assert rail.submitted == []


async def test_only_a_look_after_the_question_confirms_that_the_clock_was_calm(world: World) -> None:
    """Until it looks again, a process does not know that the clock went back; others go by it already."""
    followed = Followed()
    payout, _, submitter = await sent_and_stepped(world, followed)
    followed.calm, followed.confirmed, followed.waited = 10 * HOUR_MS, 0, 0
    await run_for(world, submitter, HOUR_MS // 20)
    assert (await world.payout(payout)).state is State.PROCESSING
    assert followed.waited > 1


async def test_what_any_clock_may_say_waits_for_no_look(world: World) -> None:
    followed, rail = Followed(), CountingRail()
    rail.say_to_submit = lambda _payout: Unknown("no answer")
    payout = await world.order(await world.account(fund=100), 30)
    submitter = await submitter_in(world, rail, followed)
    await submitter.run_due()
    for answer in (Unknown("no answer"), Accepted("X1"), Paid("X1")):
        rail.say_to_find = lambda _payout, said=answer: said
        world.clock.advance(HOUR_MS)
        assert await submitter.run_due() == 1
    assert (await world.payout(payout)).state is State.PAID
    assert followed.waited == 0


async def test_what_one_refuses_who_stood_still_while_another_sent_again_is_no_end(world: World) -> None:
    """It asked before the second send, by a clock that was an hour ahead then."""
    bank, followed = SlowBank(), Followed()
    payout = await world.order(await world.account(fund=100), 30)
    quick = await submitter_in(world, bank, followed)
    await quick.run_due()
    begun = await world.payout(payout)
    slow = await submitter_in(world, bank, followed)
    while len(bank.sent) < 2:
        await run_for(world, quick, 6_000)
    assert begun.attempt is not None
    real_ms = world.clock.now
    world.clock.advance(HOUR_MS)
    assert await slow._asking.ask(bank, begun, begun.attempt) is None
    world.clock.now = real_ms
    assert (await world.payout(payout)).state is State.PROCESSING
    now = await world.payout(payout)
    assert now.attempt is not None
    world.clock.advance(HOUR_MS)
    assert await slow._asking.ask(bank, now, now.attempt) is None
    assert (await world.payout(payout)).state is State.FAILED, "who knows of both may say so"


async def test_that_a_send_left_late_is_told_by_a_clock_that_was_looked_at(world: World) -> None:
    followed = Followed()

    class Stopped(SlowBank):
        async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
            assert fence.is_open()
            world.clock.advance(HOUR_MS)  # at the door
            followed.ago = HOUR_MS
            fence.has_left()
            return Accepted("X1")

    payout = await world.order(await world.account(fund=100), 30)
    await (await submitter_in(world, Stopped(), followed)).run_due()
    (send,) = (await world.payout(payout)).attempts[0].sends
    assert (send.is_late, followed.ago, followed.waited) == (True, 0, 1)


@pytest.mark.parametrize("looks", [True, False])
async def test_that_a_send_left_late_is_told_also_where_the_clock_cannot_be_looked_at(
    world: World, *, looks: bool
) -> None:
    """What is not told is sent again by others."""
    followed = Followed()

    class Stopped(SlowBank):
        async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
            assert fence.is_open()
            world.clock.advance(HOUR_MS)
            followed.ago, followed.looks = HOUR_MS, looks
            fence.has_left()
            return Accepted("X1")

    payout = await world.order(await world.account(fund=100), 30)
    await (await submitter_in(world, Stopped(), followed)).run_due()
    (send,) = (await world.payout(payout)).attempts[0].sends
    assert send.is_late


async def test_a_send_is_counted_from_the_latest_that_its_time_can_be(world: World) -> None:
    followed = Followed()
    followed.behind = 1_700
    payout = await world.order(await world.account(fund=100), 30)
    await (await submitter_in(world, SlowBank(), followed)).run_due()
    (send,) = (await world.payout(payout)).attempts[0].sends
    assert send.real_ms == world.clock() + 1_700


async def test_nothing_is_sent_by_a_clock_that_was_not_looked_at_lately(world: World) -> None:
    """After a pause it may have stepped: a send that is committed under a time of before would seem old at once."""
    followed, rail = Followed(), CountingRail()
    payout = await world.order(await world.account(fund=100), 30)
    submitter = await submitter_in(world, rail, followed)
    followed.ago, followed.looks = CLOCK_LOOKED_AT_MS + 1, False
    await submitter.run_due()
    assert await world.facts(payout) == ["ordered"]
    assert rail.submitted == []
    followed.looks = True
    await submitter.run_due()
    assert (await world.facts(payout))[:2] == ["ordered", "attempt_begun"]
    assert len(rail.submitted) == 1


async def test_nothing_is_sent_again_by_a_clock_that_was_not_looked_at_lately(world: World) -> None:
    followed, rail = Followed(), CountingRail()
    rail.moves = lambda _payout: False
    rail.say_to_submit = lambda _payout: Unknown("no answer")
    payout = await world.order(await world.account(fund=100), 30)
    submitter = await submitter_in(world, rail, followed)
    await submitter.run_due()
    followed.ago, followed.looks = CLOCK_LOOKED_AT_MS + 1, False
    await run_for(world, submitter, HOUR_MS // 20)
    assert (await world.facts(payout))[-2:] == ["not_found", "not_found"]
    assert len(rail.submitted) == 1
    followed.looks, rail.moves = True, lambda _payout: True
    await run_for(world, submitter, LEASE_MS + 12_000)
    assert "sent_again" in await world.facts(payout)
    assert len(rail.submitted) == 2
