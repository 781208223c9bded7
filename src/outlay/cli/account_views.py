"""An account as JSON and as tables: the entry of a list, and all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from outlay.cli.method import off_text
from outlay.cli.output import add, money, rate_text, table
from outlay.core.account import Account, short_id
from outlay.service.operator.show_account import AccountShown


def account_json(account: Account) -> dict[str, Any]:
    return {
        "account_id": str(account.account_id),
        "name": account.name,
        "country": account.country,
        "parent_id": str(account.parent_id) if account.parent_id else None,
        "is_open": account.is_open,
        "needs_review": account.needs_review,
        "needs_bank_account": account.needs_bank_account,
        "strict_destinations": account.strict_destinations,
        "notify_url": account.notify_url,
        "rail": account.rail,
        "rails": list(account.rails),
    }


def account_document(found: AccountShown) -> dict[str, Any]:
    account = found.account
    return {
        **account_json(account),
        "short_id": short_id(account.account_id),
        "family": [
            {
                "account_id": str(relative.account_id),
                "short_id": short_id(relative.account_id),
                "name": relative.name,
                "is_master": relative.parent_id is None,
            }
            for relative in found.family
        ],
        "balances": [
            {
                "currency": balance.currency,
                "available": money(balance.available_minor, balance.currency),
                "held": money(balance.held_minor, balance.currency),
            }
            for balance in found.balances
        ],
        "terms": [
            {
                "currency": currency,
                "fixed": money(terms.fee.fixed_minor, currency),
                "rate": rate_text(terms.fee.rate_ppm),
                "min": money(terms.limits.smallest_minor, currency),
                "max": money(terms.limits.largest_minor, currency),
                "off": sorted(terms.off),
            }
            for currency, terms in found.terms.items()
        ],
        "blocked_count": len(account.blocked),
    }


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
        add(shown, currency, fee, *limits, off_text(terms.off))
    return shown
