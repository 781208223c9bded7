"""Compute the fate of every payout and every balance anew, from orders, evidence and people's decisions alone, and
report each difference to what is stored.

What is stored as a state or a balance is read only to be compared: on a copy in which all of them are null the same
fates and totals come out, and every one is a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.facts import Fact
from outlay.core.ledger import Posting, fund, send_to_account, take_from_account
from outlay.core.proof import BookTotal, Difference, ReplayResult
from outlay.core.replay import replay
from outlay.core.replayed import BookMoved, Fate, Outline
from outlay.service.runtime import Looking
from outlay.store.database import Row
from outlay.store.read.differences import Comparison
from outlay.store.read.recorded import Recorded, Snapshot, snapshot
from outlay.store.rows import fact_from

MOST_SHOWN: Final = 20
TELL_EVERY: Final = 1_000

Book = tuple[str, str]


class _Replay:
    def __init__(self) -> None:
        self.comparison = Comparison()
        self.states: Counter[str] = Counter()
        self._books: dict[UUID, dict[Book, int]] = {}
        self._shown: list[Difference] = []
        self._count = 0

    def take(self, recorded: Recorded) -> None:
        moved = _moved_beside(recorded)
        payouts = recorded.of("payouts")
        compared = self.comparison
        if payouts:
            fate = _fate_of(recorded, payouts[0])
            moved += fate.moved
            self.states[str(getattr(fate.state, "value", "not told"))] += 1
            compared.payout(recorded.key, fate, payouts[0])
            compared.attempts(recorded.key, fate, recorded.of("attempts"))
            compared.cases(recorded.key, fate, recorded.of("cases"))
            compared.returns(recorded.key, fate, recorded.of("returns"))
        else:
            for table in ("facts", "attempts", "cases", "returns"):
                compared.orphan(table, recorded.key, recorded.of(table))
        for row in recorded.of("transfers"):
            compared.side(recorded.key, row)
        compared.postings(recorded.key, moved, recorded.of("postings"))
        self._book(recorded.key[0], moved)
        self._keep()

    def _book(self, account_id: UUID, moved: Iterable[BookMoved]) -> None:
        books = self._books.setdefault(account_id, {})
        for each in moved:
            posting = each.posting
            source, target = (posting.currency, posting.source), (posting.currency, posting.target)
            books[source] = books.get(source, 0) - posting.amount_minor
            books[target] = books.get(target, 0) + posting.amount_minor

    def _keep(self) -> None:
        """The first differences, and how many there are: in bounded memory."""
        found = self.comparison.found
        self._count += len(found)
        self._shown += found[: MOST_SHOWN - len(self._shown)]
        found.clear()

    async def balances(self, rows: AsyncIterator[Row]) -> None:
        left = {account_id: dict(books) for account_id, books in self._books.items()}
        async for row in rows:
            account_id, currency, book, stored = row
            self.comparison.balance(
                account_id, currency, book, stored, left.get(account_id, {}).pop((currency, book), None)
            )
        for account_id, books in left.items():
            for (currency, book), minor in books.items():
                self.comparison.balance(account_id, currency, book, None, minor)
        self._keep()

    def result(self, snap: Snapshot) -> ReplayResult:
        totals: Counter[Book] = Counter()
        for books in self._books.values():
            for book, minor in books.items():
                totals[book] += minor
        return ReplayResult(
            rows=self.comparison.rows,
            states=dict(sorted(self.states.items())),
            totals=tuple(BookTotal(*book, minor) for book, minor in sorted(totals.items())),
            differences=tuple(self._shown),
            difference_count=self._count,
            untold=self.comparison.untold,
            seconds=snap.seconds,
            read_s=snap.read_s,
        )


async def count_to_replay(looks: Looking) -> int:
    async with snapshot(looks.database) as snap:
        return await snap.count()


async def replay_ledger(looks: Looking, on_payouts: Callable[[int], None]) -> ReplayResult:
    """`on_payouts` is told how many payouts are done, after every TELL_EVERY. Raises Unavailable."""
    async with snapshot(looks.database) as snap:
        return await replay_snapshot(snap, on_payouts)


async def replay_snapshot(snap: Snapshot, on_payouts: Callable[[int], None]) -> ReplayResult:
    work, done = _Replay(), 0
    async for recorded in snap.recorded():
        work.take(recorded)
        if recorded.of("payouts"):
            done += 1
            if done % TELL_EVERY == 0:
                on_payouts(done)
    await work.balances(snap.balances())
    return work.result(snap)


def _fate_of(recorded: Recorded, order: Row) -> Fate:
    outline = Outline(
        *recorded.key,
        order["currency"],
        order["amount_minor"],
        order["fee_minor"],
        is_within=any(_is_within(row) for row in recorded.of("transfers")),
    )
    facts: list[Fact] = []
    unreadable: list[str] = []
    for row in recorded.of("facts"):
        try:
            facts.append(fact_from(row))
        except (ValueError, msgspec.MsgspecError) as error:
            unreadable.append(f"fact {row['number']} cannot be read: {error}")
    fate = replay(outline, facts)
    fate.impossible += unreadable
    return fate


def _is_within(row: Row) -> bool:
    return bool(row["is_payout"] and row["source_id"] == row["target_id"])


def _moved_beside(recorded: Recorded) -> list[BookMoved]:
    """What fundings and transfers moved."""
    moved = [
        move
        for row in recorded.of("fundings")
        for move in _booked(fund(row["currency"], row["amount_minor"]), row["at_ms"])
    ]
    for row in recorded.of("transfers"):
        if _is_within(row):
            continue  # posted with the payout
        is_giver = row["direction"] == "out"
        book = send_to_account if is_giver else take_from_account
        moved += _booked(book(row["currency"], row["amount_minor"]), row["created_ms" if is_giver else "credited_ms"])
    return moved


def _booked(postings: Iterable[Posting], at_ms: int) -> list[BookMoved]:
    return [BookMoved(1, line, posting, at_ms) for line, posting in enumerate(postings, 1)]
