"""The way to everything that callers make, but transfers: whoever asks twice at once is told so, the key must be
theirs and the account open, what is named must be there; then it is made. What stands in the way is told only after
the caller is proved, and only where the reference is new.

Orders are a hot path: their guard is checked in the statement that makes them, unless the key is shared in a family,
for nothing is held there for somebody who is not proved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from outlay.core.asks import (
    AddBankAccount,
    ChangeBankAccount,
    Claim,
    Made,
    OrderBatch,
    OrderPayout,
    PayoutOrder,
    Repeated,
    S,
    Unfit,
)
from outlay.core.bank_account import BankAccount
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import AccountHere
from outlay.core.origin import Origin
from outlay.core.party import Party
from outlay.core.payout import Order, Payout
from outlay.core.refusal import Refusal
from outlay.service.bank_accounts import add_bank_account, change_bank_account
from outlay.service.claims import BANK_ACCOUNT, BATCH, PAYOUT, Kind, answer_no, running
from outlay.service.family_keys import look_at_key, make_under, shares_key
from outlay.service.greeting import greet, question
from outlay.service.order_payout import Orderer, order_batch, order_payout
from outlay.service.runtime import Caller, Runtime
from outlay.service.transfers import find_relative


class Making(Protocol):
    """An ask that makes something."""

    @property
    def claim(self) -> Claim: ...


M = TypeVar("M", bound=Making)
X = TypeVar("X")


class Way(msgspec.Struct, Generic[M, S, X], frozen=True):
    """How one ask is carried out. `named`: the ask with all that it names in full, or why it cannot be. `is_empty`:
    nothing will be made of it, so its key is nobody's. `greets`: the caller is proved by a statement before."""

    kind: Kind[S]
    carry_out: Callable[[Runtime, Caller, M], Awaitable[X]]
    is_empty: Callable[[M], bool]
    named: Callable[[Runtime, Caller, M], Awaitable[M | Refusal]]
    greets: bool = False


def one_at_a_time(
    kind: Kind[S], handler: Callable[[Runtime, Caller, M], Awaitable[X]]
) -> Callable[[Runtime, Caller, M], Awaitable[X | Repeated[S] | Refusal]]:
    """The handler, which whoever comes second with an exclusive key does not reach."""

    async def handle(runtime: Runtime, caller: Caller, ask: M) -> X | Repeated[S] | Refusal:
        with running(runtime, caller.account_id, ask.claim) as may_run:
            if not may_run:
                return await answer_no(runtime, question(caller), ask.claim, kind, Refusal.STILL_RUNNING)
            return await handler(runtime, caller, ask)

    return handle


def making(way: Way[M, S, X]) -> Callable[[Runtime, Caller, M], Awaitable[X | Repeated[S] | Refusal]]:
    """The handler of the asks that are carried out in this way."""
    return one_at_a_time(way.kind, partial(_make, way))


async def _make(way: Way[M, S, X], runtime: Runtime, caller: Caller, ask: M) -> X | Repeated[S] | Refusal:
    if way.greets or shares_key(caller, ask.claim):
        no = await greet(runtime, caller)
        if no is not None:
            return no
        caller = caller.proved()
    if not caller.is_open:
        return await answer_no(runtime, question(caller), ask.claim, way.kind, Refusal.ACCOUNT_CLOSED)
    use = await look_at_key(runtime, caller, caller.account_id, ask.claim)
    if use.is_elsewhere:
        return await answer_no(runtime, question(caller), ask.claim, way.kind, Refusal.REFERENCE_ELSEWHERE)
    named = await way.named(runtime, caller, ask)
    if isinstance(named, Refusal):
        return await answer_no(runtime, question(caller), ask.claim, way.kind, named)
    if way.is_empty(named):
        return await way.carry_out(runtime, caller, named)
    return await make_under(runtime, use, lambda: way.carry_out(runtime, caller, named))


# -- the ways ---------------------------------------------------------------------------------------------------------


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


async def _payout_named(runtime: Runtime, caller: Caller, ask: OrderPayout) -> OrderPayout | Refusal:
    if ask.order is None:
        return ask
    named = await _with_relative(runtime, caller, ask.order)
    if isinstance(named, Refusal):
        return named
    return ask if named is ask.order else replace(ask, order=named)


async def _batch_named(runtime: Runtime, caller: Caller, ask: OrderBatch) -> OrderBatch | Refusal:
    if ask.orders is None:
        return ask
    orders: list[Order] = []
    for what in ask.orders:
        named = await _with_relative(runtime, caller, what)
        if isinstance(named, Refusal):
            return named
        orders.append(named)
    return replace(ask, orders=tuple(orders))


async def _as_it_is(_runtime: Runtime, _caller: Caller, ask: M) -> M | Refusal:
    return ask


def _orderer(caller: Caller) -> Orderer:
    origin = Origin(caller.dialect, caller.guard.key_id) if caller.dialect else None
    return Orderer(caller.account_id, caller.parent_id, caller.guard_left, caller.name, origin)


PAYOUT_WAY: Final[Way[OrderPayout, Payout, Made[Payout] | Refusal]] = Way(
    PAYOUT,
    carry_out=lambda runtime, caller, ask: order_payout(runtime, _orderer(caller), ask),
    is_empty=lambda ask: ask.order is None,
    named=_payout_named,
)
BATCH_WAY: Final[Way[OrderBatch, PayoutOrder, Made[PayoutOrder] | Refusal]] = Way(
    BATCH,
    carry_out=lambda runtime, caller, ask: order_batch(runtime, _orderer(caller), ask),
    is_empty=lambda ask: ask.orders is None,
    named=_batch_named,
)
BANK_ACCOUNT_WAY: Final[Way[AddBankAccount, BankAccount, Made[BankAccount] | Refusal]] = Way(
    BANK_ACCOUNT,
    carry_out=lambda runtime, caller, ask: add_bank_account(runtime, caller.account_id, ask),
    is_empty=lambda ask: ask.bank_account is None,
    named=_as_it_is,
    greets=True,
)
CHANGE_WAY: Final[Way[ChangeBankAccount, BankAccount, BankAccount | Repeated[BankAccount] | Unfit | Refusal]] = Way(
    BANK_ACCOUNT,
    carry_out=lambda runtime, caller, ask: change_bank_account(runtime, caller.account_id, ask),
    is_empty=lambda _ask: False,
    named=_as_it_is,
    greets=True,
)
