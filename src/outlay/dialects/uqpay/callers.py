"""Who is calling: client id and API key for the token call, the token and the other headers for every other one; and
the credentials that they are proved with.

The trap is the order in which faults are told (decision): token, form of the key, account addressed, known key, fields,
balance. So nothing here looks at a body: the proof is in the headers.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from outlay.core.account import ids_named, short_id
from outlay.dialects.uqpay import codes, schema
from outlay.dialects.uqpay.signing import (
    Token,
    TokenState,
    check_token,
    new_api_key,
    new_webhook_secret,
    read_token,
)
from outlay.kit.characters import has_unseen
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

_VISIBLE_KEY: Final = re.compile(f"[!-~]{{1,{schema.IDEMPOTENCY_KEY_LONGEST}}}", re.ASCII)  # (decision)
CLIENT_ID_FORM: Final = re.compile("[!-~]{1,128}", re.ASCII)  # wider than what we issue, safe to look up (decision)
_BEARER: Final = schema.BEARER.lower()
_VISIBLE: Final = re.compile("[!-~]+", re.ASCII)
_CLIENT_ID_LENGTH: Final = 24

S = TypeVar("S")


class OpenedCredential(msgspec.Struct, frozen=True):
    """What a caller proves themselves with, and what their notices will be signed with."""

    api_key: Secret
    webhook_secret: Secret


Caller = Credential[OpenedCredential]


class Keyed(msgspec.Struct, frozen=True):
    """A proved request under an idempotency key."""

    request: Request
    key: str


# -- the token call -------------------------------------------------------------------------------------------------


def identify_client(request: Request) -> Call[None] | Fault:
    """The body is not looked at: some vendor clients send none, one sends {} (vendor code)."""
    client_id = request.headers.get(schema.CLIENT_ID, "")
    if not CLIENT_ID_FORM.fullmatch(client_id):
        return codes.CLIENT_ID_UNKNOWN
    return Call(request, client_id, codes.CLIENT_ID_UNKNOWN, None)


def verify_api_key(call: Call[None], credential: Credential[OpenedCredential], _now_ms: int) -> Verified[None] | Fault:
    given = call.request.headers.get(schema.API_KEY, "")
    if not hmac.compare_digest(_bytes(given), _bytes(credential.opened.api_key.reveal())):
        return codes.API_KEY_WRONG
    return Verified(None)


TOKEN_PROOF: Final = proof(identify_client, verify_api_key)


# -- every other call -----------------------------------------------------------------------------------------------


def identify(request: Request) -> Call[Token] | Fault:
    """The client id that the token claims; a token that is none of ours is answered like one that has expired, so
    that the client fetches a new one (vendor code: clients refresh on that text)."""
    text = request.headers.get(schema.AUTH_TOKEN, "")
    if text[: len(schema.BEARER)].lower() == _BEARER:
        text = text[len(schema.BEARER) :]
    if not _VISIBLE.fullmatch(text) or text.lower() == _BEARER.strip():
        return codes.TOKEN_MALFORMED
    token = read_token(text)
    # The claim is not proved yet: it may hold what no database takes.
    if token is None or not CLIENT_ID_FORM.fullmatch(token.client_id):
        return codes.TOKEN_EXPIRED
    return Call(request, token.client_id, codes.TOKEN_EXPIRED, token)


def verify_get(call: Call[Token], credential: Credential[OpenedCredential], now_ms: int) -> Verified[Request] | Fault:
    """The key is documented as required here too (docs), but the official Python client never sends it on GET (vendor
    code): optional, and checked when present (decision)."""
    key = call.request.headers.get(schema.IDEMPOTENCY_KEY)
    no = _refuse(call, credential, now_ms) or (_bad_key(key) if key is not None else None)
    return no or _addressed(call.request, credential, call.request)


def verify_post(call: Call[Token], credential: Credential[OpenedCredential], now_ms: int) -> Verified[Keyed] | Fault:
    key = call.request.headers.get(schema.IDEMPOTENCY_KEY)
    if no := _refuse(call, credential, now_ms):
        return no
    if key is None:
        return codes.KEY_MISSING
    return _bad_key(key) or _addressed(Keyed(call.request, key), credential, call.request)


def _refuse(call: Call[Token], credential: Credential[OpenedCredential], now_ms: int) -> Fault | None:
    if check_token(call.head, credential.opened.api_key.reveal(), now_ms // 1000) is not TokenState.VALID:
        return codes.TOKEN_EXPIRED
    client_id = call.request.headers.get(schema.CLIENT_ID, "")
    return codes.CLIENT_ID_FOREIGN if client_id and client_id != credential.key_id else None


def _bad_key(key: str) -> Fault | None:
    return None if _VISIBLE_KEY.fullmatch(key) else codes.KEY_MALFORMED


def _addressed(said: S, credential: Credential[OpenedCredential], request: Request) -> Verified[S] | Fault:
    """What was said, of the account that it is said on behalf of."""
    addressed = request.headers.get(schema.ON_BEHALF_OF, "")
    if not addressed:  # missing or empty: the master (seed)
        return Verified(said)
    own = credential.account.account_id
    ids = (own, own) if addressed.upper() == short_id(own) else ids_named(addressed)
    if ids is None:
        return codes.SUB_ACCOUNT_NOT_FOUND
    return Verified(said, on_behalf_of=ids[0] if ids[0] == ids[1] else addressed)


GET_PROOF: Final = proof(identify, verify_get)
POST_PROOF: Final = proof(identify, verify_post)


def _bytes(text: str) -> bytes:
    # A header may hold any text; comparing as text would raise for what is not ASCII.
    return text.encode("utf-8", "surrogatepass")


# -- credentials ------------------------------------------------------------------------------------------------------


def issue(request: CredentialRequest) -> IssuedCredential:
    """A client id, an API key and a webhook secret; their forms are our own (decision)."""
    if request.public_key_pem is not None:
        raise BadCredentialRequest("a credential of this API takes no public key")
    if request.brought:
        return _imported(request)
    entropy = request.entropy
    if len(entropy) != 64:
        raise BadCredentialRequest("64 bytes of entropy are needed")
    # Both secrets need all of the entropy; a hash of it gives the public id without giving them away.
    client_id = sha256(b"client id\x00" + entropy).hexdigest()[:_CLIENT_ID_LENGTH]
    secrets = {"api_key": new_api_key(entropy[:32]), "webhook_secret": new_webhook_secret(entropy[32:])}
    shown = {"client_id": client_id, **secrets, "account_id": str(request.account.account_id)}
    return IssuedCredential(key_id=client_id, sealed=secrets, shown=shown)


def _imported(request: CredentialRequest) -> IssuedCredential:
    """The merchant's own client id and API key, and the secret that signs their webhooks, made anew where none is
    brought."""
    brought = request.brought
    check_brought(brought, needed=("client_id", "api_key"), known=("webhook_secret", "account_id"))
    for name in ("client_id", "api_key"):
        if not CLIENT_ID_FORM.fullmatch(brought[name]):
            raise BadCredentialRequest(f"{name} must be 1 to 128 visible ASCII characters without blanks")
    client_id, account_id = brought["client_id"], str(request.account.account_id)
    shown = {"client_id": client_id, "account_id": account_id}
    secret = brought.get("webhook_secret", "")
    if has_unseen(secret):
        raise BadCredentialRequest("webhook_secret must have no invisible characters")
    if not secret:
        secret = shown["webhook_secret"] = new_webhook_secret(request.entropy[32:])
    advice = (
        f"account ids are Outlay's own: yours is {account_id}; those of connected accounts stand at /api/v1/accounts"
    )
    return IssuedCredential(client_id, {"api_key": brought["api_key"], "webhook_secret": secret}, shown, advice)


def open_credential(sealed: Mapping[str, Secret]) -> OpenedCredential:
    return OpenedCredential(sealed["api_key"], sealed["webhook_secret"])
