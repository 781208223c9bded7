"""A merchant's own bank accounts: registered, changed, and where a payout without a beneficiary goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import (
    UNCLAIMED,
    AddBankAccount,
    ChangeBankAccount,
    Counted,
    FindBankAccount,
    ListBankAccounts,
    Repeated,
    Unfit,
)
from outlay.core.bank_account import OwnBankAccount
from outlay.core.beneficiary import OWN_ACCOUNT
from outlay.core.destination import DestinationKind
from outlay.core.limits import Limits
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.sandbox.bank_accounts import INVALID_ENDING
from outlay.service.merchant.bank_accounts import BankAccountChange, add_bank_account, change_bank_account
from outlay.service.merchant.perform import perform
from outlay.service.operator.accounts import block_recipient, change_account, set_limits, switch_method
from outlay.service.runtime import Caller, Runtime
from tests.apis.uqpay.said import own_account_codes
from tests.support.asks import DETAILS, bank_account_ask, caller_in, claim, to_own_account
from tests.support.world import World, at_once, kinds, order, order_ask

INVALID = f"1234{INVALID_ENDING}"


class Owner:
    """An account with money, and who speaks for it."""

    def __init__(self, world: World, account_id: UUID, caller: Caller) -> None:
        self.world, self.account_id, self.caller = world, account_id, caller

    async def do(self, ask: Any) -> Any:
        return await perform(self.world.runtime, self.caller, ask)

    async def add(self, reference: str, **also: Any) -> OwnBankAccount:
        saved = await self.do(bank_account_ask(reference, **also))
        assert isinstance(saved, OwnBankAccount), saved
        self.world.clock.advance(1)
        return saved

    async def pay(self, reference: str, **also: Any) -> Any:
        return await self.do(to_own_account(10, reference, **also))


async def owner_in(world: World, **also: Any) -> Owner:
    account_id = await world.account(fund=1000, name="Kopi & Co", **also)
    return Owner(world, account_id, await caller_in(world, account_id))


def change(reference: str, bank_account_id: int, **details: Any) -> ChangeBankAccount:
    return ChangeBankAccount(
        claim(reference, f"{bank_account_id} {details}", "change bank account"),
        bank_account_id,
        lambda present: replace(present.details, **details),
    )


async def changed(runtime: Runtime, account_id: UUID, ask: ChangeBankAccount) -> Any:
    """As it is carried out for somebody who is proved."""
    assert ask.change is not None
    return await change_bank_account(runtime, account_id, ask.claim, BankAccountChange(ask.bank_account_id, ask.change))


async def test_a_bank_account_is_kept_as_it_was_told_under_the_accounts_own_name(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("k", account_name="somebody else")
    assert made.details == replace(DETAILS, account_name="Kopi & Co")
    assert (made.currency, made.is_valid) == ("BRL", True)
    assert made.created_ms == made.updated_ms == world.clock() - 1
    assert await owner.do(FindBankAccount(made.bank_account_id)) == made


async def test_a_change_keeps_currency_name_and_the_time_of_making(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("k")
    changed = await owner.do(change("c", made.bank_account_id, account_number="777", bank_name="Itaú"))
    assert changed == replace(
        made,
        details=replace(made.details, account_number="777", bank_name="Itaú"),
        updated_ms=world.clock(),
    )
    assert await owner.do(FindBankAccount(made.bank_account_id)) == changed
    invalid = await owner.do(change("c2", made.bank_account_id, account_number=INVALID))
    assert not invalid.is_valid


async def test_only_the_rail_that_would_pay_to_it_finds_a_bank_account_invalid(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("here", account_number=INVALID)
    assert not made.is_valid
    await world.admin.execute("update accounts set rail = 'elsewhere' where account_id = $1", owner.account_id)
    assert (await owner.add("there", account_number=INVALID)).is_valid
    changed = await owner.do(change("c", made.bank_account_id, bank_name="Itaú"))
    assert changed.is_valid, "nothing is known of it there"


async def test_a_repeat_is_told_with_the_bank_account_as_it_is_now(world: World) -> None:
    owner = await owner_in(world)
    ask = bank_account_ask("k")
    made = await owner.add("k")
    edit = change("c", made.bank_account_id, bank_name="Itaú")
    changed = await owner.do(edit)
    assert await owner.do(ask) == Repeated(True, True, changed)
    assert await owner.do(edit) == Repeated(True, True, changed)
    assert await owner.do(bank_account_ask("k", bank_name="other")) == Repeated(False, True, changed)
    assert await owner.do(change("k", made.bank_account_id)) == Repeated(False, False, changed)
    assert await owner.do(AddBankAccount(ask.claim, None)) == Repeated(True, True, changed)
    assert await owner.do(AddBankAccount(claim("free"), None)) == UNCLAIMED
    assert await world.count("bank_accounts") == 1


async def test_a_reference_of_another_kind_shows_nothing_of_it(world: World) -> None:
    owner = await owner_in(world)
    await world.order(owner.account_id, 10, "payout")
    await owner.add("bank account")
    assert await owner.do(bank_account_ask("payout")) == Repeated(False, False, None)
    assert await owner.do(order_ask(10, "bank account")) == Repeated(False, False, None)
    process = await world.process()
    added = bank_account_ask("same")
    assert added.bank_account is not None
    together = await at_once(
        add_bank_account(process, owner.account_id, added.claim, added.bank_account),
        order(process, owner.account_id, order_ask(10, "same")),
    )
    assert isinstance(together[0], OwnBankAccount)
    assert together[1] == Repeated(False, False, None), "also where one commit has both at hand"


async def test_a_change_that_is_at_fault_changes_nothing_and_binds_no_reference(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("k")
    wrong = ChangeBankAccount(claim("c"), made.bank_account_id, lambda _present: None)
    assert await owner.do(wrong) == Unfit(made)
    assert await owner.do(change("c", 42)) is Refusal.BANK_ACCOUNT_NOT_FOUND
    assert await owner.do(FindBankAccount(made.bank_account_id)) == made
    assert isinstance(await owner.do(change("c", made.bank_account_id, bank_name="free")), OwnBankAccount)


async def test_somebody_elses_bank_account_is_not_there(world: World) -> None:
    owner, thief = await owner_in(world), await owner_in(world)
    made = await owner.add("k")
    assert await thief.do(FindBankAccount(made.bank_account_id)) is Refusal.BANK_ACCOUNT_NOT_FOUND
    assert await thief.do(change("c", made.bank_account_id)) is Refusal.BANK_ACCOUNT_NOT_FOUND
    assert await thief.do(ListBankAccounts(0, 10)) == Counted((), 0)
    paid = await thief.pay("r")
    assert paid.beneficiary == OWN_ACCOUNT


async def test_a_closed_account_registers_nothing(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("k")
    await world.close_account(owner.account_id)
    assert await owner.do(bank_account_ask("new")) is Refusal.ACCOUNT_CLOSED
    assert await owner.do(change("c", made.bank_account_id)) is Refusal.ACCOUNT_CLOSED
    assert await owner.do(bank_account_ask("k")) == Repeated(True, True, made), "a resend is no new wish"


async def test_they_are_listed_newest_first_in_pages(world: World) -> None:
    owner = await owner_in(world)
    made = [await owner.add(f"k{n}") for n in range(5)]
    newest = tuple(reversed(made))
    assert await owner.do(ListBankAccounts(0, 2)) == Counted(newest[:2], 5)
    assert await owner.do(ListBankAccounts(4, 2)) == Counted(newest[4:], 5)
    assert await owner.do(ListBankAccounts(9, 2)) == Counted((), 5)


# Where a payout without a beneficiary goes


async def test_the_newest_valid_one_in_the_currency_is_paid(world: World) -> None:
    owner = await owner_in(world)
    await owner.add("a", account_number="1")
    await owner.add("b", account_number="2", code_type="aba", code_value="021000021")
    await owner.add("c", account_number=INVALID)
    await owner.add("d", account_number="4", currency="USD")
    paid = await owner.pay("r")
    assert isinstance(paid, Payout)
    to = paid.beneficiary
    assert (to.kind, to.account_number, to.name) == (DestinationKind.OWN_ACCOUNT, "2", "Kopi & Co")
    assert own_account_codes(to.destination) == {"aba": "021000021", "branch": "0001"}
    assert (to.bank_name, to.swift_code, to.country) == ("Banco do Brasil", "BRASBRRJ", "BR")
    assert await world.payout(paid) == paid


async def test_a_payout_keeps_the_account_that_it_was_ordered_for(world: World) -> None:
    owner = await owner_in(world)
    made = await owner.add("a", account_number="1")
    paid = await owner.pay("r")
    await owner.do(change("c", made.bank_account_id, account_number="2"))
    assert (await world.payout(paid)).beneficiary.account_number == "1"
    assert (await owner.pay("r2")).beneficiary.account_number == "2"


@pytest.mark.parametrize("needs", [False, True])
async def test_without_a_valid_one_only_an_account_that_needs_none_pays(world: World, needs: bool) -> None:
    owner = await owner_in(world, needs_bank_account=needs)
    await owner.add("invalid", account_number=INVALID)
    await owner.add("other", currency="USD")
    answer = await owner.pay("r")
    if needs:
        assert answer is Refusal.BANK_ACCOUNT_NOT_FOUND
        await owner.add("good")
        assert isinstance(await owner.pay("r"), Payout), "the refusal bound no reference"
    else:
        assert answer.beneficiary == OWN_ACCOUNT


async def test_what_turns_invalid_in_the_same_commit_gives_way_to_the_one_before(world: World) -> None:
    owner = await owner_in(world, needs_bank_account=True)
    made = [await owner.add(f"k{n}", account_number=str(n)) for n in range(4)]
    process = await world.process()
    answers = await at_once(
        *(
            changed(process, owner.account_id, change(f"c{n}", made[n].bank_account_id, account_number=INVALID))
            for n in (3, 2)
        ),
        order(process, owner.account_id, to_own_account(10, "r")),
    )
    assert kinds(answers) == {OwnBankAccount: 2, Payout: 1}
    assert answers[2].beneficiary.account_number == "1"
    assert (
        await world.admin.fetchval("select count(distinct xmin::text) from claims where reference in ('c2', 'r')") == 1
    )


@pytest.mark.parametrize("currency", ["BRL", "USD"])
async def test_a_change_of_another_one_in_the_same_commit_does_not_make_it_the_newest(
    world: World, currency: str
) -> None:
    owner = await owner_in(world)
    older = await owner.add("older", account_number="1", currency=currency)
    await owner.add("newest", account_number="2")
    later = await owner.add("later", account_number="3", currency="USD")
    process = await world.process()
    answers = await at_once(
        changed(process, owner.account_id, change("c1", older.bank_account_id, bank_name="x")),
        changed(process, owner.account_id, change("c2", later.bank_account_id, bank_name="x")),
        order(process, owner.account_id, to_own_account(10, "r")),
    )
    assert answers[2].beneficiary.account_number == "2"


async def test_of_a_closed_account_that_is_told_first(world: World) -> None:
    owner = await owner_in(world, needs_bank_account=True)
    await set_limits(world.runtime, owner.account_id, "BRL", Limits(50, 60))
    await switch_method(world.runtime, owner.account_id, "BRL", "own_account", on=False)
    assert await owner.pay("r") is Refusal.BANK_ACCOUNT_NOT_FOUND
    await owner.add("a", account_number="1")
    await block_recipient(world.runtime, owner.account_id, "1", why="fraud", by="ana")
    assert await owner.pay("r") is Refusal.METHOD_OFF
    await switch_method(world.runtime, owner.account_id, "BRL", "own_account", on=True)
    assert await owner.pay("r") is Refusal.RECIPIENT_BLOCKED
    await owner.add("b", account_number="2")
    assert await owner.pay("r") is Refusal.AMOUNT_TOO_SMALL
    await change_account(world.runtime, owner.account_id, is_open=False)
    empty = await owner_in(world, needs_bank_account=True)
    await world.close_account(empty.account_id)
    for closed in (owner, empty):
        ask = to_own_account(10, "r")
        assert await order(world.runtime, closed.account_id, ask) is Refusal.ACCOUNT_CLOSED
