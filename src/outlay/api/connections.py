"""All open connections of a process: how many there may be, how long each may take, and how they end.

No timers: a sweep looks at all of them about once a second, so a request costs none. How a connection stands, and what
its limits say then, it knows itself (api.connection).

When a request came, nobody tells: it may have waited in the kernel while this process stood still. So a beat, ten times
a second, notes since when all that had come was read (`read_since`).

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

from outlay.api.limits import Bite, FrontLimits, Tally

SWEEP_S: Final = 1.0
BEAT_S: Final = 0.1
STOOD_STILL_S: Final = 1.0
BEATS_AFTERWARDS: Final = 10
"""Between two beats so long; what came meanwhile is read within these next ones. uvloop accepts one connection in a
turn of its loop, so the last of a thousand is read late."""
FILES_FOR_THE_REST: Final = 64
"""What a process has open besides connections and what it tells: standard streams, the loop's own, libraries."""
FEWEST: Final = 8
MOST: Final = 16_384
"""Where open files are not limited, memory is."""
DROP_RATE: Final = 64 * 1024 * 1024
DROP_AHEAD_S: Final = 0.05
LONGEST_DROP_S: Final = 1.0
"""Bytes a second that are read of all connections together only to be dropped, how far ahead of that, and how long one
of them may have to wait for it: whoever sends faster would take a processor for nothing."""
LONGEST_BACKLOG: Final = 2048
_AT_ONCE: Final = 16
"""A sixteenth of all is closed together, so that a flood does not make a search of every connection."""


class Use(IntEnum):
    """What a connection is used for at the moment, from what is given up first."""

    NOTHING = 0
    """It has never sent a whole head, or is about to be closed."""
    REFUSAL = 1
    """Somebody who has proved nothing waits to be told so."""
    REST = 2
    """Between two requests, or amid the head of a further one."""
    BODY = 3
    ANSWER = 4


class Member(Protocol):
    """What is asked of a connection here. `since`: by the clock of `time.monotonic`, when its present use began."""

    since: float

    def use(self) -> Use: ...
    def look(self, now: float, passed_s: float) -> None:
        """Do what the limits say at `now`; the look before was `passed_s` ago."""
        ...

    def abort(self) -> None: ...


class Connections:
    """At `most` so many. `clock` and `date_line` are as of the last sweep."""

    def __init__(self, limits: FrontLimits, tally: Tally, most: int) -> None:
        self.limits, self.tally = limits, tally
        self.open: set[Member] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        """No request is taken any more but those that are on their way."""
        self._most = most
        self._dropped_until = 0.0
        self._beat_s = self.read_since = time.monotonic()
        """By the loop's time: the last beat, and a moment since which all was read that had come before it."""
        spans = (limits.head_seconds, limits.body_seconds, limits.idle_seconds, limits.unread_seconds)
        self._sweep_s = min(SWEEP_S, min(spans) / 4)
        self._tick()

    def joined(self, member: Member) -> None:
        """There is one more; where that is too many, room is made, and where all are being answered, it goes itself."""
        if len(self.open) >= self._most:
            leaving = self._of_least_use() or [member]
            for one in leaving:
                self.open.discard(one)
                one.abort()
            self.tally.bit(Bite.TOO_MANY_CONNECTIONS, len(leaving))
            if member in leaving:
                return
        self.open.add(member)

    def dropped(self, size: int) -> float:
        """So many bytes were read only to be dropped. Returns how many seconds to wait before the next."""
        now = time.monotonic()
        until = max(self._dropped_until, now) + size / DROP_RATE
        self._dropped_until = min(until, now + LONGEST_DROP_S)
        return max(0.0, self._dropped_until - now - DROP_AHEAD_S)

    def _of_least_use(self) -> list[Member]:
        """Those of least use, and of these the oldest. Where few have nothing under way, they are callers that have
        just come, and all others hold on to bodies that never end: then it is the oldest of those."""
        several = max(1, self._most // _AT_ONCE)
        useless = [one for one in self.open if one.use() <= Use.REST]
        if len(useless) <= several:
            useless = [one for one in self.open if one.use() is Use.BODY] or useless
        return heapq.nsmallest(several, useless, key=_use_and_since)

    async def keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            before = self.clock
            self._tick()
            for one in list(self.open):
                # The clock stood still since the last sweep, so a use may be younger than it seems by one sweep.
                one.look(self.clock - self._sweep_s, self.clock - before)

    async def keep_beating(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat_s = self.read_since = loop.time()
        stays = 0
        while True:
            await asyncio.sleep(BEAT_S)
            now_s = loop.time()
            stays = BEATS_AFTERWARDS if now_s - self._beat_s > STOOD_STILL_S else stays - 1
            if stays <= 0:
                self.read_since = self._beat_s  # since that beat the loop has looked at every socket
            self._beat_s = now_s

    def _tick(self) -> None:
        self.clock = time.monotonic()
        self.date_line = b"date: %b\r\n" % formatdate(usegmt=True).encode("ascii")

    def answering(self) -> int:
        """How many of them wait for the answer to a request that has come whole."""
        return sum(one.use() is Use.ANSWER for one in self.open)

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


def _use_and_since(member: Member) -> tuple[Use, float]:
    return member.use(), member.since


def room_for(asked: int, other_files: int = 0) -> tuple[int, int]:
    """How many connections a process may have, and how many more may wait to be accepted. 0 asks for as many as
    possible: both fit into the limit of open files, beside the `other_files` that the process needs.

    That limit is taken as it is found: the operator has set it, the database's processes inherit it, and more
    connections are more memory for strangers to fill."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    room = files - FILES_FOR_THE_REST - other_files if files != resource.RLIM_INFINITY else 2 * (asked + MOST)
    most = min(asked or MOST, max(FEWEST, room * 3 // 4))
    return most, max(FEWEST, min(LONGEST_BACKLOG, room - most))
