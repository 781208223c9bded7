"""What people decide: by two, each condition looked at twice, and nothing that an attempt which may live denies."""

from __future__ import annotations

import pytest

from outlay.core.attempt import AttemptState
from outlay.core.cases import NO_MONEY, CaseKind, Remedy
from outlay.core.events import Rule
from outlay.core.facts import FactKind
from outlay.core.life import step
from outlay.core.outcome import Accepted
from outlay.core.payout import State
from outlay.core.rulings import Ruling, Verdict
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    FINAL,
    HOUR_MS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    TIMEOUT,
    accept,
    after,
    asked,
    at,
    back,
    by_two,
    called,
    closed,
    late,
    sent,
    told,
)

MONEY_VERDICTS = [verdict for verdict in Verdict if verdict is not Verdict.CLOSE_CASE]


@pytest.mark.parametrize("verdict", MONEY_VERDICTS)
def test_naming_a_case_about_no_money_does_not_let_one_person_decide_about_money(verdict: Verdict) -> None:
    one_late = after(BEGIN, late(6_000), sent(TIMEOUT), asked(DAY := 86_400_000, NOT_FOUND))
    dead = after(BEGIN, late(6_000), sent(TIMEOUT), asked(DAY, NOT_FOUND), *by_two(Verdict.NEVER_SUBMITTED))
    needs_dead = verdict in (Verdict.PAID_OUTSIDE, Verdict.GIVEN_BACK)
    payout = dead if needs_dead else one_late
    assert payout.cases[0].kind in NO_MONEY
    ruling = Rule(Ruling(verdict, "", case_number=1), "ana", "seen", at(DAY))
    decided = accept(step(payout, ruling, NOW_MS))
    assert [fact.kind for fact in decided.facts] == [FactKind.PROPOSED]
    assert decided.payout.state is State.PROCESSING
    assert not decided.postings


def test_what_was_paid_outside_does_not_bear_the_name_that_a_rail_gave_a_dead_attempt() -> None:
    story = (BEGIN, sent(Accepted("CH-1")), asked(FINAL, TIMEOUT), *by_two(Verdict.REFUSED))
    assert after(*story, *by_two(Verdict.PAID_OUTSIDE)).rail_reference is None
    assert after(*story, *by_two(Verdict.PAID_OUTSIDE, name="WIRE-7")).rail_reference == "WIRE-7"


def test_after_people_ended_the_last_attempt_no_rail_is_tried_again_by_itself() -> None:
    payout = after(
        *AT_THE_SECOND,
        called(Accepted("X")),  # of the first, which was refused
        sent(NO_SUCH_ACCOUNT, 2),
        called(Accepted("Y")),  # nothing is alive: the first one is, again
        asked(FINAL, TIMEOUT),
        *by_two(Verdict.REFUSED),
    )
    assert payout.state is State.PROCESSING
    assert payout.live_attempt is None
    assert not payout.is_between_rails


WAITING = (BEGIN, sent(TIMEOUT), back("A", 60), back("B", 40), asked(FINAL, TIMEOUT))


def test_closing_the_case_of_one_return_that_waits_leaves_the_other_one_waiting_for_two_people() -> None:
    failed = after(*WAITING, *by_two(Verdict.REFUSED), *by_two(Verdict.GIVEN_BACK))
    assert [case.kind for case in failed.cases[:2]] == [CaseKind.RETURN_BEFORE_PAID] * 2
    of_a = told(failed, *(closed(1, Remedy.BACK_TO_US, 60, by) for by in ("ana", "bob")))
    assert [early.number for early in of_a.pending.early] == ["B"]
    by_one = accept(step(of_a, closed(2), NOW_MS))
    assert [fact.kind for fact in by_one.facts] == [FactKind.PROPOSED]
    of_b = accept(
        step(told(of_a, closed(2, Remedy.BACK_TO_US, 40, "ana")), closed(2, Remedy.BACK_TO_US, 40, "bob"), NOW_MS)
    )
    assert [posting.amount_minor for posting in of_b.postings] == [40]
    assert not of_b.payout.pending.early


def test_what_left_late_after_people_ended_it_says_since_when_it_is_unknown() -> None:
    dead = after(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND), *by_two(Verdict.NEVER_SUBMITTED))
    alive = accept(step(dead, late(HOUR_MS), NOW_MS + 77)).payout.attempts[0]
    assert (alive.state, alive.unknown_since_ms) == (AttemptState.UNKNOWN, NOW_MS + 77)
