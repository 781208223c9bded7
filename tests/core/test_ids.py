"""Ids: unique, rising, 63 bits, and in the layout that the documented examples have."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.ids import (
    EPOCH_MS,
    MAX_ID,
    MAX_NODE,
    MOST_BORROWED_MS,
    ClockBehind,
    Snowflakes,
    created_ms,
    earliest_id,
)

LAST_MS = EPOCH_MS + (1 << 41) - 1
"""2080-07-10: the last millisecond that 41 bits can name."""

NODES = st.integers(0, MAX_NODE)
CLOCK_TIMES = st.integers(EPOCH_MS + 1, LAST_MS - 10_000_000)
CLOCKS = st.lists(CLOCK_TIMES, min_size=1, max_size=200)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


@pytest.mark.parametrize(
    ("snowflake", "second"),
    [
        # UQPAY's reference page, retrieve payout (seed): payout_id and create_time.
        (1968582687224500224, _ms("2025-09-18T15:47:41+08:00")),
        # UQPAY's published webhook sample (vectors/uqpay-webhook.json): payout_id, and when it was signed.
        (2043633677040095232, 1776075212000),
    ],
)
def test_a_documented_id_tells_the_second_in_which_it_was_made(snowflake: int, second: int) -> None:
    assert created_ms(snowflake) // 1000 * 1000 == second


def test_a_documented_id_is_what_we_would_have_made_ourselves() -> None:
    assert Snowflakes(1).next(1758181661789) == 1968582687224500224


def make(flakes: Snowflakes, now_ms: int) -> int | None:
    try:
        return flakes.next(now_ms)
    except ClockBehind:
        return None


@given(node=NODES, clock=CLOCKS)
def test_ids_rise_strictly_whatever_the_clock_does(node: int, clock: list[int]) -> None:
    flakes = Snowflakes(node)
    made = [snowflake for now_ms in clock if (snowflake := make(flakes, now_ms)) is not None]
    assert made
    assert all(earlier < later for earlier, later in pairwise(made))
    assert all(0 < snowflake <= MAX_ID for snowflake in made)


@given(node=NODES, start_ms=CLOCK_TIMES, steps=st.lists(st.integers(-3_000, 3_000), max_size=200))
def test_an_id_never_tells_a_time_before_its_making_nor_one_more_than_a_second_after_it(
    node: int, start_ms: int, steps: list[int]
) -> None:
    flakes = Snowflakes(node)
    now_ms, latest = start_ms, 0
    for step_ms in (0, *steps):
        now_ms = max(now_ms + step_ms, EPOCH_MS + 1)
        snowflake = make(flakes, now_ms)
        assert (snowflake is None) == (latest - now_ms > MOST_BORROWED_MS)
        if snowflake is not None:
            made_ms = created_ms(snowflake)
            assert made_ms == max(now_ms, latest) <= now_ms + MOST_BORROWED_MS
            latest = made_ms


def test_a_clock_that_steps_back_a_little_neither_repeats_nor_reorders() -> None:
    flakes = Snowflakes(7)
    before = [flakes.next(1_790_000_000_000) for _ in range(3)]
    after = [flakes.next(1_790_000_000_000 - 990) for _ in range(10_000)]
    assert sorted(set(before + after)) == before + after
    assert created_ms(after[0]) == 1_790_000_000_000


def test_a_clock_that_steps_back_an_hour_gets_no_ids_until_it_has_caught_up() -> None:
    flakes = Snowflakes(7)
    now_ms = 1_790_000_000_000
    last = flakes.next(now_ms)
    for behind_ms in (3_600_000, MOST_BORROWED_MS + 1):
        with pytest.raises(ClockBehind, match=f"{behind_ms} ms behind"):
            flakes.next(now_ms - behind_ms)
    assert flakes.next(now_ms - MOST_BORROWED_MS) == last + 1


def test_a_clock_that_stands_still_lends_a_second_and_no_more() -> None:
    flakes = Snowflakes(0)
    now_ms = 1_790_000_000_000
    flakes.next(now_ms + MOST_BORROWED_MS)
    made = [flakes.next(now_ms) for _ in range(4095)]
    assert created_ms(made[-1]) == now_ms + MOST_BORROWED_MS
    with pytest.raises(ClockBehind):
        flakes.next(now_ms)
    assert flakes.next(now_ms + 1) > made[-1]


@given(node=NODES, from_ms=CLOCK_TIMES, behind_ms=st.integers(0, MOST_BORROWED_MS))
def test_the_ids_of_a_number_begin_where_its_last_holder_can_have_made_none(
    node: int, from_ms: int, behind_ms: int
) -> None:
    assert created_ms(Snowflakes(node, from_ms).next(from_ms - behind_ms)) == from_ms


def test_a_number_whose_ids_begin_later_than_the_clock_makes_none_yet() -> None:
    with pytest.raises(ClockBehind):
        Snowflakes(1, 1_790_000_000_000).next(1_790_000_000_000 - MOST_BORROWED_MS - 1)


def test_a_full_millisecond_borrows_from_the_next_and_the_clock_catches_up() -> None:
    flakes = Snowflakes(0)
    now_ms = 1_790_000_000_000
    made = [flakes.next(now_ms) for _ in range(4096)]
    assert {created_ms(snowflake) for snowflake in made} == {now_ms}
    borrowed = flakes.next(now_ms)
    assert created_ms(borrowed) == now_ms + 1
    assert flakes.next(now_ms + 1) == borrowed + 1
    assert created_ms(flakes.next(now_ms + 2)) == now_ms + 2


@given(
    nodes=st.lists(NODES, min_size=2, max_size=5, unique=True), clock=st.lists(st.integers(LAST_MS - 9, LAST_MS - 5))
)
def test_two_nodes_never_make_the_same_id(nodes: list[int], clock: list[int]) -> None:
    makers = [Snowflakes(node) for node in nodes]
    made = [maker.next(now_ms) for maker in makers for now_ms in clock]
    assert len(made) == len(set(made))


def test_the_last_millisecond_still_fits_63_bits() -> None:
    assert Snowflakes(MAX_NODE).next(LAST_MS) <= MAX_ID < 2**63
    assert Snowflakes(MAX_NODE).next(LAST_MS + 1) > MAX_ID, "if this fails, ids are guarded: say so here"


@pytest.mark.parametrize("node", [-1, MAX_NODE + 1, 1 << 20])
def test_a_node_number_that_does_not_fit_is_refused(node: int) -> None:
    with pytest.raises(ValueError, match="node"):
        Snowflakes(node)


@given(snowflake=st.integers(0, MAX_ID), at_ms=st.integers(EPOCH_MS, LAST_MS))
def test_a_span_of_time_is_a_span_of_ids(snowflake: int, at_ms: int) -> None:
    assert (created_ms(snowflake) >= at_ms) == (snowflake >= earliest_id(at_ms))


@given(node=NODES, at_ms=st.integers(EPOCH_MS + 1, LAST_MS - 1))
def test_what_is_made_in_a_millisecond_lies_between_its_ends(node: int, at_ms: int) -> None:
    assert earliest_id(at_ms) <= Snowflakes(node).next(at_ms) < earliest_id(at_ms + 1)


@pytest.mark.parametrize("at_ms", [-1, 0, EPOCH_MS - 1, EPOCH_MS])
def test_before_the_first_id_every_id_is_later(at_ms: int) -> None:
    assert earliest_id(at_ms) == 0
