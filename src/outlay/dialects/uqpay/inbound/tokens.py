"""The token call: a client id and an API key for a token."""

from __future__ import annotations

from outlay.core.account import short_id
from outlay.core.asks import Greet
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, OpenedCredential
from outlay.dialects.uqpay.envelope import success
from outlay.dialects.uqpay.signing import TokenClaims, new_token
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.message import Response
from outlay.wire.problems import Fault


def read_greeting(_said: None, _caller: Caller, _now: Now) -> Asked[None, None] | Fault:
    return Asked(Greet(), None)


def write_token(_greeted: None, _echo: None, context: Context[OpenedCredential]) -> Response:
    credential = context.credential
    claims = claims_of(credential, context.now_ms // 1000)
    token = new_token(claims, credential.opened.api_key.reveal(), context.entropy)
    return success(schema.TokenObject(token, claims.exp))


def claims_of(credential: Caller, now_s: int) -> TokenClaims:
    """What a token given at this Unix second says: nothing that its bearer does not know."""
    account = credential.account
    return TokenClaims(
        entity_id=str(account.account_id),
        short_entity_id=short_id(account.account_id),
        parent_entity_id=str(account.parent_id) if account.parent_id is not None else schema.NO_PARENT,
        client_id=credential.key_id,
        api_version=schema.API_VERSION,
        bus_type=schema.BUSINESS,
        exp=now_s + schema.TOKEN_LIFE_S,
        iat=now_s,
    )
