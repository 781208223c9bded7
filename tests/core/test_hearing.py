"""What rails say: no contradiction moves money, no evidence is lost, and no repetition leaves facts without end."""

from __future__ import annotations

from outlay.core.cases import CaseKind
from outlay.core.decision import Decision
from outlay.core.events import Heard
from outlay.core.facts import FactKind
from outlay.core.life import step
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import State
from outlay.core.rulings import Verdict
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    FINAL,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    SENT_TWICE,
    TIMEOUT,
    accept,
    after,
    again,
    asked,
    back,
    by_two,
    called,
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
