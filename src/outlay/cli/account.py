"""`outlay account …`: open accounts and list them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from outlay.cli.common import (
    CommandFailed,
    DataOption,
    JsonOption,
    account_id_from,
    country_from,
    out,
    plain,
    print_json,
    text_from,
    with_runtime,
)
from outlay.cli.output import add, table
from outlay.core.account import Account
from outlay.core.refusal import Refusal
from outlay.service.list_accounts import list_accounts
from outlay.service.manage_accounts import open_account
from outlay.service.runtime import Runtime
from outlay.settings import Settings

app = typer.Typer(help="Open accounts and list them.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call the merchant.", metavar="NAME")],
    country: Annotated[str, typer.Option(help="ISO 3166 code, such as BR.", metavar="CC")],
    parent: Annotated[
        str | None, typer.Option(help="Master account: makes this its sub-account.", metavar="ID")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Its payouts wait for a reviewer; no command ends a review yet.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open an account and print its id."""
    parent_id = account_id_from(parent) if parent is not None else None
    fields = {"name": text_from(name, "the name"), "country": country_from(country)}

    async def work(runtime: Runtime, _settings: Settings) -> Account | Refusal:
        return await open_account(runtime, **fields, parent_id=parent_id, needs_review=review)

    account = with_runtime(data, work)
    if isinstance(account, Refusal):
        raise CommandFailed(
            f"{parent} cannot be a parent: there is no such account, or it is a sub-account itself "
            "(`outlay account list` shows all)"
        )
    if as_json:
        print_json({"account_id": str(account.account_id)})
        return
    typer.echo(f"account {account.account_id} opened for {plain(account.name)} ({account.country})")


@app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every account, the oldest first."""

    async def work(runtime: Runtime, _settings: Settings) -> Sequence[Account]:
        return await list_accounts(runtime)

    accounts = with_runtime(data, work)
    if as_json:
        print_json({"accounts": [_account_json(account) for account in accounts]})
        return
    if not accounts:
        typer.echo("no accounts yet: `outlay account create NAME --country CC` opens one")
        return
    shown = table("account", "name", "country", "parent", "state", "review", "rail")
    for account in accounts:
        state, review = "open" if account.is_open else "closed", "yes" if account.needs_review else "no"
        add(shown, account.account_id, account.name, account.country, account.parent_id, state, review, account.rail)
    out.print(shown)


def _account_json(account: Account) -> dict[str, Any]:
    return {
        "account_id": str(account.account_id),
        "name": account.name,
        "country": account.country,
        "parent_id": str(account.parent_id) if account.parent_id else None,
        "is_open": account.is_open,
        "needs_review": account.needs_review,
        "rail": account.rail,
    }
