"""Read one payout with everything that happened to it."""

from __future__ import annotations

from outlay.core.payout import Payout
from outlay.service.runtime import Runtime
from outlay.store import history
from outlay.store.history import History


async def show_payout(runtime: Runtime, payout: Payout) -> History:
    return await history.read_history(runtime.database, payout)
