"""The command line: puts the commands together. Each command lives in a file of its own."""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from outlay.cli import (
    account,
    block,
    case,
    credential,
    demo,
    fund,
    ledger,
    method,
    migrate,
    payout,
    rail,
    recover,
    review,
    sandbox,
    serve,
    settle,
    terms,
    transfer,
    user,
    work,
)
from outlay.cli.common import report_failures
from outlay.cli.streams import take_over
from outlay.cli.version import print_version

app = typer.Typer(
    name="outlay",
    help="A payouts system: three public payout APIs over one double-entry ledger.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("serve-child", hidden=True)(serve.serve_child)
app.command("migrate")(migrate.migrate)
app.command("recover")(recover.recover)
account.app.command("transfer")(transfer.transfer)
account.app.command("transfers")(transfer.list_transfers)
app.add_typer(account.app, name="account")
app.add_typer(credential.app, name="credential")
app.command("fund")(fund.fund)
app.add_typer(terms.fee_app, name="fee")
app.add_typer(terms.limit_app, name="limit")
app.add_typer(method.app, name="method")
app.add_typer(block.app, name="block")
payout.app.command("settle")(settle.settle)
app.add_typer(payout.app, name="payout")
app.add_typer(case.app, name="case")
app.command("work")(work.work)
app.add_typer(review.app, name="review")
app.add_typer(rail.app, name="rail")
app.add_typer(user.app, name="user")
app.add_typer(ledger.app, name="ledger")
app.add_typer(sandbox.app, name="sandbox")


@app.callback()
def outlay(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """A payouts system: three public payout APIs over one double-entry ledger."""


def run() -> None:
    # What was imported stays to the end. Looking through it for garbage, also when the process ends, takes a fifth of
    # what a short command takes.
    gc.freeze()
    gc.enable()
    take_over()
    report_failures(lambda: app(prog_name="outlay"))
