"""Fees: fixed + amount × rate, half up, against `decimal.Decimal`."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.currencies import EXPONENTS
from outlay.core.fees import RATE_SCALE, Fee, FeePlan, fee_of
from outlay.core.money import MAX_AMOUNT_MINOR, format_amount, parse_amount
from tests.support.rows import each_row


def _minor(text: str, exponent: int) -> int:
    """Like parse_amount, and zero is allowed."""
    parsed = parse_amount(text, exponent) if text.strip("0.") else 0
    assert isinstance(parsed, int)
    return parsed


@each_row(
    ("currency", "amount", "fixed", "rate", "fee"),
    [
        ("BRL", "300.11", "5.00", "0.0500", "20.01"),  # TeemoPay: 20.0055 rounds up
        ("BRL", "1000.00", "5.00", "0.0500", "55.00"),  # TeemoPay seed
        ("BRL", "0.01", "5.00", "0.0500", "5.00"),
        ("BRL", "0.10", "0", "0.0500", "0.01"),  # 0.005: the half goes up
        ("BRL", "0.09", "0", "0.0500", "0.00"),
        ("BRL", "0.30", "0", "0.0500", "0.02"),  # 0.015: up, and 0.025 too, never to even
        ("BRL", "0.50", "0", "0.0500", "0.03"),
        ("JPY", "1000", "10", "0.0360", "46"),
        ("JPY", "50", "0", "0.0100", "1"),
        ("JPY", "49", "0", "0.0100", "0"),
        ("KRW", "999999", "0", "0.0125", "12500"),
        ("KWD", "1.234", "0.100", "0.0150", "0.119"),
        ("CLF", "1.0000", "0.0001", "0.000050", "0.0002"),
        ("BTC", "0.00010000", "0", "0.000050", "0.00000001"),
        ("USD", "123.45", "0", "0", "0.00"),
        ("USD", "123.45", "1.50", "0", "1.50"),
        ("USD", "10000000000000.00", "0", "1", "10000000000000.00"),
    ],
)
def test_a_fee_is_the_fixed_part_and_the_rate_rounded_half_up_to_the_minor_unit(
    currency: str, amount: str, fixed: str, rate: str, fee: str
) -> None:
    exponent = EXPONENTS[currency]
    plan = FeePlan(fixed_minor=_minor(fixed, exponent), rate_ppm=int(Decimal(rate) * RATE_SCALE))
    assert format_amount(fee_of(_minor(amount, exponent), plan).total_minor, exponent) == fee


@given(
    amount=st.integers(1, MAX_AMOUNT_MINOR),
    fixed=st.integers(0, 10**9),
    rate=st.integers(0, RATE_SCALE),
    exponent=st.sampled_from(sorted(set(EXPONENTS.values()))),
)
def test_a_fee_agrees_with_decimal_in_major_units(amount: int, fixed: int, rate: int, exponent: int) -> None:
    with localcontext() as context:
        context.prec = 60
        major = Decimal(fixed).scaleb(-exponent) + Decimal(amount).scaleb(-exponent) * Decimal(rate) / RATE_SCALE
        rounded = major.quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_UP)
    assert format_amount(fee_of(amount, FeePlan(fixed, rate)).total_minor, exponent) == format(rounded, "f")


@given(amount=st.integers(1, MAX_AMOUNT_MINOR), more=st.integers(0, 10**6), rate=st.integers(0, RATE_SCALE))
def test_a_larger_amount_never_costs_less(amount: int, more: int, rate: int) -> None:
    plan = FeePlan(7, rate)
    assert fee_of(amount, plan).total_minor <= fee_of(amount + more, plan).total_minor


def test_a_fee_keeps_the_plan_that_it_was_computed_from() -> None:
    assert fee_of(30011, FeePlan(500, 50_000)) == Fee(total_minor=2001, fixed_minor=500, rate_ppm=50_000)


@pytest.mark.parametrize(("fixed", "rate"), [(-1, 0), (-10, 50_000), (0, -1), (500, -1), (0, RATE_SCALE + 1)])
def test_a_plan_that_would_pay_the_merchant_or_cost_more_than_the_whole_cannot_be_made(fixed: int, rate: int) -> None:
    with pytest.raises(ValueError, match="at least zero"):
        FeePlan(fixed, rate)
    with pytest.raises(ValueError, match="at least zero"):
        msgspec.convert({"fixed_minor": fixed, "rate_ppm": rate}, FeePlan)


def test_a_plan_may_cost_nothing_or_the_whole_amount() -> None:
    assert fee_of(100, FeePlan(0, 0)).total_minor == 0
    assert fee_of(100, FeePlan(0, RATE_SCALE)).total_minor == 100


def test_no_plan_means_no_fee() -> None:
    assert fee_of(MAX_AMOUNT_MINOR, FeePlan()) == Fee(0, 0, 0)
