"""The door of the gateway: carry out what a dialect read, whatever it was.

Each kind of ask has one handler. Orders, point reads and balances are the hot paths: their guard is checked in the
statement that serves them. Everything else is greeted first, with a statement of its own. Where a sub-account is
addressed, the caller's credential lives in another account's lane: it is checked there, and the request itself then
runs in the sub-account's lane. Nothing is held for a family either before the caller is proved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from outlay.core.asks import (
    A,
    AddBankAccount,
    Ask,
    Balance,
    ChangeBankAccount,
    FindAccount,
    FindBankAccount,
    FindOrder,
    FindPayout,
    FindTransfer,
    Greet,
    ListAccounts,
    ListBankAccounts,
    ListPayouts,
    ListTransfers,
    OrderBatch,
    OrderPayout,
    OrderTransfer,
    PayoutsListed,
    ReadBalances,
    WholeOrder,
)
from outlay.core.ids import possible
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.unreadable import whole
from outlay.service.merchant.bank_accounts import find_bank_account, list_bank_accounts
from outlay.service.merchant.connected_accounts import find_connected, list_connected
from outlay.service.merchant.greeting import greet, greeted, question
from outlay.service.merchant.making import BANK_ACCOUNT_WAY, BATCH_WAY, CHANGE_WAY, PAYOUT_WAY, making
from outlay.service.merchant.transfers import find_transfer, list_transfers, order_transfer
from outlay.service.runtime import Caller, Runtime
from outlay.store.read import lists
from outlay.store.read.reader import BalancesQuestion

Handler = Callable[[Runtime, Caller, Any], Awaitable[Any]]


async def perform(runtime: Runtime, caller: Caller, ask: Ask[A]) -> A | Refusal:
    """The answer to the ask. Raises Unavailable, CredentialChanged, NonceRepeated."""
    if caller.parent_id is not None:
        await runtime.reader.guard(caller.guard)
        caller = caller.proved()
    return cast("A | Refusal", await HANDLERS[type(ask)](runtime, caller, ask))


async def _find_payout(runtime: Runtime, caller: Caller, ask: FindPayout) -> Payout | Refusal:
    found = await runtime.reader.payout(question(caller, ask.reference, _possible(ask.payout_id)))
    if isinstance(found, Refusal):
        return found
    return found.payout if found.payout is not None else Refusal.PAYOUT_NOT_FOUND


def _possible(number: int | None) -> int | None:
    return None if number is None else possible(number)


async def _find_order(runtime: Runtime, caller: Caller, ask: FindOrder) -> WholeOrder | Refusal:
    """One statement for a payout by itself; a second one for a batch."""
    order_id = _possible(ask.order_id)
    found = await runtime.reader.payout(question(caller, ask.reference, order_id))
    if isinstance(found, Refusal):
        return found
    payout = found.payout
    if payout is not None and payout.batch_id is None:
        return WholeOrder(payout.payout_id, payout.reference, payout.created_ms, (payout,))
    batch_id = found.subject_id if ask.reference is not None else order_id
    if payout is not None or batch_id is None or order_id not in (None, batch_id):
        return Refusal.PAYOUT_NOT_FOUND
    batch = await lists.find_batch(runtime.callers, caller.account_id, batch_id)
    if batch is None:
        return Refusal.PAYOUT_NOT_FOUND
    about, payouts = batch
    return WholeOrder(about.batch_id, about.reference, about.created_ms, tuple(whole(payouts)))


async def _list_payouts(runtime: Runtime, caller: Caller, ask: ListPayouts) -> PayoutsListed:
    found = await lists.payouts_page(runtime.callers, caller.account_id, ask)
    total = await lists.count_payouts(runtime.callers, caller.account_id, ask) if ask.counted else None
    return PayoutsListed(tuple(whole(found[: ask.limit])), len(found) > ask.limit, total)


async def _read_balances(runtime: Runtime, caller: Caller, ask: ReadBalances) -> tuple[Balance, ...] | Refusal:
    asked = BalancesQuestion(caller.account_id, caller.guard_left, caller.parent_id, ask.currency)
    rows = await runtime.reader.balances(asked)
    return rows if isinstance(rows, Refusal) else tuple(rows)


async def _greet(runtime: Runtime, caller: Caller, _ask: Greet) -> Refusal | None:
    return await greet(runtime, caller)


_ROWS: Final[tuple[tuple[type[Ask[Any]], Handler], ...]] = (
    OrderPayout.served_by(making(PAYOUT_WAY)),
    OrderBatch.served_by(making(BATCH_WAY)),
    FindPayout.served_by(_find_payout),
    FindOrder.served_by(_find_order),
    ListPayouts.served_by(greeted(_list_payouts)),
    ReadBalances.served_by(_read_balances),
    AddBankAccount.served_by(making(BANK_ACCOUNT_WAY)),
    ChangeBankAccount.served_by(making(CHANGE_WAY)),
    FindBankAccount.served_by(greeted(find_bank_account)),
    ListBankAccounts.served_by(greeted(list_bank_accounts)),
    OrderTransfer.served_by(greeted(order_transfer)),
    FindTransfer.served_by(greeted(find_transfer)),
    ListTransfers.served_by(greeted(list_transfers)),
    ListAccounts.served_by(greeted(list_connected)),
    FindAccount.served_by(greeted(find_connected)),
    Greet.served_by(_greet),
)
HANDLERS: Final[Mapping[type[Ask[Any]], Handler]] = dict(_ROWS)
"""Every kind of ask has a handler; a test fails for one that is missing."""
