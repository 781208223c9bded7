"""The pure steps between a known credential and a use case: the proof, and what is asked.

They take as long as the body is long, and whoever sent it may be a stranger until they end. So those of a small body
run where the request is served, and those of a large one in another process (`apart`), by this same function.

The trap: bytes alone do not tell what a body costs. Many small values cost ten times what one long text does.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.wire.dialect import AnyRoute, Asked, Call, Credential, Now
from outlay.wire.problems import Fault

LARGE_BYTES: Final = 16 * 1024
"""What takes up to 2 ms here, and room for sixty payouts; an ordinary order has 1,000 bytes."""
LARGE_COMMAS: Final = 1_000
"""The same for a body of nothing but small values: it takes 1 ms from a thousand on."""


class Proved(msgspec.Struct, frozen=True):
    """What a good proof leaves: of what was verified all but what was said, which has been read."""

    asked: Asked[Any, Any] | Fault
    nonce: str | None = None
    nonce_until_ms: int = 0
    on_behalf_of: UUID | str | None = None


def is_large(body: bytes) -> bool:
    """Whether the steps take so long that nobody else should wait for them."""
    return len(body) > LARGE_BYTES or body.count(b",") > LARGE_COMMAS


def prove(route: AnyRoute, call: Call[Any], credential: Credential[Any], now: Now) -> Proved | Fault:
    """A Fault is a proof that failed; what is wrong with the fields stands in `asked`."""
    verified = route.proof.verify(call, credential, now.real_ms)
    if isinstance(verified, Fault):
        return verified
    asked = route.read(verified.said, credential, now)
    return Proved(asked, verified.nonce, verified.nonce_until_ms, verified.on_behalf_of)
