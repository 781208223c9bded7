"""Settings, read once, from the environment (`OUTLAY_…`, and `DATABASE_URL`) and from command line flags.

Every field is documented in docs/settings.md; a test fails for one that is not.

The traps: a path that each reader understands in its own way puts the database in one folder and the key in another, so
paths become absolute here and nowhere else. And whoever writes `OUTLAY_HOST=` means no host, not every one.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from outlay.kit.for_people import ForPeople
from outlay.kit.secret import Secret

PREFIX: Final = "OUTLAY_"
URL_VARIABLES: Final = ("DATABASE_URL", "OUTLAY_DATABASE_URL")
_NO_LETTERS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, line ends, and the halves of characters as which Python reads bytes that are not UTF-8."""
_WORDS_OF_BOOL: Final = {
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
}
_WHOLE: Final = re.compile(r"([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?", re.ASCII)

Hours = Annotated[float, Meta(gt=0, le=3600)]
"""Seconds, of an hour at most."""


class SettingsWrong(ForPeople):
    """`faults`: by setting, what is allowed, worded to follow its name. Never what was given."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {rule}" for name, rule in faults.items()))
        self.faults = faults


class TwoDatabases(ForPeople):
    """To choose between them would be a guess."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field a setting; the environment variable is its name in capitals after `OUTLAY_`. Made by `read`."""

    database_url: Secret | None = None
    data: Path = Path("outlay-data")
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    hang_seconds: Annotated[float, Meta(ge=2, le=3600)] = 10.0
    """After which an HTTP process of several that gives no sign of life is replaced."""
    pg_bin: Path | None = None
    secret_key: Secret | None = None
    user_key: Secret | None = None
    """Of the person who decides: see service.operator.people."""
    body_limit: Annotated[int, Meta(ge=1024)] | None = None
    """Bytes of a request body, where that is less than the longest that is documented at its route."""
    head_limit: Annotated[int, Meta(ge=4096, le=1_048_576)] = 32_768
    head_lines: Annotated[int, Meta(ge=20, le=10_000)] = 100
    head_seconds: Hours = 10.0
    body_seconds: Hours = 30.0
    body_rate: Annotated[int, Meta(ge=0)] = 1_000
    idle_seconds: Hours = 5.0
    unread_seconds: Hours = 30.0
    connections: Annotated[int, Meta(ge=0)] = 0
    unproved_limit: Annotated[int, Meta(ge=1_048_576)] = 67_108_864
    large_waiting: Annotated[int, Meta(ge=1)] = 16
    refusal_rate: Annotated[int, Meta(ge=0)] = 100
    stop_seconds: Annotated[float, Meta(ge=1, le=3600)] = 20.0
    log_rate: Annotated[int, Meta(ge=1)] = 200
    lanes: Literal["one", "account"] = "one"
    partitions: Annotated[int, Meta(ge=0, le=1024)] = 0
    database_seconds: Annotated[float, Meta(ge=1, le=3600)] = 5.0
    """How long one request waits for the database."""
    database_connections: Annotated[int, Meta(ge=4, le=1000)] = 10
    """Per server process, for everything but the ten that serve callers."""
    allow_unsafe_database: bool = False
    rate_limit: Annotated[int, Meta(ge=0)] = 0
    """Calls of one credential in a minute and HTTP process; 0 is no limit."""
    token_rate_limit: Annotated[int, Meta(ge=0)] = 0
    """The same for calls that open a session."""
    sandbox_delay_ms: Annotated[int, Meta(ge=0)] = 2000
    log: Literal["text", "json", "quiet"] = "text"

    @classmethod
    def read(cls, **given: Any) -> Settings:
        """What is given, else what a variable says; no file of the folder that somebody happens to stand in. Raises
        SettingsWrong, TwoDatabases."""
        said = {**_variables(os.environ), **given}
        values: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for field in msgspec.structs.fields(cls):
            value = said.get(field.name, field.default)
            try:
                values[field.name] = None if value is None else _read(field.name, field.type, value)
            except ValueError as error:
                faults[field.name] = str(error)
        if faults:
            raise SettingsWrong(faults)
        return cls(**values)


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that variables name, in whatever letters. A variable that holds nothing is one that is not set.
    White space around a value does not belong to it: it comes from files with line ends of another system. Raises
    TwoDatabases."""
    said = {_name_of(variable): stripped for variable, text in environment.items() if (stripped := text.strip())}
    urls = {said[name] for name in URL_VARIABLES if name in said}
    if len(urls) > 1:
        raise TwoDatabases(f"{' and '.join(URL_VARIABLES)} name two databases: leave one of them out")
    found = {name: said[PREFIX + name.upper()] for name in Settings.__struct_fields__ if PREFIX + name.upper() in said}
    return found | ({"database_url": urls.pop()} if urls else {})


def _name_of(variable: str) -> str:
    """In capitals. A letter of another alphabet whose capital is one of ours names nothing."""
    return variable.upper() if variable.isascii() else variable


def _read(name: str, kind: Any, value: Any) -> Any:
    """The value as the setting has it. Raises ValueError, which says what is allowed and does not repeat it."""
    if reader := _READERS.get(name):
        return reader(value)
    try:
        return msgspec.convert(_of_text(value, _info_of(kind)) if isinstance(value, str) else value, kind)
    except (ValueError, OverflowError):
        raise ValueError(_rule_of(kind)) from None


def _info_of(kind: Any) -> Any:
    """What the library knows of the kind; None beside it is what an unset variable says."""
    info = msgspec.inspect.type_info(kind)
    if isinstance(info, msgspec.inspect.UnionType):
        return next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType))
    return info


def _of_text(text: str, info: Any) -> Any:
    """The number, or yes or no, that people mean by this text. What they mean by none stays as it is, and is refused.
    Raises ValueError."""
    match info:
        case msgspec.inspect.BoolType():
            return _WORDS_OF_BOOL.get(text.lower(), text)
        case msgspec.inspect.IntType():
            whole = _WHOLE.fullmatch(text)
            return int(whole[1]) if whole else text
        case msgspec.inspect.FloatType():
            return float(text) if text.isascii() else text
        case _:
            return text


def _rule_of(kind: Any) -> str:
    """What is allowed, worded to follow the setting's name."""
    match info := _info_of(kind):
        case msgspec.inspect.LiteralType(values=values):
            return f"must be {' or '.join(map(str, values))}"
        case msgspec.inspect.BoolType():
            return "must be true or false"
        case msgspec.inspect.StrType():
            return "must not be empty"
        case msgspec.inspect.IntType():
            return f"must be a whole number{_bounds_of(info)}"
        case msgspec.inspect.FloatType():
            return f"must be a number{_bounds_of(info)}"
        case _:
            raise TypeError(f"no rule for a setting of this kind: {kind}")


