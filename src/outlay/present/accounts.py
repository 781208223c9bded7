"""Accounts as documents: the entry of a list, one with all that belongs to it, and what was changed of it: its terms,
the ways it may not pay by, whom it may not pay, its money, its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from outlay.core.account import Account, Terms, short_id
from outlay.core.asks import Balance
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.recipients import Block
from outlay.core.shown import AccountShown
from outlay.present.values import money, rate_text, utc_json


class AccountDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    name: str
    country: str
    parent_id: UUID | None
    is_open: bool
    needs_review: bool
    needs_bank_account: bool
    strict_destinations: bool
    notify_url: str | None
    rail: str
    rails: tuple[str, ...]


class RelativeDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    short_id: str
    name: str
    is_master: bool


class BalanceDocument(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    available: str
    held: str


class TermsDocument(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    fixed: str
    rate: str
    min: str
    max: str
    off: tuple[str, ...]


class AccountShownDocument(AccountDocument, frozen=True, kw_only=True):
    short_id: str
    family: tuple[RelativeDocument, ...]
    balances: tuple[BalanceDocument, ...]
    terms: tuple[TermsDocument, ...]
    blocked_count: int


class AccountListDocument(msgspec.Struct, frozen=True, kw_only=True):
    accounts: tuple[AccountDocument, ...]


class AccountOpenedDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID


class FeeDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    currency: str
    fixed: str
    rate: str


class LimitsDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    currency: str
    min: str
    max: str


class MethodsOffDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is switched off in one currency."""

    account_id: UUID
    currency: str
    off: tuple[str, ...]


class AllMethodsOffDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is switched off, by currency."""

    account_id: UUID
    off: dict[str, tuple[str, ...]]


class BlockDocument(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    why: str
    by: str
    at: str


class BlockListDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    blocked: tuple[BlockDocument, ...]


class BlockChangedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`result`: blocked or allowed; `changed`: whether that is new."""

    account_id: UUID
    number: str
    result: str
    changed: bool


class FundedDocument(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    currency: str
    amount: str
    reference: str
    result: str
    available: str


class CredentialRevokedDocument(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str
    result: str = "revoked"


def account_document(account: Account) -> AccountDocument:
    return AccountDocument(
        account_id=account.account_id,
        name=account.name,
        country=account.country,
        parent_id=account.parent_id,
        is_open=account.is_open,
        needs_review=account.needs_review,
        needs_bank_account=account.needs_bank_account,
        strict_destinations=account.strict_destinations,
        notify_url=account.notify_url,
        rail=account.rail,
        rails=tuple(account.rails),
    )


def account_list_document(accounts: Iterable[Account]) -> AccountListDocument:
    return AccountListDocument(accounts=tuple(map(account_document, accounts)))


def account_shown_document(found: AccountShown) -> AccountShownDocument:
    account = found.account
    return AccountShownDocument(
        **msgspec.structs.asdict(account_document(account)),
        short_id=short_id(account.account_id),
        family=tuple(map(_relative_document, found.family)),
        balances=tuple(map(_balance_document, found.balances)),
        terms=tuple(_terms_document(currency, terms) for currency, terms in found.terms.items()),
        blocked_count=len(account.blocked),
    )


def _relative_document(relative: Account) -> RelativeDocument:
    return RelativeDocument(
        account_id=relative.account_id,
        short_id=short_id(relative.account_id),
        name=relative.name,
        is_master=relative.parent_id is None,
    )


def _balance_document(balance: Balance) -> BalanceDocument:
    return BalanceDocument(
        currency=balance.currency,
        available=money(balance.available_minor, balance.currency),
        held=money(balance.held_minor, balance.currency),
    )


def _terms_document(currency: str, terms: Terms) -> TermsDocument:
    return TermsDocument(
        currency=currency,
        fixed=money(terms.fee.fixed_minor, currency),
        rate=rate_text(terms.fee.rate_ppm),
        min=money(terms.limits.smallest_minor, currency),
        max=money(terms.limits.largest_minor, currency),
        off=tuple(sorted(terms.off)),
    )


def fee_document(account_id: UUID, currency: str, fee: FeePlan) -> FeeDocument:
    return FeeDocument(
        account_id=account_id,
        currency=currency,
        fixed=money(fee.fixed_minor, currency),
        rate=rate_text(fee.rate_ppm),
    )


def limits_document(account_id: UUID, currency: str, limits: Limits) -> LimitsDocument:
    return LimitsDocument(
        account_id=account_id,
        currency=currency,
        min=money(limits.smallest_minor, currency),
        max=money(limits.largest_minor, currency),
    )


def methods_off_document(account_id: UUID, currency: str, terms: Terms) -> MethodsOffDocument:
    return MethodsOffDocument(account_id=account_id, currency=currency, off=tuple(sorted(terms.off)))


def all_methods_off_document(account_id: UUID, off: Mapping[str, frozenset[str]]) -> AllMethodsOffDocument:
    return AllMethodsOffDocument(
        account_id=account_id, off={currency: tuple(sorted(methods)) for currency, methods in off.items()}
    )


def block_list_document(account_id: UUID, blocks: Iterable[Block]) -> BlockListDocument:
    """Numbers stand in it whole: it is for programs."""
    blocked = tuple(
        BlockDocument(number=each.number, why=each.why, by=each.blocked_by, at=utc_json(each.at_ms)) for each in blocks
    )
    return BlockListDocument(account_id=account_id, blocked=blocked)
