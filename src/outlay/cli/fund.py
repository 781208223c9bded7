"""`outlay fund`: record money that came in for an account, once per reference."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    CurrencyArgument,
    DataOption,
    JsonOption,
    account_id_from,
    amount_from,
    currency_from,
    refused,
    text_from,
    with_runtime,
)
from outlay.cli.output import out, print_json
from outlay.core.refusal import Refusal
from outlay.kit.characters import plain
from outlay.present.accounts import FundedDocument
from outlay.present.values import money
from outlay.process.settings import Settings
from outlay.service.operator.fund_account import Funded, FundingResult, fund_account
from outlay.service.runtime import Runtime


def fund(
    account: AccountArgument,
    amount: Annotated[str, typer.Argument(help="A decimal amount, such as 300.11.", metavar="AMOUNT")],
    currency: CurrencyArgument,
    reference: Annotated[
        str, typer.Option(help="Your own name of this payment; the same one is never booked twice.", metavar="R")
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record money that came in for an account."""
    account_id, code = account_id_from(account), currency_from(currency)
    amount_minor = amount_from(amount, code)
    text_from(reference, "the reference")

    async def work(runtime: Runtime, _settings: Settings) -> Funded | Refusal:
        return await fund_account(runtime, account_id, code, amount_minor, reference)

    funded = with_runtime(data, work)
    if isinstance(funded, Refusal):
        refused(funded)
    if funded.result is FundingResult.CONFLICT:
        raise CommandFailed(
            f"the reference {reference} was booked before with another amount or currency; nothing was booked. "
            "Give each incoming payment a reference of its own."
        )
    booked, available = money(amount_minor, code), money(funded.available_minor, code)
    if as_json:
        print_json(
            FundedDocument(
                account_id=account_id,
                currency=code,
                amount=booked,
                reference=reference,
                result=funded.result.name.lower(),
                available=available,
            )
        )
        return
    if funded.result is FundingResult.REPEATED:
        out.say(f"{plain(reference)} was booked before, so nothing was booked; available: {available} {code}")
    else:
        out.say(f"booked {booked} {code} as {plain(reference)}; available: {available} {code}")
