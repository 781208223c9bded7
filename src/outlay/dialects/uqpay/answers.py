"""What is answered: the answer to each endpoint's ask as bytes, and every error in its envelope.

The traps: three envelopes exist side by side; and one ask may have two forms of answer: a balance alone or in a page, a
transfer that was made or looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from outlay.core.account import Account, short_id
from outlay.core.asks import Balance, Counted, Made, PayoutsListed, Repeated, S, Unclaimed, Unfit
from outlay.core.bank_account import BankAccount
from outlay.core.payout import Payout
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import accounts, bank_accounts, codes, schema, transfers, translate
from outlay.dialects.uqpay.callers import OpenedCredential
from outlay.dialects.uqpay.signing import TokenClaims, new_token
from outlay.dialects.uqpay.values import Page
from outlay.wire.dialect import Context, Credential
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong

_encode: Final = msgspec.json.Encoder().encode

Said = Context[OpenedCredential]


# -- the token --------------------------------------------------------------------------------------------------------


def write_token(_greeted: None, _echo: None, context: Said) -> Response:
    credential = context.credential
    claims = claims_of(credential, context.now_ms // 1000)
    token = new_token(claims, credential.opened.api_key.reveal(), context.entropy)
    return _ok(schema.TokenObject(token, claims.exp))


def claims_of(credential: Credential[OpenedCredential], now_s: int) -> TokenClaims:
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


# -- what was made ----------------------------------------------------------------------------------------------------


def write_payout_created(answer: Made[Payout], wrong: Fault | None, _context: Said) -> Response | Fault:
    return _write_made(answer, wrong, translate.payout_object)


def write_bank_account_created(answer: Made[BankAccount], wrong: Fault | None, _context: Said) -> Response | Fault:
    return _write_made(answer, wrong, bank_accounts.bank_account_object)


def write_bank_account_updated(
    answer: Made[BankAccount] | Unfit, sent: bank_accounts.Change | Fault, _context: Said
) -> Response | Fault:
    if isinstance(answer, Unfit):
        wrong = sent if isinstance(sent, Fault) else sent.read(answer.present)
        return found_wrong(wrong if isinstance(wrong, Fault) else None)
    return _write_made(answer, sent if isinstance(sent, Fault) else None, bank_accounts.bank_account_object)


def write_transfer_created(answer: Made[Transfer], wrong: Fault | None, _context: Said) -> Response | Fault:
    """Only the ids of what was made (docs)."""
    return _write_made(answer, wrong, transfers.transfer_created)


def _write_made(answer: Made[S], wrong: Fault | None, show: Callable[[S], msgspec.Struct]) -> Response | Fault:
    match answer:
        case Repeated():
            return _write_repeated(answer, show)
        case Unclaimed():
            return found_wrong(wrong)
        case _:
            return _ok(show(answer))


def _write_repeated(answer: Repeated[S], show: Callable[[S], msgspec.Struct]) -> Response | Fault:
    """A replay shows what was made as it is now (decision); HTTP 200 like the first answer."""
    if answer.same and answer.subject is not None:
        return _ok(show(answer.subject))
    return codes.KEY_OTHER_BODY if answer.same_operation else codes.KEY_OTHER_API


# -- what was looked up -----------------------------------------------------------------------------------------------


def write_payout(payout: Payout, _echo: None, _context: Said) -> Response:
    return _ok(translate.payout_object(payout))


def write_payout_list(listed: PayoutsListed, page: Page, _context: Said) -> Response:
    return _ok(translate.payout_list(listed.payouts, listed.total or 0, page))


def write_balance(balances: tuple[Balance, ...], _echo: None, context: Said) -> Response | Fault:
    if not balances:
        return codes.BALANCE_NOT_FOUND
    return _ok(translate.balance_object(context.account_id, balances[0]))


def write_balance_list(balances: tuple[Balance, ...], page: Page, context: Said) -> Response:
    return _ok(translate.balance_list(context.account_id, balances, page))


def write_bank_account(bank_account: BankAccount, _echo: None, _context: Said) -> Response:
    return _ok(bank_accounts.bank_account_object(bank_account))


def write_bank_account_list(listed: Counted[BankAccount], page: Page, _context: Said) -> Response:
    return _ok(bank_accounts.bank_account_list(listed.items, listed.total, page))


def write_transfer(transfer: Transfer, _echo: None, _context: Said) -> Response:
    return _ok(transfers.transfer_object(transfer))


def write_transfer_list(listed: Counted[Transfer], page: Page, _context: Said) -> Response:
    return _ok(transfers.transfer_list(listed.items, listed.total, page))


def write_account(account: Account, _echo: None, _context: Said) -> Response:
    return _ok(accounts.account_object(account))


def write_account_list(listed: Counted[Account], page: Page, _context: Said) -> Response:
    return _ok(accounts.account_list(listed.items, listed.total, page))


# -- the envelopes ----------------------------------------------------------------------------------------------------


def _ok(document: msgspec.Struct) -> Response:
    return Response(200, _encode(document))


def write_fault(fault: Fault, _now_ms: int, _entropy: bytes) -> Response:
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
    return Response(fault.status, body)
