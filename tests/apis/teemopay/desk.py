"""A small caller: the documented example of Brazil, signed, to what it asks, and an answer to what is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from outlay.core.account import Account
from outlay.core.asks import OrderPayout
from outlay.core.payout import Order
from outlay.dialects.teemopay import DIALECT, signing
from outlay.dialects.teemopay.callers import App
from outlay.kit.jsontext import parse_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyRoute, Asked, Context, Credential, CredentialRequest
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from tests.support import routes

NOW_MS = 1_776_396_204_000
NONCE = "5f0d6c1e9a2b4c3d8e7f60718293a4b5"
ENTROPY = bytes.fromhex("6b0f6c1e9a2b4c3d8e7f60718293a4b5")
ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Padaria Ltda", "BR")
ISSUED = DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(range(64)), NOW_MS))
CREDENTIAL = Credential(
    ISSUED.key_id, ACCOUNT, 1, DIALECT.open_credential({name: Secret(text) for name, text in ISSUED.sealed.items()})
)
PRIVATE_KEY = signing.load_private_key(ISSUED.shown["private_key_pem"])

CREATE = "/api/pay/payout/create/v1"
QUERY = "/api/pay/payout/query/v1"
BALANCE = "/api/pay/merchant/balance"
LIST = "/api/pay/transaction/queryList"
PATHS = (CREATE, QUERY, BALANCE, LIST)
CONTEXT = Context(CREDENTIAL, ACCOUNT.account_id, NOW_MS, ENTROPY)
ROUTES: Mapping[str, AnyRoute] = {route.path: route for route in DIALECT.routes}

BODY: dict[str, Any] = {  # the documented example of Brazil
    "merchantOrderNo": "OUT-20260417-0001",
    "amount": "1000.01",
    "accountType": 401,
    "bankAccount": "11144477735",
    "realName": "Maria Oliveira",
    "idCardNumber": "11144477735",
    "idType": "CPF",
    "callbackUrl": "https://merchant.example/teemo/callback",
}
PERIOD = {"type": "PAYOUT", "beginTime": "2026-04-16 00:00:00.000", "endTime": "2026-04-16 23:59:59.999"}
OTHER_CPF = "52998224725"
CNPJ = "11222333000181"

T = TypeVar("T")


def signed(path: str, raw: bytes, *, nonce: str = NONCE, key: Any = PRIVATE_KEY, **headers: str | None) -> Request:
    """`raw` is the body without its sign; a header given as None is left out."""
    signature = signing.sign(key, signing.text_of(parse_object(raw)) + nonce)
    inside = raw.rstrip()[:-1].rstrip()
    comma = b"" if inside == b"{" else b","
    body = inside + comma + b'"sign":"' + signature.encode() + b'"}'
    return sent(path, body, nonce=nonce, **headers)


def sent(path: str, body: bytes, **headers: str | None) -> Request:
    usual: dict[str, str | None] = {
        "app_code": ISSUED.key_id,
        "country": "BR",
        "nonce": NONCE,
        "timestamp": str(NOW_MS),
        "content-type": "application/json",
    }
    changed = usual | {name.replace("content_type", "content-type"): text for name, text in headers.items()}
    return Request("POST", path, "", {name: text for name, text in changed.items() if text is not None}, body)


def asked(request: Request, credential: Credential[App] = CREDENTIAL) -> Asked[Any, Any] | Fault:
    """The pipeline up to `read`, without what the store would say."""
    return routes.asked(ROUTES[request.path], request, credential, NOW_MS)


def the(kind: type[T], value: object) -> T:
    assert isinstance(value, kind), value
    return value


def create(
    changes: Mapping[str, Any] | None = None, without: str = "", credential: Credential[App] = CREDENTIAL
) -> Asked[Any, Any] | Fault:
    body = {name: value for name, value in (BODY | dict(changes or {})).items() if name != without}
    return asked(signed(CREATE, json.dumps(body).encode()), credential)


def ask_in(question: object) -> OrderPayout:
    return the(OrderPayout, the(Asked, question).ask)


def order_of(changes: Mapping[str, Any] | None = None, without: str = "") -> Order:
    return the(Order, ask_in(create(changes, without)).order)


def fault_in(question: object) -> Fault:
    """What is wrong with a create whose number is good: it waits for the service to look at the number."""
    assert ask_in(question).order is None
    return the(Fault, the(Asked, question).echo.wrong)


def field_fault(
    changes: Mapping[str, Any] | None = None, without: str = "", credential: Credential[App] = CREDENTIAL
) -> Fault:
    return fault_in(create(changes, without, credential))


def written(answer: Any, question: object = None) -> Response:
    """The answer to a create."""
    return routes.told(DIALECT, ROUTES[CREATE], the(Asked, question or create()), answer, CONTEXT)


def shown(response: Response) -> tuple[int, int, str]:
    """HTTP status, code, msg."""
    tree = json.loads(response.body)
    return response.status, tree["code"], tree["msg"]


# -- answers without a payout ----------------------------------------------------------------------------------------

FIELD_FAULTS: list[tuple[int, dict[str, Any]]] = [
    (414, {"amount": "1e3"}),
    (414, {"realName": None}),
    (455, {"accountType": 101}),
    (475, {"idType": "DNI"}),
    (476, {"idCardNumber": "1"}),
    (482, {"bankAccount": "1"}),
]
