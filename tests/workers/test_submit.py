"""The submitter against a real database and a rail that counts: whatever crashes, the money moves once.

A crash is played by taking the steps of a submitter by hand and leaving the rest of them out.
"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from outlay.core.attempt import Attempt, AttemptState
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Cancel
from outlay.core.outcome import Accepted, Failure, FailureReason, Outcome, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.schedule import DAY_MS
from outlay.rails.rail import Fence
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.store.read.history import read_history
from outlay.store.work import Taken
from outlay.workers.ask import Asking
from outlay.workers.pipeline import LEASE_MS
from outlay.workers.send import Sending
from tests.support.rails import ASK_AGAIN_MS, FINAL_MS, CountingRail, Rounds, open_fence, silence, submitter_of
from tests.support.world import World, at_once


async def submitter_in(world: World, rail: CountingRail, worker: str = "worker", **places: int) -> Rounds:
    return submitter_of(await world.process(), {"sandbox": rail}, worker, **places)


async def begin(world: World, payout: Payout) -> tuple[Payout, Attempt]:
    begun = await move_payout(world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
    assert isinstance(begun, Moved)
    assert begun.payout.attempt is not None
    return begun.payout, begun.payout.attempt


async def run_for(world: World, submitter: Rounds, ms: int, step_ms: int = 10_000) -> None:
    for _ in range(0, ms, step_ms):
        world.clock.advance(step_ms)
        await submitter.run_due()


async def test_a_payout_is_sent_accepted_and_paid(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    submitter = await submitter_in(world, rail)
    assert await submitter.run_due() == 1
    sent = await world.payout(payout)
    assert sent.attempt is not None
    assert (sent.state, sent.attempt.state) == (State.PROCESSING, AttemptState.ACCEPTED)
    assert await submitter.run_due() == 0, "nothing is asked before it is due"
    world.clock.advance(ASK_AGAIN_MS)
    assert await submitter.run_due() == 1
    assert (await world.payout(payout)).state is State.PAID
    assert await world.facts(payout) == ["ordered", "attempt_begun", "attempt_accepted", "paid"]
    assert rail.submitted == [sent.attempt.reference]
    assert rail.moved == {sent.attempt.reference: 1}
    assert await world.books(account_id) == {"funding": -100, "available": 70, "clearing:sandbox": 30}


async def test_the_attempt_is_committed_before_the_rail_is_called(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 30)
    seen: list[Payout] = []

    class Looking(CountingRail):
        async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Accepted:
            seen.append(await world.payout(payout))
            return Accepted("X")

    await (await submitter_in(world, Looking())).run_due()
    assert [now.state for now in seen] == [State.PROCESSING]
    assert seen[0].attempt is not None
    assert seen[0].attempt.reference == f"OUT{payout.payout_id}A1"


# Crashes


async def test_after_a_crash_between_commit_and_send_the_payout_is_sent_once(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    _, attempt = await begin(world, payout)
    rail = CountingRail()
    submitter = await submitter_in(world, rail)
    assert await submitter.run_due() == 0, "it might be on its way: nobody touches it yet"
    await run_for(world, submitter, FINAL_MS + 2 * ASK_AGAIN_MS)
    assert rail.asked[:2] == [attempt.reference] * 2, "asked, and asked again, before it was sent"
    assert rail.submitted == [attempt.reference]
    assert rail.moved == {attempt.reference: 1}
    assert (await world.payout(payout)).state is State.PAID
    told = ["not_found", "not_found", "sent_again", "attempt_accepted", "paid"]
    assert await world.facts(payout) == ["ordered", "attempt_begun", *told]


async def test_after_a_crash_between_send_and_record_the_payout_is_not_sent_again(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    begun, attempt = await begin(world, payout)
    rail = CountingRail()
    await rail.send(begun, attempt, open_fence())
    await run_for(world, await submitter_in(world, rail), FINAL_MS + 2 * ASK_AGAIN_MS)
    assert rail.submitted == [attempt.reference]
    assert rail.moved == {attempt.reference: 1}
    assert (await world.payout(payout)).state is State.PAID


async def test_a_rail_that_raises_is_treated_like_a_lost_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    broken, fine = await world.order(account_id, 30), await world.order(account_id, 40)
    rail = CountingRail()
    rail.say_to_submit = lambda p: OSError("reset") if p.amount_minor == 30 else Accepted("X")
    submitter = await submitter_in(world, rail)
    assert await submitter.run_due() == 2
    assert await world.facts(broken) == ["ordered", "attempt_begun", "attempt_unknown"]
    assert (await world.facts(fine))[-1] == "attempt_accepted"
    await run_for(world, submitter, FINAL_MS + 2 * ASK_AGAIN_MS)
    assert (await world.payout(broken)).state is State.PAID
    assert set(rail.moved.values()) == {1}


async def test_the_lease_of_a_worker_that_died_ends(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    assert [each.payout for each in await (await submitter_in(world, rail, "dead")).taken()] == [payout]
    submitter = await submitter_in(world, rail)
    world.clock.advance(LEASE_MS - 1)
    assert await submitter.run_due() == 0
    world.clock.advance(1)
    assert await submitter.run_due() == 1
    assert len(rail.submitted) == 1


async def test_a_worker_that_wakes_after_its_lease_does_not_send_a_second_time(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    slow, quick = await submitter_in(world, rail, "slow"), await submitter_in(world, rail, "quick")
    held = await slow.taken()
    assert [each.payout for each in held] == [payout]
    world.clock.advance(LEASE_MS)
    assert await quick.run_due() == 1
    await slow._work_on(held[0])
    assert len(rail.submitted) == 1
    assert (await world.facts(payout)).count("attempt_begun") == 1


# Not knowing


async def test_an_unknown_outcome_is_asked_about_and_never_called_failed(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    rail.say_to_submit = rail.say_to_find = silence
    submitter = await submitter_in(world, rail)
    await submitter.run_due()
    since = world.clock()
    await run_for(world, submitter, 20 * ASK_AGAIN_MS)
    now = await world.payout(payout)
    assert now.attempt is not None
    assert (now.state, now.attempt.state) == (State.PROCESSING, AttemptState.UNKNOWN)
    assert now.attempt.unknown_since_ms == since
    assert len(rail.asked) == now.attempt.questions
    assert 15 <= len(rail.asked) <= 40, "less often as it grows old"
    assert len(rail.submitted) == 1
    assert await world.facts(payout) == ["ordered", "attempt_begun", "attempt_unknown"]
    rail.say_to_find = lambda _payout: Paid("X1")
    await run_for(world, submitter, 6 * ASK_AGAIN_MS)
    assert (await world.payout(payout)).state is State.PAID


async def test_what_a_rail_does_not_know_is_never_sent_again_to_one_that_pays_duplicates(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    await begin(world, payout)
    rail = CountingRail(refuses_duplicates=False)
    await run_for(world, await submitter_in(world, rail), 20 * ASK_AGAIN_MS)
    assert rail.submitted == []
    assert len(rail.asked) == 2
    now = await world.payout(payout)
    assert now.state is State.PROCESSING
    assert [(case.kind, case.is_open) for case in now.cases] == [(CaseKind.PARKED, True)], "it waits for people"
    world.clock.advance(2 * DAY_MS)
    await (await submitter_in(world, rail)).run_due()
    assert len(rail.asked) == 3, "and is still asked about, once a day"


# Many


@pytest.mark.slow  # a race of many
async def test_submitters_on_one_database_send_each_payout_once(world: World) -> None:
    accounts = [await world.account(fund=1000) for _ in range(3)]
    payouts = [await world.order(account_id, 1 + n) for account_id in accounts for n in range(20)]
    rail = CountingRail()
    submitters = [await submitter_in(world, rail, f"worker {n}", places=16) for n in range(3)]
    worked = await at_once(*(submitter.run_due() for submitter in submitters for _ in range(2)))
    while any(await at_once(*(submitter.run_due() for submitter in submitters))):
        pass
    assert sum(done > 0 for done in worked) >= 2, "more than one round had a share"
    assert Counter(rail.submitted) == {f"OUT{payout.payout_id}A1": 1 for payout in payouts}
    assert set(rail.moved.values()) == {1}
    world.clock.advance(ASK_AGAIN_MS)
    while any(await at_once(*(submitter.run_due() for submitter in submitters))):
        pass
    assert len(rail.submitted) == len(payouts)
    assert await world.admin.fetch("select 1 from payouts where state <> 'paid'") == []


async def test_an_account_with_much_work_does_not_keep_another_waiting(world: World) -> None:
    busy, quiet = await world.account(fund=1000), await world.account(fund=10)
    for _ in range(20):
        await world.order(busy, 1)
    world.clock.advance(1)
    await world.order(quiet, 1)
    sent_for: list[UUID] = []
    rail = CountingRail()
    rail.say_to_submit = lambda payout: sent_for.append(payout.account_id) or Accepted("X")  # type: ignore[func-returns-value]
    submitter = await submitter_in(world, rail, places=16)
    assert await submitter.run_due() == 12, "three quarters of the places are for sends"
    assert quiet in sent_for


async def test_no_more_is_taken_than_there_are_places(world: World) -> None:
    accounts = [await world.account(fund=1000) for _ in range(4)]
    for account_id in accounts:
        for _ in range(10):
            await world.order(account_id, 1)
    rail = CountingRail()
    submitter = await submitter_in(world, rail, places=16)
    assert await submitter.run_due() == 12
    assert 1 < rail.most_at_once <= 12
    world.clock.advance(ASK_AGAIN_MS)
    assert await submitter.run_due() == 12 + 4, "and questions have a fourth of their own"


# What is not sent


async def test_a_payout_that_was_cancelled_after_it_was_claimed_is_not_sent(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 30)
    rail = CountingRail()
    submitter = await submitter_in(world, rail)
    claimed = await submitter.taken()
    await move_payout(world.runtime, account_id, payout.payout_id, Cancel("operator"))
    await submitter._work_on(claimed[0])
    assert rail.submitted == []
    assert (await world.payout(payout)).state is State.CANCELLED
    assert await world.books(account_id) == {"funding": -100, "available": 100}


async def test_the_next_due_time_is_told(world: World) -> None:
    account_id = await world.account(fund=100)
    submitter = await submitter_in(world, CountingRail())
    assert await submitter.next_due_ms() is None
    await world.order(account_id, 30)
    assert await submitter.next_due_ms() == world.clock()


@pytest.mark.parametrize(("kind", "name"), [(Sending, "begin"), (Asking, "follow")])
async def test_a_fault_in_one_payouts_work_does_not_stop_the_others(
    world: World, kind: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await world.account(fund=100)
    payouts = [await world.order(account_id, amount) for amount in (1, 2, 3)]
    rail = CountingRail()
    submitter = await submitter_in(world, rail)
    if kind is Asking:
        await submitter.run_due()
        world.clock.advance(ASK_AGAIN_MS)
    work_on = getattr(kind, name)

    async def fails_for_two(self: object, what: Taken | Payout, *more: Attempt) -> object:
        payout = what.payout if isinstance(what, Taken) else what
        if payout.amount_minor == 2:
            raise RuntimeError("planted")
        return await work_on(self, what, *more)

    with monkeypatch.context() as patch:
        patch.setattr(kind, name, fails_for_two)
        assert await submitter.run_due() == 3
    wanted = State.PROCESSING if kind is Sending else State.PAID
    states = [(await world.payout(payout)).state for payout in payouts]
    assert states[0] is states[2] is wanted
    assert states[1] is not wanted
    await run_for(world, submitter, LEASE_MS + 2 * ASK_AGAIN_MS)
    assert [(await world.payout(payout)).state for payout in payouts] == [State.PAID] * 3


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (Refused(Failure(FailureReason.OTHER, "no\0pe")), "no\\x00pe"),
        (Refused(Failure(FailureReason.OTHER, "no\ud800pe")), "no\\ud800pe"),
        (Accepted("X\0"), "X\\x00"),
        (Paid("X\ud800", "https://\0"), "X\\ud800"),
        (Unknown("\0"), "\\x00"),
    ],
)
async def test_what_a_rail_says_in_characters_that_no_column_takes_is_heard_all_the_same(
    world: World, said: Outcome, shown: str
) -> None:
    payout = await world.order(await world.account(fund=100), 30)
    rail = CountingRail()
    rail.say_to_submit = lambda _payout: said
    await submitter_of(world.runtime, {"sandbox": rail}).run_due()
    history = await read_history(world.runtime.database, payout)
    assert len(history.facts) == 3
    assert shown in history.facts[-1].data.values()
