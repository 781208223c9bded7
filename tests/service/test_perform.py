"""The gateway's door: each ask, for the caller's own account and for a sub-account, with the guard in its place."""

from __future__ import annotations

from types import NoneType
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from outlay.core.asks import (
    UNCLAIMED,
    Ask,
    Balance,
    ChangeBankAccount,
    Counted,
    FindBankAccount,
    FindOrder,
    FindPayout,
    FindTransfer,
    Greet,
    ListBankAccounts,
    ListPayouts,
    ListTransfers,
    PayoutsListed,
    ReadBalances,
    Repeated,
    Unclaimed,
    WholeOrder,
)
from outlay.core.bank_account import OwnBankAccount
from outlay.core.origin import Origin
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.service.merchant.perform import HANDLERS, perform
from outlay.service.runtime import Caller
from outlay.store.credentials import mark_revoked
from outlay.store.guard import CredentialChanged, Guard, NonceRepeated
from tests.support.asks import (
    DETAILS,
    bank_account_ask,
    batch_ask,
    claim,
    to_own_account,
    transfer_ask,
)
from tests.support.world import World, at_once, empty_ask, kinds, order_ask

EVERY_ASK: tuple[Ask[Any], ...] = (
    order_ask(10, "new"),
    empty_ask("empty"),
    FindPayout(reference="there"),
    ReadBalances(),
    Greet(),
    batch_ask("batch", [1]),
    FindOrder("there"),
    ListPayouts(limit=1),
    to_own_account(1, "own"),
    bank_account_ask("bank account"),
    ChangeBankAccount(claim("change"), 42, lambda _present: DETAILS),
    FindBankAccount(42),
    ListBankAccounts(0, 1),
    transfer_ask("transfer", "nobody", "nobody", 1),
    FindTransfer(42),
    ListTransfers(skip=0, limit=1),
)


async def caller_of(world: World, account_id: UUID, *, for_child: UUID | None = None) -> Caller:
    guard = await world.credential(account_id, f"key of {account_id}")
    return Caller(account_id, guard) if for_child is None else Caller(for_child, guard, account_id)


def with_nonce(caller: Caller, nonce: str) -> Caller:
    return replace(caller, guard=replace(caller.guard, nonce=nonce, nonce_until_ms=10**15))


def test_every_kind_of_ask_has_a_handler_and_nothing_else_has_one() -> None:
    assert HANDLERS.keys() == set(Ask.__subclasses__())


async def test_each_ask_gets_its_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_of(world, account_id)
    runtime = world.runtime
    payout = await perform(runtime, caller, order_ask(10, "r"))
    assert isinstance(payout, Payout)
    assert await perform(runtime, caller, order_ask(10, "r")) == Repeated(True, True, payout)
    assert await perform(runtime, caller, order_ask(11, "r")) == Repeated(False, True, payout)
    assert await perform(runtime, caller, empty_ask("free")) == UNCLAIMED
    assert await perform(runtime, caller, FindPayout(reference="r")) == payout
    assert await perform(runtime, caller, FindPayout(payout_id=payout.payout_id)) == payout
    assert await perform(runtime, caller, FindPayout("r", payout.payout_id)) == payout
    assert await perform(runtime, caller, FindPayout("r", payout.payout_id + 1)) is Refusal.PAYOUT_NOT_FOUND
    assert await perform(runtime, caller, FindPayout("s")) is Refusal.PAYOUT_NOT_FOUND
    assert await perform(runtime, caller, ReadBalances()) == (Balance("BRL", 90, 10),)
    assert await perform(runtime, caller, ReadBalances("USD")) == ()
    assert await perform(runtime, caller, Greet()) is None


async def test_the_balances_of_all_currencies_come_in_order(world: World) -> None:
    account_id = await world.account()
    for currency in ("USD", "BRL", "SGD"):
        await world.fund(account_id, 5, currency)
    read = await perform(world.runtime, await caller_of(world, account_id), ReadBalances())
    assert isinstance(read, tuple)
    assert [balance.currency for balance in read] == ["BRL", "SGD", "USD"]


@pytest.mark.parametrize("number", [2**63, 2**64 + 1, 10**40, -1, -(2**63) - 1])
async def test_a_number_that_can_be_no_id_finds_nothing(plain_world: World, number: int) -> None:
    account_id = await plain_world.account(fund=100)
    await plain_world.order(account_id, 10, "r")
    caller = await caller_of(plain_world, account_id)
    change = ChangeBankAccount(claim("c"), number, lambda _present: DETAILS)
    asked = {
        FindPayout(payout_id=number): Refusal.PAYOUT_NOT_FOUND,
        FindPayout("r", number): Refusal.PAYOUT_NOT_FOUND,
        FindOrder(order_id=number): Refusal.PAYOUT_NOT_FOUND,
        FindOrder("r", number): Refusal.PAYOUT_NOT_FOUND,
        FindBankAccount(number): Refusal.BANK_ACCOUNT_NOT_FOUND,
        FindTransfer(number): Refusal.TRANSFER_NOT_FOUND,
        change: Refusal.BANK_ACCOUNT_NOT_FOUND,
    }
    assert {ask: await perform(plain_world.runtime, caller, ask) for ask in asked} == asked


