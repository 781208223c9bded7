"""Look for payouts and batches of any account, and read them with all that belongs to them.

Operators may not know the account, so whatever they name is looked for on all of them. Nothing here changes anything:
what people decide about a payout are use cases of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from outlay.core.payout import Batch, Payout
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from outlay.core.ruling import waiting_proposal
from outlay.core.shown import BatchShown, PayoutShown, Waits
from outlay.core.unreadable import UnreadablePayout, parted
from outlay.service.runtime import Looking
from outlay.store import accounts
from outlay.store.read import history, lists


async def find_payouts(
    looks: Looking, *, payout_id: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Payout]:
    """The payout of this id, and all that have this reference: a merchant can choose a reference that reads like
    somebody's id, and whoever asks must see both. A key that is a UUID is kept in lower case, however its merchant
    writes it. Raises PayoutUnreadable."""

    async def find(spelling: str | None) -> Sequence[Payout]:
        return await history.payouts_named(
            looks.database, payout_id=payout_id, reference=spelling, account_id=account_id
        )

    found = await find(reference)
    return found if found or reference is None else await find(reference.lower())


async def find_orders(
    looks: Looking, *, number: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Payout | Batch]:
    """The payout or the batch of this id first, a payout of a batch too; then all that have this reference, which those
    of a batch do not claim. A merchant can choose a reference that reads like an id, so there may be both. Raises
    PayoutUnreadable."""
    payouts = await find_payouts(looks, payout_id=number, reference=reference, account_id=account_id)
    batches = await history.find_batches(looks.database, batch_id=number, reference=reference, account_id=account_id)
    return sorted([*payouts, *batches], key=lambda order: id_of(order) != number)


def id_of(order: Payout | Batch) -> int:
    return order.batch_id if isinstance(order, Batch) else order.payout_id


async def list_payouts(
    looks: Looking, *, account_id: UUID | None, state: State | None, limit: int
) -> Sequence[Payout | UnreadablePayout] | Refusal:
    """Newest first. ACCOUNT_NOT_FOUND rather than an empty list, so that a wrong id is noticed."""
    if account_id is not None and await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await history.newest_payouts(
        looks.database, account_id=account_id, state=state.value if state else None, limit=limit
    )


async def show_payout(looks: Looking, payout: Payout) -> PayoutShown:
    """With everything that happened to it, what it waits for, and what waits for a second person's word."""
    waits = await read_waits(looks, [payout])
    read = await history.read_history(looks.database, payout)
    proposal = waiting_proposal(payout, waits.now_ms, waits.real_ms)
    return PayoutShown(replace(read, proposal=proposal), waits.of(payout))


async def show_batch(looks: Looking, batch: Batch) -> BatchShown:
    """With its payouts in the order in which they were given."""
    found = await lists.find_batch(looks.database, batch.account_id, batch.batch_id)
    payouts, unreadable = parted(found[1] if found is not None else ())
    return BatchShown(batch, payouts, unreadable, await read_waits(looks, payouts))


async def show_order(looks: Looking, order: Payout | Batch) -> PayoutShown | BatchShown:
    return await show_batch(looks, order) if isinstance(order, Batch) else await show_payout(looks, order)


async def read_waits(looks: Looking, payouts: Sequence[Payout]) -> Waits:
    """What they wait for: the core's answer, with what only the database knows of them."""
    latest = await history.latest_of(looks.database, payouts)
    return Waits(looks.now_ms(), looks.real_ms(), latest)
