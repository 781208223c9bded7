"""List the newest payouts: for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.payout import Payout, State
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store import accounts
from outlay.store.read import history
from outlay.store.unreadable import UnreadablePayout


async def list_payouts(
    runtime: Runtime, *, account_id: UUID | None, state: State | None, limit: int
) -> Sequence[Payout | UnreadablePayout] | Refusal:
    """Newest first. ACCOUNT_NOT_FOUND rather than an empty list, so that a wrong id is noticed."""
    if account_id is not None and await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await history.list_payouts(
        runtime.database, account_id=account_id, state=state.value if state else None, limit=limit
    )
