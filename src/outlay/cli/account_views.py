"""An account for people: the tables of all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outlay.cli.output import add, table
from outlay.core.account import short_id
from outlay.core.shown import AccountShown
from outlay.present.values import money, rate_text
from outlay.present.words import methods_words

if TYPE_CHECKING:
    from rich.table import Table


def account_tables(found: AccountShown) -> Iterator[Table]:
    yield _head(found)
    if len(found.family) > 1:
        family = table("account", "short id", "name", "", title="Family")
        for relative in found.family:
            role = "master" if relative.parent_id is None else "sub-account"
            this = ", this one" if relative.account_id == found.account.account_id else ""
            add(family, relative.account_id, short_id(relative.account_id), relative.name, role + this)
        yield family
    if found.balances:
        balances = table("currency", "available", "held", right=["available", "held"], title="Balances")
        for balance in found.balances:
            available, held = (
                money(minor, balance.currency) for minor in (balance.available_minor, balance.held_minor)
            )
            add(balances, balance.currency, available, held)
        yield balances
    if found.terms:
        yield _terms(found)


def _head(found: AccountShown) -> Table:
    account = found.account
    head = table("account", str(account.account_id))
    lines = {
        "short id": short_id(account.account_id),
        "name": account.name,
        "country": account.country,
        "parent": account.parent_id,
        "state": "open" if account.is_open else "closed",
        "review": "payouts wait for a reviewer" if account.needs_review else "",
        "bank account": "required where no beneficiary is named" if account.needs_bank_account else "",
        "destinations": "checked as real rails check them" if account.checks_destinations else "",
        "notices to": account.notify_url,
        "rails": ", then ".join(account.rails),
        "blocked": f"{len(account.blocked)} recipients" if account.blocked else "",
    }
    for name, value in lines.items():
        if value:
            add(head, name, value)
    return head


def _terms(found: AccountShown) -> Table:
    shown = table("currency", "fee", "smallest", "largest", "off", right=["smallest", "largest"], title="Terms")
    for currency, terms in found.terms.items():
        fee = f"{money(terms.fee.fixed_minor, currency)} + {rate_text(terms.fee.rate_ppm)} × amount"
        limits = (money(terms.limits.smallest_minor, currency), money(terms.limits.largest_minor, currency))
        add(shown, currency, fee, *limits, methods_words(terms.off))
    return shown
