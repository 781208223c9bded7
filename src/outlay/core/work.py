"""What a worker has to do with a payout next, as far as it needs a place for it: over which rail, and of which kind."""

from __future__ import annotations

from enum import StrEnum

from outlay.core.payout import Payout, State


class Work(StrEnum):
    SEND = "send"
    """To hand it over, for the first time or over the next rail."""
    ASK = "ask"
    """To ask the rail what became of it."""
    LOOK = "look"
    """No call at all: it waits for people, and may expire."""


def work_on(payout: Payout) -> tuple[str, Work]:
    """The rail and the kind. One that could only be told when it is looked at again (a send that expires) is of the
    kind that it would be of else."""
    attempt = payout.open_attempt
    if attempt is not None:
        return attempt.rail, Work.ASK
    if payout.pending.inquiry is not None:
        return payout.rail, Work.ASK
    return payout.rail, Work.LOOK if payout.state is State.IN_REVIEW else Work.SEND
