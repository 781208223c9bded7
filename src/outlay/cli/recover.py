"""`outlay recover`: say that the database has lost time, because it was restored from a copy or a standby took over.

From then on nothing that was ordered before is sent, stopped or given back before its rail was asked about it.

The trap: it takes effect where it is said, so it is said before a server is started on the restored database. What a
server has sent by then nobody takes back.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from outlay.cli.common import DataOption, JsonOption, name_from, text_from, with_runtime
from outlay.cli.output import out, print_json
from outlay.process.settings import Settings
from outlay.service.operator.cases import announce_epoch
from outlay.service.runtime import Runtime

_NOBODY: Final = "an operator"


def recover(
    note: Annotated[str, typer.Option(help="Why, in words that go on record.", metavar="TEXT")] = "restored",
    by: Annotated[str, typer.Option(help="Who says so.", metavar="NAME")] = _NOBODY,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """After a restore or a failover: ask about everything under way before it is sent. Beside a server, or without."""
    name, text = name_from(by), text_from(note, "the note")

    async def work(runtime: Runtime, _settings: Settings) -> tuple[int, int]:
        return await announce_epoch(runtime, why=text, by=name)

    # Other commands make an installation where there is none. Here that would tell whoever mistyped a folder that the
    # restored one is safe to start.
    epoch, payouts = with_runtime(data, work, only_existing=True)
    if as_json:
        print_json({"epoch": epoch, "payouts": payouts})
        return
    out.say(f"epoch {epoch} has begun: {payouts} payouts under way will be asked about before anything is sent")
