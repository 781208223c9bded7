"""Encryption at rest for stored secrets: AES-256-GCM, bound to the row it belongs to.

A sealed text is `version byte + nonce + ciphertext`. The key, the nonce and the row's name come in as values: where
they come from is settings' and the caller's business.

The trap: a sealed text that is copied to another row must not open there, so the row's name is authenticated too.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"


class CannotOpen(ValueError):
    """Not sealed with this key, or not for this row, or changed since."""


def seal(key: bytes, nonce: bytes, plain: bytes, row: str) -> bytes:
    """`nonce`: 12 fresh random bytes."""
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, row.encode())


def unseal(key: bytes, sealed: bytes, row: str) -> bytes:
    """Raises CannotOpen."""
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != _VERSION:
        raise CannotOpen("the stored secret has an unknown form")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, row.encode())
    except (InvalidTag, ValueError):
        raise CannotOpen("the stored secret does not open with this key, in this row") from None
