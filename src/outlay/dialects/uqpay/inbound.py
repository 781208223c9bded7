"""The server half: the endpoints served.

    POST /api/v1/connect/token                      client id and api key → a token for 30 minutes
    POST /api/v2/payment/payout/create              order a payout; the idempotency key is its reference
    GET  /api/v2/payment/payout                     in pages, as every list
    GET  /api/v2/payment/payout/{payout_id}
    GET  /api/v2/payment/balances
    GET  /api/v2/payment/balances/{currency}
    POST /api/v2/payment/bankaccount/create         the merchant's own bank accounts
    GET  /api/v2/payment/bankaccount
    GET  /api/v2/payment/bankaccount/{id}
    POST /api/v2/payment/bankaccount/{id}           update
    POST /api/v1/transfer                           between two accounts of the merchant
    GET  /api/v1/transfer
    GET  /api/v1/transfer/{id}
    GET  /api/v1/accounts                           the accounts under the merchant's master
    GET  /api/v1/accounts/{id}

Who is calling is `callers`' business, what is asked `asks`', what is answered `answers`'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from outlay.core.asks import A
from outlay.dialects.uqpay import answers, asks, schema
from outlay.dialects.uqpay.callers import GET_PROOF, POST_PROOF, TOKEN_PROOF, Keyed, OpenedCredential
from outlay.wire.dialect import Asked, Context, Credential, Now, Route, route
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from outlay.wire.sizes import longest_body

E = TypeVar("E")


def _get(
    path: str,
    read: Callable[[Request, Credential[OpenedCredential], Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[OpenedCredential]], Response | Fault],
) -> Route[Any, OpenedCredential, Any, Any]:
    return route("GET", path, GET_PROOF, read, write)


def _post(
    path: str,
    read: Callable[[Keyed, Credential[OpenedCredential], Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[OpenedCredential]], Response | Fault],
) -> Route[Any, OpenedCredential, Any, Any]:
    return route("POST", path, POST_PROOF, read, write, longest_body=longest_body(schema.SHAPES[path]))


ROUTES: Final = (
    route("POST", schema.TOKEN_PATH, TOKEN_PROOF, asks.read_greeting, answers.write_token, opens=True),
    _post(schema.CREATE_PATH, asks.read_payout_create, answers.write_payout_created),
    _get(schema.LIST_PATH, asks.read_payout_list, answers.write_payout_list),
    _get(schema.RETRIEVE_PATH, asks.read_payout_retrieve, answers.write_payout),
    _get(schema.BALANCES_PATH, asks.read_balance_list, answers.write_balance_list),
    _get(schema.BALANCE_PATH, asks.read_balance, answers.write_balance),
    _post(schema.BANK_ACCOUNT_CREATE_PATH, asks.read_bank_account_create, answers.write_bank_account_created),
    _get(schema.BANK_ACCOUNTS_PATH, asks.read_bank_account_list, answers.write_bank_account_list),
    _get(schema.BANK_ACCOUNT_PATH, asks.read_bank_account_retrieve, answers.write_bank_account),
    _post(schema.BANK_ACCOUNT_PATH, asks.read_bank_account_update, answers.write_bank_account_updated),
    _post(schema.TRANSFERS_PATH, asks.read_transfer_create, answers.write_transfer_created),
    _get(schema.TRANSFERS_PATH, asks.read_transfer_list, answers.write_transfer_list),
    _get(schema.TRANSFER_PATH, asks.read_transfer_retrieve, answers.write_transfer),
    _get(schema.ACCOUNTS_PATH, asks.read_account_list, answers.write_account_list),
    _get(schema.ACCOUNT_PATH, asks.read_account_retrieve, answers.write_account),
)
