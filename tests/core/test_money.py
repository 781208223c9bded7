"""The grammar of amounts and the two roundings, with `decimal.Decimal` as a witness that shares no code with them."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.currencies import EXPONENTS
from outlay.core.money import MAX_AMOUNT_MINOR, AmountFault, divide_half_up, format_amount, parse_amount
from tests.support.rows import each_row

EVERY_EXPONENT = sorted(set(EXPONENTS.values()))

AMOUNTS = [
    # text, exponent, minor units
    ("1", 0, 1),
    ("1", 2, 100),
    ("1.5", 2, 150),
    ("1.50", 2, 150),
    ("0.01", 2, 1),
    ("0.10", 2, 10),
    ("300.11", 2, 30011),
    ("1000.00", 2, 100000),
    ("1.234", 3, 1234),
    ("0.001", 3, 1),
    ("1.0001", 4, 10001),
    ("0.00000001", 8, 1),
    ("10000000000000.00", 2, MAX_AMOUNT_MINOR),
    ("1000000000000000", 0, MAX_AMOUNT_MINOR),
]

NOT_DECIMAL = [
    "", " ", " 1", "1 ", "1\n", "\n1", "\t1", "1 000", "1_0", "1,000.00", "1,5", "1'000",
    "-1", "+1", "-0", "−1", "1-", "(1)",
    ".5", "5.", ".", "..", "1..2", "1.2.3", "0.", "01", "00", "00.1", "0001", "01.50",
    "1e3", "1E3", "1e-3", "1.5e1", "0x10", "0b1", "1f", "1d", "1L",
    "NaN", "nan", "sNaN", "Infinity", "inf", "-inf", "null", "None", "true", "1/2", "½", "²", "Ⅻ", "一",
    "１００", "１", "1．5", "١٠٠", "١", "१", "1.٥", "1\u200b", "\ufeff1", "1\u00a0", "1\x00", "$1", "1USD", "1%",
]  # fmt: skip


@each_row(("text", "exponent", "minor"), AMOUNTS)
def test_a_plain_decimal_is_read_to_the_minor_unit(text: str, exponent: int, minor: int) -> None:
    assert parse_amount(text, exponent) == minor


@each_row("text", NOT_DECIMAL)
def test_what_no_payment_api_documents_is_not_an_amount(text: str) -> None:
    for exponent in EVERY_EXPONENT:
        assert parse_amount(text, exponent) is AmountFault.NOT_DECIMAL


@each_row(
    ("text", "exponent"),
    [
        ("1.0", 0),
        ("1.00", 0),
        ("1.234", 2),
        ("1.500", 2),
        ("0.001", 2),
        ("1.2345", 3),
        ("0." + "1" * 19, 8),
        ("1." + "0" * 64, 2),
        ("9" * 64 + "." + "9" * 64, 8),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused_also_when_they_are_zeros(text: str, exponent: int) -> None:
    assert parse_amount(text, exponent) is AmountFault.TOO_MANY_DECIMALS


@pytest.mark.parametrize(("text", "exponent"), [("0", 0), ("0", 2), ("0.0", 2), ("0.00", 2), ("0.00000000", 8)])
def test_zero_is_not_an_amount_to_pay(text: str, exponent: int) -> None:
    assert parse_amount(text, exponent) is AmountFault.NOT_POSITIVE


@each_row(
    ("text", "exponent"),
    [
        ("1000000000000001", 0),
        ("10000000000000.01", 2),
        ("9" * 18, 0),
        ("9" * 18, 8),
        ("9" * 19, 0),
        ("1" + "0" * 63, 2),
        ("9" * 64 + ".99", 2),
        ("9" * 64, 8),
    ],
)
def test_one_minor_unit_above_the_largest_amount_and_any_number_that_is_longer_is_too_large(
    text: str, exponent: int
) -> None:
    assert parse_amount(text, exponent) is AmountFault.TOO_LARGE


@pytest.mark.parametrize("text", ["9" * 65, "1" + "0" * 5000, "1." + "0" * 5000, "0." + "1" * 65, "9" * 65 + ".9"])
def test_a_huge_text_is_refused_before_it_becomes_a_number(text: str) -> None:
    assert parse_amount(text, 2) is AmountFault.NOT_DECIMAL


def test_nine_thousand_largest_amounts_still_fit_the_database() -> None:
    assert 9_000 * MAX_AMOUNT_MINOR < 2**63


@pytest.mark.parametrize("exponent", EVERY_EXPONENT)
@given(minor=st.integers(1, MAX_AMOUNT_MINOR))
def test_what_is_formatted_is_read_back_unchanged(exponent: int, minor: int) -> None:
    assert parse_amount(format_amount(minor, exponent), exponent) == minor


@pytest.mark.parametrize("exponent", EVERY_EXPONENT)
@given(minor=st.integers(-(10**18), 10**18))
def test_a_formatted_amount_has_exactly_the_decimals_of_its_currency(exponent: int, minor: int) -> None:
    text = format_amount(minor, exponent)
    assert Decimal(text) == Decimal(minor).scaleb(-exponent)
    assert len(text.partition(".")[2]) == exponent
    assert ("." in text) == (exponent > 0)


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [(0, 0, "0"), (0, 2, "0.00"), (-5, 0, "-5"), (-5, 2, "-0.05"), (-30011, 2, "-300.11")],
)
def test_balances_of_zero_and_below_are_formatted_too(minor: int, exponent: int, text: str) -> None:
    assert format_amount(minor, exponent) == text


DIGITS = st.text("0123456789", min_size=1, max_size=20) | st.integers(60, 68).map(lambda length: "7" * length)


@given(whole=DIGITS, fraction=st.none() | DIGITS, exponent=st.sampled_from(EVERY_EXPONENT))
def test_digits_and_one_dot_are_read_exactly_as_decimal_reads_them(
    whole: str, fraction: str | None, exponent: int
) -> None:
    text = whole if fraction is None else f"{whole}.{fraction}"
    parsed = parse_amount(text, exponent)
    with localcontext() as context:
        context.prec = 200
        minor = Decimal(text).scaleb(exponent)
    plain = (len(whole) == 1 or whole[0] != "0") and len(whole) <= 64 and len(fraction or "") <= 64
    if not plain:
        assert parsed is AmountFault.NOT_DECIMAL
    elif len(fraction or "") > exponent:
        assert parsed is AmountFault.TOO_MANY_DECIMALS
    elif minor == 0:
        assert parsed is AmountFault.NOT_POSITIVE
    elif minor > MAX_AMOUNT_MINOR:
        assert parsed is AmountFault.TOO_LARGE
    else:
        assert parsed == minor


@given(text=st.text() | st.text("0123456789.+-eE_, \n١１"), exponent=st.sampled_from(EVERY_EXPONENT))
def test_no_text_makes_the_reader_raise_or_take_anything_but_ascii_digits_and_a_dot(text: str, exponent: int) -> None:
    parsed = parse_amount(text, exponent)
    if not isinstance(parsed, AmountFault):
        assert set(text) <= set("0123456789.")
        assert parsed == Decimal(text).scaleb(exponent)


@given(numerator=st.integers(0, 10**30), denominator=st.integers(1, 10**12))
def test_half_up_agrees_with_decimal(numerator: int, denominator: int) -> None:
    with localcontext() as context:
        context.prec = 80
        quotient = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    assert divide_half_up(numerator, denominator) == quotient


@each_row(
    ("numerator", "denominator", "quotient"),
    [(0, 7, 0), (1, 2, 1), (3, 2, 2), (5, 2, 3), (1, 3, 0), (2, 3, 1), (49, 100, 0), (50, 100, 1), (150, 100, 2)],
)
def test_a_half_goes_up_and_never_to_even(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_up(numerator, denominator) == quotient
