"""Open accounts and set what they pay: the operator's side."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import DEFAULT_TERMS, Account, Terms
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store import accounts


async def open_account(
    runtime: Runtime, *, name: str, country: str, parent_id: UUID | None = None, needs_review: bool = False
) -> Account | Refusal:
    """A new account; ACCOUNT_NOT_FOUND where the parent is none, or is itself a sub-account."""
    if parent_id is not None:
        parent = await accounts.find_account(runtime.database, parent_id)
        if parent is None or parent.parent_id is not None:
            return Refusal.ACCOUNT_NOT_FOUND
    account = Account(
        account_id=UUID(bytes=runtime.entropy(16), version=4),
        name=name,
        country=country,
        parent_id=parent_id,
        needs_review=needs_review,
    )
    await accounts.add_account(runtime.database, account, runtime.now_ms())
    return account


async def set_fee(runtime: Runtime, account_id: UUID, currency: str, plan: FeePlan) -> Terms | Refusal:
    """For payouts ordered from now on; those that exist keep theirs."""
    return await _change_terms(runtime, account_id, currency, fee=plan)


async def set_limits(runtime: Runtime, account_id: UUID, currency: str, limits: Limits) -> Terms | Refusal:
    return await _change_terms(runtime, account_id, currency, limits=limits)


async def _change_terms(
    runtime: Runtime, account_id: UUID, currency: str, **changes: FeePlan | Limits
) -> Terms | Refusal:
    if await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    before = await accounts.read_terms(runtime.database, account_id, currency) or DEFAULT_TERMS
    terms = replace(before, **changes)
    await accounts.set_terms(runtime.database, account_id, currency, terms)
    return terms
