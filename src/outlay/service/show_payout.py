"""Read one payout with everything that happened to it, and what waits for a second person's word."""

from __future__ import annotations

from msgspec.structs import replace

from outlay.core.payout import Payout
from outlay.core.ruling import waiting_proposal
from outlay.service.runtime import Runtime
from outlay.store import history
from outlay.store.history import History


async def show_payout(runtime: Runtime, payout: Payout) -> History:
    read = await history.read_history(runtime.database, payout)
    return replace(read, proposal=waiting_proposal(payout, runtime.now_ms(), runtime.real_ms()))
