"""Whole lives of payouts against the books: after every step, of any sequence, the laws of payout_world hold.

The faults below are the control: each is planted in the core and must be caught, once by a short story that names the
law it breaks and once by lives at random, so neither the laws nor the search can be empty. A law that no fault breaks
fails the last test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core import ledger, payout
from outlay.core.account import Terms
from outlay.core.attempt import attempt_reference
from outlay.core.decision import Decision
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Heard
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import FeePlan
from outlay.core.ledger import AVAILABLE, FEES, HELD, BookKey, Posting
from outlay.core.outcome import Accepted, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout, State
from outlay.core.refusal import Refusal
from tests.core.payout_world import (
    ACCOUNT,
    BENEFICIARY,
    LAWS,
    NEXT,
    REFUSED,
    Core,
    LawBroken,
    Life,
    World,
    live,
)

LIVES = 100
"""Always the same ones. Half of them find every fault below, and come to every state, fact and refusal."""


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chance=st.randoms(note_method_calls=False, use_true_random=False))
def test_every_law_holds_after_every_step_of_any_life(chance: Random) -> None:
    Life(Core(), chance, set()).go_on(40)


def test_known_lives_keep_every_law_and_reach_every_state_every_fact_and_every_refusal() -> None:
    refusals = {
        Refusal.ACCOUNT_CLOSED, Refusal.AMOUNT_TOO_SMALL, Refusal.AMOUNT_TOO_LARGE, Refusal.INSUFFICIENT_BALANCE,
        Refusal.NOT_IN_REVIEW, Refusal.ALREADY_SENT, Refusal.ALREADY_ENDED, Refusal.ATTEMPT_LIVE,
        Refusal.ATTEMPT_UNKNOWN, Refusal.AWAITS_REVIEW, Refusal.CONTRADICTS_END, Refusal.NOT_PAID,
        Refusal.RETURN_CONFLICT, Refusal.RETURN_EXCEEDS_PAID,
    }  # fmt: skip
    assert live(Core(), LIVES) == {*State, *FactKind, *refusals, "same", "changed"}


def test_the_order_of_states_has_no_way_back() -> None:
    assert set(NEXT) == set(State)

    def reachable(state: State) -> set[State]:
        return NEXT[state].union(*map(reachable, NEXT[state]))

    assert all(state not in reachable(state) for state in State)


# controls: each fault must be caught

STEP, ORDER, APPLY = payout.step, payout.order, ledger.apply_postings


def _hold(one: Payout) -> tuple[Posting, ...]:
    return ledger.release(one.currency, one.amount_minor, one.fee.total_minor)


def _fact(one: Payout, kind: FactKind) -> tuple[Fact, ...]:
    return (Fact(one.fact_count, kind, 0, {}),)


def _again(one: Payout, kind: FactKind, postings: tuple[Posting, ...], **changes: Any) -> Decision:
    now = replace(one, fact_count=one.fact_count + 1, **changes)
    return Decision(now, postings, _fact(now, kind))


def release_on_unknown(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(event, Heard) and isinstance(event.outcome, Unknown) and isinstance(decided, Decision):
        return replace(decided, postings=_hold(one)) if decided.facts else decided
    return decided


def unknown_means_failed(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if isinstance(event, Heard) and isinstance(event.outcome, Unknown):
        event = Heard(event.attempt_number, REFUSED[1])
    return STEP(one, event, now_ms)


def release_again_on_repeated_refused(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.FAILED and isinstance(event, Heard) and isinstance(event.outcome, Refused):
        return _again(one, FactKind.FAILED, _hold(one))
    return STEP(one, event, now_ms)


def release_again_in_silence(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.FAILED and isinstance(event, Heard) and isinstance(event.outcome, Refused):
        return Decision(one, _hold(one))
    return STEP(one, event, now_ms)


def pay_again_on_repeated_paid(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.PAID and isinstance(event, Heard) and isinstance(event.outcome, Paid):
        return _again(one, FactKind.PAID, ledger.pay_out(one.rail, one.currency, one.amount_minor, 0))
    return STEP(one, event, now_ms)


def pay_in_two_postings(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and decided.facts[0].kind is FactKind.PAID:
        first, *rest = decided.postings
        half = (replace(first, amount_minor=1), replace(first, amount_minor=first.amount_minor - 1))
        return replace(decided, postings=(*half, *rest))
    return decided


def count_a_repeated_return_again(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if isinstance(event, Returned):
        event = Returned(f"{event.number}{len(one.returns)}", event.amount_minor)
    return STEP(one, event, now_ms)


def believe_a_return_of_any_amount(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if decided is Refusal.RETURN_EXCEEDS_PAID and isinstance(event, Returned) and event.amount_minor > 0:
        new = payout.Return(len(one.returns) + 1, event.number, event.amount_minor, now_ms)
        changes = {"returns": (*one.returns, new), "returned_minor": one.returned_minor + event.amount_minor}
        return _again(one, FactKind.RETURNED, ledger.give_back(one.rail, one.currency, event.amount_minor), **changes)
    return decided


def return_of_a_payout_under_way(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.PROCESSING and isinstance(event, Returned) and event.amount_minor > 0:
        return _again(one, FactKind.RETURNED, ledger.give_back(one.rail, one.currency, event.amount_minor))
    return STEP(one, event, now_ms)


def late_refused_undoes_paid(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if decided is Refusal.CONTRADICTS_END and one.state is State.PAID:
        return _again(one, FactKind.FAILED, (), state=State.FAILED, failure=REFUSED[0].failure)
    return decided


def take_a_second_payment_for_the_first(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    second = decided is Refusal.CONTRADICTS_END and isinstance(event, Heard) and isinstance(event.outcome, Paid)
    return Decision(one) if second and one.state is State.PAID else decided


def forget_the_rails_name(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Heard) and isinstance(event.outcome, Paid):
        return replace(decided, payout=replace(decided.payout, rail_reference=event.outcome.rail_reference or None))
    return decided


def make_a_name_of_nothing(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, Heard) and isinstance(event.outcome, Accepted):
        return replace(decided, payout=replace(decided.payout, rail_reference=event.outcome.rail_reference))
    return decided


def send_what_is_overdue(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    return STEP(one, event, one.created_ms if isinstance(event, BeginAttempt) else now_ms)


def cancel_after_it_was_sent(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.PROCESSING and isinstance(event, Cancel):
        return _again(one, FactKind.CANCELLED, _hold(one), state=State.CANCELLED, completed_ms=now_ms)
    return STEP(one, event, now_ms)


def believe_any_attempt_number(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if isinstance(event, Heard) and one.attempt:
        event = Heard(one.attempt.number, event.outcome)
    return STEP(one, event, now_ms)


def second_attempt_while_the_first_lives(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    if one.state is State.PROCESSING and isinstance(event, BeginAttempt) and one.attempt:
        attempt = replace(one.attempt, number=2, reference=attempt_reference(one.payout_id, 2))
        return _again(one, FactKind.ATTEMPT_BEGUN, (), attempt=attempt)
    return STEP(one, event, now_ms)


def a_new_reference_after_unknown(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and decided.facts[0].kind is FactKind.ATTEMPT_UNKNOWN:
        assert decided.payout.attempt is not None
        attempt = replace(decided.payout.attempt, number=2, reference=attempt_reference(one.payout_id, 2))
        return replace(decided, payout=replace(decided.payout, attempt=attempt))
    return decided


def keep_the_fee_of_a_failed_payout(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.payout.state is State.FAILED and decided.facts:
        return replace(decided, postings=ledger.release(one.currency, one.amount_minor, 0))
    return decided


def fee_to_the_wrong_book(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision):
        postings = tuple(replace(p, target="fees:lost") if p.target == FEES else p for p in decided.postings)
        return replace(decided, postings=postings)
    return decided


def over_the_wrong_rail(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision):
        wrong = ledger.clearing("other")
        postings = tuple(replace(p, target=wrong) if p.target[:5] == "clear" else p for p in decided.postings)
        return replace(decided, postings=postings)
    return decided


def a_fact_number_is_left_out(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and isinstance(event, BeginAttempt):
        return replace(decided, facts=tuple(replace(fact, number=fact.number + 1) for fact in decided.facts))
    return decided


def forget_the_fact(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and isinstance(event, BeginAttempt):
        return Decision(replace(decided.payout, fact_count=one.fact_count))
    return decided


def scribble_while_refusing(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Refusal):
        one.memo["refused"] = decided.name
    return decided


def forget_when_it_ended(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if isinstance(decided, Decision) and decided.facts and isinstance(event, Returned):
        return replace(decided, payout=replace(decided.payout, completed_ms=now_ms + 1))
    return decided


def a_repeated_message_is_an_error(one: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    decided = STEP(one, event, now_ms)
    if decided == Decision(one) and isinstance(event, Heard):
        return Refusal.ALREADY_ENDED
    return decided


def order_without_the_fee(*args: Any) -> Decision | Refusal:
    made = ORDER(*args)
    if isinstance(made, Decision):
        return replace(made, postings=ledger.reserve(made.payout.currency, made.payout.amount_minor, 0))
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


HOUR_MS = 3_600_000
BEGUN: tuple[Event, ...] = (BeginAttempt(),)
ACCEPTED: tuple[Event, ...] = (*BEGUN, Heard(1, Accepted("CH-1")))
PAID: tuple[Event, ...] = (*BEGUN, Heard(1, Paid("CH-1")))
FAILED: tuple[Event, ...] = (*BEGUN, Heard(1, REFUSED[0]))

FAULTS: list[tuple[Callable[..., Any], str, tuple[Event | int, ...]]] = [
    # fault, the law that it breaks, the shortest story that shows it (a number lets so many milliseconds go by)
    (release_on_unknown, "held once", (*BEGUN, Heard(1, Unknown("timeout")))),
    (unknown_means_failed, "evidence", (*BEGUN, Heard(1, Unknown("timeout")))),
    (release_again_on_repeated_refused, "repeat", FAILED),
    (release_again_in_silence, "repeat", FAILED),
    (pay_again_on_repeated_paid, "repeat", PAID),
    (pay_in_two_postings, "paid once", PAID),
    (count_a_repeated_return_again, "repeat", (*PAID, Returned("A", 10))),
    (believe_a_return_of_any_amount, "returned", (*PAID, Returned("A", 101))),
    (believe_a_return_of_any_amount, "spending", (*PAID, Returned("A", 301))),
    (return_of_a_payout_under_way, "returned", (*BEGUN, Returned("A", 10))),
    (late_refused_undoes_paid, "forward", (*PAID, Heard(1, REFUSED[0]))),
    (take_a_second_payment_for_the_first, "one name", (*PAID, Heard(1, Paid("CH-2")))),
    (forget_the_rails_name, "known", (*ACCEPTED, Heard(1, Paid("")))),
    (make_a_name_of_nothing, "known", (*BEGUN, Heard(1, Accepted("")))),
    (send_what_is_overdue, "overdue", (HOUR_MS, *BEGUN)),
    (cancel_after_it_was_sent, "forward", (*BEGUN, Cancel("ana"))),
    (believe_any_attempt_number, "evidence", (*BEGUN, Heard(2, Paid("CH-1")))),
    (second_attempt_while_the_first_lives, "repeat", BEGUN),
    (a_new_reference_after_unknown, "one attempt", (*BEGUN, Heard(1, Unknown("timeout")))),
    (keep_the_fee_of_a_failed_payout, "held once", FAILED),
    (fee_to_the_wrong_book, "fees", PAID),
    (over_the_wrong_rail, "clearing", PAID),
    (a_fact_number_is_left_out, "facts", BEGUN),
    (forget_the_fact, "silence", BEGUN),
    (scribble_while_refusing, "refusal", (Approve("bob"),)),
    (forget_when_it_ended, "frozen", (*PAID, Returned("A", 10))),
    (a_repeated_message_is_an_error, "repeat", PAID),
    (order_without_the_fee, "held once", ()),
    (lose_what_is_taken, "balance", ()),
    (lose_what_is_held, "held", ()),
    (look_at_no_balance, "overdraft", ()),
]


def faulty(fault: Callable[..., Any]) -> Core:
    """The core with this fault in it."""
    if fault is order_without_the_fee:
        return Core(order=fault)
    in_the_books = fault in (lose_what_is_taken, lose_what_is_held, look_at_no_balance)
    return Core(apply=fault) if in_the_books else Core(step=fault)


def tell_story(core: Core, events: Iterable[Event | int]) -> None:
    """Two payouts of 100 with a fee of 10 and an hour's time, and money for two. The sound core pays the first, so that
    there is money in clearing to be taken wrongly; the second lives in `core`; a third finds money only if the second
    gave it back."""
    world = World(Core())
    world.fund("BRL", 220)
    what = Order(
        reference="R",
        currency="BRL",
        amount_minor=100,
        beneficiary=BENEFICIARY,
        memo={},
        expires_ms=world.now_ms + HOUR_MS,
    )
    world.order(what, ACCOUNT, Terms(FeePlan(5, 50_000)))
    for event in PAID:
        world.tell(1, event)
    world.core = core
    world.order(what, ACCOUNT, Terms(FeePlan(5, 50_000)))
    for told in events:
        if isinstance(told, int):
            world.now_ms += told
        else:
            world.tell(2, told)
    world.order(what, ACCOUNT, Terms())


@pytest.mark.parametrize(("fault", "broken", "story"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_control_each_planted_fault_breaks_its_law_and_the_sound_core_does_not(
    fault: Callable[..., Any], broken: str, story: tuple[Event | int, ...]
) -> None:
    tell_story(Core(), story)
    with pytest.raises(LawBroken) as caught:
        tell_story(faulty(fault), story)
    assert caught.value.law == broken


@pytest.mark.parametrize("fault", dict.fromkeys(fault for fault, _, _ in FAULTS), ids=lambda fault: fault.__name__)
def test_control_random_lives_find_each_planted_fault(fault: Callable[..., Any]) -> None:
    with pytest.raises(LawBroken):
        live(faulty(fault), LIVES)


def test_control_every_law_can_be_broken() -> None:
    assert {broken for _, broken, _ in FAULTS} == set(LAWS)
