"""Texts as Java makes them: the order of keys, the text of a JSON number, the bytes of a text.

Two of the wire APIs sign what a Java program prints and sorts, so their canonical texts need Java's rules for it. Which
fields are signed, how they are joined and what becomes of an error is left to each dialect.

The trap: Python's own sorting, `str(float)` and strict UTF-8 agree with Java on almost every text that anybody tests
with. They differ beyond the basic plane, in exponents and negative zeros, and in unpaired surrogates.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation


class OutOfRange(ValueError):
    """Java has no such number; the message never holds it."""


def java_sorted(keys: Iterable[str]) -> list[str]:
    """Ascending by UTF-16 code units, which is how Java compares strings: U+1F600 stands before U+FFFD."""
    ascending = sorted(keys)
    if "".join(ascending).isascii():  # the commonest case first: this runs for every request
        return ascending
    return sorted(ascending, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def java_number(literal: str) -> str:
    """The text of a JSON number that was written as `literal`. Raises OutOfRange.

    An integer keeps its digits. A literal with a point or an exponent is a BigDecimal, whose text Python's Decimal has
    by the same rule, save that Java knows no negative zero.
    """
    if literal == "-0":
        return "0"
    if literal.lstrip("-").isdigit():
        return literal
    try:
        number = Decimal(literal)
    except InvalidOperation:
        raise OutOfRange("a number is out of range") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -(2**31) < exponent < 2**31:  # the scale is a Java int
        raise OutOfRange("a number is out of range")
    return str(number if number else number.copy_abs())


def java_utf8(text: str) -> bytes:
    """An unpaired surrogate becomes a question mark."""
    return text.encode("utf-8", "replace")
