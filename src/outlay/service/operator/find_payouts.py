"""Find payouts of any account by our id or by the merchant's reference: for operators, who may not know the account."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.payout import Payout
from outlay.service.runtime import Runtime
from outlay.store.read import history


async def find_payouts(
    runtime: Runtime, *, payout_id: int | None, reference: str | None, account_id: UUID | None = None
) -> Sequence[Payout]:
    """The payout of this id, and all that have this reference: a merchant can choose a reference that reads like
    somebody's id, and whoever asks must see both. A key that is a UUID is kept in lower case, however its merchant
    writes it."""

    async def find(spelling: str | None) -> Sequence[Payout]:
        return await history.find_payouts(
            runtime.database, payout_id=payout_id, reference=spelling, account_id=account_id
        )

    found = await find(reference)
    return found if found or reference is None else await find(reference.lower())
