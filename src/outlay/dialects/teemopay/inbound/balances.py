"""The balance of an application: in its country's first currency, whatever else the account holds."""

from __future__ import annotations

from outlay.core.asks import Balance, ReadBalances
from outlay.dialects.teemopay import schema
from outlay.dialects.teemopay.callers import App
from outlay.dialects.teemopay.envelope import success
from outlay.dialects.teemopay.signing import SignedBody
from outlay.dialects.teemopay.tables.rules import Country
from outlay.dialects.teemopay.values.fields import amount_text
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.message import Response
from outlay.wire.problems import Fault


def read_balance(_sent: SignedBody, credential: Credential[App], _now: Now) -> Asked[tuple[Balance, ...], None] | Fault:
    """Of the country's first currency (decision): the answer has no field for another."""
    return Asked(ReadBalances(currency=credential.opened.country.money.currency), None)


def write_balance(balances: tuple[Balance, ...], _echo: None, context: Context[App]) -> Response:
    return success(balance_data(balances, context.credential.opened.country), context)


def balance_data(balances: tuple[Balance, ...], country: Country) -> schema.BalanceData:
    """In the country's first currency, zeros where it was never used. total = frozen + avail (inference)."""
    currency, held, available = country.money.currency, 0, 0
    for balance in balances:
        if balance.currency == currency:
            held, available = balance.held_minor, balance.available_minor
    return schema.BalanceData(
        totalAmount=amount_text(held + available, currency),
        frozenAmount=amount_text(held, currency),
        availAmount=amount_text(available, currency),
    )
