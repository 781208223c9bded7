"""UQPAY's endpoints from the bytes of a request to what the core is asked, or to the bytes of a refusal.

`told` gives what is asked by the names of the wire, so that a test can say "this, and nothing else, was carried on"; of
a refusal it gives the HTTP status and the document.

The trap: what the dialect raises is answered as a fault of ours, like the gateway does it: a rule that is broken must
be noticed by what is answered, not by an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.core.asks import (
    AddBankAccount,
    Ask,
    ChangeBankAccount,
    NewBankAccount,
    OrderPayout,
    OrderTransfer,
    TransferOrder,
)
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.destination import DestinationKind
from outlay.core.payout import Order
from outlay.dialects.uqpay import DIALECT
from outlay.wire.dialect import Asked, Credential
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    A_BANK_ACCOUNT,
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_UPDATE,
    BODIES,
    CONTEXT,
    CREATE,
    CREDENTIAL,
    NOW_MS,
    TRANSFER_CREATE,
    request,
    route,
    shown,
    unmade,
)
from tests.apis.uqpay.said import uqpay_memo
from tests.support import routes

GOOD: Mapping[str, Mapping[str, Any]] = {
    CREATE: {
        "payout_currency": "SGD",
        "payout_amount": 250_00,
        "statement_descriptor": "OUTLAY 0042",
        "internal_note": "January rent",
        "payout_account_id": "",
    },
    BANK_ACCOUNT_CREATE: {
        "account_number": "1234567890",
        "bank_name": "First Bank",
        "bank_address": "1 Main Street",
        "swift_code": "FIRSUS33",
        "bank_country_code": "US",
        "currency": "USD",
        "bank_code_type": "aba",
        "bank_code_value": "021000021",
        "bank_branch_code": "",
    },
    BANK_ACCOUNT_UPDATE: {
        "account_number": "1234567890",
        "bank_name": "Second Bank",
        "bank_address": "1 Main Street",
        "swift_code": "FIRSUS33",
        "bank_country_code": "US",
        "bank_code_type": "aba",
        "bank_code_value": "021000021",
        "bank_branch_code": "",
    },
    TRANSFER_CREATE: {
        "source_account_id": "7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33",
        "target_account_id": "0c9be0c4-1111-4222-8333-944455556666",
        "currency": "SGD",
        "amount": 75_50,
        "reason": "float for January",
    },
}
"""What the good request of each endpoint carries on; amounts in minor units."""


def told(endpoint: str, changes: Mapping[str, Any] | None = None, present: OwnBankAccount = A_BANK_ACCOUNT) -> Any:
    """What is carried on of the good body with these changes, or the refusal. `present`: what an update changes."""
    body = {**BODIES[endpoint], **(changes or {})}
    return outcome(endpoint, request(endpoint, body=body), present)


def queried(endpoint: str, query: str = "") -> Any:
    return outcome(endpoint, request(endpoint, query=query))


def outcome(
    endpoint: str, sent: Request, present: OwnBankAccount = A_BANK_ACCOUNT, credential: Credential[Any] = CREDENTIAL
) -> Any:
    """What the core is asked, or the HTTP status and the document of the refusal."""
    try:
        found = routes.asked(route(endpoint), sent, credential, NOW_MS)
        if isinstance(found, Fault):
            return refusal(found)
        carried = _carried(found.ask, present)
        return _written(endpoint, found, unmade(found.ask, present)) if carried is None else carried
    except Exception as error:
        return 500, repr(error)


def refusal(fault: Fault) -> tuple[int, Any]:
    return shown(DIALECT.write_fault(fault, NOW_MS, bytes(16)))


def answered(endpoint: str, answer: Any, sent: Request | None = None) -> tuple[int, Any]:
    """What this answer of the core looks like to a caller."""
    try:
        found = routes.asked(route(endpoint), sent or request(endpoint), CREDENTIAL, NOW_MS)
        return refusal(found) if isinstance(found, Fault) else _written(endpoint, found, answer)
    except Exception as error:
        return 500, repr(error)


def _written(endpoint: str, found: Asked[Any, Any], answer: Any) -> tuple[int, Any]:
    return shown(routes.told(DIALECT, route(endpoint), found, answer, CONTEXT))


def wrong(message: str, code: str = "invalid_parameter", kind: str = "invalid_request_error") -> tuple[int, Any]:
    """The whole answer in the first of the three envelopes."""
    return 400, {"type": kind, "code": code, "message": message}


def missing(name: str) -> tuple[int, Any]:
    return wrong(f"{name} is required", "missing_parameter")


def numbered(status: int, message: str) -> tuple[int, Any]:
    """The whole answer in the second envelope."""
    return status, {"code": status, "message": message}


def _carried(ask: Ask[Any], present: OwnBankAccount) -> Any:
    """None where nothing can be made of the fields."""
    match ask:
        case OrderPayout(order=Order() as order):
            return _order(order)
        case AddBankAccount(bank_account=NewBankAccount() as new):
            return _bank_account(new.details) | {"currency": new.currency}
        case ChangeBankAccount():
            changed = ask.change(present) if ask.change is not None else None
            return None if changed is None else _bank_account(changed)
        case OrderTransfer(transfer=TransferOrder() as transfer):
            return _transfer(transfer)
        case OrderPayout() | AddBankAccount() | OrderTransfer():
            return None
        case _:
            return ask


def _order(order: Order) -> dict[str, Any]:
    target = order.beneficiary
    own = target.kind is DestinationKind.OWN_ACCOUNT and order.channel == "bank"
    assert own or (target.kind is DestinationKind.ACCOUNT and order.channel == "internal")
    return {
        "payout_currency": order.currency,
        "payout_amount": order.amount_minor,
        "statement_descriptor": "",
        "internal_note": "",
        "payout_account_id": target.account_number,
    } | uqpay_memo(order)


def _bank_account(details: BankAccountDetails) -> dict[str, Any]:
    return {
        "account_number": details.account_number,
        "bank_name": details.bank_name,
        "bank_address": details.bank_address,
        "swift_code": details.swift_code,
        "bank_country_code": details.country,
        "bank_code_type": details.code_type or "",
        "bank_code_value": details.code_value or "",
        "bank_branch_code": details.branch_code or "",
    }


def _transfer(transfer: TransferOrder) -> dict[str, Any]:
    return {
        "source_account_id": transfer.source,
        "target_account_id": transfer.target,
        "currency": transfer.currency,
        "amount": transfer.amount_minor,
        "reason": transfer.reason,
    }
