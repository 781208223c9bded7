"""Bad input over real HTTP, in every API and at every endpoint: the documented error, no trace, no secret in the log.

What is demanded of each of them stands in tests.e2e.scene. The faults of fields are in test_bad_fields; which fault
wins over which, in test_bad_twice.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.software import as_bytes, now_ms
from tests.apis.uqpay.tokens import token_of
from tests.e2e.limits import longest_body
from tests.e2e.raw_http import Call, exchange, send
from tests.e2e.scene import GOOD, Refused, Scene, hidden_in, is_accepted

pytestmark = pytest.mark.slow

Fault = Callable[[Scene, Call], Call]
MINUTE_MS = 60_000
POSTS = [name for name in GOOD if GOOD[name].__name__.endswith(("create", "update", "query", "teemopay_balance"))]
READS_BODY = POSTS
UNAUTHORIZED = Refused(401, ("unauthorized_error", "unauthorized_error"), "invalid auth token format")
TOKEN_EXPIRED = Refused(401, "token has expired")
NO_ACCOUNT = Refused(400, ("account_error", "sub_account_not_found"))


def api_of(endpoint: str) -> str:
    return endpoint.partition("-")[0]


@pytest.mark.parametrize("endpoint", GOOD)
def test_without_a_fault_each_of_these_requests_is_accepted(scene: Scene, endpoint: str) -> None:
    call, size = GOOD[endpoint](scene), scene.observer.log_size()
    assert is_accepted(endpoint, send(scene.outlay.base_url, call))
    scene.settle()
    said = scene.observer.log_since(size)
    assert not [secret for secret in scene.hidden | hidden_in(call) if secret in said]


# -- what is no readable request ------------------------------------------------------------------------------------

MALFORMED = {"lesspay": Refused(400, 400), "teemopay": Refused(400, 414)}
UNREADABLE = {**MALFORMED, "uqpay": Refused(400, ("invalid_request_error", "invalid_parameter"))}


def replaced(body: bytes) -> Fault:
    return lambda scene, call: call.but(body=body)


def edited(edit: Callable[[bytes], bytes]) -> Fault:
    return lambda scene, call: call.but(body=edit(call.body))


def content_type(value: str | None) -> Fault:
    def fault(scene: Scene, call: Call) -> Call:
        kept = {name: each for name, each in call.headers.items() if name.lower() != "content-type"}
        return call.but(headers=kept if value is None else {**kept, "content-type": value})

    return fault


def with_member(member: bytes) -> Fault:
    """One more member in front of the body's own."""
    return edited(lambda body: b"{" + member + (b"," if body != b"{}" else b"") + body[1:])


