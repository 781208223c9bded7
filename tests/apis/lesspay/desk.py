"""A small caller: from a request as LessPay's documents have it to what it asks, from an answer to what is written."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account
from outlay.dialects.lesspay import DIALECT
from outlay.dialects.lesspay.signing import sign, text_of
from outlay.kit.jsontext import parse_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    AnyRoute,
    Asked,
    Context,
    Credential,
)
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from tests.support import routes

CREATE = "/api/global/payout/create-order"
QUERY = "/api/global/payout/query"
BATCH = "/api/global/payout/batch/create-order"
BANKS = "/api/global/payout/bank"
BALANCE = "/api/global/payout/balance"
NOW_MS = 1_767_600_000_123
APP_ID = "65f0c1a2b3c4d5e6f7a8b9c0"
SECRET = "Wy31kFZf4jkE-Y2XZhmFuQ"
ACCOUNT = Account(UUID(int=1), "Acme", "PH")
CREDENTIAL = Credential(APP_ID, ACCOUNT, 1, DIALECT.open_credential({"app_secret": Secret(SECRET)}))
STRICT = replace(CREDENTIAL, account=replace(ACCOUNT, strict_destinations=True))
GOOD_ENOUGH = {"request_id": "any", "bank_country_code": "PH", "currency": "PHP", "way_code": "EPAY_PAYOUT"}
"""A body that asks something on every path; for an order its fields are wrong."""


def route_of(path: str) -> AnyRoute:
    return routes.find_route(DIALECT, "POST", path)


def signed(path: str, body: Any, **changed: str | None) -> Request:
    """A request as LessPay's documents have it. `body`: a mapping, or the raw text; `changed`: other headers by name
    with "_" for "-", None to leave one out."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    signature = "0" * 64
    if "x_auth_signature" not in changed:
        signature = sign(text_of(parse_object(raw, most_values=100_000)), SECRET)
    headers: dict[str, str | None] = {
        "content-type": "application/json",
        "x-auth-appid": APP_ID,
        "x-auth-timestamp": str(NOW_MS),
        "x-auth-signature": signature,
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return Request("POST", path, "", {name: value for name, value in headers.items() if value is not None}, raw)


def asked(path: str, body: Any, credential: Credential[Secret] = CREDENTIAL) -> Asked[Any, Any] | Fault:
    """What a properly signed request asks."""
    return routes.asked(route_of(path), signed(path, body), credential, NOW_MS)


def written(path: str, answer: Any, body: Any = GOOD_ENOUGH) -> Response:
    """`body`: what was asked, where the answer depends on it."""
    question = asked(path, body)
    assert isinstance(question, Asked), question
    context = Context(CREDENTIAL, ACCOUNT.account_id, NOW_MS, bytes(16))
    return routes.told(DIALECT, route_of(path), question, answer, context)


def envelope(response: Response) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(response.body)
    assert list(tree) == ["code", "msg", "data", "encryptData", "sign"]
    return tree
