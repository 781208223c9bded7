"""What payouts wait for, for people: the core's answer, with what only the database knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from outlay.core.payout import Payout
from outlay.core.waiting import WaitingFor, waiting_for
from outlay.service.runtime import Runtime
from outlay.store.read.history import Latest, latest_of


class Waits(msgspec.Struct, frozen=True):
    """Read once for all payouts that are shown together."""

    now_ms: int
    real_ms: int
    latest: Mapping[tuple[UUID, int], Latest]

    def of(self, payout: Payout) -> WaitingFor:
        latest = self.latest.get((payout.account_id, payout.payout_id), Latest())
        return waiting_for(payout, self.now_ms, self.real_ms, due_ms=latest.due_ms, told_ms=latest.told_ms)


async def read_waits(runtime: Runtime, payouts: Sequence[Payout]) -> Waits:
    latest = await latest_of(runtime.database, payouts)
    return Waits(runtime.now_ms(), runtime.real_ms(), latest)
