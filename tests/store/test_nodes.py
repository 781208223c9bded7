"""Node numbers: leased by the database's clock, never to two at once, and never while ids of another may bear the
present."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.core.ids import MAX_NODE
from outlay.store.clock import move_ahead
from outlay.store.nodes import QUARANTINE_MS, NoFreeNode, free_node, lease_node, renew_node
from tests.support.lies import *  # noqa: F403
from tests.support.lies import HOUR_MS, Lies
from tests.support.world import World, at_once

LEASE_MS = 600_000
SLACK_MS = 60_000
"""How long a test may take."""
NOW_MS = "(select floor(extract(epoch from clock_timestamp()) * 1000)::bigint)"


async def hold(world: World, first: int, last: int, *, ends_in_ms: int, owner: str = "somebody") -> None:
    """These numbers are leased until then; where that is past, they were never given back."""
    await world.admin.execute(
        f"insert into nodes (node, owner, until_ms) select n, $3, {NOW_MS} + $4 from generate_series($1::int, $2) n",
        *(first, last, owner, ends_in_ms),
    )


async def ends_in_ms(world: World, node: int) -> int:
    left: int = await world.admin.fetchval(f"select until_ms - {NOW_MS} from nodes where node = $1", node)
    return left


async def lease(world: World, owner: str = "me") -> int:
    node, _ = await lease_node(world.runtime.database, owner, LEASE_MS)
    return node


async def test_processes_that_start_at_once_get_node_numbers_of_their_own(plain_world: World) -> None:
    processes = [await plain_world.process() for _ in range(8)]
    leased = await at_once(
        *(lease_node(p.database, f"{n}-{m}", LEASE_MS) for n, p in enumerate(processes) for m in range(8))
    )
    assert len({node for node, _ in leased}) == 64, leased


@pytest.mark.parametrize("owner", ["", "crashed"])
async def test_processes_that_want_the_last_free_numbers_at_once_all_get_one(plain_world: World, owner: str) -> None:
    """They all reach for the same one: those that crashed have an order."""
    await hold(plain_world, 8, MAX_NODE, ends_in_ms=LEASE_MS)
    await hold(plain_world, 0, 7, ends_in_ms=-1, owner=owner)
    processes = [await plain_world.process() for _ in range(8)]
    leased = await at_once(*(lease_node(p.database, f"{n}", LEASE_MS) for n, p in enumerate(processes)))
    assert sorted(node for node, _ in leased) == list(range(8))


async def test_when_all_numbers_are_held_there_is_none(plain_world: World) -> None:
    await hold(plain_world, 0, MAX_NODE, ends_in_ms=LEASE_MS)
    with pytest.raises(NoFreeNode):
        await lease(plain_world)
    await plain_world.admin.execute(f"update nodes set until_ms = {NOW_MS} - 1 where node = 77")
    assert await lease(plain_world) == 77


async def test_a_number_that_was_given_back_or_never_used_goes_before_one_whose_lease_ended_by_itself(
    plain_world: World,
) -> None:
    """The database's clock may have jumped: then its holder lives."""
    await hold(plain_world, 0, MAX_NODE - 4, ends_in_ms=-HOUR_MS)
    await hold(plain_world, MAX_NODE - 3, MAX_NODE - 2, ends_in_ms=-1, owner="")
    assert {await lease(plain_world) for _ in range(4)} == set(range(MAX_NODE - 3, MAX_NODE + 1))
    await plain_world.admin.execute("update nodes set until_ms = until_ms - 1 where node = 500")
    await plain_world.admin.execute("update nodes set until_ms = until_ms - 2 where node = 400")
    assert [await lease(plain_world) for _ in range(2)] == [400, 500]


async def test_a_lease_goes_by_the_databases_clock_alone(plain_world: World, lies: Lies) -> None:
    lies.machine_ms = 1_000 * HOUR_MS
    node = await lease(plain_world)
    assert await ends_in_ms(plain_world, node) == pytest.approx(LEASE_MS, abs=SLACK_MS)
    moment = await renew_node(plain_world.runtime.database, node, "me", 2 * LEASE_MS)
    assert moment is not None
    assert moment.now_ms == pytest.approx(await plain_world.admin.fetchval(f"select {NOW_MS}"), abs=SLACK_MS)
    assert await ends_in_ms(plain_world, node) == pytest.approx(2 * LEASE_MS, abs=SLACK_MS)


async def test_who_leases_and_who_renews_learns_how_far_a_sandbox_is_ahead(plain_world: World) -> None:
    database = plain_world.runtime.database
    _, before = await lease_node(database, "first", LEASE_MS)
    await move_ahead(database, HOUR_MS)
    node, after = await lease_node(database, "second", LEASE_MS)
    renewed = await renew_node(database, node, "second", LEASE_MS)
    assert renewed is not None
    assert (before.offset_ms, after.offset_ms, renewed.offset_ms) == (0, HOUR_MS, HOUR_MS)
    assert await ends_in_ms(plain_world, node) == pytest.approx(LEASE_MS, abs=SLACK_MS), "the real time"


async def test_a_lost_lease_is_noticed_and_its_former_holder_changes_nothing(plain_world: World) -> None:
    database = plain_world.runtime.database
    await hold(plain_world, 0, MAX_NODE, ends_in_ms=LEASE_MS)
    await plain_world.admin.execute(f"update nodes set until_ms = {NOW_MS} - 1 where node = 5")
    assert await lease(plain_world, "second") == 5
    assert await renew_node(database, 5, "somebody", LEASE_MS) is None
    await free_node(database, 5, "somebody", 0)
    assert await renew_node(database, 5, "second", LEASE_MS) is not None


async def test_a_renewal_under_a_clock_that_went_back_brings_the_end_no_nearer(plain_world: World, lies: Lies) -> None:
    """Ids of the time before may bear it."""
    lies.database_ms = HOUR_MS
    node = await lease(plain_world)
    lies.database_ms = 0
    assert await renew_node(plain_world.runtime.database, node, "me", LEASE_MS) is not None
    assert await ends_in_ms(plain_world, node) == pytest.approx(HOUR_MS + LEASE_MS, abs=SLACK_MS)


@pytest.mark.parametrize("last_id_in_ms", [-HOUR_MS, 0, HOUR_MS])
async def test_a_number_that_is_given_back_rests_until_its_last_id_has_passed(
    plain_world: World, last_id_in_ms: int
) -> None:
    node = await lease(plain_world)
    now_ms: Any = await plain_world.admin.fetchval(f"select {NOW_MS}")
    await free_node(plain_world.runtime.database, node, "me", now_ms + last_id_in_ms)
    rests_ms = await ends_in_ms(plain_world, node)
    assert max(last_id_in_ms, 0) - SLACK_MS < rests_ms <= max(last_id_in_ms, 0) + SLACK_MS
    assert await plain_world.admin.fetchval(
        "select until_ms >= $2 from nodes where node = $1", node, now_ms + max(last_id_in_ms, 0) + QUARANTINE_MS
    )
    assert await renew_node(plain_world.runtime.database, node, "me", LEASE_MS) is None
