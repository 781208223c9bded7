"""Seals: keyed digests by which it is seen that what was recorded is still what was recorded.

One key, made once for an installation and never changed, of which only this process's memory and a sealed row know. So
whoever can write to the database, and does not have the key, cannot change an instruction or a fact and its seal with
it. Forms are numbered and readable for ever: a later form gets another number, and this one stays.

The trap: a row without a seal may be from before there was a key, or have lost it. `since_ms` tells the two apart.
"""

from __future__ import annotations

import hmac
from enum import Enum, auto
from hashlib import sha256
from struct import Struct
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.facts import Fact
from outlay.core.ids import created_ms
from outlay.kit.secret import MASK

KEY_BYTES: Final = 32
SEAL_BYTES: Final = 16
_BLOCK: Final = 64
_PADS: Final = (0x36, 0x5C)
_FACT_FORM: Final = b"outlay fact 1\0"
_FACT_HEAD: Final = Struct(">16sqiqi")
_SINCE: Final = Struct(">q")
_encode = msgspec.json.Encoder(order="sorted").encode


class SealKey:
    """`since_ms`: from this time on, the installation's, nothing was recorded without a seal."""

    __slots__ = ("_inner", "_key", "_outer", "since_ms")

    def __init__(self, key: bytes, since_ms: int = 0) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of seals has {KEY_BYTES} bytes")
        self._key = key
        self._inner, self._outer = (sha256(bytes(byte ^ pad for byte in key.ljust(_BLOCK, b"\0"))) for pad in _PADS)
        self.since_ms = since_ms

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256; from the two hashes that have taken in the key, which is four times as fast as `hmac.digest`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def packed(self) -> bytes:
        """To be kept, sealed by the vault."""
        return self._key + _SINCE.pack(self.since_ms)

    def __repr__(self) -> str:
        return MASK


def unpacked(kept: bytes) -> SealKey:
    """Raises ValueError."""
    if len(kept) != KEY_BYTES + _SINCE.size:
        raise ValueError("this is no key of seals")
    (since_ms,) = _SINCE.unpack(kept[KEY_BYTES:])
    return SealKey(kept[:KEY_BYTES], since_ms)


class Seal(Enum):
    """What looking at a seal gave."""

    WHOLE = auto()
    OLDER = auto()
    """There is none, and there was no key yet."""
    MISSING = auto()
    """There is none, and there should be."""
    BROKEN = auto()


def seal_of(key: SealKey, account_id: UUID, payout_id: int, fact: Fact) -> bytes:
    """Everything of the fact, each part of a known length or after its length; the particulars as JSON with sorted
    names."""
    kind = fact.kind.encode()
    head = _FACT_HEAD.pack(account_id.bytes, payout_id, fact.number, fact.at_ms, len(kind))
    return key.mac(b"".join((_FACT_FORM, head, kind, _encode(fact.data))))[:SEAL_BYTES]


def look_at_fact(key: SealKey, account_id: UUID, payout_id: int, fact: Fact, seal: bytes | None) -> Seal:
    if seal is None:
        # Its own time is a column like others: no fact is older than its payout, whose id tells when it was made.
        return Seal.OLDER if max(fact.at_ms, created_ms(payout_id)) < key.since_ms else Seal.MISSING
    is_whole = hmac.compare_digest(seal, seal_of(key, account_id, payout_id, fact))
    return Seal.WHOLE if is_whole else Seal.BROKEN
