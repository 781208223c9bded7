"""Read one payout with everything that happened to it, what it waits for, and what waits for a second person's word."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from outlay.core.payout import Payout
from outlay.core.ruling import waiting_proposal
from outlay.core.waiting import WaitingFor
from outlay.service.operator.waiting import read_waits
from outlay.service.runtime import Runtime
from outlay.store.read import history
from outlay.store.read.history import History


class Shown(msgspec.Struct, frozen=True):
    history: History
    waiting: WaitingFor


async def show_payout(runtime: Runtime, payout: Payout) -> Shown:
    waits = await read_waits(runtime, [payout])
    read = await history.read_history(runtime.database, payout)
    proposal = waiting_proposal(payout, waits.now_ms, waits.real_ms)
    return Shown(replace(read, proposal=proposal), waits.of(payout))
