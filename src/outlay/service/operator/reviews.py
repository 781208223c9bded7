"""What waits for a reviewer, and what they say about it: approved, or rejected.

A payout waits by itself, or the payouts of a batch together. Of a batch everything that still waits is decided in one
commit; one payout of it can also be decided by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.events import Approve, Reject
from outlay.core.life import step
from outlay.core.payout import MOST_OF_BATCH, Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.shown import WaitingOrder
from outlay.core.unreadable import UnreadablePayout, parted
from outlay.core.work import due
from outlay.service.runtime import Looking, Runtime
from outlay.store import accounts
from outlay.store.read import history
from outlay.store.write.desk import Changes, Command, Desk, Move, Needs


async def list_reviews(
    looks: Looking, account_id: UUID | None = None
) -> tuple[Sequence[WaitingOrder], Sequence[UnreadablePayout]] | Refusal:
    """The oldest first; and payouts that wait and cannot be read. ACCOUNT_NOT_FOUND rather than an empty list, so that
    a wrong id is noticed."""
    if account_id is not None and await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    waiting, unreadable = parted(await history.list_in_review(looks.database, account_id))
    batches = await history.batches_of(looks.database, waiting)
    orders: dict[int, list[Payout]] = {}
    for payout in waiting:
        orders.setdefault(payout.batch_id or payout.payout_id, []).append(payout)
    return [WaitingOrder(tuple(some), batches.get(order_id)) for order_id, some in orders.items()], unreadable


async def review_order(
    runtime: Runtime,
    account_id: UUID,
    said: Approve | Reject,
    *,
    payout_id: int | None = None,
    batch_id: int | None = None,
) -> tuple[Payout, ...] | No:
    """The payouts that this decided. One of the two ids. NOT_IN_REVIEW where nothing waits (any more)."""
    command = _ReviewCommand(
        payout_id,
        batch_id,
        said,
        runtime.now_ms(),
        account_id=account_id,
        needs=Needs(payout_id=payout_id, batch_id=batch_id),
        weight=1 if batch_id is None else MOST_OF_BATCH,
    )
    return await runtime.clerk.do(command)


class _ReviewCommand(Command[tuple[Payout, ...] | No], frozen=True):
    payout_id: int | None
    batch_id: int | None
    said: Approve | Reject
    now_ms: int

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
