"""This process as one of the installation's: the clock it shares with the others, and the ids that only it makes."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from outlay.core.ids import Snowflakes
from outlay.health import Health
from outlay.store.clock import read_offset_ms
from outlay.store.database import Database, Unavailable
from outlay.store.nodes import free_node, renew_node

NODE_LEASE_MS: Final = 600_000
NODE_RENEWAL_S: Final = 60.0
NODE_QUARANTINE_MS: Final = 5_000
CLOCK_POLL_S: Final = 0.25

_log = structlog.get_logger("outlay")


def clock_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class InstallationClock:
    """The installation's clock: the real time, and what a sandbox was moved ahead by. Every process reads that from the
    database now and then, so all follow within CLOCK_POLL_S."""

    def __init__(self, offset_ms: int) -> None:
        self._offset_ms = offset_ms

    def now_ms(self) -> int:
        return clock_ms() + self._offset_ms

    async def follow(self, database: Database, health: Health) -> None:
        while True:
            await asyncio.sleep(CLOCK_POLL_S)
            try:
                # Never back: an id that was made under a later time must not be made again.
                self._offset_ms = max(self._offset_ms, await read_offset_ms(database))
            except Unavailable as error:
                health.met(error, worker="clock")
            except Exception as error:  # whatever it is: a later try may succeed
                _log.warning("sandbox clock not read", error=repr(error))


class LeasedIds:
    """Ids from a leased node number; once the lease is lost, none. They bear the installation's time, the lease has the
    real one."""

    def __init__(self, node: int, owner: str, until_ms: int, clock: InstallationClock) -> None:
        self.node, self.owner, self.until_ms = node, owner, until_ms
        self._snowflakes = Snowflakes(node)
        self._clock = clock

    def next(self) -> int:
        if clock_ms() >= self.until_ms:
            raise Unavailable("the lease of this process's node number has run out; the database was away too long")
        return self._snowflakes.next(self._clock.now_ms())


async def keep_node(database: Database, ids: LeasedIds) -> None:
    while True:
        await asyncio.sleep(NODE_RENEWAL_S)
        until_ms = clock_ms() + NODE_LEASE_MS
        try:
            if await renew_node(database, ids.node, ids.owner, until_ms):
                ids.until_ms = until_ms
            else:
                _log.error("node number lost: no more ids can be made, start this process again", node=ids.node)
        except Exception as error:  # whatever it is (a full disk, a standby): a later try may succeed
            _log.warning("node number not renewed", error=repr(error))


async def give_node_back(database: Database, ids: LeasedIds) -> None:
    try:
        await free_node(database, ids.node, ids.owner, clock_ms() + NODE_QUARANTINE_MS)
    except Exception as error:  # whatever it is: the lease ends by itself
        _log.info("node number not given back", error=repr(error))
