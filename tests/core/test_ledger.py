"""The books: whatever moves, the sum stays zero, and money that is not there cannot move."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.ledger import (
    AVAILABLE,
    FEES,
    FUNDING,
    HELD,
    TRANSFERS,
    BookKey,
    Overdraft,
    Posting,
    apply_postings,
    clearing,
    fund,
    give_back,
    pay_out,
    release,
    reserve,
    send_to_account,
    take_from_account,
)

BOOKS = (AVAILABLE, HELD, FEES, FUNDING, clearing("sandbox"), clearing("uqpay"))
CURRENCIES = ("BRL", "JPY", "KWD")

POSTINGS = st.lists(
    st.builds(
        Posting,
        st.sampled_from(BOOKS),
        st.sampled_from(BOOKS),
        st.sampled_from(CURRENCIES),
        st.integers(1, 100),
    ),
    max_size=6,
)


def _sums(books: Mapping[BookKey, int]) -> dict[str, int]:
    return {currency: sum(minor for (of, _), minor in books.items() if of == currency) for currency in CURRENCIES}


@given(commits=st.lists(POSTINGS, max_size=20))
def test_whatever_is_posted_the_books_sum_to_zero_and_only_funding_is_below_it(commits: list[list[Posting]]) -> None:
    books: dict[BookKey, int] = {}
    for postings in commits:
        try:
            books |= apply_postings(books, postings)
        except Overdraft:
            continue
        assert _sums(books) == dict.fromkeys(CURRENCIES, 0)
        for (_, book), minor in books.items():
            assert minor <= 0 if book == FUNDING else minor >= 0


@given(postings=POSTINGS, start=st.integers(0, 200))
def test_applying_leaves_the_given_books_alone_and_names_exactly_the_books_that_were_touched(
    postings: list[Posting], start: int
) -> None:
    books = {(currency, book): start for currency in CURRENCIES for book in BOOKS}
    before = dict(books)
    touched = {(p.currency, book) for p in postings for book in (p.source, p.target)}
    try:
        named = set(apply_postings(books, postings))
    except Overdraft:
        named = touched
    assert named == touched
    assert books == before


@given(postings=POSTINGS, start=st.integers(0, 200))
def test_each_book_gets_what_came_in_less_what_went_out(postings: list[Posting], start: int) -> None:
    books = {(currency, book): start for currency in CURRENCIES for book in BOOKS}
    expected = {
        (currency, book): start
        + sum(p.amount_minor for p in postings if (p.currency, p.target) == (currency, book))
        - sum(p.amount_minor for p in postings if (p.currency, p.source) == (currency, book))
        for currency, book in books
    }
    short = any(minor < 0 for (_, book), minor in expected.items() if book != FUNDING)
    if short:
        with pytest.raises(Overdraft):
            apply_postings(books, postings)
    else:
        assert books | apply_postings(books, postings) == expected


@pytest.mark.parametrize("book", [book for book in BOOKS if book != FUNDING])
def test_no_book_but_funding_gives_what_it_does_not_have(book: str) -> None:
    with pytest.raises(Overdraft, match=book) as caught:
        apply_postings({("BRL", book): 9}, [Posting(book, FUNDING, "BRL", 10)])
    assert caught.value.book == book


def test_the_last_minor_unit_can_be_spent_and_no_other_currency_pays_for_it() -> None:
    books = {("BRL", AVAILABLE): 100, ("JPY", AVAILABLE): 1_000_000}
    assert apply_postings(books, reserve("BRL", 90, 10)) == {("BRL", AVAILABLE): 0, ("BRL", HELD): 100}
    with pytest.raises(Overdraft):
        apply_postings(books, reserve("BRL", 90, 11))


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_of_nothing_or_less_is_a_fault_of_the_program(amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        apply_postings({("BRL", AVAILABLE): 10}, [Posting(AVAILABLE, HELD, "BRL", amount)])


def test_the_moves_of_a_payout_are_the_documented_ones() -> None:
    assert fund("BRL", 7) == (Posting(FUNDING, AVAILABLE, "BRL", 7),)
    assert reserve("BRL", 7, 2) == (Posting(AVAILABLE, HELD, "BRL", 9),)
    assert release("BRL", 7, 2) == (Posting(HELD, AVAILABLE, "BRL", 9),)
    assert pay_out("pix", "BRL", 7, 2) == (Posting(HELD, "clearing:pix", "BRL", 7), Posting(HELD, FEES, "BRL", 2))
    assert give_back("pix", "BRL", 3) == (Posting("clearing:pix", AVAILABLE, "BRL", 3),)


def test_a_fee_of_zero_is_no_posting() -> None:
    assert pay_out("pix", "BRL", 7, 0) == (Posting(HELD, "clearing:pix", "BRL", 7),)


@given(amount=st.integers(1, 10**15), fee=st.integers(0, 10**15))
def test_what_is_held_is_exactly_what_is_released_or_paid_out(amount: int, fee: int) -> None:
    books = dict(apply_postings({}, fund("BRL", amount + fee)))
    books |= apply_postings(books, reserve("BRL", amount, fee))
    assert books["BRL", AVAILABLE] == 0
    back = books | apply_postings(books, release("BRL", amount, fee))
    assert (back["BRL", HELD], back["BRL", AVAILABLE]) == (0, amount + fee)
    gone = books | apply_postings(books, pay_out("pix", "BRL", amount, fee))
    assert (gone["BRL", HELD], gone["BRL", clearing("pix")], gone.get(("BRL", FEES), 0)) == (0, amount, fee)


@pytest.mark.parametrize(
    "moves",
    [
        fund("BRL", -5),
        reserve("BRL", 7, -9),
        release("BRL", 7, -9),
        pay_out("pix", "BRL", 7, -2),
        pay_out("pix", "BRL", -7, 2),
        give_back("pix", "BRL", -1),
    ],
    ids=repr,
)
def test_a_move_below_zero_is_never_dropped_in_silence(moves: tuple[Posting, ...]) -> None:
    with pytest.raises(ValueError, match="positive"):
        apply_postings({("BRL", book): 100 for book in (*BOOKS, clearing("pix"))}, moves)


def test_what_one_account_gives_another_takes_and_all_their_books_sum_to_zero() -> None:
    giver = apply_postings({("BRL", AVAILABLE): 100}, send_to_account("BRL", 30))
    taker = apply_postings({}, take_from_account("BRL", 30))
    assert giver == {("BRL", AVAILABLE): 70, ("BRL", TRANSFERS): 30}
    assert taker == {("BRL", TRANSFERS): -30, ("BRL", AVAILABLE): 30}
    back = apply_postings(taker, send_to_account("BRL", 10))
    assert back == {("BRL", AVAILABLE): 20, ("BRL", TRANSFERS): -20}


def test_nobody_gives_another_account_what_they_do_not_have() -> None:
    with pytest.raises(Overdraft):
        apply_postings({("BRL", AVAILABLE): 29, ("USD", AVAILABLE): 100}, send_to_account("BRL", 30))
