"""What the rounds of a comparison say: pure functions of numbers.

In each round the reference is measured twice, as two servers, and the present tree once. `ratio` is the present tree
beside the mean of the two; `control` is the one reference beside the other, which can differ by chance alone. Both are
speeds: 0.95 is five per cent slower, whether it was counted in requests or in milliseconds.

The trap: a median of noisy rounds is never 1. So each has its spread, by order: the interval that holds the true median
in 95 of 100 runs, whatever the rounds are distributed like. A difference that the control has shown as well is none,
and neither is one whose own spread holds 1.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

CONFIDENCE = 0.95

Verdict = Literal["slower", "faster", "no difference beyond the control"]


class Spread(msgspec.Struct, frozen=True):
    median: float
    low: float
    high: float


class Row(msgspec.Struct, frozen=True):
    """One measure of one path. `reference` and `present` are medians in the measure's own unit; `reach` is how far from
    1 the control goes, to either side, as a share."""

    path: str
    measure: str
    reference: float
    present: float
    ratio: Spread
    control: Spread
    reach: float
    verdict: Verdict

    @property
    def loss(self) -> float:
        """The share of the speed that is gone; negative where there is more."""
        return 1 - self.ratio.median


def spread_of(values: Sequence[float]) -> Spread:
    """Six values are the fewest that can say anything with this confidence; of fewer it is their range."""
    ordered, left_out = sorted(values), 0
    tail = 0.0
    for count in range(len(ordered) // 2):
        # The chance that no more than `count` of them lie below the true median: as that of so many heads.
        tail += math.comb(len(ordered), count) / 2 ** len(ordered)
        if 1 - 2 * tail < CONFIDENCE:
            break
        left_out = count
    return Spread(statistics.median(ordered), ordered[left_out], ordered[-1 - left_out])


def judge(
    path: str,
    measure: str,
    first: Sequence[float],
    second: Sequence[float],
    present: Sequence[float],
    *,
    more_is_faster: bool,
) -> Row:
    """`first` and `second` are the reference's two servers, all three by their rounds."""
    sign = 1 if more_is_faster else -1
    means = [math.sqrt(a * b) for a, b in zip(first, second, strict=True)]
    ratio = spread_of([(b / a) ** sign for a, b in zip(means, present, strict=True)])
    control = spread_of([(b / a) ** sign for a, b in zip(first, second, strict=True)])
    farthest = max(control.high, 1 / control.low)
    verdict: Verdict = "no difference beyond the control"
    if ratio.median < 1 / farthest and ratio.high < 1:
        verdict = "slower"
    elif ratio.median > farthest and ratio.low > 1:
        verdict = "faster"
    return Row(
        path,
        measure,
        statistics.median(means),
        statistics.median(present),
        ratio,
        control,
        1 - 1 / farthest,
        verdict,
    )


def losses(rows: Sequence[Row], allowed: float) -> list[Row]:
    """Those that count: greater than `allowed`, and beyond the control."""
    return [row for row in rows if row.verdict == "slower" and row.loss > allowed]


def blind(rows: Sequence[Row], allowed: float) -> list[Row]:
    """Those where a loss of `allowed` would not have been told from chance."""
    return [row for row in rows if row.verdict == "no difference beyond the control" and row.reach > allowed]
