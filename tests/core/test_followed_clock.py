"""A followed clock: as right as the looks at it can tell, and moved by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.clock import FollowedClock

START_MS = 1_790_000_000_000
LOOKS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 3_000), st.integers(0, 3_000)), max_size=50)
"""Of each: the rest before it, and how long it takes before and after the reading."""


def test_between_two_looks_it_goes_on_by_itself() -> None:
    clock = FollowedClock(START_MS, 100, 100)
    assert [clock.now_ms(steady_ms) for steady_ms in (100, 101, 5_100)] == [START_MS, START_MS + 1, START_MS + 5_000]


def test_at_first_it_is_never_ahead() -> None:
    assert FollowedClock(START_MS, 100, 700).now_ms(700) == START_MS


@given(looks=LOOKS)
def test_a_clock_that_does_not_step_is_followed_and_a_slow_look_moves_nothing(
    looks: list[tuple[int, int, int]],
) -> None:
    steady_ms = 1_000
    clock = FollowedClock(START_MS + 1_000, 1_000, 1_000)
    for rest, before, after in looks:
        began_ms = steady_ms + rest
        read_ms, steady_ms = START_MS + began_ms + before, began_ms + before + after
        assert clock.look(read_ms, began_ms, steady_ms) == 0
        assert clock.now_ms(steady_ms) == START_MS + steady_ms


@given(step_ms=st.integers(-(10**10), 10**10), before=st.integers(0, 3_000), after=st.integers(0, 3_000))
def test_a_step_is_followed_at_the_next_look_and_told_with_its_size(step_ms: int, before: int, after: int) -> None:
    clock = FollowedClock(START_MS, 0, 0)
    read_ms, ended_ms = START_MS + step_ms + 1_000 + before, 1_000 + before + after
    stepped_ms = clock.look(read_ms, 1_000, ended_ms)
    assert abs(stepped_ms) <= abs(step_ms), "what is told is certain"
    assert abs(stepped_ms - step_ms) <= before + after
    assert read_ms <= clock.now_ms(ended_ms) <= read_ms + before + after


@given(looks=LOOKS, steps=st.lists(st.integers(-(10**8), 10**8), max_size=50))
def test_whatever_the_other_clock_does_it_lies_between_what_was_read_and_what_the_look_took(
    looks: list[tuple[int, int, int]], steps: list[int]
) -> None:
    steady_ms, theirs = 0, START_MS
    clock = FollowedClock(START_MS, 0, 0)
    for (rest, before, after), step_ms in zip(looks, steps, strict=False):
        theirs += step_ms
        began_ms, steady_ms = steady_ms + rest, steady_ms + rest + before + after
        read_ms = theirs + began_ms + before
        clock.look(read_ms, began_ms, steady_ms)
        assert read_ms <= clock.now_ms(steady_ms) <= read_ms + before + after


def test_a_first_look_that_was_slow_is_mended_by_a_quick_one_and_that_is_no_step() -> None:
    clock = FollowedClock(START_MS + 2_000, 0, 5_000)
    assert clock.now_ms(5_000) == START_MS + 2_000
    assert clock.look(START_MS + 5_010, 5_010, 5_010) == 0
    assert clock.now_ms(5_010) == START_MS + 5_010


@pytest.mark.parametrize("step_ms", [500, -500])
def test_a_slow_look_makes_nothing_unknown_that_was_known(step_ms: int) -> None:
    clock = FollowedClock(START_MS, 0, 0)
    assert clock.look(START_MS + 2_000, 0, 4_000) == 0
    assert clock.look(START_MS + 5_000 + step_ms, 5_000, 5_000) == step_ms


@given(lead_ms=st.integers(-10_000, 10_000), before=st.integers(0, 3_000), after=st.integers(0, 3_000))
def test_another_clock_differs_only_by_what_is_certain(lead_ms: int, before: int, after: int) -> None:
    clock = FollowedClock(START_MS + before, 0, before + after)
    told_ms = clock.lead_ms(START_MS + 7_000 + lead_ms, 7_000)
    assert abs(told_ms - lead_ms) <= before + after
    assert abs(told_ms) <= abs(lead_ms)
    assert told_ms * lead_ms >= 0
