"""Limits: both ends are included, and the default lets every amount through that can be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.limits import Limits, check_limits
from outlay.core.money import MAX_AMOUNT_MINOR
from outlay.core.refusal import Refusal
from tests.support.rows import each_row


@each_row(
    ("amount", "expected"),
    [
        (999, Refusal.AMOUNT_TOO_SMALL),
        (1000, None),
        (1001, None),
        (4999, None),
        (5000, None),
        (5001, Refusal.AMOUNT_TOO_LARGE),
        (0, Refusal.AMOUNT_TOO_SMALL),
        (-5000, Refusal.AMOUNT_TOO_SMALL),
    ],
)
def test_both_ends_of_the_range_are_allowed(amount: int, expected: Refusal | None) -> None:
    assert check_limits(amount, Limits(1000, 5000)) is expected


@given(amount=st.integers(1, MAX_AMOUNT_MINOR))
def test_an_account_without_limits_may_order_every_amount_that_the_grammar_reads(amount: int) -> None:
    assert check_limits(amount, Limits()) is None


@pytest.mark.parametrize("amount", [0, -1, -MAX_AMOUNT_MINOR])
def test_an_account_without_limits_still_cannot_order_nothing_or_less(amount: int) -> None:
    assert check_limits(amount, Limits()) is Refusal.AMOUNT_TOO_SMALL


def test_an_account_without_limits_cannot_order_more_than_the_largest_amount() -> None:
    assert check_limits(MAX_AMOUNT_MINOR + 1, Limits()) is Refusal.AMOUNT_TOO_LARGE


@given(amount=st.integers() | st.integers(-20, 20), smallest=st.integers(-9, 9), width=st.integers(0, 20))
def test_exactly_the_amounts_in_the_range_that_are_more_than_nothing_pass(
    amount: int, smallest: int, width: int
) -> None:
    refusal = check_limits(amount, Limits(smallest, smallest + width))
    assert (refusal is None) == (amount > 0 and amount in range(smallest, smallest + width + 1))


@given(amount=st.integers(), smallest=st.integers(), largest=st.integers())
def test_too_small_takes_precedence_where_a_range_is_empty(amount: int, smallest: int, largest: int) -> None:
    if amount < smallest or amount <= 0:
        assert check_limits(amount, Limits(smallest, largest)) is Refusal.AMOUNT_TOO_SMALL
