"""What people decide: by two, each condition looked at twice, and nothing that an attempt which may live denies."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.attempt import AttemptState
from outlay.core.cases import REMEDIES, CaseKind, Remedy
from outlay.core.events import Event, Heard, Rule
from outlay.core.facts import FactKind
from outlay.core.life import step
from outlay.core.outcome import Accepted, Paid
from outlay.core.payout import INTERNAL_RAIL
from outlay.core.progress import State
from outlay.core.refusal import Objection
from outlay.core.rulings import Ruling, Verdict
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    BEGIN_SECOND,
    BETWEEN_RAILS,
    DAY_MS,
    FINAL,
    FINAL_TWICE,
    HOUR_MS,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    SENT_TWICE,
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
    ruled,
    sent,
    told,
)

NO_MONEY = {kind for kind, remedies in REMEDIES.items() if not remedies}
"""Nothing about money is ever open in these."""
MONEY_VERDICTS = [verdict for verdict in Verdict if verdict is not Verdict.CLOSE_CASE]


@pytest.mark.parametrize("verdict", MONEY_VERDICTS)
def test_naming_a_case_about_no_money_does_not_let_one_person_decide_about_money(verdict: Verdict) -> None:
    one_late = after(BEGIN, late(6_000), sent(TIMEOUT), asked(DAY := 86_400_000, NOT_FOUND))
    dead = after(BEGIN, late(6_000), sent(TIMEOUT), asked(DAY, NOT_FOUND), *by_two(Verdict.NEVER_SUBMITTED))
    needs_dead = verdict in (Verdict.PAID_OUTSIDE, Verdict.GIVEN_BACK)
    payout = dead if needs_dead else one_late
    assert payout.cases[0].kind in NO_MONEY | {CaseKind.LATE_SEND}
    ruling = Rule(Ruling(verdict, "", case_number=1), "ana", "seen", at(DAY))
    decided = accept(step(payout, ruling, NOW_MS))
    assert [fact.kind for fact in decided.facts] == [FactKind.PROPOSED]
    assert decided.payout.state is State.PROCESSING
    assert not decided.postings


REFUSED_BY_PEOPLE = {
    "sent once": (BEGIN, sent(TIMEOUT), asked(FINAL, TIMEOUT)),
    "sent twice": (*SENT_TWICE, sent(TIMEOUT), asked(FINAL_TWICE, TIMEOUT)),
    "sent twice, refused once": (*SENT_TWICE, sent(NO_SUCH_ACCOUNT), asked(FINAL_TWICE, TIMEOUT)),
}


@pytest.mark.parametrize("story", REFUSED_BY_PEOPLE)
def test_what_left_after_people_called_it_refused_is_alive_again_and_its_money_is_not_given_back(story: str) -> None:
    dead = after(*REFUSED_BY_PEOPLE[story], *by_two(Verdict.REFUSED))
    assert dead.are_all_dead
    left = told(dead, late(DAY_MS, send=len(dead.attempts[0].sends)))
    assert [(attempt.state, attempt.is_contested) for attempt in left.attempts] == [(AttemptState.UNKNOWN, True)]
    assert step(left, ruled(Verdict.GIVEN_BACK, ms=DAY_MS + 1), NOW_MS) is Objection.ATTEMPT_NOT_DEAD
    assert step(left, ruled(Verdict.REFUSED, ms=DAY_MS + 1), NOW_MS) is Objection.NOT_ASKED_SINCE
    paid = accept(step(left, called(Paid("CH-1")), NOW_MS)).payout
    assert paid.state is State.PAID, "and not paid after it was given back"


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


@pytest.mark.parametrize(
    ("ended", "needs_two"),
    [
        ((BEGIN, sent(NO_SUCH_ACCOUNT)), False),
        ((*SENT_TWICE, asked(FINAL_TWICE, NO_SUCH_ACCOUNT)), True),
        ((BEGIN, sent(TIMEOUT), asked(FINAL, TIMEOUT), *by_two(Verdict.REFUSED), *by_two(Verdict.GIVEN_BACK)), True),
    ],
)
def test_what_left_after_the_refusal_may_be_paid_unless_it_was_the_one_send_that_was_refused(
    ended: tuple[Event, ...], needs_two: bool
) -> None:
    """A rail may take a reference that it refused before."""
    failed = after(*ended)
    assert failed.state is State.FAILED
    failed = told(failed, late(DAY_MS, send=len(failed.attempts[0].sends)))
    (case,) = (case for case in failed.cases if case.kind is CaseKind.LATE_SEND)
    by_one = accept(step(failed, closed(case.number), NOW_MS))
    assert [fact.kind for fact in by_one.facts] == [FactKind.PROPOSED if needs_two else FactKind.CASE_CLOSED]
    remedy = closed(case.number, Remedy.PAID_BY_US, 100)
    assert (step(failed, remedy, NOW_MS) is Objection.REMEDY_IMPOSSIBLE) is not needs_two


def test_a_proposal_is_forgotten_when_it_was_decided_or_the_rail_decided_first() -> None:
    proposed = after(BEGIN, sent(TIMEOUT), asked(FINAL, TIMEOUT), ruled(Verdict.REFUSED, "ana"))
    for ended in (called(Paid("CH-1")), called(NO_SUCH_ACCOUNT), ruled(Verdict.REFUSED, "bob")):
        assert proposed.pending.proposal is not None
        assert told(proposed, ended).pending.proposal is None


def test_a_proposal_lasts_a_week() -> None:
    proposed = after(BEGIN, sent(TIMEOUT), asked(FINAL, TIMEOUT), ruled(Verdict.REFUSED, "ana"))
    assert proposed.pending.proposal is not None
    end_ms = proposed.pending.proposal.at_ms + 7 * DAY_MS
    for now_ms, kind in ((end_ms, FactKind.ATTEMPT_REFUSED), (end_ms + 1, FactKind.PROPOSED)):
        decided = accept(step(proposed, ruled(Verdict.REFUSED, "bob"), now_ms))
        assert [fact.kind for fact in decided.facts] == [kind]


@pytest.mark.parametrize("verdict", [Verdict.PAID, Verdict.REFUSED, Verdict.NEVER_SUBMITTED])
def test_what_one_person_said_of_an_attempt_is_no_voice_about_the_next_one(verdict: Verdict) -> None:
    first = after(BEGIN, asked(FINAL, NOT_FOUND), ruled(verdict, "ana"))
    second = told(first, sent(NO_FUNDS), BEGIN_SECOND, asked(DAY_MS, NOT_FOUND, 2))
    decided = accept(step(second, ruled(verdict, "bob"), NOW_MS))
    assert [fact.kind for fact in decided.facts] == [FactKind.PROPOSED]


def test_nobody_says_paid_of_what_goes_to_an_account_here() -> None:
    payout = after(BEGIN, sent(TIMEOUT), asked(FINAL, TIMEOUT))
    here = replace(payout, attempts=(replace(payout.attempts[0], rail=INTERNAL_RAIL),))
    assert step(here, ruled(Verdict.PAID), NOW_MS) is Objection.NOTHING_TO_SETTLE
    assert [fact.kind for fact in accept(step(here, ruled(Verdict.REFUSED), NOW_MS)).facts] == [FactKind.PROPOSED]


def test_what_people_ended_goes_over_no_other_rail_by_itself() -> None:
    contested = after(*BETWEEN_RAILS, Heard(1, Paid("X"), amount_minor=90), asked(FINAL, TIMEOUT))
    assert contested.is_between_rails
    ruled_dead = told(contested, *by_two(Verdict.REFUSED))
    assert not ruled_dead.is_between_rails
    assert step(ruled_dead, BEGIN_SECOND, NOW_MS) is Objection.AWAITS_PEOPLE
