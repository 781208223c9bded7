"""What a run came to, for people and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.simulate.campaign import COUNTS, Caught, Summary
from tests.simulate.faults import IMPOSSIBLE, PHASES

MOST_SHOWN = 10


def as_json(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def show(summary: Summary, console: Console) -> None:
    table = Table(title="Which fault met how many payouts, and when")
    table.add_column("fault")
    for phase in PHASES:
        table.add_column(phase.replace("_", " "), justify="right")
    for fault, counts in summary.faults.items():
        cells = ("–" if (fault, phase) in IMPOSSIBLE else f"{counts[phase]:,}" for phase in PHASES)
        table.add_row(fault.replace("_", " "), *cells)
    console.print(table)
    show_harm(summary, console)
    said = ", ".join(f"{name.replace('_', ' ')} {getattr(summary, name)}" for name in COUNTS)
    console.print(f"{summary.payouts:,} payouts: {said}; {summary.seconds:.0f} s", soft_wrap=True)
    console.print(f"trace {summary.trace}", soft_wrap=True)


def show_harm(summary: Summary, console: Console) -> None:
    for example in summary.examples[:MOST_SHOWN]:
        console.print(f"[bold red]{escape(example)}[/]", soft_wrap=True)
    for complaint in summary.complaints[:MOST_SHOWN]:
        console.print(f"[bold]a fault that no weather explains[/]: {escape(complaint)}", soft_wrap=True)
    if summary.never_met:
        console.print(f"[bold]never met[/]: {', '.join(summary.never_met)}", soft_wrap=True)


def controls_document(caught: Sequence[Caught]) -> list[dict[str, Any]]:
    return [
        {
            "control": each.control.name,
            "rule": each.control.rule,
            "is_caught": each.is_caught,
            "payouts": each.summary.payouts,
            **{name: getattr(each.summary, name) for name in COUNTS},
            "seconds": each.summary.seconds,
        }
        for each in caught
    ]


def show_controls(caught: Sequence[Caught], console: Console) -> None:
    table = Table(title="Each rule taken out: what was seen then")
    for column in ("without", "rule", "after payouts", "harm"):
        table.add_column(column, overflow="fold")
    for each in caught:
        harm = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in each.summary.harm.items())
        row = (each.control.name, escape(each.control.rule), f"{each.summary.payouts:,}")
        table.add_row(*row, harm or "[bold red]none seen[/]")
    console.print(table)
    missed = [each.control.name for each in caught if not each.is_caught]
    said = f"not noticed: {', '.join(missed)}" if missed else "every one was noticed"
    console.print(f"{len(caught)} rules taken out, {said}", soft_wrap=True)
