"""A few of the worlds run on a real PostgreSQL, in both shapes, with the clerk and the workers' list of a server."""

from __future__ import annotations

from functools import partial

import pytest

from outlay.core.proof import ReplayResult
from outlay.service.operator.replay_ledger import replay_snapshot
from outlay.store.database import Database
from outlay.store.read.recorded import snapshot
from tests.simulate.postgres import PostgresStore
from tests.simulate.world import World, run_world
from tests.support.databases import SHAPES, Server, Shape
from tests.support.seeds import seed_of_tree

pytestmark = pytest.mark.slow

MANY = 60


def store_in(dsn: str, shape: Shape, world: World) -> PostgresStore:
    return PostgresStore(world, dsn, shape.lanes)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_world_on_a_real_database_pays_nothing_twice_and_loses_nothing(server: Server, shape: Shape) -> None:
    kept = server.of_shape(shape)
    server.runner.run(kept.empty())
    outcome = run_world(seed_of_tree(), MANY, make_store=partial(store_in, kept.dsn, shape))
    assert outcome.complaints == []
    assert outcome.verdict.examples == []
    assert outcome.verdict.payouts == MANY
    replayed = server.runner.run(replayed_books(kept.database))
    assert replayed.differences == ()
    assert replayed.untold == {}
    assert sum(replayed.states.values()) == replayed.rows["payouts"] == MANY


async def replayed_books(database: Database) -> ReplayResult:
    async with snapshot(database) as snap:
        return await replay_snapshot(snap, lambda _done: None)