async def test_a_master_acts_in_its_sub_account_and_nobody_else_does(world: World) -> None:
    master, stranger = await world.account(fund=100), await world.account(fund=100)
    child = await world.account(fund=50, parent_id=master)
    as_master = await caller_of(world, master, for_child=child)
    payout = await world.order(child, 10, "there")
    answers = [await perform(world.runtime, as_master, ask) for ask in EVERY_ASK]
    assert kinds(answers[:5]) == {Payout: 2, Unclaimed: 1, tuple: 1, NoneType: 1}
    assert kinds(answers[5:]) == {
        WholeOrder: 2,
        PayoutsListed: 1,
        Payout: 1,
        OwnBankAccount: 1,
        Counted: 2,
        Refusal.BANK_ACCOUNT_NOT_FOUND: 2,
        Refusal.TARGET_NOT_FOUND: 1,
        Refusal.TRANSFER_NOT_FOUND: 1,
    }
    assert answers[2] == payout
    assert answers[3] == (Balance("BRL", 30, 20),)
    assert answers[6] == WholeOrder(payout.payout_id, "there", payout.created_ms, (payout,))
    assert answers[12] == Counted((answers[9],), 1)
    assert answers[15] == Counted((), 0)
    as_stranger = await caller_of(world, stranger, for_child=child)
    for ask in EVERY_ASK:
        assert await perform(world.runtime, as_stranger, ask) is Refusal.ACCOUNT_NOT_FOUND
    nowhere = replace(as_stranger, account_id=uuid4())
    for ask in EVERY_ASK:
        assert await perform(world.runtime, nowhere, ask) is Refusal.ACCOUNT_NOT_FOUND


@pytest.mark.parametrize("through_master", [False, True], ids=["own account", "sub-account"])
@pytest.mark.parametrize("ask", EVERY_ASK, ids=lambda ask: type(ask).__name__)
async def test_every_ask_is_guarded(world: World, ask: Ask[Any], through_master: bool) -> None:
    account_id = await world.account(fund=100)
    child = await world.account(fund=100, parent_id=account_id) if through_master else None
    caller = await caller_of(world, account_id, for_child=child)
    await perform(world.runtime, with_nonce(caller, "n1"), ask)
    with pytest.raises(NonceRepeated):
        await perform(world.runtime, with_nonce(caller, "n1"), ask)
    answers = await at_once(*(perform(world.runtime, with_nonce(caller, "n2"), ask) for _ in range(4)))
    assert kinds(answers)[NonceRepeated] == 3
    stale = replace(caller, guard=replace(caller.guard, version=2))
    with pytest.raises(CredentialChanged):
        await perform(world.runtime, stale, ask)
    await mark_revoked(world.runtime.database, caller.guard.key_id, world.clock())
    with pytest.raises(CredentialChanged):
        await perform(world.runtime, caller, ask)


async def test_a_guard_proves_only_its_own_account(world: World) -> None:
    """A credential of one account, presented as another's, is no credential of that one."""
    owner, victim = await world.account(fund=100), await world.account(fund=100)
    own = (await caller_of(world, owner)).guard
    forged = Guard(victim, own.key_id, own.version)
    for ask in EVERY_ASK:
        with pytest.raises(CredentialChanged):
            await perform(world.runtime, Caller(victim, forged), ask)


async def test_a_payout_keeps_the_api_and_the_key_that_ordered_it_and_where_to_tell_of_it(world: World) -> None:
    master, child = await world.account(fund=100), await world.account(fund=100)
    await world.admin.execute("update accounts set parent_id = $1 where account_id = $2", master, child)
    caller = replace(await caller_of(world, master, for_child=child), dialect="some api")
    ask, batch = order_ask(10, "one"), batch_ask("several", [1, 2], notify_url="https://merchant.example/n")
    ordered = await perform(world.runtime, caller, ask)
    ordered_together = await perform(world.runtime, caller, batch)
    assert isinstance(ordered, Payout)
    assert isinstance(ordered_together, WholeOrder)
    made = (ordered, *ordered_together.payouts)
    assert {payout.origin for payout in made} == {Origin("some api", f"key of {master}")}
    assert [payout.notify_url for payout in made] == [None, *["https://merchant.example/n"] * 2]
    for payout in made:
        assert await world.payout(payout) == payout
