"""What keeps a running process able to make ids: the lease of its node number."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from outlay import node


def test_a_renewal_that_fails_is_tried_again_and_the_lease_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a standby is an error of the database's own, not a lost connection."""
    answers: list[Any] = [RuntimeError("cannot execute UPDATE in a read-only transaction"), True]

    async def renew(*_: Any) -> bool:
        answer = answers.pop(0) if answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(node, "renew_node", renew)
    monkeypatch.setattr(node, "NODE_RENEWAL_S", 0.001)
    ids = node.LeasedIds(node=1, owner="test", until_ms=0, clock=node.InstallationClock(0))

    async def until_renewed() -> None:
        keeping = asyncio.create_task(node.keep_node(None, ids))  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            while ids.until_ms == 0:  # noqa: ASYNC110 (the loop under test has no event to wait for)
                await asyncio.sleep(0.001)
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping

    asyncio.run(until_renewed())
    assert ids.next() > 0
