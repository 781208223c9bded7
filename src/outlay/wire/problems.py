"""How "no" travels: what the gateway itself found wrong (Trouble), and the answer a dialect gives for it (Fault)."""

from __future__ import annotations

from enum import Enum, auto

import msgspec


class Trouble(Enum):
    """What can go wrong around a request, before or after a dialect reads it. Each dialect words all of them."""

    NO_SUCH_PATH = auto()
    WRONG_METHOD = auto()
    BODY_TOO_LARGE = auto()
    BODY_ENCODED = auto()
    """The body is compressed; none of the APIs says that it may be."""
    NONCE_REPEATED = auto()
    TOO_MANY_REQUESTS = auto()
    """The credential has used up its rate, or too many requests wait: nothing was done. The answer gets a `Retry-After`
    header."""
    UNAVAILABLE = auto()
    """The database cannot be reached, or the server stops before the request is done: nothing is known about the
    outcome, the caller should ask again."""
    INTERNAL = auto()
    """A fault of ours: the outcome is unknown to the caller."""


class Fault(msgspec.Struct, frozen=True):
    """A "no" in a dialect's own terms. `code` and `message` go to the caller and into the log, so they never carry
    what the caller sent, only names of fields and what is allowed. `kind` is for dialects with more than one error
    form."""

    status: int
    code: int | str
    message: str
    kind: str = ""
