"""What waits for a reviewer: a payout by itself, or the payouts of a batch together."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from outlay.core.payout import Batch, Payout
from outlay.core.refusal import Refusal
from outlay.service.operator import review_order
from outlay.service.runtime import Runtime
from outlay.store import accounts
from outlay.store.read import history
from outlay.store.unreadable import UnreadablePayout, parted


class WaitingOrder(msgspec.Struct, frozen=True):
    """`payouts` are those that wait; others of the batch may be decided already."""

    payouts: tuple[Payout, ...]
    batch: Batch | None = None


async def list_reviews(
    runtime: Runtime, account_id: UUID | None = None
) -> tuple[Sequence[WaitingOrder], Sequence[UnreadablePayout]] | Refusal:
    """The oldest first; and payouts that wait and cannot be read. ACCOUNT_NOT_FOUND rather than an empty list, so that
    a wrong id is noticed."""
    if account_id is not None and await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    waiting, unreadable = parted(await review_order.list_reviews(runtime, account_id))
    batches = await history.batches_of(runtime.database, waiting)
    orders: dict[int, list[Payout]] = {}
    for payout in waiting:
        orders.setdefault(payout.batch_id or payout.payout_id, []).append(payout)
    return [WaitingOrder(tuple(some), batches.get(order_id)) for order_id, some in orders.items()], unreadable
