"""What a campaign found, for people and for scripts."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.kills.campaign import Kill, Outcome


def as_json(outcome: Outcome) -> str:
    document: dict[str, Any] = {"ok": outcome.is_clean, **msgspec.to_builtins(outcome)}
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def show(outcome: Outcome, console: Console) -> None:
    table = Table(title="Servers that were killed at a moment")
    for column, justify in (("moment", "left"), ("the time", "right"), ("orders", "right"), ("s", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    table.add_column("it died")
    for kill in outcome.kills:
        table.add_row(kill.moment, str(kill.count), str(kill.orders), f"{kill.seconds:.1f}", _end_of(kill))
    console.print(table)
    for fault in outcome.faults:
        console.print(f"[bold red]{escape(fault)}[/]", soft_wrap=True)
    missed = [kill.moment for kill in outcome.kills if not kill.is_hit]
    hit = f"not hit: {', '.join(missed)}" if missed else "each was hit"
    harm = f"{len(outcome.faults)} faults" if outcome.faults else "nothing is lost or paid twice"
    counted = f"{len(outcome.kills)} kills, {hit}; {outcome.orders} orders, {harm}"
    console.print(f"{counted}; seed {outcome.seed}, {outcome.seconds:.0f} s", soft_wrap=True)


def _end_of(kill: Kill) -> str:
    if not kill.is_hit:
        return "[bold red]not there[/]"
    return "while it started" if kill.while_starting else "while it served"
