"""The operator's side: accounts, terms, money that comes in."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from outlay.core.account import Account
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.refusal import Refusal
from outlay.service.operator.accounts import open_account, set_fee, set_limits
from outlay.service.operator.fund_account import Funded, FundingResult, fund_account
from outlay.store.accounts import read_account, read_accounts, terms_of
from tests.support.world import World


async def test_money_is_booked_once_per_reference(world: World) -> None:
    account_id = await world.account()
    booked = await fund_account(world.runtime, account_id, "BRL", 100, "wire 1")
    assert booked == Funded(FundingResult.BOOKED, 100)
    other = await world.process()
    assert await fund_account(other, account_id, "BRL", 100, "wire 1") == Funded(FundingResult.REPEATED, 100)
    assert await fund_account(other, account_id, "BRL", 101, "wire 1") == Funded(FundingResult.CONFLICT, 100)
    assert await fund_account(other, account_id, "USD", 100, "wire 1") == Funded(FundingResult.CONFLICT, 0)
    assert await fund_account(other, account_id, "BRL", 5, "wire 2") == Funded(FundingResult.BOOKED, 105)
    assert await world.books(account_id) == {"funding": -105, "available": 105}


async def test_two_accounts_may_use_the_same_funding_reference(world: World) -> None:
    for _ in range(2):
        funded = await fund_account(world.runtime, await world.account(), "BRL", 100, "wire 1")
        assert funded == Funded(FundingResult.BOOKED, 100)


async def test_a_funding_reference_and_a_payout_reference_are_two_things(world: World) -> None:
    account_id = await world.account()
    await fund_account(world.runtime, account_id, "BRL", 100, "same")
    await world.order(account_id, 10, "same")


async def test_nothing_is_booked_for_an_account_that_is_not_there(world: World) -> None:
    assert await fund_account(world.runtime, uuid4(), "BRL", 100, "wire 1") is Refusal.ACCOUNT_NOT_FOUND
    assert await world.count("fundings") == 0


@pytest.mark.parametrize("amount_minor", [0, -5])
async def test_an_amount_that_is_not_positive_is_never_booked(world: World, amount_minor: int) -> None:
    account_id = await world.account(fund=10)
    with pytest.raises((ValueError, asyncpg.CheckViolationError)):
        await fund_account(world.runtime, account_id, "BRL", amount_minor, "wire 1")
    assert await world.books(account_id) == {"funding": -10, "available": 10}


async def test_more_than_the_books_can_hold_is_an_error_and_changes_nothing(world: World) -> None:
    account_id = await world.account(fund=10)
    with pytest.raises(asyncpg.DataError):
        await fund_account(world.runtime, account_id, "BRL", 2**63 - 5, "wire 1")
    assert await world.books(account_id) == {"funding": -10, "available": 10}


async def test_an_account_is_kept_as_it_was_opened(world: World) -> None:
    master = await open_account(world.runtime, name="Acme Ltda", country="BR")
    assert isinstance(master, Account)
    world.clock.advance(1)
    child = await open_account(
        world.runtime, name="Shop 1", country="SG", parent_id=master.account_id, needs_review=True
    )
    assert isinstance(child, Account)
    assert await read_account(world.runtime.database, child.account_id) == child
    assert await read_accounts(world.runtime.database) == [master, child]


async def test_a_sub_account_needs_a_master_that_is_none_itself(world: World) -> None:
    master = await world.account()
    child = await world.account(parent_id=master)
    for parent_id in (uuid4(), child):
        answer = await open_account(world.runtime, name="n", country="BR", parent_id=parent_id)
        assert answer is Refusal.ACCOUNT_NOT_FOUND
    assert await world.count("accounts") == 2


async def test_fee_and_limits_are_set_apart_from_each_other(world: World) -> None:
    account_id = await world.account()
    fee, limits = FeePlan(5, 10), Limits(2, 200)
    await set_fee(world.runtime, account_id, "BRL", fee)
    await set_limits(world.runtime, account_id, "BRL", limits)
    terms = await terms_of(world.runtime.database, account_id, "BRL")
    assert terms is not None
    assert (terms.fee, terms.limits) == (fee, limits)
    assert await terms_of(world.runtime.database, account_id, "USD") is None
    assert await set_fee(world.runtime, uuid4(), "BRL", fee) is Refusal.ACCOUNT_NOT_FOUND
