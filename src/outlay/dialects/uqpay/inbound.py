"""The server half: the endpoints served, who may call them, and the bytes of every answer.

    POST /api/v1/connect/token                    client id and api key → a token for 30 minutes
    POST /api/v2/payment/payout/create            order a payout; the idempotency key is its reference
    GET  /api/v2/payment/payout/{payout_id}
    GET  /api/v2/payment/balances                 in pages
    GET  /api/v2/payment/balances/{currency}

What a field means is `translate`'s business, which word an error has is `codes`'.

The trap is the order in which faults are told (decision): token, form of the key, account addressed, known key, fields,
balance. So nothing about a body is told in `identify`, and a body that cannot be read is told only if its key is new.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, assert_never

import msgspec

from outlay.core.currencies import EXPONENTS
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import codes, schema, translate
from outlay.dialects.uqpay.samples import UqpaySamples
from outlay.dialects.uqpay.signing import (
    TokenState,
    check_token,
    new_api_key,
    new_token,
    new_webhook_secret,
    token_client_id,
)
from outlay.kit.jsontext import BadJson
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    Dialect,
    IssuedCredential,
    Route,
    Verified,
)
from outlay.wire.fields import json_body
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import (
    Answer,
    Ask,
    BalancesRead,
    FindPayout,
    Found,
    Greet,
    Greeted,
    Ordered,
    OrderPayout,
    ReadBalances,
    Repeated,
)

_CREATE: Final = "uqpay.payout.create"
_CLIENT_ID_LENGTH: Final = 24
_VISIBLE_KEY: Final = re.compile(f"[!-~]{{1,{schema.IDEMPOTENCY_KEY_LONGEST}}}", re.ASCII)  # (decision)
_CLIENT_ID: Final = re.compile("[!-~]{1,128}", re.ASCII)  # wider than what we issue, safe to look up (decision)
_AUTH_TOKEN: Final = re.compile(f"{schema.BEARER}([!-~]+)", re.ASCII)
_encode: Final = msgspec.json.Encoder().encode


class OpenedCredential(msgspec.Struct, frozen=True):
    """What a caller proves themselves with, and what their notices will be signed with."""

    api_key: Secret
    webhook_secret: Secret


# -- the token call -------------------------------------------------------------------------------------------------


def _identify_client(request: Request) -> Call | Fault:
    """The body is not looked at: some vendor clients send none, one sends {} (vendor code)."""
    client_id = request.headers.get(schema.CLIENT_ID, "")
    if not _CLIENT_ID.fullmatch(client_id):
        return codes.CLIENT_ID_UNKNOWN
    return Call(request=request, key_id=client_id, body={}, if_unknown=codes.CLIENT_ID_UNKNOWN)


def _verify_api_key(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    given = call.request.headers.get(schema.API_KEY, "")
    if not hmac.compare_digest(_bytes(given), _bytes(_opened(credential).api_key.reveal())):
        return codes.API_KEY_WRONG
    return Verified()


def _read_greeting(call: Call, credential: Credential, now_ms: int) -> Ask | Fault:
    return Greet()


# -- who is calling -------------------------------------------------------------------------------------------------


def _identify(request: Request) -> Call | Fault:
    """The client id that the token claims; a token that is none of ours is answered like one that has expired, so
    that the client fetches a new one (vendor code: clients refresh on that text)."""
    match = _AUTH_TOKEN.fullmatch(request.headers.get(schema.AUTH_TOKEN, ""))
    if match is None:
        return codes.TOKEN_MALFORMED
    client_id = token_client_id(match.group(1))
    # The claim is not proved yet: it may hold what no database takes.
    if client_id is None or not _CLIENT_ID.fullmatch(client_id):
        return codes.TOKEN_EXPIRED
    return Call(request=request, key_id=client_id, body={}, if_unknown=codes.TOKEN_EXPIRED)


def _identify_page(request: Request) -> Call | Fault:
    """As `_identify`; the page asked for is kept, because the answer is cut by it."""
    call = _identify(request)
    if isinstance(call, Fault):
        return call
    return msgspec.structs.replace(call, claims=translate.read_page(request.query))


def _verify_get(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    """The key is documented as required here too (docs), but the official Python client never sends it on GET (vendor
    code): optional, and checked when present (decision)."""
    return _verify(call, credential, now_ms, key_required=False)


def _verify_post(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    return _verify(call, credential, now_ms, key_required=True)


def _verify(call: Call, credential: Credential, now_ms: int, *, key_required: bool) -> Verified | Fault:
    headers = call.request.headers
    token = headers[schema.AUTH_TOKEN].removeprefix(schema.BEARER)
    if check_token(token, _opened(credential).api_key.reveal(), now_ms // 1000) is not TokenState.VALID:
        return codes.TOKEN_EXPIRED
    client_id = headers.get(schema.CLIENT_ID, "")
    if client_id and client_id != credential.key_id:
        return codes.CLIENT_ID_FOREIGN
    key = headers.get(schema.IDEMPOTENCY_KEY)
    if key is None:
        if key_required:
            return codes.KEY_MISSING
    elif not _VISIBLE_KEY.fullmatch(key):
        return codes.KEY_MALFORMED
    addressed = headers.get(schema.ON_BEHALF_OF, "")
    if not addressed:  # missing or empty: the master (seed)
        return Verified()
    account_id = translate.read_account_id(addressed)
    return codes.SUB_ACCOUNT_NOT_FOUND if account_id is None else Verified(on_behalf_of=account_id)


# -- what is asked --------------------------------------------------------------------------------------------------


def _read_create(call: Call, credential: Credential, now_ms: int) -> Ask | Fault:
    request = call.request
    reference = request.headers[schema.IDEMPOTENCY_KEY]
    try:
        body = json_body(request)
    except BadJson as bad:
        fault = codes.bad_body(str(bad))
        return OrderPayout(reference, _CREATE, translate.body_digest(request.body), fault)
    return OrderPayout(reference, _CREATE, translate.content_digest(body), translate.read_order(reference, body))


def _read_retrieve(call: Call, credential: Credential, now_ms: int) -> Ask | Fault:
    payout_id = translate.read_payout_id(call.request.parameters["payout_id"])
    return codes.PAYOUT_NOT_FOUND if payout_id is None else FindPayout(payout_id=payout_id)


def _read_balances(call: Call, credential: Credential, now_ms: int) -> Ask | Fault:
    return call.claims if isinstance(call.claims, Fault) else ReadBalances()


def _read_balance(call: Call, credential: Credential, now_ms: int) -> Ask | Fault:
    currency = call.request.parameters["currency"]
    return ReadBalances(currency=currency) if currency in EXPONENTS else codes.BALANCE_NOT_FOUND


# -- what is answered -----------------------------------------------------------------------------------------------


def _write(answer: Answer, context: Context) -> Response:
    """One for all routes: each answer has one rendering, but for balances, which were asked for in pages or alone."""
    match answer:
        case Ordered() | Found():
            return _payout_response(answer.payout)
        case Repeated():
            return _write_repeated(answer)
        case BalancesRead():
            return _write_balances(answer, context)
        case Greeted():
            return _write_token(context)
        case Refusal():
            return _fault_response(codes.refuse(answer))
        case Fault():
            return _fault_response(answer)
        case _:
            assert_never(answer)


def _write_repeated(answer: Repeated) -> Response:
    """A replay shows the payout as it is now (decision); HTTP 200 like the first answer."""
    if answer.same and answer.payout is not None:
        return _payout_response(answer.payout)
    return _fault_response(codes.KEY_OTHER_BODY if answer.same_operation else codes.KEY_OTHER_API)


def _write_balances(answer: BalancesRead, context: Context) -> Response:
    page = context.call.claims
    if isinstance(page, translate.Page):
        return Response(200, _encode(translate.balance_list(context.account_id, answer.balances, page)))
    if not answer.balances:
        return _fault_response(codes.BALANCE_NOT_FOUND)
    return Response(200, _encode(translate.balance_object(context.account_id, answer.balances[0])))


def _write_token(context: Context) -> Response:
    credential = context.credential
    expires_at_s = context.now_ms // 1000 + schema.TOKEN_LIFE_S
    token = new_token(credential.key_id, _opened(credential).api_key.reveal(), expires_at_s, context.entropy)
    return Response(200, _encode(schema.TokenObject(token, expires_at_s)))


def _payout_response(payout: Payout) -> Response:
    return Response(200, _encode(translate.payout_object(payout)))


def _fault_response(fault: Fault) -> Response:
    """A fault in its envelope. Raises TypeError for one whose code does not fit its envelope: that would be ours."""
    match fault:
        case Fault(kind=codes.GATEWAY, message=message):
            body = _encode(schema.GatewayError(message))
        case Fault(kind=codes.NUMBERED, code=int(number), message=message):
            body = _encode(schema.NumberedError(number, message))
        case Fault(kind=str(kind), code=str(word), message=message) if kind:
            body = _encode(schema.TypedError(kind, word, message))
        case _:
            raise TypeError("a fault of another dialect")
    return Response(fault.status, body, fault=fault)


# -- the dialect ----------------------------------------------------------------------------------------------------


class _Uqpay:
    """See `outlay.wire.dialect.Dialect`."""

    name = "uqpay"
    prefixes = schema.API_PREFIXES
    samples: Final = UqpaySamples()
    routes = (
        Route("POST", schema.TOKEN_PATH, _identify_client, _verify_api_key, _read_greeting, _write),
        Route("POST", schema.CREATE_PATH, _identify, _verify_post, _read_create, _write),
        Route("GET", schema.RETRIEVE_PATH, _identify, _verify_get, _read_retrieve, _write),
        Route("GET", schema.BALANCES_PATH, _identify_page, _verify_get, _read_balances, _write),
        Route("GET", schema.BALANCE_PATH, _identify, _verify_get, _read_balance, _write),
    )

    def refuse(self, refusal: Refusal) -> Fault:
        return codes.refuse(refusal)

    def trouble(self, trouble: Trouble) -> Fault:
        return codes.trouble(trouble)

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        return _fault_response(fault)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """A client id, an API key and a webhook secret; their forms are our own (decision)."""
        if request.public_key_pem is not None:
            raise BadCredentialRequest("a credential of this API takes no public key")
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


def _opened(credential: Credential) -> OpenedCredential:
    opened: OpenedCredential = credential.opened
    return opened


def _bytes(text: str) -> bytes:
    # A header may hold any text; comparing as text would raise for what is not ASCII.
    return text.encode("utf-8", "surrogatepass")
