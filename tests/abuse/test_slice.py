"""A few strangers in every run, other ones for every state of the sources and the tests; and one without its limit, who
must be caught.

`./run abuse` has them all. Chance may find faults here, it may not fail a build: a p99 counts from a quarter of a
second on, and what looks like harm is tried again.
"""

from __future__ import annotations

import random

import pytest

from tests.abuse.campaign import STOP, Terms, all_strangers, campaign
from tests.abuse.controls import CONTROLS, tried
from tests.abuse.judge import LENIENT
from tests.abuse.mission import STRANGERS
from tests.support.seeds import seed_of_tree

pytestmark = pytest.mark.slow

FEW = 1
CHANCE = random.Random(seed_of_tree())
CHOSEN = CHANCE.sample([who for who in all_strangers() if who.house == "plain" and who is not STOP], FEW)
# Whether a flood is felt without its limit hangs on the machine; whether a connection stays open does not.
CONTROL = CHANCE.choice([control for control in CONTROLS if not control.is_felt])
TERMS = Terms(leniency=LENIENT)


def test_some_strangers_harm_nobody_and_the_server_stops_in_order_under_several() -> None:
    with campaign(TERMS) as opened:
        trials = opened.run([*CHOSEN, STOP])
    assert {trial.stranger: trial.harms for trial in trials if trial.harms} == {}
    assert len(trials) == FEW + 1


def test_a_limit_that_is_taken_out_is_noticed() -> None:
    caught = tried(CONTROL, TERMS)
    assert caught.is_caught, f"without {caught.limit}: {caught.trials}"


def test_every_control_names_strangers_that_exist() -> None:
    assert {name for control in CONTROLS for name in control.strangers} <= STRANGERS.keys()
