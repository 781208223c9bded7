"""A loop whose time jumps: when nothing is ready it does not wait for the next timer, it is there.

So weeks pass in seconds, and the same program with the same chance does the same in the same order. While a call to
something real (a database) is on its way, time stands still and the loop waits for it as any other does.

The trap: whatever takes its order from memory addresses (sets of tasks: `asyncio.wait`) or from a real clock breaks the
repetition. Nothing here may use it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

REAL_WAIT_S = 60.0
"""A real call that takes longer will not come back."""

T = TypeVar("T")


class _JumpingSelector(selectors.BaseSelector):
    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0
        self.outside = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.outside:
            if timeout is not None and timeout <= 0:
                return self._real.select(0)
            ready = self._real.select(REAL_WAIT_S)
            if not ready:
                raise RuntimeError("a real call does not come back")
            return ready
        if timeout is None:
            raise RuntimeError("nothing will ever happen again")
        if timeout > 0:
            self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since it was made, none of which anybody has waited."""
        return self._jumping.now

    def leap(self, seconds: float) -> None:
        self._jumping.now += seconds

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """For as long as a real call is on its way."""
        self._jumping.outside += 1
        try:
            yield
        finally:
            self._jumping.outside -= 1

    async def really(self, call: Awaitable[T]) -> T:
        with self.standing_still():
            return await call


def stand_still(seconds: float) -> None:
    """As a process does that is stopped: that time is over, and no timer fired in it."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.leap(seconds)
