"""The proof of the books must itself be able to fail: each check is shown one fault that it is there to find."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from outlay.core.attempt import RailTerms
from outlay.core.events import Heard, SendAgain, Source
from outlay.core.outcome import NotFound
from outlay.core.proof import MOST_FAULTS_SHOWN
from outlay.store.database import Database
from outlay.store.read.proof import CHECKS, book_totals, run_check
from tests.store.every_book import all_books, lively_books
from tests.support.databases import PLAIN, Kept, Server
from tests.support.situations import LONG_MS, moved, sent
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
    "attempts": "update attempts set state = 'refused' where state = 'paid'",
    "sends": "update attempts set sends = sends || '[[3, 0, 0, 0, false]]' where jsonb_array_length(sends) = 1",
    "cases": "delete from cases where number = 1",
    "attempt references": "update attempts set reference = 'the same'",
}

DOUBTED = "select payout_id from attempts where state = 'paid_unbooked'"
AGAIN = "select payout_id from facts where kind = 'sent_again'"
ANY_PAID, OTHER_PAID = (
    f"(select {one}(payout_id) from payouts where state = 'paid' and returned_minor = 0)" for one in ("min", "max")
)
SUBTLE = (
    (
        "drift",
        "insert into postings select account_id, 1, 1, 1, 'available', 'held', currency, 1, 0 from balances limit 1",
    ),
    ("drift", "update balances set minor = minor + 1 where book = 'available'"),
    ("holds", "update payouts set amount_minor = amount_minor + 1 where state = 'processing'"),
    ("cleared", f"update payouts set amount_minor = amount_minor + 1 where payout_id = {ANY_PAID}"),
    ("paid once", f"update payouts set amount_minor = amount_minor + 1 where payout_id = {ANY_PAID}"),
    (
        "paid once",
        f"update payouts set amount_minor = amount_minor + 1 where payout_id = {ANY_PAID};"
        f" update payouts set amount_minor = amount_minor - 1 where payout_id = {OTHER_PAID}",
    ),
    ("facts", f"delete from facts where payout_id = {ANY_PAID} and number = 2"),
    ("references", f"delete from claims where subject_id = {ANY_PAID}"),
    ("given and taken", "update transfers set target_id = gen_random_uuid() where direction = 'out'"),
    ("attempts", f"update attempts set state = 'refused' where payout_id = {ANY_PAID}"),
    ("cases", f"update payouts set case_count = 1 where payout_id = {ANY_PAID}"),
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
    ("attempts", "delete from attempts where state = 'accepted'"),
    (
        "attempts",
        "delete from attempts where state = 'paid'; update payouts set attempt_count = 0 where state = 'paid'",
    ),
    ("attempts", f"delete from payouts where payout_id = ({DOUBTED})"),
    ("attempts", "update attempts set number = 2 where state = 'accepted'"),
    ("attempts", "update attempts set state = 'paid' where state = 'accepted'"),
    ("attempts", "update attempts set state = 'paid_unbooked' where state = 'accepted'"),
    ("attempts", "update attempts set state = 'accepted' where state = 'paid_unbooked'"),
    ("attempts", "update attempts set state = 'paid' where state = 'paid_unbooked'"),
    ("attempts", "update payouts set rail = 'another' where state = 'paid' and rail = 'sandbox'"),
    ("attempts", "update payouts set rail = 'outside' where state = 'paid' and rail = 'sandbox'"),
    ("attempts", "update payouts set rail = 'sandbox' where rail = 'outside'"),
    (
        "attempts",
        "drop index attempts_one_live; insert into attempts (account_id, payout_id, number, rail, reference, state,"
        " begun_ms) select account_id, payout_id, 2, rail, reference || '2', state, begun_ms from attempts"
        " where state = 'accepted'; update payouts p set attempt_count = 2 where exists (select from attempts t"
        " where t.payout_id = p.payout_id and t.number = 2)",
    ),
    (
        "attempts",
        "update payouts set state = 'cancelled', completed_ms = 1 where attempt_count > 0 and state = 'processing'",
    ),
    ("sends", f"update attempts set sends = '[]' where payout_id = ({AGAIN})"),
    ("sends", f"update attempts set sends = sends - 0 where payout_id = ({AGAIN})"),
    ("sends", f"update attempts set sends = sends - 1 where payout_id = ({AGAIN})"),
    ("sends", f"update attempts set sends = jsonb_set(sends, '{{1,0}}', '3') where payout_id = ({AGAIN})"),
    ("sends", f"update attempts set sends = jsonb_set(sends, '{{0,4}}', 'true') where payout_id = ({AGAIN})"),
    ("sends", f"update attempts set sends = jsonb_set(sends, '{{1,4}}', 'false') where payout_id = ({AGAIN})"),
    ("sends", "delete from facts where kind = 'sent_again'"),
    ("sends", "delete from facts where kind = 'sent_late'"),
    ("cases", "update payouts set case_count = 3 where case_count = 1"),
    ("cases", "update cases set number = 2"),
    ("cases", "update cases set fact_number = 99"),
    ("cases", "update cases set attempt_number = 2 where kind = 'paid_after_failed'"),
    ("cases", "update cases set attempt_number = 2 where kind = 'second_reference'"),
    ("cases", "update cases set payout_id = payout_id + 4096"),
    ("cases", "update attempts set state = 'refused' where state = 'accepted'"),
    (
        "cases",
        "update cases set closed_ms = 1, closed_by = '{Ana}', remedy = 'nothing' where kind = 'parked' and payout_id ="
        " (select payout_id from payouts where reference = 'dead')",
    ),
)
"""Further faults that a check is there to find, each by another of its conditions."""


def test_every_check_has_a_fault_to_find() -> None:
    assert set(FAULTS) == {check.name for check in CHECKS}


async def test_honest_books_have_no_faults(world: World) -> None:
    await all_books(world)
    assert await world.faults_in_the_books() == {}


class Planted:
    """Shows a check the books as one connection sees them, with what was changed there and will be taken back."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connection(self, _seconds: float | None = None) -> AsyncIterator[Any]:
        yield self._connection


