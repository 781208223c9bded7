"""Whole lives of payouts against the books: after every step, of any sequence, the laws of payout_laws hold.

The faults of payout_faults are the control: each is planted in the core and must be caught, once by a short story that
names the law it breaks and once by lives at random, so neither the laws nor the search can be empty. A law that no
fault breaks fails the last test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.core.account import Terms
from outlay.core.attempt import AttemptState
from outlay.core.cases import CaseKind, Remedy
from outlay.core.events import Event
from outlay.core.facts import FactKind
from outlay.core.fees import FeePlan
from outlay.core.payout import Order
from outlay.core.progress import State
from outlay.core.refusal import Objection, Refusal
from tests.core.payout_faults import (
    FAULTS,
    HOUR_MS,
    PAID,
    look_at_no_balance,
    lose_what_is_held,
    lose_what_is_taken,
    order_without_the_fee,
)
from tests.core.payout_laws import LAWS, NEXT, NEXT_OF_ATTEMPT, LawBroken
from tests.core.payout_world import ACCOUNT, BENEFICIARY, Core, Life, World, live

LIVES = 100
"""Always the same ones. They find every fault, and come to every state, fact, case, remedy and refusal."""


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chance=st.randoms(note_method_calls=False, use_true_random=False))
def test_every_law_holds_after_every_step_of_any_life(chance: Random) -> None:
    Life(Core(), chance, set()).go_on(100)


@pytest.mark.slow  # a hundred whole lives
def test_known_lives_keep_every_law_and_reach_every_state_fact_case_remedy_and_refusal() -> None:
    refusals = {
        Refusal.ACCOUNT_CLOSED, Refusal.AMOUNT_TOO_SMALL, Refusal.AMOUNT_TOO_LARGE, Refusal.INSUFFICIENT_BALANCE,
        Objection.NOT_IN_REVIEW, Objection.AWAITS_REVIEW, Objection.REVIEWED_BY_ORDERER, Objection.ALREADY_SENT,
        Objection.ALREADY_ENDED, Objection.ATTEMPT_LIVE, Objection.ATTEMPT_UNKNOWN, Objection.AWAITS_PEOPLE,
        Objection.NOT_TO_BE_SENT_AGAIN, Objection.NOTHING_TO_SETTLE, Objection.EVIDENCE_AGAINST,
        Objection.NOT_ASKED_SINCE, Objection.ATTEMPT_NOT_DEAD, Objection.CASE_NOT_FOUND, Objection.CASE_IS_CLOSED,
        Objection.MONEY_STILL_OPEN, Objection.REMEDY_IMPOSSIBLE, Objection.NEEDS_ANOTHER_PERSON,
    }  # fmt: skip
    after_lost_time = {FactKind.RECALLED, FactKind.ATTEMPT_RECOVERED, FactKind.CLEARED, CaseKind.LOST_ATTEMPT}
    reached = {*State, *AttemptState, *FactKind, *CaseKind, *Remedy, *refusals, "same", "changed"} - after_lost_time
    assert live(Core(), LIVES) == reached


def test_the_order_of_states_has_no_way_back() -> None:
    assert set(NEXT) == set(State)
    assert set(NEXT_OF_ATTEMPT) == set(AttemptState)

    def reachable(state: State) -> set[State]:
        return NEXT[state].union(*map(reachable, NEXT[state]))

    assert all(state not in reachable(state) for state in State)


# controls: each fault must be caught


def faulty(fault: Callable[..., Any]) -> Core:
    """The core with this fault in it."""
    if fault is order_without_the_fee:
        return Core(order=fault)
    in_the_books = fault in (lose_what_is_taken, lose_what_is_held, look_at_no_balance)
    return Core(apply=fault) if in_the_books else Core(step=fault)


def tell_story(core: Core, events: Iterable[Event | int]) -> None:
    """Two payouts of 100 with a fee of 10 and an hour's time, and money for two. The sound core pays the first, so that
    there is money in clearing to be taken wrongly; the second lives in `core`; a third finds money only if the second
    gave it back."""
    world = World(Core())
    world.fund("BRL", 220)
    what = Order(
        reference="R",
        currency="BRL",
        amount_minor=100,
        beneficiary=BENEFICIARY,
        expires_ms=world.now_ms + HOUR_MS,
    )
    world.order(what, ACCOUNT, Terms(FeePlan(5, 50_000)))
    for event in PAID:
        world.tell(1, event)
    world.core = core
    world.order(what, ACCOUNT, Terms(FeePlan(5, 50_000)))
    for told in events:
        if isinstance(told, int):
            world.now_ms += told
        else:
            world.tell(2, told)
    world.order(what, ACCOUNT, Terms())


@pytest.mark.parametrize(("fault", "broken", "story"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_control_each_planted_fault_breaks_its_law_and_the_sound_core_does_not(
    fault: Callable[..., Any], broken: str, story: tuple[Event | int, ...]
) -> None:
    tell_story(Core(), story)
    with pytest.raises(LawBroken) as caught:
        tell_story(faulty(fault), story)
    assert caught.value.law == broken


@pytest.mark.slow  # a search for each; its story finds each fault at once
@pytest.mark.parametrize("fault", dict.fromkeys(fault for fault, _, _ in FAULTS), ids=lambda fault: fault.__name__)
def test_control_random_lives_find_each_planted_fault(fault: Callable[..., Any]) -> None:
    with pytest.raises(LawBroken):
        live(faulty(fault), 4 * LIVES)  # until one finds it


def test_control_every_law_can_be_broken() -> None:
    assert {broken for _, broken, _ in FAULTS} == set(LAWS)
