"""What a person is told where the database fails: one line, what it said and what to do.

Leaves to others: what callers of an API are told (api), and how the line is shown (cli).

The traps: libraries wrap an error in one of their own, so what matters may stand behind the one that is seen. And the
particulars that a server adds may hold what stood in a row, so they are left out: its message is enough.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Final

import asyncpg

from outlay.store.database import Unavailable

_ADVICE: Final[Mapping[str, str]] = {
    "08": "look whether the database server runs, and try again",
    "22023": "run `outlay migrate` with the database's owner",  # a role that is not there, as a connection's setting
    "25006": "it takes no changes, as a standby does: give the URL of the primary server",
    "28": "correct the user and the password in DATABASE_URL, or let that user in from here (pg_hba.conf)",
    "3D000": "make that database, or correct its name in DATABASE_URL",
    "3F000": "run `outlay migrate`",
    "40": "others were changing the same: try again",
    "42501": "give the user in DATABASE_URL this right, or run `outlay migrate` with the database's owner",
    "42703": "run `outlay migrate`",
    "42704": "run `outlay migrate` with the database's owner",
    "42883": "run `outlay migrate`",
    "42P01": "run `outlay migrate`",
    "53100": "make room on the disk of the database server, and try again",
    "53200": "the database server needs more memory",
    "53300": "let the database server take more connections (max_connections), or use fewer "
    "(OUTLAY_DATABASE_CONNECTIONS)",
    "55000": "it cannot do that in its present state: where that is a standby's, give the URL of the primary server",
    "55006": "others are using the same: try again",
    "55P": "others are using the same: try again",
    "57014": "it took too long: try again when the database server has less to do",
    "57P": "look whether the database server runs, and try again",
    "58": "look at the log of the database server: its disk may be damaged or full",
    "XX": "look at the log of the database server: its data may be damaged",
}
"""By the beginning of the SQLSTATE; no two fit one code."""
_UNREACHABLE: Final = frozenset({errno.ENOENT, errno.EACCES, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})
"""What else a connection that cannot be had says, to a socket's file too."""
_UNKNOWN: Final = "look at the log of the database server"
_NO_ANSWER: Final = "look whether the database server runs and can be reached (DATABASE_URL), and try again"
_NOT_OURS: Final = (
    "its table alembic_version is not as Outlay left it; put it back from a backup, or take another database"
)
_IN_DOUBT: Final = "if the command was to change something, look first whether it did"


def told(error: BaseException) -> str | None:
    """The line for this error, None where no database is behind it."""
    is_away = isinstance(error, Unavailable)
    doubt = f"; {_IN_DOUBT}" if isinstance(error, Unavailable) and error.may_have_happened else ""
    for behind in _causes(error):
        if isinstance(behind, asyncpg.PostgresError):
            return f"the database says: {_message(behind)}: {_advice(behind.sqlstate or '')}{doubt}"
        if _is_silence(behind) or (is_away and isinstance(behind, OSError)):
            return f"the database does not answer ({_message(behind)}): {_NO_ANSWER}{doubt}"
    if is_away:
        return _message(error) + doubt
    return f"the schema cannot be changed: {_message(error)}: {_NOT_OURS}" if _is_of_migrations(error) else None


def _is_of_migrations(error: BaseException) -> bool:
    # Imported here: it is large, and seldom needed.
    from alembic.util import CommandError  # noqa: PLC0415

    return isinstance(error, CommandError)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what stands behind it."""
    while error is not None:
        yield error
        error = error.__cause__


def _is_silence(error: BaseException) -> bool:
    """Whether it is what a connection says that cannot be had, or has gone; not what a file says."""
    if isinstance(error, OSError) and error.filename is None:
        of_a_name = error.errno is None or error.errno < 0  # several addresses tried in vain; a name that is not known
        return of_a_name or error.errno in _UNREACHABLE or isinstance(error, ConnectionError | TimeoutError)
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)


def _message(error: BaseException) -> str:
    """On one line, without what the driver adds below the first."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    nothing = "timed out" if isinstance(error, TimeoutError) else type(error).__name__
    return " ".join(said.strip().split("\n")[0].split()) or nothing


def _advice(sqlstate: str) -> str:
    return next((advice for begins, advice in _ADVICE.items() if sqlstate.startswith(begins)), _UNKNOWN)
