"""What every signed request must still be true about at the moment it is served: checked in the very statement that
serves it, so that a revoked key never gets an answer and a repeated nonce never gets a second one.

The trap: two requests with one nonce can arrive in one batch. The insert tells only that the nonce is new to the
table, so the first of the batch owns it and the others are replays.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec


class Guard(msgspec.Struct, frozen=True):
    """The credential that was verified, as its owner's key, and the nonce it spends (None: this API has none)."""

    account_id: UUID
    key_id: str
    version: int
    nonce: str | None = None
    nonce_until_ms: int = 0


class CredentialChanged(Exception):
    """The credential was revoked or rotated since it was loaded: load it again and verify again."""


class NonceRepeated(Exception):
    """This nonce was used before with this credential."""


class NonceBook:
    """Says for each guard of one batch whether its nonce is spent here for the first time."""

    def __init__(self, fresh: Iterable[tuple[UUID, str, str]]) -> None:
        self._fresh = set(fresh)

    def spend(self, guard: Guard) -> bool:
        if guard.nonce is None:
            return True
        key = (guard.account_id, guard.key_id, guard.nonce)
        if key in self._fresh:
            self._fresh.remove(key)
            return True
        return False


def check(guard: Guard, current_version: int | None, nonces: NonceBook) -> Exception | None:
    """Why the guarded request must not be served, or None. A credential that has changed spends no nonce: the same
    request is verified once more with what is stored now."""
    if current_version != guard.version:
        return CredentialChanged()
    if not nonces.spend(guard):
        return NonceRepeated()
    return None
