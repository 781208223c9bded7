"""What is remembered of the database in the data folder, so that an old copy of it that is put back is noticed; and
that the schema has become another one while this process runs.

A small file, `database.seen`, written anew about once a second where anything has changed. Whoever starts compares it
with the database that they find (store/epochs.py). Of a PostgreSQL of our own it also says of which file the cluster
is: a copy of the whole data folder holds this file too, and only that tells that it is one.

The trap: a folder that hangs must hold up nothing. It is written by a thread that nobody waits for, and what cannot be
written is only remembered by this process.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from outlay.process.settings import Settings
from outlay.running.log import get_log
from outlay.service.health import Health
from outlay.store.database import Database, Unavailable
from outlay.store.epochs import Seen, Watch
from outlay.store.revision import LATEST, is_newer, needs_migration

SEEN_FILE: Final = "database.seen"
WATCH_S: Final = 1.0
UNREADY_FIRST_S: Final = 5.0
"""Proxies and orchestrators look at `/readyz` every few seconds."""
_NEVER_REWRITTEN: Final = Path("pg", "PG_VERSION")

_log = get_log("outlay.epochs")


def new_watch(settings: Settings) -> Watch:
    """With what the process before this one remembered."""
    return Watch(_read(settings.data / SEEN_FILE), _folder_mark(settings))


def _folder_mark(settings: Settings) -> str | None:
    if settings.database_url is not None:
        return None
    try:
        return str((settings.data / _NEVER_REWRITTEN).stat().st_ino)
    except OSError:
        return None


def _read(path: Path) -> Seen | None:
    """None where there is none, or it tells nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Seen)
    except (OSError, msgspec.MsgspecError):
        return None


async def keep_watching(
    settings: Settings,
    watch: Watch,
    database: Database,
    health: Health,
    outdated: Callable[[], None] = lambda: None,
) -> None:
    """Look at the database again and again, keep what was seen, and tell what is wrong. `outdated` is called when the
    schema has been too new for this process for a while."""
    writer, schema = _Writer(settings.data / SEEN_FILE), _Schema(outdated)
    while True:
        try:
            async with database.connection() as connection:
                await watch.look(connection)
        except Unavailable as error:
            health.met(error, worker="watch")
        except Exception as error:  # whatever it is: a later look may succeed
            _log.warning("the database could not be looked at", error=repr(error))
        else:
            _tell(watch, health)
            schema.compare(watch)
            if watch.remembered is not None:
                writer.write(watch.remembered)
        await asyncio.sleep(WATCH_S)


async def look_last(settings: Settings, watch: Watch, database: Database) -> None:
    """Before this process ends: what it did since the last look is remembered too."""
    writer = _Writer(settings.data / SEEN_FILE)
    with suppress(Unavailable):
        async with database.connection() as connection:
            await watch.look(connection)
    if watch.remembered is not None:
        writer.write(watch.remembered)
    while writer.is_writing:  # noqa: ASYNC110  a thread ends without telling
        await asyncio.sleep(0.002)


def _tell(watch: Watch, health: Health) -> None:
    if watch.too_old is not None:
        health.say("version", watch.too_old)
    elif watch.revision is None or watch.revision < LATEST:  # an old copy was put back
        health.say("version", needs_migration(watch.revision))
    else:
        health.clear("version")
    if watch.open_epoch is not None:
        health.warn(
            "epoch", f"the database has lost time: see EPOCH:{watch.open_epoch} in `outlay case list`, and close it"
        )
    else:
        health.clear("epoch")


class _Schema:
    """What changes about it is told once. First this process is not ready, then it ends: whoever sends callers here
    must have had the time to see that, and the calls of that while are told that nothing was done."""

    def __init__(self, outdated: Callable[[], None]) -> None:
        self._outdated = outdated
        self._told: str | None = None
        self._too_old_since: float | None = None

    def compare(self, watch: Watch) -> None:
        now = time.monotonic()
        if watch.too_old is None:
            self._too_old_since = None
            if is_newer(watch.revision) and watch.revision != self._told:
                self._told = watch.revision
                _log.info("the schema is newer than this version, and takes its writes", revision=watch.revision)
        elif self._too_old_since is None:
            self._too_old_since = now
            _log.error("this process is too old for the schema, and stops", why=watch.too_old, in_s=UNREADY_FIRST_S)
        elif now - self._too_old_since >= UNREADY_FIRST_S:
            self._outdated()


class _Writer:
    """One writing at a time; what comes meanwhile is written at the next look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Seen | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_writing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def write(self, seen: Seen) -> None:
        if seen == self._written or self.is_writing:
            return
        self._written = seen
        with suppress(RuntimeError):  # there is no thread to be had
            self._thread = threading.Thread(target=self._put, args=(seen,), name="outlay-seen", daemon=True)
            self._thread.start()

    def _put(self, seen: Seen) -> None:
        """Aside, and renamed into place: no half file is ever read."""
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(msgspec.json.encode(seen))
            draft.replace(self._path)
        except OSError:
            self._written = None
            with suppress(OSError):
                draft.unlink(missing_ok=True)
