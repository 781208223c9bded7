"""The clock that this process shares with the others: the database's, followed, and between two looks gone on with by a
steady clock of its own.

So all have one time, and no wall clock of a machine decides anything: it is only compared, and said where it is wrong.
Who looks, and how often, is `ids`'s business.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from outlay.core.attempt import CLOCK_LOOKED_AT_MS, CLOCKS_DIFFER_MS
from outlay.core.clock import FollowedClock
from outlay.store.clock import ClockReading

PULSE_S: Final = 0.4
"""Between two looks at the database's clock."""
MOST_UNEVEN_MS: Final = CLOCKS_DIFFER_MS // 2
"""By how much at most it may have moved against the steady clock since it is called calm: so two readings of that time
are as far apart as they say, give or take what clocks may differ."""
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock: a lease ends meanwhile."""


def clock_ms() -> int:
    """What this machine calls the time: Unix milliseconds."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds from any beginning, never stepping."""
    return time.clock_gettime_ns(_STEADY) // 1_000_000


class InstallationClock:
    """The real time, which is the database's, and the installation's: that, and what a sandbox was moved ahead by."""

    def __init__(self, reading: ClockReading, began_ms: int) -> None:
        """`reading` was read since the steady time `began_ms`."""
        self.followed = FollowedClock(reading.now_ms, began_ms, steady_ms())
        self.offset_ms = reading.offset_ms

    def real_ms(self) -> int:
        return self.followed.now_ms(steady_ms())

    def now_ms(self) -> int:
        return self.at_ms(steady_ms())

    def at_ms(self, steady: int) -> int:
        """The installation's time at that steady time."""
        return self.followed.now_ms(steady) + self.offset_ms

    def look(self, reading: ClockReading, began_ms: int) -> int:
        """`reading` was read since the steady time `began_ms`. Returns by how much the real time stepped."""
        # Never back: an id that was made under a later time must not be made again.
        self.offset_ms = max(self.offset_ms, reading.offset_ms)
        return self.followed.look(reading.now_ms, began_ms, steady_ms())

    def machine_leads_ms(self) -> int:
        """By how much at least this machine's clock is ahead of the real time."""
        return self.followed.lead_ms(clock_ms(), steady_ms())


class Following:
    """How well the database's clock is followed: when it was last looked at, and since when it has gone on evenly. By
    the steady clock.

    The trap: what happens between two looks is not seen. A clock that was wrong for a while and was set right again is
    as it was; so a time without looks ends the calm. And many small steps are a large one: each look is compared with
    those at the beginning of the calm.
    """

    def __init__(self, clock: FollowedClock, read_ms: int, began_ms: int) -> None:
        """`clock` said `read_ms` when it was first looked at, from `began_ms` on."""
        self._clock = clock
        self._looked_ms, self._most_ms = began_ms, read_ms - began_ms
        self._calm_since_ms = self._ended_ms = steady_ms()
        self._calm = FollowedClock(read_ms, began_ms, self._ended_ms)
        self._looked = asyncio.Event()

    def behind_ms(self) -> int:
        # Also by the last look alone: a step that was hidden in a slow one is not in what is kept of quicker ones.
        return max(self._clock.width_ms(), self._most_ms - self._clock.now_ms(0))

    def looked_ago_ms(self) -> int:
        return steady_ms() - self._looked_ms

    def calm_ms(self, at_ms: int) -> int:
        return max(at_ms - self._calm_since_ms, 0)

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        try:
            async with asyncio.timeout(CLOCK_LOOKED_AT_MS / 1_000):
                while self._looked_ms < at_ms:
                    await self._looked.wait()
        except TimeoutError:
            return 0
        return self.calm_ms(at_ms)

    def note(self, read_ms: int, began_ms: int) -> None:
        """A look that began then, at which the clock said `read_ms`, has ended just now."""
        ended_ms = steady_ms()
        moved_ms = self._calm.moved_ms(read_ms, began_ms, ended_ms)
        longest_ms = max(began_ms - self._ended_ms, ended_ms - began_ms)  # of times in which nobody knows
        if abs(moved_ms) > MOST_UNEVEN_MS or longest_ms > CLOCK_LOOKED_AT_MS:
            self._calm = FollowedClock(read_ms, began_ms, ended_ms)
            self._calm_since_ms = ended_ms
        elif moved_ms == 0:
            self._calm.look(read_ms, began_ms, ended_ms)
        self._looked_ms, self._ended_ms = max(began_ms, self._looked_ms), ended_ms
        self._most_ms = read_ms - began_ms
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()