def _bounds_of(info: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> str:
    least = "" if info.ge is None else f" of at least {info.ge}"
    above = "" if info.gt is None else f" above {info.gt}"
    most = "" if info.le is None else f" and at most {info.le}"
    return f"{least}{above}{most}"


def _host(host: str) -> str:
    """An IPv6 address as it stands in URLs is that address."""
    if not host:
        raise ValueError("must not be empty")
    if any(unicodedata.category(letter) == "Cs" for letter in host):
        raise ValueError("must be a name or an address in UTF-8 letters")
    return host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host


def _secret(text: str | Secret) -> Secret:
    return text if isinstance(text, Secret) else Secret(text)


def _key(text: str | Secret) -> Secret:
    key = _secret(text)
    try:
        decoded = bytes.fromhex(key.reveal())
    except ValueError:
        decoded = b""
    if len(decoded) != 32:
        raise ValueError("must be 64 hexadecimal digits (32 bytes), e.g. from: openssl rand -hex 32")
    return key


def at_home(given: str | Path) -> Path:
    """A path whose leading `~` is a home folder, as a shell has it. Raises ValueError, which does not repeat it."""
    text = os.path.expanduser(os.fspath(given))
    if not text:
        raise ValueError("must not be empty")
    if text.startswith("~"):
        raise ValueError("begins with ~ and the name of a user whose home folder is not known")
    return Path(text)


def whole_folder(given: str | Path) -> Path:
    """The absolute path of a folder, without links; what is relative begins where this process stands. Raises
    ValueError, which does not repeat it. Whoever uses the folder finds out whether it is one."""
    try:
        folder = os.path.realpath(at_home(given))
    except OSError:
        raise ValueError("is relative, and the folder that it begins at is gone: give an absolute path") from None
    if any(unicodedata.category(letter) in _NO_LETTERS for letter in folder):
        raise ValueError("must be a path of UTF-8 letters without line breaks and other control characters")
    return Path(folder)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "database_url": _secret,
    "data": whole_folder,
    "host": _host,
    "pg_bin": whole_folder,
    "secret_key": _key,
    "user_key": _secret,
}


def without_database_url(environment: Mapping[str, str]) -> dict[str, str]:
    """The same without the variables that name a database. Letters are compared as they are where those are read."""
    return {name: text for name, text in environment.items() if _name_of(name) not in URL_VARIABLES}


def unknown_variables(names: Iterable[str]) -> dict[str, str | None]:
    """Those that look like settings and are none, each with the setting that it may have been meant for."""
    known = [name.upper() for name in Settings.__struct_fields__]
    ours = {name: _name_of(name).removeprefix(PREFIX) for name in sorted(names) if name.upper().startswith(PREFIX)}
    return {name: _nearest(word, known) for name, word in ours.items() if word not in known}


def _nearest(word: str, known: list[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 (by need)

    found = get_close_matches(word, known, 1)
    return PREFIX + found[0] if found else None
