"""Who is asking, and the proof of it: headers, clock, signature and the form of the body."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from outlay.dialects.lesspay import DIALECT
from outlay.dialects.lesspay.signing import SignedBody
from outlay.wire.dialect import (
    BadCredentialRequest,
    CredentialRequest,
    Verified,
)
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import (
    ACCOUNT,
    CREDENTIAL,
    EVERY,
    NOW_MS,
    route_of,
    signed,
)
from tests.support import routes
from tests.support.rows import each_row

FOREIGN_KEY = "-----BEGIN PUBLIC KEY-----"


def proved(request: Request) -> Verified[SignedBody] | Fault:
    return routes.proved(route_of(request.path), request, CREDENTIAL, NOW_MS, look_up=False)


OTHERS = [
    ("x-auth-appid", "0" * 24, "invalid appid"),
    ("x-auth-timestamp", str(NOW_MS + 1), "invalid timestamp"),
    ("x-auth-signature", "A" * 64, "invalid signature"),
    ("content-type", "application/json; charset=utf-8", "invalid content type"),
]


@EVERY
@each_row(("header", "other", "message"), OTHERS)
def test_two_values_of_one_header_are_a_401_before_anybody_is_looked_up(
    path: str, header: str, other: str, message: str
) -> None:
    """As the server joins them, in either order."""
    good = signed(path, {"request_id": "SP-1"})
    for both in (f"{good.headers[header]}, {other}", f"{other}, {good.headers[header]}"):
        twice = replace(good, headers=good.headers | {header: both})
        assert route_of(path).proof.identify(twice) == Fault(401, 401, message)


@EVERY
@each_row(
    "raw",
    ['{"request_id":"a","@type":"java.lang.Class"}', '{"request_id":"a","x":{"$ref":"$"}}', '{"x":[{"$ref":""}]}'],
)
def test_a_key_that_the_vendors_parser_obeys_is_30000(path: str, raw: str) -> None:
    fault = proved(signed(path, raw, x_auth_signature="A" * 64))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30000)


def test_the_secret_does_not_tell_the_public_id() -> None:
    one = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x01" * 12 + b"\x07" * 52, NOW_MS))
    two = DIALECT.issue_credential(CredentialRequest(ACCOUNT, b"\x02" * 12 + b"\x07" * 52, NOW_MS))
    assert one.shown["app_secret"] == two.shown["app_secret"]
    assert one.key_id != two.key_id


@pytest.mark.parametrize("request_", [{"public_key_pem": FOREIGN_KEY, "entropy": bytes(64)}, {"entropy": bytes(20)}])
def test_a_credential_is_not_made_of_a_public_key_or_of_too_little_chance(request_: dict[str, Any]) -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(account=ACCOUNT, now_ms=NOW_MS, **request_))
