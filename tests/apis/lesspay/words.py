"""What this API calls a payout's state, for docs/refusals.md."""

from __future__ import annotations

from outlay.core.payout import Payout
from outlay.dialects.lesspay.codes import detail_status


def word_of(payout: Payout) -> object:
    return detail_status(payout)
