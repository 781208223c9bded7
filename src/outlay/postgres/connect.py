"""The one door to a database: a server named by URL, our own embedded one, or the one that another Outlay runs here.

Also the check that the server keeps what it confirms, which the store calls with its first connection.

Leaves to others: pools, statements, migrations (store); reading settings (settings).

The traps:
* ``open_database`` may start a server, so it must be called on the main thread, before the event loop.
* A command that attaches to a short-lived owner would lose the server when that one ends. So guests sign in, and an
  owner that was only a command itself waits for them before it stops. ``serve`` does not wait: it is told to stop.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncpg

from outlay.postgres.binaries import OLDEST_MAJOR
from outlay.postgres.embedded import EmbeddedServer, silent
from outlay.postgres.endpoint import APPLICATION, MIGRATOR, Endpoint
from outlay.postgres.errors import (
    AlreadyOwned,
    DatabaseUnreachable,
    ServerFailed,
    ServerTooOld,
    UnsafeServer,
)
from outlay.postgres.folders import DataDir
from outlay.postgres.leftovers import Patience
from outlay.postgres.own_loop import in_loop_of_its_own
from outlay.postgres.ownership import GuestBook
from outlay.postgres.pooler import require_own_sessions
from outlay.postgres.readiness import answers

Own = Literal["required", "attach-or-own", "attach"]

OVERRIDE_SETTING = "OUTLAY_ALLOW_UNSAFE_DATABASE"
CONNECT_TIMEOUT_S = 15.0
ATTACH_POLL_S = 0.05
GUESTS_MAY_STAY_S = 600.0
# Each loses confirmed commits, or the whole database, when the power goes.
UNSAFE_WHEN_OFF = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True)
class OpenDatabase:
    """An open door. ``endpoint`` is for all work but migrations, which go by ``migrator``. ``server`` is set only where
    this process owns an embedded one."""

    endpoint: Endpoint
    migrator: Endpoint
    server: EmbeddedServer | None = None

    async def watch(self) -> None:
        """Keeps an embedded server of our own alive; returns at once where there is none."""
        if self.server is not None:
            await self.server.watch()


@contextlib.contextmanager
def open_database(
    database_url: str | None,
    data_dir: Path,
    *,
    own: Own,
    bin_dir: Path | None = None,
    extra_settings: Mapping[str, str] | None = None,
    on_event: Callable[[str], None] = silent,
    wait_s: float = 10.0,
    stop_within: Patience | None = None,
) -> Iterator[OpenDatabase]:
    """With a URL: that server, its version and its sessions checked. Without: the embedded one on ``data_dir``.

    ``required`` owns the data folder or fails; ``attach-or-own`` uses the server of another owner where there is one;
    ``attach`` uses that or fails, and never keeps a new owner from the folder.
    ``wait_s`` is the patience with another owner: to let go of the folder, or to have its server ready.
    ``stop_within`` is the patience with a server of our own that is to end.
    """
    if database_url is not None:
        _forget_empty_variables()
        endpoint = Endpoint.from_url(database_url)
        if endpoint.without_effect and own != "attach":  # who attaches was started by one that has told it
            on_event(f"words of DATABASE_URL have no effect here: {', '.join(endpoint.without_effect)}")
        in_loop_of_its_own(_check_server(endpoint))
        yield OpenDatabase(endpoint, endpoint)
        return
    alone = own == "required"
    server = EmbeddedServer(
        data_dir,
        bin_dir=bin_dir,
        extra_settings=extra_settings,
        on_event=on_event,
        wait_s=wait_s if alone else 0.0,
        stop_within=stop_within,
    )
    guests = GuestBook(server.data.guests)
    other = _start_or_attach(server, guests, own, wait_s)
    try:
        if other is not None:
            yield other
            return
        yield _on_socket(server.data, server.socket, server)
        if not alone and not guests.close(0):
            on_event("waiting for other commands that use this database")
            guests.close(GUESTS_MAY_STAY_S)
    finally:
        server.stop()
        guests.leave()


def _forget_empty_variables() -> None:
    """`PGSSLMODE=` and its like: to PostgreSQL's own clients they are not set, the driver would obey them."""
    for name in [name for name, text in os.environ.items() if name.startswith("PG") and not text]:
        del os.environ[name]