UNREADABLE_BODIES: Mapping[str, Fault] = {
    "nothing": replaced(b""),
    "no JSON": replaced(b"amount=1.00&currency=BRL"),
    "JSON cut off": edited(lambda body: body[:-1]),
    "two documents": edited(lambda body: body + body),
    "something behind it": edited(lambda body: body + b"]"),
    "two byte order marks": edited(lambda body: b"\xef\xbb\xbf\xef\xbb\xbf" + body),
    "a byte order mark behind it": edited(lambda body: body + b"\xef\xbb\xbf"),
    "a comma too many": edited(lambda body: body[:-1] + b",}"),
    "single quotes": edited(lambda body: body.replace(b'"', b"'") + b"'"),
    "an array": edited(lambda body: b"[" + body + b"]"),
    "a string": replaced(b'"order"'),
    "a number": replaced(b"1"),
    "null": replaced(b"null"),
    "NaN": with_member(b'"extra":NaN'),
    "minus infinity": with_member(b'"extra":-Infinity'),
    "a repeated key": with_member(b'"extra":"1","extra":"2"'),
    "a repeated key, escaped": with_member(b'"extra":"1","\\u0065xtra":"2"'),
    "a repeated key in an object": with_member(b'"extra":{"a":1,"a":1}'),
    "not UTF-8": with_member(b'"extra":"S\xe3o Paulo"'),
    "a surrogate as bytes": with_member(b'"extra":"\xed\xa0\x80"'),
    "an overlong form": with_member(b'"extra":"\xc0\x80"'),
    "UTF-16": edited(lambda body: body.decode().encode("utf-16")),
    "a raw control character": with_member(b'"extra":"a\x00b"'),
    "a raw line break": with_member(b'"extra":"a\nb"'),
    "40 levels": with_member(b'"extra":' + b"[" * 40 + b"]" * 40),
    "5,000 levels": with_member(b'"extra":' + b"[" * 5_000 + b"]" * 5_000),
    "2,000 levels of objects": with_member(b'"extra":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000),
    "10,000 levels, never closed": with_member(b'"extra":' + b"[" * 10_000),
    "2,000 values": with_member(b'"extra":[' + b"0," * 1_999 + b"0]"),
    "no content type": content_type(None),
    "plain text": content_type("text/plain"),
    "a form": content_type("application/x-www-form-urlencoded"),
    "another charset": content_type("application/json; charset=utf-16"),
    "JSON lines": content_type("application/jsonl"),
}


@pytest.mark.parametrize("fault", UNREADABLE_BODIES)
@pytest.mark.parametrize("endpoint", READS_BODY)
def test_a_body_that_is_not_one_json_object_is_refused(scene: Scene, endpoint: str, fault: str) -> None:
    bad = UNREADABLE_BODIES[fault](scene, GOOD[endpoint](scene))
    scene.refuse(api_of(endpoint), bad, UNREADABLE[api_of(endpoint)])


TOO_LARGE = {"lesspay": Refused(413, 413), "teemopay": Refused(413, 414), "uqpay": Refused(413, 413)}


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "in chunks"])
@pytest.mark.parametrize("endpoint", GOOD)
def test_a_body_over_the_limit_of_its_route_is_refused_however_it_comes(
    scene: Scene, endpoint: str, chunked: bool
) -> None:
    call = GOOD[endpoint](scene)
    for size in (longest_body(call) + 1, 3 * 1_048_576):
        padded = (call.body or b"{}").ljust(size)  # spaces are good JSON, so nothing but the size is wrong
        scene.refuse(api_of(endpoint), call.but(body=padded, chunked=chunked), TOO_LARGE[api_of(endpoint)])


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "in chunks"])
@pytest.mark.parametrize("endpoint", ["lesspay-query", "teemopay-balance", "uqpay-token"])
def test_a_body_of_exactly_the_limit_is_read(scene: Scene, endpoint: str, chunked: bool) -> None:
    call = GOOD[endpoint](scene)
    padded = call.but(body=call.body.ljust(longest_body(call)), chunked=chunked)
    assert is_accepted(endpoint, send(scene.outlay.base_url, padded))


NOT_FOUND = {"lesspay": Refused(404, 404), "teemopay": Refused(404, 414), "uqpay": Refused(404, 404)}
WRONG_METHOD = {"lesspay": Refused(405, 405), "teemopay": Refused(405, 414), "uqpay": Refused(405, 405)}


