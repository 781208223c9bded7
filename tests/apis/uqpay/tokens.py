"""Tokens of UQPAY as tests need them: of any client, under any key, with any end."""

from __future__ import annotations

import os

from outlay.dialects.uqpay.signing import TokenClaims, new_token


def token_of(client_id: str, api_key: str, expires_at: int, entropy: bytes | None = None) -> str:
    """Whose account it names decides nothing."""
    claims = TokenClaims(
        entity_id="7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33",
        short_entity_id="A7B0D1E4452C8",
        parent_entity_id="0",
        client_id=client_id,
        api_version="V1.6.0",
        bus_type="ACQUIRING",
        exp=expires_at,
        iat=expires_at - 1800,
    )
    return new_token(claims, api_key, os.urandom(16) if entropy is None else entropy)
