"""`outlay sandbox clock` and `sandbox advance`: what time it is in this installation, and moved ahead."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, assert_never

import typer

from outlay.cli.common import CommandFailed, DataOption, JsonOption, with_looks, with_runtime
from outlay.cli.output import out, print_json
from outlay.present.durations import duration_from, exact_text
from outlay.present.sandbox import clock_document
from outlay.present.values import utc_text
from outlay.process.clock import PULSE_S
from outlay.process.settings import Settings
from outlay.service.operator.sandbox_clock import (
    MOST_AHEAD_MS,
    ClockRead,
    RealRails,
    TooFarAhead,
    advance_clock,
    show_clock,
)
from outlay.service.runtime import Looking, Runtime

_POLLS: Final = 2


def advance(
    by: Annotated[str, typer.Argument(help="How far: 3d, 36h, 90m, 45s, or together as in 1d12h.", metavar="DURATION")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move this installation's clock ahead, for good, and with it all that waits for a time."""
    by_ms = duration_from(by)
    if by_ms is None:
        raise CommandFailed(
            f"{by} is not a span of time: write days, hours, minutes and seconds as in 3d or 1d12h30m5s"
        )

    async def work(runtime: Runtime, _settings: Settings) -> ClockRead | RealRails | TooFarAhead:
        moved = await advance_clock(runtime, by_ms)
        if isinstance(moved, ClockRead):
            # Whoever runs this next may rely on it: every process looks at least this often.
            await asyncio.sleep(_POLLS * PULSE_S)
        return moved

    moved = with_runtime(data, work)
    match moved:
        case RealRails():
            raise CommandFailed(
                f"only a sandbox has a clock to move, and accounts here pay over {', '.join(moved.rails)}"
            )
        case TooFarAhead():
            raise CommandFailed(
                f"the clock may be ahead by ten years ({exact_text(MOST_AHEAD_MS)}) at most, "
                f"and is by {exact_text(moved.ahead_ms)} already"
            )
        case ClockRead():
            _print_clock(moved, as_json)
        case _:
            assert_never(moved)


def clock(data: DataOption = None, as_json: JsonOption = False) -> None:
    """What time it is here, and how far that is ahead of the real time."""

    async def work(looks: Looking) -> ClockRead:
        return await show_clock(looks)

    _print_clock(with_looks(data, work), as_json)


def _print_clock(read: ClockRead, as_json: bool) -> None:
    if as_json:
        print_json(clock_document(read.now_ms, read.ahead_ms))
        return
    said = f"{exact_text(read.ahead_ms)} ahead of the real time" if read.ahead_ms else "the real time"
    out.say(f"it is {utc_text(read.now_ms)} UTC here, {said}")
