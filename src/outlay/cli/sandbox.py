"""`outlay sandbox …`: take a payout's story at the sandbox bank into one's own hands. Its clock is cli.clock's.

The bank decides what it can do; the core decides what that does to the payout. A repeat changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.choice import OfAccountOption, PayoutArgument, account_filter, chosen_payout
from outlay.cli.common import CommandFailed, DataOption, JsonOption, amount_from, refused, with_runtime
from outlay.cli.output import out, print_json
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.shown import Waits
from outlay.present.sandbox import played_document
from outlay.present.values import money
from outlay.present.words import state_words
from outlay.process.run import bank_of
from outlay.process.settings import Settings
from outlay.sandbox.bank import NotPossible, SandboxBank
from outlay.service.engine.move_payout import Moved
from outlay.service.operator.payouts import read_waits
from outlay.service.runtime import Runtime

app = typer.Typer(help="Play the sandbox bank by hand, and move the clock.", no_args_is_help=True)

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
        print_json(played_document(payout, waits.of(payout), changed=moved.changed))
        return
    amount = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    known = "" if moved.changed else " (known before; nothing has changed)"
    out.say(f"payout {payout.payout_id} of {amount} is {state_words(payout)}{known}")
