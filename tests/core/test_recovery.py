"""A payout that is older than its account's epoch: nothing is sent or released before its rail was asked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.cases import CaseKind
from outlay.core.decision import Decision
from outlay.core.epoch import FIRST_EPOCH, Epoch
from outlay.core.events import Cancel, Event, Heard, Park, SendAgain, SentLate, Source
from outlay.core.facts import FactKind
from outlay.core.life import order, step
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid
from outlay.core.payout import Payout
from outlay.core.progress import Review, State
from outlay.core.refusal import No, Objection
from outlay.core.rulings import Verdict
from outlay.core.schedule import UNKNOWN_PARKS_MS, Again, AskNow, Leave, next_inquiry, next_move
from outlay.core.work import due
from outlay.present.words import settle_helps
from tests.core.payout_stories import (
    APART,
    BEGIN,
    BETWEEN_RAILS,
    CAREFUL_ACCOUNT,
    DAY_MS,
    FINAL,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    RAIL,
    RAILS,
    SECOND_RAIL,
    TERMS,
    TIMEOUT,
    WHAT,
    accept,
    after,
    asked,
    at,
    by_two,
    called,
    ruled,
    sent,
)
from tests.core.payout_table import SITUATIONS
from tests.core.payout_table_stale import EVENTS, EXPECTED, LOST, LOST_FINAL, decide, result
from tests.support.rows import each_row


def told(payout: Payout, *events: Event, epoch: Epoch = LOST) -> Payout:
    for event in events:
        payout = accept(step(payout, event, NOW_MS + DAY_MS, epoch)).payout
    return payout


def kinds(decided: Decision | No) -> list[str]:
    return [fact.kind.value for fact in accept(decided).facts]


CLEARED = asked(LOST_FINAL, NOT_FOUND), asked(LOST_FINAL + APART, NOT_FOUND)


@each_row("event", EVENTS)
def test_the_table_tells_what_comes_of_every_event_in_every_situation(event: str) -> None:
    expected = {situation: EXPECTED.get((situation, event)) for situation in SITUATIONS}
    assert {situation: result(before, EVENTS[event]) for situation, before in SITUATIONS.items()} == expected


def test_nothing_is_sent_or_released_of_what_was_not_asked_about() -> None:
    for situation, before in SITUATIONS.items():
        if before.completed_ms is not None:
            continue
        for name, event in EVENTS.items():
            decided = decide(before, event)
            if not isinstance(decided, No) and not isinstance(event, Heard | SentLate):
                assert not decided.postings, (situation, name)
                assert decided.payout.attempts == before.attempts, (situation, name)


def test_a_payout_that_was_ordered_in_the_epoch_is_asked_nothing() -> None:
    account = Account(after().account_id, "Acme", "BR", epoch=LOST)
    young = accept(order(WHAT, account, TERMS, 43, NOW_MS)).payout
    assert young.epoch == 2
    assert kinds(step(young, BEGIN, NOW_MS, LOST)) == ["attempt_begun"]
    assert step(after(), BEGIN, NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT


def test_not_found_twice_and_apart_after_all_can_have_arrived_lets_it_go_on_as_if_nothing_had_been() -> None:
    once = told(after(), asked(LOST_FINAL - 1, NOT_FOUND), asked(LOST_FINAL, NOT_FOUND))
    assert step(once, BEGIN, NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT
    assert told(once, asked(LOST_FINAL + APART - 1, NOT_FOUND)).epoch == 1
    decided = step(once, asked(LOST_FINAL + APART, NOT_FOUND), NOW_MS, LOST)
    assert kinds(decided) == ["not_found", "cleared"]
    begun = accept(step(accept(decided).payout, BEGIN, NOW_MS, LOST)).payout
    assert begun == replace(accept(step(after(), BEGIN, NOW_MS)).payout, epoch=2, fact_count=begun.fact_count)


def test_what_was_asked_before_time_was_lost_once_more_says_nothing() -> None:
    once = told(after(), asked(LOST_FINAL, NOT_FOUND))
    later = Epoch(3, at(2 * DAY_MS))
    again = told(once, asked(LOST_FINAL + APART, NOT_FOUND), epoch=later)
    assert again.pending.inquiry is not None
    assert (again.epoch, again.pending.inquiry.not_found_ms) == (1, ())


@pytest.mark.parametrize("verdict", [Verdict.GIVEN_BACK, Verdict.PAID_OUTSIDE])
def test_what_was_parked_before_time_was_lost_is_nothing_that_people_can_end_before_it_was_asked_about(
    verdict: Verdict,
) -> None:
    for before in (after(Park(None, "no rail")), after(*BETWEEN_RAILS, Park(None, "no rail"))):
        attempt = len(before.attempts) + 1
        early, again = asked(DAY_MS, TIMEOUT, attempt), asked(3 * DAY_MS, TIMEOUT, attempt)
        assert step(before, ruled(verdict), NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT
        assert step(told(before, early), ruled(verdict), NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT
        silent = told(before, early, again)
        assert kinds(step(silent, ruled(verdict), NOW_MS, LOST)) == ["proposed"]
        later = Epoch(3, at(4 * DAY_MS))
        assert step(silent, ruled(verdict), NOW_MS, later) is Objection.NOT_ASKED_ABOUT, (
            "asked before it was lost again"
        )


def test_not_found_after_a_standstill_of_days_is_asked_once_more_before_people_are_told() -> None:
    late = told(after(), asked(5 * DAY_MS, NOT_FOUND))
    assert late.pending.inquiry is not None
    assert next_inquiry(late, late.pending.inquiry, at(5 * DAY_MS)) == AskNow(at(5 * DAY_MS) + APART)
    silent = told(late, asked(5 * DAY_MS + APART, TIMEOUT))
    assert silent.pending.inquiry is not None
    assert isinstance(next_inquiry(silent, silent.pending.inquiry, at(5 * DAY_MS + APART)), Leave)


def test_not_found_at_another_rail_or_in_no_answer_to_a_question_is_no_evidence() -> None:
    others = replace(CLEARED[0], rail=None), replace(CLEARED[0], rail=SECOND_RAIL)
    for told_ in (called(NOT_FOUND), asked(LOST_FINAL, NOT_FOUND, 2), *others):
        assert step(after(), told_, NOW_MS, LOST) is Objection.ATTEMPT_UNKNOWN


@pytest.mark.parametrize("outcome", [Accepted("CH-1"), Paid("CH-1"), NO_SUCH_ACCOUNT, NO_FUNDS])
def test_an_attempt_that_was_lost_is_taken_up_and_never_sent_or_sent_elsewhere(outcome: Outcome) -> None:
    decided = accept(step(after(), asked(LOST_FINAL, outcome), NOW_MS, LOST))
    attempt = decided.payout.attempts[0]
    assert decided.facts[0].kind is FactKind.ATTEMPT_RECOVERED
    assert attempt.reference == "OUT42A1"
    assert not attempt.is_sent_once
    for again in (BEGIN, SendAgain(1, RAIL, at(9 * DAY_MS))):
        assert isinstance(step(decided.payout, again, NOW_MS, LOST), No)


def test_what_was_in_review_and_was_sent_in_the_lost_time_was_approved() -> None:
    found = told(after(account=CAREFUL_ACCOUNT), asked(DAY_MS, Accepted("CH-1")))
    assert (found.state, found.review) == (State.PROCESSING, Review.APPROVED)


def test_a_refusal_in_the_lost_time_that_lets_the_money_go_elsewhere_is_left_to_people() -> None:
    for before in (after(), after(BEGIN, sent(TIMEOUT))):
        decided = accept(step(before, asked(LOST_FINAL, NO_FUNDS), NOW_MS, LOST))
        assert decided.payout.state is State.PROCESSING
        assert [case.kind for case in decided.cases] == [CaseKind.PARKED]
        alone = replace(asked(LOST_FINAL, NO_FUNDS), rails=(RAIL.name,))
        assert accept(step(before, alone, NOW_MS, LOST)).payout.state is State.FAILED


def test_of_a_live_attempt_more_may_have_been_sent_than_is_known() -> None:
    before = after(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND), asked(FINAL + APART, NOT_FOUND))
    heard = told(before, asked(LOST_FINAL - 1, NOT_FOUND))
    attempt = heard.attempts[0]
    assert (attempt.is_sent_once, attempt.not_found_ms, attempt.final_ms) == (False, (), at(LOST_FINAL))
    assert isinstance(next_move(heard, attempt, RAIL, NOW_MS, at(LOST_FINAL)), AskNow)
    assert told(before, sent(NO_SUCH_ACCOUNT)).state is State.PROCESSING  # it may be said of one send only
    found = told(heard, *CLEARED)
    rail = replace(RAIL, dedupe_ms=None)
    assert isinstance(next_move(found, found.attempts[0], rail, NOW_MS, at(LOST_FINAL + APART)), Again)


def test_what_a_rail_says_of_an_attempt_that_cannot_be_taken_up_is_a_case_and_holds_the_payout() -> None:
    heard = told(after(), called(Accepted("CH-1")))
    assert [case.kind for case in heard.cases] == [CaseKind.LOST_ATTEMPT]
    assert told(heard, called(Accepted("CH-1"))) == heard
    assert told(heard, *CLEARED).epoch == 1
    assert step(replace(heard, epoch=2), BEGIN, NOW_MS, LOST) is Objection.AWAITS_PEOPLE
    refused = told(told(after(BEGIN), called(Paid("CH-2"), 2)), asked(LOST_FINAL, NO_SUCH_ACCOUNT))
    assert refused.state is State.PROCESSING


def test_bytes_that_left_late_of_a_send_that_was_lost_are_told() -> None:
    for before in (after(), after(BEGIN)):
        late = told(before, SentLate(1, 3, RAIL, at(2 * DAY_MS)))
        assert late.attempts[0].final_ms > at(2 * DAY_MS)
        assert [case.kind for case in late.cases] == [CaseKind.LATE_SEND]


def test_the_rail_is_asked_at_once_when_it_must_know_and_never_for_nothing() -> None:
    payout = told(after(), asked(DAY_MS, NOT_FOUND))
    inquiry: Any = payout.pending.inquiry
    waits: Any = due(payout, at(LOST_FINAL - 1_000))
    assert waits.at_ms == at(LOST_FINAL)
    first = told(payout, CLEARED[0])
    waits = due(first, at(LOST_FINAL))
    assert waits.at_ms == at(LOST_FINAL + APART)
    assert isinstance(next_inquiry(payout, inquiry, at(LOST_FINAL)), AskNow)
    old = told(payout, asked(DAY_MS + UNKNOWN_PARKS_MS, TIMEOUT))
    inquiry = old.pending.inquiry
    assert isinstance(next_inquiry(old, inquiry, at(DAY_MS + UNKNOWN_PARKS_MS)), Leave)
    parked = told(old, Park(None, "it is silent"))
    assert isinstance(next_inquiry(parked, inquiry, at(DAY_MS + UNKNOWN_PARKS_MS)), AskNow)
    assert kinds(step(parked, ruled(Verdict.PAID_OUTSIDE), NOW_MS, LOST)) == ["proposed"]
    assert step(old, ruled(Verdict.PAID_OUTSIDE), NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT
    waits = due(told(*[after(*BETWEEN_RAILS)], asked(DAY_MS, NotFound(), 2)), at(DAY_MS))
    assert waits.at_ms > at(DAY_MS)


def test_two_people_can_give_back_what_the_rail_is_silent_about() -> None:
    silent = told(after(), asked(DAY_MS + UNKNOWN_PARKS_MS, TIMEOUT), Park(None, "it is silent"))
    assert settle_helps(silent).split()[4] == "--paid-outside|--give-back"
    ended = told(silent, *by_two(Verdict.GIVEN_BACK))
    assert (ended.state, ended.pending.inquiry) == (State.FAILED, None)
    not_asked = told(after(), Park(None, "its reference is taken"), epoch=FIRST_EPOCH)
    assert step(not_asked, ruled(Verdict.GIVEN_BACK), NOW_MS) is Objection.NOTHING_TO_SETTLE


def test_what_ended_before_stays_as_it_is() -> None:
    assert told(after(Cancel("ana")), Cancel("ana")).state is State.CANCELLED
    said = Heard(1, Paid("CH-1"), Source.CALLBACK, "callback", rail=RAIL, rails=RAILS)
    late = told(after(Cancel("ana")), said)
    assert (late.state, [case.kind for case in late.cases]) == (State.CANCELLED, [CaseKind.LOST_ATTEMPT])
