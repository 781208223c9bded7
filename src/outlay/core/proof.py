"""What a proof of the books found: of each check its faults, what every book holds, and where a replay says otherwise.

Leaves to others: the checks (the store), the replay (core.replay), running them (service.operator).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

MOST_FAULTS_SHOWN: Final = 20
"""Of one check: where it found so many, there may be more."""


class CheckResult(msgspec.Struct, frozen=True):
    name: str
    proves: str
    faults: tuple[dict[str, Any], ...]


class BookTotal(msgspec.Struct, frozen=True):
    """What a book holds, over all accounts."""

    currency: str
    book: str
    minor: int


class LedgerProof(msgspec.Struct, frozen=True):
    """`older`: how many payouts and facts have no seal because they are from before there was a key, by check."""

    results: tuple[CheckResult, ...]
    totals: tuple[BookTotal, ...]
    older: dict[str, int] = {}

    @property
    def is_clean(self) -> bool:
        return not any(result.faults for result in self.results)


class Difference(msgspec.Struct, frozen=True):
    """`where`: which row under `subject_id` (a payout's id, a funding's or a transfer's), if there may be several."""

    table: str
    account_id: UUID
    subject_id: int | None
    where: str
    column: str
    stored: Any
    recomputed: Any


class ReplayResult(msgspec.Struct, frozen=True):
    """`states` and `totals` as recomputed. `differences`: the first ones; `difference_count` are all. `untold`: values
    that no fact tells, by column. `seconds`: how long it took, of which the database took `read_s`."""

    rows: dict[str, int]
    states: dict[str, int]
    totals: tuple[BookTotal, ...]
    differences: tuple[Difference, ...]
    difference_count: int
    untold: dict[str, int]
    seconds: float
    read_s: float

    @property
    def is_clean(self) -> bool:
        return self.difference_count == 0
