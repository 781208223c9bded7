"""The accounts of one master in UQPAY's words: from here come the ids of `x-on-behalf-of` (seed).

They belong to another of UQPAY's products (docs: Account Center), whose errors have one envelope for everything. What
Outlay does not keep (owners, addresses, papers) is left out: the vendor's clients have it as optional (vendor code).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from outlay.core.account import Account, short_id
from outlay.core.asks import FindAccount, ListAccounts
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import CONNECTED_ACCOUNT_NOT_FOUND
from outlay.dialects.uqpay.values import AccountsQuery, Page
from outlay.wire.problems import Fault

_BUSINESS_CODES: Final = ("", schema.BUSINESS)
"""What an account is found under: the CLI sends the field also when it is empty (vendor code)."""


class AccountStatus(StrEnum):
    """Two of the words (vendor code): PROCESSING and INACTIVE are none of an account here."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


def read_account_list(query: AccountsQuery) -> ListAccounts:
    """An unknown status fits no account (decision)."""
    return ListAccounts(
        opened=query.status in ("", AccountStatus.ACTIVE),
        closed=query.status in ("", AccountStatus.CLOSED),
        skip=query.page.skip,
        limit=query.page.size,
    )


def read_account(named: str, query: AccountsQuery) -> FindAccount | Fault:
    """By a long or a short id."""
    return FindAccount(named) if query.business_code in _BUSINESS_CODES else CONNECTED_ACCOUNT_NOT_FOUND


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


def account_object(account: Account) -> schema.AccountObject:
    shown = connected_account(account)
    fields = {name: getattr(shown, name) for name in schema.ConnectedAccount.__struct_fields__}
    return schema.AccountObject(**fields, review_reason="")


def account_list(accounts: Sequence[Account], total: int, page: Page) -> schema.AccountList:
    return schema.AccountList(page.pages(total), total, [connected_account(account) for account in accounts])
