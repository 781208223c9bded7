"""LessPay's server half: which requests are served, who sent them, what they ask, and the signed answer.

Order of checks (decision): path and method → JSON object → headers → appid → timestamp → signature → business rules.
Fields and objects are translated in `translate`, codes stand in `codes`, the signature in `signing`.

The trap: only the body is signed. Timestamp, appid and path are not, so a captured body can be sent again; what keeps
it from paying twice is that `request_id` is unique for ever, and there is no store of seen requests (decision).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, assert_never

import msgspec

from outlay.core.refusal import Refusal
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.samples import LessPaySamples
from outlay.dialects.lesspay.schema import Envelope
from outlay.dialects.lesspay.signing import Unsignable, sign, verify
from outlay.dialects.lesspay.translate import read_order, read_question, single_order
from outlay.kit.jsontext import BadJson
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Route,
    Verified,
)
from outlay.wire.fields import json_body
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import (
    Answer,
    BalancesRead,
    FindPayout,
    Found,
    Greeted,
    Ordered,
    OrderPayout,
    Repeated,
)

_APP_SECRET: Final = "app_secret"  # noqa: S105  # the name of a field, no secret
_APPID_BYTES: Final = 12  # 24 hex characters (docs 7883827m0)
_SECRET_BYTES: Final = 32  # 43 characters; the docs' sample has 16 bytes in 22 (decision)

_encode: Final = msgspec.json.Encoder().encode


class _Claims(msgspec.Struct, frozen=True):
    """What the headers say, in the documented form, not yet checked."""

    timestamp_ms: int
    signature: str


def _identify(request: Request) -> Call | Fault:
    try:
        body = json_body(request)
    except BadJson as error:
        return codes.malformed(str(error))
    headers = request.headers
    key_id = headers.get(schema.APPID_HEADER, "")
    timestamp = headers.get(schema.TIMESTAMP_HEADER, "")
    signature = headers.get(schema.SIGNATURE_HEADER, "")
    if not schema.APPID_FORM.fullmatch(key_id):
        return codes.INVALID_APPID
    if not schema.TIMESTAMP_FORM.fullmatch(timestamp):
        return codes.INVALID_TIMESTAMP
    if not schema.SIGNATURE_FORM.fullmatch(signature):
        return codes.INVALID_SIGNATURE
    return Call(request, key_id, body, codes.INVALID_APPID, _Claims(int(timestamp), signature))


def _verify(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    claims: _Claims = call.claims
    if abs(now_ms - claims.timestamp_ms) > schema.TIMESTAMP_WINDOW_MS:
        return codes.INVALID_TIMESTAMP
    secret: Secret = credential.opened
    try:
        is_ours = verify(call.body, secret.reveal(), claims.signature)
    except Unsignable as error:
        return codes.unsignable(str(error))
    return Verified() if is_ours else codes.INVALID_SIGNATURE


def _read_create(call: Call, _credential: Credential, now_ms: int) -> OrderPayout | Fault:
    return read_order(call.body, now_ms)


def _read_query(call: Call, _credential: Credential, _now_ms: int) -> FindPayout | Fault:
    return read_question(call.body)


def _write(answer: Answer, context: Context) -> Response:
    match answer:
        case Ordered() | Found():
            secret: Secret = context.credential.opened
            data = single_order(answer.payout)
            signature = sign(msgspec.to_builtins(data), secret.reveal())
            envelope = Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=data, sign=signature)
            return Response(200, _encode(envelope))
        case Repeated():
            return _write_fault(codes.EXISTS if answer.same else codes.REUSED)
        case Refusal():
            return _write_fault(codes.refuse(answer))
        case Fault():
            return _write_fault(answer)
        case BalancesRead() | Greeted():  # no route of this dialect asks for these yet
            return _write_fault(codes.trouble(Trouble.INTERNAL))
        case _:
            assert_never(answer)


def _write_fault(fault: Fault) -> Response:
    body = _encode(Envelope(code=int(fault.code), msg=fault.message, data=None))
    return Response(fault.status, body, fault=fault)


class _LessPay:
    """LessPay 2.0, server half."""

    name: Final = "lesspay"
    prefixes: Final = schema.PREFIXES
    samples: Final = LessPaySamples()
    routes: Final = (
        Route("POST", schema.CREATE_PATH, _identify, _verify, _read_create, _write),
        Route("POST", schema.QUERY_PATH, _identify, _verify, _read_query, _write),
    )

    def refuse(self, refusal: Refusal) -> Fault:
        return codes.refuse(refusal)

    def trouble(self, trouble: Trouble) -> Fault:
        return codes.trouble(trouble)

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        """The envelope with `data` null and no signature (decision); neither time nor trace id is documented."""
        return _write_fault(fault)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """An APPID of 24 lower-case hex characters and an appSecret of 43 URL-safe base64 characters. Raises
        BadCredentialRequest where a public key is offered: LessPay knows shared secrets only."""
        if request.public_key_pem is not None:
            raise BadCredentialRequest("this API takes no public key: it signs with a shared secret")
        app_id = request.entropy[:_APPID_BYTES].hex()
        secret_bytes = request.entropy[_APPID_BYTES : _APPID_BYTES + _SECRET_BYTES]
        if len(secret_bytes) != _SECRET_BYTES:
            raise BadCredentialRequest("64 bytes of entropy are needed")
        secret = urlsafe_b64encode(secret_bytes).decode("ascii").rstrip("=")
        return IssuedCredential(app_id, {_APP_SECRET: secret}, {"app_id": app_id, _APP_SECRET: secret})

    def open_credential(self, sealed: Mapping[str, Secret]) -> Secret:
        """The appSecret, still wrapped: it is revealed only where a text is signed."""
        return sealed[_APP_SECRET]


DIALECT: Final = _LessPay()
