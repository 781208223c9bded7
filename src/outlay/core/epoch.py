"""Epochs: an installation's time between two losses of time.

A database that was restored from a copy, or whose standby took over, may have lost its last minutes: what was sent in
them is not in the books. From then on a new epoch counts, and what is older is asked about before anything comes of it
(core/recovery.py).
"""

from __future__ import annotations

from typing import Final

import msgspec


class Epoch(msgspec.Struct, frozen=True):
    """`began_ms`: the real time at which it was noticed. What was lost left before that."""

    number: int = 1
    began_ms: int = 0


FIRST_EPOCH: Final = Epoch()
"""Nothing was ever lost."""


class EpochRow(msgspec.Struct, frozen=True):
    """An epoch that was noticed or announced, as people see it."""

    epoch: int
    began_ms: int
    why: str
    is_noticed: bool
    said_by: str
    closed_ms: int | None
    closed_by: str
    note: str

    @property
    def is_open(self) -> bool:
        return self.closed_ms is None
