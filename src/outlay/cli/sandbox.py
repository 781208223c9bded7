"""`outlay sandbox …`: take a payout's story at the sandbox bank into one's own hands.

The bank decides what it can do; the core decides what that does to the payout. A repeat changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from outlay.bootstrap import make_bank
from outlay.cli.choice import OfAccountOption, PayoutArgument, account_filter, chosen_payout
from outlay.cli.common import CommandFailed, DataOption, JsonOption, amount_from, print_json, refused, with_runtime
from outlay.cli.output import money
from outlay.cli.timeline import state_text
from outlay.cli.views import summary_json
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.sandbox.bank import NotPossible, SandboxBank
from outlay.service.move_payout import Moved
from outlay.service.runtime import Runtime
from outlay.settings import Settings

app = typer.Typer(help="Play the sandbox bank by hand.", no_args_is_help=True)

Deed = Callable[[SandboxBank, Payout], Awaitable[Moved | Refusal]]


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
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Return money of a paid payout, all of it or a part."""

    async def deed(bank: SandboxBank, chosen: Payout) -> Moved | Refusal:
        return await bank.give_back(chosen, amount_from(amount, chosen.currency), number)

    _play(payout, account, data, as_json, deed)


def _play(text: str, account: str | None, data: Path | None, as_json: bool, deed: Deed) -> None:
    account_id = account_filter(account)

    async def work(runtime: Runtime, settings: Settings) -> Moved | Refusal:
        chosen = await chosen_payout(runtime, text, account_id)
        try:
            return await deed(make_bank(settings, runtime), chosen)
        except NotPossible as error:
            raise CommandFailed(str(error)) from None

    moved = with_runtime(data, work)
    if isinstance(moved, Refusal):
        refused(moved)
    payout = moved.payout
    if as_json:
        print_json({**summary_json(payout), "changed": moved.changed})
        return
    amount = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    known = "" if moved.changed else " (known before; nothing has changed)"
    typer.echo(f"payout {payout.payout_id} of {amount} is {state_text(payout).plain}{known}")
