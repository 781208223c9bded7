"""Single values as they are shown everywhere: an amount, a rate, a time, a value out of a table.

Amounts have the currency's decimals, times are UTC. In JSON an amount is a text (a float would lose cents), an id is a
text (it passes 2^53), a time is ISO 8601 with milliseconds.

Leaves to others: where they stand (the documents beside this), and tables and colours (whoever shows them).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, overload
from uuid import UUID

from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount

_RATE_DECIMALS: Final = 6


def money(minor: int, currency: str) -> str:
    """The amount alone, e.g. `300.11`."""
    return format_amount(minor, EXPONENTS[currency])


def rate_text(ppm: int) -> str:
    """Millionths as a decimal: four places, six where they are needed."""
    text = format_amount(ppm, _RATE_DECIMALS)
    return text.removesuffix("00")


def utc_text(at_ms: int | None) -> str:
    """`2026-01-31 23:59:59.123`."""
    return "" if at_ms is None else _utc(at_ms).replace("T", " ")


@overload
def utc_json(at_ms: int) -> str: ...
@overload
def utc_json(at_ms: int | None) -> str | None: ...
def utc_json(at_ms: int | None) -> str | None:
    """`2026-01-31T23:59:59.123Z`."""
    return None if at_ms is None else f"{_utc(at_ms)}Z"


def _utc(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()}.{milliseconds:03}"


def json_value(name: str, value: Any) -> Any:
    """A value of the database as JSON has it; `name` is its column."""
    if isinstance(value, UUID) or (name.endswith("_id") and value is not None):
        return str(value)
    if isinstance(value, Decimal):
        return int(value)
    return value
