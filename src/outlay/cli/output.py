"""How the commands show things: tables for people, plain values for programs.

Amounts have the currency's decimals, times are UTC. In JSON an amount is a text (a float would lose cents), an id is a
text (it passes 2^53), a time is ISO 8601 with milliseconds.

The trap: a table cell given as `str` is console markup. Every cell goes through `cell`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount
from outlay.kit.characters import plain

_RATE_DECIMALS = 6
_WHOLE = frozenset({"payout", "order", "batch", "transfer", "account"})
"""Columns of ids that people copy: on a narrow terminal the others are folded first."""


def cell(value: object) -> Text:
    return Text("" if value is None else plain(str(value)))


def table(*columns: str, right: Iterable[str] = (), title: str | None = None) -> Table:
    """A table with these headings; those in `right` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    numbers = set(right)
    for column in columns:
        justify: JustifyMethod = "right" if column in numbers else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=column in _WHOLE)
    return made


def add(target: Table, *values: object, style: str | None = None) -> None:
    target.add_row(*(value if isinstance(value, Text) else cell(value) for value in values), style=style)


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
