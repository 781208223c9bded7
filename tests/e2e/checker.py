"""What an installation knows of the orders that were sent to it, read from its tables: is anything lost, doubled, made
up, unfinished, or told otherwise than it happened?

It reads as the database's owner and shares no code with what writes. `outlay ledger verify` proves the books; this
proves the orders. A test plants faults to see that both find them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from outlay.postgres import open_database
from tests.e2e.orders import Sent
from tests.e2e.server import wait_until
from tests.support.superuser import superuser_url

# What an amount's cents say about its end: the state, and how much comes back.
ENDS = {
    71: ("failed", 0.0),
    72: ("failed", 0.0),
    73: ("failed", 0.0),
    81: ("paid", 1),
    82: ("paid", 1),
    83: ("paid", 0.5),
}

UNDER_WAY = """
select (select count(*) from payouts where state not in ('paid', 'failed')) + (select count(*) from bank_messages)
"""
PAYOUTS = """
select account_id::text, payout_id, reference, amount_minor, state, returned_minor from payouts order by payout_id
"""
CLAIMS = "select account_id::text, reference, subject_id from claims"
BANK = """
select payout_id, count(*) as orders, count(*) filter (where state = 'paid') as paid from bank_orders group by 1
"""
PAID_OUT = "select subject_id, count(*) as times from postings where target like 'clearing:%' group by 1"


class Row(msgspec.Struct, frozen=True):
    payout_id: int
    amount_minor: int
    state: str
    returned_minor: int


class Books:
    """The installation's database, as its owner sees it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async def ask() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self._url)
            try:
                return [tuple(row) for row in await connection.fetch(sql, *arguments)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def wait_until_settled(self, patience_s: float = 150.0) -> None:
        """Until every payout has ended and the bank has said all it had to say. Each look is on the same connection: to
        make one costs more than to look."""
        with asyncio.Runner() as runner:
            connection = runner.run(asyncpg.connect(self._url))
            try:
                settled = partial(self._is_settled, runner, connection)
                wait_until(settled, patience_s, "every payout has ended")
            finally:
                runner.run(connection.close())

    def _is_settled(self, runner: asyncio.Runner, connection: Any) -> bool:
        return bool(runner.run(connection.fetchval(UNDER_WAY)) == 0)

    def faults(self, orders: Sequence[Sent]) -> list[str]:
        """In words; empty where the installation knows exactly what its merchants were told, and every order ended."""
        by_reference: dict[tuple[str, str], list[Row]] = {}
        for account_id, payout_id, reference, *rest in self.rows(PAYOUTS):
            by_reference.setdefault((account_id, reference), []).append(Row(payout_id, *rest))
        claims = {(account, reference): payout_id for account, reference, payout_id in self.rows(CLAIMS)}
        bank = {payout_id: (orders, paid) for payout_id, orders, paid in self.rows(BANK)}
        paid_out: Counter[int] = Counter(dict(self.rows(PAID_OUT)))
        known = {(sent.client.account_id, sent.reference): sent for sent in orders}
        faults = [f"a payout that nobody ordered: {key}" for key in by_reference if key not in known]
        for key, sent in known.items():
            found = by_reference.get(key, [])
            faults += _order_faults(sent, found, claims.get(key))
            for row in found:
                faults += _bank_faults(sent, row, bank.get(row.payout_id, (0, 0)), paid_out[row.payout_id])
        return faults


@contextmanager
def books_of(data: Path) -> Iterator[Books]:
    """The books of the embedded database that runs on `data`."""
    with open_database(None, data, own="attach-or-own") as opened:
        assert opened.server is None, "a server must be running on this folder"
        yield Books(superuser_url(data))


def _order_faults(sent: Sent, found: Sequence[Row], claimed_id: int | None) -> Iterable[str]:
    """Acknowledged: there once, under the id that was told. Not acknowledged: there at most once."""
    name = f"order {sent.reference} of {sent.client.dialect.name}"
    if len(found) > 1:
        yield f"{name} exists {len(found)} times"
    if not found:
        if sent.acknowledged_id is not None:
            yield f"{name} was acknowledged as {sent.acknowledged_id} and is lost"
        if claimed_id is not None:
            yield f"{name} is claimed but has no payout"
        return
    told = {answer.payout_id for answer in sent.answers if answer.payout_id is not None}
    for row in found:
        if told - {row.payout_id}:
            yield f"{name} was acknowledged as {sorted(told)} and is payout {row.payout_id}"
        if claimed_id != row.payout_id:
            yield f"{name} is payout {row.payout_id}, its reference names {claimed_id}"
        if row.amount_minor != sent.amount_minor:
            yield f"{name} of {sent.amount_minor} became one of {row.amount_minor}"


def _bank_faults(sent: Sent, row: Row, bank: tuple[int, int], times_paid_out: int) -> Iterable[str]:
    """Its story was told to the end, and the bank was asked once and paid at most once."""
    name = f"payout {row.payout_id} of {row.amount_minor}"
    state, share = ENDS.get(sent.amount_minor % 100, ("paid", 0))
    returned = int(sent.amount_minor * share)
    if (row.state, row.returned_minor) != (state, returned):
        yield f"{name} should be {state} and {returned} of it returned, it is {row.state} and {row.returned_minor}"
    wanted = (1, 1 if state == "paid" else 0)
    if bank != wanted:
        yield f"{name}: the bank has {bank[0]} orders and paid {bank[1]}, it should be {wanted[0]} and {wanted[1]}"
    if times_paid_out != wanted[1]:
        yield f"{name} left the books {times_paid_out} times, it should be {wanted[1]}"
