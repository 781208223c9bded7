"""What is asked: a proved call to its Ask, for every endpoint, and what its answer may repeat of it.

The trap: a body that cannot be read, and fields that are wrong, are told only if the key is new. So the ask is empty
then, with the claim on the key, and what is wrong is its echo.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Final

from outlay.core.account import Account
from outlay.core.asks import (
    AddBankAccount,
    Balance,
    ChangeBankAccount,
    Claim,
    Counted,
    FindBankAccount,
    FindPayout,
    FindTransfer,
    Greet,
    ListBankAccounts,
    Made,
    OrderPayout,
    OrderTransfer,
    PayoutsListed,
    ReadBalances,
    Unfit,
)
from outlay.core.bank_account import BankAccount
from outlay.core.currencies import EXPONENTS
from outlay.core.payout import Payout
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import accounts, bank_accounts, codes, transfers, translate
from outlay.dialects.uqpay.callers import Keyed, OpenedCredential
from outlay.dialects.uqpay.values import (
    NumberRule,
    Page,
    as_seen_here,
    by_spelling,
    by_value,
    content_digest,
    key_reference,
    number_of,
    read_accounts_query,
    read_list_query,
    read_payout_id,
    unreadable_digest,
)
from outlay.kit.jsontext import BadJson, JsonObject, parse_object
from outlay.wire.dialect import Asked, Credential, Now
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request
from outlay.wire.problems import Fault

_CREATE_PAYOUT: Final = "uqpay.payout.create"
_CREATE_BANK_ACCOUNT: Final = "uqpay.bankaccount.create"
_UPDATE_BANK_ACCOUNT: Final = "uqpay.bankaccount.update"
_CREATE_TRANSFER: Final = "uqpay.transfer.create"
_NO_SUCH_ID: Final = 0
"""No id is zero; so an id that we never wrote is not found, like any other, after the key was looked up."""

Caller = Credential[OpenedCredential]


def read_greeting(_said: None, _caller: Caller, _now: Now) -> Asked[None, None] | Fault:
    return Asked(Greet(), None)


# -- payouts --------------------------------------------------------------------------------------------------------


def read_payout_create(sent: Keyed, _caller: Caller, _now: Now) -> Asked[Made[Payout], Fault | None] | Fault:
    body, claim = _body_and_claim(sent, _CREATE_PAYOUT)
    order = body if isinstance(body, Fault) else translate.read_order(claim.reference, body)
    if isinstance(order, Fault):
        return Asked(OrderPayout(claim, None), order)
    return Asked(OrderPayout(claim, order), None)


def read_payout_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Payout, None] | Fault:
    payout_id = read_payout_id(request.parameters["payout_id"])
    return codes.PAYOUT_NOT_FOUND if payout_id is None else Asked(FindPayout(payout_id=payout_id), None)


def read_payout_list(request: Request, _caller: Caller, now: Now) -> Asked[PayoutsListed, Page] | Fault:
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    ask = translate.read_payout_list(as_seen_here(query, now))
    return ask if isinstance(ask, Fault) else Asked(ask, query.page)


# -- balances -------------------------------------------------------------------------------------------------------


def read_balance_list(request: Request, _caller: Caller, _now: Now) -> Asked[tuple[Balance, ...], Page] | Fault:
    query = read_list_query(request.query)
    return query if isinstance(query, Fault) else Asked(ReadBalances(), query.page)


def read_balance(request: Request, _caller: Caller, _now: Now) -> Asked[tuple[Balance, ...], None] | Fault:
    currency = request.parameters["currency"]
    return Asked(ReadBalances(currency=currency), None) if currency in EXPONENTS else codes.BALANCE_NOT_FOUND


# -- bank accounts --------------------------------------------------------------------------------------------------


def read_bank_account_create(sent: Keyed, caller: Caller, _now: Now) -> Asked[Made[BankAccount], Fault | None] | Fault:
    body, claim = _body_and_claim(sent, _CREATE_BANK_ACCOUNT)
    strict = caller.account.checks_destinations
    new = body if isinstance(body, Fault) else bank_accounts.read_bank_account(body, strict=strict)
    if isinstance(new, Fault):
        return Asked(AddBankAccount(claim, None), new)
    return Asked(AddBankAccount(claim, new), None)


def read_bank_account_update(
    sent: Keyed, caller: Caller, _now: Now
) -> Asked[Made[BankAccount] | Unfit, bank_accounts.Change | Fault] | Fault:
    number = number_of(bank_accounts.KIND, sent.request.parameters["id"]) or _NO_SUCH_ID
    body, claim = _body_and_claim(sent, _UPDATE_BANK_ACCOUNT, about=str(number))
    if isinstance(body, Fault):
        return Asked(ChangeBankAccount(claim, number, None), body)
    change = bank_accounts.Change(body, caller.account.checks_destinations)
    return Asked(ChangeBankAccount(claim, number, change.details), change)


def read_bank_account_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[BankAccount, None] | Fault:
    number = number_of(bank_accounts.KIND, request.parameters["id"]) or _NO_SUCH_ID
    return Asked(FindBankAccount(number), None)


def read_bank_account_list(request: Request, _caller: Caller, _now: Now) -> Asked[Counted[BankAccount], Page] | Fault:
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    return Asked(ListBankAccounts(skip=query.page.skip, limit=query.page.size), query.page)


# -- transfers ------------------------------------------------------------------------------------------------------


def read_transfer_create(sent: Keyed, _caller: Caller, _now: Now) -> Asked[Made[Transfer], Fault | None] | Fault:
    body, claim = _body_and_claim(sent, _CREATE_TRANSFER)
    transfer = body if isinstance(body, Fault) else transfers.read_transfer(body)
    if isinstance(transfer, Fault):
        return Asked(OrderTransfer(claim, None), transfer)
    return Asked(OrderTransfer(claim, transfer), None)


def read_transfer_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Transfer, None] | Fault:
    number = number_of(transfers.KIND, request.parameters["id"]) or _NO_SUCH_ID
    return Asked(FindTransfer(number), None)


def read_transfer_list(request: Request, _caller: Caller, now: Now) -> Asked[Counted[Transfer], Page] | Fault:
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    ask = transfers.read_transfer_list(as_seen_here(query, now))
    return ask if isinstance(ask, Fault) else Asked(ask, query.page)


# -- connected accounts -----------------------------------------------------------------------------------------------


def read_account_list(request: Request, _caller: Caller, _now: Now) -> Asked[Counted[Account], Page] | Fault:
    query = read_accounts_query(request.query)
    return query if isinstance(query, Fault) else Asked(accounts.read_account_list(query), query.page)


def read_account_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Account, None] | Fault:
    query = read_accounts_query(request.query)
    if isinstance(query, Fault):
        return query
    ask = accounts.read_account(request.parameters["id"], query)
    return ask if isinstance(ask, Fault) else Asked(ask, None)


# -- what they share ------------------------------------------------------------------------------------------------


def _body_and_claim(sent: Keyed, operation: str, about: str = "") -> tuple[JsonObject | Fault, Claim]:
    """The body, or what is wrong with it, and the claim on the key. A key is exclusive here: a second request while the
    first is still running is told so (docs). `about`: what the path names, which belongs to the content. A body that
    lost its content type counts as the same content, so that its repeat is known."""
    request = sent.request
    body: JsonObject | Fault
    content: JsonObject | bytes
    try:
        content = body = parse_object(request.body)
    except BadJson as bad:
        content, body = request.body, codes.bad_body(str(bad))
    if not is_json_type(request):
        body = codes.bad_body(CONTENT_TYPE_RULE)
    reference, spellings = key_reference(sent.key)
    claim = Claim(
        reference=reference,
        operation=operation,
        digest=_digest(content, by_value, about),
        exclusive=True,
        spellings=spellings,
        older_digest=partial(_digest, content, by_spelling, about),
    )
    return body, claim


def _digest(content: JsonObject | bytes, number: NumberRule, about: str) -> bytes:
    digest = unreadable_digest(content) if isinstance(content, bytes) else content_digest(content, number)
    return sha256(digest + about.encode("ascii")).digest() if about else digest
