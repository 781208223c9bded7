"""The heartbeat of a process that serves: every half second a durable change in the database, and a look at the files
that it cannot do without. What comes of both stands in `health`, which answers from memory.

A heartbeat is a write, because a database that only answers questions serves nobody: read-only, a standby, a full disk.

The trap: a look at a file may hang as well as a database. It is taken in a thread, so that only the heartbeat hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from outlay.health import BEAT_SECONDS, Health
from outlay.key_file import SECRET_KEY_FILE
from outlay.settings import Settings
from outlay.store.database import Database, Unavailable
from outlay.store.nodes import beat
from outlay.store.patience import patience

BEAT_EVERY_S: Final = 0.5
_log = structlog.get_logger("outlay.pulse")
_FILES: Final = "files"
_NODE: Final = "node"


async def keep_beating(
    database: Database, node: int, owner: str, health: Health, look: Callable[[], str | None]
) -> None:
    """Until it is cancelled. `look` gives what is wrong with the files, or None."""
    while True:
        try:
            with patience(BEAT_SECONDS):
                is_ours = await beat(database, node, owner)
        except Unavailable as error:
            health.met(error, worker="heartbeat")
        except Exception as error:  # whatever it is: a later try may succeed, and without one the process is unready
            _log.error("no heartbeat", error=repr(error))
        else:
            _say(health, _NODE, None if is_ours else "its node number is somebody else's: start this process again")
            _say(health, _FILES, await asyncio.to_thread(look))
            health.beat()
        await asyncio.sleep(BEAT_EVERY_S)


def missing_files(settings: Settings) -> str | None:
    """What is gone of the files that a running server needs; None where all are there."""
    if settings.database_url is None and not settings.data.is_dir():
        return "the data folder is gone"
    if settings.secret_key is None and not (settings.data / SECRET_KEY_FILE).is_file():
        return "the key file is gone from the data folder"
    return None


def _say(health: Health, name: str, reason: str | None) -> None:
    if reason is None:
        health.clear(name)
    else:
        health.say(name, reason)
