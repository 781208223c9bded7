"""Epochs for people: what `outlay case list` and `outlay case close` tell of a database that has lost time.

Such a case is named `EPOCH:NUMBER`. It is about no payout: what became of each is asked of its rail, and what only
people can say is a case of that payout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from outlay.cli.common import CommandFailed, with_runtime
from outlay.cli.output import out, print_json, utc_json, utc_text
from outlay.cli.people import decided_by
from outlay.kit.characters import plain
from outlay.process.settings import Settings
from outlay.service.runtime import Runtime
from outlay.store.epochs import EpochRow, close_epoch

_PREFIX: Final = "EPOCH:"


def epoch_number(case: str) -> int | None:
    """None where this names a payout's case."""
    number = case.removeprefix(_PREFIX)
    is_one = case.startswith(_PREFIX) and number.isascii() and number.isdecimal() and len(number) <= 9
    return int(number) if is_one else None


def epoch_name(row: EpochRow) -> str:
    return f"{_PREFIX}{row.epoch}"


def epoch_text(row: EpochRow) -> str:
    head = f"{epoch_name(row)}  {utc_text(row.began_ms)} UTC  the database has lost time: {plain(row.why)}"
    if row.closed_ms is not None:
        return f"{head}; closed {utc_text(row.closed_ms)} by {plain(row.closed_by)}: {plain(row.note)}"
    return f"{head}\n{epoch_name(row)}  outlay case close {epoch_name(row)} --by NAME --note TEXT"


def epoch_json(row: EpochRow) -> dict[str, Any]:
    return {
        "case": epoch_name(row),
        "why": row.why,
        "noticed": row.is_noticed,
        "since": utc_json(row.began_ms),
        "is_open": row.closed_ms is None,
        "closed_at": utc_json(row.closed_ms),
        "closed_by": row.closed_by or None,
        "note": row.note or None,
    }


def close_one(data: Path | None, epoch: int, name: str, note: str, *, as_json: bool) -> None:
    async def work(runtime: Runtime, settings: Settings) -> tuple[str, bool]:
        person = await decided_by(runtime, settings, name, as_json=as_json, needs_two=False)
        return person, await close_epoch(runtime.database, epoch, person, note)

    person, is_closed = with_runtime(data, work)
    if not is_closed:
        raise CommandFailed(f"there is no open case {_PREFIX}{epoch}; `outlay case list --all` shows all")
    if as_json:
        print_json({"case": f"{_PREFIX}{epoch}", "result": "closed", "closed_by": person, "note": note})
        return
    out.say(f"case {_PREFIX}{epoch} is closed by {plain(person)}")
