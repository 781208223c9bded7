"""How many calls a credential may make in a minute: counted in this process, after the proof, before any work is done.

A bucket per credential holds a minute's calls and fills evenly, so a caller may spend them at once and then waits. The
calls that open a session (a token) have a bucket of their own, as the one API that documents limits says.

The trap: counted before the proof, anybody could use up somebody else's calls.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MINUTE_S: Final = 60.0
MOST_BUCKETS: Final = 50_000


class Rates:
    """`calls` and `openings`: allowed in a minute; 0 is no limit. `clock_s` never goes back."""

    def __init__(self, calls: int = 0, openings: int = 0, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._allowed = {False: calls, True: openings}
        self._clock_s = clock_s
        self._buckets: OrderedDict[tuple[str, str, bool], tuple[float, float]] = OrderedDict()
        """What is left, and when that was so; the least recently used go first."""

    def take(self, caller: tuple[str, str], *, opens: bool) -> int:
        """0 where the call may go on; else the seconds to wait, rounded up."""
        allowed = self._allowed[opens]
        if not allowed:
            return 0
        key, now_s = (*caller, opens), self._clock_s()
        left, at_s = self._buckets.get(key, (float(allowed), now_s))
        left = min(left + (now_s - at_s) * allowed / MINUTE_S, float(allowed))
        may_go = left >= 1.0
        self._buckets[key] = (left - 1.0 if may_go else left, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0 if may_go else math.ceil((1.0 - left) * MINUTE_S / allowed)
