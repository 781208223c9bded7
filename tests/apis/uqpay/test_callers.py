"""Who may call uqpay's endpoints: credentials, tokens, and every header that is not about the content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from outlay.core.account import short_id
from outlay.core.asks import Greet
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.dialects.uqpay.callers import Keyed
from outlay.wire.dialect import BadCredentialRequest, Call, CredentialRequest, Verified
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    ACCOUNT,
    BALANCES,
    CREATE,
    CREDENTIAL,
    ISSUED,
    KEY,
    NOW_MS,
    READS,
    SUB_ACCOUNT,
    TOKEN,
    WITH_TOKEN,
    WRITES,
    asked,
    code_of,
    issued,
    refused,
    request,
    route,
    shown,
    token,
    verified,
    written,
)
from tests.apis.uqpay.tokens import token_of
from tests.support.routes import proved

SHORT_SUB_ACCOUNT = short_id(UUID(SUB_ACCOUNT))
MALFORMED_TOKEN = (
    401,
    {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"},
)
EXPIRED_TOKEN = (401, {"error": "token has expired"})


def check_proved(path: str, sent: Request, on_behalf_of: UUID | str | None = None) -> None:
    """The caller is known, and what they said is handed on: under its key, where there must be one."""
    said = Keyed(sent, sent.headers["x-idempotency-key"]) if path in WRITES else sent
    assert verified(path, sent) == Verified(said, on_behalf_of=on_behalf_of)


# -- credentials and tokens -------------------------------------------------------------------------------------------


def test_a_new_credential_shows_what_the_official_client_needs() -> None:
    assert set(ISSUED.shown) == {"client_id", "api_key", "webhook_secret", "account_id"}
    assert ISSUED.shown["client_id"] == ISSUED.key_id
    assert ISSUED.shown["account_id"] == str(ACCOUNT.account_id)
    assert set(ISSUED.sealed) == {"api_key", "webhook_secret"}


def test_two_credentials_share_no_text() -> None:
    other = issued(bytes(range(64, 128)))
    mine = {ISSUED.shown[name] for name in ("client_id", "api_key", "webhook_secret")}
    assert mine.isdisjoint(other.shown.values())


def test_an_opened_credential_never_shows_its_secrets() -> None:
    text = repr(CREDENTIAL)
    assert ISSUED.shown["api_key"] not in text
    assert ISSUED.shown["webhook_secret"] not in text


def test_a_credential_takes_no_public_key_and_enough_entropy() -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(64), NOW_MS, "-----BEGIN PUBLIC KEY-----"))
    with pytest.raises(BadCredentialRequest):
        issued(bytes(32))


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_token_call_gives_a_token_that_the_other_endpoints_accept(body: bytes) -> None:
    found = asked(TOKEN, request(TOKEN, body=body, content_type="application/json"))
    assert found.ask == Greet()
    status, answer = written(TOKEN, None, found)
    assert status == 200
    assert list(answer) == ["auth_token", "expired_at"]
    assert answer["expired_at"] == NOW_MS // 1000 + 1800
    for path in WITH_TOKEN:
        check_proved(path, request(path, x_auth_token=f"Bearer {answer['auth_token']}"))


@pytest.mark.parametrize("api_key", [None, "", "wrong", "ключ", ISSUED.shown["api_key"].upper(), "\udcff"])
def test_a_wrong_api_key_is_told_in_the_gateway_form(api_key: str | None) -> None:
    assert refused(TOKEN, request(TOKEN, x_api_key=api_key)) == (401, {"error": "invalid api key"})


@pytest.mark.parametrize("client_id", [None, "", "a b", "a\x00b", "ключ", "x" * 129])
def test_a_token_call_without_a_usable_client_id_is_told_like_an_unknown_one(client_id: str | None) -> None:
    call = route(TOKEN).proof.identify(request(TOKEN))
    assert isinstance(call, Call)
    unknown = shown(DIALECT.write_fault(call.if_unknown, NOW_MS, bytes(16)))
    assert unknown == (400, {"error": "Invalid client id"})
    sent = request(TOKEN, x_client_id=client_id)
    assert isinstance(route(TOKEN).proof.identify(sent), Fault)
    assert refused(TOKEN, sent) == unknown


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "bearer", "Bearer ", "Bearer  {0}", "Bearer {0} ", " {0}", "Basic {0}", "Bearer{0} {0}"],
)
def test_a_missing_or_malformed_token_header_is_told_as_such(path: str, header: str | None) -> None:
    text = None if header is None else header.format(token())
    assert refused(path, request(path, x_auth_token=text)) == MALFORMED_TOKEN


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize("header", ["{0}", "Bearer {0}", "bearer {0}", "BEARER {0}", "bEaReR {0}"])
def test_a_token_is_good_bare_and_after_bearer_in_any_case(path: str, header: str) -> None:
    check_proved(path, request(path, x_auth_token=header.format(token())))
    assert refused(path, request(path, x_auth_token=header.format(token(-1)))) == EXPIRED_TOKEN


@pytest.mark.parametrize("path", WITH_TOKEN)
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


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_token_that_ran_out_is_told_in_the_words_on_which_clients_refresh(path: str) -> None:
    assert refused(path, request(path, x_auth_token=f"Bearer {token(-1)}")) == EXPIRED_TOKEN
    check_proved(path, request(path, x_auth_token=f"Bearer {token(60)}"))


def test_a_token_dies_after_its_thirty_minutes() -> None:
    sent = request(BALANCES)
    assert proved(route(BALANCES), sent, CREDENTIAL, NOW_MS + 1_799_000) == Verified(sent)
    dead = proved(route(BALANCES), sent, CREDENTIAL, NOW_MS + 1_801_000)
    assert isinstance(dead, Fault)
    assert dead.message == "token has expired"


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_forged_token_is_told_like_an_expired_one(path: str) -> None:
    forged = token_of(ISSUED.key_id, "another key", NOW_MS // 1000 + 1800, bytes(16))
    assert refused(path, request(path, x_auth_token=f"Bearer {forged}")) == EXPIRED_TOKEN


@pytest.mark.parametrize("nonsense", ["x", "a.b.c", "....", "A" * 5000, "uqtok_5Q2m0d8vJcT3rYkL1nWbXz7HsEaF9PgU"])
def test_a_token_that_is_none_of_ours_is_told_like_an_expired_one(nonsense: str) -> None:
    assert refused(BALANCES, request(BALANCES, x_auth_token=f"Bearer {nonsense}")) == EXPIRED_TOKEN


@pytest.mark.parametrize("client_id", ["a\x00b", "a b", "ключ"])
def test_a_token_may_not_claim_a_client_id_that_cannot_be_looked_up(client_id: str) -> None:
    forged = token_of(client_id, "any key", NOW_MS // 1000 + 1800, bytes(16))
    assert refused(BALANCES, request(BALANCES, x_auth_token=f"Bearer {forged}")) == EXPIRED_TOKEN
    assert isinstance(route(BALANCES).proof.identify(request(BALANCES, x_auth_token=f"Bearer {forged}")), Fault)


def test_a_token_of_a_credential_that_is_gone_is_told_like_an_expired_one() -> None:
    call = route(BALANCES).proof.identify(request(BALANCES))
    assert isinstance(call, Call)
    assert shown(DIALECT.write_fault(call.if_unknown, NOW_MS, bytes(16))) == EXPIRED_TOKEN


# -- the other headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_client_id_may_be_sent_if_it_is_the_tokens(path: str) -> None:
    for own in (ISSUED.key_id, "", None):
        check_proved(path, request(path, x_client_id=own))
    foreign = refused(path, request(path, x_client_id="somebody"))
    assert code_of(foreign) == (400, "invalid_request_error", "invalid_parameter")
    assert "x-client-id" in foreign[1]["message"]


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize("key", ["", "a b", "k" * 65, "schlüssel", "１２３", "tab\there"])
def test_a_key_of_the_wrong_form_is_refused_on_every_method(path: str, key: str) -> None:
    assert code_of(refused(path, request(path, x_idempotency_key=key))) == (
        400,
        "idempotency_error",
        "invalid_key_format",
    )


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize("key", ["k", "k" * 64, "~!{}\"'", KEY])
def test_a_key_of_the_right_form_is_accepted_on_every_method(path: str, key: str) -> None:
    check_proved(path, request(path, x_idempotency_key=key))


def test_a_key_is_required_on_post_only() -> None:
    for path in WRITES:
        missing = refused(path, request(path, x_idempotency_key=None))
        assert code_of(missing) == (400, "invalid_request_error", "missing_parameter")
        assert "x-idempotency-key" in missing[1]["message"]
    for path in READS:
        check_proved(path, request(path, x_idempotency_key=None))


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_the_account_addressed_is_handed_on(path: str) -> None:
    check_proved(path, request(path, x_on_behalf_of=""))
    for spelling in (SUB_ACCOUNT, SUB_ACCOUNT.upper()):
        check_proved(path, request(path, x_on_behalf_of=spelling), UUID(SUB_ACCOUNT))
    for spelling in (SHORT_SUB_ACCOUNT, SHORT_SUB_ACCOUNT.lower()):
        check_proved(path, request(path, x_on_behalf_of=spelling), spelling)
    own = short_id(ACCOUNT.account_id)
    for spelling in (own, own.lower(), str(ACCOUNT.account_id)):
        check_proved(path, request(path, x_on_behalf_of=spelling), ACCOUNT.account_id)


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize(
    "account",
    [
        *("x", " ", SUB_ACCOUNT[:-1], f"{{{SUB_ACCOUNT}}}", SUB_ACCOUNT.replace("-", ""), f"urn:uuid:{SUB_ACCOUNT}"),
        *(SHORT_SUB_ACCOUNT[:-1], SHORT_SUB_ACCOUNT + "0", SHORT_SUB_ACCOUNT[1:], "B" + SHORT_SUB_ACCOUNT[1:]),
    ],
)
def test_an_account_that_cannot_exist_is_told_like_a_foreign_one(path: str, account: str) -> None:
    answer = refused(path, request(path, x_on_behalf_of=account))
    assert code_of(answer) == (400, "account_error", "sub_account_not_found")
    assert answer == written(path, Refusal.ACCOUNT_NOT_FOUND)


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
