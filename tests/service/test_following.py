"""How well a process follows the database's clock: since when it has not seen it step, and when it looked last."""

from __future__ import annotations

import asyncio

import pytest

from outlay.core.attempt import CLOCK_LOOKED_AT_MS
from outlay.core.clock import FollowedClock
from outlay.process import clock as module
from outlay.process.clock import Following
from outlay.process.ids import open_node
from outlay.service.health import Health
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


THEIRS = 1_790_000_000_000
"""What the database's clock said at the beginning of the steady one."""


def following_since(began_ms: int) -> Following:
    return Following(FollowedClock(THEIRS + began_ms, began_ms, module.steady_ms()), THEIRS + began_ms, began_ms)


def look(following: Following, steady: Steady, began_ms: int, *, takes_ms: int = 10, ahead_ms: int = 0) -> None:
    """At the middle of the look the clock is so far ahead of where it was."""
    steady.now = began_ms + takes_ms
    following.note(THEIRS + began_ms + takes_ms // 2 + ahead_ms, began_ms)


def looked_on(following: Following, steady: Steady, until_ms: int, **clock: int) -> None:
    for began_ms in range(steady.now + 400, until_ms, 400):
        look(following, steady, began_ms, **clock)


def test_a_process_has_seen_the_clock_go_on_since_its_first_look_had_ended(steady: Steady) -> None:
    following = following_since(900)
    assert [following.calm_ms(at_ms) for at_ms in (0, 1_000, 1_001, 51_000)] == [0, 0, 1, 50_000]


@pytest.mark.parametrize("by_ms", [HOUR_MS, 700, -700, -HOUR_MS])
def test_a_step_that_is_seen_ends_the_calm_and_a_look_without_one_does_not(steady: Steady, by_ms: int) -> None:
    following = following_since(900)
    looked_on(following, steady, 60_000)
    assert following.calm_ms(60_000) == 59_000
    look(following, steady, 60_000, ahead_ms=by_ms)
    assert [following.calm_ms(at_ms) for at_ms in (60_000, 60_010, 61_010)] == [0, 0, 1_000]
    look(following, steady, 60_400, ahead_ms=by_ms)
    assert following.calm_ms(61_010) == 1_000, "it goes on from there"


def test_a_clock_that_runs_fast_is_not_calm_though_no_look_sees_a_step(steady: Steady) -> None:
    """As where it is slewed: 83 ms in each second."""
    following, calm = following_since(1_000), []
    for began_ms in range(1_400, 61_000, 400):
        look(following, steady, began_ms, ahead_ms=(began_ms - 1_000) * 83 // 1_000)
        calm.append(following.calm_ms(steady.now))
    assert max(calm) < 8_000
    following = following_since(steady.now)
    looked_on(following, steady, steady.now + 60_000, ahead_ms=400)
    assert following.calm_ms(steady.now) >= 59_000, "what clocks may differ is no step"


def test_small_steps_there_and_back_are_seen_as_far_apart_as_they_are(steady: Steady) -> None:
    following, calm = following_since(1_000), []
    for number, began_ms in enumerate(range(1_400, 61_000, 400)):
        look(following, steady, began_ms, ahead_ms=-600 if number % 2 else 600)
        calm.append(following.calm_ms(steady.now))
    assert max(calm) < 1_000


@pytest.mark.parametrize(("without_ms", "is_calm"), [(CLOCK_LOOKED_AT_MS, True), (CLOCK_LOOKED_AT_MS + 1, False)])
def test_what_happened_while_nobody_looked_is_not_known(steady: Steady, without_ms: int, *, is_calm: bool) -> None:
    """It may have been wrong for an hour, and set right again."""
    following = following_since(900)
    looked_on(following, steady, 60_000)
    look(following, steady, steady.now + without_ms)
    assert (following.calm_ms(steady.now) > 59_000) is is_calm


@pytest.mark.parametrize("by_ms", [700, -700])
def test_a_slow_look_ends_no_calm_and_a_slow_first_one_is_mended_by_quicker_ones(steady: Steady, by_ms: int) -> None:
    following = following_since(1_000 - 1_900)
    look(following, steady, 1_400, takes_ms=10)
    look(following, steady, 1_800, takes_ms=1_900)
    assert following.calm_ms(steady.now) == 2_700
    look(following, steady, 3_800, ahead_ms=by_ms)
    assert following.calm_ms(steady.now) == 0


def test_a_look_is_as_old_as_its_beginning(steady: Steady) -> None:
    following = following_since(900)
    assert following.looked_ago_ms() == 100
    look(following, steady, 4_400, takes_ms=600)
    assert following.looked_ago_ms() == 600


def test_a_process_knows_by_how_much_its_clock_may_be_behind(steady: Steady) -> None:
    clock = FollowedClock(THEIRS + 1_500, 1_000, 2_000)
    following = Following(clock, THEIRS + 1_500, 1_000)
    assert following.behind_ms() == 1_000
    steady.now = 3_020
    clock.look(THEIRS + 3_010, 3_000, 3_020)
    following.note(THEIRS + 3_010, 3_000)
    assert following.behind_ms() == 20


def test_a_step_that_a_slow_look_hides_may_be_behind(steady: Steady) -> None:
    following = following_since(1_000)
    look(following, steady, 1_400)
    assert following.behind_ms() <= 10
    steady.now = 3_500
    following.note(THEIRS + 3_400 + 1_500, 1_900)  # a step ahead of 1.5 s, within a look of 1.6 s
    assert following.behind_ms() >= 1_500


def test_a_stop_within_a_look_is_time_in_which_nobody_looked(steady: Steady) -> None:
    following = following_since(900)
    looked_on(following, steady, 60_000)
    look(following, steady, 60_000, takes_ms=CLOCK_LOOKED_AT_MS + 1)
    assert following.calm_ms(steady.now) == 0


async def test_what_is_confirmed_has_waited_for_a_look_that_began_after_the_question(steady: Steady) -> None:
    following = following_since(900)
    looked_on(following, steady, 60_000)
    confirmed = asyncio.create_task(following.confirmed_calm_ms(60_100))
    await asyncio.sleep(0.01)
    look(following, steady, 60_099)
    await asyncio.sleep(0.01)
    assert not confirmed.done()
    look(following, steady, 60_100)
    assert await confirmed == 59_100
    assert await following.confirmed_calm_ms(60_000) == 59_000, "there was one already"


async def test_a_step_that_is_seen_only_after_the_question_takes_its_calm(steady: Steady) -> None:
    following = following_since(900)
    looked_on(following, steady, 60_000)
    confirmed = asyncio.create_task(following.confirmed_calm_ms(60_000))
    await asyncio.sleep(0.01)
    look(following, steady, 60_300, ahead_ms=-HOUR_MS)
    assert await confirmed == 0


@pytest.mark.slow  # waits for seconds
async def test_where_no_look_comes_soon_nothing_is_confirmed() -> None:
    asked_ms = module.steady_ms()
    following = following_since(asked_ms - 100)
    following._calm_since_ms -= HOUR_MS
    assert following.calm_ms(asked_ms) >= HOUR_MS - 1_000
    assert await asyncio.wait_for(following.confirmed_calm_ms(asked_ms), 2 * CLOCK_LOOKED_AT_MS / 1_000) == 0


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS, 1_500, -1_500])
async def test_the_pulse_sees_a_step_of_the_databases_clock(plain_world: World, lies: Lies, by_ms: int) -> None:
    node = await open_node(plain_world.runtime.database, Health())
    later_ms = module.steady_ms() + 100_000
    await node.pulse()
    before_ms = node.following.calm_ms(later_ms)
    assert 90_000 < before_ms < 110_000
    lies.both(by_ms)
    await asyncio.sleep(0.05)
    await node.pulse()
    assert node.following.calm_ms(later_ms) <= before_ms - 50
    assert node.following.looked_ago_ms() < CLOCK_LOOKED_AT_MS
    await node.give_back()


async def test_a_number_that_is_leased_anew_is_a_look_too(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await open_node(plain_world.runtime.database, Health())
    noted: list[int] = []
    monkeypatch.setattr(node.following, "note", lambda _read_ms, began_ms: noted.append(began_ms))
    await plain_world.admin.execute("update nodes set owner = 'another' where owner <> ''")
    began_ms = module.steady_ms()
    await node.pulse()
    assert noted
    assert noted[-1] >= began_ms
    await node.give_back()
