"""What became of the rules, for people and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.prove.campaign import Proved


class Summary(msgspec.Struct, frozen=True):
    seed: int
    rows: int
    breaks: int
    noticed: int
    seconds: float
    by_api: dict[str, int]
    survivors: list[dict[str, str]]


def summary_of(proved: Sequence[Proved], seed: int, seconds: float) -> Summary:
    rows = {(each.claim.api, each.claim.row) for each in proved}
    return Summary(
        seed=seed,
        rows=len(rows),
        breaks=len(proved),
        noticed=sum(each.is_noticed for each in proved),
        seconds=round(seconds, 1),
        by_api=dict(sorted(Counter(api for api, _ in rows).items())),
        survivors=[
            {
                "api": each.claim.api,
                "row": each.claim.row,
                "test": each.claim.node,
                "break": str(each.how),
                "what": each.said,
            }
            for each in proved
            if not each.is_noticed
        ],
    )


def show(summary: Summary, console: Console) -> None:
    if summary.survivors:
        table = Table(title="Not noticed by the test that claims the row")
        for column in ("API", "row", "how it was broken", "what the test did"):
            table.add_column(column, overflow="fold")
        for survivor in summary.survivors:
            table.add_row(*map(escape, (survivor["api"], survivor["row"], survivor["break"], survivor["what"])))
        console.print(table)
    rows = ", ".join(f"{api} {count}" for api, count in summary.by_api.items())
    console.print(
        f"{summary.rows} rules ({rows}) broken in {summary.breaks} ways: {summary.noticed} noticed, "
        f"{len(summary.survivors)} not; seed {summary.seed}, {summary.seconds:.0f} s",
        soft_wrap=True,
    )
