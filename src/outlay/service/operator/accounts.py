"""Accounts: opened, looked at, changed; their terms, the ways they may not pay by, and whom they may not pay.

Leaves to others: over which rails their payouts go (`rails`), and money that comes in for them (`fund_account`).

The trap: an account is found before anything of it is listed or set, so that a wrong id is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from outlay.core.account import DEFAULT_TERMS, Account, Terms
from outlay.core.asks import Counted, ListTransfers
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.normal_forms import block_key
from outlay.core.recipients import Block, blocks_no_more
from outlay.core.refusal import Refusal
from outlay.core.shown import AccountShown
from outlay.core.transfer import Transfer
from outlay.service.runtime import Looking, Runtime
from outlay.store import accounts
from outlay.store.read import lists


async def list_accounts(looks: Looking) -> Sequence[Account]:
    """The oldest first."""
    return await accounts.read_accounts(looks.database)


async def find_account(looks: Looking, account_id: UUID) -> Account | Refusal:
    return await accounts.read_account(looks.database, account_id) or Refusal.ACCOUNT_NOT_FOUND


async def show_account(looks: Looking, account_id: UUID) -> AccountShown | Refusal:
    """With all that belongs to it."""
    account = await accounts.read_account(looks.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return AccountShown(
        account,
        await accounts.family(looks.database, account.family_id),
        await accounts.list_balances(looks.database, account_id),
        await accounts.list_terms(looks.database, account_id),
    )


async def read_terms(looks: Looking, account_id: UUID, currency: str) -> Terms | Refusal:
    """What holds now in this currency; the default terms where none were set."""
    if await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.terms_of(looks.database, account_id, currency) or DEFAULT_TERMS


async def list_methods_off(looks: Looking, account_id: UUID) -> Mapping[str, frozenset[str]] | Refusal:
    """What is switched off, by currency; only currencies in which anything is."""
    if await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    terms = await accounts.list_terms(looks.database, account_id)
    return {currency: each.off for currency, each in terms.items() if each.off}


async def list_blocked(looks: Looking, account_id: UUID) -> Sequence[Block] | Refusal:
    """The oldest first."""
    if await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.read_blocks(looks.database, account_id)


async def open_account(
    runtime: Runtime,
    *,
    name: str,
    country: str,
    parent_id: UUID | None = None,
    needs_review: bool = False,
    notify_url: str | None = None,
    needs_bank_account: bool = False,
    strict_destinations: bool = False,
) -> Account | Refusal:
    """A new account; ACCOUNT_NOT_FOUND where the parent is none, or is itself a sub-account."""
    if parent_id is not None:
        parent = await accounts.read_account(runtime.database, parent_id)
        if parent is None or parent.parent_id is not None:
            return Refusal.ACCOUNT_NOT_FOUND
    while True:
        account = Account(
            account_id=UUID(bytes=runtime.entropy(16), version=4),
            name=name,
            country=country,
            parent_id=parent_id,
            needs_review=needs_review,
            notify_url=notify_url,
            needs_bank_account=needs_bank_account,
            strict_destinations=strict_destinations,
        )
        if await accounts.add_account(runtime.database, account, runtime.now_ms()):
            return account


async def change_account(
    runtime: Runtime,
    account_id: UUID,
    *,
    is_open: bool | None = None,
    needs_review: bool | None = None,
    notify_url: str | None = None,
    needs_bank_account: bool | None = None,
    strict_destinations: bool | None = None,
) -> Account | Refusal:
    """None leaves as it is; an empty `notify_url` takes it away. A closed account orders nothing more; what it ordered
    goes on, and can be asked about."""
    await accounts.update_account(
        runtime.database,
        account_id,
        is_open=is_open,
        needs_review=needs_review,
        notify_url=notify_url,
        needs_bank_account=needs_bank_account,
        strict_destinations=strict_destinations,
    )
    return await accounts.read_account(runtime.database, account_id) or Refusal.ACCOUNT_NOT_FOUND


async def set_fee(runtime: Runtime, account_id: UUID, currency: str, plan: FeePlan) -> Terms | Refusal:
    """For payouts ordered from now on; those that exist keep theirs."""
    if await accounts.read_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.write_fee(runtime.database, account_id, currency, plan)


async def set_limits(runtime: Runtime, account_id: UUID, currency: str, limits: Limits) -> Terms | Refusal:
    if await accounts.read_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.write_limits(runtime.database, account_id, currency, limits)


async def switch_method(runtime: Runtime, account_id: UUID, currency: str, method: str, *, on: bool) -> Terms | Refusal:
    """`method`: a kind of destination (`pix`), a channel as its API names it, or `*` for all in this currency."""
    if await accounts.read_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    return await accounts.switch(runtime.database, account_id, currency, method, on=on)


async def block_recipient(runtime: Runtime, account_id: UUID, number: str, *, why: str, by: str) -> bool | Refusal:
    """Whether that is new: another spelling of what is blocked is not. Payouts that are ordered already go on."""
    account = await accounts.read_account(runtime.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    if blocks_no_more(number, account.blocked):
        return False
    return await accounts.block(runtime.database, account_id, number=number, why=why, by=by, now_ms=runtime.now_ms())


async def unblock_recipient(runtime: Runtime, account_id: UUID, number: str) -> bool | Refusal:
    """Whether it was blocked, in whatever spelling."""
    account = await accounts.read_account(runtime.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    key = block_key(number)
    spellings = [blocked for blocked in account.blocked if block_key(blocked) == key]
    return await accounts.unblock(runtime.database, account_id, spellings)


async def transfers_of(looks: Looking, account_id: UUID, limit: int) -> Counted[Transfer] | Refusal:
    """What it gave to others of its family, or took from them, the newest first."""
    if await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    found, total = await lists.transfers_page(looks.database, account_id, ListTransfers(skip=0, limit=limit))
    return Counted(tuple(found), total)
