"""Amounts: integer minor units inside, decimal strings outside, one strict grammar between.

A wire amount is ASCII digits with at most one dot between digits: no sign, no exponent, no leading zero, no space.
`Decimal` and `float` are not used anywhere: both accept texts that no payment API documents.

The trap: `"１００"` (full-width digits) is a number to `int()` and to `Decimal`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

MAX_AMOUNT_MINOR: Final = 10**15
"""Largest single amount in minor units: sums of nine thousand of them still fit the database's 63 bits."""

_GRAMMAR: Final = re.compile(r"(0|[1-9][0-9]{0,63})(?:\.([0-9]{1,64}))?", re.ASCII)


class AmountFault(StrEnum):
    """Why a text is not an amount."""

    NOT_DECIMAL = "not a plain decimal number"
    TOO_MANY_DECIMALS = "more decimals than the currency has"
    NOT_POSITIVE = "not greater than zero"
    TOO_LARGE = "larger than any amount that is accepted"


def parse_amount(text: str, exponent: int) -> int | AmountFault:
    """The positive amount of `text` (major units) in minor units, or why it is none."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return AmountFault.NOT_DECIMAL
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > exponent:
        return AmountFault.TOO_MANY_DECIMALS
    minor = int(whole + fraction.ljust(exponent, "0"))
    if minor == 0:
        return AmountFault.NOT_POSITIVE
    if minor > MAX_AMOUNT_MINOR:
        return AmountFault.TOO_LARGE
    return minor


def format_amount(minor: int, exponent: int) -> str:
    """Major units with exactly `exponent` decimals: 30011 with 2 is `300.11`, 5 with 0 is `5`."""
    if exponent == 0:
        return str(minor)
    sign, digits = ("-", str(-minor)) if minor < 0 else ("", str(minor))
    digits = digits.rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient of two non-negative integers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)
