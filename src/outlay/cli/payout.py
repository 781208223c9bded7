"""`outlay payout …`: what became of a payout, and lists of payouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.table import Table

from outlay.cli.choice import OfAccountOption, PayoutArgument, account_filter, chosen_payout
from outlay.cli.common import DataOption, JsonOption, out, print_json, refused, with_runtime
from outlay.cli.output import add, money, table, utc_text
from outlay.cli.timeline import state_text, tables
from outlay.cli.views import history_json, summary_json
from outlay.core.payout import Payout, State
from outlay.core.refusal import Refusal
from outlay.service.list_payouts import list_payouts
from outlay.service.runtime import Runtime
from outlay.service.show_payout import show_payout
from outlay.settings import Settings
from outlay.store.history import History

WIDE_ENOUGH: Final = 150
"""Columns of a terminal from which on the account's id stands beside each payout."""

app = typer.Typer(help="What became of payouts.", no_args_is_help=True)


@app.command()
def show(
    payout: PayoutArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Everything that happened to one payout: facts, attempts, postings."""
    account_id = account_filter(account)

    async def work(runtime: Runtime, _settings: Settings) -> History:
        return await show_payout(runtime, await chosen_payout(runtime, payout, account_id))

    history = with_runtime(data, work)
    if as_json:
        print_json(history_json(history))
        return
    for part in tables(history):
        out.print(part)


@app.command("list")
def list_newest(
    account: Annotated[str | None, typer.Option(help="Only of this account.", metavar="ID")] = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Payouts, the newest first."""
    account_id = account_filter(account)

    async def work(runtime: Runtime, _settings: Settings) -> Sequence[Payout] | Refusal:
        return await list_payouts(runtime, account_id=account_id, state=state, limit=limit + 1)

    found = with_runtime(data, work)
    if isinstance(found, Refusal):
        refused(found)
    payouts, more = found[:limit], len(found) > limit
    if as_json:
        print_json({"payouts": [summary_json(payout) for payout in payouts], "more": more})
        return
    if not payouts:
        typer.echo("no such payouts")
        return
    out.print(_list_table(payouts, with_account=account is None and out.width >= WIDE_ENOUGH))
    if more:
        typer.echo(f"these are the newest {limit}; there are more: --limit shows more of them")


def _list_table(payouts: Sequence[Payout], with_account: bool) -> Table:
    account = ["account"] if with_account else []
    headings = ["payout", "created (UTC)", *account, "reference", "amount", "", "fee", "state"]
    shown = table(*headings, right=["amount", "fee"])
    for payout in payouts:
        amount, fee = (money(minor, payout.currency) for minor in (payout.amount_minor, payout.fee.total_minor))
        of_account = [payout.account_id] if with_account else []
        created = utc_text(payout.created_ms)
        add(
            shown,
            payout.payout_id,
            created,
            *of_account,
            payout.reference,
            amount,
            payout.currency,
            fee,
            state_text(payout),
        )
    return shown
