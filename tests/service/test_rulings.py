"""What two people say about a payout whose end no rail tells: each verdict, in time and too late, and the books after
it (which are proved whenever a world is left)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from outlay.core.attempt import AttemptState
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.fees import FeePlan
from outlay.core.outcome import Accepted, FailureReason, NotFound, Paid, Unknown
from outlay.core.payout import OUTSIDE, Payout
from outlay.core.people import Role
from outlay.core.progress import State
from outlay.core.refusal import Objection, Refusal
from outlay.core.ruling import PROPOSAL_LASTS_MS
from outlay.core.rulings import Verdict
from outlay.service.merchant.perform import perform
from outlay.service.operator.people import add_person, disable_person, renew_key
from outlay.service.operator.rule_payout import Ruled
from outlay.store.read.history import newest_payouts
from tests.support.asks import caller_in, to_account
from tests.support.situations import (
    AMOUNT,
    ELSEWHERE,
    FEE,
    FIRST,
    LONG_MS,
    NO,
    asked,
    both_say,
    heard,
    moved,
    says,
    sent,
)
from tests.support.world import World, at_once

ON_ITS_WAY = {"available": 10_000 - AMOUNT - FEE, "held": AMOUNT + FEE, "funding": -10_000}
BACK = {"available": 10_000, "funding": -10_000}
ABOUT_AN_ATTEMPT = (Verdict.PAID, Verdict.NEVER_SUBMITTED, Verdict.REFUSED)


def paid_over(book: str) -> dict[str, int]:
    return {"available": 10_000 - AMOUNT - FEE, f"clearing:{book}": AMOUNT, "fees": FEE, "funding": -10_000}


async def ordered(world: World) -> Payout:
    account_id = await world.account(fund=10_000, fee=FeePlan(fixed_minor=FEE))
    return await world.order(account_id, AMOUNT)


async def lost(world: World) -> Payout:
    """Sent, asked about in time, unknown to its rail."""
    return await asked(world, await sent(world, await ordered(world)))


async def dead(world: World) -> Payout:
    """Its one attempt is dead by the word of two people."""
    return await both_say(world, await lost(world), Verdict.NEVER_SUBMITTED)


async def test_two_people_say_that_it_was_paid(world: World) -> None:
    payout = await lost(world)
    paid = await both_say(world, payout, Verdict.PAID, rail_reference="X7")
    assert (paid.state, paid.rail_reference, paid.pending.proposal) == (State.PAID, "X7", None)
    assert await world.books(payout.account_id) == paid_over("sandbox")
    assert (await world.facts(payout))[-2:] == ["proposed", "paid"]


async def test_a_proposal_alone_moves_nothing(world: World) -> None:
    payout = await lost(world)
    first = await says(world, payout, "Ana", Verdict.PAID)
    assert isinstance(first, Ruled)
    assert not first.is_decided
    now = await world.payout(payout)
    assert (now.state, now.attempts) == (State.PROCESSING, payout.attempts)
    assert await world.books(payout.account_id) == ON_ITS_WAY


@pytest.mark.parametrize("verdict", [Verdict.NEVER_SUBMITTED, Verdict.REFUSED])
async def test_two_people_say_that_an_attempt_is_dead_and_its_money_stays_held(world: World, verdict: Verdict) -> None:
    payout = await lost(world)
    now = await both_say(world, payout, verdict)
    assert (now.state, now.live_attempt, now.attempts[0].state.value) == (State.PROCESSING, None, verdict.value)
    assert await world.books(payout.account_id) == ON_ITS_WAY
    assert [case.kind for case in now.cases if case.is_open] == [CaseKind.PARKED]


async def test_money_is_given_back_only_when_every_attempt_is_dead(world: World) -> None:
    payout = await lost(world)
    assert await says(world, payout, "Ana", Verdict.GIVEN_BACK) is Objection.ATTEMPT_NOT_DEAD
    payout = await both_say(world, payout, Verdict.NEVER_SUBMITTED)
    failed = await both_say(world, payout, Verdict.GIVEN_BACK)
    assert failed.state is State.FAILED
    assert failed.failure is not None
    assert (failed.failure.reason, failed.failure.text) == (FailureReason.DECIDED_BY_HAND, "Bob has looked")
    assert await world.books(payout.account_id) == BACK
    assert await says(world, payout, "Ana", Verdict.GIVEN_BACK) is Objection.NOTHING_TO_SETTLE


async def test_paid_outside_takes_that_every_attempt_is_dead(world: World) -> None:
    payout = await sent(world, await ordered(world))
    assert await says(world, payout, "Ana", Verdict.PAID_OUTSIDE) is Objection.ATTEMPT_NOT_DEAD
    payout = await heard(world, payout, Accepted("X1"))
    assert await says(world, payout, "Ana", Verdict.PAID_OUTSIDE) is Objection.ATTEMPT_NOT_DEAD
    payout = await dead(world)
    paid = await both_say(world, payout, Verdict.PAID_OUTSIDE)
    assert (paid.state, paid.rail, paid.paid_attempt) == (State.PAID, OUTSIDE, None)
    assert await world.books(payout.account_id) == paid_over(OUTSIDE)


async def test_a_payout_that_nobody_sent_can_be_paid_outside_and_is_not_sent_then(world: World) -> None:
    payout = await ordered(world)
    assert await says(world, payout, "Ana", Verdict.GIVEN_BACK) is Objection.NOTHING_TO_SETTLE
    paid = await both_say(world, payout, Verdict.PAID_OUTSIDE)
    assert (paid.state, paid.attempts) == (State.PAID, ())
    assert await world.books(payout.account_id) == paid_over(OUTSIDE)


async def test_a_rail_that_pays_after_all_what_people_paid_outside_opens_a_case(world: World) -> None:
    payout = await both_say(world, await dead(world), Verdict.PAID_OUTSIDE)
    now = await heard(world, payout, Paid("X1"))
    assert (now.state, now.rail, now.attempts[0].state) == (State.PAID, OUTSIDE, AttemptState.PAID_UNBOOKED)
    assert now.cases[-1].kind is CaseKind.PAID_TWICE
    assert await world.books(payout.account_id) == paid_over(OUTSIDE)


@pytest.mark.parametrize("again", ["Ana", " ANA ", "A\u200bna"])
async def test_one_person_is_not_two_whatever_the_spelling(world: World, again: str) -> None:
    payout = await lost(world)
    await says(world, payout, "Ana", Verdict.PAID)
    assert await says(world, payout, again, Verdict.PAID) is Objection.NEEDS_ANOTHER_PERSON
    assert (await world.payout(payout)).state is State.PROCESSING


async def test_two_people_at_one_instant_are_one_proposal_and_one_decision(world: World) -> None:
    payout = await lost(world)
    answers: list[Any] = await at_once(*(says(world, payout, by, Verdict.PAID) for by in ("Ana", "Bob")))
    assert sorted(answer.is_decided for answer in answers) == [False, True]
    assert (await world.facts(payout)).count("paid") == 1
    assert await world.books(payout.account_id) == paid_over("sandbox")


async def test_one_person_at_two_places_at_one_instant_decides_nothing(world: World) -> None:
    payout = await lost(world)
    answers = await at_once(*(says(world, payout, by, Verdict.PAID) for by in ("Ana", "ana")))
    assert Objection.NEEDS_ANOTHER_PERSON in answers
    assert (await world.payout(payout)).state is State.PROCESSING


async def test_three_people_at_one_instant_pay_once(world: World) -> None:
    payout = await lost(world)
    answers = await at_once(*(says(world, payout, by, Verdict.PAID) for by in ("Ana", "Bob", "Cy")))
    assert answers.count(Objection.NOTHING_TO_SETTLE) == 1
    assert await world.books(payout.account_id) == paid_over("sandbox")


async def test_what_another_person_says_otherwise_is_a_proposal_of_its_own(world: World) -> None:
    payout = await lost(world)
    await says(world, payout, "Ana", Verdict.PAID, rail_reference="X1")
    for by, also in (("Bob", {}), ("Ana", {"rail_reference": "X2"}), ("Bob", {"rail_reference": "X3"})):
        answer = await says(world, payout, by, Verdict.PAID, **also)
        assert isinstance(answer, Ruled)
        assert not answer.is_decided
    assert (await world.payout(payout)).state is State.PROCESSING


async def test_a_proposal_that_the_rail_has_overtaken_is_refused(world: World) -> None:
    payout = await lost(world)
    await says(world, payout, "Ana", Verdict.NEVER_SUBMITTED)
    await heard(world, payout, Accepted("X1"))
    assert await says(world, payout, "Bob", Verdict.NEVER_SUBMITTED) is Objection.EVIDENCE_AGAINST
    await heard(world, payout, Paid("X1"))
    assert await says(world, payout, "Bob", Verdict.NEVER_SUBMITTED) is Objection.NOTHING_TO_SETTLE


async def test_what_was_proposed_of_one_attempt_is_not_decided_of_the_next(world: World) -> None:
    payout = await moved(world, await ordered(world), BeginAttempt(FIRST), Heard(1, Unknown("?"), Source.SEND))
    await says(world, payout, "Ana", Verdict.PAID)
    over = Heard(1, ELSEWHERE, rail=FIRST, rails=("sandbox", "other"))
    await moved(world, payout, over, BeginAttempt(), Heard(2, Unknown("?"), Source.SEND))
    answer = await says(world, payout, "Bob", Verdict.PAID)
    assert isinstance(answer, Ruled)
    assert not answer.is_decided, "Ana spoke of the attempt that was refused"
    assert (await world.payout(payout)).state is State.PROCESSING
    assert isinstance(decided := await says(world, payout, "Ana", Verdict.PAID), Ruled)
    assert (decided.is_decided, decided.payout.rail) == (True, "other")


async def test_a_proposal_does_not_last_for_ever(world: World) -> None:
    payout = await lost(world)
    await says(world, payout, "Ana", Verdict.PAID)
    world.clock.advance(PROPOSAL_LASTS_MS + 1)
    answer = await says(world, payout, "Bob", Verdict.PAID)
    assert isinstance(answer, Ruled)
    assert not answer.is_decided
    answer = await says(world, payout, "Ana", Verdict.PAID)
    assert isinstance(answer, Ruled)
    assert answer.is_decided


@pytest.mark.parametrize("verdict", [Verdict.NEVER_SUBMITTED, Verdict.REFUSED])
async def test_an_attempt_is_dead_only_when_its_rail_was_asked_late_enough(world: World, verdict: Verdict) -> None:
    payout = await sent(world, await ordered(world))
    assert await says(world, payout, "Ana", verdict) is Objection.NOT_ASKED_SINCE
    early = Heard(1, NotFound(), Source.ASK, "question 1", asked_ms=world.clock())
    await moved(world, payout, early)
    world.clock.advance(LONG_MS)
    assert await says(world, payout, "Ana", verdict) is Objection.NOT_ASKED_SINCE
    late = Heard(1, NotFound(), Source.ASK, "question 2", asked_ms=world.clock())
    await moved(world, payout, late)
    assert isinstance(await says(world, payout, "Ana", verdict), Ruled)


@pytest.mark.parametrize("verdict", Verdict)
async def test_nothing_is_settled_of_a_payout_that_has_ended(world: World, verdict: Verdict) -> None:
    payout = await moved(world, await ordered(world), BeginAttempt(FIRST), Heard(1, NO, Source.SEND))
    assert payout.state is State.FAILED
    expected = Objection.CASE_NOT_FOUND if verdict is Verdict.CLOSE_CASE else Objection.NOTHING_TO_SETTLE
    assert await says(world, payout, "Ana", verdict) is expected
    assert await world.books(payout.account_id) == BACK


@pytest.mark.parametrize("verdict", ABOUT_AN_ATTEMPT)
async def test_nothing_is_said_of_an_attempt_where_there_is_none(world: World, verdict: Verdict) -> None:
    assert await says(world, await ordered(world), "Ana", verdict) is Objection.NOTHING_TO_SETTLE


async def test_a_worker_that_sends_and_people_that_pay_outside_never_both_do(world: World) -> None:
    payout = await ordered(world)
    await says(world, payout, "Ana", Verdict.PAID_OUTSIDE)
    begin = moved(world, payout, BeginAttempt(FIRST))
    answers = await at_once(says(world, payout, "Bob", Verdict.PAID_OUTSIDE), begin)
    now = await world.payout(payout)
    if now.state is State.PAID:
        assert now.attempts == ()
        assert isinstance(answers[1], AssertionError)
    else:
        assert answers[0] is Objection.ATTEMPT_NOT_DEAD
        assert now.state is State.PROCESSING


async def test_people_end_an_attempt_that_is_still_open_beside_the_one_that_paid(world: World) -> None:
    """Else the cases of such a payout could never be closed: its other rail may never answer."""
    over = Heard(1, ELSEWHERE, rail=FIRST, rails=("sandbox", "other"))
    payout = await moved(world, await ordered(world), BeginAttempt(FIRST), over, BeginAttempt())
    payout = await heard(world, payout, Paid("X1"))
    assert (payout.state, payout.rail) == (State.PAID, "sandbox")
    payout = await asked(world, payout, 2)
    now = await both_say(world, payout, Verdict.NEVER_SUBMITTED)
    assert [attempt.state for attempt in now.attempts] == [AttemptState.PAID, AttemptState.NEVER_SUBMITTED]
    assert await world.books(payout.account_id) == paid_over("sandbox")
    assert await says(world, payout, "Ana", Verdict.NEVER_SUBMITTED) is Objection.NOTHING_TO_SETTLE


async def test_people_who_say_paid_of_a_second_attempt_open_a_case_and_move_nothing(world: World) -> None:
    over = Heard(1, ELSEWHERE, rail=FIRST, rails=("sandbox", "other"))
    payout = await moved(world, await ordered(world), BeginAttempt(FIRST), over, BeginAttempt(), Heard(1, Paid("X1")))
    now = await both_say(world, payout, Verdict.PAID, rail_reference="Y1")
    assert now.cases[-1].kind is CaseKind.PAID_TWICE
    assert await world.books(payout.account_id) == paid_over("sandbox")


async def test_people_cannot_say_that_an_account_here_was_paid(world: World) -> None:
    """Its books tell, and what people say would not give it the money."""
    account_id = await world.account(fund=10_000, fee=FeePlan(fixed_minor=FEE))
    child = await world.account(parent_id=account_id)
    caller = await caller_in(world, account_id)
    assert not isinstance(await perform(world.runtime, caller, to_account(AMOUNT, "internal", child)), Refusal)
    (payout,) = await newest_payouts(world.runtime.database, account_id=account_id, state=None, limit=1)
    payout = await moved(world, payout, BeginAttempt())
    assert await says(world, payout, "Ana", Verdict.PAID) is Objection.NOTHING_TO_SETTLE


@pytest.mark.parametrize("change", [disable_person, renew_key])
async def test_what_was_proposed_before_somebody_was_disabled_or_lost_their_key_is_nobodys_word(
    world: World, change: Callable[..., Awaitable[object]]
) -> None:
    payout = await lost(world)
    for name in ("ana", "bob", "eve"):
        await add_person(world.runtime, name, Role.APPROVER)
    await says(world, payout, "ana", Verdict.PAID)
    world.clock.advance(1)
    await change(world.runtime, "ana")
    second = await says(world, await world.payout(payout), "bob", Verdict.PAID)
    assert isinstance(second, Ruled)
    assert not second.is_decided, "it is a first word again"
    third = await says(world, second.payout, "eve", Verdict.PAID)
    assert isinstance(third, Ruled)
    assert third.is_decided
