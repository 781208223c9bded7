"""How much of a rail may be used at once: places for payouts in our hands, and calls a second. Each kind of work has a
share of its own, so that neither questions keep sends waiting nor the other way round.

A place is held from the moment at which a payout is taken until what became of it is settled, so a rail that hangs
holds its own places and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from outlay.core.work import Work

SHARE_OF_QUESTIONS: Final = 4
"""A fourth of a rail's places is for questions."""
PLACES_TO_LOOK: Final = 16
"""For what calls nobody."""
SHARES: Final = {Work.SEND: SHARE_OF_QUESTIONS - 1, Work.ASK: 1}
"""Of the calls a second, while both kinds wait for their turn."""


def places_for(work: str, places: int) -> int:
    """How many of a rail's `places` are for this kind of work, or for one that is not known here."""
    questions = max(1, places // SHARE_OF_QUESTIONS)
    match work:
        case Work.SEND:
            return places - questions
        case Work.ASK:
            return questions
        case _:
            return PLACES_TO_LOOK


class Rate:
    """Lets so many calls a second through, evenly, and of two kinds that wait each by its share. None: all at once."""

    def __init__(self, calls_per_second: int | None) -> None:
        self._gap_s = 1 / calls_per_second if calls_per_second else 0.0
        self._free_at_s = 0.0
        self._waiting: dict[Work, deque[asyncio.Future[None]]] = {work: deque() for work in SHARES}
        self._passed: dict[Work, float] = dict.fromkeys(SHARES, 0.0)
        """By their share, since both kinds began to wait."""
        self._opens: asyncio.TimerHandle | None = None

    async def turn(self, work: Work) -> None:
        """Wait for one's turn to call the rail once."""
        if not self._gap_s:
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[work].append(mine)
        self._open_in_time()
        await mine

    def _open_in_time(self) -> None:
        if self._opens is None and any(self._waiting.values()):
            self._opens = asyncio.get_running_loop().call_at(self._free_at_s, self._let_through)

    def _let_through(self) -> None:
        self._opens = None
        work = self._next()
        if work is None:
            return
        self._waiting[work].popleft().set_result(None)
        self._free_at_s = asyncio.get_running_loop().time() + self._gap_s
        self._open_in_time()

    def _next(self) -> Work | None:
        """Of the kinds that wait the one that has had the least of its share."""
        for line in self._waiting.values():
            while line and line[0].done():  # who waited was broken off
                line.popleft()
        waiting = [work for work, line in self._waiting.items() if line]
        if len(waiting) < len(self._waiting):
            self._passed = dict.fromkeys(SHARES, 0.0)
        if not waiting:
            return None
        work = min(waiting, key=self._passed.__getitem__)
        self._passed[work] += 1 / SHARES[work]
        return work
