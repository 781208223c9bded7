"""UQPAY's webhook signature against signed vectors and the official client, and the bearer tokens of our own making."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uqpay.webhooks import WebhookVerifier

from outlay.dialects.uqpay import signing
from outlay.dialects.uqpay.signing import (
    TokenState,
    check_token,
    new_token,
    sign_webhook,
    token_client_id,
    verify_webhook,
)

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


@pytest.mark.parametrize(
    "timestamp", ["", " 1711077773", "1711077773.0", "-1", "1e9", "１７１１０７７７７３", "9" * 5000, "1_7", "²"]
)
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
def test_what_was_signed_verifies(secret: str, body: bytes, timestamp: int) -> None:
    text = str(timestamp)
    now_ms = timestamp if timestamp >= 10**12 else timestamp * 1000
    signature = sign_webhook(secret, body, text)
    assert verify_webhook(secret, body, text, signature, now_ms)
    assert not verify_webhook(secret + "x", body, text, signature, now_ms)


# -- tokens -------------------------------------------------------------------------------------------------------

KEY = signing.new_api_key(bytes(range(32)))
EXPIRES_AT = 1_767_601_800
TOKEN = new_token("client-1", KEY, EXPIRES_AT, b"e" * 16)


def test_a_token_names_its_client_and_is_good_until_its_second() -> None:
    assert TOKEN.startswith("uqtok_")
    assert token_client_id(TOKEN) == "client-1"
    assert check_token(TOKEN, KEY, EXPIRES_AT - 1800) is TokenState.VALID
    assert check_token(TOKEN, KEY, EXPIRES_AT - 1) is TokenState.VALID
    assert check_token(TOKEN, KEY, EXPIRES_AT) is TokenState.EXPIRED


def test_a_token_of_another_key_is_forged_whether_or_not_it_expired() -> None:
    for now_s in (0, EXPIRES_AT + 10):
        assert check_token(TOKEN, KEY + "x", now_s) is TokenState.FORGED
        assert check_token(TOKEN, "", now_s) is TokenState.FORGED


def test_a_token_made_with_an_empty_key_by_a_stranger_is_forged() -> None:
    claims = b"\x01" + EXPIRES_AT.to_bytes(8, "big") + b"e" * 16 + b"client-1"
    mac = hmac.digest(b"", b"uqtok_" + claims, "sha256")
    token = "uqtok_" + base64.urlsafe_b64encode(claims + mac).decode().rstrip("=")
    assert token_client_id(token) == "client-1"
    assert check_token(token, "", 0) is TokenState.FORGED


def test_the_form_of_a_token_stays_so_that_an_upgrade_logs_nobody_out() -> None:
    claims = b"\x01" + EXPIRES_AT.to_bytes(8, "big") + b"e" * 16 + b"client-1"
    mac = hmac.digest(KEY.encode(), b"uqtok_" + claims, "sha256")
    written = base64.urlsafe_b64encode(claims + mac).decode().rstrip("=")
    assert TOKEN.removeprefix("uqtok_") == written


def test_two_tokens_of_one_second_differ() -> None:
    assert new_token("client-1", KEY, EXPIRES_AT, b"f" * 16) != TOKEN


@pytest.mark.parametrize("length", range(1, 20))
def test_every_change_of_a_token_makes_it_forged_also_where_the_bytes_stay_the_same(length: int) -> None:
    token = new_token("c" * length, KEY, EXPIRES_AT, b"e" * 16)
    assert check_token(token, KEY, 0) is TokenState.VALID
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n"
    for other in alphabet:
        for place in (0, 6, 20, len(token) // 2, len(token) - 2, len(token) - 1):
            changed = token[:place] + other + token[place + 1 :]
            if changed != token:
                assert check_token(changed, KEY, 0) is TokenState.FORGED
        assert check_token(token + other, KEY, 0) is TokenState.FORGED
        assert check_token(token[:10] + other + token[10:], KEY, 0) is TokenState.FORGED
    assert check_token(token[:-1], KEY, 0) is TokenState.FORGED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uqtok_",
        "uqtok_A",
        "Bearer " + TOKEN,
        "uqtok_" + "A" * 80,
        "ä",
        "uqtok_ä",
        "uqtok_\ud800",
        "uqtok_" + "A" * 10_000_000,
    ],
)
def test_a_text_that_is_no_token_names_nobody_and_is_forged(text: str) -> None:
    assert token_client_id(text) is None
    assert check_token(text, KEY, 0) is TokenState.FORGED


def test_a_token_of_another_version_names_nobody() -> None:
    raw = bytearray(base64.urlsafe_b64decode(TOKEN[6:] + "=" * (-len(TOKEN[6:]) % 4)))
    raw[0] = 2
    other = "uqtok_" + base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert token_client_id(other) is None
    assert check_token(other, KEY, 0) is TokenState.FORGED


def test_a_client_id_that_is_not_utf8_names_nobody() -> None:
    claims = b"\x01" + EXPIRES_AT.to_bytes(8, "big") + b"e" * 16 + b"\xff\xfe" + b"m" * 32
    assert token_client_id("uqtok_" + base64.urlsafe_b64encode(claims).decode().rstrip("=")) is None


@pytest.mark.parametrize(
    ("client_id", "api_key", "entropy"),
    [("", "k", b"e" * 16), ("c" * 129, "k", b"e" * 16), ("c", "", b"e" * 16), ("c", "k", b"e" * 15), ("c", "k", b"")],
)
def test_a_token_cannot_be_made_from_too_little(client_id: str, api_key: str, entropy: bytes) -> None:
    with pytest.raises(ValueError, match="a token needs"):
        new_token(client_id, api_key, EXPIRES_AT, entropy)


@given(
    st.text(min_size=1, max_size=32),
    st.text(min_size=1, max_size=20),
    st.integers(0, 2**40),
    st.binary(min_size=16, max_size=16),
)
def test_a_new_token_reads_back_and_holds_for_its_key_alone(
    client_id: str, api_key: str, expires_at: int, entropy: bytes
) -> None:
    token = new_token(client_id, api_key, expires_at, entropy)
    assert token.removeprefix("uqtok_").replace("-", "").replace("_", "").isalnum()
    assert token_client_id(token) == client_id
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
