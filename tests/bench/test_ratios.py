"""What counts as a loss, by fixed numbers."""

from __future__ import annotations

import random

import pytest

from tests.bench.ratios import Row, blind, judge, losses, spread_of

CALM = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 100.0, 101.0, 99.0, 100.0, 100.0]
AGAIN = [100.5, 100.0, 100.0, 99.5, 100.0, 100.0, 100.6, 99.4, 100.0, 100.1, 99.9, 100.2]
WILD = [100.0, 130.0, 80.0, 120.0, 75.0, 140.0, 95.0, 110.0, 85.0, 125.0, 90.0, 70.0]


def rates(first: list[float], second: list[float], present: list[float]) -> Row:
    return judge("a: query", "per_second", first, second, present, more_is_faster=True)


def times(values: list[float], factor: float) -> list[float]:
    return [value * factor for value in values]


@pytest.mark.parametrize(
    ("rounds", "low", "high"), [(7, 1, 7), (8, 1, 8), (9, 2, 8), (12, 3, 10), (15, 4, 12), (20, 6, 15), (25, 8, 18)]
)
def test_a_spread_is_the_narrowest_that_order_alone_can_vouch_for(rounds: int, low: int, high: int) -> None:
    """The ranks of the tables for a median's interval of 95 in 100."""
    values = [float(rank) for rank in range(1, rounds + 1)]
    random.Random(1).shuffle(values)
    assert spread_of(values) == spread_of(sorted(values))
    assert (spread_of(values).low, spread_of(values).high) == (low, high)
    assert spread_of(values).median == (rounds + 1) / 2


def test_a_loss_beyond_the_control_is_slower_and_counts_from_what_is_allowed() -> None:
    row = rates(CALM, AGAIN, times(CALM, 0.95))
    assert row.verdict == "slower"
    assert row.loss == pytest.approx(0.05, abs=0.003)
    assert losses([row], 0.03) == [row]
    assert losses([row], 0.06) == []


def test_a_gain_beyond_the_control_is_faster_and_no_loss() -> None:
    row = rates(CALM, AGAIN, times(CALM, 1.05))
    assert row.verdict == "faster"
    assert losses([row], 0.0) == []


def test_the_same_loss_in_a_wilder_control_is_no_difference_and_is_told_as_hidden() -> None:
    row = rates(CALM, WILD, times(CALM, 0.95))
    assert row.verdict == "no difference beyond the control"
    assert losses([row], 0.03) == []
    assert blind([row], 0.03) == [row]
    assert blind([rates(CALM, AGAIN, CALM)], 0.03) == []


def test_a_control_that_leans_to_one_side_covers_the_other_as_well() -> None:
    """One of two equal servers can be the luckier one; so can the present tree's."""
    row = rates(CALM, times(AGAIN, 1.1), times(CALM, 0.97))
    assert row.control.low > 1
    assert row.reach > 0.09
    assert row.verdict == "no difference beyond the control"


def test_a_median_beyond_the_control_is_no_difference_while_its_own_rounds_disagree() -> None:
    present = [60.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0, 140.0, 140.0, 140.0, 140.0, 140.0]
    row = rates(CALM, AGAIN, present)
    assert row.ratio.median < 1 - row.reach
    assert row.verdict == "no difference beyond the control"


def test_more_milliseconds_are_a_loss_of_speed() -> None:
    row = judge("a: query", "p50_ms", CALM, AGAIN, times(CALM, 2.0), more_is_faster=False)
    assert row.verdict == "slower"
    assert row.loss == pytest.approx(0.5, abs=0.01)
    assert row.present > row.reference


def test_rounds_are_compared_each_with_its_own_so_that_a_slow_minute_is_nobodys_loss() -> None:
    slow_minute = [1.0, 1.0, 1.0, 1.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 1.0, 1.0]
    first, second, present = (
        [value * share for value, share in zip(values, slow_minute, strict=True)]
        for values in (CALM, AGAIN, times(CALM, 0.95))
    )
    calm, slow = rates(CALM, AGAIN, times(CALM, 0.95)), rates(first, second, present)
    assert slow.verdict == "slower"
    assert slow.ratio.median == pytest.approx(calm.ratio.median)
