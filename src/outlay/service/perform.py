"""The door of the gateway: carry out what a dialect read, whatever it was.

Orders, point reads and balances are the hot paths: their guard is checked in the statement that serves them. Everything
else is greeted first, with a statement of its own. Where a sub-account is addressed, the caller's credential lives in
another account's lane: it is checked there, and the request itself then runs in the sub-account's lane. Nothing is held
for a family either before the caller is proved.
"""

from __future__ import annotations

from typing import Final, TypeVar, assert_never

from msgspec.structs import replace

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import AccountHere
from outlay.core.ids import MAX_ID
from outlay.core.origin import Origin
from outlay.core.party import Party
from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.service.bank_accounts import add_bank_account, change_bank_account, find_bank_account, list_bank_accounts
from outlay.service.claims import answer_no, running
from outlay.service.family_keys import look_at_key, make_under, shares_key
from outlay.service.list_accounts import find_connected, list_connected
from outlay.service.order_payout import Orderer, order_batch, order_payout
from outlay.service.runtime import Caller, Runtime
from outlay.service.transfers import find_relative, find_transfer, list_transfers, order_transfer
from outlay.store import lists
from outlay.store.desk import Subject
from outlay.store.guard import Guard
from outlay.store.reader import BalancesQuestion, PayoutQuestion
from outlay.store.unreadable import whole
from outlay.wire.problems import Fault
from outlay.wire.usecases import (
    AddBankAccount,
    Answer,
    Ask,
    Balance,
    BalancesRead,
    ChangeBankAccount,
    FindAccount,
    FindBankAccount,
    FindOrder,
    FindPayout,
    FindTransfer,
    Found,
    Greet,
    Greeted,
    ListAccounts,
    ListBankAccounts,
    ListPayouts,
    ListTransfers,
    OrderBatch,
    OrderFound,
    OrderPayout,
    OrderTransfer,
    PayoutOrder,
    PayoutsListed,
    ReadBalances,
)

_ORDERS: Final = (OrderPayout, OrderBatch)
"""A tuple: to put a union of types together takes longer than to ask."""


async def perform(runtime: Runtime, caller: Caller, ask: Ask) -> Answer:
    """Raises Unavailable, CredentialChanged, NonceRepeated."""
    guard: Guard | None = caller.guard
    if caller.parent_id is not None:
        await runtime.reader.guard(caller.guard)
        guard = None
    match ask:
        case OrderPayout() | OrderBatch() | AddBankAccount() | ChangeBankAccount() | OrderTransfer():
            with running(runtime, caller.account_id, ask.claim) as may_run:
                if not may_run:
                    return await _refuse(runtime, caller, guard, ask, Refusal.STILL_RUNNING)
                return await _make(runtime, caller, guard, ask)
        case FindPayout():
            question = _question(caller, guard, ask.reference, ask.payout_id)
            found = await runtime.reader.payout(question)
            if isinstance(found, Refusal):
                return found
            return Found(found.payout) if found.payout is not None else Refusal.PAYOUT_NOT_FOUND
        case FindOrder():
            question = _question(caller, guard, ask.reference, ask.order_id)
            return await _find_order(runtime, question)
        case ReadBalances():
            balances_question = BalancesQuestion(caller.account_id, guard, caller.parent_id, ask.currency)
            rows = await runtime.reader.balances(balances_question)
            if isinstance(rows, Refusal):
                return rows
            return BalancesRead(tuple(Balance(row.currency, row.available_minor, row.held_minor) for row in rows))
        case (
            ListPayouts()
            | FindBankAccount()
            | ListBankAccounts()
            | FindTransfer()
            | ListTransfers()
            | ListAccounts()
            | FindAccount()
            | Greet()
        ):
            known = await runtime.reader.payout(PayoutQuestion(caller.account_id, guard, caller.parent_id))
            return known if isinstance(known, Refusal) else await _look(runtime, caller, ask)
        case _:
            assert_never(ask)


def _question(caller: Caller, guard: Guard | None, reference: str | None, number: int | None) -> PayoutQuestion:
    named_id = None if number is None else _possible(number)
    return PayoutQuestion(caller.account_id, guard, caller.parent_id, reference, named_id)


def _possible(number: int) -> int:
    """The id, or one that nothing has where no id can be this number: the database could not even be asked for it."""
    return number if 0 <= number <= MAX_ID else -1


async def _make(
    runtime: Runtime,
    caller: Caller,
    guard: Guard | None,
    ask: OrderPayout | OrderBatch | AddBankAccount | ChangeBankAccount | OrderTransfer,
) -> Answer:
    if not isinstance(ask, _ORDERS) or shares_key(caller, ask.claim):
        known = await runtime.reader.payout(PayoutQuestion(caller.account_id, guard, caller.parent_id))
        if isinstance(known, Refusal):
            return known
        guard = None
    if isinstance(ask, OrderTransfer):
        return await order_transfer(runtime, caller, ask)
    if not caller.is_open:
        return await _refuse(runtime, caller, guard, ask, Refusal.ACCOUNT_CLOSED)
    use = await look_at_key(runtime, caller, caller.account_id, ask.claim)
    if use.is_elsewhere:
        return await _refuse(runtime, caller, guard, ask, Refusal.REFERENCE_ELSEWHERE)
    named = await _named(runtime, caller, ask)
    if isinstance(named, Refusal):
        return await _refuse(runtime, caller, guard, ask, named)
    if _is_faulty(named):
        return await _carry_out(runtime, caller, guard, named)
    return await make_under(runtime, use, lambda: _carry_out(runtime, caller, guard, named))


_Made = OrderPayout | OrderBatch | AddBankAccount | ChangeBankAccount
_M = TypeVar("_M", bound=_Made)


