"""When a worker should look at a payout next, derived from the payout alone, and from when that is counted."""

from __future__ import annotations

from typing import Final, assert_never

from outlay.core.payout import AttemptState, Payout, State
from outlay.store.desk import Due

SUBMIT_PATIENCE_MS: Final = 30_000
"""How long a begun attempt may stay without an answer before we ask the rail about it."""
ASK_AGAIN_MS: Final = 60_000
"""How often we ask about an attempt that the rail has accepted, should its message be lost."""
DOUBT_MS: Final = 5_000
"""How soon we ask about an attempt whose outcome is unknown."""


def due(payout: Payout, now_ms: int) -> Due | None:
    """None where there is nothing left to do."""
    match payout.state:
        case State.IN_REVIEW:
            return Due(payout.expires_ms, None) if payout.expires_ms is not None else None
        case State.RESERVED:
            return Due(now_ms, now_ms)
        case State.PROCESSING:
            return Due(now_ms + _patience_ms(payout), now_ms)
        case State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return None
        case _:
            assert_never(payout.state)


def _patience_ms(payout: Payout) -> int:
    if payout.attempt is None or payout.attempt.state is AttemptState.BEGUN:
        return SUBMIT_PATIENCE_MS
    return DOUBT_MS if payout.attempt.state is AttemptState.UNKNOWN else ASK_AGAIN_MS
