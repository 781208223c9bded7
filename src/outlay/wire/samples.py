"""Ready-made calls of one API, signed as its client would sign them: for the demonstration, the benchmark, and a
merchant who wants to see a request that works.

Pure, like the rest of a dialect. This is not the client half (that one learns outcomes); it only shows the way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from outlay.wire.message import Request


class SampleOrder(msgspec.Struct, frozen=True):
    """`amount`: a decimal text in major units. `reference`: 1 to 32 letters, digits and hyphens."""

    reference: str
    currency: str
    amount: str


class SampleMoment(msgspec.Struct, frozen=True):
    """The time and the chance of one call; `entropy` holds 16 fresh random bytes."""

    now_ms: int
    entropy: bytes


class Session(msgspec.Struct, frozen=True):
    """What a client has in hand: `shown` is what `credential create` printed, `opened` the body of the answer to the
    opening call (empty where the API has none)."""

    shown: Mapping[str, str]
    opened: bytes = b""


class Samples(Protocol):
    @property
    def country(self) -> str:
        """The country of an account that the samples suit."""

    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> str:
        """The amount that the API's own document shows."""

    @property
    def live_headers(self) -> Mapping[str, str]:
        """Headers that are not signed and must be fresh, with the shell text that makes them so in a pasted call."""

    def opening(self, shown: Mapping[str, str]) -> Request | None:
        """The call whose answer the others need (a token), None where there is none."""

    def create(self, session: Session, order: SampleOrder, moment: SampleMoment) -> Request:
        """Order a payout."""

    def query(self, session: Session, order: SampleOrder, created: bytes, moment: SampleMoment) -> Request:
        """Ask about it; `created` is the body of the answer to `create`."""
