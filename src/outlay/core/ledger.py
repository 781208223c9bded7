"""Double entry: a posting moves an amount from one book to another, so every posting balances by construction.

Each account has its own books in each currency. `available` and `held` are the merchant's money; `clearing:RAIL` is
what went out over a rail, `fees` what Outlay earned, `funding` the mirror of what came in (and so never positive),
`transfers` what went to other accounts here less what came from them, `adjustments` what we bore ourselves, and
`adjustments:RAIL` what people decided to book at a rail beside all that. The sum over all books of one account and
currency is always zero.

The trap: only `funding`, `transfers` and the adjustments may be below zero. Every other book is checked when a posting
is applied, so money that is not there cannot move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

AVAILABLE: Final = "available"
HELD: Final = "held"
FEES: Final = "fees"
FUNDING: Final = "funding"
TRANSFERS: Final = "transfers"
ADJUSTMENTS: Final = "adjustments"
_MIRRORS: Final = frozenset({FUNDING, TRANSFERS, ADJUSTMENTS})


def clearing(rail: str) -> str:
    """The book of what was paid out over `rail`."""
    return f"clearing:{rail}"


def adjustments(rail: str) -> str:
    """The book of what `rail` paid or got back beside what payouts booked there, as people decided."""
    return f"{ADJUSTMENTS}:{rail}"


def may_be_negative(book: str) -> bool:
    return book in _MIRRORS or book.startswith(f"{ADJUSTMENTS}:")


class Posting(msgspec.Struct, frozen=True):
    """One move of `amount_minor` (> 0) of `currency` out of book `source` into book `target`."""

    source: str
    target: str
    currency: str
    amount_minor: int


BookKey = tuple[str, str]
"""(currency, book)"""

Balances = Mapping[BookKey, int]


class Overdraft(Exception):
    """A posting would take a book below zero."""

    def __init__(self, currency: str, book: str) -> None:
        super().__init__(f"{book} would fall below zero")
        self.currency = currency
        self.book = book


def apply_postings(balances: Balances, postings: Iterable[Posting]) -> dict[BookKey, int]:
    """The books that change, with their new balances. Raises Overdraft; `balances` itself is left alone."""
    changed: dict[BookKey, int] = {}
    for posting in postings:
        if posting.amount_minor <= 0:
            raise ValueError("a posting moves a positive amount")
        source, target = (posting.currency, posting.source), (posting.currency, posting.target)
        changed[source] = changed.get(source, balances.get(source, 0)) - posting.amount_minor
        changed[target] = changed.get(target, balances.get(target, 0)) + posting.amount_minor
    for (currency, book), minor in changed.items():
        if minor < 0 and not may_be_negative(book):
            raise Overdraft(currency, book)
    return changed


def fund(currency: str, amount_minor: int) -> tuple[Posting, ...]:
    return _moves((FUNDING, AVAILABLE, currency, amount_minor))


def send_to_account(currency: str, amount_minor: int) -> tuple[Posting, ...]:
    """The giver's side of a transfer between two accounts."""
    return _moves((AVAILABLE, TRANSFERS, currency, amount_minor))


def take_from_account(currency: str, amount_minor: int) -> tuple[Posting, ...]:
    """The taker's side."""
    return _moves((TRANSFERS, AVAILABLE, currency, amount_minor))


def reserve(currency: str, amount_minor: int, fee_minor: int) -> tuple[Posting, ...]:
    return _moves((AVAILABLE, HELD, currency, amount_minor + fee_minor))


def release(currency: str, amount_minor: int, fee_minor: int) -> tuple[Posting, ...]:
    return _moves((HELD, AVAILABLE, currency, amount_minor + fee_minor))


def pay_out(rail: str, currency: str, amount_minor: int, fee_minor: int) -> tuple[Posting, ...]:
    return _moves((HELD, clearing(rail), currency, amount_minor), (HELD, FEES, currency, fee_minor))


def give_back(rail: str, currency: str, amount_minor: int) -> tuple[Posting, ...]:
    """A return: the amount comes back, the fee is kept (inference from a seed)."""
    return _moves((clearing(rail), AVAILABLE, currency, amount_minor))


def adjust(rail: str, currency: str, amount_minor: int, *, of_merchant: bool, to_rail: bool) -> tuple[Posting, ...]:
    """What people decided: between the rail and the merchant's money, or ours."""
    ours = AVAILABLE if of_merchant else ADJUSTMENTS
    source, target = (ours, adjustments(rail)) if to_rail else (adjustments(rail), ours)
    return _moves((source, target, currency, amount_minor))


def _moves(*moves: tuple[str, str, str, int]) -> tuple[Posting, ...]:
    """Postings for the moves that move anything: a fee of zero is none. A negative move is refused when applied."""
    return tuple(Posting(*move) for move in moves if move[3] != 0)
