"""The replay tells every life as the core decided it, though it knows the facts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.account import Account, Terms
from outlay.core.cases import CaseKind, Remedy
from outlay.core.decision import Decision
from outlay.core.epoch import Epoch
from outlay.core.events import Event, Heard, Park, Source
from outlay.core.facts import Fact, FactKind
from outlay.core.ledger import Overdraft, Posting
from outlay.core.life import order, step
from outlay.core.outcome import NotFound, Paid
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Refusal
from outlay.core.replay import replay
from outlay.core.replayed import Fate
from outlay.core.rulings import Verdict
from tests.core.payout_laws import check_history
from tests.core.payout_stories import (
    ACCOUNT,
    BEGIN,
    FINAL,
    NOW_MS,
    SENT_TWICE,
    TERMS,
    TIMEOUT,
    WHAT,
    accept,
    by_two,
    called,
    closed,
    late,
    ruled,
    sent,
)
from tests.core.payout_table import ASKED, LATE, TWO_WAIT
from tests.core.payout_world import OUTCOMES, RAILS, Core, Life, World, check_books
from tests.core.told_evidence import TOLD, heard
from tests.support.replays import differences, fate_of

LIVES = 60
STEPS = 150


def lived(chance: Random, steps: int, seen: set[object] | None = None) -> Life:
    life = Life(Core(), chance, set() if seen is None else seen)
    life.go_on(steps)
    return life


class LosingTime(World):
    """A world whose database loses time now and then: its books, and what its facts tell."""

    epoch = Epoch()

    def order(self, what: Order, account: Account, terms: Terms) -> Decision | No:
        return super().order(what, replace(account, epoch=self.epoch), terms)

    def tell(self, payout_id: int, event: Event) -> Decision | No:
        decided = self.core.step(self.payouts[payout_id], event, self.now_ms, self.epoch)
        if isinstance(decided, No):
            return decided
        try:
            self.books |= self.core.apply(self.books, decided.postings)
        except Overdraft:
            return Refusal.INSUFFICIENT_BALANCE
        self.payouts[payout_id] = decided.payout
        self.facts[payout_id] += decided.facts
        self.postings[payout_id] += decided.postings
        self.seen |= {fact.kind for fact in decided.facts} | {case.kind for case in decided.cases}
        check_history(decided.payout, self.facts[payout_id], self.postings[payout_id])
        check_books(self)
        return decided


class LosingLife(Life):
    def __init__(self, chance: Random, seen: set[object]) -> None:
        super().__init__(Core(), chance, seen)
        self.world: LosingTime = LosingTime(Core())
        self.world.seen = seen

    def _event(self, one: Payout) -> Event:
        lot, epoch = self.chance.random(), self.world.epoch
        if lot < 0.04:
            self.world.epoch = Epoch(epoch.number + 1, self.world.real_ms)
        if one.epoch == epoch.number or one.open_attempt is not None or lot > 0.6:
            return super()._event(one)
        answer = self._heard(one, len(one.attempts) + 1, self.chance.choice((*(NotFound(),) * 30, *OUTCOMES)))
        asked = replace(answer, source=Source.ASK, asked_ms=self.world.real_ms, rail=RAILS.get(one.rail))
        return asked if isinstance(asked.outcome, NotFound) else answer


def check(life: Life) -> None:
    world = life.world
    for payout_id, payout in world.payouts.items():
        found = differences(payout, world.facts[payout_id], world.postings[payout_id])
        assert not found, "\n".join(map(str, (*found, *world.facts[payout_id])))


@settings(
    max_examples=settings.default.max_examples * 4 // 3,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(chance=st.randoms(note_method_calls=False, use_true_random=False))
def test_any_life_is_replayed_from_its_facts_alone(chance: Random) -> None:
    check(lived(chance, 50))


@pytest.mark.slow  # hundreds of whole lives
def test_known_lives_with_facts_and_cases_of_every_kind_are_replayed() -> None:
    seen: set[object] = set()
    for seed in range(LIVES):
        check(lived(Random(seed), STEPS, seen))
        losing = LosingLife(Random(seed), seen)
        losing.go_on(STEPS)
        check(losing)
    assert {*FactKind, *CaseKind} <= seen


@pytest.mark.slow  # a search
def test_any_one_fact_that_is_taken_out_twisted_or_told_twice_is_seen() -> None:
    for seed in range(12):
        world = lived(Random(seed), STEPS).world
        for payout_id, payout in world.payouts.items():
            facts = world.facts[payout_id]
            for at, fact in enumerate(facts):
                assert differences(payout, facts[:at] + facts[at + 1 :])
                assert differences(payout, [*facts[: at + 1], *facts[at:]])
                other = FactKind.CANCELLED if fact.kind is not FactKind.CANCELLED else FactKind.EXPIRED
                assert differences(payout, [*facts[:at], replace(fact, kind=other), *facts[at + 1 :]])


def test_a_fact_that_cannot_follow_is_named_and_one_that_lacks_its_particulars_too() -> None:
    world = lived(Random(1), STEPS).world
    payout_id = next(number for number, payout in world.payouts.items() if payout.state is State.PAID)
    payout, facts = world.payouts[payout_id], world.facts[payout_id]
    twice = Fact(len(facts) + 1, FactKind.PAID, 1, {"attempt": "1", "source": "ask"})
    assert fate_of(payout, [*facts, twice]).impossible
    assert fate_of(payout, [*facts, replace(twice, kind=FactKind.NOT_FOUND, data={})]).impossible
    assert fate_of(payout, facts[1:]).impossible
    assert not fate_of(payout, facts).impossible
    assert replay(fate_of(payout, facts).outline, facts) == fate_of(payout, facts)


def test_a_fact_that_opens_a_case_of_any_number_is_named_and_makes_no_cases_before_it() -> None:
    payout, facts, _ = told_in_order((), ())
    for number in (0, -1, 10**12):
        parked = Fact(2, FactKind.PARKED, 1, {"case": f"{number} parked", "why": "x"})
        fate = fate_of(payout, [*facts, parked])
        assert fate.impossible
        assert fate.cases == {}


def told_in_order(start: tuple[Event, ...], messages: Sequence[Heard]) -> tuple[Payout, list[Fact], list[Posting]]:
    made = accept(order(WHAT, ACCOUNT, TERMS, 42, NOW_MS))
    payout, facts, postings = made.payout, list(made.facts), list(made.postings)
    for event in (*start, *messages):
        decided = accept(step(payout, event, NOW_MS))
        payout, facts, postings = decided.payout, [*facts, *decided.facts], [*postings, *decided.postings]
    return payout, facts, postings


def end_of(fate: Fate) -> tuple[object, ...]:
    """Where it comes to, as facts alone tell it."""
    books: Counter[str] = Counter()
    for moved in fate.moved:
        books[moved.posting.source] -= moved.posting.amount_minor
        books[moved.posting.target] += moved.posting.amount_minor
    returns = Counter((back.number, back.amount_minor) for back in fate.returns)
    names = (fate.rail_reference, fate.receipt_url, tuple(fate.attempts[1].rail_references))
    return fate.state, fate.attempts[1].state, names, returns, fate.returned_minor, fate.early, books


@pytest.mark.parametrize("start", [(BEGIN,), (BEGIN, sent(TIMEOUT)), SENT_TWICE])
def test_one_payment_told_in_any_order_is_replayed_to_one_end(start: tuple[Event, ...]) -> None:
    messages = [heard(outcome, Source.CALLBACK, 0) for name, outcome in TOLD.items() if name != "unknown"]
    ends = []
    for seed in range(150):
        mixed = Random(seed).sample(messages, len(messages))
        payout, facts, postings = told_in_order(start, mixed)
        assert not differences(payout, facts, postings), [str(each) for each in facts]
        ends.append(end_of(fate_of(payout, facts)))
    assert all(each == ends[0] for each in ends)
    assert ends[0][0] is State.PAID


ENDED = *by_two(Verdict.REFUSED), *by_two(Verdict.GIVEN_BACK)
STORIES: dict[str, tuple[Event, ...]] = {
    "returns that waited are let go of one by one": (*TWO_WAIT, *ENDED, closed(1), closed(1, by="bob")),
    "and the second one is paid by us": (
        *TWO_WAIT,
        *ENDED,
        closed(2, Remedy.BACK_TO_US, 40),
        closed(2, Remedy.BACK_TO_US, 40, by="bob"),
    ),
    "one person closes a case about no money, and another's proposal stays": (
        *ASKED,
        Park(1, "it is old"),
        ruled(Verdict.NEVER_SUBMITTED, "ana"),
        ruled(Verdict.NEVER_SUBMITTED, "bob"),
        ruled(Verdict.GIVEN_BACK, "ana"),
        ruled(Verdict.GIVEN_BACK, "bob"),
        closed(1),
    ),
    "a late send, then everything again": (*LATE, called(Paid("CH-1")), closed(1)),
    "dead by word, left after all, paid": (*ASKED, *by_two(Verdict.NEVER_SUBMITTED), late(FINAL), called(Paid("CH-9"))),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_few_lives_come_to_is_replayed_after_each_step(story: str) -> None:
    for steps in range(len(STORIES[story]) + 1):
        payout, facts, postings = told_in_order(STORIES[story][:steps], ())
        assert not differences(payout, facts, postings), [str(each) for each in facts]
