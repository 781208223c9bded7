"""Failed proofs above the rate wait for their turn; whose turn would be too far is told so, and waits as well.

A fake clock, so that nothing is slow.
"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.api import refusals as refusals_module
from outlay.api.limits import Bite, Tally
from outlay.api.refusals import LONGEST_S, MOST_TOLD, SECOND_NS, Refusals

RATES = st.integers(1, 1000)
PAUSES = st.lists(st.integers(0, SECOND_NS // 2), min_size=1, max_size=200)


class Clock:
    """`slept`: for how long each was held."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at_ns = 1_234_500_000_000
        self.slept: list[float] = []
        monkeypatch.setattr(refusals_module.asyncio, "sleep", self._sleep)

    def __call__(self) -> int:
        return self.at_ns

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def turns(refusals: Refusals, many: int) -> list[bool]:
    return [await refusals.turn() for _ in range(many)]


async def test_as_many_as_the_rate_says_are_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tally = Clock(monkeypatch), Tally()
    refusals = Refusals(10, tally, clock)
    assert await turns(refusals, 10) == [True] * 10
    assert (clock.slept, tally.counts) == ([], {})


async def test_more_wait_for_their_turn_and_those_whose_turn_is_too_far_hear_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, tally = Clock(monkeypatch), Tally()
    refusals = Refusals(10, tally, clock)
    assert await turns(refusals, 40) == [True] * 30 + [False] * 10
    assert clock.slept == pytest.approx([n / 10 for n in range(1, 21)] + [LONGEST_S + n / MOST_TOLD for n in range(10)])
    assert tally.counts == {Bite.REFUSAL_HELD: 20, Bite.REFUSALS_TOO_MANY: 10}


async def test_after_a_while_without_refusals_the_next_ones_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    refusals = Refusals(10, Tally(), clock)
    await turns(refusals, 40)
    clock.at_ns += 10 * SECOND_NS
    clock.slept.clear()
    assert await turns(refusals, 10) == [True] * 10
    assert clock.slept == []
    await refusals.turn()
    assert len(clock.slept) == 1, "no more is saved up than a second's"


async def test_without_a_rate_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    refusals = Refusals(0, Tally(), clock)
    assert await turns(refusals, 500) == [True] * 500
    assert clock.slept == []


async def test_on_however_many_connections_a_flood_comes_it_is_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told at once, those that are too many would be a flood of their own; told together, a wave."""
    clock = Clock(monkeypatch)
    refusals = Refusals(10, Tally(), clock)
    await turns(refusals, 30)
    clock.slept.clear()
    assert await turns(refusals, 10 * MOST_TOLD) == [False] * (10 * MOST_TOLD)
    assert min(clock.slept) == LONGEST_S
    for second in range(int(max(clock.slept)) + 1):
        assert sum(second <= slept < second + 1 for slept in clock.slept) <= MOST_TOLD + 1


@given(rate=RATES, pauses=PAUSES)
def test_in_any_second_no_more_are_told_than_twice_the_rate(rate: int, pauses: list[int]) -> None:
    """What was saved up, and what comes in that second."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock = Clock(monkeypatch)
        refusals = Refusals(rate, Tally(), clock)
        told_ns: list[int] = []
        for pause_ns in pauses:
            clock.at_ns += pause_ns
            clock.slept.clear()
            if asyncio.run(refusals.turn()):
                told_ns.append(clock.at_ns + round(sum(clock.slept) * SECOND_NS))
        told_ns.sort()
        for first, start in enumerate(told_ns):
            within = [at for at in told_ns[first:] if at - start < SECOND_NS]
            assert len(within) <= 2 * rate + 1
