"""Epochs for people: what `outlay case list` and `outlay case close` tell of a database that has lost time.

Such a case is named `EPOCH:NUMBER`. It is about no payout: what became of each is asked of its rail, and what only
people can say is a case of that payout.
"""

from __future__ import annotations

from pathlib import Path

from outlay.cli.common import CommandFailed, with_runtime
from outlay.cli.output import out, print_json
from outlay.cli.people import decided_by
from outlay.core.epoch import EpochRow
from outlay.kit.characters import plain
from outlay.present.cases import EPOCH_PREFIX, epoch_closed_document, epoch_name
from outlay.present.values import utc_text
from outlay.process.settings import Settings
from outlay.service.operator.cases import close_epoch
from outlay.service.runtime import Runtime


def epoch_number(case: str) -> int | None:
    """None where this names a payout's case."""
    number = case.removeprefix(EPOCH_PREFIX)
    is_one = case.startswith(EPOCH_PREFIX) and number.isascii() and number.isdecimal() and len(number) <= 9
    return int(number) if is_one else None


def epoch_text(row: EpochRow) -> str:
    name = epoch_name(row.epoch)
    head = f"{name}  {utc_text(row.began_ms)} UTC  the database has lost time: {plain(row.why)}"
    if row.closed_ms is not None:
        return f"{head}; closed {utc_text(row.closed_ms)} by {plain(row.closed_by)}: {plain(row.note)}"
    return f"{head}\n{name}  outlay case close {name} --by NAME --note TEXT"


def close_one(data: Path | None, epoch: int, name: str, note: str, *, as_json: bool) -> None:
    async def work(runtime: Runtime, settings: Settings) -> tuple[str, bool]:
        person = await decided_by(runtime, settings, name, as_json=as_json, needs_two=False)
        return person, await close_epoch(runtime, epoch, person, note)

    person, is_closed = with_runtime(data, work)
    if not is_closed:
        raise CommandFailed(f"there is no open case {epoch_name(epoch)}; `outlay case list --all` shows all")
    if as_json:
        print_json(epoch_closed_document(epoch, person, note))
        return
    out.say(f"case {epoch_name(epoch)} is closed by {plain(person)}")
