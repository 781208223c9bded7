"""How long somebody waits, at most: one deadline for a whole request, whatever it asks on its way, and whether they are
there still.

`patience` gives a piece of work so many seconds; all that is waited for within it (a place in a queue, a connection, a
statement) asks `left_s` how much of that is left. An `Asker` may hang up before: what only waits for them is given up.

Leaves to others: what to do where none is left (database, gather), and how it is seen that they hung up
(api.connection).

The trap: what is done for several askers at once must not have the deadline of one of them. A task inherits it, so such
work is begun in a context of its own (see gather).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Final


class Asker:
    """Whoever sent a request. `since_s`: by the loop's time, not later than when the last of it came; their patience
    counts from there. `on_leaving`: called when they hang up, by whoever keeps them waiting at the moment."""

    __slots__ = ("has_left", "on_leaving", "since_s")

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.has_left = False
        self.on_leaving: Callable[[], None] | None = None

    def leave(self) -> None:
        self.has_left = True
        if self.on_leaving is not None:
            self.on_leaving()


class _Deadline:
    """Holds for what is done within it. No generator: each request enters two of them."""

    __slots__ = ("_around", "asker", "until_s")

    def __init__(self, until_s: float, asker: Asker | None) -> None:
        self.until_s, self.asker = until_s, asker

    def __enter__(self) -> None:
        self._around = _deadline.set(self)

    def __exit__(self, *_why: object) -> None:
        _deadline.reset(self._around)


_NOBODY: Final = _Deadline(math.inf, None)
_deadline: ContextVar[_Deadline] = ContextVar("deadline", default=_NOBODY)


def asked_by(who: Asker) -> AbstractContextManager[None]:
    """What is done within is for them."""
    return _Deadline(math.inf, who)


def patience(seconds: float) -> AbstractContextManager[None]:
    """For what is done within: so much, from now on or from when its asker's request had come; or what is left of the
    patience around it where that is less."""
    around = _deadline.get()
    since_s = _now_s() if around.asker is None else around.asker.since_s
    return _Deadline(min(since_s + seconds, around.until_s), around.asker)


def left_s(most: float) -> float:
    """Seconds, never less than zero; `most` where nobody has said less."""
    until_s = _deadline.get().until_s
    return most if until_s == math.inf else max(0.0, min(most, until_s - _now_s()))


def asker() -> Asker | None:
    """For whom this is done; None where it is nobody who could hang up."""
    return _deadline.get().asker


def _now_s() -> float:
    return asyncio.get_running_loop().time()
