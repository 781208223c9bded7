"""TeemoPay's endpoints as pure functions: signed bytes of a request in, an ask or the bytes of an answer out.

Requests are signed without Outlay's own signer, with a throw-away key of the vectors. A refusal is always read from the
bytes of its answer, so that HTTP status, code and text are what a caller gets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import UNCLAIMED, Ask, OrderPayout
from outlay.core.destination import DestinationKind
from outlay.core.fees import Fee
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.dialects.teemopay import DIALECT
from outlay.dialects.teemopay.callers import App
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyRoute, Asked, Context, Credential
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from tests.apis.teemopay.merchant import teemopay_text
from tests.apis.teemopay.orders import order_in
from tests.rules.breaks import SOURCES, Break, append
from tests.support import routes
from tests.support.payees import payee

CREATE: Final = "/api/pay/payout/create/v1"
QUERY: Final = "/api/pay/payout/query/v1"
BALANCE: Final = "/api/pay/merchant/balance"
LIST: Final = "/api/pay/transaction/queryList"
SPAN: Final = {"type": "PAYOUT", "beginTime": "2026-04-16 00:00:00.000", "endTime": "2026-04-16 23:59:59.999"}

NOW_MS: Final = 1_776_396_204_000  # 2026-04-17 03:23:24 UTC
NONCE: Final = "5f0d6c1e9a2b4c3d8e7f60718293a4b5"
ENTROPY: Final = bytes.fromhex("6b0f6c1e9a2b4c3d8e7f60718293a4b5")
APP_CODE: Final = "A2404010004XX001"
ROUTES: Final[Mapping[str, AnyRoute]] = {route.path: route for route in DIALECT.routes}
COUNTRIES_FILE: Final = "dialects/teemopay/tables/countries.py"
CODES_FILE: Final = "dialects/teemopay/codes.py"

CODE_PLACES: Final[Mapping[int, str]] = {
    427: "CALLBACK_MISSING",
    429: "CARD_BANK_MISMATCH",
    430: "CARD_LENGTH_WRONG",
    431: "BANK_CODE_UNSUPPORTED",
    438: "PHONE_START_WRONG",
    440: "PHONE_LENGTH_WRONG",
    455: "ACCOUNT_TYPE_WRONG",
    469: "WALLET_UNSUPPORTED",
    470: "BANK_NAME_UNSUPPORTED",
    471: "ID_TYPE_UNSUPPORTED",
    475: "ID_TYPE_WRONG",
    476: "ID_NUMBER_WRONG",
    481: "ACCOUNT_LENGTH_WRONG",
    482: "ACCOUNT_UNFIT",
}
"""Which constant has the number and the text of a fault of a create."""

_VECTORS: Final = json.loads((SOURCES / "dialects/teemopay/vectors/signing.json").read_bytes())
_MERCHANTS: Final = next(each for each in _VECTORS if each["direction"] == _VECTORS[0]["direction"])
_OTHERS: Final = next(each for each in _VECTORS if each["direction"] != _VECTORS[0]["direction"])
_ACCOUNT: Final = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Padaria Ltda", "BR")
QUESTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    QUERY: {"merchantOrderNo": "OUT-20260417-0001"},
    BALANCE: {},
    LIST: SPAN,
}
"""A good body of each endpoint but create."""


class No(NamedTuple):
    """A refusal as a caller gets it."""

    status: int
    code: int
    text: str


def no(code: int, text: str) -> No:
    """With the HTTP status of every request that could be read."""
    return No(200, code, text)


# -- requests -------------------------------------------------------------------------------------------------------


@cache
def _key(of_others: bool) -> RSAPrivateKey:
    pem = (_OTHERS if of_others else _MERCHANTS)["private_key_pem"].encode()
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def signature_of(body: Mapping[str, Any], nonce: str = NONCE, *, of_others: bool = False) -> str:
    text = teemopay_text(json.dumps(body), nonce)
    return base64.b64encode(_key(of_others).sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303


def signed(country: str, path: str, body: Mapping[str, Any], /, **headers: str | None) -> Request:
    """A header given as None is left out."""
    proof = signature_of(body, headers.get("nonce") or NONCE)
    return sent(country, path, json.dumps({**body, "sign": proof}).encode(), **headers)


def sent(country: str, path: str, body: bytes, /, **headers: str | None) -> Request:
    usual: dict[str, str | None] = {
        "app_code": APP_CODE,
        "country": country,
        "nonce": NONCE,
        "timestamp": str(NOW_MS),
        "content-type": "application/json",
    }
    changed = usual | {name.replace("content_type", "content-type"): text for name, text in headers.items()}
    return Request("POST", path, "", {name: text for name, text in changed.items() if text is not None}, body)


# -- through the endpoint -------------------------------------------------------------------------------------------


@cache
def credential_in(country: str, *, strict: bool = False, notify_url: str | None = None) -> Credential[App]:
    """Of an application in that country; `strict`: its account has destinations checked."""
    pem = _MERCHANTS["public_key_pem"]
    sealed = {"country": country, "merchant_public_key_pem": pem, "platform_private_key_pem": ""}
    opened = DIALECT.open_credential({name: Secret(text) for name, text in sealed.items()})
    account = replace(_ACCOUNT, strict_destinations=strict, notify_url=notify_url)
    return Credential(APP_CODE, account, 1, opened)


def asked(request: Request, credential: Credential[App]) -> Ask[Any] | No:
    """What the request asks for, or the refusal; of a create whose fields are wrong, their refusal. Where the endpoint
    itself fails, a caller gets what the gateway says then."""
    try:
        found = _asked(ROUTES[request.path], request, credential)
    except Exception:
        found = DIALECT.write_fault(DIALECT.trouble(Trouble.INTERNAL), NOW_MS, ENTROPY)
    return refusal_in(found) if isinstance(found, Response) else found


def _asked(route: AnyRoute, request: Request, credential: Credential[App]) -> Ask[Any] | Response:
    found = routes.asked(route, request, credential, NOW_MS)
    if isinstance(found, Fault):
        return DIALECT.write_fault(found, NOW_MS, ENTROPY)
    if isinstance(found.ask, OrderPayout) and found.ask.order is None:
        return routes.told(DIALECT, route, found, UNCLAIMED, _context(credential))
    return found.ask


def created(
    country: str, body: Mapping[str, Any], *, strict: bool = False, notify_url: str | None = None
) -> Order | No:
    """The order that a create makes, or its refusal."""
    credential = credential_in(country, strict=strict, notify_url=notify_url)
    ask = asked(signed(country, CREATE, body), credential)
    if isinstance(ask, No):
        return ask
    assert isinstance(ask, OrderPayout)
    assert ask.order is not None
    assert ask.claim.reference == ask.order.reference == body["merchantOrderNo"]
    return ask.order


def taken(country: str, body: Mapping[str, Any], *, strict: bool = False) -> Order:
    order = created(country, body, strict=strict)
    assert isinstance(order, Order), order
    return order


def answered(country: str, path: str, answer: Any, body: Mapping[str, Any] | None = None) -> Any:
    """The document that a caller gets for this answer; HTTP status 200. `body`: what they sent, if it matters."""
    response = written(country, path, answer, body)
    assert response.status == 200, response
    return json.loads(response.body)


def written(country: str, path: str, answer: Any, body: Mapping[str, Any] | None = None) -> Response:
    found = _asked_well(country, path) if body is None else _well(country, path, body)
    return routes.told(DIALECT, ROUTES[path], found, answer, _context(credential_in(country)))


@cache
def _asked_well(country: str, path: str) -> Asked[Any, Any]:
    return _well(country, path, order_in(country) if path == CREATE else QUESTIONS[path])


def _well(country: str, path: str, body: Mapping[str, Any]) -> Asked[Any, Any]:
    found = routes.asked(ROUTES[path], signed(country, path, body), credential_in(country), NOW_MS)
    assert isinstance(found, Asked), found
    return found


def _context(credential: Credential[App]) -> Context[App]:
    return Context(credential, credential.account.account_id, NOW_MS, ENTROPY)


def refusal_in(response: Response) -> No:
    """In the envelope that every error has."""
    tree = json.loads(response.body)
    assert list(tree) == ["code", "data", "msg", "traceId"], tree
    assert tree["data"] is None
    assert re.fullmatch(r"[0-9a-f]{32}\.1\.[0-9]{17}", tree["traceId"])
    return No(response.status, tree["code"], tree["msg"])


# -- payouts --------------------------------------------------------------------------------------------------------


def payout(**parts: Any) -> Payout:
    """Paid, unless it is told otherwise."""
    usual: dict[str, Any] = {
        "account_id": _ACCOUNT.account_id,
        "payout_id": 2010543497457831001,
        "reference": "OUT-20260417-0001",
        "currency": "BRL",
        "amount_minor": 100_000,
        "fee": Fee(5_500, 500, 50_000),
        "beneficiary": payee(DestinationKind.BANK),
        "rail": "sandbox",
        "created_ms": NOW_MS,
        "state": State.PAID,
        "completed_ms": NOW_MS,
    }
    return Payout(**(usual | parts))


# -- breaks of a country's row --------------------------------------------------------------------------------------


def row_with(country: str, **changes: str) -> Break:
    """The country's row with other values, each a Python expression; `row` is the row as it was."""
    parts = ", ".join(f"{name}={value}" for name, value in changes.items())
    return append(
        COUNTRIES_FILE,
        "from msgspec.structs import replace\n"
        f"row = COUNTRIES[{country!r}]\nCOUNTRIES[{country!r}] = replace(row, {parts})",
    )


def without_checks(country: str, field: str) -> Break:
    """The country forgets the form of one field, whatever the account type."""
    kept = f"tuple(check for check in {{}}.checks if check.field != {field!r})"
    types = f"{{name: replace(kind, checks={kept.format('kind')}) for name, kind in row.account_types.items()}}"
    return row_with(country, checks=kept.format("row"), account_types=types)


def types_with(country: str, changes: str) -> Break:
    """All account types of the country with other values."""
    return row_with(
        country, account_types=f"{{name: replace(kind, {changes}) for name, kind in row.account_types.items()}}"
    )


def documents_with(country: str, changes: str) -> Break:
    """All kinds of document of the country with other values."""
    return row_with(country, id_types=f"{{name: replace(kind, {changes}) for name, kind in row.id_types.items()}}")
