"""Find what was ordered under an id or a reference, alone or together, of any account: for operators, who may not know
the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.payout import Batch, Payout
from outlay.service.operator.find_payouts import find_payouts
from outlay.service.runtime import Runtime
from outlay.store.read import history, lists
from outlay.store.unreadable import UnreadablePayout


async def find_orders(
    runtime: Runtime, *, number: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Payout | Batch]:
    """The payout or the batch of this id first, a payout of a batch too; then all that have this reference, which those
    of a batch do not claim. A merchant can choose a reference that reads like an id, so there may be both. Raises
    PayoutUnreadable."""
    payouts = await find_payouts(runtime, payout_id=number, reference=reference, account_id=account_id)
    batches = await history.find_batches(runtime.database, batch_id=number, reference=reference, account_id=account_id)
    return sorted([*payouts, *batches], key=lambda order: id_of(order) != number)


def id_of(order: Payout | Batch) -> int:
    return order.batch_id if isinstance(order, Batch) else order.payout_id


async def payouts_of(runtime: Runtime, batch: Batch) -> Sequence[Payout | UnreadablePayout]:
    """In the order in which they were given."""
    found = await lists.find_batch(runtime.database, batch.account_id, batch.batch_id)
    return found[1] if found is not None else ()
