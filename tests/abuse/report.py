"""What the strangers did, for people and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.abuse.controls import Caught
from tests.abuse.judge import Trial


class Summary(msgspec.Struct, frozen=True):
    proxy: str
    seconds: float
    strangers: int
    harmful: int
    trials: list[Trial]


class ControlSummary(msgspec.Struct, frozen=True):
    seconds: float
    controls: list[Caught]


def as_json(summary: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(summary)).decode()


def show(summary: Summary, console: Console) -> None:
    console.print(_table(summary.trials, "What strangers did to valid callers" + _behind(summary.proxy)))
    for trial in summary.trials:
        for harm in trial.harms:
            console.print(f"[bold]{escape(trial.stranger)}[/]: {escape(harm)}", soft_wrap=True)
    harmless = "nobody was harmed" if not summary.harmful else f"{summary.harmful} did harm"
    console.print(f"{summary.strangers} strangers, {harmless}; {summary.seconds:.0f} s", soft_wrap=True)


def _behind(proxy: str) -> str:
    return f", both behind {proxy}" if proxy else ""


def _table(trials: Sequence[Trial], title: str) -> Table:
    table = Table(title=title)
    for column, justify in (
        ("stranger", "left"),
        ("calm p50/p99 ms", "right"),
        ("p50/p99 ms", "right"),
        ("×", "right"),
        ("new/batch ms", "right"),
        ("calls", "right"),
        ("MiB calm/most/after", "right"),
        ("it met", "left"),
    ):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for trial in trials:
        table.add_row(
            escape(trial.stranger) if not trial.harms else f"[bold red]{escape(trial.stranger)}[/]",
            f"{trial.calm_ms[0]:.1f}/{trial.calm_ms[1]:.1f}",
            f"{trial.during_ms[0]:.1f}/{trial.during_ms[1]:.1f}",
            f"{trial.times:.1f}",
            f"{trial.newcomer_ms:.0f}/{trial.batch_ms:.0f}",
            str(trial.calls),
            f"{trial.memory.calm[0]:.0f}/{trial.memory.peak:.0f}/{trial.memory.after[0]:.0f}",
            escape(", ".join(f"{outcome} × {times}" for outcome, times in sorted(trial.saw.items()))),
        )
    return table


def show_controls(summary: ControlSummary, console: Console) -> None:
    table = Table(title="Each limit taken out: what its strangers did then")
    for column in ("without", "stranger", "harm"):
        table.add_column(column, overflow="fold")
    for caught in summary.controls:
        for trial in caught.trials:
            table.add_row(caught.limit, trial.stranger, escape("; ".join(trial.harms)) or "[bold red]none seen[/]")
    console.print(table)
    missed = [caught.limit for caught in summary.controls if not caught.is_caught]
    said = f"not noticed: {', '.join(missed)}" if missed else "every one was noticed"
    console.print(f"{len(summary.controls)} limits taken out, {said}; {summary.seconds:.0f} s", soft_wrap=True)
