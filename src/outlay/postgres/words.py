"""The words that may stand after `?` in DATABASE_URL: what becomes of each that PostgreSQL's own clients know.

A word is handed to the driver or to the server, or has no effect and is told, or is refused with what to do. Never is
one dropped silently, or taken for something else: whoever asks for a protection must not believe that it is there.

Leaves to others: the rest of the URL (endpoint), connecting (connect).
The trap: a password that is not encoded may look like a word, so only words of this table are ever repeated, and no
values.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from outlay.postgres.errors import InvalidDatabaseUrl

Use = Literal["address", "driver", "file", "server", "ignored", "refused"]


@dataclass(frozen=True)
class Word:
    """`values`: of a word for the driver or the server, all that it may be (any, where there are none); of an ignored
    or refused one, those that ask for what is so anyway. `advice`: what to do instead."""

    use: Use
    values: tuple[str, ...] = ()
    advice: str = ""


_OFF: Final = ("0", "false", "off", "no")
_TLS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_NO_KERBEROS: Final = "Take it out: the login must be one with a password or a certificate."
_NO_OAUTH: Final = _NO_KERBEROS
_VERIFY: Final = "Take it out; sslmode=verify-full and sslrootcert prove whom Outlay talks to."
_WRITES: Final = "Outlay writes, so only a server that takes writes will do: any, primary or read-write."

WORDS: Final[Mapping[str, Word]] = {
    "host": Word("address"),
    "port": Word("address"),
    "user": Word("address"),
    "password": Word("address"),
    "dbname": Word("address"),
    "passfile": Word("file"),
    "sslmode": Word("driver", ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
    "sslnegotiation": Word("driver", ("postgres", "direct")),
    "sslcert": Word("file"),
    "sslkey": Word("file"),
    "sslpassword": Word("driver"),
    "sslrootcert": Word("file", advice="For `system`, name the file that your system keeps its certificates in."),
    "sslcrl": Word("file"),
    "ssl_min_protocol_version": Word("driver", _TLS),
    "ssl_max_protocol_version": Word("driver", _TLS),
    "target_session_attrs": Word("driver", ("any", "primary", "read-write"), _WRITES),
    "gsslib": Word("driver", ("gssapi",), _NO_KERBEROS),
    "options": Word("server"),
    "application_name": Word("ignored"),  # Outlay's connections bear its own name
    "fallback_application_name": Word("ignored"),
    "connect_timeout": Word("ignored"),  # Outlay has patience of its own
    "keepalives": Word("ignored"),
    "keepalives_idle": Word("ignored"),
    "keepalives_interval": Word("ignored"),
    "keepalives_count": Word("ignored"),
    "tcp_user_timeout": Word("ignored"),
    "load_balance_hosts": Word("ignored", ("disable",)),
    "max_protocol_version": Word("ignored", ("3.0", "latest")),
    "sslcompression": Word("ignored", ("0",)),  # nobody compresses any more
    "sslsni": Word("ignored", ("1",)),
    "sslkeylogfile": Word("ignored"),
    "client_encoding": Word("refused", ("utf8", "utf-8", "unicode", "auto"), "Take it out: Outlay speaks UTF-8."),
    "channel_binding": Word("refused", ("disable", "prefer"), _VERIFY),
    "sslcertmode": Word("refused", ("allow",), "Take it out; sslcert and sslkey name a certificate that is shown."),
    "sslcrldir": Word("refused", (), "Name one file of revoked certificates with sslcrl."),
    "requirepeer": Word("refused", (), "Take it out; let nobody else write to the folder of the socket."),
    "require_auth": Word("refused", (), _VERIFY),
    "min_protocol_version": Word("refused", ("3.0",), "Take it out: Outlay speaks version 3.0."),
    "gssencmode": Word("refused", ("disable", "prefer"), "Take it out; sslmode=require encrypts."),
    "gssdelegation": Word("refused", _OFF, _NO_KERBEROS),
    "krbsrvname": Word("refused", ("postgres",), _NO_KERBEROS),
    "replication": Word("refused", _OFF, "Take it out: Outlay is no standby."),
    "hostaddr": Word("refused", (), "Write the address as the host of the URL."),
    "service": Word("refused", (), "Write host, port, user and database into the URL itself."),
    "scram_client_key": Word("refused", (), "Give the password itself."),
    "scram_server_key": Word("refused", (), "Give the password itself."),
    "oauth_issuer": Word("refused", (), _NO_OAUTH),
    "oauth_client_id": Word("refused", (), _NO_OAUTH),
    "oauth_client_secret": Word("refused", (), _NO_OAUTH),
    "oauth_scope": Word("refused", (), _NO_OAUTH),
}


def sorted_out(given: Iterable[tuple[str, str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The words with an effect, with their values, and those without any. Raises InvalidDatabaseUrl."""
    kept: dict[str, str] = {}
    without_effect: list[str] = []
    for number, (name, value) in enumerate(given, 1):
        if (name, value) == ("ssl", "true"):  # what other drivers write, and PostgreSQL's own understands
            name, value = "sslmode", "require"  # noqa: PLW2901
        word = WORDS.get(name)
        if word is None:
            _refuse_unknown(number, name)
        if name in kept or name in without_effect:
            _refuse(name, "it stands there twice. Write it once.")
        if not value:  # as good as not there
            continue
        if word.use == "ignored":
            if value not in word.values:
                without_effect.append(name)
        elif word.use != "refused":
            kept[name] = _checked(name, word, value)
        elif value.lower() not in word.values:
            _refuse(name, f"Outlay cannot do that. {word.advice}")
    return kept, tuple(without_effect)


def _checked(name: str, word: Word, value: str) -> str:
    if word.values and value not in word.values:
        _refuse(name, f"it must be one of {', '.join(word.values)}. {word.advice}")
    if word.use != "file":
        return value
    path = os.path.abspath(os.path.expanduser(value))
    if not os.access(path, os.R_OK):
        _refuse(name, f"the file cannot be read. {word.advice}")
    return path


def _refuse(name: str, why: str) -> NoReturn:
    raise InvalidDatabaseUrl(f"DATABASE_URL has the word {name}: {why.strip()}")


def _refuse_unknown(number: int, name: str) -> NoReturn:
    near = difflib.get_close_matches(name.lower(), WORDS, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise InvalidDatabaseUrl(
        f"DATABASE_URL has a word after `?` that PostgreSQL's clients do not know, number {number}{hint}. A setting of "
        "the server is written as options=-c%20NAME%3DVALUE; what other programs understand there must be taken out."
    )
