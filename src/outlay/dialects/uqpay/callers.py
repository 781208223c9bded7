"""Who is calling: client id and API key for the token call, the token and the other headers for every other one.

The trap is the order in which faults are told (decision): token, form of the key, account addressed, known key, fields,
balance. So nothing here looks at a body: the proof is in the headers.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

import msgspec

from outlay.core.account import ids_named, short_id
from outlay.dialects.uqpay import codes, schema
from outlay.dialects.uqpay.signing import Token, TokenState, check_token, read_token
from outlay.dialects.uqpay.values import AccountsQuery, ListQuery, read_accounts_query, read_list_query
from outlay.kit.secret import Secret
from outlay.wire.dialect import Call, Credential, Verified
from outlay.wire.message import Request
from outlay.wire.problems import Fault

_VISIBLE_KEY: Final = re.compile(f"[!-~]{{1,{schema.IDEMPOTENCY_KEY_LONGEST}}}", re.ASCII)  # (decision)
CLIENT_ID_FORM: Final = re.compile("[!-~]{1,128}", re.ASCII)  # wider than what we issue, safe to look up (decision)
_BEARER: Final = schema.BEARER.lower()
_VISIBLE: Final = re.compile("[!-~]+", re.ASCII)


class OpenedCredential(msgspec.Struct, frozen=True):
    """What a caller proves themselves with, and what their notices will be signed with."""

    api_key: Secret
    webhook_secret: Secret


class Asked(msgspec.Struct, frozen=True):
    """What the headers and the query of a call say: the token that is to be proved, and what a list is asked for, which
    the answer is cut by."""

    token: Token
    query: ListQuery | AccountsQuery | Fault | None = None


def opened(credential: Credential) -> OpenedCredential:
    found: OpenedCredential = credential.opened
    return found


# -- the token call -------------------------------------------------------------------------------------------------


def identify_client(request: Request) -> Call | Fault:
    """The body is not looked at: some vendor clients send none, one sends {} (vendor code)."""
    client_id = request.headers.get(schema.CLIENT_ID, "")
    if not CLIENT_ID_FORM.fullmatch(client_id):
        return codes.CLIENT_ID_UNKNOWN
    return Call(request, client_id, codes.CLIENT_ID_UNKNOWN)


def verify_api_key(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    given = call.request.headers.get(schema.API_KEY, "")
    if not hmac.compare_digest(_bytes(given), _bytes(opened(credential).api_key.reveal())):
        return codes.API_KEY_WRONG
    return Verified()


# -- every other call -----------------------------------------------------------------------------------------------


def identify(request: Request) -> Call | Fault:
    """The client id that the token claims; a token that is none of ours is answered like one that has expired, so
    that the client fetches a new one (vendor code: clients refresh on that text)."""
    return _identify(request, None)


def identify_list(request: Request) -> Call | Fault:
    return _identify(request, read_list_query(request.query))


def identify_accounts(request: Request) -> Call | Fault:
    return _identify(request, read_accounts_query(request.query))


def _identify(request: Request, query: ListQuery | AccountsQuery | Fault | None) -> Call | Fault:
    text = request.headers.get(schema.AUTH_TOKEN, "")
    if text[: len(schema.BEARER)].lower() == _BEARER:
        text = text[len(schema.BEARER) :]
    if not _VISIBLE.fullmatch(text) or text.lower() == _BEARER.strip():
        return codes.TOKEN_MALFORMED
    token = read_token(text)
    # The claim is not proved yet: it may hold what no database takes.
    if token is None or not CLIENT_ID_FORM.fullmatch(token.client_id):
        return codes.TOKEN_EXPIRED
    return Call(request, token.client_id, codes.TOKEN_EXPIRED, Asked(token, query))


def verify_get(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    """The key is documented as required here too (docs), but the official Python client never sends it on GET (vendor
    code): optional, and checked when present (decision)."""
    return _verify(call, credential, now_ms, key_required=False)


def verify_post(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    return _verify(call, credential, now_ms, key_required=True)


def _verify(call: Call, credential: Credential, now_ms: int, *, key_required: bool) -> Verified | Fault:
    headers = call.request.headers
    asked: Asked = call.claims
    if check_token(asked.token, opened(credential).api_key.reveal(), now_ms // 1000) is not TokenState.VALID:
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
    own = credential.account.account_id
    ids = (own, own) if addressed.upper() == short_id(own) else ids_named(addressed)
    if ids is None:
        return codes.SUB_ACCOUNT_NOT_FOUND
    return Verified(on_behalf_of=ids[0] if ids[0] == ids[1] else addressed)


def _bytes(text: str) -> bytes:
    # A header may hold any text; comparing as text would raise for what is not ASCII.
    return text.encode("utf-8", "surrogatepass")
