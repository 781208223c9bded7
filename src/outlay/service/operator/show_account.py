"""Read accounts with all that belongs to them: for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from outlay.core.account import Account, Terms
from outlay.core.asks import Balance
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store import accounts
from outlay.store.read.reader import BalancesQuestion


class AccountShown(msgspec.Struct, frozen=True):
    """`family`: the master and all accounts under it, this one too. `terms` by currency, where any were set."""

    account: Account
    family: Sequence[Account]
    balances: Sequence[Balance]
    terms: Mapping[str, Terms]


async def list_accounts(runtime: Runtime) -> Sequence[Account]:
    """The oldest first."""
    return await accounts.list_accounts(runtime.database)


async def find_account(runtime: Runtime, account_id: UUID) -> Account | Refusal:
    return await accounts.find_account(runtime.database, account_id) or Refusal.ACCOUNT_NOT_FOUND


async def show_account(runtime: Runtime, account_id: UUID) -> AccountShown | Refusal:
    account = await accounts.find_account(runtime.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    rows = await runtime.reader.balances(BalancesQuestion(account_id))
    if isinstance(rows, Refusal):
        return rows
    return AccountShown(
        account,
        await accounts.family(runtime.database, account.family_id),
        rows,
        await accounts.list_terms(runtime.database, account_id),
    )


async def list_methods_off(runtime: Runtime, account_id: UUID) -> Mapping[str, frozenset[str]] | Refusal:
    """What is switched off, by currency; only currencies in which anything is."""
    if await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    terms = await accounts.list_terms(runtime.database, account_id)
    return {currency: each.off for currency, each in terms.items() if each.off}
