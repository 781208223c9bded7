"""Who may call UQPAY's endpoints: the client id and the key of the token call, the token and the headers of the others.

What only the books can tell (whose account is addressed, whose key was used) is shown over HTTP.
"""

from __future__ import annotations

import base64
import hmac

import msgspec
import pytest

from outlay.core.asks import Greet
from tests.apis.uqpay.desk import BALANCES, CREDENTIAL, ISSUED, NOW_MS, READS, TOKEN, WITH_TOKEN, WRITES, request, token
from tests.apis.uqpay.rules.desk import answered, outcome, wrong
from tests.apis.uqpay.tokens import token_of
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

CALLERS = "dialects/uqpay/callers.py"
SIGNING = "dialects/uqpay/signing.py"
SCHEMA = "dialects/uqpay/schema.py"
CODES = "dialects/uqpay/codes.py"
FIELDS = "wire/fields.py"

UNKNOWN = (400, {"error": "Invalid client id"})
WRONG_KEY = (401, {"error": "invalid api key"})
EXPIRED = (401, {"error": "token has expired"})
MALFORMED = (
    401,
    {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"},
)
BAD_KEY = wrong("x-idempotency-key must be 1 to 64 visible ASCII characters", "invalid_key_format", "idempotency_error")


def is_served(endpoint: str, **headers: str | None) -> bool:
    """It is asked what the good call asks; an ask compares by what it asks."""
    asked, good = outcome(endpoint, request(endpoint, **headers)), outcome(endpoint, request(endpoint))
    return not isinstance(asked, tuple) and bool(asked == good)


# -- the token call ---------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "header x-client-id",
    edit(CALLERS, "{1,128}", "{1,129}", within="CLIENT_ID_FORM"),
    edit(CALLERS, "{1,128}", "{1,127}", within="CLIENT_ID_FORM"),
    edit(CALLERS, "if client_id and client_id", "if client_id", within="_refuse"),
    edit(CALLERS, "if client_id and", "if False and", within="_refuse"),
    edit(CODES, "Invalid client id", "invalid client id", within="CLIENT_ID_UNKNOWN"),
    edit(CODES, "must be the client id", "is not the client id", within="CLIENT_ID_FOREIGN"),
)
def test_a_client_id_is_demanded_of_the_token_call_and_must_be_the_tokens_elsewhere() -> None:
    assert outcome(TOKEN, request(TOKEN)) == Greet()
    longest = msgspec.structs.replace(CREDENTIAL, key_id="c" * 128)
    assert outcome(TOKEN, request(TOKEN, x_client_id="c" * 128), credential=longest) == Greet()
    longer = msgspec.structs.replace(CREDENTIAL, key_id="c" * 129)
    assert outcome(TOKEN, request(TOKEN, x_client_id="c" * 129), credential=longer) == UNKNOWN
    for client_id in (None, "", "somebody", "a b", "schlüssel", ISSUED.key_id.upper(), f"{ISSUED.key_id}0"):
        assert outcome(TOKEN, request(TOKEN, x_client_id=client_id)) == UNKNOWN
    foreign = wrong("x-client-id must be the client id that the token was issued to")
    for endpoint in WITH_TOKEN:
        for client_id in (None, "", ISSUED.key_id):
            assert is_served(endpoint, x_client_id=client_id)
        for client_id in ("somebody", ISSUED.key_id.upper(), f"{ISSUED.key_id}0"):
            assert outcome(endpoint, request(endpoint, x_client_id=client_id)) == foreign


