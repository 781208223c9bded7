"""A question says when it was asked by a clock that may have stepped: until that clock has gone on long enough, its
answer is heard as if nobody knew when it was asked.

CALM is written out: a send over RAIL is final 46 s after its commit, and its own time may be of a clock that was looked
at two seconds before.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.attempt import Attempt
from outlay.core.events import Heard, Park
from outlay.core.life import step
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection
from outlay.core.rulings import Verdict
from outlay.core.schedule import (
    PARKED_AGAIN_MS,
    UNKNOWN_AGAIN_MS,
    UNKNOWN_PARKS_MS,
    AskNow,
    Leave,
    ask_at_ms,
    inquire_at_ms,
    next_inquiry,
    next_move,
)
from tests.core.payout_stories import (
    APART,
    BEGIN,
    DAY_MS,
    FINAL,
    FINAL_TWICE,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    RAIL,
    SENT_TWICE,
    TIMEOUT,
    accept,
    after,
    again,
    asked,
    at,
    late,
    ruled,
    sent,
    told,
)
from tests.core.payout_table_stale import LOST, LOST_FINAL

CALM = 48_000
JITTER = 1.1
SILENT = after(BEGIN, sent(TIMEOUT))


def calm(ms: int | None, at_ms: int, outcome: Outcome | NotFound) -> Heard:
    """In answer to a question that was asked at `at_ms`, by a clock that had not stepped for so long."""
    return replace(asked(at_ms, outcome), calm_ms=ms)


def latest(payout: Payout) -> Attempt:
    attempt = payout.attempt
    assert attempt is not None
    return attempt


@pytest.mark.parametrize(("calm_ms", "counts"), [(0, False), (CALM - 1, False), (CALM, True), (None, True)])
def test_not_found_counts_only_by_a_clock_that_has_not_stepped_since_the_send_could_leave(
    calm_ms: int | None, *, counts: bool
) -> None:
    heard = latest(told(SILENT, calm(calm_ms, FINAL, NOT_FOUND)))
    assert heard.not_found_ms == ((at(FINAL),) if counts else ())
    assert heard.asked_ms == (at(FINAL) if counts else None)
    assert heard.questions == 1


@pytest.mark.parametrize(("calm_ms", "state"), [(CALM - 1, State.PROCESSING), (CALM, State.FAILED)])
def test_a_refusal_of_two_sends_is_believed_only_by_such_a_clock(calm_ms: int, state: State) -> None:
    heard = told(after(*SENT_TWICE), calm(calm_ms, FINAL_TWICE, NO_SUCH_ACCOUNT))
    assert heard.state is state
    assert latest(heard).is_live is (state is State.PROCESSING)
    assert latest(heard).refusals, "noted all the same"


@pytest.mark.parametrize("told_ms", [3 * FINAL, -3_600_000])
def test_a_send_that_left_late_is_counted_from_then_whatever_the_clock_says_by_then(told_ms: int) -> None:
    """Also where it has gone back since the send was committed."""
    sent_late = told(SILENT, late(told_ms))
    (send,) = latest(sent_late).sends
    assert (send.is_late, send.final_ms - send.real_ms, send.final_ms) == (True, FINAL, at(told_ms + FINAL - 5_000))
    final_ms = told_ms + FINAL - 5_000
    assert latest(told(sent_late, calm(CALM - 1, final_ms, NOT_FOUND))).not_found_ms == ()
    assert latest(told(sent_late, calm(CALM, final_ms, NOT_FOUND))).not_found_ms == (at(final_ms),)


def knowing(departures: int, event: Heard) -> Heard:
    """By whoever knew of so many of them when asking."""
    return replace(event, departures=departures)


@pytest.mark.parametrize(("departures", "state"), [(0, State.PROCESSING), (1, State.PROCESSING), (2, State.FAILED)])
def test_an_answer_says_nothing_of_a_send_that_the_asker_did_not_know_of(departures: int, state: State) -> None:
    """It stood still meanwhile, and its clock was an hour ahead when it asked."""
    refused = knowing(departures, calm(2 * CALM, DAY_MS, NO_SUCH_ACCOUNT))
    assert told(after(*SENT_TWICE), refused).state is state
    silent = told(after(*SENT_TWICE), knowing(departures, calm(2 * CALM, DAY_MS, NOT_FOUND)))
    assert bool(latest(silent).not_found_ms) is (state is State.FAILED)


def test_nor_of_one_that_was_found_to_have_left_late_since() -> None:
    sent_late = told(SILENT, late(6_000))
    assert latest(sent_late).departures == 2
    assert latest(told(sent_late, knowing(1, calm(2 * CALM, DAY_MS, NOT_FOUND)))).not_found_ms == ()
    assert latest(told(sent_late, knowing(2, calm(2 * CALM, DAY_MS, NOT_FOUND)))).not_found_ms == (at(DAY_MS),)


def test_nor_of_what_may_have_left_in_a_time_that_was_lost_since() -> None:
    stale = knowing(1, calm(2 * CALM, 2 * DAY_MS, NO_SUCH_ACCOUNT))
    recalled = accept(step(SILENT, stale, NOW_MS, LOST)).payout
    assert (recalled.state, latest(recalled).is_live) == (State.PROCESSING, True)
    again = knowing(latest(recalled).departures, calm(2 * CALM, 2 * DAY_MS, NO_SUCH_ACCOUNT))
    assert accept(step(recalled, again, NOW_MS, LOST)).payout.state is State.FAILED


def test_not_found_of_the_next_attempt_counts_only_for_who_knew_that_time_was_lost() -> None:
    def inquired(epoch: int) -> Heard:
        return replace(calm(2 * CALM, 2 * DAY_MS, NOT_FOUND), inquiry_epoch=epoch)

    for epoch, counted in ((0, ()), (1, ()), (2, (at(2 * DAY_MS),))):
        inquiry = accept(step(after(), inquired(epoch), NOW_MS, LOST)).payout.pending.inquiry
        assert inquiry is not None
        assert (inquiry.not_found_ms, inquiry.asked_ms) == (counted, counted[0] if counted else None)


def test_after_one_more_send_nobody_was_asked_yet() -> None:
    """Two people may not rule it dead by what was asked before, however far ahead the clock was then."""
    far_ahead = told(SILENT, asked(DAY_MS, NOT_FOUND), asked(DAY_MS + APART, NOT_FOUND), again(FINAL + APART))
    assert latest(far_ahead).asked_ms is None
    dead = ruled(Verdict.NEVER_SUBMITTED, ms=2 * DAY_MS)
    assert step(far_ahead, dead, NOW_MS) is Objection.NOT_ASKED_SINCE
    assert latest(told(SILENT, asked(FINAL, TIMEOUT), late(6_000))).asked_ms is None
    recalled = accept(step(told(SILENT, asked(FINAL, TIMEOUT)), calm(0, DAY_MS, TIMEOUT), NOW_MS, LOST)).payout
    assert latest(recalled).asked_ms is None


@pytest.mark.parametrize("outcome", [Paid("CH-1"), Accepted("CH-1")])
def test_what_a_rail_has_taken_is_believed_by_any_clock(outcome: Outcome) -> None:
    heard = told(SILENT, calm(0, 1, outcome))
    assert heard.rail_reference == "CH-1"


def test_an_answer_that_counts_for_nothing_takes_no_earlier_one_away() -> None:
    once = told(SILENT, calm(CALM, FINAL, NOT_FOUND))
    assert latest(told(once, calm(0, FINAL + APART, NOT_FOUND))).not_found_ms == (at(FINAL),)
    assert latest(told(once, calm(0, FINAL + APART, NOT_FOUND))).asked_ms == at(FINAL)


def test_until_a_question_counts_the_next_one_comes_soon_however_old_the_payout_is() -> None:
    """After a start a process cannot trust its clock for as long as a send takes to be final."""
    an_hour_later = told(SILENT, calm(0, DAY_MS, NOT_FOUND))
    soon_ms = CALM // 2
    assert soon_ms <= ask_at_ms(an_hour_later, latest(an_hour_later), at(DAY_MS)) - at(DAY_MS) <= soon_ms * JITTER
    counted = told(SILENT, calm(CALM, DAY_MS, TIMEOUT))
    assert ask_at_ms(counted, latest(counted), at(DAY_MS)) - at(DAY_MS) >= UNKNOWN_AGAIN_MS


def test_nothing_is_ruled_dead_after_questions_that_count_for_nothing_but_it_is_parked_in_time() -> None:
    """Else what no clock is ever calm for would wait for ever, and nobody would be told."""
    doubtful = told(SILENT, calm(CALM - 1, UNKNOWN_PARKS_MS, TIMEOUT))
    dead = ruled(Verdict.NEVER_SUBMITTED, ms=UNKNOWN_PARKS_MS)
    assert step(doubtful, dead, NOW_MS) is Objection.NOT_ASKED_SINCE
    parked_at = at(UNKNOWN_PARKS_MS)
    assert isinstance(next_move(doubtful, latest(doubtful), RAIL, NOW_MS, parked_at, parked_at), Leave)
    assert isinstance(next_move(doubtful, latest(doubtful), RAIL, NOW_MS, parked_at, parked_at - 1), AskNow)
    assert isinstance(next_move(doubtful, latest(doubtful), RAIL, NOW_MS, parked_at), AskNow), "it is asked first"
    sure = told(SILENT, calm(CALM, UNKNOWN_PARKS_MS, TIMEOUT))
    assert isinstance(next_move(sure, latest(sure), RAIL, NOW_MS, parked_at), Leave)
    assert not isinstance(step(sure, dead, NOW_MS), No)


def test_what_was_sent_under_a_clock_that_was_days_ahead_is_left_to_people() -> None:
    """It would be final in days only, and asked about every few seconds until then."""
    ahead = told(SILENT, late(UNKNOWN_PARKS_MS + DAY_MS), calm(CALM, FINAL, TIMEOUT))
    assert isinstance(next_move(ahead, latest(ahead), RAIL, NOW_MS, at(FINAL)), Leave)
    little = told(SILENT, late(DAY_MS), calm(CALM, FINAL, TIMEOUT))
    assert isinstance(next_move(little, latest(little), RAIL, NOW_MS, at(FINAL)), AskNow)
    doubtful = told(SILENT, late(UNKNOWN_PARKS_MS + DAY_MS), calm(0, FINAL, TIMEOUT))
    move = next_move(doubtful, latest(doubtful), RAIL, NOW_MS, at(FINAL), at(FINAL))
    assert isinstance(move, AskNow), "a clock that is wrong for a moment parks nothing"


def test_an_inquiry_that_no_clock_is_calm_for_is_left_to_people_in_time() -> None:
    payout = accept(step(after(), calm(0, LOST_FINAL, NOT_FOUND), NOW_MS, LOST)).payout
    inquiry = payout.pending.inquiry
    assert inquiry is not None
    late_ms = inquiry.began_ms + UNKNOWN_PARKS_MS
    assert isinstance(next_inquiry(payout, inquiry, late_ms, late_ms), Leave)
    assert isinstance(next_inquiry(payout, inquiry, late_ms, late_ms - 1), AskNow)
    assert isinstance(next_inquiry(payout, inquiry, late_ms), AskNow)
    once = accept(step(payout, calm(CALM, LOST_FINAL, NOT_FOUND), NOW_MS, LOST)).payout.pending.inquiry
    assert once is not None
    assert isinstance(next_inquiry(payout, once, late_ms, late_ms), Leave), "also after one answer that counted"
    began_ahead = replace(once, began_ms=at(LOST_FINAL) + UNKNOWN_PARKS_MS)
    move = next_inquiry(payout, began_ahead, late_ms, at(LOST_FINAL) + 1)
    assert isinstance(move, Leave), "an epoch of a clock that was days ahead"


def test_no_interval_is_longer_for_a_question_that_is_yet_to_count() -> None:
    slow = replace(RAIL, finality_ms=DAY_MS)
    begun = replace(BEGIN, rail=slow)
    yet, counted = after(begun, sent(TIMEOUT)), after(begun, sent(TIMEOUT), asked(3 * DAY_MS, TIMEOUT))
    at_ms = at(3 * DAY_MS)
    assert ask_at_ms(yet, latest(yet), at_ms) - at_ms <= UNKNOWN_AGAIN_MS * JITTER
    assert ask_at_ms(counted, latest(counted), at_ms) - at_ms <= UNKNOWN_AGAIN_MS * JITTER


def test_what_is_parked_is_asked_about_once_an_hour_until_a_question_counts_and_then_once_a_day() -> None:
    parked = told(after(), Park(None, "no rail here is called sandbox"))
    for calm_ms, interval_ms in ((0, UNKNOWN_AGAIN_MS), (CALM, PARKED_AGAIN_MS)):
        payout = accept(step(parked, calm(calm_ms, LOST_FINAL, NOT_FOUND), NOW_MS, LOST)).payout
        inquiry = payout.pending.inquiry
        assert inquiry is not None
        again_ms = inquire_at_ms(payout, inquiry, at(LOST_FINAL)) - at(LOST_FINAL)
        assert interval_ms <= again_ms <= interval_ms * JITTER


@pytest.mark.parametrize(("calm_ms", "counts"), [(0, False), (CALM - 1, False), (CALM, True), (None, True)])
def test_after_time_was_lost_not_found_clears_a_payout_only_by_such_a_clock(
    calm_ms: int | None, *, counts: bool
) -> None:
    payout = accept(step(after(), calm(calm_ms, LOST_FINAL, NOT_FOUND), NOW_MS, LOST)).payout
    inquiry = payout.pending.inquiry
    assert inquiry is not None
    assert inquiry.not_found_ms == ((at(LOST_FINAL),) if counts else ())
    assert inquiry.asked_ms == (at(LOST_FINAL) if counts else None)
    again_ms = inquire_at_ms(payout, inquiry, at(LOST_FINAL)) - at(LOST_FINAL)
    assert again_ms == APART if counts else FINAL // 4 <= again_ms <= FINAL // 4 * JITTER
