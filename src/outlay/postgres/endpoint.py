"""Where a database is and how to log in, in a form that can be logged without showing the password.

Leaves to others: connecting (store, connect).
The trap: a URL can carry a password in its user part and again in its query, so ``label`` is built from the parts that
are known to be harmless instead of by cutting the password out.
"""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from outlay.postgres.errors import InvalidDatabaseUrl

SOCKET_PORT = 5432  # only names the socket file; nothing listens on TCP
DATABASE = "outlay"
USER = "outlay"
"""The superuser whom the cluster was made with."""
MIGRATOR = "outlay_migrator"
"""Owns the database and its tables."""
APPLICATION = "outlay_app"
"""All other work. The migrations know it as `<database>_app`."""


@dataclass(frozen=True)
class Endpoint:
    """``url`` is for the driver only; ``label`` is for people."""

    url: str = field(repr=False)
    label: str

    def __str__(self) -> str:
        return self.label

    @classmethod
    def on_socket(cls, folder: Path, password: str, user: str = USER) -> "Endpoint":
        query = urlencode({"host": str(folder), "port": SOCKET_PORT})
        url = f"postgresql://{user}:{quote(password, safe='')}@/{DATABASE}?{query}"
        return cls(url, f"database {DATABASE} on the socket in {folder}")

    @classmethod
    def from_url(cls, url: str) -> "Endpoint":
        # What was given is never repeated: it may be a password pasted into the wrong setting.
        bad = InvalidDatabaseUrl(
            "DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE "
            "(no driver name after `postgresql`; special characters in the password percent-encoded)."
        )
        try:
            parts = urlsplit(url)
            host, port, query = parts.hostname, parts.port, parse_qs(parts.query)
        except ValueError:
            raise bad from None
        if parts.scheme not in ("postgresql", "postgres"):
            raise bad
        where = host or ",".join(query.get("host", [])) or "the default host"
        name = unquote(parts.path.lstrip("/")) or "the default name"
        return cls(url, f"database {name} on {where}" + (f":{port}" if port else ""))
