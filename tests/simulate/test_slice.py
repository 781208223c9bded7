"""Some small worlds in every run, other ones for every state of the sources and the tests; and some rules taken out,
whose absence must be seen.

`./run simulate` has as many as are asked for, and `--controls` takes out every rule.
"""

from __future__ import annotations

import random

import pytest

from tests.simulate.campaign import EVERYTHING_MEETS_FROM, IN_A_WORLD, Terms, simulate
from tests.simulate.controls import CONTROLS
from tests.support.seeds import seed_of_tree

pytestmark = pytest.mark.slow

SEED = seed_of_tree()
# Harm is seen within one or two worlds without these rules, and within a dozen or two without the others.
SEEN_SOON = ("send-before-commit", "new-reference", "timeout-is-refused", "failover-after-unknown")
SOON = 4 * IN_A_WORLD
CHOSEN = random.Random(SEED).sample(SEEN_SOON, 2)


@pytest.mark.longest
def test_nothing_is_paid_twice_or_lost_in_any_world_and_every_fault_is_met() -> None:
    summary = simulate(Terms(EVERYTHING_MEETS_FROM, SEED))
    assert summary.complaints == []
    assert (summary.harm, summary.examples) == ({}, [])
    assert summary.never_met == []
    assert summary.payouts == EVERYTHING_MEETS_FROM


@pytest.mark.parametrize("name", CHOSEN)
def test_a_rule_of_sending_that_is_taken_out_is_missed(name: str) -> None:
    assert simulate(Terms(SOON, SEED, control=name), until_harm=True).harm


def test_the_same_seed_gives_the_same_world_to_its_last_event() -> None:
    first, again, other = (simulate(Terms(60, seed)) for seed in (SEED, SEED, SEED + 1))
    assert (first.trace, first.faults) == (again.trace, again.faults)
    assert first.trace != other.trace


def test_what_is_soon_seen_are_controls() -> None:
    assert set(SEEN_SOON) <= {control.name for control in CONTROLS}
