"""What became of the money, by the rails' truth and by the books: the four counts that must be zero.

The sums are made here anew, from what was posted and what payouts say, with no rule of Outlay's core but its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from uuid import UUID

from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.progress import State

ENDS = (State.PAID, State.FAILED, State.CANCELLED, State.EXPIRED)
MOST_SHOWN = 20


@dataclass(frozen=True)
class Books:
    """What the database says in the end. `due`: the payouts that somebody will look at. `postings`: whose, of what, and
    the posting."""

    payouts: Mapping[int, Payout]
    due: frozenset[int]
    postings: Sequence[tuple[UUID, int, Posting]]
    balances: Mapping[UUID, Mapping[tuple[str, str], int]]
    references: Set[tuple[str, str]] = frozenset()
    """What attempts are called, by rail, as it was noted before they were begun."""


@dataclass(frozen=True)
class Truth:
    """`unsettled`: payouts that were to settle and have not. `ordered`: the ids that callers were told. `payments`:
    what rails paid, by payout."""

    books: Books
    unsettled: frozenset[int]
    ordered: Mapping[int, str]
    payments: Mapping[int, Sequence[int]]
    forgotten: frozenset[int] = frozenset()
    """Payouts that were ordered in a time that the database lost: nobody can miss them who goes by the books."""


@dataclass
class Verdict:
    payouts: int
    double_paid: int = 0
    failed_but_paid: int = 0
    lost: int = 0
    unbalanced: int = 0
    forgotten: int = 0
    """No harm of ours: their orders were lost with the database's last minutes, whatever rails did with them."""
    examples: list[str] = field(default_factory=list)

    def add(self, count: str, what: str) -> None:
        setattr(self, count, getattr(self, count) + 1)
        if len(self.examples) < MOST_SHOWN:
            self.examples.append(f"{count}: {what}")


def judge(truth: Truth) -> Verdict:
    books = truth.books
    verdict = Verdict(len(books.payouts), forgotten=len(truth.forgotten))
    for number, payout in books.payouts.items():
        _judge_payout(verdict, payout, truth.payments.get(number, ()), number in books.due, truth.unsettled)
    for number, reference in truth.ordered.items():
        if number not in books.payouts and number not in truth.forgotten:
            verdict.add("lost", f"{reference} was ordered as {number}, and is not there")
    seen: set[tuple[UUID, str]] = set()
    for payout in books.payouts.values():
        if (payout.account_id, payout.reference) in seen:
            verdict.add("double_paid", f"{payout.reference} was ordered once, and is there twice")
        seen.add((payout.account_id, payout.reference))
    for account_id, balances in books.balances.items():
        for what in _faults_of_books(account_id, balances, books):
            verdict.add("unbalanced", f"account {account_id}: {what}")
    return verdict


def _judge_payout(
    verdict: Verdict, payout: Payout, paid: Sequence[int], is_due: bool, unsettled: frozenset[int]
) -> None:
    number = payout.payout_id
    is_open = any(case.is_open for case in payout.cases)
    if len(paid) > 1:
        verdict.add("double_paid", f"{number} was paid {len(paid)} times")
    if paid and payout.state in (State.FAILED, State.CANCELLED, State.EXPIRED) and not is_open:
        verdict.add("failed_but_paid", f"{number} is {payout.state}, and was paid")
    if payout.state is State.PAID and not paid and not is_open:
        verdict.add("lost", f"{number} is called paid, and no rail has paid it")
    if payout.state not in ENDS and (number in unsettled or not is_due):
        nobody = "" if is_due else ", and nothing is due"
        verdict.add("lost", f"{number} is {payout.state}{nobody}; it has {len(payout.attempts)} attempts")


def _faults_of_books(account_id: UUID, balances: Mapping[tuple[str, str], int], books: Books) -> list[str]:
    """What is wrong with one account's books."""
    faults = []
    posted: defaultdict[tuple[str, str], int] = defaultdict(int)
    for owner, _, posting in books.postings:
        if owner == account_id:
            posted[posting.currency, posting.source] -= posting.amount_minor
            posted[posting.currency, posting.target] += posting.amount_minor
    for key in sorted({*posted, *balances}):
        if posted[key] != balances.get(key, 0):
            faults.append(f"{key} is {balances.get(key, 0)}, and {posted[key]} was posted")
    sums: defaultdict[str, int] = defaultdict(int)
    for (currency, _), minor in balances.items():
        sums[currency] += minor
    faults += [f"{currency} adds up to {minor}" for currency, minor in sums.items() if minor]
    said = _as_payouts_say([payout for payout in books.payouts.values() if payout.account_id == account_id])
    for key in sorted({*said, *(key for key in balances if _is_of_payouts(key[1]))}):
        if said.get(key, 0) != balances.get(key, 0):
            faults.append(f"{key} is {balances.get(key, 0)}, and payouts say {said.get(key, 0)}")
    return faults


def _is_of_payouts(book: str) -> bool:
    return book in ("held", "fees") or book.startswith("clearing:")


def _as_payouts_say(payouts: Sequence[Payout]) -> Mapping[tuple[str, str], int]:
    books: defaultdict[tuple[str, str], int] = defaultdict(int)
    for payout in payouts:
        if payout.state is State.PAID:
            books[payout.currency, f"clearing:{payout.rail}"] += payout.amount_minor - payout.returned_minor
            books[payout.currency, "fees"] += payout.fee.total_minor
        elif payout.state not in ENDS:
            books[payout.currency, "held"] += payout.amount_minor + payout.fee.total_minor
    return books
