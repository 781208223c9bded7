"""What a worker has to do with a payout next: over which rail, of which kind, and when; by the payout alone."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import msgspec

from outlay.core.attempt import RailTerms
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.schedule import ask_at_ms, inquire_at_ms, is_parked, parked_at_ms


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


class Due(msgspec.Struct, frozen=True):
    """A time at which a worker should look at something. `noted_ms`: the present from which it was counted, None where
    it was not counted but given, as a date. What was noted in the future shows a clock that was wrong."""

    at_ms: int
    noted_ms: int | None


class Backlog(msgspec.Struct, frozen=True):
    """How much of one kind of work there is over one rail. `due`: that nobody has taken; `in_hand`: that somebody has.
    `oldest_ms`: since when the first of what is due is. Both names are empty of what older code has noted."""

    rail: str
    kind: str
    waiting: int
    due: int
    in_hand: int
    oldest_ms: int | None


def due(payout: Payout, now_ms: int, real_ms: int | None = None, rail: RailTerms | None = None) -> Due | None:
    """None where there is nothing left to do. `now_ms`: the installation's time, which due times are in; `real_ms`: the
    real one, the same where it is left out. `rail`: the terms of a rail that are at hand; those of another one than the
    payout will be asked about at count for nothing."""
    real_ms = now_ms if real_ms is None else real_ms
    inquiry = payout.pending.inquiry
    if inquiry is not None and payout.completed_ms is None and payout.open_attempt is None:
        return Due(now_ms + inquire_at_ms(payout, inquiry, real_ms, rail) - real_ms, now_ms)
    match payout.state:
        case State.IN_REVIEW:
            return _in_review(payout, now_ms, real_ms)
        case State.RESERVED:
            later_ms = parked_at_ms(payout, real_ms) - real_ms if is_parked(payout, None) else 0
            return Due(now_ms + later_ms, now_ms)
        case State.PROCESSING:
            return Due(_next_ms(payout, now_ms, real_ms, rail), now_ms)
        case State.PAID | State.FAILED:
            # Paid by an attempt that was thought dead: of the one beside it we still want to know.
            is_live = payout.live_attempt is not None
            return Due(_next_ms(payout, now_ms, real_ms, rail), now_ms) if is_live else None
        case State.CANCELLED | State.EXPIRED:
            return None
        case _:
            assert_never(payout.state)


def _in_review(payout: Payout, now_ms: int, real_ms: int) -> Due | None:
    """When it expires. One that was parked because its rail could not be asked is looked at once a day besides."""
    if is_parked(payout, None):
        daily = Due(now_ms + parked_at_ms(payout, real_ms) - real_ms, now_ms)
        if payout.expires_ms is None or not now_ms < payout.expires_ms < daily.at_ms:
            return daily
    return Due(payout.expires_ms, None) if payout.expires_ms is not None else None


def _next_ms(payout: Payout, now_ms: int, real_ms: int, rail: RailTerms | None) -> int:
    attempt = payout.open_attempt
    if attempt is None:
        goes_on = payout.is_between_rails and not is_parked(payout, None)
        return now_ms if goes_on else now_ms + parked_at_ms(payout, real_ms) - real_ms
    if not attempt.is_live and not is_parked(payout, attempt):
        return now_ms  # to be parked
    is_left = is_parked(payout, attempt)
    at_ms = parked_at_ms(payout, real_ms) if is_left else ask_at_ms(payout, attempt, real_ms, rail)
    return now_ms + at_ms - real_ms
