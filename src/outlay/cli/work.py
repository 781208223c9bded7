"""`outlay work`: what the workers have before them, by rail and kind, and what they could not read."""

from __future__ import annotations

from typing import Final

from outlay.cli.common import DataOption, JsonOption, with_looks
from outlay.cli.output import add, out, print_json, table
from outlay.core.shown import WorkShown
from outlay.core.unreadable import UnreadablePayout
from outlay.core.work import Backlog
from outlay.kit.characters import plain
from outlay.present.durations import span_text
from outlay.present.values import utc_text
from outlay.present.words import WORK
from outlay.present.work import work_document
from outlay.service.operator.work import read_work
from outlay.service.runtime import Looking

_COUNTS: Final = ("waiting", "due", "in hand")


def work(data: DataOption = None, as_json: JsonOption = False) -> None:
    """What is due, by rail and kind of work, and since when."""

    async def read(looks: Looking) -> WorkShown:
        return await read_work(looks)

    found = with_looks(data, read)
    if as_json:
        print_json(work_document(found))
        return
    if found.backlog:
        shown = table("rail", "work", "waiting", "due", "in hand", "the oldest is due since", right=_COUNTS)
        for line in found.backlog:
            kind = WORK.get(line.kind, line.kind)
            add(shown, line.rail, kind, line.waiting, line.due, line.in_hand, _age_text(line, found.now_ms))
        out.show(shown)
    else:
        out.say("nothing waits for a worker")
    for each in found.unreadable:
        out.say(unreadable_text(each))


def unreadable_text(each: UnreadablePayout) -> str:
    since = f"  {utc_text(each.since_ms)} UTC" if each.since_ms is not None else ""
    head = f"UNREADABLE:{each.payout_id}{since}  a payout that this version cannot read"
    return (
        f"{head}: {plain(each.why)}\nUNREADABLE:{each.payout_id}  a newer version may; else its row is damaged "
        "(docs/operations.md)"
    )


def _age_text(line: Backlog, now_ms: int) -> str:
    return "" if line.oldest_ms is None else span_text(now_ms - line.oldest_ms)
