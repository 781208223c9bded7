"""Who is next with a large body: one is proved at a time, in another process, and the others wait here.

Fair by key id: the keys take turns, however many bodies wait under one, because whoever knows a key's id can send
bodies in its name. When too many wait, the key with the most of them loses its newest; so one key in which somebody
floods cannot keep another merchant's batch out.

The trap: who was told "too many requests" must be able to rely on it that nothing was done. That is so as long as only
pure steps run here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from outlay.api.apart import Job
from outlay.api.helper import Helper, HelperLost
from outlay.api.limits import Bite, Tally
from outlay.api.proving import Proved
from outlay.running.parts import errand
from outlay.store.gather import Busy
from outlay.wire.problems import Fault

IDLE_S: Final = 30.0
"""After which the process ends: what it needed for the largest body is given back with it."""
Key = tuple[str, str]
"""A dialect's name, and a key id in it."""


class _Waiting:
    """A job and its body, and whoever waits for them."""

    def __init__(self, job: Job, body: bytes) -> None:
        self.job, self.body = job, body
        self.outcome: asyncio.Future[Proved | Fault] = asyncio.get_running_loop().create_future()


class LargeBodies:
    """`most` may wait; of one key no more than `most_bytes` together, unless it is one by itself. Nothing needs to be
    closed: the process ends with the loop, too."""

    def __init__(self, helper: Helper, tally: Tally, *, most: int, most_bytes: int, idle_s: float = IDLE_S) -> None:
        self._helper = helper
        self._tally = tally
        self._most = most
        self._most_bytes = most_bytes
        self._idle_s = idle_s
        self._waiting: dict[Key, deque[_Waiting]] = {}
        """The key whose turn it is stands first; no key has an empty queue."""
        self._some = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None

    async def prove(self, key: Key, job: Job, body: bytes) -> Proved | Fault:
        """Raises Busy where too many wait, and where the process died over it: nothing was done; StepFailed."""
        self._make_room(key, len(body))
        waiting = _Waiting(job, body)
        self._waiting.setdefault(key, deque()).append(waiting)
        self._some.set()
        if self._runner is None or self._runner.done():
            self._runner = errand("large bodies", self._run())
        try:
            return await waiting.outcome
        finally:
            self._forget(key, waiting)

    def _make_room(self, key: Key, size: int) -> None:
        """For one more of this key; raises Busy where it is this one that has to go."""
        own = self._waiting.get(key, ())
        if own and sum(len(waiting.body) for waiting in own) + size > self._most_bytes:
            self._refuse()
        if sum(map(len, self._waiting.values())) < self._most:
            return
        busiest = max(self._waiting, key=lambda known: len(self._waiting[known]))
        if len(self._waiting[busiest]) <= len(own) + 1:
            self._refuse()
        newest = self._waiting[busiest][-1]
        self._forget(busiest, newest)
        _tell(newest.outcome, Busy())
        self._tally.bit(Bite.LARGE_QUEUE_FULL)

    def _refuse(self) -> None:
        self._tally.bit(Bite.LARGE_QUEUE_FULL)
        raise Busy

    def _forget(self, key: Key, waiting: _Waiting) -> None:
        """If it waits still."""
        queue = self._waiting.get(key)
        if queue is not None:
            with suppress(ValueError):
                queue.remove(waiting)
            if not queue:
                del self._waiting[key]

    async def _run(self) -> None:
        try:
            while await self._comes_another():
                while self._waiting:
                    await self._prove_next()
                self._some.clear()
        finally:
            await self._helper.end()

    async def _comes_another(self) -> bool:
        try:
            async with asyncio.timeout(self._idle_s):
                await self._some.wait()
        except TimeoutError:
            await self._helper.end()
        return bool(self._waiting)  # also what came while the process ended

    async def _prove_next(self) -> None:
        key = next(iter(self._waiting))
        queue = self._waiting.pop(key)
        waiting = queue.popleft()
        if queue:
            self._waiting[key] = queue  # behind all others
        try:
            _tell(waiting.outcome, await self._helper.prove(waiting.job, waiting.body))
        except HelperLost:
            _tell(waiting.outcome, Busy())
        except Exception as error:
            _tell(waiting.outcome, error)


def _tell(outcome: asyncio.Future[Proved | Fault], answer: Proved | Fault | Exception) -> None:
    if outcome.done():  # whoever asked has gone
        return
    if isinstance(answer, Exception):
        outcome.set_exception(answer)
    else:
        outcome.set_result(answer)
