"""What is called harm, and what is not: from both sides of each bound."""

from __future__ import annotations

import pytest

from tests.abuse.caller import Window
from tests.abuse.judge import LENIENT, STRICT, Leniency, Memory, Trial, judged
from tests.abuse.mission import Saw, Stranger


async def _act(_scene: object) -> None:
    """It is not asked to."""


WHO = Stranger("somebody", "does something", _act, frozenset({"401"}), frozenset({"400"}), 1.0, "plain", 1000)
CALM = [10.0] * 1000
CALM_MIB, OWN_MIB = 100.0, 50.0


def trial(
    latencies: list[float] | None = None,
    *,
    before: list[float] | None = None,
    newcomers: list[float] | None = None,
    batches: list[float] | None = None,
    faults: int = 0,
    faults_after: int = 0,
    outcomes: dict[str, int] | None = None,
    peak_mib: float = CALM_MIB,
    after_mib: float = CALM_MIB,
    own_after_mib: float = OWN_MIB,
    is_proxied: bool = False,
    leniency: Leniency = STRICT,
) -> Trial:
    during = Window(latencies or CALM, newcomers or [], batches or [], ["lost"] * faults, faults)
    after = Window(CALM, [], [], ["lost"] * faults_after, faults_after)
    saw = Saw({"401": 7} if outcomes is None else outcomes)
    memory = Memory((CALM_MIB, OWN_MIB), peak_mib, (after_mib, own_after_mib))
    calm = Window(before or CALM)
    return judged(WHO, calm, during, after, saw, memory, is_proxied=is_proxied, leniency=leniency)


def test_nobody_is_harmed_where_all_stays_as_it_was() -> None:
    assert trial().harms == []


@pytest.mark.parametrize(("p99", "is_harm"), [(30.0, False), (30.1, True)])
def test_a_p99_above_three_times_the_calm_one_is_harm(p99: float, is_harm: bool) -> None:
    assert bool(trial([10.0] * 980 + [p99] * 20).harms) is is_harm


def test_a_single_late_answer_among_a_thousand_is_no_harm() -> None:
    assert trial([10.0] * 999 + [900.0]).harms == []


def test_calm_is_what_was_seen_before_and_after_together() -> None:
    slow = [10.0] * 900 + [40.0] * 100
    assert trial(slow).harms == ["p99 40 ms, 4.0 times the calm one"]
    assert trial(slow, before=slow).harms == []


@pytest.mark.parametrize(("p99", "is_harm"), [(250.0, False), (251.0, True)])
def test_where_chance_must_not_fail_a_build_a_p99_counts_from_a_quarter_of_a_second_on(
    p99: float, is_harm: bool
) -> None:
    assert bool(trial([10.0] * 980 + [p99] * 20, leniency=LENIENT).harms) is is_harm


@pytest.mark.parametrize(("calls", "is_harm"), [(100, False), (99, True)])
def test_valid_callers_who_hardly_get_through_are_harmed(calls: int, is_harm: bool) -> None:
    assert bool(trial([10.0] * calls, leniency=LENIENT).harms) is is_harm


@pytest.mark.parametrize(("waited_ms", "is_harm"), [(5_000.0, False), (5_001.0, True)])
def test_a_newcomer_or_a_batch_that_waits_for_seconds_is_harmed(waited_ms: float, is_harm: bool) -> None:
    assert bool(trial(newcomers=[waited_ms]).harms) is is_harm
    assert bool(trial(batches=[waited_ms]).harms) is is_harm


def test_one_valid_call_that_is_not_answered_rightly_is_harm_also_afterwards() -> None:
    assert trial(faults=1).harms == ["1 valid calls not answered rightly: lost"]
    assert trial(faults_after=2).harms == ["2 not even afterwards: lost"]


def test_a_stranger_must_meet_what_it_should_and_nothing_else() -> None:
    assert trial(outcomes={"401": 5, "200": 1}).harms == ["the stranger met 200 × 1"]
    assert trial(outcomes={}).harms == ["the stranger met nothing"]
    assert trial(outcomes={"400": 5}).harms == ["the stranger met 400 × 5"]
    assert trial(outcomes={"400": 5}, is_proxied=True).harms == []


@pytest.mark.parametrize(("times", "is_harm"), [(1000, False), (1001, True)])
def test_a_stranger_who_is_answered_faster_than_the_limit_allows_has_met_none(times: int, is_harm: bool) -> None:
    assert bool(trial(outcomes={"401": times}).harms) is is_harm


@pytest.mark.parametrize(("peak_mib", "is_harm"), [(260.0, False), (261.0, True)])
def test_memory_that_strangers_take_is_bounded(peak_mib: float, is_harm: bool) -> None:
    assert bool(trial(peak_mib=peak_mib).harms) is is_harm


@pytest.mark.parametrize(("after_mib", "is_harm"), [(120.0, False), (121.0, True)])
def test_memory_comes_back_when_strangers_have_left(after_mib: float, is_harm: bool) -> None:
    assert bool(trial(after_mib=after_mib).harms) is is_harm


@pytest.mark.parametrize(("own_after_mib", "is_harm"), [(60.0, False), (61.0, True)])
def test_memory_of_a_process_that_ended_is_not_what_the_server_gave_back(own_after_mib: float, is_harm: bool) -> None:
    assert bool(trial(after_mib=own_after_mib, own_after_mib=own_after_mib).harms) is is_harm