API_KEY_BREAKS = (
    edit(CALLERS, "if not hmac.compare_digest(", "if False and hmac.compare_digest(", within="verify_api_key"),
    edit(CODES, "401", "400", within="API_KEY_WRONG"),
    edit(CODES, "invalid api key", "x", within="API_KEY_WRONG"),
)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(
            (None, "", "wrong"), id="header x-api-key", marks=claims("uqpay", "header x-api-key", *API_KEY_BREAKS)
        ),
        pytest.param(
            (ISSUED.shown["api_key"][:-1], ISSUED.shown["api_key"] + "x", ISSUED.shown["api_key"].upper(), "schlüssel"),
            id="code error invalid api key",
            marks=claims("uqpay", "code error invalid api key", *API_KEY_BREAKS),
        ),
    ],
)
def test_no_token_is_given_without_the_whole_api_key(keys: tuple[str | None, ...]) -> None:
    assert outcome(TOKEN, request(TOKEN)) == Greet()
    for key in keys:
        assert outcome(TOKEN, request(TOKEN, x_api_key=key)) == WRONG_KEY


_FIRST = '    client_id = request.headers.get(schema.CLIENT_ID, "")\n'


def body_matters(when: str) -> Break:
    return edit(
        CALLERS, _FIRST, f"    if {when}:\n        return codes.CLIENT_ID_UNKNOWN\n{_FIRST}", within="identify_client"
    )


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param(
            (b"{}", b'{"a": 1}', b"[", b"\xff"),
            id=f"form {TOKEN} with a body",
            marks=claims(
                "uqpay",
                f"form {TOKEN} with a body",
                body_matters("request.body"),
                edit(SCHEMA, "1800", "1801", within="TOKEN_LIFE_S"),
            ),
        ),
        pytest.param(
            (b"",),
            id=f"form {TOKEN} without a body",
            marks=claims(
                "uqpay",
                f"form {TOKEN} without a body",
                body_matters("not request.body"),
                edit(SCHEMA, "1800", "1799", within="TOKEN_LIFE_S"),
            ),
        ),
    ],
)
def test_a_token_is_given_whatever_the_body_says_and_only_for_the_right_key(bodies: tuple[bytes, ...]) -> None:
    for body in bodies:
        for content_type in (None, "application/json", "text/plain"):
            asking = request(TOKEN, body=body, content_type=content_type)
            assert outcome(TOKEN, asking) == Greet()
            status, document = answered(TOKEN, None, asking)
            assert (status, list(document)) == (200, ["auth_token", "expired_at"])
            assert document["expired_at"] == NOW_MS // 1000 + 1800
            assert outcome(BALANCES, request(BALANCES, x_auth_token=document["auth_token"])) != EXPIRED
            assert outcome(TOKEN, request(TOKEN, body=body, x_api_key="wrong")) == WRONG_KEY


# -- tokens -----------------------------------------------------------------------------------------------------------

NO_TOKENS = (None, "", "Bearer", "bearer ", "Bearer ", "BEARER", f"Basic {token()}", f"{token()} {token()}", "tökén")
NONE = "eyJhbGciOiJub25lIn0"
"""A token's header that names no algorithm."""
_API_KEY = ISSUED.shown["api_key"]
_NOW_S = NOW_MS // 1000


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param(
            NO_TOKENS,
            id="header x-auth-token",
            marks=claims(
                "uqpay",
                "header x-auth-token",
                edit(CALLERS, '"[!-~]+"', '"[ -~]*"', within="_VISIBLE"),
                edit(CALLERS, " or text.lower() == _BEARER.strip()", "", within="identify"),
                edit(CODES, "invalid auth token format", "x", within="TOKEN_MALFORMED"),
                edit(CODES, "401,", "400,", within="TOKEN_MALFORMED"),
            ),
        ),
        pytest.param(
            NO_TOKENS,
            id="code unauthorized_error unauthorized_error",
            marks=claims(
                "uqpay",
                "code unauthorized_error unauthorized_error",
                edit(CODES, "401, _UNAUTHORIZED,", '401, "x",', within="TOKEN_MALFORMED"),
                edit(CODES, 'format", _UNAUTHORIZED', 'format", _API', within="TOKEN_MALFORMED"),
                edit(CALLERS, "return codes.TOKEN_MALFORMED", "return codes.TOKEN_EXPIRED", within="identify"),
            ),
        ),
    ],
)
def test_every_endpoint_demands_a_token_of_the_right_form(tokens: tuple[str | None, ...]) -> None:
    for endpoint in WITH_TOKEN:
        assert is_served(endpoint, x_auth_token=f"Bearer {token()}")
        for text in tokens:
            assert outcome(endpoint, request(endpoint, x_auth_token=text)) == MALFORMED, text


