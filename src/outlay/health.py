"""Whether this process can serve, as it knows without asking anybody: answered from memory, so that the answer comes at
once even where nothing else does.

Two things make it unready: no heartbeat that was written lately, and reasons that somebody has said and not taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BEAT_SECONDS: Final = 2.0
"""A heartbeat older than this is none."""


class Health:
    """`monotonic`: seconds, from any beginning; never the wall clock, which may step."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beaten: float | None = None
        self._reasons: dict[str, str] = {}

    def beat(self) -> None:
        """A heartbeat was written, and the database has confirmed it."""
        self._beaten = self._monotonic()

    def say(self, name: str, reason: str) -> None:
        """Unready, until `clear(name)`. `reason` is for operators, one line without secrets."""
        self._reasons[name] = reason

    def clear(self, name: str) -> None:
        self._reasons.pop(name, None)

    def unready(self) -> tuple[str, ...]:
        """Why this process cannot serve; empty where it can."""
        if self._beaten is None:
            silent: tuple[str, ...] = ("no heartbeat written yet",)
        elif (age_s := self._monotonic() - self._beaten) > BEAT_SECONDS:
            silent = (f"no heartbeat written for {age_s:.1f} s",)
        else:
            silent = ()
        return silent + tuple(self._reasons.values())
