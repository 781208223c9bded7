"""Signs a request as the merchant would, and sends it: three signers that know nothing of Outlay's.

LessPay and UQPAY are signed by the merchants' software of the whole-process tests. So is TeemoPay, but by arithmetic
instead of the openssl command line tool: a process for each of thousands of requests would take longer than all else.

The trap: these requests are no part of what docs/coverage-*.md claim to have seen, so they pass by its recorder.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import msgspec

from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.teemopay.merchant import plain_signature, teemopay_text
from tests.e2e.raw_http import Answer, Call, exchange
from tests.fuzz.drafts import Draft


class Keys(msgspec.Struct, frozen=True):
    """What signs for one name in `Draft.who`: what the credential showed, and what came of it."""

    shown: Mapping[str, str]
    key_file: Path | None = None
    token: str = ""


def signed(draft: Draft, keys: Keys) -> Call:
    """A fresh call each time: a nonce and a time are used once."""
    api = draft.who.partition(" ")[0]
    headers: dict[str, str | bytes] = dict(draft.headers)
    body = draft.raw
    now = str(time.time_ns() // 1_000_000)
    if api == "lesspay":
        body = draft.text().encode() if body is None else body
        headers |= {
            "x-auth-appid": keys.shown["app_id"],
            "X-Auth-Timestamp": now,
            "x-auth-signature": _lesspay_signature(body, keys.shown["app_secret"]),
        }
    elif api == "teemopay":
        nonce = uuid4().hex
        body = _with_sign(draft.text(), nonce, keys).encode() if body is None else body
        country = draft.who.partition(" ")[2]
        headers |= {"app_code": keys.shown["app_code"], "country": country, "nonce": nonce, "timestamp": now}
    elif draft.who == "uqpay opening":
        body = draft.text().encode() if body is None else body
        headers |= {"x-client-id": keys.shown["client_id"], "x-api-key": keys.shown["api_key"]}
    else:
        headers |= {"x-auth-token": f"Bearer {keys.token}"}
        if body is None and draft.body is not None:
            body = draft.text().encode()
    if draft.content_type is not None:
        headers["content-type"] = draft.content_type
    return Call(draft.method, draft.target(), headers, body or b"")


def send(base_url: str, call: Call) -> Answer:
    return exchange(base_url, call.raw(), call.method)


def _lesspay_signature(body: bytes, secret: str) -> str:
    """Of a body that cannot be read no signature is asked for; any will do."""
    try:
        return lesspay_signature(body.decode("utf-8"), secret)
    except (ValueError, RecursionError, AttributeError):
        return "0" * 64


def _with_sign(text: str, nonce: str, keys: Keys) -> str:
    """The body with its `sign`."""
    assert keys.key_file is not None
    try:
        to_sign = teemopay_text(text, nonce)
    except (ValueError, RecursionError, AttributeError):
        to_sign = ""
    sign = plain_signature(to_sign, keys.key_file)
    comma = "" if text == "{}" else ","
    return f'{text[:-1]}{comma}"sign":"{sign}"}}'
