"""The proof of the books must itself be able to fail: each check is shown one fault that it is there to find."""

from __future__ import annotations

from uuid import UUID

import pytest

from outlay.core.account import Account
from outlay.core.events import BeginAttempt, Heard
from outlay.core.fees import FeePlan
from outlay.core.outcome import Accepted, Paid, Returned
from outlay.core.payout import INTERNAL_RAIL
from outlay.core.refusal import Refusal
from outlay.service.internal_rail import InternalRail
from outlay.service.move_payout import move_payout
from outlay.service.perform import perform
from outlay.store.accounts import find_account
from outlay.store.proof import CHECKS, MOST_FAULTS_SHOWN, book_totals, run_check
from tests.support.asks import (
    bank_account_ask,
    batch_ask,
    caller_in,
    give,
    place_batch,
    to_account,
    transfer_ask,
)
from tests.support.rails import submitter_of
from tests.support.world import World

FAULTS = {
    "sums": "update balances set minor = minor + 1 where book = 'available'",
    "drift": "update postings set amount_minor = amount_minor + 1 where source = 'held' and target = 'fees'",
    "overdrafts": "update balances set minor = -1 where book = 'held'",
    "holds": "update payouts set fee_minor = fee_minor + 1 where state = 'processing'",
    "cleared": "update balances set minor = minor - 1 where book like 'clearing:%'",
    "fees": "update payouts set fee_minor = fee_minor + 1 where state = 'paid'",
    "funded": "delete from fundings",
    "paid once": "update postings set subject_id = 1 where target = 'clearing:sandbox'",
    "returns": "delete from returns",
    "facts": "delete from facts where number = 2",
    "references": "delete from claims where reference = 'under way'",
    "batches": "update batches set total_minor = total_minor + 1",
    "transfers": "update transfers set amount_minor = amount_minor + 1 where direction = 'out'",
    "given and taken": "delete from transfers where direction = 'in' and not is_payout",
    "worked on": "delete from work",
}

SUBTLE = (
    ("batches", "delete from payouts where reference = 'd0'"),
    ("batches", "update payouts set amount_minor = amount_minor + 1 where reference = 'd0'"),
    ("batches", "update payouts set currency = 'USD' where reference = 'd0'"),
    ("batches", "update payouts set currency = 'USD' where batch_id is not null"),
    ("batches", "update payouts set batch_id = 1 where reference = 'd0'"),
    ("batches", "delete from batches"),
    ("batches", "delete from claims where reference = 'batch'"),
    ("references", "update claims set subject_id = 1 where reference = 'batch'"),
    ("references", "update batches set reference = 'another'"),
    ("references", "delete from bank_accounts"),
    ("references", "delete from transfers where not is_payout"),
    (
        "references",
        "update claims set subject_id = (select payout_id from payouts where reference = 'd0')"
        " where reference = 'batch'",
    ),
    ("references", "update claims set reference = 'another' where reference = 'paid'"),
    ("transfers", "delete from transfers where direction = 'out'"),
    ("transfers", "update transfers set currency = 'USD' where direction = 'in'"),
    ("transfers", "delete from postings where source = 'transfers'; delete from transfers where is_payout"),
    ("given and taken", "delete from transfers where direction = 'out'"),
    ("given and taken", "delete from transfers where is_payout"),
    (
        "given and taken",
        "update transfers set amount_minor = amount_minor + 1 where direction = 'in' and not is_payout",
    ),
    ("given and taken", "update transfers set amount_minor = amount_minor + 1 where is_payout"),
    ("given and taken", "update transfers set currency = 'USD' where direction = 'in' and not is_payout"),
    ("given and taken", "update payouts set state = 'expired' where rail = 'internal'"),
    ("given and taken", "update payouts set rail = 'sandbox' where rail = 'internal'"),
)
"""Further faults that a check is there to find, each by another of its conditions."""


async def lively_books(world: World) -> None:
    account_id = await world.account(fund=10_000, fee=FeePlan(fixed_minor=5))
    await world.order(account_id, 10, "reserved")
    under_way = await world.order(account_id, 20, "under way")
    paid = await world.order(account_id, 30, "paid")
    for payout, events in (
        (under_way, [BeginAttempt(), Heard(1, Accepted("X"))]),
        (paid, [BeginAttempt(), Heard(1, Paid("X")), Heard(1, Returned("R1", 4))]),
    ):
        for event in events:
            await move_payout(world.runtime, account_id, payout.payout_id, event)
    await place_batch(world.runtime, account_id, batch_ask("batch", [40, 50]))
    child = await world.account(parent_id=account_id)
    caller = await caller_in(world, account_id)
    for ask in (
        bank_account_ask("bank account"),
        transfer_ask("transfer", account_id, child, 60),
        to_account(70, "internal", child),
    ):
        assert not isinstance(await perform(world.runtime, caller, ask), Refusal)
    await submitter_of(world.runtime, {INTERNAL_RAIL: InternalRail(world.runtime)}).run_due()
    world.clock.advance(1)
    await give(world.runtime, account_id, await account_in(world, child), 80, "half-way")


async def account_in(world: World, account_id: UUID) -> Account:
    account = await find_account(world.runtime.database, account_id)
    assert account is not None
    return account


def test_every_check_has_a_fault_to_find() -> None:
    assert set(FAULTS) == {check.name for check in CHECKS}


async def test_honest_books_have_no_faults(world: World) -> None:
    await lively_books(world)
    assert await world.faults_in_the_books() == {}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_found(plain_world: World, name: str) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    await lively_books(world)
    if name == "overdrafts":  # the database itself would refuse it
        await world.admin.execute("alter table balances drop constraint only_mirrors_are_negative")
    try:
        assert await world.admin.execute(FAULTS[name]) not in ("UPDATE 0", "DELETE 0")
        assert name in await world.faults_in_the_books()
    finally:
        if name == "overdrafts":
            await world.admin.execute(
                "delete from balances; alter table balances add constraint only_mirrors_are_negative"
                " check (minor >= 0 or book in ('funding', 'transfers'))"
            )


@pytest.mark.parametrize(("name", "sql"), SUBTLE)
async def test_a_subtle_fault_is_found_too(plain_world: World, name: str, sql: str) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    await lively_books(world)
    assert await world.admin.execute(sql) not in ("UPDATE 0", "DELETE 0")
    assert name in await world.faults_in_the_books()


async def test_a_flood_of_faults_is_cut_short(plain_world: World) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    account_id = await world.account()
    await world.admin.execute(
        "insert into balances (account_id, currency, book, minor) select $1, 'X' || n, 'available', 1"
        " from generate_series(1, 50) n",
        account_id,
    )
    result = await run_check(world.runtime.database, next(check for check in CHECKS if check.name == "sums"))
    assert len(result.faults) == MOST_FAULTS_SHOWN


async def test_the_totals_of_all_books_add_up_to_zero_in_each_currency(world: World) -> None:
    await lively_books(world)
    await world.account(fund=70, currency="USD")
    totals = {(total.currency, total.book): total.minor for total in await book_totals(world.runtime.database)}
    assert totals == {
        ("BRL", "available"): 10_000 - 15 - 25 - 35 + 4 - 45 - 55 - 5 - 80,
        ("BRL", "held"): 15 + 25 + 45 + 55,
        ("BRL", "clearing:sandbox"): 26,
        ("BRL", "clearing:internal"): 70,
        ("BRL", "fees"): 5 + 5,
        ("BRL", "transfers"): 80 - 70,
        ("BRL", "funding"): -10_000,
        ("USD", "available"): 70,
        ("USD", "funding"): -70,
    }
