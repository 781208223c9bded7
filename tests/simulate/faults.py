"""The faults, by name, and where in a payout's life each can meet it.

A pair that cannot meet is listed here with the reason, and whoever sees it all the same has found a fault of this
simulation: it is an error, not a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FAULTS: Final = (
    "pause",
    "crash",
    "clock_ahead",
    "clock_behind",
    "request_lost",
    "answer_lost",
    "answer_late",
    "not_found_lie",
    "duplicate",
    "contradict",
    "hang",
    "early_return",
    "restore",
)
PHASES: Final = ("taken", "begun", "sent", "heard", "settled", "after_paid")
"""taken: by a worker, and nothing committed. begun: the attempt is committed and nothing of it has left. sent: its
bytes have left and nothing was heard. heard: something was, and is not committed. settled: an outcome is committed, and
it is not "paid". after_paid: "paid" is committed."""

_UNSENT = "nothing of the payout has reached a rail"
_NOT_LEFT = "nothing of this attempt has left, so the rail knows nothing that it could deny, repeat or contradict"
IMPOSSIBLE: Final[Mapping[tuple[str, str], str]] = {
    ("request_lost", "taken"): _UNSENT,
    ("answer_lost", "taken"): _UNSENT,
    ("answer_late", "taken"): _UNSENT,
    ("not_found_lie", "taken"): _UNSENT,
    ("duplicate", "taken"): _UNSENT,
    ("contradict", "taken"): _UNSENT,
    ("hang", "taken"): _UNSENT,
    ("early_return", "taken"): _UNSENT,
    ("not_found_lie", "begun"): _NOT_LEFT,
    ("duplicate", "begun"): _NOT_LEFT,
    ("contradict", "begun"): _NOT_LEFT,
    ("early_return", "begun"): _NOT_LEFT,
    ("early_return", "after_paid"): 'a return that is told after "paid" is not early',
}
POSSIBLE: Final = tuple((fault, phase) for fault in FAULTS for phase in PHASES if (fault, phase) not in IMPOSSIBLE)

LEANINGS: Final[Mapping[tuple[str, str], float]] = {
    ("request_lost", "after_paid"): 10.0,
    ("not_found_lie", "after_paid"): 30.0,
    ("not_found_lie", "heard"): 10.0,
    ("not_found_lie", "sent"): 30.0,
    ("early_return", "heard"): 10.0,
}
"""Where the two meet rarely by themselves: so much more likely is the fault when they do."""


class Tally:
    """How often each fault met a payout, by phase. `is_strict`: not of a run without a rule, where everything is."""

    def __init__(self, *, is_strict: bool = True) -> None:
        self._is_strict = is_strict
        self.counts: dict[str, dict[str, int]] = {fault: {} for fault in FAULTS}
        for fault, phase in POSSIBLE:
            self.counts[fault][phase] = 0

    def met(self, fault: str, phase: str) -> None:
        if (fault, phase) in IMPOSSIBLE:
            if not self._is_strict:
                return
            raise AssertionError(f"{fault} met a payout that was {phase}: {IMPOSSIBLE[fault, phase]}")
        self.counts[fault][phase] += 1

    def add(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        for fault, by_phase in counts.items():
            for phase, count in by_phase.items():
                self.counts[fault][phase] += count

    def never_met(self) -> list[str]:
        return [f"{fault}/{phase}" for fault, phase in POSSIBLE if not self.counts[fault][phase]]
