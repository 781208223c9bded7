"""What is asked: a proved call to its Ask, for every endpoint.

The trap: a body that cannot be read, and fields that are wrong, are told only if the key is new. So they travel inside
the ask, with the claim on the key.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Final

from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.currencies import EXPONENTS
from outlay.dialects.uqpay import accounts, bank_accounts, codes, schema, transfers, translate
from outlay.dialects.uqpay.callers import Asked
from outlay.dialects.uqpay.values import (
    AccountsQuery,
    ListQuery,
    NumberRule,
    as_seen_here,
    by_spelling,
    by_value,
    content_digest,
    key_reference,
    number_of,
    read_payout_id,
    unreadable_digest,
)
from outlay.kit.jsontext import BadJson, JsonObject, parse_object
from outlay.wire.dialect import Call, Credential, Now
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from outlay.wire.usecases import (
    AddBankAccount,
    Ask,
    ChangeBankAccount,
    Claim,
    FindBankAccount,
    FindPayout,
    FindTransfer,
    Greet,
    ListBankAccounts,
    OrderPayout,
    OrderTransfer,
    ReadBalances,
)

_CREATE_PAYOUT: Final = "uqpay.payout.create"
_CREATE_BANK_ACCOUNT: Final = "uqpay.bankaccount.create"
_UPDATE_BANK_ACCOUNT: Final = "uqpay.bankaccount.update"
_CREATE_TRANSFER: Final = "uqpay.transfer.create"
_NO_SUCH_ID: Final = 0
"""No id is zero; so an id that we never wrote is not found, like any other, after the key was looked up."""


def read_greeting(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    return Greet()


# -- payouts --------------------------------------------------------------------------------------------------------


def read_payout_create(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    body, claim = _body_and_claim(call.request, _CREATE_PAYOUT)
    order = body if isinstance(body, Fault) else translate.read_order(claim.reference, body)
    return OrderPayout(claim, order)


def read_payout_retrieve(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    payout_id = read_payout_id(call.request.parameters["payout_id"])
    return codes.PAYOUT_NOT_FOUND if payout_id is None else FindPayout(payout_id=payout_id)


def read_payout_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _query_of(call)
    return query if isinstance(query, Fault) else translate.read_payout_list(as_seen_here(query, now))


# -- balances -------------------------------------------------------------------------------------------------------


def read_balance_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _query_of(call)
    return query if isinstance(query, Fault) else ReadBalances()


def read_balance(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    currency = call.request.parameters["currency"]
    return ReadBalances(currency=currency) if currency in EXPONENTS else codes.BALANCE_NOT_FOUND


# -- bank accounts --------------------------------------------------------------------------------------------------


def read_bank_account_create(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    body, claim = _body_and_claim(call.request, _CREATE_BANK_ACCOUNT)
    strict = credential.account.checks_destinations
    new = body if isinstance(body, Fault) else bank_accounts.read_bank_account(body, strict=strict)
    if isinstance(new, Fault):
        return AddBankAccount(claim, "", new)
    return AddBankAccount(claim, new.currency, new.details)


def read_bank_account_update(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    number = number_of(bank_accounts.KIND, call.request.parameters["id"]) or _NO_SUCH_ID
    body, claim = _body_and_claim(call.request, _UPDATE_BANK_ACCOUNT, about=str(number))
    return ChangeBankAccount(claim, number, partial(_changed, body, credential.account.checks_destinations))


def _changed(body: JsonObject | Fault, strict: bool, present: BankAccount) -> BankAccountDetails | Fault:
    return body if isinstance(body, Fault) else bank_accounts.read_change(body, present, strict=strict)


def read_bank_account_retrieve(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    return FindBankAccount(number_of(bank_accounts.KIND, call.request.parameters["id"]) or _NO_SUCH_ID)


def read_bank_account_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _query_of(call)
    return query if isinstance(query, Fault) else ListBankAccounts(skip=query.page.skip, limit=query.page.size)


# -- transfers ------------------------------------------------------------------------------------------------------


def read_transfer_create(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    body, claim = _body_and_claim(call.request, _CREATE_TRANSFER)
    return OrderTransfer(claim, body if isinstance(body, Fault) else transfers.read_transfer(body))


def read_transfer_retrieve(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    return FindTransfer(number_of(transfers.KIND, call.request.parameters["id"]) or _NO_SUCH_ID)


def read_transfer_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _query_of(call)
    return query if isinstance(query, Fault) else transfers.read_transfer_list(as_seen_here(query, now))


# -- connected accounts -----------------------------------------------------------------------------------------------


def read_account_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _accounts_query_of(call)
    return query if isinstance(query, Fault) else accounts.read_account_list(query)


def read_account_retrieve(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    query = _accounts_query_of(call)
    return query if isinstance(query, Fault) else accounts.read_account(call.request.parameters["id"], query)


# -- what they share ------------------------------------------------------------------------------------------------


def _body_and_claim(request: Request, operation: str, about: str = "") -> tuple[JsonObject | Fault, Claim]:
    """The body, or what is wrong with it, and the claim on the key. A key is exclusive here: a second request while the
    first is still running is told so (docs). `about`: what the path names, which belongs to the content. A body that
    lost its content type counts as the same content, so that its repeat is known."""
    body: JsonObject | Fault
    content: JsonObject | bytes
    try:
        content = body = parse_object(request.body)
    except BadJson as bad:
        content, body = request.body, codes.bad_body(str(bad))
    if not is_json_type(request):
        body = codes.bad_body(CONTENT_TYPE_RULE)
    reference, spellings = key_reference(request.headers[schema.IDEMPOTENCY_KEY])
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


def _query_of(call: Call) -> ListQuery | Fault:
    asked: Asked = call.claims
    if isinstance(asked.query, ListQuery | Fault):
        return asked.query
    raise TypeError("the query of another route")


def _accounts_query_of(call: Call) -> AccountsQuery | Fault:
    asked: Asked = call.claims
    if isinstance(asked.query, AccountsQuery | Fault):
        return asked.query
    raise TypeError("the query of another route")