def _start_or_attach(server: EmbeddedServer, guests: GuestBook, own: Own, patience_s: float) -> OpenDatabase | None:
    """None once ``server`` runs; else where the other owner's server is."""
    end = time.monotonic() + patience_s
    owner: AlreadyOwned | None = None
    while True:
        try:
            if own != "attach":
                server.start()
                return None
        except AlreadyOwned as owned:
            if own == "required":
                raise
            owner = owned
        # Signing in comes first: from then on an owner that is only a command will not stop its server.
        if guests.enter():
            other = _other_server(server.data)
            if other is not None:
                return other
            guests.leave()
        if time.monotonic() >= end:
            pid = owner.pid if owner is not None else None
            raise AlreadyOwned(
                f"The data folder {server.data.path} is owned by process {pid or 'unknown'}, but its "
                f"PostgreSQL did not answer within {patience_s:.0f} s. Look at {server.data.log}; a service with "
                "a private temporary folder needs a data folder with a shorter path.",
                pid,
            ) from owner
        time.sleep(ATTACH_POLL_S)


def _other_server(data: DataDir) -> OpenDatabase | None:
    folder = data.socket_folder()
    if folder is None or not answers(folder):
        return None
    found = _on_socket(data, folder, None)
    return found if in_loop_of_its_own(_lets_in(found.endpoint)) else None


def _on_socket(data: DataDir, folder: Path | None, server: EmbeddedServer | None) -> OpenDatabase:
    if folder is None:
        raise ServerFailed("The embedded PostgreSQL is not running: call start() first.")
    endpoint, migrator = (Endpoint.on_socket(folder, data.password(user), user) for user in (APPLICATION, MIGRATOR))
    return OpenDatabase(endpoint, migrator, server)


async def _lets_in(endpoint: Endpoint) -> bool:
    """A server answers a moment before its owner has put its logins right."""
    try:
        connection = await asyncpg.connect(endpoint.url, timeout=CONNECT_TIMEOUT_S)
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError):
        return False
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return True  # another trouble: whoever asks next is told
    await connection.close()
    return True


async def check_durability(connection: Any, allow_unsafe: bool) -> tuple[str, ...]:
    """Refuses a server that may forget what it confirmed. Gives what was found unsafe and allowed, for a warning.

    ``local``, ``remote_write`` and ``remote_apply`` all write to the local disk before they confirm.
    """
    rows = await connection.fetch(
        "select name, setting from pg_catalog.pg_settings where name = any($1::text[])", list(UNSAFE_WHEN_OFF)
    )
    unsafe = tuple(sorted(f"{row['name']} = {row['setting']}" for row in rows if row["setting"] == "off"))
    if unsafe and not allow_unsafe:
        raise UnsafeServer(
            f"This PostgreSQL may lose payouts that it has confirmed: {', '.join(unsafe)}. Turn these on in the "
            "server (also look at ALTER ROLE and ALTER DATABASE for synchronous_commit), or, where losing "
            f"everything does not matter, set {OVERRIDE_SETTING}=true."
        )
    return unsafe


async def _check_server(endpoint: Endpoint) -> None:
    try:
        connection = await asyncpg.connect(endpoint.url, timeout=CONNECT_TIMEOUT_S)
        number = connection.get_server_version().major
        await connection.close()
        await require_own_sessions(endpoint)
    # KeyError: the URL names no user and the present one has no name in /etc/passwd.
    except (OSError, TimeoutError, ValueError, KeyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable(
            f"Cannot connect to the {endpoint.label}: {_in_a_line(error)}. Check DATABASE_URL, that the "
            "server runs, and that it lets this user in from here."
        ) from error
    if number < OLDEST_MAJOR:
        raise ServerTooOld(
            f"The {endpoint.label} is PostgreSQL {number}; {OLDEST_MAJOR} is the oldest that works. "
            "Update that server, or unset DATABASE_URL to use the embedded one."
        )


def _in_a_line(error: BaseException) -> str:
    """Without what the driver adds on lines below the first."""
    return str(error).split("\n", 1)[0] or type(error).__name__
