"""Accounts whose rows somebody else holds: whoever needs them waits apart, so that nobody else waits with them.

A lock that another server's commit takes is let go in some milliseconds, and to wait for it is right. One that somebody
holds from outside (a person's session, a process that was stopped) may be held for as long as anybody has patience. So
the wait for one row is short. Who was not had in time is waited for apart; and where that was in vain, too, the account
is remembered for a while: no batch with others in it waits for that row then, it only takes it where it is free.

Leaves to others: the locks themselves (loading), and who waits where (clerk).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

HOT_LOCK_S: Final = 0.1
"""So long a batch waits for one row: longer than a commit of another server takes on most days, so that they take
turns; short enough that those who happen to be in the same batch do not notice."""
HELD_FOR_S: Final = 60.0
"""So long after it was last waited for in vain an account may cost others no wait."""
DOUBT_S: Final = 0.1
"""So long after it was not free: by then it is known whether it was waited for in vain."""
HELD_PLACES: Final = 2
"""Connections that wait for held accounts at once, however many of those there are."""


class AccountHeld(Exception):
    """Somebody else holds the account's row. Nothing was done."""


class HeldLately:
    """Accounts that no batch with others in it waits for."""

    def __init__(self) -> None:
        self._until_s: dict[UUID, float] = {}
        """By the loop's time."""

    def __contains__(self, account_id: UUID) -> bool:
        until_s = self._until_s.get(account_id)
        return until_s is not None and until_s > _now_s()

    def note(self, account_ids: Iterable[UUID], seconds: float = HELD_FOR_S) -> None:
        now_s = _now_s()
        for account_id in account_ids:
            before_s = self._until_s.pop(account_id, 0.0)  # so that the first are the oldest
            self._until_s[account_id] = max(before_s, now_s + seconds)
        while self._until_s and next(iter(self._until_s.values())) <= now_s:
            del self._until_s[next(iter(self._until_s))]


def _now_s() -> float:
    return asyncio.get_running_loop().time()
