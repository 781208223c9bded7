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
from outlay.core.destination import DestinationKind
from outlay.core.fees import Fee
from outlay.core.payout import Order, Payout, State
from outlay.dialects.teemopay import DIALECT
from outlay.kit.secret import Secret
from outlay.wire.dialect import Call, Context, Credential, Now, Route
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import Answer, Ask, OrderPayout
from tests.e2e.merchants import teemopay_text
from tests.rules.breaks import SOURCES, Break, append
from tests.support.payees import payee
from tests.support.unproved import as_if_proved

CREATE: Final = "/api/pay/payout/create/v1"
QUERY: Final = "/api/pay/payout/query/v1"
BALANCE: Final = "/api/pay/merchant/balance"
LIST: Final = "/api/pay/transaction/queryList"

NOW_MS: Final = 1_776_396_204_000  # 2026-04-17 03:23:24 UTC
NONCE: Final = "5f0d6c1e9a2b4c3d8e7f60718293a4b5"
ENTROPY: Final = bytes.fromhex("6b0f6c1e9a2b4c3d8e7f60718293a4b5")
APP_CODE: Final = "A2404010004XX001"
ROUTES: Final[Mapping[str, Route]] = {route.path: route for route in DIALECT.routes}
COUNTRIES_FILE: Final = "dialects/teemopay/countries.py"
CODES_FILE: Final = "dialects/teemopay/codes.py"

_VECTORS: Final = json.loads((SOURCES / "dialects/teemopay/vectors/signing.json").read_bytes())
_MERCHANTS: Final = next(each for each in _VECTORS if each["direction"] == _VECTORS[0]["direction"])
_OTHERS: Final = next(each for each in _VECTORS if each["direction"] != _VECTORS[0]["direction"])
_ACCOUNT: Final = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Padaria Ltda", "BR")


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
def credential_in(country: str, *, strict: bool = False, notify_url: str | None = None) -> Credential:
    """Of an application in that country; `strict`: its account has destinations checked."""
    pem = _MERCHANTS["public_key_pem"]
    sealed = {"country": country, "merchant_public_key_pem": pem, "platform_private_key_pem": ""}
    opened = DIALECT.open_credential({name: Secret(text) for name, text in sealed.items()})
    account = replace(_ACCOUNT, strict_destinations=strict, notify_url=notify_url)
    return Credential(APP_CODE, account, 1, opened)


def asked(request: Request, credential: Credential) -> Ask | No:
    """What the request asks for, or the refusal; of a create whose fields are wrong, their refusal. Where the endpoint
    itself fails, a caller gets what the gateway says then."""
    try:
        found = _asked(ROUTES[request.path], request, credential)
    except Exception:
        found = DIALECT.write_fault(DIALECT.trouble(Trouble.INTERNAL), NOW_MS, ENTROPY)
    return refusal_in(found) if isinstance(found, Response) else found


def _asked(route: Route, request: Request, credential: Credential) -> Ask | Response:
    call = route.identify(request)
    if isinstance(call, Fault):
        return DIALECT.write_fault(call, NOW_MS, ENTROPY)
    if call.key_id != credential.key_id:
        return DIALECT.write_fault(call.if_unknown, NOW_MS, ENTROPY)
    verified = route.verify(call, credential, NOW_MS)
    if isinstance(verified, Fault):
        return DIALECT.write_fault(verified, NOW_MS, ENTROPY)
    call = call.proved(verified)
    ask = route.read(call, credential, Now(NOW_MS, NOW_MS))
    if isinstance(ask, Fault):
        return route.write(ask, _context(call, credential))
    if isinstance(ask, OrderPayout) and isinstance(ask.order, Fault):
        return route.write(ask.order, _context(call, credential))
    return ask


def created(
    country: str, body: Mapping[str, Any], *, strict: bool = False, notify_url: str | None = None
) -> Order | No:
    """The order that a create makes, or its refusal."""
    credential = credential_in(country, strict=strict, notify_url=notify_url)
    ask = asked(signed(country, CREATE, body), credential)
    if isinstance(ask, No):
        return ask
    assert isinstance(ask, OrderPayout)
    assert isinstance(ask.order, Order)
    assert ask.claim.reference == ask.order.reference == body["merchantOrderNo"]
    return ask.order


def taken(country: str, body: Mapping[str, Any], *, strict: bool = False) -> Order:
    order = created(country, body, strict=strict)
    assert isinstance(order, Order), order
    return order


def answered(country: str, path: str, answer: Answer, body: Mapping[str, Any] | None = None) -> Any:
    """The document that a caller gets for this answer; HTTP status 200."""
    response = written(country, path, answer, body)
    assert response.status == 200, response
    return json.loads(response.body)


def written(country: str, path: str, answer: Answer, body: Mapping[str, Any] | None = None) -> Response:
    call = _identified(path, signed(country, path, body)) if body else _bare_call(country, path)
    return ROUTES[path].write(answer, _context(call, credential_in(country)))


@cache
def _bare_call(country: str, path: str) -> Call:
    return _identified(path, signed(country, path, {}))


def _identified(path: str, request: Request) -> Call:
    call = ROUTES[path].identify(request)
    assert isinstance(call, Call)
    return as_if_proved(call)


def _context(call: Call, credential: Credential) -> Context:
    return Context(credential, call, credential.account.account_id, NOW_MS, ENTROPY)


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
