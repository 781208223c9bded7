"""When a worker should look at a payout next, derived from the payout alone."""

from __future__ import annotations

from typing import Final, assert_never

from outlay.core.payout import AttemptState, Payout, State

SUBMIT_PATIENCE_MS: Final = 30_000
"""How long a begun attempt may stay without an answer before we ask the rail about it."""
ASK_AGAIN_MS: Final = 60_000
"""How often we ask about an attempt that the rail has accepted, should its message be lost."""
DOUBT_MS: Final = 5_000
"""How soon we ask about an attempt whose outcome is unknown."""


def due_ms(payout: Payout, now_ms: int) -> int | None:
    """Unix milliseconds; None where there is nothing left to do."""
    match payout.state:
        case State.IN_REVIEW:
            return payout.expires_ms
        case State.RESERVED:
            return now_ms
        case State.PROCESSING:
            return now_ms + _patience_ms(payout)
        case State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return None
        case _:
            assert_never(payout.state)


def _patience_ms(payout: Payout) -> int:
    if payout.attempt is None or payout.attempt.state is AttemptState.BEGUN:
        return SUBMIT_PATIENCE_MS
    return DOUBT_MS if payout.attempt.state is AttemptState.UNKNOWN else ASK_AGAIN_MS
