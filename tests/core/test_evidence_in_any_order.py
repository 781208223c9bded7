"""Evidence that does not contradict itself has one meaning, in whatever order and by whatever way it comes.

Rails' answers, callbacks and statements overtake each other. So all permutations of what may be told of one payment
must end in the same place: state, names, receipt, returns, books. What may differ is the history, and whether people
were called to look (a return that was told before "paid" opens a case).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import permutations
from math import factorial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.core.cases import CaseKind
from outlay.core.events import Heard, Source
from outlay.core.ledger import BookKey, apply_postings, fund
from outlay.core.life import step
from outlay.core.outcome import NotFound, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import NOTHING_PENDING, State
from tests.core.payout_stories import (
    AMOUNT,
    BEGIN,
    FEE,
    FINAL,
    NO_SUCH_ACCOUNT,
    NOW_MS,
    SENT_TWICE,
    TIMEOUT,
    accept,
    after,
    sent,
)
from tests.core.told_evidence import RECEIPT, TOLD, heard

EARLY_ONES = frozenset({CaseKind.RETURN_BEFORE_PAID, CaseKind.NOT_FOUND_AFTER_KNOWN})
STARTS = {"begun": after(BEGIN), "unknown": after(BEGIN, sent(TIMEOUT)), "sent twice": after(*SENT_TWICE)}


Books = dict[BookKey, int]


def begun_with(start: Payout) -> tuple[Payout, Books]:
    """A payout, and the books beside it."""
    books = apply_postings({}, fund("BRL", AMOUNT + FEE))
    return start, books | {("BRL", "available"): 0, ("BRL", "held"): AMOUNT + FEE}


def moved(now: tuple[Payout, Books], message: Heard) -> tuple[Payout, Books]:
    payout, books = now
    decided = accept(step(payout, message, NOW_MS))
    return decided.payout, books | apply_postings(books, decided.postings)


def end(start: Payout, messages: Iterable[Heard]) -> tuple[object, ...]:
    """Where a payout comes to, with the books beside it."""
    return seen(*reduce(moved, messages, begun_with(start)))


def ends_of(now: tuple[Payout, Books], messages: Sequence[Heard]) -> Iterator[tuple[object, ...]]:
    """Where it comes to by each order of these. Orders that begin alike go on from one place: nothing in it changes."""
    if not messages:
        yield seen(*now)
    for place, message in enumerate(messages):
        yield from ends_of(moved(now, message), [*messages[:place], *messages[place + 1 :]])


def seen(payout: Payout, books: Books) -> tuple[object, ...]:
    assert {case.kind for case in payout.cases} <= EARLY_ONES
    returns = Counter((known.number, known.amount_minor) for known in payout.returns)
    attempt = payout.attempts[0]
    names = (payout.rail_reference, payout.receipt_url, attempt.rail_references)
    return payout.state, attempt.state, names, returns, payout.returned_minor, payout.pending, books


@pytest.mark.parametrize("start", STARTS)
def test_one_payment_told_in_any_order_ends_in_one_place(start: str) -> None:
    messages = [heard(outcome, Source.CALLBACK, 0) for name, outcome in TOLD.items() if name != "unknown"]
    ends = list(ends_of(begun_with(STARTS[start]), messages))
    assert len(ends) == factorial(len(messages))
    assert all(one == ends[0] for one in ends)
    state, _, names, returns, returned_minor, pending, books = ends[0]
    assert (state, returned_minor, pending) == (State.PAID, AMOUNT, NOTHING_PENDING)
    assert names == ("CH-1", RECEIPT, ("CH-1",))
    assert returns == {("A", 60): 1, ("B", 40): 1}
    assert books == {
        ("BRL", "funding"): -AMOUNT - FEE,
        ("BRL", "available"): AMOUNT,
        ("BRL", "held"): 0,
        ("BRL", "clearing:sandbox"): 0,
        ("BRL", "fees"): FEE,
    }


@settings(max_examples=10 * settings.default.max_examples)
@given(
    start=st.sampled_from(sorted(STARTS)),
    told=st.lists(st.tuples(st.sampled_from(sorted(TOLD)), st.sampled_from(Source)), min_size=2, max_size=12),
    other=st.randoms(use_true_random=False),
)
def test_any_part_of_it_by_any_way_and_repeated_ends_in_one_place(
    start: str, told: list[tuple[str, Source]], other: Random
) -> None:
    if not {"paid", "paid, nameless, with a receipt"} & {name for name, _ in told}:
        told = [one for one in told if not one[0].startswith("return")]  # these would wait, in the order they came in
    mixed = other.sample(told, len(told))
    one, another = (
        end(STARTS[start], [heard(TOLD[name], source, 20_000 * n) for n, (name, source) in enumerate(each)])
        for each in (told, mixed)
    )
    assert one == another


@pytest.mark.parametrize("source", [Source.SEND, Source.ASK, Source.CALLBACK, Source.STATEMENT])
def test_a_refusal_of_an_attempt_that_was_sent_once_ends_it_whatever_else_is_not_known_of_it(source: Source) -> None:
    messages = [heard(outcome, source, FINAL - 1) for outcome in (Unknown("reset"), NotFound(), NO_SUCH_ACCOUNT)]
    ends = [end(STARTS["begun"], order) for order in permutations(messages)]
    assert all(one == ends[0] for one in ends)
    assert ends[0][0] is State.FAILED
    assert ends[0][-1] == {("BRL", "funding"): -AMOUNT - FEE, ("BRL", "available"): AMOUNT + FEE, ("BRL", "held"): 0}
