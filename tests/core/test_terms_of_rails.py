"""How long a send may take to leave and how often a rail is asked is what that rail says of itself, everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.attempt import ASK_AGAIN_MS, RailTerms
from outlay.core.epoch import Epoch
from outlay.core.events import BeginAttempt, Heard, SendAgain, SentLate, Source
from outlay.core.life import step
from outlay.core.outcome import Accepted, NotFound, Outcome, Unknown
from outlay.core.payout import Payout
from outlay.core.refusal import Objection
from outlay.core.schedule import ask_at_ms, inquire_at_ms, next_move, why_not_send_again
from outlay.rails.rail import Fence
from tests.core.payout_stories import (
    DAY_MS,
    FINAL,
    HOUR_MS,
    NOT_FOUND,
    NOW_MS,
    RAIL,
    SECOND_RAIL,
    accept,
    after,
    at,
    told,
)

LOST = Epoch(2, NOW_MS + HOUR_MS)
SPANS = st.integers(1, 2 * HOUR_MS)


def asked_at(real_ms: int, rail: RailTerms | None, outcome: Outcome | NotFound = NOT_FOUND) -> Heard:
    return Heard(1, outcome, Source.ASK, "question", asked_ms=real_ms, rail=rail)


def silent_at(rail: RailTerms) -> Payout:
    """Sent, and no answer came."""
    return after(BeginAttempt(rail, NOW_MS), Heard(1, Unknown("timeout"), Source.SEND, "send 1", rail=rail))


@given(window_ms=SPANS, timeout_ms=SPANS, finality_ms=SPANS)
def test_a_send_is_final_so_much_later_as_it_may_leave_later(window_ms: int, timeout_ms: int, finality_ms: int) -> None:
    rail = replace(RAIL, send_within_ms=window_ms, timeout_ms=timeout_ms, finality_ms=finality_ms)
    attempt = silent_at(rail).attempts[0]
    assert attempt.final_ms == NOW_MS + window_ms + timeout_ms + 1_000 + finality_ms
    assert attempt.calm_needed_ms == attempt.final_ms - NOW_MS + 2_000
    decisive_ms = ask_at_ms(silent_at(rail), attempt, attempt.final_ms - 1, rail)
    assert decisive_ms == attempt.final_ms


@given(window_ms=SPANS, began_ms=st.integers(0, DAY_MS), now_ms=SPANS)
def test_a_fence_is_open_for_as_long_as_the_send_was_reckoned_to_take_to_leave(
    window_ms: int, began_ms: int, now_ms: int
) -> None:
    rail = replace(RAIL, send_within_ms=window_ms)
    steady_ms = began_ms + now_ms
    fence = Fence(rail, lambda: steady_ms, began_ms)
    assert fence.is_open() == (now_ms < window_ms)
    fence.has_left()
    assert fence.was_crossed == (now_ms > window_ms)
    send = silent_at(rail).attempts[0].sends[0]
    assert send.final_ms - send.real_ms == window_ms + FINAL - 5_000


def test_a_call_that_was_cut_is_late_only_after_the_window_and_the_timeout_of_its_rail() -> None:
    rail = replace(RAIL, send_within_ms=20_000, timeout_ms=7_000)
    for ended_ms, is_late in ((27_000, False), (27_001, True)):
        times = iter((19_999, ended_ms))
        fence = Fence(rail, lambda times=times: next(times), 0)  # type: ignore[misc]
        assert fence.is_open()
        fence.has_ended()
        assert fence.was_crossed is is_late


def test_what_is_sent_again_and_what_left_late_are_counted_by_the_window_of_their_rail() -> None:
    rail = replace(RAIL, send_within_ms=20_000)
    final_ms = at(FINAL + 15_000)
    silent = told(silent_at(rail), asked_at(final_ms, rail), asked_at(final_ms + ASK_AGAIN_MS, rail))
    again_ms = final_ms + ASK_AGAIN_MS
    second = accept(step(silent, SendAgain(1, rail, again_ms), NOW_MS)).payout.attempts[0].sends[1]
    assert second.final_ms - again_ms == final_ms - NOW_MS
    late = accept(step(silent, SentLate(1, 1, rail, at(DAY_MS)), NOW_MS)).payout.attempts[0].sends[0]
    assert (late.real_ms, late.final_ms) == (at(DAY_MS) - 20_000, at(DAY_MS) + FINAL - 5_000)


def test_a_rail_that_refuses_duplicates_for_a_time_must_do_so_until_a_send_has_left_at_the_latest() -> None:
    rail = replace(RAIL, send_within_ms=20_000)
    final_ms = at(FINAL + 15_000)
    silent = told(silent_at(rail), asked_at(final_ms, rail), asked_at(final_ms + ASK_AGAIN_MS, rail))
    now_ms = final_ms + ASK_AGAIN_MS
    needed_ms = now_ms - NOW_MS + 20_000 + 10_000 + 1_000
    for dedupe_ms, why_not in ((needed_ms, None), (needed_ms - 1, "the rail refuses duplicates no longer")):
        brief = replace(rail, dedupe_ms=dedupe_ms)
        assert why_not_send_again(silent, silent.attempts[0], brief, NOW_MS, now_ms) == why_not


@given(again_ms=SPANS)
def test_not_found_counts_twice_only_so_far_apart_as_its_rail_may_be_asked(again_ms: int) -> None:
    rail = replace(RAIL, ask_again_ms=again_ms)
    once = told(silent_at(rail), asked_at(at(FINAL), rail))
    too_soon = told(once, asked_at(at(FINAL) + again_ms - 1, rail))
    assert too_soon.attempts[0].not_found_ms == (at(FINAL),)
    assert told(once, asked_at(at(FINAL) + again_ms, rail)).attempts[0].not_found_ms == (
        at(FINAL),
        at(FINAL) + again_ms,
    )


@pytest.mark.parametrize("terms", [None, replace(SECOND_RAIL, ask_again_ms=1)])
def test_without_its_own_terms_at_hand_a_rail_is_taken_for_one_that_says_nothing_of_itself(
    terms: RailTerms | None,
) -> None:
    once = told(silent_at(RAIL), asked_at(at(FINAL), terms))
    assert len(told(once, asked_at(at(FINAL) + ASK_AGAIN_MS - 1, terms)).attempts[0].not_found_ms) == 1
    assert len(told(once, asked_at(at(FINAL) + ASK_AGAIN_MS, terms)).attempts[0].not_found_ms) == 2
    assert ask_at_ms(once, once.attempts[0], at(FINAL), terms) == ask_at_ms(once, once.attempts[0], at(FINAL))


@given(
    again_ms=st.integers(1_000, 2 * HOUR_MS),
    window_ms=st.integers(1_000, HOUR_MS),
    lag_ms=st.integers(0, 3_000),
    payout_id=st.integers(1, 2**63),
    outcome=st.sampled_from((Unknown("timeout"), NotFound(), Accepted("CH-1"))),
)
def test_two_questions_never_lie_closer_than_their_rail_says_and_the_decisive_one_is_not_passed_over(
    again_ms: int, window_ms: int, lag_ms: int, payout_id: int, outcome: Outcome | NotFound
) -> None:
    rail = replace(RAIL, ask_again_ms=again_ms, send_within_ms=window_ms)
    payout = replace(silent_at(rail), payout_id=payout_id)
    final_ms = payout.attempts[0].final_ms
    heard_ms, times = at(10_000), list[int]()
    for _ in range(12):
        asked_ms = ask_at_ms(payout, payout.attempts[0], heard_ms, rail)
        assert not times or asked_ms - times[-1] >= again_ms
        times.append(asked_ms)
        heard_ms = asked_ms + lag_ms
        payout = told(payout, asked_at(asked_ms, rail, outcome))
        if len(payout.attempts[0].not_found_ms) > 1:
            return
    if not isinstance(outcome, Accepted) and at(10_000) < final_ms < times[-1]:
        assert final_ms in times


def test_what_the_rail_has_taken_is_not_asked_about_more_often_than_it_may_be_either() -> None:
    rail = replace(RAIL, ask_again_ms=20 * HOUR_MS)
    taken = told(silent_at(rail), Heard(1, Accepted("CH-1"), rail=rail))
    assert ask_at_ms(taken, taken.attempts[0], at(FINAL), rail) >= at(FINAL) + 20 * HOUR_MS
    move = next_move(taken, taken.attempts[0], rail, NOW_MS, at(FINAL))
    assert getattr(move, "at_ms", 0) >= at(FINAL) + 20 * HOUR_MS


def test_after_time_was_lost_a_rail_is_asked_by_its_own_terms_too() -> None:
    rail = replace(RAIL, send_within_ms=20_000, ask_again_ms=60_000)
    final_ms = LOST.began_ms + 20_000 + 10_000 + 1_000 + RAIL.finality_ms

    def heard(payout: Payout, *times_ms: int) -> Payout:
        for real_ms in times_ms:
            payout = accept(step(payout, asked_at(real_ms, rail), NOW_MS + DAY_MS, LOST)).payout
        return payout

    early = heard(after(), final_ms - 1)
    assert early.pending.inquiry is not None
    assert early.pending.inquiry.not_found_ms == ()
    once = heard(early, final_ms)
    inquiry = once.pending.inquiry
    assert inquiry is not None
    assert inquire_at_ms(once, inquiry, final_ms + 10, rail) == final_ms + 60_000
    assert inquire_at_ms(once, inquiry, final_ms + 10) == final_ms + ASK_AGAIN_MS
    assert heard(once, final_ms + 59_999).epoch == 1
    assert heard(once, final_ms + 60_000).epoch == 2
    assert step(once, BeginAttempt(rail, final_ms), NOW_MS, LOST) is Objection.NOT_ASKED_ABOUT
