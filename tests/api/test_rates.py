"""How many calls a credential may make: whatever comes when, never more than allowed, and whoever waits as told may go.

A fake clock, so that a minute costs nothing.
"""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.api import rates as rates_module
from outlay.api.rates import MINUTE_NS, SECOND_NS, Rates

ANA, BOB = ("one", "ana"), ("one", "bob")
ALLOWED = st.integers(1, 1000)
WAITS = st.lists(st.integers(0, 90 * SECOND_NS), min_size=1, max_size=150)
STARTS = st.integers(0, 10**9 * SECOND_NS)
ALMOST_NS = SECOND_NS + 1


class Clock:
    def __init__(self, at_ns: int = 1_234_500_000_000) -> None:
        self.at_ns = at_ns

    def __call__(self) -> int:
        return self.at_ns


def taken(rates: Rates, many: int, caller: tuple[str, str] = ANA, *, opens: bool = False) -> int:
    return sum(rates.take(caller, opens=opens) == 0 for _ in range(many))


@given(allowed=ALLOWED, waits=WAITS, start_ns=STARTS)
def test_in_any_span_no_more_than_the_bucket_and_what_fills_it_may_go(
    allowed: int, waits: list[int], start_ns: int
) -> None:
    clock = Clock(start_ns)
    rates = Rates(allowed, 0, clock)
    went: list[int] = []
    for wait_ns in waits:
        clock.at_ns += wait_ns
        went += [clock.at_ns] * taken(rates, allowed // 3 + 1)
    for first, start in enumerate(went):
        for last in range(first, len(went), max(len(went) // 20, 1)):
            span_ns = went[last] - start
            assert (last - first + 1) * MINUTE_NS <= allowed * MINUTE_NS + span_ns * allowed


@given(allowed=ALLOWED, waits=WAITS, start_ns=STARTS)
def test_whoever_waits_as_long_as_told_may_go_and_not_much_sooner(
    allowed: int, waits: list[int], start_ns: int
) -> None:
    clock = Clock(start_ns)
    rates = Rates(allowed, 0, clock)
    for pause_ns in waits:
        clock.at_ns += pause_ns
        taken(rates, allowed + 1)
        wait_s = rates.take(ANA, opens=False)
        assert 1 <= wait_s <= math.ceil(60 / allowed)
        if wait_s > 1:
            clock.at_ns += wait_s * SECOND_NS - ALMOST_NS
            assert rates.take(ANA, opens=False) > 0
            clock.at_ns += ALMOST_NS
        else:
            clock.at_ns += wait_s * SECOND_NS
        assert rates.take(ANA, opens=False) == 0


@given(allowed=ALLOWED, idle_s=st.integers(60, 10**7))
def test_a_minutes_calls_may_be_spent_at_once_and_no_more_are_saved_up(allowed: int, idle_s: int) -> None:
    clock = Clock()
    rates = Rates(allowed, 0, clock)
    assert taken(rates, allowed + 10) == allowed
    clock.at_ns += idle_s * SECOND_NS
    assert taken(rates, allowed + 10) == allowed


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    rates = Rates(60, 0, clock)
    assert taken(rates, 60) == 60
    assert taken(rates, 1000) == 0
    clock.at_ns += SECOND_NS
    assert taken(rates, 5) == 1


def test_credentials_and_openings_have_buckets_of_their_own() -> None:
    rates = Rates(3, 2, Clock())
    assert taken(rates, 9) == 3
    assert taken(rates, 9, opens=True) == 2
    assert taken(rates, 9, BOB) == 3
    assert taken(rates, 9, ("another", "ana")) == 3, "a key id means nothing outside its own API"


@pytest.mark.parametrize(("calls", "openings"), [(0, 0), (0, 5), (5, 0)])
def test_zero_is_no_limit(calls: int, openings: int) -> None:
    rates = Rates(calls, openings, Clock())
    assert taken(rates, 10_000) == (10_000 if calls == 0 else calls)
    assert taken(rates, 10_000, opens=True) == (10_000 if openings == 0 else openings)


def test_buckets_are_not_kept_for_ever_and_the_busy_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates_module, "MOST_BUCKETS", 10)
    rates = Rates(2, 0, Clock())
    went: Counter[str] = Counter()
    for n in range(100):
        went["ana"] += taken(rates, 1)
        taken(rates, 1, ("one", f"passer-by {n}"))
    assert went["ana"] == 2, "whoever calls all the time is remembered"
    assert len(rates._buckets) == 10
