"""Who asks, and the proof; and the credentials that it is made with.

The trap: only the body is signed. Timestamp, appid and path are not, so a captured body can be sent again; what keeps
it from paying twice is that `request_id` is unique for ever, and there is no store of seen requests (decision).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

import msgspec

from outlay.dialects.lesspay import codes, schema, signing
from outlay.dialects.lesspay.signing import SignedBody, Unsignable, text_of
from outlay.kit.characters import has_unseen
from outlay.kit.jsontext import MOST_VALUES, BadJson, parse_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Verified,
    check_brought,
    proof,
)
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request
from outlay.wire.problems import Fault

_APP_ID: Final = "app_id"
_APP_SECRET: Final = "app_secret"  # noqa: S105  # the name of a field, no secret
_APPID_BYTES: Final = 12  # 24 hex characters (docs 7883827m0)
_SECRET_BYTES: Final = 32  # 43 characters; the docs' sample has 16 bytes in 22 (decision)


# -- the proof --------------------------------------------------------------------------------------------------------


class Head(msgspec.Struct, frozen=True):
    """What the headers say, in the documented form, not yet checked."""

    timestamp_ms: int
    signature: str


def identify(request: Request) -> Call[Head] | Fault:
    headers = request.headers
    # Two different values of one of these come joined by a comma, and then have none of the forms (decision).
    key_id = headers.get(schema.APPID_HEADER, "")
    timestamp = headers.get(schema.TIMESTAMP_HEADER, "")
    signature = headers.get(schema.SIGNATURE_HEADER, "")
    if not schema.APPID_FORM.fullmatch(key_id):
        return codes.INVALID_APPID
    if not schema.TIMESTAMP_FORM.fullmatch(timestamp):
        return codes.INVALID_TIMESTAMP
    if not schema.SIGNATURE_FORM.fullmatch(signature):
        return codes.INVALID_SIGNATURE
    if "," in headers.get("content-type", ""):
        return codes.INVALID_CONTENT_TYPE
    if not is_json_type(request):
        return codes.malformed(CONTENT_TYPE_RULE)
    return Call(request, key_id, codes.INVALID_APPID, Head(int(timestamp), signature))


def verify(call: Call[Head], credential: Credential[Secret], now_ms: int) -> Verified[SignedBody] | Fault:
    return _verify_bounded(call, credential, now_ms, MOST_VALUES)


def verify_batch(call: Call[Head], credential: Credential[Secret], now_ms: int) -> Verified[SignedBody] | Fault:
    return _verify_bounded(call, credential, now_ms, schema.BATCH_MOST_VALUES)


def _verify_bounded(
    call: Call[Head], credential: Credential[Secret], now_ms: int, most_values: int
) -> Verified[SignedBody] | Fault:
    if abs(now_ms - call.head.timestamp_ms) > schema.TIMESTAMP_WINDOW_MS:
        return codes.INVALID_TIMESTAMP
    try:
        fields = parse_object(call.request.body, most_values=most_values)
        text = text_of(fields)
    except BadJson as error:
        return codes.malformed(str(error))
    except Unsignable as error:
        return codes.unsignable(str(error))
    if not signing.verify(text, credential.opened.reveal(), call.head.signature):
        return codes.INVALID_SIGNATURE
    return Verified(SignedBody(fields, text))


PROOF: Final = proof(identify, verify)
BATCH_PROOF: Final = proof(identify, verify_batch)
"""A batch may have many more values."""


# -- credentials ------------------------------------------------------------------------------------------------------


def issue(request: CredentialRequest) -> IssuedCredential:
    """An APPID of 24 lower-case hex characters and an appSecret of 43 URL-safe base64 characters. Raises
    BadCredentialRequest where a public key is offered: LessPay knows shared secrets only."""
    if request.public_key_pem is not None:
        raise BadCredentialRequest("this API takes no public key: it signs with a shared secret")
    if request.brought:
        return _imported(request.brought)
    app_id = request.entropy[:_APPID_BYTES].hex()
    secret_bytes = request.entropy[_APPID_BYTES : _APPID_BYTES + _SECRET_BYTES]
    if len(secret_bytes) != _SECRET_BYTES:
        raise BadCredentialRequest("64 bytes of entropy are needed")
    secret = urlsafe_b64encode(secret_bytes).decode("ascii").rstrip("=")
    return IssuedCredential(app_id, {_APP_SECRET: secret}, {_APP_ID: app_id, _APP_SECRET: secret})


def _imported(brought: Mapping[str, str]) -> IssuedCredential:
    """The merchant's own APPID and appSecret, as they stand."""
    check_brought(brought, needed=(_APP_ID, _APP_SECRET))
    app_id, secret = brought[_APP_ID], brought[_APP_SECRET]
    if not schema.APPID_FORM.fullmatch(app_id):
        raise BadCredentialRequest(f"{_APP_ID} must be 1 to 64 letters, digits, points, underscores and hyphens")
    if has_unseen(secret) or " " in secret:
        raise BadCredentialRequest(f"{_APP_SECRET} must have no blanks and no invisible characters")
    return IssuedCredential(app_id, {_APP_SECRET: secret}, {_APP_ID: app_id})


def open_credential(sealed: Mapping[str, Secret]) -> Secret:
    """The appSecret, still wrapped: it is revealed only where a text is signed."""
    return sealed[_APP_SECRET]
