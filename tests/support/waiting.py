"""Waiting for what happens elsewhere on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_S = 30.0
LOOK_S = 0.01


async def wait_for(is_so: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Until it is so. Raises AssertionError with `what` where it takes too long."""
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        answer = is_so()
        if answer if isinstance(answer, bool) else await answer:
            return
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"not in time: {what}")
        await asyncio.sleep(LOOK_S)