def mac_of(signed: str) -> str:
    """The proof of whoever knows the key."""
    mac = hmac.digest(_API_KEY.encode(), signed.encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


@claims(
    "uqpay",
    "code error token has expired",
    edit(SIGNING, "now_s < token.expires_at", "now_s <= token.expires_at", within="check_token"),
    edit(SIGNING, "now_s < token.expires_at", "now_s + 1 < token.expires_at", within="check_token"),
    edit(SIGNING, "if not api_key or not", "if not api_key and not", within="check_token"),
    edit(CALLERS, "is not TokenState.VALID", "is TokenState.FORGED", within="_refuse"),
    edit(CODES, "token has expired", "token is old", within="TOKEN_EXPIRED"),
    edit(CODES, "401,", "403,", within="TOKEN_EXPIRED"),
    edit(SIGNING, "parts[0] != HEADER", "False", within="read_token"),
)
def test_a_token_is_good_until_its_end_and_no_other_is() -> None:
    lasting = token_of(ISSUED.key_id, _API_KEY, _NOW_S + 1800, bytes(16))
    header, claimed, signed = lasting.split(".")
    assert mac_of(f"{header}.{claimed}") == signed
    bad = (
        token_of(ISSUED.key_id, _API_KEY, _NOW_S),
        token_of(ISSUED.key_id, _API_KEY, _NOW_S - 60),
        token_of(ISSUED.key_id, "uqkey_of_somebody", _NOW_S + 1800),
        token_of("somebody", _API_KEY, _NOW_S + 1800),
        f"{lasting}x",
        lasting[:-1],
        f"{NONE}.{claimed}.",
        f"{NONE}.{claimed}.{signed}",
        f"{NONE}.{claimed}.{mac_of(f'{NONE}.{claimed}')}",
        "a.b.c",
        "nonsense",
    )
    for endpoint in WITH_TOKEN:
        for good in (lasting, token_of(ISSUED.key_id, _API_KEY, _NOW_S + 1)):
            assert is_served(endpoint, x_auth_token=good)
        for text in bad:
            assert outcome(endpoint, request(endpoint, x_auth_token=text)) == EXPIRED, text


_CUT = "        text = text[len(schema.BEARER) :]\n"


@claims(
    "uqpay",
    "form x-auth-token bare",
    edit(CALLERS, _CUT, f"{_CUT}    else:\n        return codes.TOKEN_MALFORMED\n", within="identify"),
    edit(CALLERS, '"[!-~]+"', '"[ -~]+"', within="_VISIBLE"),
)
def test_a_token_may_stand_bare_but_not_after_another_word() -> None:
    for endpoint in WITH_TOKEN:
        assert is_served(endpoint, x_auth_token=token())
        for text in (f"Basic {token()}", f"Token {token()}", f"{token()} ", f" {token()}", f"{token()},{token()} x"):
            assert outcome(endpoint, request(endpoint, x_auth_token=text)) == MALFORMED, text


@claims(
    "uqpay",
    "form x-auth-token Bearer",
    edit(CALLERS, ".lower() == _BEARER:", " == schema.BEARER:", within="identify"),
    edit(SCHEMA, '"Bearer "', '"Bearer"', within="BEARER"),
    edit(CALLERS, "if text[: len(schema.BEARER)].lower() == _BEARER:", "if False:", within="identify"),
)
def test_a_token_may_follow_bearer_in_any_case_and_one_blank() -> None:
    for endpoint in WITH_TOKEN:
        for word in ("Bearer", "bearer", "BEARER", "bEaReR"):
            assert is_served(endpoint, x_auth_token=f"{word} {token()}")
            for text in (f"{word}  {token()}", f"{word}\t{token()}", f"{word}: {token()}", f"{word} {word} {token()}"):
                assert outcome(endpoint, request(endpoint, x_auth_token=text)) == MALFORMED, text
            assert outcome(endpoint, request(endpoint, x_auth_token=f"{word}{token()}")) == EXPIRED


# -- keys and content types -------------------------------------------------------------------------------------------

BAD_KEYS = ("", "x" * 65, "a b", "a\tb", "schlüssel", "\x7f", "ＡＢＣ")
GOOD_KEYS = ("x", "x" * 64, "!", "~", "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e")
LENGTH = "IDEMPOTENCY_KEY_LONGEST"


@claims(
    "uqpay",
    "header GET x-idempotency-key",
    edit(CALLERS, "if key is not None else None", "if key is not None else codes.KEY_MISSING", within="verify_get"),
    edit(SCHEMA, "64", "65", within=LENGTH),
    edit(SCHEMA, "64", "63", within=LENGTH),
    edit(CALLERS, "if key is not None else None", "if False else None", within="verify_get"),
    edit(CODES, "must be 1 to 64 visible ASCII characters", "x", within="KEY_MALFORMED"),
)
def test_a_read_needs_no_key_but_one_that_it_brings_has_the_form() -> None:
    for endpoint in READS:
        for key in (None, *GOOD_KEYS):
            assert is_served(endpoint, x_idempotency_key=key)
        for bad in BAD_KEYS:
            assert outcome(endpoint, request(endpoint, x_idempotency_key=bad)) == BAD_KEY


@claims(
    "uqpay",
    "code idempotency_error invalid_key_format",
    edit(SCHEMA, "64", "65", within=LENGTH),
    edit(SCHEMA, "64", "63", within=LENGTH),
    edit(CALLERS, "None if _VISIBLE_KEY", "None if True or _VISIBLE_KEY", within="_bad_key"),
    edit(CALLERS, "[!-~]{{1,", "[ -~]{{1,", within="_VISIBLE_KEY"),
    edit(CODES, "invalid_key_format", "x", within="KEY_MALFORMED"),
    edit(CODES, "_IDEMPOTENCY", "_INVALID_REQUEST", within="KEY_MALFORMED"),
)
def test_a_key_of_another_form_than_the_documented_one_is_refused_of_every_endpoint() -> None:
    for endpoint in WRITES:
        for key in GOOD_KEYS:
            assert is_made(endpoint, x_idempotency_key=key)
    for endpoint in WITH_TOKEN:
        for bad in BAD_KEYS:
            assert outcome(endpoint, request(endpoint, x_idempotency_key=bad)) == BAD_KEY


def is_made(endpoint: str, **headers: str | None) -> bool:
    """What it would make is carried on."""
    return isinstance(outcome(endpoint, request(endpoint, **headers)), dict)


@claims(
    "uqpay",
    "header content-type",
    edit("dialects/uqpay/values/content.py", "if not is_json_type(request):", "if False:"),
    edit(FIELDS, "_JSON_TYPE.fullmatch(", "_JSON_TYPE.match(", within="is_json_type"),
    edit(FIELDS, ", re.IGNORECASE", "", within="_JSON_TYPE"),
    edit(FIELDS, "Content-Type must be application/json", "x", within="CONTENT_TYPE_RULE"),
)
def test_a_body_is_read_only_as_json() -> None:
    good = ("application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"')
    bad = (None, "", "text/plain", "text/json", "application/jsonx", "application/json; charset=latin-1", "json")
    for endpoint in WRITES:
        for content_type in good:
            assert is_made(endpoint, content_type=content_type)
        for other in bad:
            told = outcome(endpoint, request(endpoint, content_type=other))
            assert told == wrong("Content-Type must be application/json")
    for endpoint in READS:
        assert is_served(endpoint, content_type="text/plain")
