"""Cancel a payout, or everything of a batch that can still be cancelled: all of it in one commit.

The trap: a cancel races the send. It wins only where no attempt was ever begun, and that is checked by the core, under
the account's lock.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from outlay.core.events import Cancel
from outlay.core.life import step
from outlay.core.payout import MOST_OF_BATCH, Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Refusal
from outlay.core.work import due
from outlay.service.runtime import Runtime
from outlay.store.write.desk import Changes, Command, Desk, Move, Needs


class Cancelled(msgspec.Struct, frozen=True):
    """`payouts` are all that were asked about, as they are now; `newly` of them were cancelled by this."""

    payouts: tuple[Payout, ...]
    newly: int

    @property
    def in_all(self) -> int:
        return sum(payout.state is State.CANCELLED for payout in self.payouts)


async def cancel_order(
    runtime: Runtime, account_id: UUID, said: Cancel, *, payout_id: int | None = None, batch_id: int | None = None
) -> Cancelled | No:
    """One of the two ids. Where nothing is cancelled, the reason of the first that cannot be."""
    command = _CancelCommand(
        payout_id,
        batch_id,
        said,
        runtime.now_ms(),
        account_id=account_id,
        needs=Needs(payout_id=payout_id, batch_id=batch_id),
        weight=1 if batch_id is None else MOST_OF_BATCH,
    )
    return await runtime.clerk.do(command)


class _CancelCommand(Command[Cancelled | No], frozen=True):
    payout_id: int | None
    batch_id: int | None
    said: Cancel
    now_ms: int

    def decide(self, desk: Desk) -> tuple[Cancelled | No, Changes | None]:
        one = desk.payout(self.payout_id) if self.payout_id is not None else None
        payouts = desk.batch(self.batch_id) if self.batch_id is not None else [one] if one else []
        if not payouts:
            return Refusal.PAYOUT_NOT_FOUND, None
        now: list[Payout] = []
        moves: list[Move] = []
        refusals: list[No] = []
        for payout in payouts:
            decision = step(payout, self.said, self.now_ms, desk.epoch)
            if isinstance(decision, No):
                refusals.append(decision)
                now.append(payout)
                continue
            now.append(decision.payout)
            if decision.facts:
                moves.append(Move(payout, decision, due(decision.payout, self.now_ms)))
        if len(refusals) == len(payouts):
            return refusals[0], None
        return Cancelled(tuple(now), len(moves)), Changes(moves=tuple(moves)) if moves else None
