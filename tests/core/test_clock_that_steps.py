"""A question says when it was asked by a clock that may have stepped: until that clock has gone on long enough, its
answer is heard as if nobody knew when it was asked.

CALM is written out: a send over RAIL is final 46 s after its commit, and its own time may be of a clock that was looked
at two seconds before.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.attempt import Attempt
from outlay.core.events import Heard
from outlay.core.life import step
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid
from outlay.core.payout import Payout, State
from outlay.core.refusal import Refusal
from outlay.core.rulings import Verdict
from outlay.core.schedule import UNKNOWN_AGAIN_MS, UNKNOWN_PARKS_MS, Leave, ask_at_ms, inquire_at_ms, next_move
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


def test_a_send_that_left_late_needs_a_clock_that_is_calm_since_it_was_committed() -> None:
    sent_late = told(SILENT, late(3 * FINAL))
    final_ms = latest(sent_late).final_ms - NOW_MS
    too_early = told(sent_late, calm(final_ms + 1_999, final_ms, NOT_FOUND))
    assert latest(too_early).not_found_ms == ()
    assert latest(told(sent_late, calm(final_ms + 2_000, final_ms, NOT_FOUND))).not_found_ms == (at(final_ms),)


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
    assert ask_at_ms(counted, latest(counted), at(DAY_MS)) - at(DAY_MS) >= UNKNOWN_AGAIN_MS[1]


def test_nothing_is_parked_or_ruled_dead_after_questions_that_count_for_nothing() -> None:
    doubtful = told(SILENT, calm(CALM - 1, UNKNOWN_PARKS_MS, TIMEOUT))
    assert not isinstance(next_move(doubtful, latest(doubtful), RAIL, NOW_MS, at(UNKNOWN_PARKS_MS)), Leave)
    dead = ruled(Verdict.NEVER_SUBMITTED, ms=UNKNOWN_PARKS_MS)
    assert step(doubtful, dead, NOW_MS) is Refusal.NOT_ASKED_SINCE
    sure = told(SILENT, calm(CALM, UNKNOWN_PARKS_MS, TIMEOUT))
    assert isinstance(next_move(sure, latest(sure), RAIL, NOW_MS, at(UNKNOWN_PARKS_MS)), Leave)
    assert not isinstance(step(sure, dead, NOW_MS), Refusal)


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