def _is_faulty(ask: _Made) -> bool:
    """Nothing will be made of it, so its key is nobody's."""
    match ask:
        case OrderPayout():
            return isinstance(ask.order, Fault)
        case OrderBatch():
            return isinstance(ask.orders, Fault)
        case AddBankAccount():
            return isinstance(ask.details, Fault)
        case ChangeBankAccount():
            return False
        case _:
            assert_never(ask)


async def _carry_out(runtime: Runtime, caller: Caller, guard: Guard | None, ask: _Made) -> Answer:
    origin = Origin(caller.dialect, caller.guard.key_id) if caller.dialect else None
    orderer = Orderer(caller.account_id, caller.parent_id, guard, caller.name, origin)
    match ask:
        case OrderPayout():
            return await order_payout(runtime, orderer, ask)
        case OrderBatch():
            return await order_batch(runtime, orderer, ask)
        case AddBankAccount():
            return await add_bank_account(runtime, caller.account_id, ask)
        case ChangeBankAccount():
            named_id = _possible(ask.bank_account_id)
            return await change_bank_account(runtime, caller.account_id, replace(ask, bank_account_id=named_id))
        case _:
            assert_never(ask)


async def _refuse(
    runtime: Runtime,
    caller: Caller,
    guard: Guard | None,
    ask: OrderPayout | OrderBatch | AddBankAccount | ChangeBankAccount | OrderTransfer,
    no: Refusal,
) -> Answer:
    """What was found before the statement that proves the caller: said only after that proof."""
    match ask:
        case OrderPayout() | OrderBatch():
            kind: Subject = "payout"
        case AddBankAccount() | ChangeBankAccount():
            kind = "bank_account"
        case OrderTransfer():
            kind = "transfer"
        case _:
            assert_never(ask)
    return await answer_no(runtime, PayoutQuestion(caller.account_id, guard, caller.parent_id), ask.claim, kind, no)


async def _named(runtime: Runtime, caller: Caller, ask: _M) -> _M | Refusal:
    """With the accounts here that it pays by their names in full."""
    if isinstance(ask, OrderPayout) and not isinstance(ask.order, Fault):
        named = await _with_relative(runtime, caller, ask.order)
        if isinstance(named, Refusal):
            return named
        return ask if named is ask.order else replace(ask, order=named)
    if isinstance(ask, OrderBatch) and not isinstance(ask.orders, Fault):
        orders: list[Order] = []
        for what in ask.orders:
            named = await _with_relative(runtime, caller, what)
            if isinstance(named, Refusal):
                return named
            orders.append(named)
        return replace(ask, orders=tuple(orders))
    return ask


async def _with_relative(runtime: Runtime, caller: Caller, what: Order) -> Order | Refusal:
    """A payout to an account here names it by its id in full, and only one of the family: the payer itself, or
    another."""
    place = what.beneficiary.destination
    if not isinstance(place, AccountHere):
        return what
    family_id = caller.family_id or caller.account_id
    target = await find_relative(runtime, family_id, place.account_id)
    if target is None or not target.is_open:
        return Refusal.TARGET_NOT_FOUND
    named = Beneficiary(destination=AccountHere(account_id=str(target.account_id)), party=Party(name=target.name))
    return replace(what, beneficiary=named)


async def _find_order(runtime: Runtime, question: PayoutQuestion) -> OrderFound | Refusal:
    """One statement for a payout by itself; a second one for a batch."""
    found = await runtime.reader.payout(question)
    if isinstance(found, Refusal):
        return found
    payout = found.payout
    if payout is not None and payout.batch_id is None:
        return OrderFound(PayoutOrder(payout.payout_id, payout.reference, payout.created_ms, (payout,)))
    batch_id = found.subject_id if question.reference is not None else question.payout_id
    if payout is not None or batch_id is None or question.payout_id not in (None, batch_id):
        return Refusal.PAYOUT_NOT_FOUND
    batch = await lists.find_batch(runtime.callers, question.account_id, batch_id)
    if batch is None:
        return Refusal.PAYOUT_NOT_FOUND
    about, payouts = batch
    return OrderFound(PayoutOrder(about.batch_id, about.reference, about.created_ms, tuple(whole(payouts))))


async def _look(
    runtime: Runtime,
    caller: Caller,
    ask: (
        ListPayouts
        | FindBankAccount
        | ListBankAccounts
        | FindTransfer
        | ListTransfers
        | ListAccounts
        | FindAccount
        | Greet
    ),
) -> Answer:
    match ask:
        case ListPayouts():
            return await _list_payouts(runtime, caller, ask)
        case FindBankAccount():
            return await find_bank_account(runtime, caller.account_id, _possible(ask.bank_account_id))
        case ListBankAccounts():
            return await list_bank_accounts(runtime, caller.account_id, ask)
        case FindTransfer():
            return await find_transfer(runtime, caller.account_id, _possible(ask.transfer_id))
        case ListTransfers():
            return await list_transfers(runtime, caller.account_id, ask)
        case ListAccounts():
            return await list_connected(runtime, caller, ask)
        case FindAccount():
            return await find_connected(runtime, caller, ask)
        case Greet():
            return Greeted()
        case _:
            assert_never(ask)


async def _list_payouts(runtime: Runtime, caller: Caller, ask: ListPayouts) -> PayoutsListed:
    found = await lists.list_payouts(runtime.callers, caller.account_id, ask)
    total = await lists.count_payouts(runtime.callers, caller.account_id, ask) if ask.counted else None
    return PayoutsListed(tuple(whole(found[: ask.limit])), len(found) > ask.limit, total)
