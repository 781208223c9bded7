"""The asking policy: when to ask, when to send again, when to leave it to a person.

Each condition of "send again" is taken away alone. The trap: two clocks; only the end of an order goes by the
installation's.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.attempt import ASK_AGAIN_MS, Attempt, AttemptState, RailTerms
from outlay.core.cases import CaseKind
from outlay.core.events import Park, SendAgain
from outlay.core.hearing import with_attempt
from outlay.core.life import step
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Objection
from outlay.core.schedule import (
    ACCEPTED_AGAIN_MS,
    ACCEPTED_PARKS_MS,
    MOST_SENDS,
    PARKED_AGAIN_MS,
    UNKNOWN_AGAIN_MS,
    UNKNOWN_PARKS_MS,
    Again,
    AskNow,
    Leave,
    NextMove,
    ask_at_ms,
    is_parked,
    next_move,
    parked_at_ms,
    why_not_send_again,
)
from tests.core.payout_stories import (
    APART,
    AT_THE_SECOND,
    BEGIN,
    DAY_MS,
    FINAL,
    FINAL_TWICE,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    RAIL,
    SENT_TWICE,
    TIMEOUT,
    TWICE_NOT_FOUND,
    accept,
    after,
    again,
    asked,
    at,
    back,
    called,
    late,
    sent,
    told,
    unnumbered,
)
from tests.support.rows import each_row

SILENT = after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND)
"""May be sent again: every condition holds."""
NOW = at(FINAL + APART + 100)


def move(payout: Payout, real_ms: int = NOW, rail: RailTerms = RAIL, now_ms: int = NOW) -> NextMove:
    attempt = payout.attempt
    assert attempt is not None
    return next_move(payout, attempt, rail, now_ms, real_ms)


def with_latest(payout: Payout, **changes: object) -> Payout:
    attempt = payout.attempt
    assert attempt is not None
    return with_attempt(payout, replace(attempt, **changes))


def sent_five_times() -> Payout:
    payout, asked_ms = after(BEGIN, sent(TIMEOUT)), FINAL
    for number in range(2, MOST_SENDS + 1):
        twice = asked(asked_ms, NOT_FOUND), asked(asked_ms + APART, NOT_FOUND)
        payout = told(payout, *twice, again(asked_ms + APART))
        assert payout.attempts[0].sends[-1].number == number
        asked_ms += FINAL + APART
    return told(payout, asked(asked_ms, NOT_FOUND), asked(asked_ms + APART, NOT_FOUND))


# send again


def test_what_a_rail_that_refuses_duplicates_does_not_know_twice_is_sent_again() -> None:
    assert move(SILENT) == Again()
    granted = accept(step(SILENT, SendAgain(1, RAIL, NOW), NOW)).payout.attempts[0]
    assert [send.number for send in granted.sends] == [1, 2]
    assert granted.sends[1].final_ms == NOW + FINAL
    assert granted.not_found_ms == ()
    assert granted.reference == SILENT.attempts[0].reference


SECOND = after(*AT_THE_SECOND)
WITHOUT: dict[str, tuple[Callable[[], Payout], str]] = {
    "1: on its way": (lambda: replace(SILENT, state=State.PAID), "not the live attempt"),
    "1: the latest": (lambda: replace(SILENT, attempts=(*SILENT.attempts, SECOND.attempts[1])), "not the live attempt"),
    "1: live": (lambda: with_latest(SILENT, state=AttemptState.REFUSED), "not the live attempt"),
    "2: never accepted": (lambda: told(SILENT, called(Accepted(""))), "something else of it"),
    "2: never named": (lambda: with_latest(SILENT, rail_references=("CH-1",)), "something else of it"),
    "2: never refused": (lambda: with_latest(SILENT, refusals="other: no"), "something else of it"),
    "2: not contested": (lambda: told(SILENT, back("A", 60)), "something else of it"),
    "3: every send fenced": (
        lambda: told(SILENT, late(6_000), asked(3 * FINAL, NOT_FOUND), asked(4 * FINAL, NOT_FOUND)),
        "left late",
    ),
    "4: not found twice": (lambda: after(BEGIN, sent(TIMEOUT), TWICE_NOT_FOUND[0]), "often enough"),
    "4: asked when final": (
        lambda: after(BEGIN, sent(TIMEOUT), asked(FINAL - 1, NOT_FOUND), TWICE_NOT_FOUND[1]),
        "often enough",
    ),
    "4: apart": (
        lambda: after(BEGIN, sent(TIMEOUT), TWICE_NOT_FOUND[0], asked(FINAL + APART - 1, NOT_FOUND)),
        "often enough",
    ),
    "4: asked at all": (lambda: after(BEGIN, sent(TIMEOUT), called(NOT_FOUND), called(NOT_FOUND)), "often enough"),
    "4: since the last send": (lambda: after(*SENT_TWICE), "often enough"),
    "6: not expired": (lambda: replace(SILENT, expires_ms=NOW), "expired"),
    "7: sent less often": (sent_five_times, "5 times"),
}


@each_row("condition", WITHOUT)
def test_without_one_of_its_conditions_nothing_is_sent_again(condition: str) -> None:
    make, why = WITHOUT[condition]
    payout = make()
    attempt = payout.attempts[0]
    told_why = why_not_send_again(payout, attempt, RAIL, NOW, NOW)
    assert told_why is not None
    assert why in told_why
    assert next_move(payout, attempt, RAIL, NOW, NOW) != Again()
    assert step(payout, SendAgain(1, RAIL, NOW), NOW) is Objection.NOT_TO_BE_SENT_AGAIN


@pytest.mark.parametrize(
    ("rail", "why"),
    [
        (replace(RAIL, refuses_duplicates=False), "the rail does not refuse duplicates"),
        (replace(RAIL, dedupe_ms=FINAL), "the rail refuses duplicates no longer"),
        (replace(RAIL, dedupe_ms=None), None),
    ],
)
def test_to_a_rail_that_pays_duplicates_nothing_is_sent_again(rail: RailTerms, why: str | None) -> None:
    assert why_not_send_again(SILENT, SILENT.attempts[0], rail, NOW, NOW) == why
    assert (step(SILENT, SendAgain(1, rail, NOW), NOW) is Objection.NOT_TO_BE_SENT_AGAIN) == (why is not None)


def test_a_send_must_arrive_within_the_window_to_the_millisecond_and_the_order_end_after_it() -> None:
    arrives_ms = NOW + 5_000 + RAIL.timeout_ms + 1_000 - at(0)
    assert move(SILENT, rail=replace(RAIL, dedupe_ms=arrives_ms)) == Again()
    assert isinstance(move(SILENT, rail=replace(RAIL, dedupe_ms=arrives_ms - 1)), Leave)
    assert move(replace(SILENT, expires_ms=NOW + 1)) == Again()
    assert isinstance(move(replace(SILENT, expires_ms=NOW)), Leave)


def test_the_window_in_which_duplicates_are_refused_counts_from_the_first_send_of_all() -> None:
    resent = told(unnumbered(), asked(60_000, NOT_FOUND), asked(65_000, NOT_FOUND), again(65_000))
    later = 65_000 + FINAL
    silent = told(resent, asked(later, NOT_FOUND), asked(later + 5_000, NOT_FOUND))
    real_ms = at(DAY_MS - 10_000)
    attempt = silent.attempts[0]
    assert why_not_send_again(silent, attempt, RAIL, at(0), real_ms) == "the rail refuses duplicates no longer"


@pytest.mark.parametrize("spoken", [called(Accepted("CH-1")), called(Paid("CH-1")), called(NO_SUCH_ACCOUNT)])
def test_neither_time_nor_silence_nor_an_answer_is_ever_a_reason_to_send_again(spoken: object) -> None:
    for events in ((), (spoken,)):
        payout = after(BEGIN, sent(TIMEOUT), *events)  # type: ignore[arg-type]
        for days in range(40):
            real_ms = at(FINAL + days * DAY_MS)
            told_unknown = told(payout, *(asked(FINAL + n * APART, Unknown("502")) for n in range(3)))
            for one in (payout, told_unknown):
                refused = step(one, SendAgain(1, RAIL, real_ms), real_ms)
                assert refused is Objection.NOT_TO_BE_SENT_AGAIN


def test_an_attempt_is_the_same_after_it_was_saved_and_loaded() -> None:
    copy = msgspec.json.decode(msgspec.json.encode(SILENT), type=Payout)
    assert next_move(copy, SILENT.attempts[0], RAIL, at(0), NOW) == Again()


# ask


def test_nobody_asks_while_somebody_is_sending_and_somebody_asks_when_nothing_can_be_on_its_way() -> None:
    begun = after(BEGIN)
    assert {ask_at_ms(begun, begun.attempts[0], at(ms)) for ms in (0, 10, FINAL - 1)} == {at(FINAL)}


def test_questions_about_an_attempt_that_nobody_is_sending_any_more_back_off_too() -> None:
    asked_once = after(BEGIN, asked(FINAL, NOT_FOUND))
    assert ask_at_ms(asked_once, asked_once.attempts[0], at(FINAL + 5)) >= at(FINAL + 5_000)
    contested = after(BEGIN, back("A", 60), asked(FINAL, TIMEOUT))
    assert ask_at_ms(contested, contested.attempts[0], at(DAY_MS)) >= at(DAY_MS) + UNKNOWN_AGAIN_MS


UNKNOWN = after(BEGIN, sent(TIMEOUT))
ACCEPTED = after(BEGIN, sent(Accepted("CH-1")))
DOUBTED = after(*SENT_TWICE, sent(NO_SUCH_ACCOUNT))


@given(ms=st.integers(0, 40 * DAY_MS), payout_id=st.integers(1, 2**63), questions=st.integers(0, 10**6))
def test_intervals_grow_with_age_between_their_bounds_and_jitter_is_a_tenth_at_most(
    ms: int, payout_id: int, questions: int
) -> None:
    real_ms = at(FINAL + ms)
    for payout, (shortest_ms, longest_ms) in (
        (UNKNOWN, (ASK_AGAIN_MS, UNKNOWN_AGAIN_MS)),
        (ACCEPTED, ACCEPTED_AGAIN_MS),
    ):
        one = with_latest(replace(payout, payout_id=payout_id), questions=questions, asked_ms=at(FINAL))
        plain_ms = min(max((FINAL + ms) // 4, shortest_ms), longest_ms)
        interval_ms = ask_at_ms(one, one.attempts[0], real_ms) - real_ms
        assert plain_ms <= interval_ms <= plain_ms + plain_ms // 10
        assert ask_at_ms(one, one.attempts[0], real_ms) == real_ms + interval_ms, "the same each time"
        parked_ms = parked_at_ms(one, real_ms) - real_ms
        assert PARKED_AGAIN_MS <= parked_ms <= PARKED_AGAIN_MS + PARKED_AGAIN_MS // 10


def test_what_failed_together_is_not_asked_about_together() -> None:
    real_ms = at(DAY_MS)
    asked_once = told(UNKNOWN, asked(FINAL, TIMEOUT))
    many = [replace(asked_once, payout_id=number) for number in range(1_000)]
    times = {ask_at_ms(one, one.attempts[0], real_ms) for one in many}
    assert len(times) > 900
    assert max(times) - min(times) > UNKNOWN_AGAIN_MS // 11


@given(real=st.integers(0, FINAL_TWICE + 10))
def test_the_decisive_question_is_asked_at_the_very_moment_and_never_passed_over(real: int) -> None:
    for payout, decisive in ((UNKNOWN, FINAL), (DOUBTED, FINAL_TWICE), (after(*SENT_TWICE), FINAL_TWICE)):
        at_ms = ask_at_ms(payout, payout.attempts[0], at(real))
        assert at_ms > at(real)
        assert not at(real) < at(decisive) < at_ms


def test_the_second_question_comes_exactly_when_it_counts() -> None:
    once = after(BEGIN, sent(TIMEOUT), asked(FINAL + 20 * APART, NOT_FOUND))
    real_ms = at(FINAL + 20 * APART + 90)
    assert ask_at_ms(once, once.attempts[0], real_ms) == at(FINAL + 21 * APART)


# park


@pytest.mark.parametrize(("payout", "parks_ms"), [(UNKNOWN, UNKNOWN_PARKS_MS), (ACCEPTED, ACCEPTED_PARKS_MS)])
def test_what_grows_old_is_left_to_a_person_and_asked_about_once_a_day(payout: Payout, parks_ms: int) -> None:
    assert isinstance(move(told(payout, asked(parks_ms - 1, TIMEOUT)), at(parks_ms)), AskNow)
    payout = told(payout, asked(parks_ms, TIMEOUT))
    left = move(payout, at(parks_ms))
    assert isinstance(left, Leave)
    parked = told(payout, Park(1, left.why))
    assert [case.kind for case in parked.cases] == [CaseKind.PARKED]
    asked_next = move(parked, at(parks_ms))
    assert isinstance(asked_next, AskNow)
    assert at(parks_ms) + DAY_MS <= asked_next.at_ms <= at(parks_ms) + 1.1 * DAY_MS


@pytest.mark.parametrize("payout", [after(BEGIN), UNKNOWN, ACCEPTED])
def test_after_a_standstill_of_weeks_the_rail_is_asked_before_a_person(payout: Payout) -> None:
    assert isinstance(move(payout, at(2 * ACCEPTED_PARKS_MS)), AskNow)


def test_what_may_not_be_sent_again_is_left_to_a_person_with_the_reason() -> None:
    left = move(SILENT, rail=RailTerms("sandbox"))
    assert left == Leave("the rail does not know it, and the rail does not refuse duplicates")


def test_an_attempt_that_was_accepted_after_all_is_not_left_to_a_person_at_once() -> None:
    assert isinstance(move(told(SILENT, called(Accepted("CH-1")))), AskNow)


def test_a_parked_attempt_is_never_sent_again_by_the_policy() -> None:
    parked = told(SILENT, Park(1, "why"))
    assert is_parked(parked, parked.attempts[0])
    assert all(isinstance(move(parked, NOW + days * DAY_MS), AskNow) for days in range(30))


# time


@given(shift=st.integers(-400 * DAY_MS, 400 * DAY_MS), real=st.integers(FINAL, 30 * DAY_MS))
def test_nothing_but_the_end_of_the_order_goes_by_the_installations_time(shift: int, real: int) -> None:
    for payout in (UNKNOWN, ACCEPTED, SILENT, DOUBTED, after(BEGIN)):
        attempt = replace(payout, expires_ms=None).attempts[0]
        endless = replace(payout, expires_ms=None)
        sends = tuple(replace(send, at_ms=send.at_ms + shift) for send in attempt.sends)
        since_ms = None if attempt.unknown_since_ms is None else attempt.unknown_since_ms + shift
        moved = with_latest(endless, begun_ms=attempt.begun_ms + shift, unknown_since_ms=since_ms, sends=sends)
        expected = next_move(endless, attempt, RAIL, at(real), at(real))
        assert next_move(moved, moved.attempts[0], RAIL, at(real) + shift, at(real)) == expected


def next_question_ms(payout: Payout, attempt: Attempt, real_ms: int) -> int:
    return parked_at_ms(payout, real_ms) if is_parked(payout, attempt) else ask_at_ms(payout, attempt, real_ms)


@each_row(
    ("answer", "most_sends"), [(NOT_FOUND, MOST_SENDS), (TIMEOUT, 1), (Accepted("CH-1"), 1), (NO_SUCH_ACCOUNT, 1)]
)
@each_row("rail", [RAIL, replace(RAIL, dedupe_ms=None), replace(RAIL, refuses_duplicates=False)])
def test_a_worker_that_follows_the_policy_asks_less_and_less_and_comes_to_an_end(
    answer: Outcome | NotFound, most_sends: int, rail: RailTerms
) -> None:
    payout, ms, questions = replace(UNKNOWN, expires_ms=None), 1_000, 0
    while ms < 30 * DAY_MS and payout.live_attempt is not None:
        match next_move(payout, payout.live_attempt, rail, at(ms), at(ms)):
            case Again():
                payout = told(payout, SendAgain(1, rail, at(ms)))
            case Leave(why=why):
                payout = told(payout, Park(1, why))
            case AskNow():
                payout = told(payout, asked(ms, answer))
                questions += 1
                if payout.live_attempt is None:
                    break
                next_ms = next_question_ms(payout, payout.live_attempt, at(ms))
                assert at(ms) + APART <= next_ms <= at(ms) + 1.1 * DAY_MS or next_ms == payout.attempts[0].final_ms
                assert next_ms > at(ms)
                ms = next_ms - at(0)
    assert len(payout.attempts[0].sends) <= most_sends
    assert payout.live_attempt is None or is_parked(payout, payout.live_attempt)
    assert questions < 300


def test_what_was_thought_dead_until_it_was_contradicted_is_left_to_a_person_and_asked_about() -> None:
    payout = after(BEGIN, sent(NO_FUNDS), back("A", 60))
    attempt = payout.open_attempt
    assert attempt is payout.attempts[0]
    left = next_move(payout, attempt, RAIL, NOW, NOW)
    assert left == Leave("what was heard of it contradicts that it is dead")
    assert isinstance(move(told(payout, Park(1, "why"))), AskNow)
