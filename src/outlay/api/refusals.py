"""How fast those are refused who have proved nothing: so many a second in this process, and the others wait.

A flood of them that waits for each answer slows itself so, whatever connections it comes on: behind a proxy strangers
and merchants share those. Whoever proves themselves never comes by here, and waits for nobody.

The trap: what waits needs memory. So its body is let go before, and no more than MOST_HELD wait. Of these nobody waits
longer than LONGEST_S; whose turn would be later hears "too many requests" then, which is no faster an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from outlay.api.limits import Bite, Tally

SECOND_NS: Final = 1_000_000_000
LONGEST_S: Final = 2.0
MOST_HELD: Final = 1_000


class Refusals:
    """`rate`: answered in a second, and at once where nobody came for a second; 0 is no limit. `clock_ns` never goes
    back."""

    def __init__(self, rate: int, tally: Tally, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._step_ns = SECOND_NS // rate if rate else 0
        self._tally = tally
        self._clock_ns = clock_ns
        self._taken_ns = 0
        """When all turns that were given are over, and one second's worth is there again."""
        self._held = 0

    async def turn(self) -> bool:
        """Returns when it is time to answer: with the refusal, or, where it is False, that there are too many."""
        now_ns = self._clock_ns()
        taken_ns = max(self._taken_ns, now_ns) + self._step_ns
        wait_s = max(taken_ns - now_ns - SECOND_NS, 0) / SECOND_NS
        has_turn = wait_s <= LONGEST_S and (wait_s == 0 or self._held < MOST_HELD)
        if has_turn:
            self._taken_ns = taken_ns
        if wait_s:
            self._tally.bit(Bite.REFUSAL_HELD if has_turn else Bite.REFUSALS_TOO_MANY)
            await self._hold(min(wait_s, LONGEST_S))
        return has_turn

    async def _hold(self, wait_s: float) -> None:
        if self._held >= MOST_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(wait_s)
        finally:
            self._held -= 1
