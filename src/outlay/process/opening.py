"""An installation opened for one command: its database, and on it all that a use case needs, or only what a question
needs.

What only looks writes nothing: it leases no number for ids, makes neither a key nor a schema, and its connections are
refused by the database itself whatever would change something. So it can be used on a standby, by a login whose
transactions are read-only, and beside a server that is in trouble.

The trap: what is loaded here is loaded by every command; what only some of them need is loaded where they do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from outlay.core.seals import SealKey
from outlay.kit.for_people import ForPeople
from outlay.postgres.connect import OpenDatabase, Own, open_database
from outlay.postgres.folders import DataDir
from outlay.process.clock import InstallationClock, steady_ms
from outlay.process.settings import Settings
from outlay.store.clock import read_clock
from outlay.store.database import Database
from outlay.store.migrate import SchemaOutdated, check_schema
from outlay.store.revision import LATEST
from outlay.store.troubles import told

if TYPE_CHECKING:
    from outlay.service.runtime import Runtime

T = TypeVar("T")
Tell = Callable[[str], None]
"""Hears what there is to say of a PostgreSQL of our own, in a line for people."""

SCHEMA_PATIENCE_S: Final = 10.0
LOOKING_CONNECTIONS: Final = 2
_SCHEMA_POLL_S: Final = 0.1


class NoInstallation(ForPeople):
    """There is nothing to look at."""


class DatabaseFailed(ForPeople):
    """What the database said, and what to do about it."""


class Looks(msgspec.Struct, frozen=True):
    """What a question needs that changes nothing (service.runtime.Looking)."""

    database: Database
    now_ms: Callable[[], int]
    real_ms: Callable[[], int]


class LooksAtSeals(Looks, frozen=True):
    seal_key: SealKey


@contextmanager
def database(
    settings: Settings,
    own: Own,
    tell: Tell,
    *,
    stop_within: Callable[[], float] | None = None,
    only_existing: bool = False,
) -> Iterator[OpenDatabase]:
    """An open database; a PostgreSQL of our own is started where none is configured, and made where it is not there,
    but with `only_existing`. `stop_within`: given by a server, the seconds that are left when that PostgreSQL is to
    end. Raises ForPeople, of which DatabaseFailed is one."""
    url = settings.database_url.reveal() if settings.database_url else None
    if only_existing and url is None and not DataDir(settings.data).holds_cluster():
        raise NoInstallation(
            f"{settings.data} holds no installation: is --data the right folder? `outlay serve` makes a new one"
        )
    try:
        with open_database(
            url, settings.data, own=own, bin_dir=settings.pg_bin, on_event=tell, stop_within=stop_within
        ) as opened:
            yield opened
    except Exception as error:
        if isinstance(error, ForPeople) or (said := told(error)) is None:
            raise
        raise DatabaseFailed(said) from error


def with_runtime(
    settings: Settings, tell: Tell, work: Callable[[Runtime], Awaitable[T]], *, only_existing: bool = False
) -> T:
    """Run `work` beside a running server, or without one. Raises ForPeople."""
    from outlay.process.run import open_runtime, prepare_database  # noqa: PLC0415 (by need)

    async def run(opened: OpenDatabase) -> T:
        await _when_ready(
            settings, opened, lambda: prepare_database(settings, opened, may_migrate=opened.server is not None)
        )
        async with open_runtime(settings, opened.endpoint.url) as runtime:
            return await work(runtime)

    with database(settings, "attach-or-own", tell, only_existing=only_existing) as opened:
        return asyncio.run(run(opened))


def bring_up_to_date(settings: Settings, tell: Tell) -> str:
    """Bring the schema to the newest revision, and return that. Raises ForPeople."""
    from outlay.process.run import check_present_key, prepare_database  # noqa: PLC0415 (by need)

    async def run(opened: OpenDatabase) -> None:
        await prepare_database(settings, opened, may_migrate=True)
        await check_present_key(settings, opened.endpoint.url)

    with database(settings, "attach-or-own", tell) as opened:
        asyncio.run(run(opened))
    return LATEST


def with_looks(settings: Settings, tell: Tell, work: Callable[[Looks], Awaitable[T]]) -> T:
    """Run `work`, which only looks. Raises ForPeople."""

    async def run(opened: OpenDatabase) -> T:
        async with _look(settings, opened) as looks:
            return await work(looks)

    with database(settings, "attach-or-own", tell, only_existing=True) as opened:
        return asyncio.run(run(opened))


def with_looks_at_seals(settings: Settings, tell: Tell, work: Callable[[LooksAtSeals], Awaitable[T]]) -> T:
    """The same for what looks at seals too. Raises ForPeople."""
    from outlay.process.key_file import present_key  # noqa: PLC0415 (by need)
    from outlay.service.engine.seal_key import known_seal_key  # noqa: PLC0415 (by need)

    async def with_key(looks: Looks) -> T:
        seals = await known_seal_key(looks.database, await present_key(settings, looks.database))
        return await work(LooksAtSeals(looks.database, looks.now_ms, looks.real_ms, seals))

    return with_looks(settings, tell, with_key)


@asynccontextmanager
async def _look(settings: Settings, opened: OpenDatabase) -> AsyncIterator[Looks]:
    url = opened.endpoint.url
    # Before the connections act as the server's role: where that is not there, it is told why.
    await _when_ready(settings, opened, lambda: check_schema(url))
    async with Database.open(url, connections=LOOKING_CONNECTIONS, at_once=0, reads_only=True) as looked_at:
        began_ms = steady_ms()
        clock = InstallationClock(await read_clock(looked_at), began_ms)
        yield Looks(looked_at, clock.now_ms, clock.real_ms)


async def _when_ready(settings: Settings, opened: OpenDatabase, prepare: Callable[[], Awaitable[None]]) -> None:
    """Whoever started the embedded server a moment ago may still be making its schema: wait for that."""
    is_guest = opened.server is None and settings.database_url is None
    end = time.monotonic() + (SCHEMA_PATIENCE_S if is_guest else 0.0)
    while True:
        try:
            return await prepare()
        except SchemaOutdated:
            if time.monotonic() >= end:
                raise
        await asyncio.sleep(_SCHEMA_POLL_S)
