"""Settings, read once, from the environment (`OUTLAY_…`, and `DATABASE_URL`) and from command line flags.

Every field is documented in docs/settings.md; a test fails for one that is not.

The traps: a path that each reader understands in its own way puts the database in one folder and the key in another, so
paths become absolute here and nowhere else. And whoever writes `OUTLAY_HOST=` means no host, not every one.
"""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PREFIX: Final = "OUTLAY_"
URL_VARIABLES: Final = ("DATABASE_URL", "OUTLAY_DATABASE_URL")
_NO_LETTERS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, line ends, and the halves of characters as which Python reads bytes that are not UTF-8."""


class Settings(BaseSettings):
    """One field a setting; the environment variable is its name in capitals after `OUTLAY_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr | None = Field(None, validation_alias=AliasChoices("database_url", *URL_VARIABLES))
    data: Path = Path("outlay-data")
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8080, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    hang_seconds: float = Field(10.0, ge=2, le=3600)
    """After which an HTTP process of several that gives no sign of life is replaced."""
    pg_bin: Path | None = None
    secret_key: SecretStr | None = None
    user_key: SecretStr | None = None
    """Of the person who decides: see service.operator.people."""
    body_limit: int | None = Field(None, ge=1024)
    """Bytes of a request body, where that is less than the longest that is documented at its route."""
    head_limit: int = Field(32_768, ge=4096, le=1_048_576)
    head_lines: int = Field(100, ge=20, le=10_000)
    head_seconds: float = Field(10.0, gt=0, le=3600)
    body_seconds: float = Field(30.0, gt=0, le=3600)
    body_rate: int = Field(1_000, ge=0)
    idle_seconds: float = Field(5.0, gt=0, le=3600)
    unread_seconds: float = Field(30.0, gt=0, le=3600)
    connections: int = Field(0, ge=0)
    unproved_limit: int = Field(67_108_864, ge=1_048_576)
    large_waiting: int = Field(16, ge=1)
    refusal_rate: int = Field(100, ge=0)
    stop_seconds: float = Field(20.0, ge=1, le=3600)
    log_rate: int = Field(200, ge=1)
    lanes: Literal["one", "account"] = "one"
    partitions: int = Field(0, ge=0, le=1024)
    database_seconds: float = Field(5.0, ge=1, le=3600)
    """How long one request waits for the database."""
    database_connections: int = Field(10, ge=4, le=1000)
    """Per server process, for everything but the ten that serve callers."""
    allow_unsafe_database: bool = False
    rate_limit: int = Field(0, ge=0)
    """Calls of one credential in a minute and HTTP process; 0 is no limit."""
    token_rate_limit: int = Field(0, ge=0)
    """The same for calls that open a session."""
    sandbox_delay_ms: int = Field(2000, ge=0)
    log: Literal["text", "json", "quiet"] = "text"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then variables; no file of the folder that somebody happens to stand in."""
        return init_settings, _Variables(settings_cls)

    @field_validator("data", "pg_bin", mode="before")
    @classmethod
    def _is_a_folder(cls, path: str | Path | None) -> Path | None:
        return None if path is None else whole_folder(path)

    @field_validator("host")
    @classmethod
    def _is_no_part_of_a_url(cls, host: str) -> str:
        """An IPv6 address as it stands in URLs is that address."""
        return host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host

    @field_validator("secret_key")
    @classmethod
    def _is_32_bytes(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        try:
            decoded = bytes.fromhex(key.get_secret_value())
        except ValueError:
            decoded = b""
        if len(decoded) != 32:
            raise ValueError("must be 64 hexadecimal digits (32 bytes), e.g. from: openssl rand -hex 32")
        return key


class _Variables(EnvSettingsSource):
    """The environment, where a variable that holds nothing is one that is not set. White space around a value does not
    belong to it: it comes from files with line ends of another system. Raises SettingsError where a choice between two
    databases would be a guess."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self.env_vars = {
            name: stripped for name, text in self.env_vars.items() if text is not None and (stripped := text.strip())
        }
        if len({self.env_vars[name.lower()] for name in URL_VARIABLES if name.lower() in self.env_vars}) > 1:
            raise SettingsError(f"{' and '.join(URL_VARIABLES)} name two databases: leave one of them out")


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


def without_database_url(environment: Mapping[str, str]) -> dict[str, str]:
    """The same without the variables that name a database. Letters are compared as they are where those are read."""
    return {name: text for name, text in environment.items() if name.upper() not in URL_VARIABLES}


def unknown_variables(names: Iterable[str]) -> dict[str, str | None]:
    """Those that look like settings and are none, each with the setting that it may have been meant for."""
    known = [field.upper() for field in Settings.model_fields]
    ours = {name: name.upper().removeprefix(PREFIX) for name in sorted(names) if name.upper().startswith(PREFIX)}
    near = {name: difflib.get_close_matches(word, known, 1) for name, word in ours.items() if word not in known}
    return {name: PREFIX + found[0] if found else None for name, found in near.items()}
