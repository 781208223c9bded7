"""How the verdicts of a comparison are printed: for each row what it is, how much, and how sure."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.load import CONNECTIONS
from tests.bench.ratios import Row, Spread, blind, losses

TITLES = {
    "per_second": "Requests per second",
    "p50_ms": "Time of one request, median (p50), ms",
    "p99_ms": "Time of one request, 99th of 100 (p99), ms",
}
WIDTH_OF_A_FILE = 130


def console_for(*, as_json: bool) -> Console:
    stream = sys.stderr if as_json else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDTH_OF_A_FILE, highlight=False)


def print_verdicts(console: Console, title: str, rows: Sequence[Row], allowed: float) -> None:
    counted = losses(rows, allowed)
    console.print(title, markup=False, soft_wrap=True)
    console.print(f"{CONNECTIONS} connections; {os.cpu_count()} cores shared by client, server and database")
    for measure, of_one in itertools.groupby(rows, lambda row: row.measure):
        console.print(_table(TITLES[measure], list(of_one), counted))
    for row in counted:
        console.print(f"Lost: {row.path}, {TITLES[row.measure]}: {verdict_of(row)}, more than {allowed:.1%}.")
    if not counted:
        console.print(f"No loss of more than {allowed:.1%} lies beyond the control.")
    hidden = len(blind(rows, allowed))
    if hidden:
        console.print(
            f"In {hidden} of {len(rows)} rows the control alone reaches further than {allowed:.1%}: a loss of that "
            "size would not show. A quieter machine, or more --rounds or --requests, makes it narrower."
        )


def _table(title: str, rows: Sequence[Row], counted: Sequence[Row]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("what", "reference", "present", "speed × (its spread)", "control", "verdict"):
        table.add_column(heading, justify="left" if heading in ("what", "verdict") else "right")
    for row in rows:
        table.add_row(
            row.path,
            _figure(row.reference),
            _figure(row.present),
            f"{row.ratio.median:.3f} ({_range(row.ratio)})",
            f"± {row.reach:.1%}",
            verdict_of(row),
            style="bold red" if row in counted else None,
        )
    return table


def verdict_of(row: Row) -> str:
    return f"{row.verdict} by {abs(row.loss):.1%}" if row.verdict in ("slower", "faster") else row.verdict


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def _range(spread: Spread) -> str:
    return f"{spread.low:.3f}–{spread.high:.3f}"
