"""Find payouts of any account by our id or by the merchant's reference: for operators, who may not know the account."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.payout import Payout
from outlay.service.runtime import Runtime
from outlay.store import history


async def find_payouts(
    runtime: Runtime, *, payout_id: int | None, reference: str, account_id: UUID | None = None
) -> Sequence[Payout]:
    """The payout of this id; else all that have this reference. The id comes first: a merchant can choose a reference
    that reads like somebody's id, but not the id of a payout. A key that is a UUID is kept in lower case, however its
    merchant writes it."""

    async def find(spelling: str) -> Sequence[Payout]:
        return await history.find_payouts(
            runtime.database, payout_id=payout_id, reference=spelling, account_id=account_id
        )

    found = await find(reference) or await find(reference.lower())
    by_id = [payout for payout in found if payout.payout_id == payout_id]
    return by_id or found
