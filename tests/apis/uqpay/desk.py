"""What the tests of uqpay's server half share: good requests with real tokens, driven through its pure functions.

An endpoint is named by its method and path, because two paths take both methods.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import (
    UNCLAIMED,
    AddBankAccount,
    Ask,
    ChangeBankAccount,
    NewBankAccount,
    OrderPayout,
    OrderTransfer,
    Unclaimed,
    Unfit,
)
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.decision import Decision
from outlay.core.life import order
from outlay.core.payout import Order, Payout
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import DIALECT
from outlay.dialects.uqpay.values.fields import uuid_of
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyRoute, Context, Credential, CredentialRequest, IssuedCredential
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from tests.apis.uqpay.tokens import token_of
from tests.support import routes

NOW_MS = 1_767_600_000_123
ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Kopi & Co Pte Ltd", "SG")
SUB_ACCOUNT = "0c9be0c4-1111-4222-8333-944455556666"
PAYOUT_ID = 2010543497457831001
KEY = "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e"

TOKEN = "POST /api/v1/connect/token"
CREATE = "POST /api/v2/payment/payout/create"
LIST = "GET /api/v2/payment/payout"
RETRIEVE = "GET /api/v2/payment/payout/{payout_id}"
BALANCES = "GET /api/v2/payment/balances"
BALANCE = "GET /api/v2/payment/balances/{currency}"
BANK_ACCOUNT_CREATE = "POST /api/v2/payment/bankaccount/create"
BANK_ACCOUNTS = "GET /api/v2/payment/bankaccount"
BANK_ACCOUNT = "GET /api/v2/payment/bankaccount/{id}"
BANK_ACCOUNT_UPDATE = "POST /api/v2/payment/bankaccount/{id}"
TRANSFER_CREATE = "POST /api/v1/transfer"
TRANSFERS = "GET /api/v1/transfer"
TRANSFER = "GET /api/v1/transfer/{id}"
ACCOUNTS = "GET /api/v1/accounts"
ACCOUNT_BY_ID = "GET /api/v1/accounts/{id}"

BODY = {
    "payout_currency": "SGD",
    "payout_amount": "250.00",
    "statement_descriptor": "OUTLAY 0042",
    "internal_note": "January rent",
}
BANK_ACCOUNT_BODY = {
    "account_number": "1234567890",
    "bank_name": "First Bank",
    "bank_address": "1 Main Street",
    "swift_code": "FIRSUS33",
    "bank_country_code": "US",
    "currency": "USD",
    "bank_code_type": "aba",
    "bank_code_value": "021000021",
}
TRANSFER_BODY = {
    "source_account_id": str(ACCOUNT.account_id),
    "target_account_id": SUB_ACCOUNT,
    "currency": "SGD",
    "amount": "75.50",
    "reason": "float for January",
}
BODIES: dict[str, dict[str, Any]] = {
    CREATE: BODY,
    BANK_ACCOUNT_CREATE: BANK_ACCOUNT_BODY,
    BANK_ACCOUNT_UPDATE: {"bank_name": "Second Bank"},
    TRANSFER_CREATE: TRANSFER_BODY,
}
PAGED = (LIST, BALANCES, BANK_ACCOUNTS, TRANSFERS)
READS = (*PAGED, RETRIEVE, BALANCE, BANK_ACCOUNT, TRANSFER, ACCOUNTS, ACCOUNT_BY_ID)
WRITES = tuple(BODIES)
WITH_TOKEN = READS + WRITES

BANK_ACCOUNT_ID = 2010543497457831002
TRANSFER_ID = 2010543497457831003
PARAMETERS = {
    RETRIEVE: {"payout_id": f"PO{PAYOUT_ID}"},
    BALANCE: {"currency": "SGD"},
    BANK_ACCOUNT: {"id": uuid_of("bank account", BANK_ACCOUNT_ID)},
    BANK_ACCOUNT_UPDATE: {"id": uuid_of("bank account", BANK_ACCOUNT_ID)},
    TRANSFER: {"id": uuid_of("transfer", TRANSFER_ID)},
    ACCOUNT_BY_ID: {"id": SUB_ACCOUNT},
}

A_BANK_ACCOUNT = OwnBankAccount(
    bank_account_id=BANK_ACCOUNT_ID,
    currency="USD",
    is_valid=True,
    details=BankAccountDetails(
        account_name="Kopi & Co Pte Ltd",
        account_number="1234567890",
        bank_name="First Bank",
        bank_address="1 Main Street",
        country="US",
        swift_code="FIRSUS33",
        code_type="aba",
        code_value="021000021",
    ),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
)
A_TRANSFER = Transfer(
    transfer_id=TRANSFER_ID,
    is_payout=False,
    source_id=ACCOUNT.account_id,
    target_id=UUID(SUB_ACCOUNT),
    source_name="Kopi & Co Pte Ltd",
    target_name="Kopi Tiong Bahru",
    currency="SGD",
    amount_minor=75_50,
    reason="float for January",
    ordered_by="ana",
    created_ms=1_767_600_000_000,
    credited_ms=1_767_600_001_999,
)


def issued(entropy: bytes = bytes(range(64))) -> IssuedCredential:
    return DIALECT.issue_credential(CredentialRequest(ACCOUNT, entropy, NOW_MS))


def credential_of(new: IssuedCredential) -> Credential[Any]:
    opened = DIALECT.open_credential({name: Secret(text) for name, text in new.sealed.items()})
    return Credential(key_id=new.key_id, account=ACCOUNT, version=1, opened=opened)


ISSUED = issued()
CREDENTIAL = credential_of(ISSUED)
CONTEXT = Context(CREDENTIAL, ACCOUNT.account_id, NOW_MS, bytes(16))


def route(endpoint: str) -> AnyRoute:
    return routes.find_route(DIALECT, *endpoint.split(" "))


def token(lifetime_s: int = 1800) -> str:
    return token_of(ISSUED.key_id, ISSUED.shown["api_key"], NOW_MS // 1000 + lifetime_s, bytes(16))


def request(
    endpoint: str,
    *,
    body: bytes | Mapping[str, Any] = b"",
    query: str = "",
    parameters: Mapping[str, str] | None = None,
    **headers: str | None,
) -> Request:
    """A correct request; `headers` with underscores for hyphens change it, None takes one away."""
    chosen = PARAMETERS.get(endpoint, {}) if parameters is None else parameters
    every: dict[str, str | None] = {"x-auth-token": f"Bearer {token()}"}
    if endpoint in BODIES:
        body = body or BODIES[endpoint]
        every |= {"x-idempotency-key": KEY, "content-type": "application/json"}
    if endpoint == TOKEN:
        every = {"x-client-id": ISSUED.key_id, "x-api-key": ISSUED.shown["api_key"]}
    every |= {name.replace("_", "-"): text for name, text in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = {name: text for name, text in every.items() if text is not None}
    method, path = endpoint.split(" ")
    return Request(method, path.format(**chosen), query, kept, raw, chosen)


def asked(endpoint: str, sent: Request) -> Any:
    """What a request asks and what its answer may repeat, or the first Fault."""
    return routes.asked(route(endpoint), sent, CREDENTIAL, NOW_MS, look_up=False)


def written(endpoint: str, answer: Any, found: Any = None) -> tuple[int, Any]:
    """What a caller is told for this answer to what they asked: `found`, or that of a good request."""
    found = found or asked(endpoint, request(endpoint))
    return shown(routes.told(DIALECT, route(endpoint), found, answer, CONTEXT))


def shown(response: Response) -> tuple[int, Any]:
    assert ("content-type", "application/json") in response.headers or response.headers == ()
    return response.status, json.loads(response.body)


def refused(endpoint: str, sent: Request) -> tuple[int, Any]:
    """What a request is answered that fails before or in `read`; of an ask that came empty, as if its key were new."""
    found = asked(endpoint, sent)
    assert isinstance(content_of(found), Fault), found
    return written(endpoint, found if isinstance(found, Fault) else unmade(found.ask), found)


def unmade(ask: Ask[Any], present: OwnBankAccount = A_BANK_ACCOUNT) -> Unclaimed | Unfit:
    """What the core says to an ask of whose fields nothing can be made, where its key is new."""
    return Unfit(present) if isinstance(ask, ChangeBankAccount) and ask.change is not None else UNCLAIMED


def content_of(found: Any, present: OwnBankAccount = A_BANK_ACCOUNT) -> Any:
    """What an ask under a key would make, or the fault of its fields; anything else as it is. `present`: what an update
    changes."""
    if isinstance(found, Fault):
        return found
    match found.ask:
        case (
            OrderPayout(order=None)
            | AddBankAccount(bank_account=None)
            | ChangeBankAccount(change=None)
            | OrderTransfer(transfer=None)
        ):
            return found.echo
        case OrderPayout(order=made) | OrderTransfer(transfer=made):
            return made
        case AddBankAccount(bank_account=NewBankAccount(details=details)):
            return details
        case ChangeBankAccount(change=change):
            return change(present) or found.echo.read(present)
        case ask:
            return ask


def code_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    status, body = answer
    assert set(body) == {"type", "code", "message"}
    return status, body["type"], body["code"]


def posted(endpoint: str, changes: Mapping[str, Any] | None = None, **headers: str | None) -> Any:
    """What a good body asks with some fields changed."""
    return asked(endpoint, request(endpoint, body={**BODIES[endpoint], **(changes or {})}, **headers))


def created(changes: Mapping[str, Any] | None = None, **headers: str | None) -> OrderPayout:
    ask = posted(CREATE, changes, **headers).ask
    assert isinstance(ask, OrderPayout)
    return ask


def a_payout() -> Payout:
    ask = created()
    assert isinstance(ask.order, Order)
    decision = order(ask.order, ACCOUNT, DEFAULT_TERMS, PAYOUT_ID, 1_767_600_000_000)
    assert isinstance(decision, Decision)
    return decision.payout
