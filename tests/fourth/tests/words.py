"""What this API calls a payout's state, for docs/refusals.md."""

from __future__ import annotations

from outlay.core.payout import Payout
from outlay.dialects.harbour.codes import status_of


def word_of(payout: Payout) -> object:
    return status_of(payout.standing)
