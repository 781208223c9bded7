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
    hang_seconds: float = Field(10.0, ge=2, le=3600)
    """After which an HTTP process of several that gives no sign of life is replaced."""
    pg_bin: Path | None = None
    secret_key: SecretStr | None = None
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
