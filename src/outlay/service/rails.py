"""What a rail must offer, so that the workers need not know which one it is.

A rail never raises for what happened at the other side: everything that is not a definitive answer is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from outlay.core.outcome import NotFound, Outcome
from outlay.core.payout import Attempt, Payout


class Rail(Protocol):
    @property
    def refuses_duplicates(self) -> bool:
        """Whether sending the same reference twice pays once: only then may an attempt be sent again."""

    @property
    def finality_ms(self) -> int:
        """How long after sending "not found" is no evidence."""

    async def submit(self, payout: Payout, attempt: Attempt) -> Outcome:
        """Send the attempt. It is committed already."""

    async def find(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        """Ask by our own reference what became of it."""


Rails = Mapping[str, Rail]
"""By the name that an account's `rail` says."""
