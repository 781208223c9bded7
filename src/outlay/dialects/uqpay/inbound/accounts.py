"""The accounts of one master in UQPAY's words: from here come the ids of `x-on-behalf-of` (seed).

They belong to another of UQPAY's products (docs: Account Center), whose errors have one envelope for everything. What
Outlay does not keep (owners, addresses, papers) is left out: the vendor's clients have it as optional (vendor code).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from outlay.core.account import Account, short_id
from outlay.core.asks import Counted, FindAccount, ListAccounts
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, OpenedCredential
from outlay.dialects.uqpay.codes import CONNECTED_ACCOUNT_NOT_FOUND
from outlay.dialects.uqpay.envelope import success
from outlay.dialects.uqpay.values.lists import Page, read_accounts_query
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault

_BUSINESS_CODES: Final = ("", schema.BUSINESS)
"""What an account is found under: the CLI sends the field also when it is empty (vendor code)."""


class AccountStatus(StrEnum):
    """Two of the words (vendor code): PROCESSING and INACTIVE are none of an account here."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


def read_account_list(request: Request, _caller: Caller, _now: Now) -> Asked[Counted[Account], Page] | Fault:
    """An unknown status fits no account (decision)."""
    query = read_accounts_query(request.query)
    if isinstance(query, Fault):
        return query
    ask = ListAccounts(
        opened=query.status in ("", AccountStatus.ACTIVE),
        closed=query.status in ("", AccountStatus.CLOSED),
        skip=query.page.skip,
        limit=query.page.size,
    )
    return Asked(ask, query.page)


def write_account_list(listed: Counted[Account], page: Page, _context: Context[OpenedCredential]) -> Response:
    return success(account_list(listed.items, listed.total, page))


def read_account_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Account, None] | Fault:
    """By a long or a short id."""
    query = read_accounts_query(request.query)
    if isinstance(query, Fault):
        return query
    named = request.parameters["id"]
    return Asked(FindAccount(named), None) if query.business_code in _BUSINESS_CODES else CONNECTED_ACCOUNT_NOT_FOUND


def write_account(account: Account, _echo: None, _context: Context[OpenedCredential]) -> Response:
    return success(account_object(account))


def account_list(accounts: Sequence[Account], total: int, page: Page) -> schema.AccountList:
    return schema.AccountList(page.pages(total), total, [connected_account(account) for account in accounts])


def account_object(account: Account) -> schema.AccountObject:
    shown = connected_account(account)
    fields = {name: getattr(shown, name) for name in schema.ConnectedAccount.__struct_fields__}
    return schema.AccountObject(**fields, review_reason="")


def connected_account(account: Account) -> schema.ConnectedAccount:
    """An account has no address of its own here (decision)."""
    return schema.ConnectedAccount(
        account_id=str(account.account_id),
        short_reference_id=short_id(account.account_id),
        business_code=[schema.BUSINESS],
        email="",
        account_name=account.name,
        status=(AccountStatus.ACTIVE if account.is_open else AccountStatus.CLOSED).value,
        verification_status="APPROVED",
        country=account.country,
        entity_type="COMPANY",
        contact_details=schema.ContactDetails(email="", phone=""),
    )
