"""Balances: one, or all of them in pages.

The trap: one ask has two forms of answer: a balance alone, and a page of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

from outlay.core.asks import Balance, ReadBalances
from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, OpenedCredential
from outlay.dialects.uqpay.codes import BALANCE_NOT_FOUND
from outlay.dialects.uqpay.envelope import success
from outlay.dialects.uqpay.values.lists import Page, read_list_query
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault

_BALANCE_NAMESPACE: Final = UUID("8c1f7a52-6f0e-4b57-9a43-0d6c2f5b7e19")  # fixed for ever: balance ids derive from it


def read_balance_list(request: Request, _caller: Caller, _now: Now) -> Asked[tuple[Balance, ...], Page] | Fault:
    query = read_list_query(request.query)
    return query if isinstance(query, Fault) else Asked(ReadBalances(), query.page)


def write_balance_list(balances: tuple[Balance, ...], page: Page, context: Context[OpenedCredential]) -> Response:
    return success(balance_list(context.account_id, balances, page))


def read_balance(request: Request, _caller: Caller, _now: Now) -> Asked[tuple[Balance, ...], None] | Fault:
    currency = request.parameters["currency"]
    return Asked(ReadBalances(currency=currency), None) if currency in EXPONENTS else BALANCE_NOT_FOUND


def write_balance(balances: tuple[Balance, ...], _echo: None, context: Context[OpenedCredential]) -> Response | Fault:
    if not balances:
        return BALANCE_NOT_FOUND
    return success(balance_object(context.account_id, balances[0]))


def balance_list(account_id: UUID, balances: Sequence[Balance], page: Page) -> schema.BalanceList:
    """One page; a page past the end is empty, and no balances make no pages (decision)."""
    return schema.BalanceList(
        total_pages=page.pages(len(balances)),
        total_items=len(balances),
        data=[balance_object(account_id, balance) for balance in balances[page.skip : page.skip + page.size]],
    )


def balance_object(account_id: UUID, balance: Balance) -> schema.BalanceObject:
    """Outlay knows available and held money only (decision): what is held counts as available but pending."""
    exponent = EXPONENTS[balance.currency]
    nothing = format_amount(0, exponent)
    return schema.BalanceObject(
        balance_id=str(uuid5(_BALANCE_NAMESPACE, f"{account_id}:{balance.currency}")),
        currency=balance.currency,
        available_balance=format_amount(balance.available_minor + balance.held_minor, exponent),
        payable_balance=format_amount(balance.available_minor, exponent),
        pending_balance=format_amount(balance.held_minor, exponent),
        reserved_balance=nothing,
        margin_balance=nothing,
        frozen_balance=nothing,
    )
