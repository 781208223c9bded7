"""`outlay method …`: ways of paying out that an account may not use, one by one or all of a currency.

A method is a kind of destination, or a channel by the word of the API that has it. Channels are not checked against a
list: they belong to the APIs, and whoever names one is told that it was taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    CurrencyArgument,
    DataOption,
    JsonOption,
    account_id_from,
    currency_from,
    refused,
    with_looks,
    with_runtime,
)
from outlay.cli.output import add, out, print_json, table
from outlay.core.account import ALL_METHODS, Terms
from outlay.core.destination import DestinationKind
from outlay.core.refusal import Refusal
from outlay.present.accounts import all_methods_off_document, methods_off_document
from outlay.present.words import methods_words
from outlay.process.settings import Settings
from outlay.service.operator.accounts import list_methods_off, switch_method
from outlay.service.runtime import Looking, Runtime

_DESTINATIONS: Final = tuple(kind.value for kind in DestinationKind)
_CHANNEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)

app = typer.Typer(help="Switch ways of paying out off and on.", no_args_is_help=True)

MethodArgument = Annotated[
    str | None,
    typer.Argument(
        help=f"A kind of destination ({', '.join(_DESTINATIONS)}) or a channel as its API names it (EPAY_PAYOUT, 401).",
        metavar="METHOD",
        show_default=False,
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Everything in this currency, instead of one METHOD.")]


@app.command("off")
def switch_off(
    account: AccountArgument,
    currency: CurrencyArgument,
    method: MethodArgument = None,
    everything: AllOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse orders of this kind from now on; payouts that are ordered already go on."""
    _switch(account, currency, _method_from(method, everything), data, as_json, on=False)


@app.command("on")
def switch_on(
    account: AccountArgument,
    currency: CurrencyArgument,
    method: MethodArgument = None,
    everything: AllOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an `off` back. What was switched off by itself stays off after --all."""
    _switch(account, currency, _method_from(method, everything), data, as_json, on=True)


@app.command("list")
def list_off(account: AccountArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """What is switched off; everything else is on."""
    account_id = account_id_from(account)

    async def work(looks: Looking) -> Mapping[str, frozenset[str]] | Refusal:
        return await list_methods_off(looks, account_id)

    off = with_looks(data, work)
    if isinstance(off, Refusal):
        refused(off)
    if as_json:
        print_json(all_methods_off_document(account_id, off))
        return
    if not off:
        out.say("nothing is switched off: `outlay method off ACCOUNT CURRENCY METHOD` does that")
        return
    shown = table("currency", "off")
    for currency, methods in off.items():
        add(shown, currency, methods_words(methods))
    out.show(shown)


def _method_from(method: str | None, everything: bool) -> str:
    if (method is None) is not everything:
        raise CommandFailed("name one METHOD, or give --all for everything in this currency")
    if method is None:
        return ALL_METHODS
    if not _CHANNEL.fullmatch(method):
        raise CommandFailed(
            f"a METHOD is a kind of destination ({', '.join(_DESTINATIONS)}), or a channel in its API's own word: "
            "letters, digits, '_', '.' and '-'"
        )
    return method


def _switch(account: str, currency: str, method: str, data: Path | None, as_json: bool, *, on: bool) -> None:
    account_id, code = account_id_from(account), currency_from(currency)

    async def work(runtime: Runtime, _settings: Settings) -> Terms | Refusal:
        return await switch_method(runtime, account_id, code, method, on=on)

    terms = with_runtime(data, work)
    if isinstance(terms, Refusal):
        refused(terms)
    if as_json:
        print_json(methods_off_document(account_id, code, terms))
        return
    kind = "the destination" if method in _DESTINATIONS else "the channel"
    what = "everything" if method == ALL_METHODS else f"{kind} {method}"
    left = f"off now: {methods_words(terms.off)}" if terms.off else "nothing is off now"
    out.say(f"payouts in {code}: {what} switched {'on' if on else 'off'}; {left}")
