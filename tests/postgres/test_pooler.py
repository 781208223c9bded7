"""How sessions that are shared are told from sessions of our own, where the pooler hides all else: a PgBouncer that
keeps prepared statements for its clients gives no error at all."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from outlay.postgres.pooler import _keeps_its_session
from tests.support.rows import each_row


class Pooler:
    """Sessions by number. `turns`: the one that has rested longest is next; else the one that was used last."""

    def __init__(self, idle: int, *, turns: bool) -> None:
        self._idle = deque(range(1, idle + 1))
        self._turns = turns
        self._made = idle

    def take(self) -> int:
        if not self._idle:
            self._made += 1
            return self._made
        return self._idle.popleft() if self._turns else self._idle.pop()

    def give_back(self, session: int) -> None:
        self._idle.append(session)


class Client:
    """A connection to a pooler in transaction mode; or with a session of its own, in session mode."""

    def __init__(self, pooler: Pooler, *, own: bool = False) -> None:
        self._pooler = pooler
        self._held = pooler.take() if own else None

    async def fetchval(self, _sql: str) -> int:
        if self._held is not None:
            return self._held
        session = self._pooler.take()
        self._pooler.give_back(session)
        return session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        before, self._held = self._held, self._held or self._pooler.take()
        yield
        if before is None:
            self._pooler.give_back(self._held)
        self._held = before


def keeps(ours: Any, other: Any) -> bool:
    return asyncio.run(_keeps_its_session(ours, other))


@each_row("turns", [False, True], ids=["the last used first", "in turns"])
@each_row("idle", range(6))
def test_shared_sessions_are_seen_however_many_there_are_to_choose_from(idle: int, turns: bool) -> None:
    pooler = Pooler(idle, turns=turns)
    assert not keeps(Client(pooler), Client(pooler))


def test_sessions_of_our_own_are_known_as_such() -> None:
    pooler = Pooler(2, turns=False)
    assert keeps(Client(pooler, own=True), Client(pooler, own=True))
