"""Everything that can go wrong in this room, as types whose message says what to do next.

Leaves to others: how a message is shown and which exit code it becomes (cli).
The trap: a database URL holds a password, so no message here may ever contain a URL; use ``Endpoint.label``.
"""

from outlay.kit.for_people import ForPeople


class PostgresError(ForPeople):
    """Base of every error that this room raises on purpose."""


class BinariesNotFound(PostgresError):
    """No usable PostgreSQL server programs on this machine."""


class DataDirUnusable(PostgresError):
    """The data folder belongs to someone else, is not ours, or is damaged."""


class AlreadyOwned(PostgresError):
    """Another running process owns the data folder."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


class LaunchImpossible(PostgresError):
    """This user, on this machine, has no way to run a PostgreSQL server."""


class NotMainThread(PostgresError):
    """A server was to be started from a thread that could end before the process does."""


class ServerFailed(PostgresError):
    """The embedded server did not start, or did not go away."""


class InvalidDatabaseUrl(PostgresError):
    """The database URL cannot be understood."""


class DatabaseUnreachable(PostgresError):
    """The configured server does not answer or does not let us in."""


class ServerTooOld(PostgresError):
    """The configured server lacks features that the SQL relies on."""


class SessionsShared(PostgresError):
    """Between us and the server stands a pooler that does not give us sessions of our own."""


class UnsafeServer(PostgresError):
    """The server may forget commits that it has confirmed."""


class RoleUnusable(PostgresError):
    """The login may not act as the role that the server acts as, or may not make it."""
