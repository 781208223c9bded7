"""What callers may use up, and how often that was too much.

Every limit holds before anybody has proved anything, for strangers and merchants alike, and none goes by an address: a
proxy has one for everybody. docs/operations.md has a row for each limit and each count; a test compares them.

The trap: a count is no log line. A flood would fill the log with what it was kept from; so bites are counted as they
happen and told now and then (`Tally.tell`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import StrEnum
from typing import Final

import msgspec

from outlay.running.log import get_log

TOLD_EVERY_S: Final = 10.0
_log = get_log("outlay.limits")


class FrontLimits(msgspec.Struct, frozen=True):
    """One field for each setting of the same name (settings.Settings); bytes, seconds and plain numbers."""

    head_limit: int = 32_768
    """Bytes of a request's line and headers."""
    head_lines: int = 100
    head_seconds: float = 10.0
    """From a request's first byte, or the connection's beginning, to the end of its head."""
    body_seconds: float = 30.0
    body_rate: int = 1_000
    """Bytes a second that a body must come with, on an average, once it has had some seconds; 0 is no limit."""
    body_limit: int | None = None
    """Lowers the limits that routes compute for themselves."""
    idle_seconds: float = 5.0
    """Between two requests of one connection."""
    unread_seconds: float = 30.0
    """How long an answer may wait for its reader."""
    connections: int = 0
    """At once; 0: what the limit of open files leaves."""
    unproved_limit: int = 67_108_864
    """Bytes of bodies whose senders have not proved themselves yet, of all connections together."""
    large_waiting: int = 16
    """Large bodies that may wait to be read."""
    refusal_rate: int = 100
    """Refusals of strangers in a second that are told at once; more wait their turn."""
    stop_seconds: float = 20.0
    """From the signal to the end of the process."""
    log_rate: int = 200
    """Lines a second."""


class Bite(StrEnum):
    """A limit that held somebody back, by the name that the log and docs/operations.md have."""

    HEAD_TOO_LONG = "head_too_long"
    HEAD_TOO_SLOW = "head_too_slow"
    BODY_TOO_LARGE = "body_too_large"
    BODY_TOO_SLOW = "body_too_slow"
    ANSWER_UNREAD = "answer_unread"
    IDLE_CLOSED = "idle_closed"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    UNPROVED_TOO_MANY_BYTES = "unproved_too_many_bytes"
    LARGE_QUEUE_FULL = "large_queue_full"
    REFUSAL_HELD = "refusal_held"
    REFUSALS_TOO_MANY = "refusals_too_many"


class Tally:
    """How often each limit bit, in this process."""

    def __init__(self) -> None:
        self.counts: Counter[Bite] = Counter()
        self._told: Counter[Bite] = Counter()

    def bit(self, limit: Bite, times: int = 1) -> None:
        self.counts[limit] += times

    def tell(self) -> None:
        """One line in the log with what was counted since the last one; none where nothing was."""
        news = self.counts - self._told
        if news:
            self._told = self.counts.copy()
            _log.warning("limits reached", **{limit.value: times for limit, times in sorted(news.items())})

    async def keep_telling(self) -> None:
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            self.tell()