@pytest.mark.parametrize("endpoint", GOOD)
def test_a_wrong_method_is_refused_at_every_path(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    served = {each.method for each in (good(scene) for good in GOOD.values()) if each.target == call.target}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - served:
        scene.refuse(api_of(endpoint), call.but(method=method), WRONG_METHOD[api_of(endpoint)])


UNKNOWN_PATHS = {
    "lesspay": (
        "/api/global/",
        "/api/global/payout/batch",
        "/api/global/payout/query/",
        "/api/global/v1/pay/query-order",
    ),
    "teemopay": ("/api/pay/", "/api/pay/payout/query/v2", "/api/pay/payout/query/v1/", "/api/pay/payment/create/v1"),
    "uqpay": ("/api/v1/", "/api/v1/payouts", "/api/v2/payment/payout/", "/api/v2/payment/payout/PO1/x", "/api/v2/%00"),
}
ODD_PATHS = ("%00", "a%0a%1b%5b31mb", "%ff", "%ed%a0%80", "..%2f..%2fetc", "a" * 30_000)


@pytest.mark.parametrize("api", UNKNOWN_PATHS)
def test_an_unknown_path_is_told_in_the_words_of_its_api(scene: Scene, api: str) -> None:
    call = GOOD[f"{api}-create"](scene)
    # Not a path under which the next segment could be a payout_id.
    served = call.target.replace("/v2/payment/payout/create", "/v1/connect/token")
    for path in [*UNKNOWN_PATHS[api], *(served + odd for odd in ODD_PATHS)]:
        scene.refuse(api, call.but(target=path), NOT_FOUND[api])


@pytest.mark.parametrize("api", UNKNOWN_PATHS)
def test_a_slash_that_is_escaped_is_no_border_in_a_path(scene: Scene, api: str) -> None:
    call = GOOD[f"{api}-create"](scene)
    _, first, *middle, last = call.target.split("/")
    for slash in ("%2f", "%2F"):
        scene.refuse(api, call.but(target="/".join(["", first, *middle]) + slash + last), NOT_FOUND[api])
        outside = send(scene.outlay.base_url, call.but(target="/" + slash.join([first, *middle, last])))
        assert (outside.status, list(outside.json())) == (404, ["error"])


def test_a_path_outside_of_every_api_is_not_found(scene: Scene) -> None:
    for target in (
        "/",
        "/api",
        "/api/",
        "/nothing",
        "/health/x",
        "/api/global",
        "/API/global/payout/query",
        "//api/pay/",
    ):
        answer = send(scene.outlay.base_url, GOOD["lesspay-query"](scene).but(target=target))
        assert (answer.status, list(answer.json())) == (404, ["error"])


_QUERY = b"POST /api/pay/payout/query/v1 HTTP/1.1\r\nhost: a\r\n"
NOT_HTTP = {
    "NUL in the path": b"POST /api/pay/\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
    "a path that is not ASCII": b"POST /api/pay/\xff HTTP/1.1\r\nhost: a\r\n\r\n",
    "no path": b"POST api HTTP/1.1\r\nhost: a\r\n\r\n",
    "a method of coffee pots": b"BREW /api/pay/payout/query/v1 HTTP/1.1\r\nhost: a\r\n\r\n",
    "NUL in a header": _QUERY + b"app_code: a\x00b\r\ncontent-length: 0\r\n\r\n",
    "no colon": _QUERY + b"no colon\r\n\r\n",
    "a negative length": _QUERY + b"content-length: -1\r\n\r\n",
    "two lengths": _QUERY + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a length and chunks": _QUERY + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": _QUERY + b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("raw", NOT_HTTP)
def test_what_is_not_http_is_refused_without_harm(scene: Scene, raw: str) -> None:
    assert exchange(scene.outlay.base_url, NOT_HTTP[raw]).status == 400
    assert scene.changes() == {}
    assert is_accepted("lesspay-query", send(scene.outlay.base_url, GOOD["lesspay-query"](scene)))


# -- who is calling -------------------------------------------------------------------------------------------------


def header(name: str, value: str | bytes | None) -> Fault:
    return lambda scene, call: call.headed({name: value})


def timed(name: str, offset_ms: int) -> Fault:
    return lambda scene, call: call.headed({name: str(now_ms() + offset_ms)})


APPID, TIME, SIGNATURE = "x-auth-appid", "X-Auth-Timestamp", "x-auth-signature"
INVALID_APPID = Refused(401, 401, "invalid appid")
INVALID_TIME = Refused(401, 401, "invalid timestamp")
INVALID_SIGNATURE = Refused(401, 401, "invalid signature")


def lesspay_signed_by_another(scene: Scene, call: Call) -> Call:
    other = scene.stranger.lesspay.call(call.target, call.body)
    return call.headed({SIGNATURE: other.headers[SIGNATURE]})


def signature_in_lower_case(scene: Scene, call: Call) -> Call:
    return call.headed({SIGNATURE: str(call.headers[SIGNATURE]).lower()})


LESSPAY_CALLERS: Mapping[str, tuple[Fault, Refused]] = {
    "no appid": (header(APPID, None), INVALID_APPID),
    "empty appid": (header(APPID, ""), INVALID_APPID),
    "unknown appid": (header(APPID, "0" * 24), INVALID_APPID),
    "appid in capitals": (lambda scene, call: call.headed({APPID: "A" * 24}), INVALID_APPID),
    "appid of 20,000 characters": (header(APPID, "a" * 20_000), INVALID_APPID),
    "appid that is not ASCII": (header(APPID, "é".encode() * 12), INVALID_APPID),
    "another API's key": (
        lambda scene, call: call.headed({APPID: scene.merchant.uqpay.client_id}),
        INVALID_APPID,
    ),
    "a stranger's appid": (
        lambda scene, call: call.headed({APPID: scene.stranger.lesspay.app_id}),
        INVALID_SIGNATURE,
    ),
    "no time": (header(TIME, None), INVALID_TIME),
    "empty time": (header(TIME, ""), INVALID_TIME),
    "time in seconds": (header(TIME, "1767600000"), INVALID_TIME),
    "time in full-width digits": (header(TIME, "１７６７６０００００１２３".encode()), INVALID_TIME),
    "negative time": (header(TIME, "-767600000123"), INVALID_TIME),
    "stale time": (timed(TIME, -6 * MINUTE_MS), INVALID_TIME),
    "future time": (timed(TIME, 6 * MINUTE_MS), INVALID_TIME),
    "no signature": (header(SIGNATURE, None), INVALID_SIGNATURE),
    "empty signature": (header(SIGNATURE, ""), INVALID_SIGNATURE),
    "wrong signature": (header(SIGNATURE, "0" * 64), INVALID_SIGNATURE),
    "signature in lower case": (signature_in_lower_case, INVALID_SIGNATURE),
    "signature that is not ASCII": (header(SIGNATURE, b"\xff" * 64), INVALID_SIGNATURE),
    "somebody else's signature": (lesspay_signed_by_another, INVALID_SIGNATURE),
    "changed after signing": (with_member(b'"description":"changed"'), INVALID_SIGNATURE),
}


@pytest.mark.parametrize("fault", LESSPAY_CALLERS)
@pytest.mark.parametrize("endpoint", ["lesspay-create", "lesspay-query"])
def test_lesspay_refuses_a_caller_that_does_not_prove_itself(scene: Scene, endpoint: str, fault: str) -> None:
    spoil, refused = LESSPAY_CALLERS[fault]
    scene.refuse("lesspay", spoil(scene, GOOD[endpoint](scene)), refused)


def test_lesspay_takes_a_clock_that_is_almost_five_minutes_off(scene: Scene) -> None:
    for offset_ms in (-4.5 * MINUTE_MS, 4.5 * MINUTE_MS):
        call = timed(TIME, int(offset_ms))(scene, GOOD["lesspay-query"](scene))
        assert is_accepted("lesspay-query", send(scene.outlay.base_url, call))


NO_APPLICATION = Refused(200, 416, "Application not found")
BAD_SIGN = Refused(200, 414, "sign verification failed")
SIGN_MISSING = Refused(200, 414, "sign is required")
EXPIRED = Refused(200, 414, "timestamp expired")
TIME_MALFORMED = Refused(200, 414, "timestamp must be Unix milliseconds, 13 digits")
NONCE_INVALID = Refused(200, 414, "nonce invalid")
NONCE_REPEATED = Refused(200, 414, "nonce repeated")


def sign_is(value: Any) -> Fault:
    def fault(scene: Scene, call: Call) -> Call:
        return call.but(body=as_bytes({**json.loads(call.body), "sign": value}))

    return fault


def signed_by_another(scene: Scene, call: Call) -> Call:
    body = json.loads(call.body)
    del body["sign"]
    other = scene.stranger.teemopay.call(call.target, body, nonce=str(call.headers["nonce"]))
    return call.but(body=other.body)


def with_nonce(nonce: str) -> Fault:
    """Well signed over a nonce of another form."""

    def fault(scene: Scene, call: Call) -> Call:
        body = json.loads(call.body)
        del body["sign"]
        return scene.merchant.teemopay.call(call.target, body, nonce=nonce)

    return fault


def used_nonce(scene: Scene, call: Call) -> Call:
    asked = GOOD["teemopay-query"](scene)
    assert is_accepted("teemopay-query", send(scene.outlay.base_url, asked))
    return with_nonce(str(asked.headers["nonce"]))(scene, call)


def sent_before(scene: Scene, call: Call) -> Call:
    """The same bytes once more. Of a create the first is a query's, so that nothing is ordered here."""
    if call.target == scene.merchant.teemopay.CREATE:
        return used_nonce(scene, call)
    assert send(scene.outlay.base_url, call).json()["code"] == 200
    return call


TEEMOPAY_CALLERS: Mapping[str, tuple[Fault, Refused]] = {
    "no app_code": (header("app_code", None), NO_APPLICATION),
    "empty app_code": (header("app_code", ""), NO_APPLICATION),
    "unknown app_code": (header("app_code", "A2404010004BR001"), NO_APPLICATION),
    "malformed app_code": (header("app_code", "' or 1=1 --"), NO_APPLICATION),
    "app_code of 20,000 characters": (header("app_code", "A1BR1" * 4_000), NO_APPLICATION),
    "app_code that is not ASCII": (header("app_code", b"A\xff\xfeBR1"), NO_APPLICATION),
    "a stranger's app_code": (
        lambda scene, call: call.headed({"app_code": scene.stranger.teemopay.app_code}),
        BAD_SIGN,
    ),
    "no country": (header("country", None), Refused(200, 414, "country is required")),
    "another country": (header("country", "MX"), Refused(200, 414, "country mismatch")),
    "country in small letters": (header("country", "br"), Refused(200, 414, "country mismatch")),
    "no nonce": (header("nonce", None), Refused(200, 414, "nonce is required")),
    "nonce of 31": (with_nonce("n" * 31), NONCE_INVALID),
    "nonce of 33": (with_nonce("n" * 33), NONCE_INVALID),
    "nonce with a space": (with_nonce("n" * 15 + " " + "n" * 16), NONCE_INVALID),
    "nonce used before": (used_nonce, NONCE_REPEATED),
    "sent before": (sent_before, NONCE_REPEATED),
    "another nonce than the signed one": (header("nonce", "n" * 32), BAD_SIGN),
    "no time": (header("timestamp", None), Refused(200, 414, "timestamp is required")),
    "time in seconds": (header("timestamp", "1767600000"), TIME_MALFORMED),
    "time in full-width digits": (header("timestamp", "１７６７６０００００１２３".encode()), TIME_MALFORMED),
    "stale time": (timed("timestamp", -MINUTE_MS), EXPIRED),
    "future time": (timed("timestamp", MINUTE_MS), EXPIRED),
    "no sign": (lambda scene, call: call.but(body=b"{}"), SIGN_MISSING),
    "empty sign": (sign_is(""), SIGN_MISSING),
    "sign null": (sign_is(None), SIGN_MISSING),
    "sign is a number": (sign_is(5), BAD_SIGN),
    "sign is an object": (sign_is({"a": "b"}), BAD_SIGN),
    "wrong sign": (sign_is(b64encode(b"\x01" * 128).decode()), BAD_SIGN),
    "sign is no base64": (sign_is("%" * 172), BAD_SIGN),
    "sign that is not ASCII": (sign_is("é" * 172), BAD_SIGN),
    "sign of 10,000 characters": (sign_is("A" * 10_000), BAD_SIGN),
    "somebody else's sign": (signed_by_another, BAD_SIGN),
    "changed after signing": (with_member(b'"extra":"1"'), BAD_SIGN),
}  # fmt: skip


@pytest.mark.parametrize("fault", TEEMOPAY_CALLERS)
@pytest.mark.parametrize("endpoint", ["teemopay-create", "teemopay-query", "teemopay-balance"])
def test_teemopay_refuses_a_caller_that_does_not_prove_itself(scene: Scene, endpoint: str, fault: str) -> None:
    spoil, refused = TEEMOPAY_CALLERS[fault]
    scene.refuse("teemopay", spoil(scene, GOOD[endpoint](scene)), refused)


def test_teemopay_takes_a_clock_that_is_almost_half_a_minute_off(scene: Scene) -> None:
    for offset_ms in (-20_000, 25_000):
        call = timed("timestamp", offset_ms)(scene, GOOD["teemopay-query"](scene))
        assert is_accepted("teemopay-query", send(scene.outlay.base_url, call))


def token(make: Callable[[Scene], str | bytes]) -> Fault:
    return lambda scene, call: call.headed({"x-auth-token": make(scene)})


def forged(scene: Scene) -> str:
    good = scene.merchant.uqpay.token
    return f"Bearer {good[:-2]}{'AA' if good[-2:] != 'AA' else 'BA'}"


def expired(scene: Scene) -> str:
    speaker = scene.merchant.uqpay
    return f"Bearer {token_of(speaker.client_id, speaker.api_key, int(time.time()) - 1)}"


def named_after_nobody(scene: Scene) -> str:
    return f"Bearer {token_of('nobody', 'uqkey_nobody', int(time.time()) + 900)}"


def named_after_nonsense(scene: Scene) -> str:
    return f"Bearer {token_of(chr(0) + 'a', 'uqkey_nobody', int(time.time()) + 900)}"


UQPAY_CALLERS: Mapping[str, tuple[Fault, Refused]] = {
    "no token": (header("x-auth-token", None), UNAUTHORIZED),
    "empty token": (header("x-auth-token", ""), UNAUTHORIZED),
    "bearer alone": (token(lambda scene: "Bearer"), UNAUTHORIZED),
    "another scheme": (token(lambda scene: f"Basic {scene.merchant.uqpay.token}"), UNAUTHORIZED),
    "two spaces": (token(lambda scene: f"Bearer  {scene.merchant.uqpay.token}"), UNAUTHORIZED),
    "two tokens": (token(lambda scene: f"Bearer {scene.merchant.uqpay.token} x"), UNAUTHORIZED),
    "token that is not ASCII": (token(lambda scene: b"Bearer \xff\xfe"), UNAUTHORIZED),
    "some token": (token(lambda scene: "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc"), TOKEN_EXPIRED),
    "token of 20,000 characters": (token(lambda scene: "Bearer uqtok_" + "A" * 20_000), TOKEN_EXPIRED),
    "forged token": (token(forged), TOKEN_EXPIRED),
    "expired token": (token(expired), TOKEN_EXPIRED),
    "token of nobody": (token(named_after_nobody), TOKEN_EXPIRED),
    "token with NUL in the name": (token(named_after_nonsense), TOKEN_EXPIRED),
    "a stranger's client id": (
        lambda scene, call: call.headed({"x-client-id": scene.stranger.uqpay.client_id}),
        Refused(400, ("invalid_request_error", "invalid_parameter")),
    ),
    "key of 65": (
        header("x-idempotency-key", "k" * 65),
        Refused(400, ("idempotency_error", "invalid_key_format")),
    ),
    "empty key": (header("x-idempotency-key", ""), Refused(400, ("idempotency_error", "invalid_key_format"))),
    "key with a space": (
        header("x-idempotency-key", "a b"),
        Refused(400, ("idempotency_error", "invalid_key_format")),
    ),
    "key that is not ASCII": (
        header("x-idempotency-key", "é".encode()),
        Refused(400, ("idempotency_error", "invalid_key_format")),
    ),
    "on behalf of a stranger": (
        lambda scene, call: call.headed({"x-on-behalf-of": scene.stranger.account_id}),
        NO_ACCOUNT,
    ),
    "on behalf of nobody": (header("x-on-behalf-of", str(uuid4())), NO_ACCOUNT),
    "on behalf of no UUID": (header("x-on-behalf-of", "{00000000}"), NO_ACCOUNT),
    "on behalf of what is not ASCII": (header("x-on-behalf-of", b"\xff" * 36), NO_ACCOUNT),
}
UQPAY_SIGNED_IN = [name for name in GOOD if name.startswith("uqpay-") and name != "uqpay-token"]


@pytest.mark.parametrize("fault", UQPAY_CALLERS)
@pytest.mark.parametrize("endpoint", UQPAY_SIGNED_IN)
def test_uqpay_refuses_a_caller_that_does_not_prove_itself(scene: Scene, endpoint: str, fault: str) -> None:
    spoil, refused = UQPAY_CALLERS[fault]
    scene.refuse("uqpay", spoil(scene, GOOD[endpoint](scene)), refused)


def test_uqpay_demands_a_key_for_an_order(scene: Scene) -> None:
    call = GOOD["uqpay-create"](scene).headed({"x-idempotency-key": None})
    scene.refuse("uqpay", call, Refused(400, ("invalid_request_error", "missing_parameter")))


NO_CLIENT = Refused(400, "Invalid client id")
WRONG_KEY = Refused(401, "invalid api key")
TOKEN_CALLERS: Mapping[str, tuple[Fault, Refused]] = {
    "no client id": (header("x-client-id", None), NO_CLIENT),
    "unknown client id": (header("x-client-id", "0" * 24), NO_CLIENT),
    "client id that is not ASCII": (header("x-client-id", b"\xff" * 24), NO_CLIENT),
    "client id of 20,000 characters": (header("x-client-id", "a" * 20_000), NO_CLIENT),
    "another API's key": (lambda scene, call: call.headed({"x-client-id": scene.merchant.lesspay.app_id}), NO_CLIENT),
    "no api key": (header("x-api-key", None), WRONG_KEY),
    "wrong api key": (header("x-api-key", "uqkey_" + "A" * 43), WRONG_KEY),
    "api key that is not ASCII": (header("x-api-key", b"\xff" * 49), WRONG_KEY),
    "a stranger's api key": (lambda scene, call: call.headed({"x-api-key": scene.stranger.uqpay.api_key}), WRONG_KEY),
    "the webhook secret": (
        lambda scene, call: call.headed({"x-api-key": scene.merchant.uqpay.webhook_secret}),
        WRONG_KEY,
    ),
}


@pytest.mark.parametrize("fault", TOKEN_CALLERS)
def test_uqpay_gives_no_token_without_the_right_key(scene: Scene, fault: str) -> None:
    spoil, refused = TOKEN_CALLERS[fault]
    scene.refuse("uqpay", spoil(scene, GOOD["uqpay-token"](scene)), refused)
