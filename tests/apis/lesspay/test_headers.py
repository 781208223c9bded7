"""Who is asking, and the proof of it: headers, clock, signature and the form of the body."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from outlay.dialects.lesspay import DIALECT
from outlay.dialects.lesspay.signing import SignedBody, sign
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Credential,
    CredentialRequest,
    Verified,
)
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import (
    ACCOUNT,
    APP_ID,
    BALANCE,
    BANKS,
    BATCH,
    CREATE,
    CREDENTIAL,
    EVERY,
    NOW_MS,
    QUERY,
    SECRET,
    route_of,
    signed,
)
from tests.support import routes

FOREIGN_KEY = "-----BEGIN PUBLIC KEY-----"


def proved(request: Request) -> Verified[SignedBody] | Fault:
    return routes.proved(route_of(request.path), request, CREDENTIAL, NOW_MS, look_up=False)


@EVERY
def test_a_signed_request_is_proved(path: str) -> None:
    request = signed(path, {"request_id": "SP-1"})
    call = route_of(path).proof.identify(request)
    assert isinstance(call, Call)
    assert call.key_id == APP_ID
    assert call.if_unknown == Fault(401, 401, "invalid appid")
    assert isinstance(proved(request), Verified)


@EVERY
def test_no_nonce_is_asked_to_be_remembered_because_the_api_has_none(path: str) -> None:
    said = SignedBody({"request_id": "SP-1"}, "request_id=SP-1&key=")
    assert proved(signed(path, {"request_id": "SP-1"})) == Verified(said)


@EVERY
@pytest.mark.parametrize(
    ("header", "value", "message"),
    [
        ("x_auth_appid", None, "invalid appid"),
        ("x_auth_appid", "", "invalid appid"),
        ("x_auth_appid", "a" * 65, "invalid appid"),
        ("x_auth_appid", f"{APP_ID}, {APP_ID[::-1]}", "invalid appid"),
        ("x_auth_appid", "\x00" * 24, "invalid appid"),
        ("x_auth_timestamp", None, "invalid timestamp"),
        ("x_auth_timestamp", "", "invalid timestamp"),
        ("x_auth_timestamp", "1767600000", "invalid timestamp"),
        ("x_auth_timestamp", "1767600000123.0", "invalid timestamp"),
        ("x_auth_timestamp", "１７６７６００００１２３", "invalid timestamp"),
        ("x_auth_timestamp", "-767600000123", "invalid timestamp"),
        ("x_auth_signature", None, "invalid signature"),
        ("x_auth_signature", "", "invalid signature"),
        ("x_auth_signature", "AB", "invalid signature"),
        ("x_auth_signature", "A" * 64, "invalid signature"),
        ("x_auth_signature", "é" * 64, "invalid signature"),
    ],
)
def test_a_missing_or_bad_header_is_a_401(path: str, header: str, value: str | None, message: str) -> None:
    assert proved(signed(path, {"request_id": "SP-1"}, **{header: value})) == Fault(401, 401, message)


@EVERY
def test_a_lower_case_signature_is_refused(path: str) -> None:
    body = {"request_id": "SP-1"}
    good = signed(path, body).headers["x-auth-signature"]
    assert proved(signed(path, body, x_auth_signature=good.lower())) == Fault(401, 401, "invalid signature")


@EVERY
def test_a_signature_of_another_body_is_refused(path: str) -> None:
    other = signed(path, {"request_id": "SP-2"}).headers["x-auth-signature"]
    assert proved(signed(path, {"request_id": "SP-1"}, x_auth_signature=other)) == Fault(401, 401, "invalid signature")


def test_a_signature_with_another_secret_is_refused() -> None:
    theirs = sign("request_id=SP-1&key=", SECRET + "x")
    assert proved(signed(QUERY, {"request_id": "SP-1"}, x_auth_signature=theirs)) == Fault(
        401, 401, "invalid signature"
    )


OTHERS = [
    ("x-auth-appid", "0" * 24, "invalid appid"),
    ("x-auth-timestamp", str(NOW_MS + 1), "invalid timestamp"),
    ("x-auth-signature", "A" * 64, "invalid signature"),
    ("content-type", "application/json; charset=utf-8", "invalid content type"),
]


@EVERY
@pytest.mark.parametrize(("header", "other", "message"), OTHERS)
def test_two_values_of_one_header_are_a_401_before_anybody_is_looked_up(
    path: str, header: str, other: str, message: str
) -> None:
    """As the server joins them, in either order."""
    good = signed(path, {"request_id": "SP-1"})
    for both in (f"{good.headers[header]}, {other}", f"{other}, {good.headers[header]}"):
        twice = replace(good, headers=good.headers | {header: both})
        assert route_of(path).proof.identify(twice) == Fault(401, 401, message)


@EVERY
@pytest.mark.parametrize("drift_ms", [-300_000, 0, 300_000])
def test_a_timestamp_within_five_minutes_is_good(path: str, drift_ms: int) -> None:
    request = signed(path, {"request_id": "SP-1"}, x_auth_timestamp=str(NOW_MS + drift_ms))
    assert isinstance(proved(request), Verified)


@EVERY
@pytest.mark.parametrize("drift_ms", [-300_001, 300_001, -86_400_000, 86_400_000])
def test_a_stale_or_future_timestamp_is_a_401(path: str, drift_ms: int) -> None:
    request = signed(path, {"request_id": "SP-1"}, x_auth_timestamp=str(NOW_MS + drift_ms))
    assert proved(request) == Fault(401, 401, "invalid timestamp")


@EVERY
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"request_id":"a","request_id":"b"}',
        b'{"request_id":"\xff"}',
        b'{"amount":NaN}',
        b'{"amount":Infinity}',
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
    ids=["empty", "broken", "array", "text", "null", "twice", "not-utf8", "nan", "infinity", "deep", "levels"],
)
def test_a_body_that_is_no_json_object_is_a_400_before_the_signature_is_looked_at(path: str, raw: bytes) -> None:
    fault = proved(signed(path, raw, x_auth_signature="A" * 64))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (400, 400)


@EVERY
@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json; charset=latin-1"])
def test_another_content_type_is_a_400(path: str, content_type: str | None) -> None:
    fault = proved(signed(path, {"request_id": "SP-1"}, content_type=content_type))
    assert fault == Fault(400, 400, "Content-Type must be application/json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_the_content_type_of_the_vendors_demo_is_taken(content_type: str) -> None:
    assert isinstance(proved(signed(QUERY, {"request_id": "SP-1"}, content_type=content_type)), Verified)


@EVERY
@pytest.mark.parametrize(
    "raw",
    ['{"request_id":"a","@type":"java.lang.Class"}', '{"request_id":"a","x":{"$ref":"$"}}', '{"x":[{"$ref":""}]}'],
)
def test_a_key_that_the_vendors_parser_obeys_is_30000(path: str, raw: str) -> None:
    fault = proved(signed(path, raw, x_auth_signature="A" * 64))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30000)


def test_checks_come_in_the_documented_order() -> None:
    """Headers, then the clock, then the JSON object, then the signature: each fault hides the later ones."""
    stale = str(NOW_MS - 600_000)
    wrong = "A" * 64

    def message(body: str, **headers: str | None) -> str:
        fault = proved(signed(CREATE, body, **headers))
        assert isinstance(fault, Fault)
        return fault.message

    assert message("[]", x_auth_appid="", x_auth_timestamp="", x_auth_signature="") == "invalid appid"
    assert message("[]", x_auth_timestamp="", x_auth_signature="") == "invalid timestamp"
    assert message("[]", x_auth_timestamp=stale, x_auth_signature="", content_type="") == "invalid signature"
    assert "Content-Type" in message("[]", x_auth_timestamp=stale, x_auth_signature=wrong, content_type="")
    assert message("[]", x_auth_timestamp=stale, x_auth_signature=wrong) == "invalid timestamp"
    assert message("[]", x_auth_signature=wrong) == "body must be a JSON object"
    assert message('{"@type":1}', x_auth_timestamp=stale, x_auth_signature=wrong) == "invalid timestamp"
    assert message("{}", x_auth_timestamp=stale, x_auth_signature=wrong) == "invalid timestamp"
    assert message("{}", x_auth_signature=wrong) == "invalid signature"


def test_a_json_number_is_verified_as_it_was_written() -> None:
    request = signed(QUERY, '{"request_id":"SP-1","x":1.50,"y":1e3}')
    assert isinstance(proved(request), Verified)


def test_an_issued_credential_opens_and_proves_a_request() -> None:
    entropy = bytes(range(64))
    issued = DIALECT.issue_credential(CredentialRequest(ACCOUNT, entropy, NOW_MS))
    assert issued.key_id == entropy[:12].hex()
    assert set(issued.shown) == {"app_id", "app_secret"}
    assert issued.shown["app_id"] == issued.key_id
    secret = issued.shown["app_secret"]
    assert len(secret) >= 22
    assert secret.replace("-", "a").replace("_", "a").isalnum()
    opened = DIALECT.open_credential({name: Secret(text) for name, text in issued.sealed.items()})
    signature = sign("request_id=SP-1&key=", secret)
    request = signed(QUERY, {"request_id": "SP-1"}, x_auth_appid=issued.key_id, x_auth_signature=signature)
    credential = Credential(issued.key_id, ACCOUNT, 1, opened)
    assert isinstance(routes.proved(route_of(QUERY), request, credential, NOW_MS), Verified)
    assert secret not in repr(credential)


def test_two_credentials_share_neither_id_nor_secret() -> None:
    one = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x01" * 64, NOW_MS))
    two = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x02" * 64, NOW_MS))
    assert one.key_id != two.key_id
    assert one.shown["app_secret"] != two.shown["app_secret"]


def test_the_secret_does_not_tell_the_public_id() -> None:
    one = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x01" * 12 + b"\x07" * 52, NOW_MS))
    two = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x02" * 12 + b"\x07" * 52, NOW_MS))
    assert one.shown["app_secret"] == two.shown["app_secret"]
    assert one.key_id != two.key_id


@pytest.mark.parametrize("request_", [{"public_key_pem": FOREIGN_KEY, "entropy": bytes(64)}, {"entropy": bytes(20)}])
def test_a_credential_is_not_made_of_a_public_key_or_of_too_little_chance(request_: dict[str, Any]) -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(account=ACCOUNT, now_ms=NOW_MS, **request_))


def test_the_dialect_words_the_errors_of_its_prefix_and_serves_five_endpoints() -> None:
    assert DIALECT.name == "lesspay"
    assert DIALECT.prefixes == ("/api/global/",)
    served = {(route.method, route.path) for route in DIALECT.routes}
    assert served == {("POST", path) for path in (CREATE, BATCH, QUERY, BANKS, BALANCE)}
