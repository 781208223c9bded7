"""LessPay's headers: who is asking, when, the proof of it, and the kind of the body."""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from outlay.core.asks import FindOrder
from outlay.dialects.lesspay import DIALECT
from outlay.wire.dialect import Call
from tests.apis.lesspay.desk import APP_ID, CREDENTIAL, NOW_MS, QUERY, SECRET, route_of, signed
from tests.apis.lesspay.rules.desk import No, asked, told
from tests.rules.breaks import edit
from tests.rules.claims import claims

CODES, CALLERS, SCHEMA = (f"dialects/lesspay/{name}.py" for name in ("codes", "callers", "schema"))
BODY = {"request_id": "SP-1"}
TAKEN = FindOrder(reference="SP-1")
NO_APPID = No(401, 401, "invalid appid")
NO_TIME = No(401, 401, "invalid timestamp")
NO_SIGNATURE = No(401, 401, "invalid signature")


@claims(
    "lesspay",
    "header x-auth-appid",
    edit(SCHEMA, "{1,64}", "{1,65}", within="APPID_FORM"),
    edit(SCHEMA, "{1,64}", "{1,63}", within="APPID_FORM"),
    edit(CODES, "invalid appid", "x", within="INVALID_APPID"),
)
def test_the_appid_names_the_caller_and_one_that_can_be_nobodys_is_a_401() -> None:
    for app_id in (APP_ID, "a" * 64, "A.b_c-9", "1"):
        call = route_of(QUERY).proof.identify(signed(QUERY, BODY, x_auth_appid=app_id))
        assert isinstance(call, Call), call
        assert call.key_id == app_id
        assert told(DIALECT.write_fault(call.if_unknown, NOW_MS, bytes(16))) == NO_APPID
        assert asked(QUERY, BODY, replace(CREDENTIAL, key_id=app_id), x_auth_appid=app_id) == TAKEN
    for wrong in (None, "", "a" * 65, "a b", "é" * 24, "a\x00b", f"{APP_ID}, {APP_ID[::-1]}"):
        assert asked(QUERY, BODY, replace(CREDENTIAL, key_id=wrong or ""), x_auth_appid=wrong) == NO_APPID, wrong


@claims(
    "lesspay",
    "header x-auth-timestamp",
    edit(SCHEMA, "5 * 60 * 1000", "5 * 60 * 1000 + 1", within="TIMESTAMP_WINDOW_MS"),
    edit(SCHEMA, "5 * 60 * 1000", "5 * 60 * 1000 - 1", within="TIMESTAMP_WINDOW_MS"),
    edit(SCHEMA, "{13}", "{13,14}", within="TIMESTAMP_FORM"),
)
def test_a_timestamp_is_good_for_five_minutes_each_way_and_has_thirteen_digits() -> None:
    for drift_ms in (-300_000, -1, 0, 1, 300_000):
        assert asked(QUERY, BODY, x_auth_timestamp=str(NOW_MS + drift_ms)) == TAKEN, drift_ms
    for drift_ms in (-300_001, 300_001):
        assert asked(QUERY, BODY, x_auth_timestamp=str(NOW_MS + drift_ms)) == NO_TIME, drift_ms
    now = str(NOW_MS)
    for wrong in (None, "", now[:10], now[:12], f"0{now}", f"{now}0", f"+{now[1:]}", f"{now}.0", f"{now}, {now[:12]}4"):
        # With a signature that has no form: what is told is the timestamp, so its form was looked at.
        assert asked(QUERY, BODY, x_auth_timestamp=wrong, x_auth_signature="") == NO_TIME, wrong
    assert asked(QUERY, BODY, x_auth_timestamp="１７６７６００００００１２", x_auth_signature="") == NO_TIME


RAW = (
    '{"way_code":"W","request_id":"SP-1","product_name":"","description":null,"note":" ",'
    '"n":1e3,"z":{"b":true,"a":"1","c":""},"list":[{"a":"","b":null},"x"]}'
)
SIGNED = f'list=[{{"a":""}},"x"]&n=1E+3&note= &request_id=SP-1&way_code=W&z={{a=1&b=true}}&key={SECRET}'


@claims(
    "lesspay",
    "header x-auth-signature",
    edit(CALLERS, "if not signing.verify(text, credential.opened.reveal(), call.head.signature):", "if False:"),
    edit("dialects/lesspay/signing.py", "hexdigest().upper()", "hexdigest()"),
    edit(CODES, "invalid signature", "x", within="INVALID_SIGNATURE"),
)
def test_the_signature_is_the_hash_of_the_body_and_the_secret_in_capitals() -> None:
    right = sha256(SIGNED.encode()).hexdigest().upper()
    assert asked(QUERY, RAW, x_auth_signature=right) == TAKEN
    other_secret = sha256(f"{SIGNED}x".encode()).hexdigest().upper()
    for wrong in (
        None,
        "",
        right.lower(),
        right[:-1],
        f"{right}0",
        "A" * 64,
        "é" * 64,
        f"{right}, {right}",
        other_secret,
    ):
        assert asked(QUERY, RAW, x_auth_signature=wrong) == NO_SIGNATURE, wrong
    assert asked(QUERY, RAW.replace("SP-1", "SP-2"), x_auth_signature=right) == NO_SIGNATURE


@claims(
    "lesspay",
    "header content-type",
    edit(CALLERS, "if not is_json_type(request):", "if False:"),
    edit("wire/fields.py", r"utf-8", r"latin-1", within="_JSON_TYPE"),
    edit(CALLERS, 'if "," in headers.get("content-type", ""):', "if False:"),
)
def test_the_content_type_is_json_in_utf_8_and_nothing_else() -> None:
    kinds = ("application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"')
    for good in kinds:
        assert asked(QUERY, BODY, content_type=good) == TAKEN, good
    no = No(400, 400, "Content-Type must be application/json")
    for wrong in (None, "", "text/plain", "application/jsonl", "application/json; charset=latin-1", "text/json"):
        assert asked(QUERY, BODY, content_type=wrong) == no, wrong
    assert asked(QUERY, BODY, content_type=", ".join(kinds[:2])) == No(401, 401, "invalid content type")
