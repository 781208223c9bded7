"""Whether this process can serve, as it knows without asking anybody: answered from memory, so that the answer comes at
once even where nothing else does.

Three things make it unready: no heartbeat that was written lately, a database that somebody has just met unavailable,
and reasons that somebody has said and not taken back.

The trap: an outage is met by every call. So it is told here, for all of them: one line a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from outlay.running.log import get_log
from outlay.store.database import Unavailable
from outlay.store.sqlstates import Why

TOLD_EVERY_S: Final = 1.0
MOST_SHOWN: Final = 3
BEAT_SECONDS: Final = 2.0
"""A heartbeat older than this is none, and for so long an outage that was met makes unready."""
_log = get_log("outlay.database")


class Health:
    """`monotonic`: seconds, from any beginning; never the wall clock, which may step."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beaten: float | None = None
        self._reasons: dict[str, str] = {}
        self._warnings: dict[str, str] = {}
        self._met: float | None = None
        self._untold: Counter[str] = Counter()
        self._newest: dict[str, str] = {}
        self._is_telling = False

    def beat(self) -> None:
        """A heartbeat was written, and the database has confirmed it."""
        self._beaten = self._monotonic()

    def say(self, name: str, reason: str) -> None:
        """Unready, until `clear(name)`. `reason` is for operators, one line without secrets."""
        self._reasons[name] = reason

    def warn(self, name: str, text: str) -> None:
        """Ready all the same, but somebody should look, until `clear(name)`. `text`: as `reason` is."""
        self._warnings[name] = text

    def clear(self, name: str) -> None:
        self._reasons.pop(name, None)
        self._warnings.pop(name, None)

    def met(self, error: Unavailable, **where: str) -> None:
        """Somebody has asked the database for something, in vain. Of what took too long, or gave way to others, it is
        only told: whoever asks much must not make this process look as if it could serve nobody."""
        if error.why in (Why.AWAY, Why.DAMAGED):
            self._met = self._monotonic()
        self._untold[str(error)] += 1
        self._newest = where
        if not self._is_telling:
            self._tell()

    def _tell(self) -> None:
        """At once, and then every second until there is nothing new. A line shows how many it stands for, what was said
        most, and where the newest was met."""
        self._is_telling = bool(self._untold)
        if self._is_telling:
            error = "; ".join(text for text, _ in self._untold.most_common(MOST_SHOWN))
            _log.error("database unavailable", times=self._untold.total(), error=error, **self._newest)
            self._untold.clear()
            asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._tell)

    def warnings(self) -> tuple[str, ...]:
        """What keeps nobody from being served."""
        return tuple(self._warnings.values())

    def unready(self) -> tuple[str, ...]:
        """Why this process cannot serve; empty where it can."""
        if self._beaten is None:
            silent: tuple[str, ...] = ("no heartbeat written yet",)
        elif (age_s := self._monotonic() - self._beaten) > BEAT_SECONDS:
            silent = (f"no heartbeat written for {age_s:.1f} s",)
        else:
            silent = ()
        if self._met is not None and self._monotonic() - self._met <= BEAT_SECONDS:
            silent += ("the database was unavailable to somebody just now",)
        return silent + tuple(self._reasons.values())
