"""What rails say: no contradiction moves money, no evidence is lost, and no repetition leaves facts without end."""

from __future__ import annotations

from outlay.core.cases import CaseKind
from outlay.core.decision import Decision
from outlay.core.events import Heard, Source
from outlay.core.facts import FactKind
from outlay.core.life import step
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.progress import State
from outlay.core.rulings import Verdict
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    BEGIN_SECOND,
    DAY_MS,
    FINAL,
    FINAL_TWICE,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    RAILS,
    SECOND_RAIL,
    SENT_TWICE,
    TIMEOUT,
    TWICE_NOT_FOUND,
    accept,
    after,
    again,
    asked,
    at,
    back,
    by_two,
    called,
    late,
    sent,
    told,
    unnumbered,
)


def test_a_return_in_another_currency_is_a_case_and_moves_no_money() -> None:
    for before in (after(BEGIN, sent(Paid("CH-1"))), after(BEGIN, sent(TIMEOUT))):
        heard = accept(step(before, Heard(1, Returned("A", 60), currency="USD"), NOW_MS))
        assert not heard.postings
        assert not heard.payout.returns
        assert not heard.payout.pending.early
        assert [case.kind for case in heard.cases] == [CaseKind.OTHER_AMOUNT]
        other = accept(step(heard.payout, Heard(1, Returned("B", 60), currency="USD"), NOW_MS))
        assert len(other.facts) == 1, "another return is other evidence"


def test_two_payments_of_another_amount_are_two_pieces_of_evidence() -> None:
    first = after(BEGIN, Heard(1, Paid("CH-1"), amount_minor=90))
    second = accept(step(first, Heard(1, Paid("CH-2"), amount_minor=90), NOW_MS))
    assert [fact.data["said"] for fact in second.facts] == ["paid as CH-2 of 90 minor units BRL"]
    refused = accept(step(first, Heard(1, NO_SUCH_ACCOUNT, amount_minor=90), NOW_MS)).payout
    other = accept(step(refused, Heard(1, NO_FUNDS, amount_minor=90), NOW_MS))
    assert [fact.data["said"] for fact in other.facts] == ["refused (rail_out_of_funds) of 90 minor units BRL"]


def test_a_payout_that_did_not_pay_learns_no_name_and_no_receipt_from_a_payment_beside_it() -> None:
    failed = after(BEGIN, sent(NO_SUCH_ACCOUNT), called(Paid("")), called(Paid("CH-1", "https://rail.example/1")))
    assert (failed.state, failed.rail_reference, failed.receipt_url) == (State.FAILED, None, None)
    assert failed.attempts[0].rail_references == ("CH-1",)
    dead = after(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND), *by_two(Verdict.NEVER_SUBMITTED))
    outside = told(dead, *by_two(Verdict.PAID_OUTSIDE), called(Paid("")), called(Paid("CH-1")))
    assert (outside.state, outside.rail_reference) == (State.PAID, None)


def test_an_attempt_does_not_change_without_a_fact() -> None:
    """Evidence that was told before, and now means more: the attempt that it is about is no longer contested."""
    other = Heard(1, Paid("CH-1"), amount_minor=90)
    ruled = after(BEGIN, other, asked(FINAL, TIMEOUT), *by_two(Verdict.REFUSED))
    assert not ruled.attempts[0].is_contested
    heard = accept(step(ruled, other, NOW_MS))
    assert heard.payout.attempts[0].is_contested
    assert [fact.kind for fact in heard.facts] == [FactKind.HEARD]
    assert not heard.cases
    assert step(heard.payout, other, NOW_MS) == Decision(heard.payout)


def test_refusals_that_take_turns_leave_one_fact_each() -> None:
    payout = after(*SENT_TWICE)
    one, other = called(NO_SUCH_ACCOUNT), called(NO_FUNDS)
    told_once = told(payout, one, other)
    assert told_once.fact_count == payout.fact_count + 2
    assert told(told_once, one, other, one, other) == told_once
    other_words = called(Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "request 77")))
    assert told(told_once, other_words) == told_once, "words may differ each time"


def test_a_send_of_an_attempt_from_before_sends_were_numbered_is_not_its_only_one() -> None:
    resent = told(unnumbered(), asked(60_000, NOT_FOUND), asked(65_000, NOT_FOUND), again(65_000))
    assert [send.number for send in resent.attempts[0].sends] == [2]
    for refused in (sent(NO_SUCH_ACCOUNT), sent(NO_FUNDS), asked(66_000, NO_SUCH_ACCOUNT)):
        heard = accept(step(resent, refused, NOW_MS))
        assert heard.payout.state is State.PROCESSING
        assert heard.payout.live_attempt is not None, "the first send may still be on its way"
    definitive = accept(step(resent, asked(65_000 + FINAL, NO_SUCH_ACCOUNT), NOW_MS))
    assert definitive.payout.state is State.FAILED
    twice = (asked(65_000 + FINAL, NOT_FOUND), asked(70_000 + FINAL, NOT_FOUND), again(70_000 + FINAL))
    assert [send.number for send in told(resent, *twice).attempts[0].sends] == [2, 3]


