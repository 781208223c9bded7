"""A run: many small worlds, each with a seed derived from the run's, side by side, and their counts added up in order.

How many processes share the work changes nothing of what comes out, not even the trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from typing import Any

from tests.simulate.controls import CONTROLS, Control, without
from tests.simulate.faults import Tally
from tests.simulate.world import Outcome, run_world

IN_A_WORLD = 500
EVERYTHING_MEETS_FROM = 5_000
"""So many payouts meet every fault in every phase in which they can."""
COUNTS = ("double_paid", "failed_but_paid", "lost", "unbalanced")

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Terms:
    payouts: int
    seed: int
    jobs: int = 1
    workers: int | None = None
    control: str | None = None


@dataclass
class Summary:
    payouts: int = 0
    double_paid: int = 0
    failed_but_paid: int = 0
    lost: int = 0
    unbalanced: int = 0
    faults: dict[str, dict[str, int]] = field(default_factory=dict)
    trace: str = ""
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def harm(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS if getattr(self, name)}

    @property
    def never_met(self) -> list[str]:
        """Of a run that is long enough."""
        if self.payouts < EVERYTHING_MEETS_FROM:
            return []
        return [
            f"{fault}/{phase}" for fault, phases in self.faults.items() for phase, count in phases.items() if not count
        ]

    @property
    def is_good(self) -> bool:
        return not self.harm and not self.never_met and not self.complaints

    def as_document(self) -> dict[str, Any]:
        names = ("payouts", *COUNTS, "faults", "trace", "seconds")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Caught:
    """`payouts`: after how many harm was seen, or how many were tried."""

    control: Control
    summary: Summary

    @property
    def is_caught(self) -> bool:
        return bool(self.summary.harm)


def _seed(terms: Terms, number: int) -> int:
    return int.from_bytes(sha256(f"{terms.seed}/{number}".encode()).digest()[:8])


def _one(terms: Terms, number: int, payouts: int) -> Outcome:
    with without(terms.control):
        return run_world(_seed(terms, number), payouts, terms.workers, is_whole=terms.control is None)


def _worlds(terms: Terms) -> Generator[Outcome, None, None]:
    sizes = [min(IN_A_WORLD, terms.payouts - begun) for begun in range(0, terms.payouts, IN_A_WORLD)]
    if terms.jobs <= 1:
        for number, size in enumerate(sizes):
            yield _one(terms, number, size)
        return
    with ProcessPoolExecutor(terms.jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_one, terms, number, size) for number, size in enumerate(sizes)]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def simulate(terms: Terms, tell: Tell = lambda _done: None, *, until_harm: bool = False) -> Summary:
    """`until_harm`: no further than it takes to see any."""
    began = time.monotonic()
    tally, trace, summary = Tally(), sha256(), Summary()
    with closing(_worlds(terms)) as worlds:
        for outcome in worlds:
            verdict = outcome.verdict
            summary.payouts += verdict.payouts
            for name in COUNTS:
                setattr(summary, name, getattr(summary, name) + getattr(verdict, name))
            summary.examples += verdict.examples
            summary.complaints += outcome.complaints
            tally.add(outcome.counts)
            trace.update(outcome.trace.encode())
            tell(summary.payouts)
            if until_harm and summary.harm:
                break
    summary.faults, summary.trace = tally.counts, trace.hexdigest()
    summary.seconds = round(time.monotonic() - began, 1)
    return summary


def try_controls(terms: Terms, tell: Callable[[str], None]) -> list[Caught]:
    """Every rule taken out, one at a time, each until harm is seen."""
    caught = []
    for control in CONTROLS:
        tell(control.name)
        without_it = Terms(terms.payouts, terms.seed, terms.jobs, terms.workers, control.name)
        caught.append(Caught(control, simulate(without_it, until_harm=True)))
    return caught
