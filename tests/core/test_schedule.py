"""The asking policy: when to ask, when to send again, when to leave it to a person."""

from __future__ import annotations

import msgspec

from outlay.core.outcome import Accepted
from outlay.core.payout import Payout
from outlay.core.schedule import Again, Ask, ask_at_ms, next_move, why_not_send_again
from tests.core.payout_stories import (
    BEGIN,
    DAY_MS,
    FINAL,
    NOT_FOUND,
    RAIL,
    TIMEOUT,
    TWICE_NOT_FOUND,
    after,
    again,
    asked,
    at,
    called,
    sent,
    told,
    unnumbered,
)


def test_questions_about_an_attempt_that_nobody_is_sending_any_more_back_off_too() -> None:
    begun = after(BEGIN)
    assert ask_at_ms(begun, begun.attempts[0], at(10)) == at(FINAL)
    asked_once = told(begun, asked(FINAL, NOT_FOUND))
    assert ask_at_ms(asked_once, asked_once.attempts[0], at(FINAL + 5)) >= at(FINAL + 5_000)


def test_an_attempt_that_was_accepted_after_all_is_not_left_to_a_person_at_once() -> None:
    payout = after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND, called(Accepted("CH-1")))
    move = next_move(payout, payout.attempts[0], RAIL, at(FINAL), at(FINAL + 6_000))
    assert isinstance(move, Ask)


def test_the_window_in_which_duplicates_are_refused_counts_from_the_first_send_of_all() -> None:
    resent = told(unnumbered(), asked(60_000, NOT_FOUND), asked(65_000, NOT_FOUND), again(65_000))
    later = 65_000 + FINAL
    silent = told(resent, asked(later, NOT_FOUND), asked(later + 5_000, NOT_FOUND))
    real_ms = at(DAY_MS - 10_000)
    attempt = silent.attempts[0]
    assert why_not_send_again(silent, attempt, RAIL, at(0), real_ms) == "the rail refuses duplicates no longer"


def test_an_attempt_is_known_by_its_number_not_by_where_it_lies_in_memory() -> None:
    payout = after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND)
    copy = msgspec.json.decode(msgspec.json.encode(payout), type=Payout)
    assert isinstance(next_move(copy, payout.attempts[0], RAIL, at(0), at(FINAL + 6_000)), Again)
