"""Worlds with every fault, also a database that goes back: what their facts tell is what the payouts are."""

from __future__ import annotations

import pytest

from outlay.core.facts import FactKind
from tests.simulate.memory import MemoryStore
from tests.simulate.world import World, run_world
from tests.support.replays import differences

pytestmark = pytest.mark.slow

WORLDS = 24
MANY = 60
LOST_TIME = {FactKind.RECALLED, FactKind.ATTEMPT_RECOVERED, FactKind.CLEARED}


def test_every_payout_of_worlds_with_every_fault_is_replayed_from_its_facts() -> None:
    stores: list[MemoryStore] = []

    def kept(world: World) -> MemoryStore:
        stores.append(MemoryStore(world.weather, world.chance, world.saw, world.due_at))
        return stores[-1]

    for seed in range(WORLDS):
        assert run_world(seed, MANY, make_store=kept).complaints == []
    told = {fact.kind for store in stores for facts in store.facts.values() for fact in facts}
    assert told >= LOST_TIME
    for store in stores:
        assert store.facts.keys() == store.payouts.keys()
        for number, payout in store.payouts.items():
            found = differences(payout, store.facts[number])
            assert not found, "\n".join(map(str, (*found, *store.facts[number])))