@pytest.fixture(scope="module")
def books(server: Server) -> Kept:
    """Honest books that are made once: each fault is planted in them and taken back."""
    kept = server.another(PLAIN)

    async def keep() -> None:
        async with World(kept) as world:
            await all_books(world)

    server.runner.run(keep())
    return kept


async def finds(books: Kept, name: str, sql: str) -> bool:
    """Whether the check of that name finds what these statements do."""
    planting = books.admin.transaction()
    await planting.start()
    try:
        assert await books.admin.execute(sql) not in ("UPDATE 0", "DELETE 0")
        check = next(check for check in CHECKS if check.name == name)
        return bool((await run_check(cast("Database", Planted(books.admin)), check)).faults)
    finally:
        await planting.rollback()


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_found(books: Kept, name: str) -> None:
    # Of an overdraft the database itself would refuse to hear.
    first = "alter table balances drop constraint only_mirrors_are_negative; " if name == "overdrafts" else ""
    assert await finds(books, name, first + FAULTS[name])


@pytest.mark.parametrize(("name", "sql"), SUBTLE)
async def test_a_subtle_fault_is_found_too(books: Kept, name: str, sql: str) -> None:
    assert await finds(books, name, sql)


async def test_what_left_before_sends_were_numbered_counts_as_one_without_a_fact(plain_world: World) -> None:
    """As the update to revision 0005 leaves an attempt that is under way."""
    payout = await sent(plain_world, await plain_world.order(await plain_world.account(fund=100), 30))
    old = "update attempts set sends = jsonb_set(sends, '{0,0}', '2') where payout_id = $1"
    assert await plain_world.admin.execute(old, payout.payout_id) == "UPDATE 1"
    assert await plain_world.faults_in_the_books() == {}
    plain_world.clock.advance(LONG_MS)
    for number in (1, 2):
        question = Heard(1, NotFound(), Source.ASK, f"question {number}", asked_ms=plain_world.clock())
        await moved(plain_world, payout, question)
        plain_world.clock.advance(LONG_MS)
    await moved(plain_world, payout, SendAgain(1, RailTerms("sandbox", refuses_duplicates=True), plain_world.clock()))
    assert await plain_world.faults_in_the_books() == {}
    await plain_world.admin.execute("update attempts set sends = sends - 0")
    assert "sends" in await plain_world.faults_in_the_books()
    plain_world.books_are_wrong_on_purpose = True


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
