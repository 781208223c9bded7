"""Which tables are not kept by account."""

from __future__ import annotations

BY_REFERENCE = {"rail_references"}
"""Led by the hash of a reference, for what arrives without any account."""

NOT_BY_ACCOUNT = {
    "installation",
    "installation_keys",
    "epochs",
    "nodes",
    "rails",
    "rail_refusals",
    "sandbox_clock",
    "users",
    "alembic_version",
} | BY_REFERENCE
