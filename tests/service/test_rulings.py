"""What two people say about a payout whose end no rail tells: each verdict, in time and too late, and the books after
it (which are proved whenever a world is left)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from outlay.core.events import BeginAttempt
from outlay.core.fees import FeePlan
from outlay.core.outcome import FailureReason
from outlay.core.payout import Payout
from outlay.core.people import Role
from outlay.core.progress import State
from outlay.core.refusal import Objection
from outlay.core.rulings import Verdict
from outlay.service.operator.people import add_person, disable_person, renew_key
from outlay.service.operator.rule_payout import Ruled
from tests.support.situations import (
    AMOUNT,
    FEE,
    FIRST,
    asked,
    both_say,
    moved,
    says,
    sent,
)
from tests.support.world import World, at_once

ON_ITS_WAY = {"available": 10_000 - AMOUNT - FEE, "held": AMOUNT + FEE, "funding": -10_000}
BACK = {"available": 10_000, "funding": -10_000}


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
