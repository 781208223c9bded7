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

Each subject has a file here: what an endpoint reads stands directly above what it writes. Who is calling is `callers`'
business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from outlay.core.asks import A
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import GET_PROOF, POST_PROOF, TOKEN_PROOF, Caller, Keyed, OpenedCredential
from outlay.dialects.uqpay.inbound import accounts, balances, bank_accounts, payouts, tokens, transfers
from outlay.wire.dialect import Asked, Context, Now, Route, route
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from outlay.wire.sizes import longest_body

E = TypeVar("E")


def _get(
    path: str,
    read: Callable[[Request, Caller, Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[OpenedCredential]], Response | Fault],
) -> Route[Any, OpenedCredential, Any, Any]:
    return route("GET", path, GET_PROOF, read, write)


def _post(
    path: str,
    read: Callable[[Keyed, Caller, Now], Asked[A, E] | Fault],
    write: Callable[[A, E, Context[OpenedCredential]], Response | Fault],
) -> Route[Any, OpenedCredential, Any, Any]:
    return route("POST", path, POST_PROOF, read, write, longest_body=longest_body(schema.SHAPES[path]))


ROUTES: Final = (
    route("POST", schema.TOKEN_PATH, TOKEN_PROOF, tokens.read_greeting, tokens.write_token, opens=True),
    _post(schema.CREATE_PATH, payouts.read_payout_create, payouts.write_payout_created),
    _get(schema.LIST_PATH, payouts.read_payout_list, payouts.write_payout_list),
    _get(schema.RETRIEVE_PATH, payouts.read_payout_retrieve, payouts.write_payout),
    _get(schema.BALANCES_PATH, balances.read_balance_list, balances.write_balance_list),
    _get(schema.BALANCE_PATH, balances.read_balance, balances.write_balance),
    _post(
        schema.BANK_ACCOUNT_CREATE_PATH,
        bank_accounts.read_bank_account_create,
        bank_accounts.write_bank_account_created,
    ),
    _get(schema.BANK_ACCOUNTS_PATH, bank_accounts.read_bank_account_list, bank_accounts.write_bank_account_list),
    _get(schema.BANK_ACCOUNT_PATH, bank_accounts.read_bank_account_retrieve, bank_accounts.write_bank_account),
    _post(schema.BANK_ACCOUNT_PATH, bank_accounts.read_bank_account_update, bank_accounts.write_bank_account_updated),
    _post(schema.TRANSFERS_PATH, transfers.read_transfer_create, transfers.write_transfer_created),
    _get(schema.TRANSFERS_PATH, transfers.read_transfer_list, transfers.write_transfer_list),
    _get(schema.TRANSFER_PATH, transfers.read_transfer_retrieve, transfers.write_transfer),
    _get(schema.ACCOUNTS_PATH, accounts.read_account_list, accounts.write_account_list),
    _get(schema.ACCOUNT_PATH, accounts.read_account_retrieve, accounts.write_account),
)
