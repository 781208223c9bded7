"""How fast strangers are refused, for a failed proof or anything before it: so many a second in this process, and the
others wait for their turn.

A flood of refusals that waits for each answer slows itself so, whatever connections it comes on: behind a proxy
strangers and merchants share those. Whoever proves themselves never comes by here, and waits for nobody.

Whose turn would be later than LONGEST_S hears "too many requests" instead, no sooner than after that time, and no more
than MOST_TOLD of them in a second.

The traps: a flood on more connections than may wait would not be slowed at all if the rest were told at once, and those
who were told together come back together. What waits needs memory: its body is let go before, and no more wait than
there are connections.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from outlay.api.limits import Bite, Tally

SECOND_NS: Final = 1_000_000_000
LONGEST_S: Final = 2.0
MOST_TOLD: Final = 500


class Refusals:
    """`rate`: answered in a second, and at once where nobody came for a second; 0 is no limit. `clock_ns` never goes
    back."""

    def __init__(self, rate: int, tally: Tally, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._step_ns = SECOND_NS // rate if rate else 0
        self._tally = tally
        self._clock_ns = clock_ns
        self._taken_ns = 0
        """When all turns that were given are over, and one second's worth is there again."""
        self._told_ns = 0
        """When the last of those is told that there are too many."""

    async def turn(self) -> bool:
        """Returns when it is time to answer: with the refusal, or, where it is False, that there are too many."""
        now_ns = self._clock_ns()
        taken_ns = max(self._taken_ns, now_ns) + self._step_ns
        wait_ns = taken_ns - now_ns - SECOND_NS
        has_turn = wait_ns <= LONGEST_S * SECOND_NS
        if has_turn:
            self._taken_ns = taken_ns
        else:
            self._told_ns = max(self._told_ns + SECOND_NS // MOST_TOLD, now_ns + round(LONGEST_S * SECOND_NS))
            wait_ns = self._told_ns - now_ns
        if wait_ns > 0:
            self._tally.bit(Bite.REFUSAL_HELD if has_turn else Bite.REFUSALS_TOO_MANY)
            await asyncio.sleep(wait_ns / SECOND_NS)
        return has_turn
