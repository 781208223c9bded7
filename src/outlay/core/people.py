"""People who are known here: by name and role, and by a key that only they have.

A person is one whatever the spelling of their name (`normal_forms.name_form`), for good: what is on record under a name
was said by one person, so a name is never given to another one, also not after its person was disabled.

The trap: whoever has not shown the key learns nothing. An unknown name and a wrong key are one answer, and that a
person is disabled, or may only look, is told to nobody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.refusal import Objection
from outlay.kit.secret import Secret

KEY_BYTES: Final = 32


class Role(StrEnum):
    APPROVER = "approver"
    """May decide about money."""
    VIEWER = "viewer"
    """Is known, and decides nothing."""


class Person(msgspec.Struct, frozen=True):
    """Somebody who has proved who they are and may decide. `name` is as it was written when they were added: so it goes
    on record, however it was typed."""

    name: str
    role: Role


class KnownPerson(msgspec.Struct, frozen=True):
    """What is kept of a person. `key_ms`: when their present key was made."""

    name: str
    role: Role
    key_digest: bytes
    added_ms: int
    key_ms: int
    disabled_ms: int | None = None


class Keyed(msgspec.Struct, frozen=True):
    """A person, and the key that must be shown now: it cannot be read again."""

    name: str
    role: Role
    key: Secret


def key_from(random_bytes: bytes) -> Secret:
    """A key of 32 random bytes, as it is printed and typed."""
    return Secret(base64.urlsafe_b64encode(random_bytes).rstrip(b"=").decode("ascii"))


def key_digest(key: Secret) -> bytes:
    """What is kept of a key. A slow hash, or a salt, is for passwords that can be guessed: nobody tries out 2^256 keys,
    and no two are alike."""
    return hashlib.sha256(key.reveal().encode("utf-8", "surrogatepass")).digest()


def proved(known: KnownPerson | None, key: Secret | None) -> Person | Objection:
    """Whether whoever has `key` is this person, and may decide about money."""
    is_right = key is not None and known is not None and hmac.compare_digest(key_digest(key), known.key_digest)
    if known is None or not is_right:
        return Objection.PERSON_UNKNOWN
    if known.disabled_ms is not None:
        return Objection.PERSON_DISABLED
    if known.role is not Role.APPROVER:
        return Objection.NOT_ALLOWED
    return Person(known.name, known.role)
