"""LessPay's endpoints as pure functions: the bytes of a signed request go in, an ask or the bytes of an error come out.

What a body needs to be good stands here once. A rule changes one thing of it, named by its path as a caller is told it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from outlay.core.asks import UNCLAIMED, Ask, OrderBatch, OrderPayout
from outlay.core.payout import Order
from outlay.dialects.lesspay import DIALECT
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import ACCOUNT, CREDENTIAL, NOW_MS, route_of, signed
from tests.apis.lesspay.orders import EVERYTHING_ABOUT_A_BANK, EVERYTHING_ABOUT_A_PERSON, to_bank
from tests.apis.lesspay.said import lesspay_details, lesspay_memo
from tests.support import routes

Body = dict[str, Any]
Changes = Mapping[str, Any]
GONE = ...
"""The value of a member that is left out."""
ENVELOPE = ["code", "msg", "data", "encryptData", "sign"]


class No(msgspec.Struct, frozen=True):
    """An error, as the bytes of the answer have it."""

    status: int
    code: int
    text: str


# -- good bodies ----------------------------------------------------------------------------------------------------

_INFO: Body = EVERYTHING_ABOUT_A_PERSON | {"last_name": "Reyes"}
_TO_BANK: Body = to_bank(bank_codes=EVERYTHING_ABOUT_A_BANK["bank_codes"] | {"bank_code": "SMBP"})


def _single(destination: Body) -> Body:
    return {
        "request_id": "SP-20260105-0001",
        "amount": "100.50",
        "currency": "PHP",
        "way_code": "EPAY_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "product_name": "salary",
        "description": "January",
        "purpose": "PYR001",
        "expired_time": 86400,
        "notify_url": "https://merchant.example/lesspay/notify",
        "beneficiary": {"beneficiary_type": "individual", "beneficiary_info": _INFO, "destination": destination},
    }


TRON = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
TO_BANK = _single(_TO_BANK)
TO_CRYPTO = _single({"type": "crypto_wallet", "crypto_wallet": {"wallet_address": TRON, "network": "TRC20"}})
_NUMBERS = {"account_number": "09170000002", "deposit_key": "09170000003"}
TO_WALLET = _single({"type": "ewallet", "e_wallet": {"ewallet_provider": "GCash", "account_type": "phone"} | _NUMBERS})
TO_PIX = _single(
    {
        "type": "ewallet",
        "e_wallet": {"ewallet_provider": "PIX", "account_type": "cpf", "account_number": "11144477735"},
    }
)


def _batch(kind: str, *details: Body) -> Body:
    """One detail of 1000.00, or a second one of 500.75 besides."""
    return {
        "request_id": "BATCH-20260105-07",
        "currency": "PHP",
        "total_amount": "1500.75" if len(details) == 2 else "1000.00",
        "way_code": "TAZAPAY_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "destination_type": kind,
        "notify_url": "https://merchant.example/lesspay/notify",
        "product_name": "salaries",
        "description": "January",
        "transaction_network": "TRC20",
        "expired_time": 86400,
        "payout_order_details": [
            {"mch_order_id": f"SAL-00{number}", "amount": amount} | copy.deepcopy(detail)
            for number, amount, detail in zip((1, 2), ("1000.00", "500.75"), details, strict=False)
        ],
    }


_BANK_DETAIL: Body = {
    "bank_account_no": "001234567890",
    "bank_account_name": "Juan dela Cruz",
    "bank_account_type": "individual",
    "bank_name": "BDO Unibank",
    "bank_country_code": "PH",
    "bank_swift_code": "BNORPHMM",
}
_WALLET: Body = {"account_name": "Ana Reyes", "account_type": "individual", "provider": "GCash"} | _NUMBERS
_WALLET_DETAIL: Body = {"e_wallet": _WALLET | {"deposit_key_type": "random"}}
BANKS_BATCH = _batch("bank", _BANK_DETAIL, _BANK_DETAIL)
ONE_BANK_BATCH = _batch("bank", _BANK_DETAIL)
WALLETS_BATCH = _batch("ewallet", _WALLET_DETAIL, _WALLET_DETAIL)
CRYPTO_BATCH = _batch("crypto_wallet", {"bank_account_no": TRON}, {"bank_account_no": TRON})


def at(body: Body, path: str) -> Any:
    """The member at this path."""
    place: Any = body
    for part in _steps(path):
        place = place[part]
    return place


def changed(body: Body, changes: Changes) -> Body:
    """A copy in which the member at each path (`a.b`, `list[0].c`) has another value, or is gone."""
    new = copy.deepcopy(body)
    for path, value in changes.items():
        *parents, name = _steps(path)
        place: Any = new
        for parent in parents:
            place = place[parent]
        if value is GONE:
            place.pop(name, None)
        else:
            place[name] = value
    return new


def _steps(path: str) -> list[str | int]:
    return [int(part[1:-1]) if part.startswith("[") else part for part in path.replace("[", ".[").split(".")]


# -- the desk -------------------------------------------------------------------------------------------------------


def asked(path: str, body: Any, credential: Credential[Secret] = CREDENTIAL, **headers: str | None) -> Ask[Any] | No:
    """What a signed request comes to. `headers`: others, by name with "_" for "-"; None leaves one out."""
    return served(signed(path, body, **headers), credential)


def served(request: Request, credential: Credential[Secret] = CREDENTIAL) -> Ask[Any] | No:
    try:
        return _served(request, credential)
    except Exception as error:  # the gateway has it so too: whatever is not expected is a fault inside
        return No(500, 10, repr(error))


def _served(request: Request, credential: Credential[Secret]) -> Ask[Any] | No:
    found = routes.asked(route_of(request.path), request, credential, NOW_MS)
    if isinstance(found, Fault):
        return told(DIALECT.write_fault(found, NOW_MS, bytes(16)))
    match found.ask:
        case OrderPayout(order=None) | OrderBatch(orders=None):
            return told(_written(request.path, found, UNCLAIMED))
        case ask:
            return ask


def answered(path: str, body: Any, answer: Any) -> Response:
    """How a use case's answer to a good request is written."""
    found = routes.asked(route_of(path), signed(path, body), CREDENTIAL, NOW_MS)
    assert isinstance(found, Asked), found
    return _written(path, found, answer)


