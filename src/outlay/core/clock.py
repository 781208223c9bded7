"""Another machine's clock, followed by looking at it now and then.

Between two looks it goes on with a steady clock of one's own, one that never steps. Pure: every time comes in as a
value, in milliseconds. Who looks, and when, is process/ids.py's.

The trap: a look takes time, and nobody knows at which moment of it the other clock was read. So one look only tells
between which two values the difference of the clocks lies. What two looks agree on is kept; only where they contradict
each other has one of the clocks moved.
"""

from __future__ import annotations


class FollowedClock:
    """Never ahead of the other clock, and behind it by no more than the quickest look took. `read_ms` was read there
    between the two steady times."""

    def __init__(self, read_ms: int, began_ms: int, ended_ms: int) -> None:
        self._least_ms, self._most_ms = read_ms - ended_ms, read_ms - began_ms

    def now_ms(self, steady_ms: int) -> int:
        return steady_ms + self._least_ms

    def width_ms(self) -> int:
        """By how much the other clock may be ahead of `now_ms`."""
        return self._most_ms - self._least_ms

    def look(self, read_ms: int, began_ms: int, ended_ms: int) -> int:
        """By how many milliseconds at least the other clock has stepped since the last look, negative where back."""
        stepped_ms = self.moved_ms(read_ms, began_ms, ended_ms)
        least_ms, most_ms = read_ms - ended_ms, read_ms - began_ms
        if stepped_ms == 0:
            least_ms, most_ms = max(least_ms, self._least_ms), min(most_ms, self._most_ms)
        self._least_ms, self._most_ms = least_ms, most_ms
        return stepped_ms

    def moved_ms(self, read_ms: int, began_ms: int, ended_ms: int) -> int:
        """By how many milliseconds at least a look at the other clock contradicts what is kept; changes nothing."""
        least_ms, most_ms = read_ms - ended_ms, read_ms - began_ms
        return max(least_ms - self._most_ms, 0) + min(most_ms - self._least_ms, 0)

    def lead_ms(self, third_ms: int, steady_ms: int) -> int:
        """By how many milliseconds at least a third clock that says `third_ms` is ahead of the other one."""
        ahead_ms = third_ms - steady_ms
        return ahead_ms - min(max(ahead_ms, self._least_ms), self._most_ms)
