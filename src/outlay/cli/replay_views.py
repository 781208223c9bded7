"""What `ledger verify --replay` shows: what was compared, what was computed anew, and where it differs."""

from __future__ import annotations

from typing import Any

from outlay.cli.output import Output, add, cell, table
from outlay.core.proof import Difference, ReplayResult
from outlay.kit.characters import plain


def print_replay(result: ReplayResult, screen: Output) -> None:
    shown = table("replayed", "rows compared", "not told by facts", right=["rows compared"], title="The replay")
    for name, count in result.rows.items():
        untold = [
            f"{column.partition('.')[2]} {many}" for column, many in result.untold.items() if _is_of(column, name)
        ]
        add(shown, name, f"{count:,}", ", ".join(untold))
    screen.show(shown)
    states = ", ".join(f"{state.replace('_', ' ')} {count:,}" for state, count in result.states.items())
    screen.say(f"recomputed: {states or 'no payouts'}")
    for each in result.differences:
        screen.say(f"difference: {plain(_words(each))}")
    hidden = result.difference_count - len(result.differences)
    if hidden:
        screen.say(f"and {hidden:,} more")
    took = f"in {result.seconds:.1f} s, of which the database took {result.read_s:.1f} s"
    said = "no difference" if result.is_clean else f"{result.difference_count:,} DIFFERENCES"
    screen.say(cell(f"{said} between what is stored and what the facts give", "" if result.is_clean else "bold red"))
    screen.say(took)


def _is_of(column: str, name: str) -> bool:
    return column.partition(".")[0] == name


def _words(each: Difference) -> str:
    whose = f"account {each.account_id}" if each.subject_id is None else f"payout {each.subject_id}"
    where = " ".join(filter(None, (each.table, each.where, each.column)))
    return f"{whose}, {where}: stored {_value(each.stored)}, recomputed {_value(each.recomputed)}"


def _value(value: Any) -> str:
    return "none" if value is None else str(getattr(value, "value", value))