def _written(path: str, found: Asked[Any, Any], answer: Any) -> Response:
    context = Context(CREDENTIAL, ACCOUNT.account_id, NOW_MS, bytes(16))
    return routes.told(DIALECT, route_of(path), found, answer, context)


def envelope_of(response: Response) -> Body:
    envelope: Body = json.loads(response.body)
    assert list(envelope) == ENVELOPE
    return envelope


def told(response: Response) -> No:
    envelope = envelope_of(response)
    assert (envelope["data"], envelope["encryptData"], envelope["sign"]) == (None, "", "")
    return No(response.status, envelope["code"], envelope["msg"])


def taken(path: str, body: Any, credential: Credential[Secret] = CREDENTIAL) -> Ask[Any]:
    """What is asked; fails where it was refused."""
    ask = asked(path, body, credential)
    assert not isinstance(ask, No), ask
    return ask


def orders_of(ask: Ask[Any]) -> tuple[Order, ...]:
    assert isinstance(ask, OrderPayout | OrderBatch), ask
    if isinstance(ask, OrderPayout):
        return (ask.order,) if ask.order is not None else ()
    return ask.orders or ()


def kept(ask: Ask[Any], name: str) -> Any:
    """What became of a field: `ask.x`, `claim.x`; of the first payout `order.x`, `payee.x`, `memo.x`, `details.x`; of
    all payouts `all.x`."""
    group, _, rest = name.partition(".")
    if group == "ask":
        return getattr(ask, rest)
    if group == "claim":
        assert isinstance(ask, OrderPayout | OrderBatch), ask
        return getattr(ask.claim, rest)
    orders = orders_of(ask)
    if group == "all":
        return tuple(getattr(order, rest) for order in orders)
    assert orders
    match group:
        case "memo":
            return lesspay_memo(orders[0]).get(rest)
        case "details":
            details = lesspay_details(orders[0].beneficiary, of_batch=isinstance(ask, OrderBatch))
            return details.get(rest)
        case "payee":
            return getattr(orders[0].beneficiary, "kind" if rest == "destination" else rest)
        case _:
            return getattr(orders[0], rest)
