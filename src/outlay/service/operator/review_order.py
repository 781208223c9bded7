"""What a reviewer says about an order: approved, or rejected. Of a batch everything that still waits is decided in one
commit; one payout of it can also be decided by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from outlay.core.events import Approve, Reject
from outlay.core.life import step
from outlay.core.payout import MOST_OF_BATCH, Payout, State
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.work import due
from outlay.service.runtime import Runtime
from outlay.store.guard import Guard
from outlay.store.read import history
from outlay.store.unreadable import UnreadablePayout
from outlay.store.write.desk import Changes, Desk, Move, Needs


async def list_reviews(runtime: Runtime, account_id: UUID | None = None) -> Sequence[Payout | UnreadablePayout]:
    """Payouts that wait for a reviewer, the oldest first."""
    return await history.list_in_review(runtime.database, account_id)


async def review_order(
    runtime: Runtime,
    account_id: UUID,
    said: Approve | Reject,
    *,
    payout_id: int | None = None,
    batch_id: int | None = None,
) -> tuple[Payout, ...] | No:
    """The payouts that this decided. One of the two ids. NOT_IN_REVIEW where nothing waits (any more)."""
    command = _ReviewCommand(account_id, payout_id, batch_id, said, runtime.now_ms())
    decided: tuple[Payout, ...] | No = await runtime.clerk.do(command)
    return decided


class _ReviewCommand(msgspec.Struct, frozen=True):
    account_id: UUID
    payout_id: int | None
    batch_id: int | None
    said: Approve | Reject
    now_ms: int
    guard: Guard | None = None

    @property
    def weight(self) -> int:
        return 1 if self.batch_id is None else MOST_OF_BATCH

    @property
    def needs(self) -> Needs:
        return Needs(payout_id=self.payout_id, batch_id=self.batch_id)

    def decide(self, desk: Desk) -> tuple[tuple[Payout, ...] | No, Changes | None]:
        one = desk.payout(self.payout_id) if self.payout_id is not None else None
        payouts = desk.batch(self.batch_id) if self.batch_id is not None else [one] if one else []
        if not payouts:
            return Refusal.PAYOUT_NOT_FOUND, None
        moves: list[Move] = []
        for payout in payouts:
            if payout.state is not State.IN_REVIEW:
                continue
            decision = step(payout, self.said, self.now_ms, desk.epoch)
            if isinstance(decision, No):
                return decision, None
            moves.append(Move(payout, decision, due(decision.payout, self.now_ms)))
        if not moves:
            return Objection.NOT_IN_REVIEW, None
        return tuple(move.decision.payout for move in moves), Changes(moves=tuple(moves))
