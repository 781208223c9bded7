"""UQPAY's webhook signature against signed vectors and the official client, and tokens against what clients read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from uqpay.webhooks import WebhookVerifier

from outlay.dialects.uqpay import DIALECT, signing
from outlay.dialects.uqpay.signing import TokenState, check_token, read_token, sign_webhook, verify_webhook
from outlay.wire.dialect import BadCredentialRequest, CredentialRequest
from tests.apis.uqpay.desk import ACCOUNT, NOW_MS, issued
from tests.apis.uqpay.tokens import token_of
from tests.support.rows import each_row

VECTORS: list[dict[str, str]] = json.loads(
    files("outlay.dialects.uqpay").joinpath("vectors", "webhook.json").read_text("utf-8")
)
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])


def sent_ms(vector: dict[str, str]) -> int:
    return int(vector["timestamp"]) * (1000 if vector["timestamp_unit"] == "s" else 1)


def accepted(vector: dict[str, str], **changes: object) -> bool:
    call: dict[str, object] = {
        "secret": vector["secret"],
        "raw_body": vector["body"].encode(),
        "timestamp": vector["timestamp"],
        "signature": vector["signature"],
        "now_ms": sent_ms(vector),
    }
    return verify_webhook(**(call | changes))  # type: ignore[arg-type]


# -- webhooks -----------------------------------------------------------------------------------------------------


def test_all_vectors_are_here() -> None:
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS) == 7


@each_vector
def test_the_signature_is_the_vendors(vector: dict[str, str]) -> None:
    assert vector["string_to_sign"] == vector["body"] + vector["timestamp"]
    assert sign_webhook(vector["secret"], vector["body"].encode(), vector["timestamp"]) == vector["signature"]


@each_vector
def test_a_good_signature_is_accepted_in_either_case_of_hex(vector: dict[str, str]) -> None:
    assert accepted(vector)
    assert accepted(vector, signature=vector["signature"].upper())


@each_vector
def test_the_official_client_accepts_what_we_sign(vector: dict[str, str]) -> None:
    body, timestamp = vector["body"].encode(), vector["timestamp"]
    headers: dict[str, str | None] = {
        "x-wk-signature": sign_webhook("whsec_x", body, timestamp),
        "x-wk-timestamp": timestamp,
    }
    event = WebhookVerifier("whsec_x", tolerance=10**10).construct_event(body, headers)
    assert event == json.loads(body)


@each_vector
def test_a_changed_byte_anywhere_is_refused(vector: dict[str, str]) -> None:
    body, good = vector["body"].encode(), vector["signature"]
    for place in range(len(body)):
        assert not accepted(vector, raw_body=body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
    for place in range(len(good)):
        assert not accepted(vector, signature=good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :])
    assert not accepted(vector, raw_body=body + b"\n")
    assert not accepted(vector, secret=vector["secret"] + "x")
    assert not accepted(vector, timestamp="0" + vector["timestamp"])  # the same moment, but another text


@each_vector
def test_a_webhook_is_fresh_for_five_minutes_both_ways(vector: dict[str, str]) -> None:
    for late in (-300_000, 300_000):
        assert accepted(vector, now_ms=sent_ms(vector) + late)
    for late in (-300_001, 300_001, 10**12):
        assert not accepted(vector, now_ms=sent_ms(vector) + late)
    assert accepted(vector, now_ms=sent_ms(vector) + 301_000, tolerance_ms=301_000)


def test_the_timestamp_is_signed_as_text_and_its_unit_is_read_from_its_size() -> None:
    assert signing.timestamp_ms("1711077773") == 1_711_077_773_000
    assert signing.timestamp_ms("1711077773123") == 1_711_077_773_123
    assert signing.timestamp_ms("999999999999") == 999_999_999_999_000
    assert signing.timestamp_ms("1000000000000") == 1_000_000_000_000


@each_row("timestamp", ["", " 1711077773", "1711077773.0", "-1", "1e9", "１７１１０７７７７３", "9" * 5000, "1_7", "²"])
def test_a_timestamp_that_is_no_plain_number_is_refused_even_if_signed(timestamp: str) -> None:
    signature = sign_webhook("secret", b"{}", timestamp)
    assert not verify_webhook("secret", b"{}", timestamp, signature, 1_711_077_773_000)


@pytest.mark.parametrize("signature", ["", "ä" * 128, "\ud800", "0" * 127, "0" * 129])
def test_a_senseless_signature_is_refused_and_never_raises(signature: str) -> None:
    assert not accepted(VECTORS[0], signature=signature)


def test_nothing_is_genuine_without_a_secret() -> None:
    body, timestamp = VECTORS[0]["body"].encode(), VECTORS[0]["timestamp"]
    unkeyed = hmac.new(b"", body + timestamp.encode(), hashlib.sha512).hexdigest()
    assert not accepted(VECTORS[0], secret="", signature=unkeyed)
    with pytest.raises(ValueError, match="empty secret"):
        sign_webhook("", body, timestamp)


@given(st.text(min_size=1, max_size=20), st.binary(max_size=200), st.integers(0, 10**15 - 1))
@example("s", b"", 10**15 - 1)
def test_what_was_signed_verifies(secret: str, body: bytes, timestamp: int) -> None:
    text = str(timestamp)
    now_ms = timestamp if timestamp >= 10**12 else timestamp * 1000
    signature = sign_webhook(secret, body, text)
    assert verify_webhook(secret, body, text, signature, now_ms)
    assert not verify_webhook(secret + "x", body, text, signature, now_ms)


# -- tokens -------------------------------------------------------------------------------------------------------

KEY = signing.new_api_key(bytes(range(32)))
EXPIRES_AT = 1_767_601_800
CLAIMS = {
    "entity_id": "7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33",
    "short_entity_id": "A7B0D1E4452C8",
    "parent_entity_id": "0",
    "client_id": "client-1",
    "api_version": "V1.6.0",
    "bus_type": "ACQUIRING",
    "exp": EXPIRES_AT,
    "iat": EXPIRES_AT - 1800,
    "iss": "outlay",
    "jti": "ZWVlZWVlZWVlZWVlZWVlZQ",
}
HEADER = {"alg": "HS256", "typ": "JWT"}
TOKEN = token_of("client-1", KEY, EXPIRES_AT, b"e" * 16)


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")


def signed(header: object, claims: object, key: str = KEY, algorithm: str = "sha256") -> str:
    head = f"{part(header)}.{part(claims)}"
    mac = hmac.digest(key.encode(), head.encode(), algorithm)
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def state_of(text: str, key: str = KEY, now_s: int = 0) -> TokenState:
    token = read_token(text)
    return TokenState.FORGED if token is None else check_token(token, key, now_s)


def as_the_node_client_reads(token: str) -> dict[str, object]:
    """Three parts; the second is base64url without padding, UTF-8, JSON (vendor code)."""
    parts = token.split(".")
    assert len(parts) == 3
    assert "=" not in token
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode())
    return claims


def test_a_token_is_a_jwt_whose_claims_the_official_clients_read() -> None:
    assert as_the_node_client_reads(TOKEN) == CLAIMS
    assert signed(HEADER, CLAIMS) == TOKEN
    assert TOKEN.startswith("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.")


def test_a_token_names_its_client_and_is_good_until_its_second() -> None:
    token = read_token(TOKEN)
    assert token is not None
    assert (token.client_id, token.expires_at) == ("client-1", EXPIRES_AT)
    assert check_token(token, KEY, EXPIRES_AT - 1800) is TokenState.VALID
    assert check_token(token, KEY, EXPIRES_AT - 1) is TokenState.VALID
    assert check_token(token, KEY, EXPIRES_AT) is TokenState.EXPIRED


def test_a_token_of_another_key_is_forged_whether_or_not_it_expired() -> None:
    for now_s in (0, EXPIRES_AT + 10):
        assert state_of(TOKEN, KEY + "x", now_s) is TokenState.FORGED
        assert state_of(TOKEN, "", now_s) is TokenState.FORGED


def test_a_token_made_with_an_empty_key_by_a_stranger_is_forged() -> None:
    token = signed(HEADER, CLAIMS, key="")
    assert read_token(token) is not None
    assert state_of(token, "") is TokenState.FORGED


@each_row(
    "header",
    [
        {"alg": "none", "typ": "JWT"},
        {"alg": "None", "typ": "JWT"},
        {"alg": "HS512", "typ": "JWT"},
        {"alg": "RS256", "typ": "JWT"},
        HEADER | {"kid": "1"},
        HEADER | {"jku": "https://keys.example"},
        HEADER | {"zip": "DEF"},
        {"typ": "JWT", "alg": "HS256"},
        {"alg": "HS256"},
        {},
    ],
    ids=str,
)
def test_a_token_never_chooses_how_it_is_checked(header: object) -> None:
    assert state_of(signed(HEADER, CLAIMS)) is TokenState.VALID
    for algorithm in ("sha256", "sha512"):
        assert state_of(signed(header, CLAIMS, algorithm=algorithm)) is TokenState.FORGED
    assert state_of(f"{part(header)}.{part(CLAIMS)}.") is TokenState.FORGED


def test_a_header_that_says_the_same_in_other_bytes_is_not_ours() -> None:
    spaced = base64.urlsafe_b64encode(json.dumps(HEADER).encode()).decode().rstrip("=")
    head = f"{spaced}.{part(CLAIMS)}"
    mac = base64.urlsafe_b64encode(hmac.digest(KEY.encode(), head.encode(), "sha256")).decode().rstrip("=")
    assert state_of(f"{head}.{mac}") is TokenState.FORGED


@each_row("claim", CLAIMS)
def test_a_changed_claim_makes_a_token_forged(claim: str) -> None:
    changed = CLAIMS | {claim: EXPIRES_AT * 2 if isinstance(CLAIMS[claim], int) else "client-2"}
    _, _, mac = TOKEN.split(".")
    assert state_of(f"{part(HEADER)}.{part(changed)}.{mac}") is TokenState.FORGED
    assert state_of(f"{part(HEADER)}.{part(changed)}.") is TokenState.FORGED


def test_two_tokens_of_one_second_differ() -> None:
    assert token_of("client-1", KEY, EXPIRES_AT, b"f" * 16) != TOKEN


@each_row("length", range(1, 20))
def test_every_change_of_a_token_makes_it_forged_also_where_the_bytes_stay_the_same(length: int) -> None:
    token = token_of("c" * length, KEY, EXPIRES_AT, b"e" * 16)
    assert state_of(token) is TokenState.VALID
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n"
    dots = [place for place, letter in enumerate(token) if letter == "."]
    for other in alphabet:
        for place in (0, 6, *dots, dots[0] + 1, dots[1] - 1, dots[1] + 1, len(token) - 2, len(token) - 1):
            changed = token[:place] + other + token[place + 1 :]
            if changed != token:
                assert state_of(changed) is TokenState.FORGED
            assert state_of(token[:place] + other + token[place:]) is TokenState.FORGED
        assert state_of(token + other) is TokenState.FORGED
    assert state_of(token[:-1]) is TokenState.FORGED
    for padding in ("=", "=="):
        for end in dots:
            assert state_of(token[:end] + padding + token[end:]) is TokenState.FORGED


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "...", "a.b.c", "ä.ö.ü", "\ud800.a.b", f"{part(HEADER)}..", f"{part(HEADER)}.A.A"),
        *("Bearer " + TOKEN, TOKEN + "." + TOKEN, f"{part(HEADER)}.{'A' * 10_000_000}.A"),
        *(signed(HEADER, claims) for claims in (None, 1, [], "client-1", {}, {"client_id": "c"}, {"exp": 1})),
        *(signed(HEADER, CLAIMS | {"exp": end}) for end in (None, "1767601800", 1.5, True, [1])),
        *(signed(HEADER, CLAIMS | {"client_id": client}) for client in (None, 1, ["client-1"])),
        "uqtok_AQAAAABpW5koZWVlZWVlZWVlZWVlZWVlZWNsaWVudC0x",  # of the first versions
    ],
    ids=lambda text: str(text)[:24],
)
def test_a_text_that_is_no_token_of_ours_names_nobody(text: str) -> None:
    assert read_token(text) is None


@pytest.mark.parametrize(
    "raw", [b"\xff", b'{"client_id":"\xff\xfe","exp":1}', b"[" * 700, b'{"x":' * 140, b'{"a":NaN}']
)
def test_claims_that_cannot_be_read_name_nobody_and_never_raise(raw: bytes) -> None:
    claims = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert read_token(f"{part(HEADER)}.{claims}.A") is None


@pytest.mark.parametrize(
    ("client_id", "api_key", "entropy"),
    [("", "k", b"e" * 16), ("c" * 129, "k", b"e" * 16), ("c", "", b"e" * 16), ("c", "k", b"e" * 15), ("c", "k", b"")],
)
def test_a_token_cannot_be_made_from_too_little(client_id: str, api_key: str, entropy: bytes) -> None:
    with pytest.raises(ValueError, match="a token needs"):
        token_of(client_id, api_key, EXPIRES_AT, entropy)


@given(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-_+/.~", min_size=1, max_size=128),
    st.text(min_size=1, max_size=20),
    st.integers(0, 2**40),
    st.binary(min_size=16, max_size=16),
)
def test_a_new_token_reads_back_and_holds_for_its_key_alone(
    client_id: str, api_key: str, expires_at: int, entropy: bytes
) -> None:
    text = token_of(client_id, api_key, expires_at, entropy)
    assert text.translate(dict.fromkeys(map(ord, "-_."))).isalnum()
    token = read_token(text)
    assert token is not None
    assert token.client_id == client_id
    assert check_token(token, api_key, expires_at - 1) is TokenState.VALID
    assert check_token(token, api_key, expires_at) is TokenState.EXPIRED
    assert check_token(token, api_key + "x", 0) is TokenState.FORGED


# -- new secrets --------------------------------------------------------------------------------------------------


def test_new_secrets_come_from_the_bytes_alone_and_from_enough_of_them() -> None:
    for make, prefix in ((signing.new_api_key, "uqkey_"), (signing.new_webhook_secret, "whsec_")):
        assert make(b"a" * 32) == make(b"a" * 32)
        assert make(b"a" * 32) != make(b"b" * 32)
        assert make(b"a" * 32).startswith(prefix)
        with pytest.raises(ValueError, match="32 bytes"):
            make(b"a" * 31)


def test_a_credential_takes_no_public_key_and_enough_entropy() -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(64), NOW_MS, "-----BEGIN PUBLIC KEY-----"))
    with pytest.raises(BadCredentialRequest):
        issued(bytes(32))
