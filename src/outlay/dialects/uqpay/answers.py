"""What is answered: an Answer to bytes, for every endpoint, and every error in its envelope.

The traps: three envelopes exist side by side; and one answer may have two forms, by what was asked: a balance alone or
in a page, a transfer that was made or looked up, a bank account that is not found or that a payout lacks.
"""

from __future__ import annotations

from typing import Final, assert_never

import msgspec

from outlay.core.account import short_id
from outlay.core.bank_account import BankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import accounts, bank_accounts, codes, schema, transfers, translate
from outlay.dialects.uqpay.callers import Asked, opened
from outlay.dialects.uqpay.signing import TokenClaims, new_token
from outlay.dialects.uqpay.values import AccountsQuery, ListQuery, Page
from outlay.wire.dialect import Context, Credential
from outlay.wire.message import Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import (
    AccountFound,
    AccountsListed,
    Answer,
    BalancesRead,
    BankAccountSaved,
    BankAccountsListed,
    BatchOrdered,
    Found,
    Greeted,
    Ordered,
    OrderFound,
    PayoutsListed,
    Repeated,
    TransferMade,
    TransfersListed,
)

_encode: Final = msgspec.json.Encoder().encode


def write(answer: Answer, context: Context) -> Response:
    """The rendering of each answer that most routes have."""
    match answer:
        case Repeated():
            return _write_repeated(answer)
        case Refusal():
            return write_fault(codes.refuse(answer))
        case Fault():
            return write_fault(answer)
        case Greeted():
            return _write_token(context)
        case BalancesRead():
            return _write_balances(answer, context)
        case PayoutsListed() | BankAccountsListed() | TransfersListed() | AccountsListed():
            return _write_list(answer, _page_of(context))
        case AccountFound():
            return _ok(accounts.account_object(answer.account))
        case Ordered() | Found():
            return _ok(translate.payout_object(answer.payout))
        case BankAccountSaved():
            return _ok(bank_accounts.bank_account_object(answer.bank_account))
        case TransferMade():
            return _ok(transfers.transfer_object(answer.transfer))
        case BatchOrdered() | OrderFound():
            return write_fault(codes.trouble(Trouble.INTERNAL))
        case _:
            assert_never(answer)


def write_payout_created(answer: Answer, context: Context) -> Response:
    """Of a refusal what it means for a payout: that it lacks a bank account, or names a wrong one."""
    return write_fault(codes.refuse_payout(answer)) if isinstance(answer, Refusal) else write(answer, context)


def write_transfer_created(answer: Answer, context: Context) -> Response:
    """Only the ids of what was made (docs)."""
    if isinstance(answer, TransferMade):
        return _ok(transfers.transfer_created(answer.transfer))
    return write(answer, context)


def write_account(answer: Answer, context: Context) -> Response:
    """Of a refusal what it means for the accounts themselves."""
    if answer is Refusal.TARGET_NOT_FOUND:
        return write_fault(codes.CONNECTED_ACCOUNT_NOT_FOUND)
    return write(answer, context)


def _write_repeated(answer: Repeated) -> Response:
    """A replay shows what was made as it is now (decision); HTTP 200 like the first answer."""
    if answer.same:
        match answer.subject:
            case Payout():
                return _ok(translate.payout_object(answer.subject))
            case BankAccount():
                return _ok(bank_accounts.bank_account_object(answer.subject))
            case Transfer():
                return _ok(transfers.transfer_created(answer.subject))
            case None:
                pass
            case _:
                assert_never(answer.subject)
    return write_fault(codes.KEY_OTHER_BODY if answer.same_operation else codes.KEY_OTHER_API)


def _write_list(answer: PayoutsListed | BankAccountsListed | TransfersListed | AccountsListed, page: Page) -> Response:
    match answer:
        case PayoutsListed():
            return _ok(translate.payout_list(answer.payouts, answer.total or 0, page))
        case BankAccountsListed():
            return _ok(bank_accounts.bank_account_list(answer.bank_accounts, answer.total, page))
        case TransfersListed():
            return _ok(transfers.transfer_list(answer.transfers, answer.total, page))
        case AccountsListed():
            return _ok(accounts.account_list(answer.accounts, answer.total, page))
        case _:
            assert_never(answer)


def _page_of(context: Context) -> Page:
    asked: Asked = context.call.claims
    if isinstance(asked.query, ListQuery | AccountsQuery):
        return asked.query.page
    raise TypeError("a list is asked for in pages")


def _write_balances(answer: BalancesRead, context: Context) -> Response:
    asked: Asked = context.call.claims
    if isinstance(asked.query, ListQuery):
        return _ok(translate.balance_list(context.account_id, answer.balances, asked.query.page))
    if not answer.balances:
        return write_fault(codes.BALANCE_NOT_FOUND)
    return _ok(translate.balance_object(context.account_id, answer.balances[0]))


def _write_token(context: Context) -> Response:
    credential = context.credential
    claims = claims_of(credential, context.now_ms // 1000)
    token = new_token(claims, opened(credential).api_key.reveal(), context.entropy)
    return _ok(schema.TokenObject(token, claims.exp))


def claims_of(credential: Credential, now_s: int) -> TokenClaims:
    """What a token given at this Unix second says: nothing that its bearer does not know."""
    account = credential.account
    return TokenClaims(
        entity_id=str(account.account_id),
        short_entity_id=short_id(account.account_id),
        parent_entity_id=str(account.parent_id) if account.parent_id is not None else schema.NO_PARENT,
        client_id=credential.key_id,
        api_version=schema.API_VERSION,
        bus_type=schema.BUSINESS,
        exp=now_s + schema.TOKEN_LIFE_S,
        iat=now_s,
    )


def _ok(document: msgspec.Struct) -> Response:
    return Response(200, _encode(document))


def write_fault(fault: Fault) -> Response:
    """A fault in its envelope. Raises TypeError for one whose code does not fit its envelope: that would be ours."""
    match fault:
        case Fault(kind=codes.GATEWAY, message=message):
            body = _encode(schema.GatewayError(message))
        case Fault(kind=codes.NUMBERED, code=int(number), message=message):
            body = _encode(schema.NumberedError(number, message))
        case Fault(kind=str(kind), code=str(word), message=message) if kind:
            body = _encode(schema.TypedError(kind, word, message))
        case _:
            raise TypeError("a fault of another dialect")
    return Response(fault.status, body, fault=fault)
