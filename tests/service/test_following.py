"""How well a process follows the database's clock: since when it has not seen it step, and when it looked last."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from outlay import node as module
from outlay.core.attempt import CLOCK_LOOKED_AT_MS
from outlay.health import Health
from outlay.node import Following, open_node, steady_ms
from tests.support.lies import *  # noqa: F403
from tests.support.lies import HOUR_MS, Lies
from tests.support.world import World


class Steady:
    """A steady clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    clock = Steady()
    monkeypatch.setattr(module, "steady_ms", clock)
    return clock


def test_a_process_has_seen_the_clock_go_on_since_its_first_look_had_ended(steady: Steady) -> None:
    following = Following(900)
    assert [following.calm_ms(at_ms) for at_ms in (0, 1_000, 1_001, 51_000)] == [0, 0, 1, 50_000]


def test_a_step_that_is_seen_ends_the_calm_and_a_look_without_one_does_not(steady: Steady) -> None:
    following = Following(900)
    steady.now = 60_000
    following.note(59_900, stepped=False)
    assert following.calm_ms(60_000) == 59_000
    following.note(59_950, stepped=True)
    assert [following.calm_ms(at_ms) for at_ms in (59_960, 60_000, 61_000)] == [0, 0, 1_000]


def test_a_look_is_as_old_as_its_beginning(steady: Steady) -> None:
    following = Following(900)
    assert following.looked_ago_ms() == 100
    steady.now = 5_000
    assert following.looked_ago_ms() == 4_100
    following.note(4_400, stepped=False)
    assert following.looked_ago_ms() == 600


async def test_what_is_confirmed_has_waited_for_a_look_that_began_after_the_question(steady: Steady) -> None:
    following = Following(900)
    steady.now = 60_000
    confirmed = asyncio.create_task(following.confirmed_calm_ms(60_000))
    await asyncio.sleep(0.01)
    following.note(59_999, stepped=False)
    await asyncio.sleep(0.01)
    assert not confirmed.done()
    following.note(60_000, stepped=False)
    assert await confirmed == 59_000
    assert await following.confirmed_calm_ms(60_000) == 59_000, "there was one already"


async def test_a_step_that_is_seen_only_after_the_question_takes_its_calm(steady: Steady) -> None:
    following = Following(900)
    steady.now = 60_000
    confirmed = asyncio.create_task(following.confirmed_calm_ms(60_000))
    await asyncio.sleep(0.01)
    steady.now = 60_400
    following.note(60_300, stepped=True)
    assert await confirmed == 0


async def test_where_no_look_comes_soon_nothing_is_confirmed() -> None:
    asked_ms = steady_ms()
    following = Following(asked_ms - HOUR_MS)
    following._calm_since_ms -= HOUR_MS
    assert following.calm_ms(asked_ms) >= HOUR_MS - 1_000
    assert await asyncio.wait_for(following.confirmed_calm_ms(asked_ms), 2 * CLOCK_LOOKED_AT_MS / 1_000) == 0


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS, 1_500, -1_500])
async def test_the_pulse_sees_a_step_of_the_databases_clock(plain_world: World, lies: Lies, by_ms: int) -> None:
    node = await open_node(plain_world.runtime.database, Health())
    later_ms = steady_ms() + 100_000
    await node.pulse()
    before_ms = node.following.calm_ms(later_ms)
    assert 90_000 < before_ms < 110_000
    lies.both(by_ms)
    await asyncio.sleep(0.05)
    await node.pulse()
    assert node.following.calm_ms(later_ms) <= before_ms - 50
    assert node.following.looked_ago_ms() < CLOCK_LOOKED_AT_MS
    await node.give_back()


async def test_the_pulse_counts_no_small_step_as_one(plain_world: World, lies: Lies) -> None:
    """Processes whose clocks agree well enough reckon with that much."""
    node = await open_node(plain_world.runtime.database, Health())
    before_ms = node.following.calm_ms(steady_ms() + 100_000)
    lies.both(900)
    await asyncio.sleep(0.05)
    await node.pulse()
    assert node.following.calm_ms(steady_ms() + 100_000) >= before_ms
    await node.give_back()


async def test_a_number_that_is_leased_anew_is_a_look_too(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await open_node(plain_world.runtime.database, Health())
    noted: list[Any] = []
    monkeypatch.setattr(node.following, "note", lambda began_ms, *, stepped: noted.append((began_ms, stepped)))
    await plain_world.admin.execute("update nodes set owner = 'another' where owner <> ''")
    began_ms = steady_ms()
    await node.pulse()
    assert noted
    assert noted[-1][0] >= began_ms
    assert not any(stepped for _, stepped in noted)
    await node.give_back()
