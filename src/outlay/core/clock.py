"""Another machine's clock, followed by looking at it now and then.

Between two looks it goes on with a steady clock of one's own, one that never steps. Pure: every time comes in as a
value, in milliseconds. Who looks, and when, is node.py's.

The trap: a look takes time, and nobody knows at which moment of it the other clock was read. So one look only tells
between which two values the difference of the clocks lies, and a difference that lies there is kept: a slow look moves
nothing.
"""

from __future__ import annotations


class FollowedClock:
    """Never ahead of the other clock by more than the last look took. `read_ms`: what was read there at the first look,
    which ended at the steady time `ended_ms`."""

    def __init__(self, read_ms: int, ended_ms: int) -> None:
        self._ahead_ms = read_ms - ended_ms

    def now_ms(self, steady_ms: int) -> int:
        return steady_ms + self._ahead_ms

    def look(self, read_ms: int, began_ms: int, ended_ms: int) -> int:
        """`read_ms` was read between the two steady times. Returns by how many milliseconds that moved this clock,
        backwards where negative."""
        kept = min(max(self._ahead_ms, read_ms - ended_ms), read_ms - began_ms)
        moved, self._ahead_ms = kept - self._ahead_ms, kept
        return moved
