"""The life of a payout as tables: every situation × every event, with the expected result of each.

The tables are in payout_table_*.py. Their completeness is computed here from the types themselves, so a new state,
event, outcome, verdict, fact or case without rows fails. What whole lives do to the books is in test_payout_books.py.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations
from types import ModuleType
from typing import get_args, get_type_hints

import msgspec
import pytest
from msgspec.structs import replace

from outlay.core.account import ALL_METHODS, DEFAULT_TERMS, Account, Terms
from outlay.core.attempt import AttemptState, attempt_reference
from outlay.core.cases import CaseKind, Remedy
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import Approve, Cancel, Event, Expire, Heard, Park, Reject, Rule, SentLate, Source
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import Fee
from outlay.core.ledger import Posting, give_back, pay_out, release, reserve
from outlay.core.life import order, step
from outlay.core.limits import Limits
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned, Unknown
from outlay.core.payout import INTERNAL_RAIL, Order, Payout
from outlay.core.progress import Review, Standing, State
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.rulings import Verdict
from tests.core import (
    payout_table_paid,
    payout_table_people,
    payout_table_refused,
    payout_table_returns,
    payout_table_rulings,
)
from tests.core.payout_stories import (
    ACCOUNT,
    AMOUNT,
    BEGIN,
    CAREFUL_ACCOUNT,
    FEE,
    NO_SUCH_ACCOUNT,
    NOW_MS,
    TERMS,
    WHAT,
    accept,
    after,
    back,
    called,
    sent,
)
from tests.core.payout_table import LATER_MS, SITUATIONS, Told, decide, shown
from tests.support.payees import payee
from tests.support.rows import each_row

TABLES: list[ModuleType] = [
    payout_table_people,
    payout_table_paid,
    payout_table_refused,
    payout_table_returns,
    payout_table_rulings,
]
EVENTS: dict[str, Told] = {name: event for table in TABLES for name, event in table.EVENTS.items()}
EXPECTED: dict[tuple[str, str], str] = {pair: result for table in TABLES for pair, result in table.EXPECTED.items()}
SINGLE_EVENTS: dict[str, Event] = {name: event for name, event in EVENTS.items() if not isinstance(event, tuple)}
MESSAGES: dict[str, Heard] = {name: event for name, event in SINGLE_EVENTS.items() if isinstance(event, Heard)}
UNKNOWN, ACCEPTED, PAID = sent(Unknown("timeout")), sent(Accepted("CH-1")), sent(Paid("CH-1"))
REPEATED = Heard, SentLate, Park, Cancel, Expire
"""What comes more than once, and is no error then."""

OUTCOME_TYPES = get_args(get_type_hints(Heard)["outcome"])
EVENT_KINDS = (
    {kind for kind in get_args(Event) if kind not in (Heard, Rule)}
    | {(Heard, kind) for kind in OUTCOME_TYPES}
    | {(Rule, verdict) for verdict in Verdict}
)


def kind_of(told: Told) -> object:
    event = told[0] if isinstance(told, tuple) else told
    if isinstance(event, Heard):
        return Heard, type(event.outcome)
    return (Rule, event.ruling.verdict) if isinstance(event, Rule) else type(event)


# the tables are whole


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_each_table_has_every_situation_with_every_event_exactly_once(table: ModuleType) -> None:
    assert set(table.EXPECTED) == {(situation, event) for situation in SITUATIONS for event in table.EVENTS}


def test_no_event_stands_in_two_tables() -> None:
    assert len(EVENTS) == sum(len(table.EVENTS) for table in TABLES)
    assert len(set(map(msgspec.json.encode, SITUATIONS.values()))) == len(SITUATIONS)


def test_the_tables_have_every_state_with_every_event_every_outcome_and_every_verdict() -> None:
    seen = {(SITUATIONS[situation].state, kind_of(EVENTS[event])) for situation, event in EXPECTED}
    assert seen == {(state, kind) for state in State for kind in EVENT_KINDS}


def test_the_tables_have_every_way_in_which_something_is_heard() -> None:
    refusals = {event.source for event in MESSAGES.values() if isinstance(event.outcome, Refused)}
    assert refusals == set(Source) - {Source.PERSON}, "of a refusal the way decides what it means"
    by_people = accept(decide(SITUATIONS["unknown"], EVENTS["paid, by two"])[1])
    assert by_people.facts[0].data["source"] == Source.PERSON


def test_the_situations_have_every_way_in_which_an_attempt_can_stand() -> None:
    attempts = [attempt for payout in SITUATIONS.values() for attempt in payout.attempts]
    assert {attempt.state for attempt in attempts} == set(AttemptState)
    under_way = [a for p in SITUATIONS.values() if p.state is State.PROCESSING for a in p.attempts]
    assert {attempt.state for attempt in under_way} == set(AttemptState) - {
        AttemptState.PAID,
        AttemptState.PAID_UNBOOKED,
    }
    assert {len(attempt.sends) for attempt in attempts} == {0, 1, 2}
    assert {len(attempt.not_found_ms) for attempt in attempts} == {0, 1, 2}
    for told in ("is_contested", "is_fenced", "is_numbered", "refusals", "rail_references", "asked_ms"):
        assert {bool(getattr(attempt, told)) for attempt in under_way} == {True, False}, told
    for pending in ("early", "proposal"):
        assert any(getattr(payout.pending, pending) for payout in SITUATIONS.values())
    assert {len(payout.attempts) for payout in SITUATIONS.values()} == {0, 1, 2}


def test_the_tables_have_every_refusal_fact_case_and_remedy_that_step_can_give() -> None:
    refusals = {expected.removeprefix("no ") for expected in EXPECTED.values() if expected.startswith("no ")}
    assert refusals == {
        "NOT_IN_REVIEW", "REVIEWED_BY_ORDERER", "ALREADY_SENT", "ALREADY_ENDED", "ATTEMPT_LIVE", "ATTEMPT_UNKNOWN",
        "AWAITS_REVIEW", "AWAITS_PEOPLE", "NOT_TO_BE_SENT_AGAIN", "NOTHING_TO_SETTLE", "EVIDENCE_AGAINST",
        "NOT_ASKED_SINCE", "ATTEMPT_NOT_DEAD", "CASE_NOT_FOUND", "CASE_IS_CLOSED", "MONEY_STILL_OPEN",
        "REMEDY_IMPOSSIBLE", "NEEDS_ANOTHER_PERSON",
    }  # fmt: skip
    facts = {kind for expected in EXPECTED.values() if ": " in expected for kind in _facts_of(expected)}
    after_lost_time = {"recalled", "attempt_recovered", "cleared"}  # see test_recovery
    assert facts == {kind.value for kind in FactKind} - {"ordered"} - after_lost_time
    words = [part for expected in EXPECTED.values() for part in expected.split("; ")[1:]]
    opened = {word.removeprefix("case ") for word in words if word.startswith("case ")}
    assert opened == {kind.value for kind in CaseKind} - {"lost_attempt"}
    closed = [
        event[1] for (_, name), expected in EXPECTED.items()
        if "case_closed" in expected and isinstance(event := EVENTS[name], tuple)
    ]  # fmt: skip
    assert {event.ruling.remedy for event in closed if isinstance(event, Rule)} == set(Remedy)


def _facts_of(expected: str) -> list[str]:
    return expected.split(": ")[1].split(";", maxsplit=1)[0].split()


def test_nothing_but_the_count_of_questions_changes_without_a_fact() -> None:
    assert not [pair for pair, expected in EXPECTED.items() if "WITHOUT A FACT" in expected]


# what the tables say


@each_row("situation", SITUATIONS)
def test_step_does_what_the_table_says_and_says_the_same_again(situation: str) -> None:
    before = SITUATIONS[situation]
    image = msgspec.json.encode(before)
    decided = {name: decide(before, event) for name, event in EVENTS.items()}
    assert {name: shown(*one) for name, one in decided.items()} == {name: EXPECTED[situation, name] for name in EVENTS}
    assert {name: decide(before, event) for name, event in EVENTS.items()} == decided
    assert msgspec.json.encode(before) == image


@each_row("situation", SITUATIONS)
def test_a_change_writes_facts_with_the_next_numbers_at_the_time_they_were_learnt(situation: str) -> None:
    for event in EVENTS.values():
        before, decided = decide(SITUATIONS[situation], event)
        if isinstance(decided, No):
            continue
        first = before.fact_count + 1
        assert [fact.number for fact in decided.facts] == list(range(first, decided.payout.fact_count + 1))
        assert all(fact.at_ms == LATER_MS for fact in decided.facts)
        assert all(isinstance(text, str) for fact in decided.facts for pair in fact.data.items() for text in pair)
        opened = [case for case in decided.cases if case.is_open]
        assert [case.number for case in opened] == list(range(before.case_count + 1, decided.payout.case_count + 1))
        assert {case.fact_number for case in opened} <= {fact.number for fact in decided.facts}
        assert all(case in decided.payout.cases for case in decided.cases)


@each_row("situation", SITUATIONS)
def test_what_is_told_a_second_time_changes_nothing_more(situation: str) -> None:
    for name, event in SINGLE_EVENTS.items():
        decided = step(SITUATIONS[situation], event, LATER_MS)
        if isinstance(decided, Decision) and isinstance(event, REPEATED):
            again = step(decided.payout, event, LATER_MS + 1)
            assert shown(decided.payout, again) in ("same", "same, asked"), name


@pytest.mark.slow  # a search
@pytest.mark.parametrize("situation", [name for name, payout in SITUATIONS.items() if payout.attempts])
def test_two_messages_that_take_turns_leave_no_facts_without_end(situation: str) -> None:
    for one, other in permutations(MESSAGES, 2):
        payout = SITUATIONS[situation]
        for _ in range(2):
            before, payout = payout, _heard(_heard(payout, MESSAGES[one]), MESSAGES[other])
        if payout == before:
            continue  # whatever these two say from now on, it stays this very payout
        settled = payout.fact_count
        payout = _heard(_heard(payout, MESSAGES[one]), MESSAGES[other])
        assert payout.fact_count == settled, (one, other)


def _heard(payout: Payout, event: Heard) -> Payout:
    decided = step(payout, event, LATER_MS)
    return payout if isinstance(decided, No) else decided.payout


@each_row("situation", SITUATIONS)
def test_what_opens_a_case_moves_money_only_where_a_payment_is_learnt(situation: str) -> None:
    for name, event in MESSAGES.items():
        decided = step(SITUATIONS[situation], event, LATER_MS)
        if isinstance(decided, Decision) and decided.cases and decided.postings:
            assert decided.facts[0].kind is FactKind.PAID, name
            assert SITUATIONS[situation].state is State.PROCESSING, name


# order


def test_an_order_sets_aside_the_amount_and_the_fee_and_freezes_both() -> None:
    decided = accept(order(WHAT, ACCOUNT, TERMS, 42, NOW_MS, batch_id=41))
    payout = decided.payout
    assert payout.state is State.RESERVED
    assert (payout.amount_minor, payout.fee) == (AMOUNT, Fee(FEE, 2, 50_000))
    assert (payout.payout_id, payout.batch_id, payout.account_id) == (42, 41, ACCOUNT.account_id)
    assert (payout.reference, payout.currency, payout.rail) == ("R-1", "BRL", "sandbox")
    assert (payout.beneficiary, payout.remarks, payout.expires_ms) == (WHAT.beneficiary, WHAT.remarks, WHAT.expires_ms)
    assert (payout.created_ms, payout.completed_ms, payout.attempt, payout.failure) == (NOW_MS, None, None, None)
    assert decided.postings == reserve("BRL", AMOUNT, FEE)
    assert decided.facts == (Fact(1, FactKind.ORDERED, NOW_MS, {"reference": "R-1", "rail": "sandbox"}),)
    assert (payout.ordered_by, payout.review) == ("", Review.NONE)


def test_who_ordered_goes_on_record() -> None:
    decided = accept(order(WHAT, ACCOUNT, TERMS, 42, NOW_MS, ordered_by="ana"))
    assert decided.payout.ordered_by == "ana"
    assert decided.facts[0].data == {"reference": "R-1", "rail": "sandbox", "by": "ana"}


def test_an_account_under_review_has_its_money_set_aside_before_anybody_approves() -> None:
    decided = accept(order(WHAT, CAREFUL_ACCOUNT, TERMS, 42, NOW_MS))
    assert decided.payout.state is State.IN_REVIEW
    assert decided.postings == reserve("BRL", AMOUNT, FEE)


def test_an_account_without_terms_pays_no_fee() -> None:
    decided = accept(order(WHAT, ACCOUNT, DEFAULT_TERMS, 42, NOW_MS))
    assert decided.payout.fee == Fee()
    assert decided.postings == reserve("BRL", AMOUNT, 0)


def test_what_goes_to_an_account_here_goes_over_the_internal_rail_and_nothing_else_does() -> None:
    for kind in DestinationKind:
        what = replace(WHAT, beneficiary=payee(kind, account_number="x"))
        rail = accept(order(what, replace(ACCOUNT, rail="bank"), TERMS, 42, NOW_MS)).payout.rail
        assert rail == (INTERNAL_RAIL if kind is DestinationKind.ACCOUNT else "bank")


PIX_ONLY, CHANNEL_ONLY = frozenset({"pix"}), frozenset({"EPAY_PAYOUT"})


@each_row(
    ("off", "channel", "refusal"),
    [
        (frozenset(), "EPAY_PAYOUT", None),
        (frozenset({ALL_METHODS}), "", Refusal.CURRENCY_OFF),
        (frozenset({ALL_METHODS, "pix", "EPAY_PAYOUT"}), "EPAY_PAYOUT", Refusal.CURRENCY_OFF),
        (PIX_ONLY, "", Refusal.METHOD_OFF),
        (PIX_ONLY, "EPAY_PAYOUT", Refusal.METHOD_OFF),
        (CHANNEL_ONLY, "EPAY_PAYOUT", Refusal.METHOD_OFF),
        (CHANNEL_ONLY, "epay_payout", Refusal.METHOD_OFF),
        (CHANNEL_ONLY, "", None),
        (frozenset({"PIX"}), "", Refusal.METHOD_OFF),
        (frozenset({"bank", "wallet", "EPAY"}), "EPAY_PAYOUT", None),
    ],
)
def test_what_is_switched_off_is_refused_and_nothing_else(
    off: frozenset[str], channel: str, refusal: Refusal | None
) -> None:
    decided = order(replace(WHAT, channel=channel), ACCOUNT, replace(TERMS, off=off), 42, NOW_MS)
    assert (decided if isinstance(decided, No) else None) is refusal


REFUSED_ORDERS: dict[Refusal, Callable[[Order, Account, Terms], tuple[Order, Account, Terms]]] = {
    Refusal.ACCOUNT_CLOSED: lambda what, account, terms: (what, replace(account, is_open=False), terms),
    Refusal.CURRENCY_OFF: lambda what, account, terms: (what, account, replace(terms, off=terms.off | {ALL_METHODS})),
    Refusal.METHOD_OFF: lambda what, account, terms: (what, account, replace(terms, off=terms.off | {"pix"})),
    Refusal.RECIPIENT_BLOCKED: lambda what, account, terms: (
        what,
        replace(account, blocked=frozenset({what.beneficiary.account_number})),
        terms,
    ),
    Refusal.AMOUNT_TOO_SMALL: lambda what, account, terms: (what, account, replace(terms, limits=Limits(500, 600))),
    Refusal.AMOUNT_TOO_LARGE: lambda what, account, terms: (what, account, replace(terms, limits=Limits(1, 50))),
}


def test_of_any_faults_of_an_order_together_the_one_listed_first_is_the_answer() -> None:
    for size in range(1, len(REFUSED_ORDERS) + 1):
        for chosen in combinations(REFUSED_ORDERS, size):
            if {Refusal.AMOUNT_TOO_SMALL, Refusal.AMOUNT_TOO_LARGE} <= set(chosen):
                continue
            asked = (WHAT, ACCOUNT, TERMS)
            for refusal in chosen:
                asked = REFUSED_ORDERS[refusal](*asked)
            assert order(*asked, 42, NOW_MS) is min(chosen), chosen


# what a reviewer says


@each_row("situation", SITUATIONS)
def test_a_review_changes_only_by_what_a_reviewer_says(situation: str) -> None:
    before = SITUATIONS[situation]
    for name, event in SINGLE_EVENTS.items():
        decided = step(before, event, LATER_MS)
        if isinstance(decided, No) or not decided.facts:
            continue
        said = {Approve: Review.APPROVED, Reject: Review.REJECTED}.get(type(event))
        assert decided.payout.review is (said or before.review), name


def test_a_payout_says_for_ever_whether_and_how_it_was_reviewed() -> None:
    reviews = {name: payout.review for name, payout in SITUATIONS.items() if payout.review is not Review.NONE}
    assert reviews == {
        "in_review": Review.PENDING,
        "in_review, overdue": Review.PENDING,
        "reserved, approved": Review.APPROVED,
        "failed, in review": Review.REJECTED,
        "cancelled, in review": Review.PENDING,
        "expired, in review": Review.PENDING,
    }


@each_row(
    ("ordered_by", "by", "is_same"),
    [
        ("ana", "ana", True),
        ("ana", "ANA", True),
        ("Straße", "STRASSE", True),
        ("José", "jose\u0301", True),
        ("Alice Lim", "\uff21lice\u00a0\u3000Lim\u200b", True),
        ("علی رضا", "علی\u200c رضا", True),
        ("José", "Jose", False),
        ("Alice Lim", "AliceLim", False),
        ("ana", "anna", False),
        ("", "bob", False),
    ],
)
def test_who_ordered_is_recognised_in_any_spelling(ordered_by: str, by: str, is_same: bool) -> None:
    waiting = replace(SITUATIONS["in_review"], ordered_by=ordered_by)
    assert (step(waiting, Approve(by), LATER_MS) is Objection.REVIEWED_BY_ORDERER) == is_same
    assert isinstance(step(waiting, Reject(by, "no"), LATER_MS), Decision), "anybody may reject"


def test_what_was_said_is_in_the_fact() -> None:
    waiting = SITUATIONS["in_review"]
    for event, data in (
        (Approve("bob"), {"by": "bob"}),
        (Approve("bob", "invoice seen"), {"by": "bob", "text": "invoice seen"}),
        (Reject("bob", "odd"), {"by": "bob", "text": "odd"}),
    ):
        assert accept(step(waiting, event, LATER_MS)).facts[0].data == data


def test_where_a_payout_stands_is_its_state_and_of_a_paid_one_how_much_came_back() -> None:
    stands = {name: payout.standing for name, payout in SITUATIONS.items()}
    assert stands["paid, A came back"] is Standing.PARTLY_RETURNED
    assert stands.pop("paid, all came back") is Standing.RETURNED
    stands.pop("paid, A came back")
    assert all(standing.value == SITUATIONS[name].state.value for name, standing in stands.items())


# what a step keeps and learns


def test_an_attempt_is_named_by_the_payout_and_its_number_alone() -> None:
    begun = after(BEGIN)
    assert begun.attempt is not None
    assert begun.attempt.reference == attempt_reference(42, 1) == "OUT42A1"
    assert (begun.attempt.number, begun.attempt.rail, begun.attempt.begun_ms) == (1, "sandbox", NOW_MS + 1)


def test_two_attempts_never_share_a_reference() -> None:
    names = {attempt_reference(payout_id, number) for payout_id in (1, 11, 4, 42, 421) for number in range(1, 50)}
    assert len(names) == 5 * 49


def test_not_knowing_keeps_its_first_moment_until_an_answer_comes() -> None:
    twice = after(BEGIN, UNKNOWN, Heard(1, Unknown("reset")))
    assert twice.attempt is not None
    assert twice.attempt.unknown_since_ms == NOW_MS + 2
    for name in ("accepted", "paid", "refused, in answer"):
        answered = after(BEGIN, UNKNOWN, MESSAGES[name]).attempt
        assert answered is not None
        assert answered.unknown_since_ms is None


def test_an_unknown_outcome_is_never_shown_as_failed() -> None:
    payout = after(BEGIN, UNKNOWN)
    assert (payout.state, payout.failure, payout.completed_ms) == (State.PROCESSING, None, None)


def test_a_paid_payout_keeps_when_and_by_which_reference_it_was_paid() -> None:
    payout = after(BEGIN, ACCEPTED, Heard(1, Paid("CH-2")), back("A", 60))
    assert (payout.completed_ms, payout.rail_reference) == (NOW_MS + 3, "CH-2")


def test_an_answer_without_a_reference_keeps_the_one_that_is_known_and_makes_none_up() -> None:
    assert after(BEGIN, Heard(1, Accepted("CH-1")), Heard(1, Paid(""))).rail_reference == "CH-1"
    assert after(BEGIN, Heard(1, Paid(""))).rail_reference is None
    assert after(BEGIN, Heard(1, Accepted(""))).rail_reference is None
    assert after(BEGIN, Heard(1, Accepted("")), PAID).rail_reference == "CH-1"


def test_a_payout_is_too_late_for_a_rail_from_the_very_millisecond_of_its_end() -> None:
    payout = after()
    end_ms = payout.expires_ms
    assert end_ms is not None
    assert accept(step(payout, BEGIN, end_ms - 1)).payout.state is State.PROCESSING
    assert step(payout, BEGIN, end_ms) is step(payout, BEGIN, end_ms + 1) is Objection.ALREADY_ENDED
    assert accept(step(replace(payout, expires_ms=None), BEGIN, end_ms)).payout.state is State.PROCESSING


def test_an_end_that_comes_while_the_rail_is_at_work_changes_nothing() -> None:
    late_ms = NOW_MS + 86_400_000
    for name in ("accepted", "paid", "refused, in answer", "unknown"):
        early = accept(step(SITUATIONS["begun"], MESSAGES[name], LATER_MS)).payout
        late = accept(step(SITUATIONS["begun"], MESSAGES[name], late_ms)).payout
        assert late.state is early.state


def test_a_return_without_a_number_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="has a number"):
        Returned("", 10)


def test_a_failed_payout_says_why_in_the_words_of_the_rail_or_of_the_reviewer() -> None:
    assert SITUATIONS["failed"].failure == NO_SUCH_ACCOUNT.failure
    assert SITUATIONS["failed, in review"].failure == Failure(FailureReason.REVIEW_REJECTED, "looks odd")


def test_returns_are_counted_in_the_order_in_which_we_learnt_of_them() -> None:
    payout = SITUATIONS["paid, all came back"]
    assert [(r.ordinal, r.number, r.amount_minor, r.at_ms) for r in payout.returns] == [
        (1, "A", 60, NOW_MS + 3),
        (2, "B", 40, NOW_MS + 4),
    ]
    assert (payout.returned_minor, payout.state) == (AMOUNT, State.PAID)


def test_a_return_by_decision_is_one_for_ever_and_says_so_in_its_fact() -> None:
    paid = after(BEGIN, PAID)
    for told, told_again in ((True, False), (False, True)):
        decided = accept(step(paid, called(Returned("A", 60, by_decision=told)), NOW_MS))
        assert decided.payout.returns[0].by_decision is told
        assert decided.facts[0].data.get("by_decision") == ("yes" if told else None)
        again = called(Returned("A", 60, by_decision=told_again))
        assert step(decided.payout, again, NOW_MS) == Decision(decided.payout)


def test_a_receipt_is_kept_and_stands_in_the_fact_of_the_payment() -> None:
    decided = accept(step(after(BEGIN), Heard(1, Paid("CH-1", "https://rail.example/CH-1")), NOW_MS))
    assert decided.payout.receipt_url == decided.facts[0].data["receipt_url"] == "https://rail.example/CH-1"
    without = accept(step(after(BEGIN), Heard(1, Paid("CH-1")), NOW_MS))
    assert without.payout.receipt_url is None
    assert "receipt_url" not in without.facts[0].data


def test_return_numbers_are_compared_whole() -> None:
    payout = after(BEGIN, PAID, back("T001-1", 10), back("T001-2", 10), back("t001-1", 10))
    assert payout.returned_minor == 30


def test_money_comes_back_from_the_rail_that_paid_it() -> None:
    payout = replace(SITUATIONS["paid"], rail="another")
    assert accept(step(payout, back("A", 60), NOW_MS)).postings == give_back("sandbox", "BRL", 60)


def test_the_postings_are_those_of_the_ledger() -> None:
    def posted(situation: str, event: str) -> tuple[Posting, ...]:
        return accept(step(SITUATIONS[situation], SINGLE_EVENTS[event], NOW_MS)).postings

    assert posted("reserved", "cancel") == release("BRL", AMOUNT, FEE)
    assert posted("unknown", "refused, in answer") == release("BRL", AMOUNT, FEE)
    assert posted("unknown", "paid") == pay_out("sandbox", "BRL", AMOUNT, FEE)
    assert posted("paid", "return A of 60") == give_back("sandbox", "BRL", 60)
