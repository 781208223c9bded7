"""A process as one of the installation's: its clock is the database's, its ids are its own, whatever a clock says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.core.ids import MAX_NODE, created_ms
from outlay.process import clock as clock_module
from outlay.process import ids as module
from outlay.process.ids import Node, NoIds, open_node
from outlay.service.health import Health
from outlay.store.clock import move_ahead
from outlay.store.database import Unavailable
from outlay.store.nodes import QUARANTINE_MS, NoFreeNode
from tests.support.lies import *  # noqa: F403
from tests.support.lies import HOUR_MS, Lies
from tests.support.world import World

SLACK_MS = 30_000


def number_of(snowflake: int) -> int:
    return (snowflake >> 12) & MAX_NODE


def true_ms() -> int:
    """What no test lies about."""
    return int(time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000)


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Gives what was logged since the test began."""
    with capture_logs() as lines:
        yield lambda: "\n".join(" ".join(map(str, line.values())) for line in lines)


@asynccontextmanager
async def process(world: World) -> AsyncIterator[tuple[Node, Health]]:
    health = Health()
    node = await open_node(world.runtime.database, health)
    yield node, health
    await node.give_back()


async def row(world: World, number: int) -> tuple[str, int]:
    """Who holds it, and when it ends, from now."""
    owner, until_ms = await world.admin.fetchrow("select owner, until_ms from nodes where node = $1", number)
    return owner, until_ms - true_ms()


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS])
async def test_a_wrong_machine_clock_is_said_for_as_long_as_it_is_and_changes_neither_time_nor_ids(
    plain_world: World, lies: Lies, by_ms: int, logged: Callable[[], str]
) -> None:
    async with process(plain_world) as (node, health):
        before = node.next_id()
        lies.machine_ms = by_ms
        await node.pulse()
        (warning,) = health.warnings()
        assert health.unready() == ()
        assert "this machine's clock is " + ("+36" if by_ms > 0 else "-36") in warning
        assert node.clock.real_ms() == pytest.approx(true_ms(), abs=SLACK_MS)
        after = node.next_id()
        assert before < after
        assert created_ms(after) == pytest.approx(true_ms(), abs=SLACK_MS)
        assert number_of(before) == number_of(after)
        await node.pulse()
        lies.machine_ms = 0
        await node.pulse()
        assert health.warnings() == ()
        assert not node.stepped.is_set()
    said = logged()
    assert (said.count("clock differs from the database's"), said.count("agree again")) == (1, 1)


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS])
async def test_a_step_of_both_clocks_in_the_middle_of_a_look_is_no_difference(
    plain_world: World, lies: Lies, by_ms: int, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = module.renew_node

    async def renewed(*given: Any) -> Any:
        reading = await renew(*given)
        lies.both(by_ms)
        return reading

    async with process(plain_world) as (node, health):
        monkeypatch.setattr(module, "renew_node", renewed)
        for _ in range(3):
            await node.pulse()
            assert health.warnings() == ()
    assert "differs from the database's" not in logged()


async def test_a_process_that_starts_with_a_wrong_clock_says_so(plain_world: World, lies: Lies) -> None:
    lies.machine_ms = 2_000
    async with process(plain_world) as (_, health):
        assert health.warnings() == ("this machine's clock is +2.0 s off the database's",)
        assert health.unready() == ()


async def test_a_clock_that_jumps_ahead_is_followed_and_said_once(
    plain_world: World, lies: Lies, logged: Callable[[], str]
) -> None:
    async with process(plain_world) as (node, health):
        before = node.next_id()
        lies.both(HOUR_MS)
        await node.pulse()
        assert node.stepped.is_set()
        await node.pulse()
        assert health.unready() == ()
        after = node.next_id()
        assert created_ms(after) == pytest.approx(true_ms() + HOUR_MS, abs=SLACK_MS)
        assert number_of(before) == number_of(after)
    assert logged().count("clock stepped") == 1


async def test_after_a_clock_has_gone_back_ids_come_from_another_number_at_the_present(
    plain_world: World, lies: Lies, logged: Callable[[], str]
) -> None:
    lies.both(HOUR_MS)
    async with process(plain_world) as (node, health):
        early = node.next_id()
        lies.both(0)
        await node.pulse()
        late = node.next_id()
        assert created_ms(late) == pytest.approx(true_ms(), abs=SLACK_MS)
        assert number_of(early) != number_of(late)
        assert health.unready() == ()
        owner, rests_ms = await row(plain_world, number_of(early))
        assert owner == ""
        assert rests_ms == pytest.approx(HOUR_MS + QUARANTINE_MS, abs=SLACK_MS), "past its last id"
    said = logged()
    assert "its ids are 3" in said
    assert said.count("clock stepped") == 1


async def test_between_the_step_and_the_next_number_there_are_no_ids_and_that_is_said(
    plain_world: World, lies: Lies, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies.both(HOUR_MS)
    async with process(plain_world) as (node, health):
        node.next_id()
        lies.both(0)

        async def no_number(*_: Any) -> Any:
            raise Unavailable("not now")

        monkeypatch.setattr(module, "lease_node", no_number)
        with pytest.raises(Unavailable):
            await node.pulse()
        with pytest.raises(NoIds):
            node.next_id()
        assert any("no ids can be made" in reason for reason in health.unready())
        monkeypatch.undo()
        await node.pulse()
        assert node.next_id()
        assert not any("no ids" in reason for reason in health.unready())


async def test_an_id_that_would_be_ahead_of_the_clock_is_refused_before_the_pulse_mends_it(
    plain_world: World,
) -> None:
    async with process(plain_world) as (node, _):
        node.clock.offset_ms = HOUR_MS
        node.next_id()
        node.clock.offset_ms = 0
        with pytest.raises(NoIds, match="behind the last id"):
            node.next_id()


async def test_a_number_that_was_given_to_another_process_is_given_up_at_once(plain_world: World) -> None:
    async with process(plain_world) as (node, health):
        lost = number_of(node.next_id())
        await plain_world.admin.execute("update nodes set owner = 'another' where node = $1", lost)
        await node.pulse()
        assert number_of(node.next_id()) != lost
        assert health.unready() == ()
    assert (await row(plain_world, lost))[0] == "another"


@pytest.mark.parametrize("is_first", [True, False])
async def test_the_ids_of_a_number_begin_when_it_was_leased_also_where_the_clock_goes_back_a_little(
    plain_world: World, lies: Lies, is_first: bool
) -> None:
    """Until then they may be another's."""
    before_ms = true_ms()
    async with process(plain_world) as (node, _):
        if not is_first:
            await plain_world.admin.execute("update nodes set owner = 'another' where owner <> ''")
            before_ms = true_ms()
            await node.pulse()
        lies.both(-990)
        await node.pulse()
        assert created_ms(node.next_id()) >= before_ms


async def test_a_lease_ends_for_its_holder_by_the_steady_clock_from_when_it_was_asked_for(
    plain_world: World, lies: Lies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it ends for others; and the machine's clock is not asked."""
    offset_ms = 0
    true_steady_ms = module.steady_ms
    for room in (clock_module, module):
        monkeypatch.setattr(room, "steady_ms", lambda: true_steady_ms() + offset_ms)
    true_renew: Any = vars(module)["renew_node"]

    async def slow_renewal(*given: Any) -> Any:
        nonlocal offset_ms
        moment = await true_renew(*given)
        offset_ms += 300_000
        return moment

    async with process(plain_world) as (node, _):
        monkeypatch.setattr(module, "renew_node", slow_renewal)
        await node.pulse()
        lies.machine_ms = 100 * HOUR_MS
        offset_ms += 280_000
        assert node.next_id()
        lies.machine_ms = -100 * HOUR_MS
        offset_ms += 16_000
        with pytest.raises(NoIds, match="no node number"):
            node.next_id()
        monkeypatch.setattr(module, "renew_node", true_renew)
        await node.pulse()
        assert node.next_id()


async def test_a_pulse_that_fails_is_said_once_tried_again_and_is_no_heartbeat(
    plain_world: World, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    """A full disk or a standby is an error of the database's own, not a lost connection."""
    beats, tries = 0, 0

    class Counting(Health):
        def beat(self) -> None:
            nonlocal beats
            beats += 1
            super().beat()

    async def fail(*_: Any) -> Any:
        nonlocal tries
        tries += 1
        raise RuntimeError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(module, "PULSE_S", 0.001)
    node = await open_node(plain_world.runtime.database, Counting())
    monkeypatch.setattr(module, "renew_node", fail)
    beats_before = beats
    keeping = asyncio.create_task(node.keep())
    async with asyncio.timeout(20):
        while tries < 5:  # noqa: ASYNC110 (the loop under test has no event to wait for)
            await asyncio.sleep(0.001)
        assert beats == beats_before
        monkeypatch.undo()
        while beats == beats_before:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    keeping.cancel()
    await node.give_back()
    said = logged()
    assert (said.count("no heartbeat written"), said.count("heartbeat written again")) == (1, 1)


async def test_a_crashed_process_leaves_a_number_that_rests_past_all_its_ids(plain_world: World, lies: Lies) -> None:
    """The next holder's ids begin later, whatever the clock has done meanwhile."""
    database = plain_world.runtime.database
    lies.both(HOUR_MS)
    crashed = await open_node(database, Health())
    last = crashed.next_id()
    lies.both(0)
    await plain_world.admin.execute(
        "insert into nodes (node, owner, until_ms)"
        " select n, 'somebody', $2 from generate_series(0, $3) n where n <> $1",
        *(number_of(last), true_ms() + 10 * HOUR_MS, MAX_NODE),
    )
    with pytest.raises(NoFreeNode):
        await open_node(database, Health())
    lies.both(HOUR_MS + 2 * module.NODE_LEASE_MS)
    heir = await open_node(database, Health())
    assert number_of(heir.next_id()) == number_of(last)
    assert heir.next_id() > last


async def test_a_sandbox_that_was_moved_on_is_followed_and_that_is_no_step(plain_world: World) -> None:
    async with process(plain_world) as (node, health):
        node.next_id()
        await move_ahead(plain_world.runtime.database, HOUR_MS)
        await node.pulse()
        assert not node.stepped.is_set()
        assert health.unready() == ()
        last = node.next_id()
        assert created_ms(last) == pytest.approx(true_ms() + HOUR_MS, abs=SLACK_MS)
        assert node.clock.real_ms() == pytest.approx(true_ms(), abs=SLACK_MS)
    owner, rests_ms = await row(plain_world, number_of(last))
    assert owner == ""
    assert rests_ms == pytest.approx(QUARANTINE_MS, abs=SLACK_MS), "by the real time"
