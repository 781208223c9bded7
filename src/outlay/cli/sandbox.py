"""`outlay sandbox …`: take a payout's story at the sandbox bank into one's own hands, and move the clock.

The bank decides what it can do; the core decides what that does to the payout. A repeat changes nothing and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, assert_never

import typer

from outlay.cli.choice import OfAccountOption, PayoutArgument, account_filter, chosen_payout
from outlay.cli.common import CommandFailed, DataOption, JsonOption, amount_from, refused, with_runtime
from outlay.cli.duration import duration_from, exact_text
from outlay.cli.output import money, out, print_json, utc_json, utc_text
from outlay.cli.timeline import state_text
from outlay.cli.views import summary_json
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.process.ids import PULSE_S
from outlay.process.run import bank_of
from outlay.process.settings import Settings
from outlay.sandbox.bank import NotPossible, SandboxBank
from outlay.service.engine.move_payout import Moved
from outlay.service.operator.sandbox_clock import (
    MOST_AHEAD_MS,
    ClockRead,
    RealRails,
    TooFarAhead,
    advance_clock,
    read_clock,
)
from outlay.service.operator.waiting import Waits, read_waits
from outlay.service.runtime import Runtime

app = typer.Typer(help="Play the sandbox bank by hand, and move the clock.", no_args_is_help=True)

_POLLS: Final = 2

Deed = Callable[[SandboxBank, Payout], Awaitable[Moved | No]]


@app.command()
def pay(
    payout: PayoutArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Execute it now."""
    _play(payout, account, data, as_json, SandboxBank.pay)


@app.command()
def fail(
    payout: PayoutArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Fail it now."""
    _play(payout, account, data, as_json, SandboxBank.fail)


@app.command()
def release(
    payout: PayoutArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Let a payout go on that the bank holds (amounts that end in 74)."""
    _play(payout, account, data, as_json, SandboxBank.release)


@app.command("return")
def give_back(
    payout: PayoutArgument,
    amount: Annotated[str, typer.Argument(help="What comes back, in the payout's currency.", metavar="AMOUNT")],
    number: Annotated[
        int | None, typer.Option(help="Number of the return (default: the next); a repeat changes nothing.", min=1)
    ] = None,
    by_decision: Annotated[
        bool,
        typer.Option("--by-decision", help="Because somebody decided so, not because the other bank sent it back."),
    ] = False,
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Return money of a paid payout, all of it or a part."""

    async def deed(bank: SandboxBank, chosen: Payout) -> Moved | No:
        return await bank.give_back(chosen, amount_from(amount, chosen.currency), number, by_decision=by_decision)

    _play(payout, account, data, as_json, deed)


@app.command()
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


@app.command()
def clock(data: DataOption = None, as_json: JsonOption = False) -> None:
    """What time it is here, and how far that is ahead of the real time."""

    async def work(runtime: Runtime, _settings: Settings) -> ClockRead:
        return await read_clock(runtime)

    _print_clock(with_runtime(data, work), as_json)


def _print_clock(read: ClockRead, as_json: bool) -> None:
    ahead = exact_text(read.ahead_ms)
    if as_json:
        print_json({"now": utc_json(read.now_ms), "ahead": ahead, "ahead_ms": read.ahead_ms})
        return
    said = f"{ahead} ahead of the real time" if read.ahead_ms else "the real time"
    out.say(f"it is {utc_text(read.now_ms)} UTC here, {said}")


def _play(text: str, account: str | None, data: Path | None, as_json: bool, deed: Deed) -> None:
    account_id = account_filter(account)

    async def work(runtime: Runtime, settings: Settings) -> tuple[Moved | No, Waits]:
        chosen = await chosen_payout(runtime, text, account_id)
        try:
            moved = await deed(await bank_of(settings, runtime, chosen), chosen)
        except NotPossible as error:
            raise CommandFailed(str(error)) from None
        return moved, await read_waits(runtime, () if isinstance(moved, No) else [moved.payout])

    moved, waits = with_runtime(data, work)
    if isinstance(moved, No):
        refused(moved)
    payout = moved.payout
    if as_json:
        print_json({**summary_json(payout, waits.of(payout)), "changed": moved.changed})
        return
    amount = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    known = "" if moved.changed else " (known before; nothing has changed)"
    out.say(f"payout {payout.payout_id} of {amount} is {state_text(payout).plain}{known}")
