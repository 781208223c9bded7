"""The proof of the books must itself be able to fail: each check is shown one fault that it is there to find."""

from __future__ import annotations

import pytest

from outlay.core.fees import FeePlan
from outlay.core.outcome import Accepted, Paid, Returned
from outlay.core.payout import BeginAttempt, Settle
from outlay.service.move_payout import move_payout
from outlay.store.proof import CHECKS, MOST_FAULTS_SHOWN, book_totals, run_check
from tests.support.world import World

FAULTS = {
    "sums": "update balances set minor = minor + 1 where book = 'available'",
    "drift": "update postings set amount_minor = amount_minor + 1 where source = 'held' and target = 'fees'",
    "overdrafts": "update balances set minor = -1 where book = 'held'",
    "holds": "update payouts set fee_minor = fee_minor + 1 where state = 'processing'",
    "cleared": "update balances set minor = minor - 1 where book like 'clearing:%'",
    "fees": "update payouts set fee_minor = fee_minor + 1 where state = 'paid'",
    "funded": "delete from fundings",
    "paid once": "update postings set subject_id = 1 where target like 'clearing:%'",
    "returns": "delete from returns",
    "facts": "delete from facts where number = 2",
    "references": "delete from claims where reference = 'under way'",
    "worked on": "delete from work",
}


async def lively_books(world: World) -> None:
    account_id = await world.account(fund=10_000, fee=FeePlan(fixed_minor=5))
    await world.order(account_id, 10, "reserved")
    under_way = await world.order(account_id, 20, "under way")
    paid = await world.order(account_id, 30, "paid")
    for payout, events in (
        (under_way, [BeginAttempt(), Settle(1, Accepted("X"))]),
        (paid, [BeginAttempt(), Settle(1, Paid("X")), Returned("R1", 4)]),
    ):
        for event in events:
            await move_payout(world.runtime, account_id, payout.payout_id, event)


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
        await world.admin.execute("alter table balances drop constraint only_funding_is_negative")
    try:
        assert await world.admin.execute(FAULTS[name]) not in ("UPDATE 0", "DELETE 0")
        assert name in await world.faults_in_the_books()
    finally:
        if name == "overdrafts":
            await world.admin.execute(
                "delete from balances; alter table balances add constraint only_funding_is_negative"
                " check (minor >= 0 or book = 'funding')"
            )


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
        ("BRL", "available"): 10_000 - 15 - 25 - 35 + 4,
        ("BRL", "held"): 15 + 25,
        ("BRL", "clearing:sandbox"): 26,
        ("BRL", "fees"): 5,
        ("BRL", "funding"): -10_000,
        ("USD", "available"): 70,
        ("USD", "funding"): -70,
    }
