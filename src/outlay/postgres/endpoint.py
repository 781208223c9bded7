"""Where a database is and how to log in, in a form that can be logged without showing the password.

A URL is read here, strictly, and written anew for the driver: so the driver never meets one that it cannot read, which
it would repeat.

Leaves to others: the words after `?` (words), connecting (store, connect).
The trap: a password that is not encoded moves the borders of what stands around it. So what is not clearly one thing is
refused as a whole and nothing of it is repeated, and ``label`` is built from the parts that are known to be harmless.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlencode

from outlay.postgres.errors import InvalidDatabaseUrl
from outlay.postgres.words import sorted_out

SOCKET_PORT = 5432  # only names the socket file; nothing listens on TCP
DATABASE = "outlay"
USER = "outlay"
"""The superuser whom the cluster was made with."""
MIGRATOR = "outlay_migrator"
"""Owns the database and its tables."""
APPLICATION = "outlay_app"
"""All other work. The migrations know it as `<database>_app`."""
DRIVERS_OWN = {"sslmode": "disable", "sslnegotiation": "postgres", "target_session_attrs": "any", "gsslib": "gssapi"}
"""For our own server: else the driver would take these from PGSSLMODE and its like, which are meant for others."""

_FORM: Final = re.compile(
    r"(?i:postgres(?:ql)?)://(?:(?P<login>[^@/?#]*)@)?(?P<hosts>[^@/?#]*)(?:/(?P<name>[^@/?#]*))?(?:\?(?P<words>[^@#]*))?"
)
_HOST: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_HOST_NAME: Final = re.compile(r"[\w.-]+")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LARGEST_PORT: Final = 65_535


class _Unreadable(Exception):
    """Without any word of what could not be read."""


@dataclass(frozen=True)
class Endpoint:
    """``url`` is for the driver only; ``label`` is for people. ``without_effect``: the words of the URL that are known
    and change nothing here."""

    url: str = field(repr=False)
    label: str
    without_effect: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label

    @classmethod
    def on_socket(cls, folder: Path, password: str, user: str = USER) -> "Endpoint":
        words = {"host": str(folder), "port": str(SOCKET_PORT), **DRIVERS_OWN}
        url = _url_of(user, password, DATABASE, words)
        return cls(url, f"database {DATABASE} on the socket in {folder}")

    @classmethod
    def from_url(cls, url: str) -> "Endpoint":
        """Raises InvalidDatabaseUrl."""
        try:
            return _read(url)
        except (_Unreadable, ValueError):
            # What was given is never repeated: it may be a password pasted into the wrong setting.
            raise InvalidDatabaseUrl(
                "DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE (no driver name after "
                "`postgresql`; each part once, before or after `?`; in the password, @ : / ? # % and spaces "
                "percent-encoded, such as %40 for @)."
            ) from None


def _read(url: str) -> Endpoint:
    form = _FORM.fullmatch(url)
    if form is None or not url.isprintable():
        raise _Unreadable
    given, without_effect = sorted_out(_words(form["words"] or ""))
    user, _, password = (form["login"] or "").partition(":")
    user = _once(_decoded(user), given.pop("user", ""))
    password = _once(_decoded(password), given.pop("password", ""))
    name = _once(_decoded(form["name"] or ""), given.pop("dbname", ""))
    hosts, ports = _places(form["hosts"], given.pop("host", ""), given.pop("port", ""))
    # Another number of ports than of hosts is a ValueError.
    where = ",".join(map(":".join, zip(hosts, ports, strict=True)) if ports else hosts) or "the default host"
    label = f"{f'database {name}' if name else 'default database'} on {where}"
    if not (label + user).isprintable():
        raise _Unreadable
    words = {"host": ",".join(hosts), "port": ",".join(ports), **given}
    words = {word: value for word, value in words.items() if value}
    return Endpoint(_url_of(user, password, name, words), label, without_effect)


def _words(text: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, text.split("&")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise _Unreadable
        yield _decoded(name), _decoded(value)


def _places(authority: str, named: str, numbered: str) -> tuple[list[str], list[str]]:
    """Hosts, and their ports or none; out of what stands before the path, or in the words `host` and `port`."""
    found = [_HOST.fullmatch(each) for each in authority.split(",")]
    before = [(_decoded(match["host"]), match["port"] or "") for match in found if match]
    if len(before) < len(found) or any("," in host for host, _ in before):
        raise _Unreadable
    hosts = _once(",".join(host for host, _ in before), named).split(",")
    ports = _once(",".join(port for _, port in before), numbered).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    if len(hosts) > 1 and not all(hosts):
        raise _Unreadable
    return [_host(host) for host in hosts], [_port(port) for port in ports] if any(ports) else []


def _host(name: str) -> str:
    """As the driver wants it: an IPv6 address in brackets, the folder of a socket, a name, or nothing."""
    bare = name.removeprefix("[").removesuffix("]")
    if ":" in bare:
        return f"[{ipaddress.IPv6Address(bare)}]"
    if name and not name.startswith("/") and not _HOST_NAME.fullmatch(name):
        raise _Unreadable
    return name


def _port(digits: str) -> str:
    number = int(digits or SOCKET_PORT)
    if not 0 < number <= _LARGEST_PORT:
        raise _Unreadable
    return str(number)


def _once(here: str, there: str) -> str:
    """What may stand in one of two places, and not in both. Commas alone are no hosts and no ports."""
    if here.strip(",") and there:
        raise _Unreadable
    return there or here


def _decoded(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise _Unreadable
    decoded = unquote_to_bytes(text).decode("utf-8")
    if "\0" in decoded:
        raise _Unreadable
    return decoded


def _url_of(user: str, password: str, name: str, words: Mapping[str, str]) -> str:
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    path = f"/{quote(name, safe='')}" if name else ""
    query = f"?{urlencode(words, quote_via=quote)}" if words else ""
    return f"postgresql://{login}{'@' if login else ''}{path}{query}"
