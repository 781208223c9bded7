"""Memory that is free is not given back by itself: the allocator keeps what lay between smaller things. So it is told
to, where much was needed for a moment.

The trap: it costs some milliseconds for what a server may hold, so only where that is worth the while.
"""

from __future__ import annotations

import ctypes
from typing import Final

WORTH_GIVING_BACK: Final = 8 * 1024 * 1024
"""Bytes that were needed and are not any more."""
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Only glibc has it, and needs it."""


def give_back() -> None:
    if _trim is not None:
        _trim(0)
