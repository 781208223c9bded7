"""`outlay work`: what the workers have before them, by rail and kind, and what they could not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from outlay.cli.common import DataOption, JsonOption, with_runtime
from outlay.cli.duration import span_text
from outlay.cli.output import add, out, print_json, table, utc_json, utc_text
from outlay.core.work import Work
from outlay.kit.characters import plain
from outlay.process.settings import Settings
from outlay.service.runtime import Runtime
from outlay.store.unreadable import UnreadablePayout, list_unreadable
from outlay.store.work import Waiting, list_waiting

MOST_UNREADABLE: Final = 1_000
WORDS: Final = {
    Work.SEND.value: "to be sent",
    Work.ASK.value: "to be asked about",
    Work.LOOK.value: "may expire",
    "": "noted by an older version",
}


def work(data: DataOption = None, as_json: JsonOption = False) -> None:
    """What is due, by rail and kind of work, and since when."""

    async def read(runtime: Runtime, _settings: Settings) -> tuple[Sequence[Waiting], Sequence[UnreadablePayout], int]:
        now_ms = runtime.now_ms()
        waiting = await list_waiting(runtime.database, now_ms)
        return waiting, await list_unreadable(runtime.database, MOST_UNREADABLE), now_ms

    waiting, unreadable, now_ms = with_runtime(data, read)
    if as_json:
        lines = [_line_json(line, now_ms) for line in waiting]
        print_json({"work": lines, "unreadable": [unreadable_json(each) for each in unreadable]})
        return
    if waiting:
        shown = table("rail", "work", "waiting", "due", "in hand", "the oldest is due since", right=_COUNTS)
        for line in waiting:
            kind = WORDS.get(line.kind, line.kind)
            add(shown, line.rail, kind, line.waiting, line.due, line.in_hand, _age_text(line, now_ms))
        out.show(shown)
    else:
        out.say("nothing waits for a worker")
    for each in unreadable:
        out.say(unreadable_text(each))


def unreadable_text(each: UnreadablePayout) -> str:
    since = f"  {utc_text(each.since_ms)} UTC" if each.since_ms is not None else ""
    head = f"UNREADABLE:{each.payout_id}{since}  a payout that this version cannot read"
    return (
        f"{head}: {plain(each.why)}\nUNREADABLE:{each.payout_id}  a newer version may; else its row is damaged "
        "(docs/operations.md)"
    )


def unreadable_json(each: UnreadablePayout) -> dict[str, Any]:
    return {
        "account_id": str(each.account_id),
        "payout_id": str(each.payout_id),
        "why": each.why,
        "since": utc_json(each.since_ms),
        "last_seen": utc_json(each.seen_ms),
    }


_COUNTS: Final = ("waiting", "due", "in hand")


def _age_text(line: Waiting, now_ms: int) -> str:
    return "" if line.oldest_ms is None else span_text(now_ms - line.oldest_ms)


def _line_json(line: Waiting, now_ms: int) -> dict[str, Any]:
    age_s = None if line.oldest_ms is None else (now_ms - line.oldest_ms) // 1000
    return {
        "rail": line.rail or None,
        "kind": line.kind or None,
        "waiting": line.waiting,
        "due": line.due,
        "in_hand": line.in_hand,
        "oldest_due": utc_json(line.oldest_ms),
        "oldest_age_s": age_s,
    }
