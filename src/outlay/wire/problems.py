"""How "no" travels: what the gateway itself found wrong (Trouble), and the answer a dialect gives for it (Fault)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

import msgspec

from outlay.core.refusal import Family, Refusal


class Trouble(Enum):
    """What can go wrong around a request, before or after a dialect reads it. Each dialect words all of them."""

    NO_SUCH_PATH = auto()
    """The API has no such path, or Outlay does not serve it."""
    WRONG_METHOD = auto()
    """The path takes another method."""
    BODY_TOO_LARGE = auto()
    """The body is larger than the longest that is documented at its path, however its characters are spelt, or than
    `OUTLAY_BODY_LIMIT` where that is less."""
    BODY_ENCODED = auto()
    """The body is compressed (`Content-Encoding`), which no API here documents."""
    NONCE_REPEATED = auto()
    """The nonce was used before, of an API that has one."""
    TOO_MANY_REQUESTS = auto()
    """The credential has used up its calls of this minute, or too many requests wait: nothing was done. A
    `Retry-After` header says when to come back."""
    NOT_CARRIED_OUT = auto()
    """The database cannot serve just now, or the request's time was over before its COMMIT was sent: nothing was done,
    and nothing will be. The caller may send it again."""
    UNAVAILABLE = auto()
    """The database went away, or the server stops, before the request was done: it may have been carried out, or still
    be. The caller should ask before they send it again."""
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


def words_of(families: Mapping[Family, Fault], own: Mapping[Refusal, Fault]) -> dict[Refusal, Fault]:
    """The answer for each refusal: what the dialect has for it alone, else for its family, of which it must have all.
    Raises KeyError."""
    return {refusal: own.get(refusal, families[refusal.family]) for refusal in Refusal}


def found_wrong(fault: Fault | None) -> Fault:
    """What was found wrong with the fields of an ask that came empty and was told "unclaimed"."""
    if fault is None:
        raise AssertionError("an ask without a fault is not empty")
    return fault
