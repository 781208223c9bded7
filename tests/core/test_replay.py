"""The replay tells every life as the core decided it, though it knows the facts alone."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.cases import CaseKind
from outlay.core.facts import Fact, FactKind
from outlay.core.payout import State
from outlay.core.replay import replay
from tests.core.payout_world import Core, Life
from tests.support.replays import differences, fate_of

LIVES = 60
STEPS = 150


def lived(chance: Random, steps: int, seen: set[object] | None = None) -> Life:
    life = Life(Core(), chance, set() if seen is None else seen)
    life.go_on(steps)
    return life


def check(life: Life) -> None:
    world = life.world
    for payout_id, payout in world.payouts.items():
        found = differences(payout, world.facts[payout_id], world.postings[payout_id])
        assert not found, "\n".join(map(str, (*found, *world.facts[payout_id])))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chance=st.randoms(note_method_calls=False, use_true_random=False))
def test_any_life_is_replayed_from_its_facts_alone(chance: Random) -> None:
    check(lived(chance, 50))


def test_known_lives_with_facts_and_cases_of_every_kind_are_replayed() -> None:
    seen: set[object] = set()
    for seed in range(LIVES):
        check(lived(Random(seed), STEPS, seen))
    assert {*FactKind, *CaseKind} <= seen


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
