"""Who asks, and the proof; and how a client's key is made and opened."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from outlay.dialects.harbour import codes, schema
from outlay.dialects.harbour.signing import proof_of
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
from outlay.wire.message import Request
from outlay.wire.problems import Fault


class Key(msgspec.Struct, frozen=True):
    secret: Secret


def identify(request: Request) -> Call[None] | Fault:
    """The client alone: the time and the proof are told after a client that nobody knows."""
    client = request.headers.get(schema.CLIENT, "")
    if schema.CLIENT_FORM.fullmatch(client) is None:
        return codes.CLIENT
    return Call(request, client, codes.CLIENT, None)


def verify(call: Call[None], credential: Credential[Key], now_ms: int) -> Verified[Request] | Fault:
    request = call.request
    time = request.headers.get(schema.TIME, "")
    if schema.TIME_FORM.fullmatch(time) is None or abs(now_ms // 1000 - int(time)) > schema.CLOCK_S:
        return codes.TIME
    told = request.headers.get(schema.PROOF, "").encode()
    wanted = proof_of(credential.opened.secret.reveal(), request.method, request.path, time, request.body)
    return Verified(request) if hmac.compare_digest(told, wanted.encode()) else codes.PROOF


PROOF: Final = proof(identify, verify)


def issue_credential(request: CredentialRequest) -> IssuedCredential:
    if request.public_key_pem is not None:
        raise BadCredentialRequest("this API has a shared secret, and no keys in PEM")
    if request.brought:
        check_brought(request.brought, needed=("client", "secret"))
        client, secret = request.brought["client"], request.brought["secret"]
        if schema.CLIENT_FORM.fullmatch(client) is None:
            raise BadCredentialRequest("client must be hb_ and 20 hexadecimal digits in small letters")
        return IssuedCredential(client, {"secret": secret}, {})
    client, secret = f"hb_{request.entropy[:10].hex()}", request.entropy[16:48].hex()
    return IssuedCredential(client, {"secret": secret}, {"client": client, "secret": secret})


def open_credential(secrets: Mapping[str, Secret]) -> Key:
    return Key(secrets["secret"])
