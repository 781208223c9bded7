"""Settings, read once, from the environment (`OUTLAY_…`, and `DATABASE_URL`) and from command line flags.

Every field is documented in docs/settings.md; a test fails for one that is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field a setting; the environment variable is its name in capitals after `OUTLAY_`."""

    model_config = SettingsConfigDict(env_prefix="OUTLAY_", extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        None, validation_alias=AliasChoices("database_url", "DATABASE_URL", "OUTLAY_DATABASE_URL")
    )
    data: Path = Path("outlay-data")
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    pg_bin: Path | None = None
    secret_key: SecretStr | None = None
    body_limit: int = Field(1_048_576, ge=1024)
    """Bytes of a request body, on routes that do not need more for what is documented there."""
    lanes: Literal["one", "account"] = "one"
    partitions: int = Field(0, ge=0, le=1024)
    database_connections: int = Field(10, ge=4, le=1000)
    """Per server process, for everything but the nine that serve callers."""
    allow_unsafe_database: bool = False
    rate_limit: int = Field(0, ge=0)
    """Calls of one credential in a minute and HTTP process; 0 is no limit."""
    token_rate_limit: int = Field(0, ge=0)
    """The same for calls that open a session."""
    sandbox_delay_ms: int = Field(2000, ge=0)
    log: Literal["text", "json", "quiet"] = "text"

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
