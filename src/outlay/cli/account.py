"""`outlay account …`: open accounts, look at them, change them. Money between them is moved by cli.transfer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from outlay.cli.account_views import account_tables
from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    DataOption,
    JsonOption,
    account_id_from,
    country_from,
    refused,
    text_from,
    url_from,
    with_looks,
    with_runtime,
)
from outlay.cli.output import add, out, print_json, table
from outlay.cli.rail import rail_name_from
from outlay.core.account import Account
from outlay.core.rail import NotTheseRails
from outlay.core.refusal import Refusal
from outlay.core.shown import AccountShown
from outlay.kit.characters import plain
from outlay.present.accounts import (
    AccountOpenedDocument,
    account_document,
    account_list_document,
    account_shown_document,
)
from outlay.present.words import rail_fault_words
from outlay.process.settings import Settings
from outlay.service.operator.accounts import change_account, find_account, list_accounts, open_account, show_account
from outlay.service.operator.rails import set_rails
from outlay.service.runtime import Looking, Runtime

app = typer.Typer(help="Open accounts, look at them, change them.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call the merchant.", metavar="NAME")],
    country: Annotated[str, typer.Option(help="ISO 3166 code, such as BR.", metavar="CC")],
    parent: Annotated[
        str | None, typer.Option(help="Master account: makes this its sub-account.", metavar="ID")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Its payouts wait for a reviewer; `outlay review` ends it.")
    ] = False,
    notify_url: Annotated[
        str | None, typer.Option(help="Where notices go for which an order names no address.", metavar="URL")
    ] = None,
    bank_account_required: Annotated[
        bool,
        typer.Option(
            "--bank-account-required",
            help="A payout that names no beneficiary needs a registered bank account.",
        ),
    ] = False,
    strict_destinations: Annotated[
        bool,
        typer.Option(
            "--strict-destinations",
            help="The sandbox bank, too, checks what real rails check: check digits, addresses, names of banks.",
        ),
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open an account and print its id."""
    parent_id = account_id_from(parent) if parent is not None else None
    name, country = text_from(name, "the name"), country_from(country)
    address = url_from(notify_url, "--notify-url") if notify_url is not None else None

    async def work(runtime: Runtime, _settings: Settings) -> Account | Refusal:
        return await open_account(
            runtime,
            name=name,
            country=country,
            parent_id=parent_id,
            needs_review=review,
            notify_url=address,
            needs_bank_account=bank_account_required,
            strict_destinations=strict_destinations,
        )

    account = with_runtime(data, work)
    if isinstance(account, Refusal):
        raise CommandFailed(
            f"{parent} cannot be a parent: there is no such account, or it is a sub-account itself "
            "(`outlay account list` shows all)"
        )
    if as_json:
        print_json(AccountOpenedDocument(account_id=account.account_id))
        return
    out.say(f"account {account.account_id} opened for {plain(account.name)} ({account.country})")


