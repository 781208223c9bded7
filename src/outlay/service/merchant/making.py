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
    NewBankAccount,
    OrderBatch,
    OrderPayout,
    Repeated,
    S,
    Unclaimed,
    Unfit,
    WholeOrder,
)
from outlay.core.bank_account import OwnBankAccount
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import AccountHere
from outlay.core.party import Party
from outlay.core.payout import Order, Payout
from outlay.core.refusal import Refusal
from outlay.service.merchant.bank_accounts import BankAccountChange, add_bank_account, change_bank_account
from outlay.service.merchant.claims import BANK_ACCOUNT, BATCH, PAYOUT, Kind, running, why_not
from outlay.service.merchant.connected_accounts import find_relative
from outlay.service.merchant.family_keys import look_at_key, make_under, refusals_of_caller, shares_key
from outlay.service.merchant.greeting import greet, question
from outlay.service.merchant.order_payout import order_batch, order_payout
from outlay.service.runtime import Caller, Runtime


class Making(Protocol):
    """An ask that makes something."""

    @property
    def claim(self) -> Claim: ...


M = TypeVar("M", bound=Making)
W = TypeVar("W")
X = TypeVar("X")


class Way(msgspec.Struct, Generic[M, W, S, X], frozen=True):
    """How one kind of ask is carried out. `what`: the thing that the ask would make, None where its fields were wrong.
    `named`: the same with all that it names in full, or why it cannot be. `greets`: the caller is proved by a
    statement before."""

    kind: Kind[S]
    what: Callable[[M], W | None]
    named: Callable[[Runtime, Caller, W], Awaitable[W | Refusal]]
    make: Callable[[Runtime, Caller, Claim, W], Awaitable[X]]
    greets: bool = False


def making(
    way: Way[M, W, S, X],
) -> Callable[[Runtime, Caller, M], Awaitable[X | Repeated[S] | Unclaimed | Refusal]]:
    """The handler of the asks that are carried out in this way. Whoever comes second with an exclusive key hears it."""

    async def handle(runtime: Runtime, caller: Caller, ask: M) -> X | Repeated[S] | Unclaimed | Refusal:
        with running(runtime, caller.account_id, ask.claim) as may_run:
            if may_run:
                return await _make(way, runtime, caller, ask)
            return await why_not(runtime, question(caller), ask.claim, way.kind, [Refusal.STILL_RUNNING])

    return handle


async def _make(
    way: Way[M, W, S, X], runtime: Runtime, caller: Caller, ask: M
) -> X | Repeated[S] | Unclaimed | Refusal:
    claim = ask.claim
    if way.greets or shares_key(caller, claim):
        no = await greet(runtime, caller)
        if no is not None:
            return no
        caller = caller.proved()
    use = await look_at_key(runtime, caller, caller.account_id, claim)
    found = refusals_of_caller(caller, use)
    what = way.what(ask)
    named = await way.named(runtime, caller, what) if what is not None and not found else None
    if isinstance(named, Refusal):
        found.append(named)
    elif named is not None:
        made = await make_under(runtime, use, partial(way.make, runtime, caller, claim, named))
        if made is not Refusal.REFERENCE_ELSEWHERE:
            return made
        found.append(Refusal.REFERENCE_ELSEWHERE)  # taken since it was looked at
    return await why_not(runtime, question(caller), claim, way.kind, found, fields_are_wrong=what is None)


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


async def _all_with_relatives(
    runtime: Runtime, caller: Caller, orders: tuple[Order, ...]
) -> tuple[Order, ...] | Refusal:
    named: list[Order] = []
    for what in orders:
        one = await _with_relative(runtime, caller, what)
        if isinstance(one, Refusal):
            return one
        named.append(one)
    return tuple(named)


async def _as_it_is(_runtime: Runtime, _caller: Caller, what: W) -> W | Refusal:
    return what


PAYOUT_WAY: Final[Way[OrderPayout, Order, Payout, Made[Payout] | Refusal]] = Way(
    PAYOUT,
    what=lambda ask: ask.order,
    named=_with_relative,
    make=order_payout,
)
BATCH_WAY: Final[Way[OrderBatch, tuple[Order, ...], WholeOrder, Made[WholeOrder] | Refusal]] = Way(
    BATCH,
    what=lambda ask: ask.orders,
    named=_all_with_relatives,
    make=order_batch,
)
BANK_ACCOUNT_WAY: Final[Way[AddBankAccount, NewBankAccount, OwnBankAccount, Made[OwnBankAccount] | Refusal]] = Way(
    BANK_ACCOUNT,
    what=lambda ask: ask.bank_account,
    named=_as_it_is,
    make=lambda runtime, caller, claim, new: add_bank_account(runtime, caller.account_id, claim, new),
    greets=True,
)
CHANGE_WAY: Final[Way[ChangeBankAccount, BankAccountChange, OwnBankAccount, Made[OwnBankAccount] | Unfit | Refusal]] = (
    Way(
        BANK_ACCOUNT,
        what=lambda ask: BankAccountChange(ask.bank_account_id, ask.change) if ask.change is not None else None,
        named=_as_it_is,
        make=lambda runtime, caller, claim, change: change_bank_account(runtime, caller.account_id, claim, change),
        greets=True,
    )
)
