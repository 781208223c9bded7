"""UQPAY's proofs: the signature of webhooks, and the token that stands for a client id and an API key.

Requests and responses of this API carry no signature (docs). The token is a JWT, because two of the official clients
read it (vendor code). Its claims stand under a MAC keyed by the client's API key: no table of tokens is needed, and a
new key makes the old tokens worthless. Headers and look-ups are `callers`' business.

The traps: a webhook is signed over the raw bytes and the timestamp *as received* — never over a body that was parsed
and printed again, nor over a number that was read and written; a JWT's header names an algorithm, and whoever believes
it believes anybody; and base64 has several spellings for the same bytes, of which only one is accepted.
"""

from __future__ import annotations

import base64
import hmac
from enum import Enum
from functools import lru_cache
from typing import Final

import msgspec

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


# -- tokens -------------------------------------------------------------------------------------------------------

HEADER: Final = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode("ascii").rstrip("=")
"""Compared byte for byte: a token never chooses how it is checked (decision)."""

ISSUER: Final = "outlay"
_ENTROPY_BYTES: Final = 16
_LONGEST_CLIENT_ID: Final = 128
_LONGEST_TOKEN: Final = 1024
_KEY_ENTROPY_BYTES: Final = 32
_TOKENS_IN_MEMORY: Final = 1024
"""Clients send one for half an hour. Only what a token says is remembered, never whether it is true."""


class TokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. The first six are what the official Python client reads, each of them a text (vendor code);
    `exp` and `iat` are Unix seconds; `jti` keeps two tokens of one second apart."""

    entity_id: str
    short_entity_id: str
    parent_entity_id: str
    client_id: str
    api_version: str
    bus_type: str
    exp: int
    iat: int
    iss: str = ISSUER
    jti: str = ""


class Token(msgspec.Struct, frozen=True):
    """A token that was read and not yet proved: what it claims that decides anything, and its proof over `signed`."""

    client_id: str
    expires_at: int
    signed: bytes
    signature: bytes


class TokenState(Enum):
    """What a token is worth. A token whose MAC does not fit is forged, whatever time it claims."""

    VALID = "valid"
    EXPIRED = "expired"
    FORGED = "forged"


class _Deciding(msgspec.Struct):
    client_id: str
    exp: int


_read_claims: Final = msgspec.json.Decoder(_Deciding).decode


def new_token(claims: TokenClaims, api_key: str, entropy: bytes) -> str:
    """A JWT under this key. `entropy` (16 bytes) becomes `jti`."""
    if not 1 <= len(claims.client_id) <= _LONGEST_CLIENT_ID or not api_key or len(entropy) != _ENTROPY_BYTES:
        raise ValueError("a token needs a client id, an API key and 16 bytes of entropy")
    named = msgspec.structs.replace(claims, jti=_unpadded(entropy))
    signed = f"{HEADER}.{_unpadded(msgspec.json.encode(named))}"
    return f"{signed}.{_unpadded(_mac(api_key, signed.encode('ascii')))}"


@lru_cache(maxsize=_TOKENS_IN_MEMORY)
def read_token(text: str) -> Token | None:
    """What the token claims, which is not proved. None where it has not the form of ours."""
    parts = text.split(".", 3)
    if len(parts) != 3 or len(text) > _LONGEST_TOKEN or parts[0] != HEADER or not text.isascii():
        return None
    claims = parts[1]
    try:
        said = _read_claims(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return None
    signed = text[: -len(parts[2]) - 1]
    return Token(said.client_id, said.exp, signed.encode("ascii"), parts[2].encode("ascii"))


def check_token(token: Token, api_key: str, now_s: int) -> TokenState:
    """The proof, with the API key of the client that the token names."""
    # The texts are compared, not the bytes that they stand for: of these one has several spellings in base64.
    if not api_key or not hmac.compare_digest(token.signature, _unpadded(_mac(api_key, token.signed)).encode("ascii")):
        return TokenState.FORGED
    return TokenState.VALID if now_s < token.expires_at else TokenState.EXPIRED


def _mac(api_key: str, signed: bytes) -> bytes:
    return hmac.digest(_utf8(api_key), signed, "sha256")


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
