"""One account asked about through all three APIs: real requests, read by the dialects' own `identify` and `read`,
answered by the merchant of `agreement_lives`, written by `write`, and handed on as parsed JSON.

The proof (`verify`) is left out: it is not what is tested here, and a signature for each question would cost most of
the time. Reading what is answered is `agreement_readers`' business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from agreement_lives import ACCOUNT_ID, NOW_MS, Merchant
from agreement_readers import LOCAL_HOURS

from outlay.core.account import Account
from outlay.dialects import all_dialects
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyDialect, Asked, Context, Credential, CredentialRequest, Now
from outlay.wire.message import Request, Response
from tests.support.routes import asked_unproved, find_route, told

ENTROPY = bytes(range(64))
LESSPAY_QUERY = "/api/global/payout/query"
LESSPAY_BALANCE = "/api/global/payout/balance"
TEEMOPAY_QUERY = "/api/pay/payout/query/v1"
TEEMOPAY_BALANCE = "/api/pay/merchant/balance"
TEEMOPAY_LIST = "/api/pay/transaction/queryList"
UQPAY_TOKEN = "/api/v1/connect/token"
UQPAY_PAYOUT = "/api/v2/payment/payout/{payout_id}"
UQPAY_LIST = "/api/v2/payment/payout"
UQPAY_BALANCES = "/api/v2/payment/balances"
UQPAY_BALANCE = "/api/v2/payment/balances/{currency}"
PAGE_SIZE = 2
"""Small, so that every list has several pages."""


@cache
def keys(name: str, country: str) -> tuple[AnyDialect, Credential[Any], Mapping[str, str]]:
    """The dialect, a credential for it, and what its owner was shown."""
    dialect = all_dialects()[name]
    account = Account(ACCOUNT_ID, "Kopi & Co", country)
    issued = dialect.issue_credential(CredentialRequest(account, ENTROPY, NOW_MS))
    opened = dialect.open_credential({field: Secret(text) for field, text in issued.sealed.items()})
    return dialect, Credential(issued.key_id, account, 1, opened), issued.shown


def ask(name: str, country: str, merchant: Merchant, request: Request, path: str) -> tuple[int, Any]:
    """HTTP status and document of the answer."""
    dialect, credential, _ = keys(name, country)
    route = find_route(dialect, request.method, path)
    asked = asked_unproved(name, route, request, credential, Now(NOW_MS, NOW_MS))
    answer = merchant.answer(asked.ask) if isinstance(asked, Asked) else asked
    response = told(dialect, route, asked, answer, Context(credential, ACCOUNT_ID, NOW_MS, ENTROPY[:16]))
    return response.status, json.loads(response.body)


# -- LessPay ----------------------------------------------------------------------------------------------------------


def lesspay(merchant: Merchant, path: str, body: Mapping[str, Any]) -> Any:
    headers = {
        "content-type": "application/json",
        "x-auth-appid": keys("lesspay", "BR")[2]["app_id"],
        "x-auth-timestamp": str(NOW_MS),
        "x-auth-signature": "0" * 64,
    }
    request = Request("POST", path, "", headers, json.dumps(body).encode())
    return ask("lesspay", "BR", merchant, request, path)[1]


def lesspay_orders(merchant: Merchant) -> Iterator[Any]:
    """Every order, asked for by its reference and by its id, which must give the same."""
    orders = [*merchant.alone.items(), *((batch.reference, batch.batch_id) for batch in merchant.batches)]
    for reference, order_id in orders:
        by_reference = lesspay(merchant, LESSPAY_QUERY, {"request_id": reference})
        by_id = lesspay(merchant, LESSPAY_QUERY, {"pay_order_id": f"PO{order_id:019d}"})
        assert by_reference == by_id
        yield by_reference


# -- TeemoPay ---------------------------------------------------------------------------------------------------------


def teemopay(merchant: Merchant, country: str, path: str, body: Mapping[str, Any]) -> Any:
    headers = {
        "content-type": "application/json",
        "app_code": keys("teemopay", country)[2]["app_code"],
        "country": country,
        "nonce": "0" * 32,
        "timestamp": str(NOW_MS),
    }
    request = Request("POST", path, "", headers, json.dumps({**body, "sign": "?"}).encode())
    return ask("teemopay", country, merchant, request, path)[1]


def teemopay_pages(merchant: Merchant, country: str, status: int | None = None) -> Iterator[Any]:
    """The pages of the list of the last thirty days, by its cursor."""
    now = datetime.fromtimestamp(NOW_MS / 1000, UTC) + timedelta(hours=LOCAL_HOURS[country])
    body: dict[str, Any] = {
        "type": "PAYOUT",
        "pageSize": PAGE_SIZE,
        "beginTime": f"{now - timedelta(days=30):%Y-%m-%d %H:%M:%S}.000",
        "endTime": f"{now:%Y-%m-%d %H:%M:%S}.999",
    }
    if status is not None:
        body["status"] = status
    for _ in range(100):
        page = teemopay(merchant, country, TEEMOPAY_LIST, body)
        yield page
        cursor = page["data"]["pageIndex"] if page.get("data") else None
        if cursor is None:
            return
        body["pageIndex"] = cursor
    raise AssertionError("the list has no end")


# -- UQPAY ------------------------------------------------------------------------------------------------------------


def uqpay(merchant: Merchant, path: str, query: str = "", **parameters: str) -> tuple[int, Any]:
    headers = {"x-auth-token": f"Bearer {_token()}"}
    request = Request("GET", path.format(**parameters), query, headers, b"", parameters)
    return ask("uqpay", "BR", merchant, request, path)


@cache
def _token() -> str:
    dialect, credential, _ = keys("uqpay", "BR")
    route = find_route(dialect, "POST", UQPAY_TOKEN)
    response = route.write(None, None, Context(credential, ACCOUNT_ID, NOW_MS, ENTROPY[:16]))
    assert isinstance(response, Response)
    token: str = json.loads(response.body)["auth_token"]
    return token


def uqpay_pages(merchant: Merchant, path: str, query: str = "") -> Iterator[Any]:
    """The pages of a list, until it says that there are no more."""
    number = 0
    while True:
        number += 1
        status, page = uqpay(merchant, path, f"page_number={number}&page_size={PAGE_SIZE}{query}")
        assert status == 200, page
        yield page
        if number >= page["total_pages"]:
            return