@app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every account, the oldest first."""

    async def work(looks: Looking) -> Sequence[Account]:
        return await list_accounts(looks)

    accounts = with_looks(data, work)
    if as_json:
        print_json(account_list_document(accounts))
        return
    if not accounts:
        out.say("no accounts yet: `outlay account create NAME --country CC` opens one")
        return
    shown = table("account", "name", "country", "parent", "state", "review", "rails")
    for account in accounts:
        state, review = "open" if account.is_open else "closed", "yes" if account.needs_review else "no"
        rails = ", ".join(account.rails)
        add(shown, account.account_id, account.name, account.country, account.parent_id, state, review, rails)
    out.show(shown)


@app.command()
def show(account: AccountArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """One account: its family, its balances, its terms and what it may not do."""
    account_id = account_id_from(account)

    async def work(looks: Looking) -> AccountShown | Refusal:
        return await show_account(looks, account_id)

    found = with_looks(data, work)
    if isinstance(found, Refusal):
        refused(found)
    if as_json:
        print_json(account_shown_document(found))
        return
    for part in account_tables(found):
        out.show(part)


@app.command("set")
def set_flags(
    account: AccountArgument,
    review: Annotated[
        bool | None,
        typer.Option("--review/--no-review", help="Whether payouts ordered from now on wait for a reviewer."),
    ] = None,
    notify_url: Annotated[
        str | None,
        typer.Option(help='Where notices go for which an order names no address; "" for nowhere.', metavar="URL"),
    ] = None,
    bank_account_required: Annotated[
        bool | None,
        typer.Option(
            "--bank-account-required/--no-bank-account-required",
            help="Whether a payout that names no beneficiary needs a registered bank account.",
        ),
    ] = None,
    strict_destinations: Annotated[
        bool | None,
        typer.Option(
            "--strict-destinations/--no-strict-destinations",
            help="Whether the sandbox bank, too, checks check digits, addresses and names of banks, as real rails do.",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is given; the rest stays."""
    changes = {
        "needs_review": review,
        "notify_url": url_from(notify_url, "--notify-url") if notify_url else notify_url,
        "needs_bank_account": bank_account_required,
        "strict_destinations": strict_destinations,
    }
    if all(value is None for value in changes.values()):
        raise CommandFailed(
            "nothing to set: give --review, --notify-url, --bank-account-required or --strict-destinations "
            "(or their --no-…)"
        )
    changed = _change(account, data, **changes)
    if as_json:
        print_json(account_document(changed))
        return
    waits = "wait for a reviewer" if changed.needs_review else "go out without a review"
    out.say(f"payouts that {plain(changed.name)} orders from now on {waits}")
    out.say(
        f"notices without an address of their own go {f'to {plain(url)}' if (url := changed.notify_url) else 'nowhere'}"
    )
    must = "needs" if changed.needs_bank_account else "does not need"
    out.say(f"a payout that names no beneficiary {must} a registered bank account")
    held = "as real rails check them" if changed.checks_destinations else "by their form only"
    out.say(f"destinations are checked {held}")


@app.command()
def rails(
    account: AccountArgument,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Rails in order: the first is where its payouts go. None: show them.", metavar="[NAME]..."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say over which rails its payouts may go, in order; without names, show them."""
    account_id, wanted = account_id_from(account), [rail_name_from(name) for name in names or ()]

    async def change(runtime: Runtime, _settings: Settings) -> Account | Refusal | NotTheseRails:
        return await set_rails(runtime, account_id, wanted)

    async def look(looks: Looking) -> Account | Refusal | NotTheseRails:
        return await find_account(looks, account_id)

    found = with_runtime(data, change) if wanted else with_looks(data, look)
    if isinstance(found, NotTheseRails):
        raise CommandFailed(rail_fault_words(found))
    if isinstance(found, Refusal):
        refused(found)
    if as_json:
        print_json(account_document(found))
        return
    set_to = "that " + plain(found.name) + (" orders from now on go" if wanted else " orders go")
    out.say(f"payouts {set_to} over {plain(found.rail)}")
    if found.other_rails:
        out.say(f"after a refusal that lets them, over {plain(', then '.join(found.other_rails))}")


@app.command()
def close(account: AccountArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let an account order nothing more; what it ordered goes on, and can be asked about."""
    changed = _change(account, data, is_open=False)
    if as_json:
        print_json(account_document(changed))
        return
    out.say(f"account {changed.account_id} is closed: it orders nothing more; what it ordered goes on")


@app.command()
def reopen(account: AccountArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a closed account order again."""
    changed = _change(account, data, is_open=True)
    if as_json:
        print_json(account_document(changed))
        return
    out.say(f"account {changed.account_id} is open")


def _change(account: str, data: Path | None, **changes: Any) -> Account:
    account_id = account_id_from(account)

    async def work(runtime: Runtime, _settings: Settings) -> Account | Refusal:
        return await change_account(runtime, account_id, **changes)

    changed = with_runtime(data, work)
    if isinstance(changed, Refusal):
        refused(changed)
    return changed
