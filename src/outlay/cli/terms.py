"""`outlay fee set` and `outlay limit set`: the terms of one account in one currency.

What is not given keeps its present value. Payouts that exist keep the fee they were ordered with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from msgspec.structs import replace

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
    with_runtime,
)
from outlay.cli.output import out, print_json
from outlay.core.account import Terms
from outlay.core.fees import RATE_SCALE
from outlay.core.money import AmountFault, parse_amount
from outlay.core.refusal import Refusal
from outlay.present.accounts import fee_document, limits_document
from outlay.present.values import money
from outlay.process.settings import Settings
from outlay.service.operator.accounts import read_terms, set_fee, set_limits
from outlay.service.runtime import Runtime

_RATE_DECIMALS: Final = 6

fee_app = typer.Typer(help="What an account pays for payouts.", no_args_is_help=True)
limit_app = typer.Typer(help="The smallest and the largest payout of an account.", no_args_is_help=True)


@fee_app.command("set")
def fee_set(
    account: AccountArgument,
    currency: CurrencyArgument,
    fixed: Annotated[str | None, typer.Option(help="Per payout, in the currency: 5.00.", metavar="AMOUNT")] = None,
    rate: Annotated[str | None, typer.Option(help="Share of the amount: 0.0500 is 5 %.", metavar="RATE")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the fee of payouts ordered from now on: fixed + amount × rate."""
    account_id, code = account_id_from(account), currency_from(currency)
    if fixed is None and rate is None:
        raise CommandFailed("nothing to set: give --fixed, --rate or both; the one not given keeps its value")
    changes: dict[str, int] = {}
    if fixed is not None:
        changes["fixed_minor"] = amount_from(fixed, code, or_zero=True)
    if rate is not None:
        changes["rate_ppm"] = _rate_from(rate)

    async def change(runtime: Runtime, before: Terms) -> Terms | Refusal:
        return await set_fee(runtime, account_id, code, replace(before.fee, **changes))

    shown = fee_document(account_id, code, _change(data, account_id, code, change).fee)
    if as_json:
        print_json(shown)
        return
    out.say(f"payouts in {code} ordered from now on cost {shown.fixed} + {shown.rate} × amount")


@limit_app.command("set")
def limit_set(
    account: AccountArgument,
    currency: CurrencyArgument,
    smallest: Annotated[str | None, typer.Option("--min", help="Smallest payout.", metavar="AMOUNT")] = None,
    largest: Annotated[str | None, typer.Option("--max", help="Largest payout.", metavar="AMOUNT")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the smallest and the largest payout that may be ordered from now on, both included."""
    account_id, code = account_id_from(account), currency_from(currency)
    if smallest is None and largest is None:
        raise CommandFailed("nothing to set: give --min, --max or both; the one not given keeps its value")
    changes: dict[str, int] = {}
    if smallest is not None:
        changes["smallest_minor"] = amount_from(smallest, code)
    if largest is not None:
        changes["largest_minor"] = amount_from(largest, code)

    async def change(runtime: Runtime, before: Terms) -> Terms | Refusal:
        limits = replace(before.limits, **changes)
        if limits.smallest_minor > limits.largest_minor:
            lowest, highest = money(limits.smallest_minor, code), money(limits.largest_minor, code)
            raise CommandFailed(f"the smallest payout, {lowest}, would be larger than the largest, {highest}")
        return await set_limits(runtime, account_id, code, limits)

    shown = limits_document(account_id, code, _change(data, account_id, code, change).limits)
    if as_json:
        print_json(shown)
        return
    out.say(f"payouts in {code} ordered from now on may have from {shown.min} to {shown.max}")


def _change(data: Path | None, account_id: UUID, currency: str, change: Any) -> Terms:
    async def work(runtime: Runtime, _settings: Settings) -> Terms | Refusal:
        before = await read_terms(runtime, account_id, currency)
        changed: Terms | Refusal = before if isinstance(before, Refusal) else await change(runtime, before)
        return changed

    terms = with_runtime(data, work)
    if isinstance(terms, Refusal):
        refused(terms)
    return terms


def _rate_from(text: str) -> int:
    """Millionths of a share such as 0.0500."""
    rate = parse_amount(text, _RATE_DECIMALS)
    if rate is AmountFault.NOT_POSITIVE:
        return 0
    if isinstance(rate, AmountFault) or rate > RATE_SCALE:
        raise CommandFailed(
            f"{text} is not a rate: a share of the amount from 0 to 1 with at most {_RATE_DECIMALS} decimals, "
            "such as 0.0500 for 5 %"
        )
    return rate
