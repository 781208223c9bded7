"""Faults to plant in the core, each with the law that it breaks and the shortest story that shows it.

They are the controls of test_payout_books.py: a law that no fault breaks would be words only. Each fault changes what
one function of the core takes or gives, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from outlay.core import ledger, life
from outlay.core.attempt import AttemptState, attempt_reference
from outlay.core.cases import Remedy
from outlay.core.decision import Decision, Entry, decide
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Heard, Rule, SendAgain, SentLate, Source
from outlay.core.facts import FactKind
from outlay.core.hearing import with_attempt
from outlay.core.ledger import AVAILABLE, FEES, HELD, BookKey, Posting
from outlay.core.outcome import Accepted, FailureReason, NotFound, Paid, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import Return, State
from outlay.core.refusal import No, Objection
from outlay.core.rulings import Proposal, Ruling, Verdict
from tests.core.payout_world import NO_FUNDS, RAILS, REFUSED

Decided = Decision | No
STEP, ORDER, APPLY = life.step, life.order, ledger.apply_postings


def _release(one: Payout) -> tuple[Posting, ...]:
    return ledger.release(one.currency, one.amount_minor, one.fee.total_minor)


def _posting(decided: Decision, *postings: Posting) -> Decision:
    """`decided`, with these postings instead, all of them in its last entry."""
    entries = tuple(Entry(entry.fact) for entry in decided.entries)
    return replace(decided, entries=(*entries[:-1], Entry(entries[-1].fact, postings)))


def _latest(one: Payout, **changes: Any) -> Payout:
    """`one` with its latest attempt changed."""
    return with_attempt(one, replace(one.attempts[-1], **changes)) if one.attempts else one


def _all(one: Payout, **changes: Any) -> Payout:
    return replace(one, attempts=tuple(replace(attempt, **changes) for attempt in one.attempts))


def _hears(event: Event, *kinds: type) -> bool:
    return isinstance(event, Heard) and isinstance(event.outcome, kinds)


def _has(decided: Decided, kind: FactKind) -> bool:
    return isinstance(decided, Decision) and kind in [fact.kind for fact in decided.facts]


# money


def release_on_unknown(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.ATTEMPT_UNKNOWN):
        return _posting(decided, *_release(one))
    return decided


def release_between_rails(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and "next_rail" in decided.facts[0].data:
        return _posting(decided, *_release(one))
    return decided


def release_again_on_repeated_refused(one: Payout, event: Event, now_ms: int) -> Decided:
    if one.state is State.FAILED and _hears(event, Refused):
        return decide(one, now_ms, FactKind.FAILED, {}, _release(one))
    return STEP(one, event, now_ms)


def pay_again_on_repeated_paid(one: Payout, event: Event, now_ms: int) -> Decided:
    if one.state is State.PAID and _hears(event, Paid):
        postings = ledger.pay_out(one.rail, one.currency, one.amount_minor, 0)
        return decide(one, now_ms, FactKind.PAID, {}, postings)
    return STEP(one, event, now_ms)


def pay_in_two_postings(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        first, *rest = decided.postings
        half = (replace(first, amount_minor=1), replace(first, amount_minor=first.amount_minor - 1))
        return _posting(decided, *half, *rest)
    return decided


def pay_the_fee_tenfold(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        return _posting(decided, *decided.postings, Posting(HELD, FEES, one.currency, 10_000))
    return decided


def keep_the_fee_of_a_failed_payout(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and decided.payout.state is State.FAILED is not one.state:
        return _posting(decided, *ledger.release(one.currency, one.amount_minor, 0))
    return decided


def fee_to_the_wrong_book(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        return _posting(decided, *(replace(p, target="fees:lost") if p.target == FEES else p for p in decided.postings))
    return decided


def over_the_wrong_rail(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        wrong = ledger.clearing("other")
        return _posting(
            decided, *(replace(p, target=wrong) if p.target[:5] == "clear" else p for p in decided.postings)
        )
    return decided


def count_a_repeated_return_again(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard) and isinstance(event.outcome, Returned):
        number = f"{event.outcome.number}{len(one.returns)}"
        event = replace(event, outcome=Returned(number, event.outcome.amount_minor))
    return STEP(one, event, now_ms)


def return_of_a_payout_under_way(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.RETURNED_EARLY) and isinstance(event, Heard):
        assert isinstance(event.outcome, Returned)
        if event.outcome.amount_minor > 0:
            return _posting(decided, *ledger.give_back("sandbox", one.currency, event.outcome.amount_minor))
    return decided


def book_an_early_return_at_once(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.RETURNED_EARLY):
        early = decided.payout.pending.early[-1]
        new = Return(1, early.number, early.amount_minor, now_ms)
        return replace(decided, payout=replace(decided.payout, returns=(new,)))
    return decided


def forget_the_early_returns(one: Payout, event: Event, now_ms: int) -> Decided:
    without = replace(one, pending=replace(one.pending, early=()))
    return STEP(without if _hears(event, Paid) else one, event, now_ms)


def adjust_twice(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.CASE_CLOSED):
        return _posting(decided, *decided.postings, *decided.postings)
    return decided


# what was heard


def unknown_means_failed(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard) and isinstance(event.outcome, Unknown):
        event = replace(event, outcome=REFUSED[1])
    return STEP(one, event, now_ms)


def believe_any_attempt_number(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard) and one.attempt:
        event = replace(event, attempt_number=one.attempt.number)
    return STEP(one, event, now_ms)


def late_refused_undoes_paid(one: Payout, event: Event, now_ms: int) -> Decided:
    if one.state is State.PAID and isinstance(event, Heard) and isinstance(event.outcome, Refused):
        return decide(replace(one, state=State.FAILED), now_ms, FactKind.FAILED, {})
    return STEP(one, event, now_ms)


def keep_nothing_of_a_contradiction(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    is_contradiction = isinstance(decided, Decision) and decided.cases and _has(decided, FactKind.HEARD)
    return Decision(one) if is_contradiction else decided


def keep_no_refusal_that_may_be_of_one_send_only(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    doubted = isinstance(decided, Decision) and decided.facts and not decided.cases and _hears(event, Refused)
    return Decision(one) if doubted and _has(decided, FactKind.HEARD) else decided


def open_no_case(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.cases and isinstance(event, Heard):
        payout = replace(decided.payout, cases=one.cases, case_count=one.case_count)
        return replace(decided, payout=payout, cases=())
    return decided


def book_a_payment_after_failed(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.cases and one.state is State.FAILED and _hears(event, Paid):
        return _posting(decided, *ledger.fund(one.currency, 1))
    return decided


def believe_every_amount(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard):
        event = replace(event, amount_minor=None)
    return STEP(one, event, now_ms)


def believe_every_currency(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard):
        event = replace(event, currency=None)
    return STEP(one, event, now_ms)


def believe_a_refusal_of_one_send(one: Payout, event: Event, now_ms: int) -> Decided:
    if one.attempts and _hears(event, Refused):
        return STEP(_latest(one, sends=one.attempts[-1].sends[:1]), event, now_ms)
    return STEP(one, event, now_ms)


def end_what_is_contested(one: Payout, event: Event, now_ms: int) -> Decided:
    return STEP(_all(one, is_contested=False) if _hears(event, Refused) else one, event, now_ms)


def fail_while_another_is_contested(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(_all(one, is_contested=False) if _hears(event, Refused) else one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.FAILED):
        was = {attempt.number: attempt.is_contested for attempt in one.attempts}
        attempts = (replace(attempt, is_contested=was[attempt.number]) for attempt in decided.payout.attempts)
        return replace(decided, payout=replace(decided.payout, attempts=tuple(attempts)))
    return STEP(one, event, now_ms)


def forget_the_rails_name(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        return replace(decided, payout=_all(decided.payout, rail_references=()))
    return decided


def make_a_name_of_nothing(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Heard) and isinstance(event.outcome, Accepted):
        return replace(decided, payout=replace(decided.payout, rail_reference=event.outcome.rail_reference))
    return decided


def name_a_failed_payout(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and one.state is State.FAILED and decided.facts:
        return replace(decided, payout=replace(decided.payout, rail_reference="CH-9"))
    return decided


def a_repeated_message_is_an_error(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    return Objection.ALREADY_ENDED if decided == Decision(one) and isinstance(event, Heard) else decided


def contest_in_silence(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and not decided.facts and _hears(event, Unknown):
        return Decision(_latest(decided.payout, is_contested=True))
    return decided


# attempts and sends


def send_what_is_overdue(one: Payout, event: Event, now_ms: int) -> Decided:
    return STEP(one, event, one.created_ms if isinstance(event, BeginAttempt | SendAgain) else now_ms)


def cancel_after_it_was_sent(one: Payout, event: Event, now_ms: int) -> Decided:
    if one.state is State.PROCESSING and isinstance(event, Cancel):
        cancelled = replace(one, state=State.CANCELLED, completed_ms=now_ms)
        return decide(cancelled, now_ms, FactKind.CANCELLED, {}, _release(one))
    return STEP(one, event, now_ms)


def two_alive(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Heard) and _hears(event, Accepted) and decided.cases:
        attempt = next(attempt for attempt in decided.payout.attempts if attempt.number == event.attempt_number)
        if attempt.state is AttemptState.REFUSED and one.live_attempt is not None:
            alive = replace(attempt, state=AttemptState.ACCEPTED)
            return replace(decided, payout=with_attempt(decided.payout, alive))
    return decided


def a_new_reference_after_unknown(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.ATTEMPT_UNKNOWN):
        return replace(decided, payout=_latest(decided.payout, reference=attempt_reference(one.payout_id, 9)))
    return decided


def begin_over_any_rail(one: Payout, event: Event, now_ms: int) -> Decided:
    return STEP(one, replace(event, rail=None) if isinstance(event, BeginAttempt) else event, now_ms)


def another_rail_after_any_refusal(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard) and event.rail is not None:
        event = replace(event, rail=replace(event.rail, elsewhere=frozenset(FailureReason)))
    return STEP(one, event, now_ms)


def _send_again(one: Payout, event: Event, now_ms: int, **believed: Any) -> Decided:
    """A further send as if its attempt stood like that; afterwards it stands as it did."""
    if not isinstance(event, SendAgain) or not one.attempts:
        return STEP(one, event, now_ms)
    decided = STEP(_latest(one, **believed), event, now_ms)
    if isinstance(decided, No):
        return decided
    was, new = one.attempts[-1], decided.payout.attempts[-1].sends[-1]
    stands = {name: getattr(was, name) for name in believed} | {"sends": (*was.sends, new)}
    return replace(decided, payout=_latest(decided.payout, **stands))


def send_again_after_one_not_found(one: Payout, event: Event, now_ms: int) -> Decided:
    return (
        _send_again(one, event, now_ms, not_found_ms=(one.attempts[-1].not_found_ms * 2)[:2])
        if one.attempts
        else (STEP(one, event, now_ms))
    )


def send_again_what_was_asked_too_early(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Heard) and isinstance(event.outcome, NotFound) and event.asked_ms is not None:
        event = replace(event, asked_ms=event.asked_ms + 60_000)
    return STEP(one, event, now_ms)


def send_again_what_was_accepted(one: Payout, event: Event, now_ms: int) -> Decided:
    return _send_again(
        one, event, now_ms, state=AttemptState.UNKNOWN, rail_references=(), not_found_ms=(1, 2), is_contested=False
    )


def send_again_after_a_late_send(one: Payout, event: Event, now_ms: int) -> Decided:
    sends = tuple(replace(send, is_late=False) for send in one.attempts[-1].sends) if one.attempts else ()
    return _send_again(one, event, now_ms, sends=sends)


def send_again_where_duplicates_are_paid(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, SendAgain):
        event = replace(event, rail=replace(event.rail, refuses_duplicates=True))
    return STEP(one, event, now_ms)


def send_again_when_the_window_is_closed(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, SendAgain):
        event = replace(event, rail=replace(event.rail, dedupe_ms=None))
    return STEP(one, event, now_ms)


# people


def dead_without_being_asked_about(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(_all(one, asked_ms=10**14) if isinstance(event, Rule) else one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Rule):
        return replace(decided, payout=_all(decided.payout, asked_ms=None))
    return decided


def one_person_decides(one: Payout, event: Event, now_ms: int) -> Decided:
    if isinstance(event, Rule):
        is_about_one = event.ruling.verdict in (Verdict.PAID, Verdict.NEVER_SUBMITTED, Verdict.REFUSED)
        number = one.open_attempt.number if one.open_attempt is not None and is_about_one else None
        said = Proposal(event.ruling, "nobody", "", now_ms, number)
        return STEP(replace(one, pending=replace(one.pending, proposal=said)), event, now_ms)
    return STEP(one, event, now_ms)


def close_cases_when_paid(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.PAID):
        closed = (replace(case, closed_ms=now_ms, remedy=Remedy.NOTHING) for case in decided.payout.cases)
        return replace(decided, payout=replace(decided.payout, cases=tuple(closed)))
    return decided


def park_nothing(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.cases and _has(decided, FactKind.NEVER_SUBMITTED):
        payout = replace(decided.payout, cases=one.cases, case_count=one.case_count)
        return replace(decided, payout=payout, cases=())
    return decided


def close_all_early_returns_with_one(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.CASE_CLOSED):
        pending = replace(decided.payout.pending, early=())
        return replace(decided, payout=replace(decided.payout, pending=pending))
    return decided


def one_person_closes_a_return_that_waits(one: Payout, event: Event, now_ms: int) -> Decided:
    if not isinstance(event, Rule) or one.state is not State.FAILED:
        return STEP(one, event, now_ms)
    decided = STEP(replace(one, pending=replace(one.pending, early=())), event, now_ms)
    if isinstance(decided, Decision):
        return replace(decided, payout=replace(decided.payout, pending=one.pending))
    return decided


def forget_what_left_after_people_ended_it(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, SentLate):
        was = one.attempts[0]
        stands = {"state": was.state, "is_contested": was.is_contested, "unknown_since_ms": was.unknown_since_ms}
        return replace(decided, payout=_all(decided.payout, **stands))
    return decided


# what is written


def a_fact_number_is_left_out(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, BeginAttempt):
        fact = decided.facts[0]
        return replace(decided, entries=(Entry(replace(fact, number=fact.number + 1)),))
    return decided


def forget_the_fact(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Approve | BeginAttempt):
        return Decision(replace(decided.payout, fact_count=one.fact_count))
    return decided


def scribble_while_refusing(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, No):
        one.remarks.others["refused"] = decided.name
    return decided


def forget_when_it_ended(one: Payout, event: Event, now_ms: int) -> Decided:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and _has(decided, FactKind.RETURNED) and not _has(decided, FactKind.PAID):
        return replace(decided, payout=replace(decided.payout, completed_ms=now_ms + 1))
    return decided


def order_without_the_fee(*args: Any, **more: Any) -> Decided:
    made = ORDER(*args, **more)
    if isinstance(made, Decision):
        return _posting(made, *ledger.reserve(made.payout.currency, made.payout.amount_minor, 0))
    return made


def lose_what_is_taken(balances: Mapping[BookKey, int], postings: Iterable[Posting]) -> dict[BookKey, int]:
    changed = APPLY(balances, postings)
    return {key: minor for key, minor in changed.items() if key[1] != AVAILABLE or minor > balances.get(key, 0)}


def lose_what_is_held(balances: Mapping[BookKey, int], postings: Iterable[Posting]) -> dict[BookKey, int]:
    return {key: minor for key, minor in APPLY(balances, postings).items() if key[1] != HELD}


def look_at_no_balance(balances: Mapping[BookKey, int], postings: Iterable[Posting]) -> dict[BookKey, int]:
    changed: dict[BookKey, int] = {}
    for p in postings:
        for key, minor in (((p.currency, p.source), -p.amount_minor), ((p.currency, p.target), p.amount_minor)):
            changed[key] = changed.get(key, balances.get(key, 0)) + minor
    return changed


# the stories

SANDBOX, THIRD, UQPAY = RAILS["sandbox"], RAILS["third"], RAILS["uqpay"]
T, FINAL, HOUR_MS, DAY_MS = 1_700_000_000_000, 46_000, 3_600_000, 86_400_000


def _heard(outcome: Any, number: int = 1, **more: Any) -> Heard:
    return Heard(number, outcome, rail=SANDBOX, rails=("sandbox", "third"), **more)


def _asked(ms: int, outcome: Any) -> Heard:
    return _heard(outcome, source=Source.ASK, asked_ms=T + ms)


def _ruled(verdict: Verdict, *people: str, **more: Any) -> tuple[Event, ...]:
    return tuple(Rule(Ruling(verdict, **more), by, "seen", T + DAY_MS) for by in people)


UNKNOWN = _heard(Unknown("timeout"))
BEGUN: tuple[Event, ...] = (BeginAttempt(SANDBOX, T),)
ACCEPTED: tuple[Event, ...] = (*BEGUN, _heard(Accepted("CH-1")))
PAID: tuple[Event, ...] = (*BEGUN, _heard(Paid("CH-1")))
FAILED: tuple[Event, ...] = (*BEGUN, _heard(REFUSED[0]))
LATE = SentLate(1, 1, SANDBOX, T + 6_000)
ONCE: tuple[Event, ...] = (*BEGUN, UNKNOWN, _asked(FINAL, NotFound()))
TWICE: tuple[Event, ...] = (*ONCE, _asked(FINAL + 5_000, NotFound()))
AGAIN = SendAgain(1, SANDBOX, T + FINAL + 5_000)
SECOND: tuple[Event, ...] = (*BEGUN, _heard(NO_FUNDS), BeginAttempt(THIRD, T + 1_000))
CONTESTED: tuple[Event, ...] = (*SECOND, _heard(Accepted("X")))
LATER: tuple[Event, ...] = (_asked(3 * FINAL, NotFound()), _asked(4 * FINAL, NotFound()))
DEAD: tuple[Event, ...] = (*ONCE, *_ruled(Verdict.NEVER_SUBMITTED, "ana", "bob"))
LATER_LATE = SentLate(1, 1, SANDBOX, T + HOUR_MS)
RETURNED: tuple[Event, ...] = (_heard(Returned("A", 10)), _heard(Returned("B", 10)))
REFUSED_BY_PEOPLE = _ruled(Verdict.REFUSED, "ana", "bob")
GIVEN_BACK = _ruled(Verdict.GIVEN_BACK, "ana", "bob")
TWO_WAIT: tuple[Event, ...] = (*BEGUN, *RETURNED, _asked(FINAL, Unknown("502")), *REFUSED_BY_PEOPLE, *GIVEN_BACK)
PAID_BY_US = _ruled(Verdict.CLOSE_CASE, "ana", "bob", case_number=1, remedy=Remedy.PAID_BY_US, amount_minor=100)
BACK_TO_US = _ruled(Verdict.CLOSE_CASE, "ana", "bob", case_number=1, remedy=Remedy.BACK_TO_US, amount_minor=10)

FAULTS: list[tuple[Callable[..., Any], str, tuple[Event | int, ...]]] = [
    # fault, the law that it breaks, the shortest story that shows it (a number lets so many milliseconds go by)
    (release_on_unknown, "held once", (*BEGUN, UNKNOWN)),
    (release_between_rails, "held once", (*BEGUN, _heard(NO_FUNDS))),
    (release_again_on_repeated_refused, "repeat", FAILED),
    (pay_again_on_repeated_paid, "repeat", PAID),
    (pay_in_two_postings, "paid once", PAID),
    (pay_the_fee_tenfold, "spending", PAID),
    (keep_the_fee_of_a_failed_payout, "held once", FAILED),
    (fee_to_the_wrong_book, "fees", PAID),
    (over_the_wrong_rail, "clearing", PAID),
    (count_a_repeated_return_again, "repeat", (*PAID, _heard(Returned("A", 10)))),
    (return_of_a_payout_under_way, "returned", (*BEGUN, _heard(Returned("A", 10)))),
    (book_an_early_return_at_once, "early", (*BEGUN, _heard(Returned("A", 10)))),
    (forget_the_early_returns, "early", (*BEGUN, _heard(Returned("A", 10)), _heard(Paid("CH-1")))),
    (adjust_twice, "adjustments", (*FAILED, _heard(Paid("CH-1")), *PAID_BY_US)),
    (unknown_means_failed, "evidence", (*BEGUN, UNKNOWN)),
    (believe_any_attempt_number, "evidence", (*BEGUN, _heard(Paid("CH-1"), 2))),
    (late_refused_undoes_paid, "forward", (*PAID, _heard(REFUSED[0]))),
    (keep_nothing_of_a_contradiction, "kept", (*FAILED, _heard(Paid("CH-1")))),
    (keep_nothing_of_a_contradiction, "kept", (*PAID, _heard(Paid("CH-2")))),
    (keep_no_refusal_that_may_be_of_one_send_only, "kept", (*TWICE, AGAIN, _heard(REFUSED[0]))),
    (open_no_case, "contradiction", (*FAILED, _heard(Paid("CH-1")))),
    (book_a_payment_after_failed, "contradiction", (*FAILED, _heard(Paid("CH-1")))),
    (believe_every_amount, "contradiction", (*BEGUN, _heard(Paid("CH-1"), amount_minor=101))),
    (believe_every_currency, "contradiction", (*PAID, _heard(Returned("A", 10), currency="USD"))),
    (believe_a_refusal_of_one_send, "dead", (*TWICE, AGAIN, _heard(REFUSED[0]))),
    (end_what_is_contested, "contested", (*BEGUN, _heard(Returned("A", 10)), _heard(REFUSED[0]))),
    (fail_while_another_is_contested, "failed", (*CONTESTED, _heard(REFUSED[0], 2))),
    (forget_the_rails_name, "known", (*ACCEPTED, _heard(Paid("")))),
    (make_a_name_of_nothing, "known", (*BEGUN, _heard(Accepted("")))),
    (name_a_failed_payout, "known", (*FAILED, _heard(Paid("CH-1")))),
    (a_repeated_message_is_an_error, "repeat", PAID),
    (contest_in_silence, "silence", (*ACCEPTED, UNKNOWN)),
    (send_what_is_overdue, "overdue", (HOUR_MS, *BEGUN)),
    (send_what_is_overdue, "sends", (*TWICE, HOUR_MS, AGAIN)),
    (cancel_after_it_was_sent, "forward", (*BEGUN, Cancel("ana"))),
    (cancel_after_it_was_sent, "forward", (*BEGUN, _heard(NO_FUNDS), Cancel("ana"))),
    (two_alive, "one alive", CONTESTED),
    (a_new_reference_after_unknown, "attempts", (*BEGUN, UNKNOWN)),
    (begin_over_any_rail, "attempts", (BeginAttempt(THIRD, T),)),
    (another_rail_after_any_refusal, "attempts", (*FAILED, BeginAttempt(THIRD, T + 1_000))),
    (send_again_after_one_not_found, "sends", (*ONCE, AGAIN)),
    (send_again_what_was_asked_too_early, "sends", (*ONCE[:2], *(_asked(ms, NotFound()) for ms in (1, 6_000)), AGAIN)),
    (send_again_what_was_accepted, "sends", (*ACCEPTED, AGAIN)),
    (send_again_after_a_late_send, "sends", (*BEGUN, LATE, *LATER, SendAgain(1, SANDBOX, T + HOUR_MS))),
    (send_again_where_duplicates_are_paid, "sends", (*TWICE, replace(AGAIN, rail=THIRD))),
    (send_again_when_the_window_is_closed, "sends", (*TWICE, SendAgain(1, UQPAY, T + DAY_MS))),
    (dead_without_being_asked_about, "dead", (*BEGUN, UNKNOWN, *_ruled(Verdict.REFUSED, "ana", "bob"))),
    (one_person_decides, "two", (*ONCE, *_ruled(Verdict.REFUSED, "ana"))),
    (close_cases_when_paid, "cases", (*BEGUN, LATE, _heard(Paid("CH-1")))),
    (park_nothing, "watched", DEAD),
    (close_all_early_returns_with_one, "early", (*TWO_WAIT, *BACK_TO_US)),
    (one_person_closes_a_return_that_waits, "cases", (*TWO_WAIT, *_ruled(Verdict.CLOSE_CASE, "ana", case_number=1))),
    (forget_what_left_after_people_ended_it, "failed", (*DEAD, LATER_LATE, *GIVEN_BACK)),
    (a_fact_number_is_left_out, "facts", BEGUN),
    (forget_the_fact, "silence", BEGUN),
    (scribble_while_refusing, "refusal", (Approve("bob"),)),
    (forget_when_it_ended, "frozen", (*PAID, _heard(Returned("A", 10)))),
    (order_without_the_fee, "held once", ()),
    (lose_what_is_taken, "balance", ()),
    (lose_what_is_held, "held", ()),
    (look_at_no_balance, "overdraft", ()),
]
