"""Finds or starts a PostgreSQL: ``DATABASE_URL``, or an embedded server on a data folder.

    with open_database(url_or_none, data_dir, own="required") as database:
        asyncio.run(serve(database))  # pools from database.endpoint.url, and a task for database.watch()

Leaves to others: SQL, pools and migrations (store), settings, what is shown to people (cli).
The trap: call it on the main thread, and before any event loop; see ``embedded`` and ``launch`` for why.
"""

from outlay.postgres.binaries import Binaries, find_binaries
from outlay.postgres.connect import OVERRIDE_SETTING, OpenDatabase, check_durability, open_database
from outlay.postgres.embedded import EmbeddedServer
from outlay.postgres.endpoint import Endpoint
from outlay.postgres.errors import (
    AlreadyOwned,
    BinariesNotFound,
    DatabaseUnreachable,
    DataDirUnusable,
    InvalidDatabaseUrl,
    LaunchImpossible,
    NotMainThread,
    PostgresError,
    RoleUnusable,
    ServerFailed,
    ServerTooOld,
    SessionsShared,
    UnsafeServer,
)

__all__ = [
    "OVERRIDE_SETTING",
    "AlreadyOwned",
    "Binaries",
    "BinariesNotFound",
    "DataDirUnusable",
    "DatabaseUnreachable",
    "EmbeddedServer",
    "Endpoint",
    "InvalidDatabaseUrl",
    "LaunchImpossible",
    "NotMainThread",
    "OpenDatabase",
    "PostgresError",
    "RoleUnusable",
    "ServerFailed",
    "ServerTooOld",
    "SessionsShared",
    "UnsafeServer",
    "check_durability",
    "find_binaries",
    "open_database",
]
