"""How many calls a credential may make in a minute: counted in this process, after the proof, before any work is done.

A bucket per credential holds a minute's calls and fills evenly, so a caller may spend them at once and then waits. The
calls that open a session (a token) have a bucket of their own, as the one API that documents limits says.

The trap: counted before the proof, anybody could use up somebody else's calls.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
MOST_BUCKETS: Final = 50_000


class Rates:
    """`calls` and `openings`: allowed in a minute; 0 is no limit. `clock_ns` never goes back."""

    def __init__(self, calls: int = 0, openings: int = 0, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._allowed = {False: calls, True: openings}
        self._clock_ns = clock_ns
        self._buckets: OrderedDict[tuple[str, str, bool], tuple[int, int]] = OrderedDict()
        """What is left, and when that was so; the least recently used go first. Whole numbers, so that whoever waits as
        long as told may go: a call is MINUTE_NS, a nanosecond brings as much as calls are allowed in a minute."""

    def take(self, caller: tuple[str, str], *, opens: bool) -> int:
        """0 where the call may go on; else the seconds to wait, rounded up."""
        allowed = self._allowed[opens]
        if not allowed:
            return 0
        key, now_ns = (*caller, opens), self._clock_ns()
        full = allowed * MINUTE_NS
        left, at_ns = self._buckets.get(key, (full, now_ns))
        left = min(left + (now_ns - at_ns) * allowed, full)
        may_go = left >= MINUTE_NS
        self._buckets[key] = (left - MINUTE_NS if may_go else left, now_ns)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0 if may_go else -((left - MINUTE_NS) // (allowed * SECOND_NS))