def test_a_paid_payout_keeps_the_name_of_what_paid_when_an_attempt_beside_it_is_accepted() -> None:
    paid = after(*AT_THE_SECOND, called(Paid("CH-1")))
    beside = told(paid, sent(Accepted("CH-2"), 2))
    assert (paid.rail_reference, beside.rail_reference) == ("CH-1", "CH-1")
    assert beside.attempts[1].rail_references == ("CH-2",)


def test_a_return_that_waits_is_no_second_case_when_it_is_told_again_after_the_end() -> None:
    ended = after(
        BEGIN,
        sent(TIMEOUT),
        back("A", 60),
        asked(FINAL, TIMEOUT),
        *by_two(Verdict.REFUSED),
        *by_two(Verdict.GIVEN_BACK),
    )
    assert step(ended, back("A", 60), NOW_MS) == Decision(ended)
    other = accept(step(ended, back("A", 61), NOW_MS))
    assert [case.kind for case in other.cases] == [CaseKind.RETURN_OF_UNPAID]


def test_only_an_answer_or_a_statement_speaks_of_all_sends() -> None:
    payout = after(*SENT_TWICE)
    for source in (Source.SEND, Source.CALLBACK, Source.PERSON):
        heard = accept(step(payout, Heard(1, NO_SUCH_ACCOUNT, source, asked_ms=at(DAY_MS)), NOW_MS))
        assert heard.payout.live_attempt is not None


def test_no_other_rail_is_chosen_after_a_second_send_or_while_anything_is_contested() -> None:
    sent_twice = accept(step(after(*SENT_TWICE), asked(FINAL_TWICE, NO_FUNDS), NOW_MS)).payout
    assert (sent_twice.state, sent_twice.rail) == (State.FAILED, "sandbox")
    contested = after(*AT_THE_SECOND, called(Accepted("X")))
    third = Heard(2, NO_FUNDS, Source.SEND, rail=SECOND_RAIL, rails=(*RAILS, "third"))
    assert accept(step(contested, third, NOW_MS)).payout.rail == "second"
    assert accept(step(after(*AT_THE_SECOND), third, NOW_MS)).payout.rail == "third"


def test_returns_of_two_attempts_wait_apart_under_one_number() -> None:
    payout = after(*AT_THE_SECOND, back("A", 60, 1), back("A", 60, 2))
    assert [(early.attempt_number, early.number) for early in payout.pending.early] == [(1, "A"), (2, "A")]


def test_an_answer_that_comes_late_does_not_make_the_last_question_an_older_one() -> None:
    attempt = after(BEGIN, sent(TIMEOUT), asked(2_000, TIMEOUT), asked(1_000, TIMEOUT)).attempts[0]
    assert (attempt.asked_ms, attempt.questions) == (at(2_000), 2)


def test_the_next_attempt_begins_without_the_name_that_the_one_before_it_had() -> None:
    payout = after(BEGIN, sent(Accepted("CH-1")), sent(NO_FUNDS), BEGIN_SECOND)
    assert payout.rail_reference is None
    assert payout.attempts[0].rail_references == ("CH-1",)


def test_what_is_on_its_way_longest_decides_from_when_on_an_answer_speaks_of_all_sends() -> None:
    attempt = after(*SENT_TWICE, late(DAY_MS, send=1)).attempts[0]
    assert attempt.final_ms == attempt.sends[0].final_ms == at(DAY_MS + FINAL - 5_000)


def test_an_acceptance_from_before_the_refusal_that_comes_late_is_a_repetition() -> None:
    payout = after(BEGIN, sent(Accepted("CH-1")), sent(NO_FUNDS))
    assert step(payout, called(Accepted("CH-1")), NOW_MS) == Decision(payout)


def test_the_receipt_of_a_payment_beside_the_books_stands_in_its_fact() -> None:
    receipt = "https://rail.example/1"
    for payout in (after(BEGIN, sent(NO_SUCH_ACCOUNT)), after(*AT_THE_SECOND, sent(Paid("CH-2"), 2))):
        heard = accept(step(payout, called(Paid("CH-1", receipt)), NOW_MS))
        assert heard.facts[0].data["receipt_url"] == receipt


def test_a_refusal_that_says_something_else_than_the_first_is_kept_and_ends_nothing() -> None:
    failed = after(BEGIN, sent(NO_SUCH_ACCOUNT))
    heard = accept(step(failed, called(NO_FUNDS), NOW_MS))
    assert [fact.data["reason"] for fact in heard.facts] == ["rail_out_of_funds"]
    assert heard.payout.failure == failed.failure


def test_not_found_that_was_asked_before_a_late_send_was_known_counts_no_more() -> None:
    payout = after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND, late(DAY_MS))
    assert payout.attempts[0].not_found_ms == ()
