"""Read the terms under which an account pays out in one currency."""

from __future__ import annotations

from uuid import UUID

from outlay.core.account import DEFAULT_TERMS, Terms
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store import accounts


async def read_terms(runtime: Runtime, account_id: UUID, currency: str) -> Terms | Refusal:
    """What holds now; the default terms where none were set."""
    if await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.read_terms(runtime.database, account_id, currency) or DEFAULT_TERMS
