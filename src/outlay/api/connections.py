"""All open connections of a process: how many there may be, how long each may take, and how they end.

No timers: a sweep looks at all of them about once a second, so a request costs none. How a connection stands, and what
its limits say then, it knows itself (api.connection).

The traps: a connection that is aborted is gone only a turn of the loop later, and all that wait in the backlog are
accepted in one turn. So the most and the backlog together must fit into the open files.
"""

from __future__ import annotations

import asyncio
import heapq
import resource
import time
from email.utils import formatdate
from enum import IntEnum
from typing import Any, Final, Protocol

from outlay.api.limits import Bite, Limits, Tally

SWEEP_S: Final = 1.0
FILES_FOR_THE_REST: Final = 64
"""What a process has open besides connections and what it tells: standard streams, the loop's own, libraries."""
FEWEST: Final = 8
MOST: Final = 16_384
"""Where open files are not limited, memory is."""
_AT_ONCE: Final = 16
"""A sixteenth of all is closed together, so that a flood does not make a search of every connection."""


class Use(IntEnum):
    """What a connection is used for at the moment, from what is given up first."""

    NOTHING = 0
    """Silent, between two requests, amid a head, or about to be closed."""
    BODY = 1
    ANSWER = 2


class Member(Protocol):
    """What is asked of a connection here. `since`: by the clock of `time.monotonic`, when its present use began."""

    since: float

    def use(self) -> Use: ...
    def look(self, now: float, passed_s: float) -> None:
        """Do what the limits say at `now`; the look before was `passed_s` ago."""
        ...

    def abort(self) -> None: ...


class Connections:
    """`clock` and `date_line` are as of the last sweep."""

    def __init__(self, limits: Limits, tally: Tally) -> None:
        self.limits, self.tally = limits, tally
        self.open: set[Member] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        """No request is taken any more but those that are on their way."""
        self.most = limits.connections or most_connections(0)
        spans = (limits.head_seconds, limits.body_seconds, limits.idle_seconds, limits.unread_seconds)
        self._sweep_s = min(SWEEP_S, min(spans) / 4)
        self._tick()

    def joined(self, member: Member) -> None:
        """There is one more; where that is too many, those go that have been of no use for longest."""
        self.open.add(member)
        if len(self.open) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        several = max(1, self.most // _AT_ONCE)
        for use in (Use.NOTHING, Use.BODY):
            leaving = heapq.nsmallest(several, (one for one in self.open if one.use() is use), key=_since)
            if leaving:
                break
        for one in leaving:
            self.open.discard(one)
            one.abort()
        self.tally.bit(Bite.TOO_MANY_CONNECTIONS, len(leaving))

    async def keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            before = self.clock
            self._tick()
            for one in list(self.open):
                # The clock stood still since the last sweep, so a use may be younger than it seems by one sweep.
                one.look(self.clock - self._sweep_s, self.clock - before)

    def _tick(self) -> None:
        self.clock = time.monotonic()
        self.date_line = b"date: %b\r\n" % formatdate(usegmt=True).encode("ascii")

    async def cut_short(self, patience_s: float) -> None:
        """Cancel every application once and let it say its last words. A request that waited behind another gets its
        turn by that, and is cancelled too."""
        cancelled: set[asyncio.Task[Any]] = set()
        until = time.monotonic() + patience_s
        while self.tasks and (left := until - time.monotonic()) > 0:
            for task in self.tasks - cancelled:
                task.cancel()
            cancelled |= self.tasks
            await asyncio.wait(self.tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    def abort(self) -> None:
        for one in list(self.open):
            one.abort()


def _since(member: Member) -> float:
    return member.since


def most_connections(asked: int, other_files: int = 0) -> int:
    """How many connections a process may have: what was asked for, but never more than its limit of open files leaves
    beside the `other_files` that it needs, and the backlog (`backlog_of`). 0 asks for as many as that.

    The limit is taken as it is found. The operator has set it, the database's processes inherit it, and more
    connections are more memory for strangers to fill."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return asked or MOST
    room = files - FILES_FOR_THE_REST - other_files
    possible = max(FEWEST, min(MOST, room * 3 // 4))
    return min(asked, possible) if asked else possible


def backlog_of(most: int) -> int:
    """How many more connections may wait to be accepted: the quarter of the room that `most_connections` leaves."""
    return max(FEWEST, most // 3)
