"""How long somebody waits for the database, at most: one deadline for a whole request, whatever it asks on its way.

`patience` gives a piece of work so many seconds; all that waits for the database within it (a place in a queue, a
connection, a statement) asks `left_s` how much of that is left. Time that goes by `elsewhere` is given back.

Leaves to others: what to do where none is left (database, gather).

The trap: what is done for several askers at once must not have the deadline of one of them. A task inherits it, so such
work is begun in a context of its own (see gather).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class _Deadline:
    def __init__(self, until_s: float) -> None:
        self.until_s = until_s


_deadline: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """For what is done within: so much, or what is left of the patience around it where that is less."""
    token = _deadline.set(_Deadline(_now_s() + left_s(seconds)))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def elsewhere() -> Iterator[None]:
    """What is waited for within is not the database: it costs no patience."""
    began_s, deadline = _now_s(), _deadline.get()
    try:
        yield
    finally:
        if deadline is not None:
            deadline.until_s += _now_s() - began_s


def left_s(most: float) -> float:
    """Seconds, never less than zero; `most` where nobody has said less."""
    deadline = _deadline.get()
    return most if deadline is None else max(0.0, min(most, deadline.until_s - _now_s()))


def _now_s() -> float:
    return asyncio.get_running_loop().time()
