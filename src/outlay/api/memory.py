"""What a process holds, and what it gives back.

Memory that is free is not given back by itself: the allocator keeps what lay between smaller things. So it is told to,
where much was needed for a moment. And Python looks through all that a process holds, again and again, for what refers
only to itself; code and settings, which stay to the end, are left out of that.

The traps: to give back costs some milliseconds for what a server may hold, so only where that is worth the while. And
one look through all of it holds everybody up for 60 ms, under load some times a second.
"""

from __future__ import annotations

import ctypes
import gc
from typing import Final

WORTH_GIVING_BACK: Final = 8 * 1024 * 1024
"""Bytes that were needed and are not any more."""
YOUNG: Final = 10_000
"""So many new objects are looked through at once. Requests leave next to none that refer only to themselves; more looks
than these cost a query a tenth of its time."""
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Only glibc has it, and needs it."""


def hand_back() -> None:
    if _trim is not None:
        _trim(0)


def leave_out_what_stays() -> None:
    """To be called once, when all is there that is needed to serve."""
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
