"""UQPAY's proofs: the signature of webhooks, and the bearer token that stands for a client id and an API key.

Requests and responses of this API carry no signature (docs); the token is opaque to clients, so its form is our own
(decision). It holds its own claims under a MAC keyed by the client's API key: no table of tokens is needed, and a new
key makes the old tokens worthless. Headers, look-ups and answers belong to the halves of this dialect.

The traps: a webhook is signed over the raw bytes and the timestamp *as received* — never over a body that was parsed
and printed again, nor over a number that was read and written; and base64 has several spellings for the same bytes,
of which only one is accepted.
"""

from __future__ import annotations

import base64
import hmac
from enum import Enum
from typing import Final

# -- webhooks -----------------------------------------------------------------------------------------------------

TOLERANCE_MS: Final = 300_000
"""Both ways (vendor code)."""

_FIRST_MILLISECONDS: Final = 10**12
_LONGEST_TIMESTAMP: Final = 15


def sign_webhook(secret: str, raw_body: bytes, timestamp: str) -> str:
    """128 lower-case hex characters: HMAC-SHA512 over the body followed by the header's text (vendor code; the
    documents forget the timestamp)."""
    if not secret:
        raise ValueError("a webhook cannot be signed with an empty secret")
    return hmac.digest(_utf8(secret), raw_body + _utf8(timestamp), "sha512").hex()


def verify_webhook(
    secret: str, raw_body: bytes, timestamp: str, signature: str, now_ms: int, *, tolerance_ms: int = TOLERANCE_MS
) -> bool:
    """Whether the webhook is genuine and fresh. Without a secret nothing is genuine (decision)."""
    sent_ms = timestamp_ms(timestamp)
    if not secret or sent_ms is None or abs(now_ms - sent_ms) > tolerance_ms:
        return False
    # Upper-case hex is good too (decision). Bytes: compare_digest raises on text outside ASCII, and only the lower()
    # of bytes leaves such text alone.
    expected = sign_webhook(secret, raw_body, timestamp).encode("ascii")
    return hmac.compare_digest(expected, _utf8(signature).lower())


def timestamp_ms(text: str) -> int | None:
    """The header as milliseconds: 10 digits are seconds (docs), 13 are milliseconds (vendor code). None where it is
    neither."""
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_TIMESTAMP:
        return None
    number = int(text)
    return number if number >= _FIRST_MILLISECONDS else number * 1000


# -- bearer tokens ------------------------------------------------------------------------------------------------

PREFIX: Final = "uqtok_"
"""As in the documented example (docs)."""

_VERSION: Final = b"\x01"
_EXPIRY_BYTES: Final = 8
_ENTROPY_BYTES: Final = 16
_MAC_BYTES: Final = 32
_HEAD_BYTES: Final = len(_VERSION) + _EXPIRY_BYTES + _ENTROPY_BYTES
_LONGEST_CLIENT_ID: Final = 128
_LONGEST_TOKEN: Final = 300
_KEY_ENTROPY_BYTES: Final = 32


class TokenState(Enum):
    """What a token is worth. A token whose MAC does not fit is forged, whatever time it claims."""

    VALID = "valid"
    EXPIRED = "expired"
    FORGED = "forged"


def new_token(client_id: str, api_key: str, expires_at: int, entropy: bytes) -> str:
    """A token good until the Unix second `expires_at`. `entropy` (16 bytes) keeps two tokens of one second apart."""
    claimed = client_id.encode("utf-8")
    if not 1 <= len(claimed) <= _LONGEST_CLIENT_ID or not api_key or len(entropy) != _ENTROPY_BYTES:
        raise ValueError("a token needs a client id, an API key and 16 bytes of entropy")
    claims = _VERSION + expires_at.to_bytes(_EXPIRY_BYTES, "big") + entropy + claimed
    return PREFIX + _unpadded(claims + _mac(api_key, claims))


def token_client_id(token: str) -> str | None:
    """Who the token says it is: a claim, not yet proved. None where it is no token of ours."""
    parts = _open(token)
    if parts is None:
        return None
    try:
        return parts[0][_HEAD_BYTES:].decode("utf-8")
    except UnicodeDecodeError:
        return None


def check_token(token: str, api_key: str, now_s: int) -> TokenState:
    """The proof, with the API key of the client that the token names."""
    parts = _open(token)
    if parts is None or not api_key or not hmac.compare_digest(parts[1], _mac(api_key, parts[0])):
        return TokenState.FORGED
    expires_at = int.from_bytes(parts[0][len(_VERSION) :][:_EXPIRY_BYTES], "big")
    return TokenState.VALID if now_s < expires_at else TokenState.EXPIRED


def _open(token: str) -> tuple[bytes, bytes] | None:
    """The claims and their MAC. None where the form is wrong, or where the same bytes have another spelling."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST_TOKEN:
        return None
    written = token[len(PREFIX) :]
    try:
        raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except ValueError:
        return None
    if _unpadded(raw) != written or len(raw) <= _HEAD_BYTES + _MAC_BYTES or not raw.startswith(_VERSION):
        return None
    return raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]


def _mac(api_key: str, claims: bytes) -> bytes:
    # The prefix is under the MAC too: the same key can never prove anything but a token.
    return hmac.digest(_utf8(api_key), PREFIX.encode("ascii") + claims, "sha256")


# -- new secrets --------------------------------------------------------------------------------------------------


def new_api_key(entropy: bytes) -> str:
    """An API key made of 32 random bytes; the form is our own (decision)."""
    return "uqkey_" + _secret_text(entropy)


def new_webhook_secret(entropy: bytes) -> str:
    """A secret for signing webhooks, made of 32 random bytes; the form is our own (decision)."""
    return "whsec_" + _secret_text(entropy)


def _secret_text(entropy: bytes) -> str:
    if len(entropy) < _KEY_ENTROPY_BYTES:
        raise ValueError("a secret needs at least 32 bytes of entropy")
    return _unpadded(entropy)


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
