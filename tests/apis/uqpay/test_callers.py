"""Who may call uqpay's endpoints: credentials, tokens, and every header that is not about the content."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.dialects.uqpay import DIALECT
from outlay.wire.dialect import BadCredentialRequest, CredentialRequest
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    ACCOUNT,
    BALANCES,
    CREATE,
    KEY,
    NOW_MS,
    SUB_ACCOUNT,
    WITH_TOKEN,
    issued,
    refused,
    request,
    route,
    token,
)
from tests.apis.uqpay.tokens import token_of
from tests.support.rows import each_row

MALFORMED_TOKEN = (
    401,
    {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"},
)
EXPIRED_TOKEN = (401, {"error": "token has expired"})


# -- credentials and tokens -------------------------------------------------------------------------------------------


def test_a_credential_takes_no_public_key_and_enough_entropy() -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(64), NOW_MS, "-----BEGIN PUBLIC KEY-----"))
    with pytest.raises(BadCredentialRequest):
        issued(bytes(32))


@each_row("path", WITH_TOKEN)
def test_a_header_that_came_twice_with_two_values_names_nobody(path: str) -> None:
    """As the gateway joins them (RFC 9110 5.3)."""
    assert refused(path, request(path, x_auth_token=f"Bearer {token()}, Bearer {token(60)}")) == MALFORMED_TOKEN
    assert refused(path, request(path, x_auth_token=f"{token()}, {token(60)}")) == MALFORMED_TOKEN
    two_ids = dict.fromkeys(("x_idempotency_key", "x_on_behalf_of", "x_client_id"), f"{KEY}, {SUB_ACCOUNT}")
    codes = {name: refused(path, request(path, **{name: text}))[1]["code"] for name, text in two_ids.items()}
    assert codes == {
        "x_idempotency_key": "invalid_key_format",
        "x_on_behalf_of": "sub_account_not_found",
        "x_client_id": "invalid_parameter",
    }


@pytest.mark.parametrize("client_id", ["a\x00b", "a b", "ключ"])
def test_a_token_may_not_claim_a_client_id_that_cannot_be_looked_up(client_id: str) -> None:
    forged = token_of(client_id, "any key", NOW_MS // 1000 + 1800, bytes(16))
    assert refused(BALANCES, request(BALANCES, x_auth_token=f"Bearer {forged}")) == EXPIRED_TOKEN
    assert isinstance(route(BALANCES).proof.identify(request(BALANCES, x_auth_token=f"Bearer {forged}")), Fault)


def test_faults_are_told_in_the_documented_order() -> None:
    """Each step repairs the fault that was told and finds the next one."""
    wrong: dict[str, str | None] = {
        "x_auth_token": "two words",
        "x_client_id": "somebody",
        "x_idempotency_key": "not visible",
        "x_on_behalf_of": "nobody",
        "content_type": "text/plain",
    }
    body: bytes | dict[str, Any] = b"{"
    steps: list[tuple[str, str | None, str]] = [
        ("x_auth_token", f"Bearer {token(-1)}", "invalid auth token format"),
        ("x_auth_token", f"Bearer {token()}", "token has expired"),
        ("x_client_id", None, "x-client-id must be the client id that the token was issued to"),
        ("x_idempotency_key", KEY, "x-idempotency-key must be 1 to 64 visible ASCII characters"),
        ("x_on_behalf_of", None, "x-on-behalf-of must be the account_id of a connected account of yours"),
        ("content_type", "application/json", "Content-Type must be application/json"),
    ]
    for header, repaired, message in steps:
        _, answer = refused(CREATE, request(CREATE, body=body, **wrong))
        assert answer.get("message", answer.get("error")) == message
        wrong[header] = repaired
    assert refused(CREATE, request(CREATE, body=body, **wrong))[1]["message"] == "body is not valid JSON"
