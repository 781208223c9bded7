"""What the codes that PostgreSQL gives its errors say about the database: whether it is in a state in which it cannot
serve, or whether the statement was wrong, which is a fault of ours.

The trap: a code that is not here is told as a fault of ours, with a traceback for each. A code that is here although we
caused it would hide that fault. Codes are by Appendix A of PostgreSQL's manual, "PostgreSQL Error Codes".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Why(Enum):
    """Why the database did not do what it was asked."""

    AWAY = auto()
    """It serves nobody just now: it cannot be reached, or is in a state in which it cannot."""
    SLOW = auto()
    """It took too long over this; others may be served."""
    HELD = auto()
    """Somebody else holds what this needs, and did not let go of it in time; nothing of it remains."""
    DAMAGED = auto()
    """It cannot read what this needs; others may be served."""
    CONFLICT = auto()
    """It broke this off in favour of others; nothing of it remains, and at once it may be done."""


STATES: Final[Mapping[str, tuple[Why, str]]] = {
    "08": (Why.AWAY, "the connection to it is lost"),
    "0A": (Why.AWAY, "it is not as Outlay expects: a standby, or its tables were changed while Outlay ran"),
    "25006": (Why.AWAY, "it takes no changes: it is read-only, or a standby"),
    "25P03": (Why.SLOW, "it ended a transaction that stood still"),
    "25P04": (Why.SLOW, "it ended a transaction that took too long"),
    "26": (Why.AWAY, "a statement that was prepared is gone: a pooler stands before it, or it was restarted"),
    "28": (Why.AWAY, "it does not let Outlay in"),
    "3D": (Why.AWAY, "there is no such database"),
    "3F": (Why.AWAY, "its schema is not as Outlay expects"),
    "40": (Why.CONFLICT, "it broke this off in favour of others"),
    "40003": (Why.AWAY, "it cannot say whether it has done this"),
    "42501": (Why.AWAY, "Outlay has not the rights that it needs"),
    "42703": (Why.AWAY, "its schema is not as Outlay expects"),
    "42P01": (Why.AWAY, "its schema is not as Outlay expects"),
    "53": (Why.AWAY, "it has run out of space, memory or connections"),
    "55P03": (Why.HELD, "somebody else holds what this needs"),
    "57": (Why.AWAY, "it is shutting down, starting, or somebody ended the connection"),
    "57014": (Why.SLOW, "it took too long over this, or somebody cancelled it"),
    "58": (Why.AWAY, "its machine fails it: a file cannot be read or written"),
    "F0": (Why.AWAY, "its configuration is wrong"),
    "XX": (Why.DAMAGED, "it is damaged"),
}
"""By code, or by class (the first two characters) for all codes of it that have no row of their own."""


def state_of(code: str | None) -> tuple[Why, str] | None:
    """Why, and what that means in words for operators; None where the statement was wrong."""
    if code is None:
        return None
    return STATES.get(code) or STATES.get(code[:2])
