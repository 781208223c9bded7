"""The server half: the endpoints served, and the credentials of those who call them.

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

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import answers, asks, callers, codes, schema
from outlay.dialects.uqpay.callers import OpenedCredential
from outlay.dialects.uqpay.samples import UqpaySamples
from outlay.dialects.uqpay.signing import new_api_key, new_webhook_secret
from outlay.kit.characters import has_unseen
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    Dialect,
    IssuedCredential,
    Now,
    Route,
    check_brought,
)
from outlay.wire.message import Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.sizes import longest_body
from outlay.wire.usecases import Answer, Ask

_CLIENT_ID_LENGTH: Final = 24


_Read = Callable[[Call, Credential, Now], Ask | Fault]
_Write = Callable[[Answer, Context], Response]


def _get(path: str, read: _Read) -> Route:
    return Route("GET", path, callers.identify, callers.verify_get, read, answers.write)


def _list(path: str, read: _Read) -> Route:
    return Route("GET", path, callers.identify_list, callers.verify_get, read, answers.write)


def _accounts(path: str, read: _Read) -> Route:
    return Route("GET", path, callers.identify_accounts, callers.verify_get, read, answers.write_account)


def _post(path: str, read: _Read, write: _Write = answers.write) -> Route:
    longest = longest_body(schema.SHAPES[path])
    return Route("POST", path, callers.identify, callers.verify_post, read, write, longest_body=longest)


_TOKEN: Final = Route(
    "POST",
    schema.TOKEN_PATH,
    callers.identify_client,
    callers.verify_api_key,
    asks.read_greeting,
    answers.write,
    opens=True,
)


def _imported(request: CredentialRequest) -> IssuedCredential:
    """The merchant's own client id and API key, and the secret that signs their webhooks, made anew where none is
    brought."""
    brought = request.brought
    check_brought(brought, needed=("client_id", "api_key"), known=("webhook_secret", "account_id"))
    for name in ("client_id", "api_key"):
        if not callers.CLIENT_ID_FORM.fullmatch(brought[name]):
            raise BadCredentialRequest(f"{name} must be 1 to 128 visible ASCII characters without blanks")
    client_id, account_id = brought["client_id"], str(request.account.account_id)
    shown = {"client_id": client_id, "account_id": account_id}
    secret = brought.get("webhook_secret", "")
    if has_unseen(secret):
        raise BadCredentialRequest("webhook_secret must have no invisible characters")
    if not secret:
        secret = shown["webhook_secret"] = new_webhook_secret(request.entropy[32:])
    advice = (
        f"account ids are Outlay's own: yours is {account_id}; those of connected accounts stand at /api/v1/accounts"
    )
    return IssuedCredential(client_id, {"api_key": brought["api_key"], "webhook_secret": secret}, shown, advice)


class _Uqpay:
    """See `outlay.wire.dialect.Dialect`."""

    name = "uqpay"
    prefixes = schema.API_PREFIXES
    samples: Final = UqpaySamples()
    routes = (
        _TOKEN,
        _post(schema.CREATE_PATH, asks.read_payout_create, answers.write_payout_created),
        _list(schema.LIST_PATH, asks.read_payout_list),
        _get(schema.RETRIEVE_PATH, asks.read_payout_retrieve),
        _list(schema.BALANCES_PATH, asks.read_balance_list),
        _get(schema.BALANCE_PATH, asks.read_balance),
        _post(schema.BANK_ACCOUNT_CREATE_PATH, asks.read_bank_account_create),
        _list(schema.BANK_ACCOUNTS_PATH, asks.read_bank_account_list),
        _get(schema.BANK_ACCOUNT_PATH, asks.read_bank_account_retrieve),
        _post(schema.BANK_ACCOUNT_PATH, asks.read_bank_account_update),
        _post(schema.TRANSFERS_PATH, asks.read_transfer_create, answers.write_transfer_created),
        _list(schema.TRANSFERS_PATH, asks.read_transfer_list),
        _get(schema.TRANSFER_PATH, asks.read_transfer_retrieve),
        _accounts(schema.ACCOUNTS_PATH, asks.read_account_list),
        _accounts(schema.ACCOUNT_PATH, asks.read_account_retrieve),
    )

    def refuse(self, refusal: Refusal) -> Fault:
        return codes.refuse(refusal)

    def trouble(self, trouble: Trouble) -> Fault:
        return codes.trouble(trouble)

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        return answers.write_fault(fault)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """A client id, an API key and a webhook secret; their forms are our own (decision)."""
        if request.public_key_pem is not None:
            raise BadCredentialRequest("a credential of this API takes no public key")
        if request.brought:
            return _imported(request)
        entropy = request.entropy
        if len(entropy) != 64:
            raise BadCredentialRequest("64 bytes of entropy are needed")
        # Both secrets need all of the entropy; a hash of it gives the public id without giving them away.
        client_id = sha256(b"client id\x00" + entropy).hexdigest()[:_CLIENT_ID_LENGTH]
        secrets = {"api_key": new_api_key(entropy[:32]), "webhook_secret": new_webhook_secret(entropy[32:])}
        shown = {"client_id": client_id, **secrets, "account_id": str(request.account.account_id)}
        return IssuedCredential(key_id=client_id, sealed=secrets, shown=shown)

    def open_credential(self, sealed: Mapping[str, Secret]) -> OpenedCredential:
        return OpenedCredential(sealed["api_key"], sealed["webhook_secret"])


DIALECT: Final[Dialect] = _Uqpay()
