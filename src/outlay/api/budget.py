"""Bytes of bodies whose senders have not proved themselves: so many of all connections together, and no more.

A body counts from its first byte until its proof is accepted or refused. When the budget is used up, the oldest body
that is not complete yet is given up: whoever trickles a body in to keep its place loses it to whoever sends. Small
bodies are not counted: connections are, and each has one.

The trap: whoever waits for the next bytes of a body that was given up must be woken, or its place would be held by
nobody. So the wait stands in a timeout without a time, which gets one. And memory that is free is not given back by
itself (measured: of 64 MiB nothing), but when all is over (api.memory).
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

from outlay.api.limits import Bite, Tally
from outlay.api.memory import WORTH_GIVING_BACK, hand_back
from outlay.api.proving import LARGE_BYTES

GIVEN_BACK_S: Final = 1.0


class Unproved:
    """All of them. `limit`: bytes."""

    def __init__(self, limit: int, tally: Tally) -> None:
        self._limit = limit
        self._tally = tally
        self._incomplete: dict[Received, None] = {}
        """The oldest first."""
        self._most = 0
        self.size = 0

    def count(self, body: Received, more: int) -> None:
        self.size += more
        self._most = max(self._most, self.size)
        self._incomplete.setdefault(body)
        while self.size > self._limit and self._incomplete:
            self._tally.bit(Bite.UNPROVED_TOO_MANY_BYTES)
            next(iter(self._incomplete)).give_up()

    def complete(self, body: Received) -> None:
        self._incomplete.pop(body, None)

    def forget(self, body: Received, size: int) -> None:
        self.complete(body)
        self.size -= size
        if not self.size and self._most >= WORTH_GIVING_BACK:
            asyncio.get_running_loop().call_later(GIVEN_BACK_S, self._give_back)

    def _give_back(self) -> None:
        if not self.size and self._most >= WORTH_GIVING_BACK:
            self._most = 0
            hand_back()


class Received:
    """One body while it comes, and until its sender has proved who they are: `settle` then, or leave the context."""

    def __init__(self, unproved: Unproved) -> None:
        self._unproved = unproved
        self._pieces: list[bytes] = []
        self._size = 0
        self._counted = 0
        self._waiting: asyncio.Timeout | None = None
        self.is_given_up = False

    def add(self, piece: bytes) -> None:
        """Look at `is_given_up` afterwards: what comes of a body that was given up is not kept, and not counted."""
        if self.is_given_up:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > LARGE_BYTES:
            more, self._counted = self._size - self._counted, self._size
            self._unproved.count(self, more)

    def waiting(self) -> asyncio.Timeout:
        """Wait for more in this context: it raises TimeoutError where the body is given up meanwhile."""
        self._waiting = asyncio.timeout(None)
        return self._waiting

    def whole(self) -> bytes:
        """The body, which is complete now; it counts still."""
        self._unproved.complete(self)
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole

    def give_up(self) -> None:
        self.is_given_up = True
        self.settle()
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def settle(self) -> None:
        """It counts no more; none of it is kept here."""
        self._pieces.clear()
        if self._counted:  # most bodies are small, and never were
            self._unproved.forget(self, self._counted)
            self._counted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle()
