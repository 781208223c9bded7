"""The content of a body: what makes two of them the same, and the claim on the key that it is sent under.

The trap: a body that cannot be read, and fields that are wrong, are told only if the key is new. So the ask is empty
then, with the claim on the key, and what is wrong is its echo.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from json.encoder import encode_basestring_ascii

from outlay.core.asks import Claim
from outlay.dialects.uqpay.codes import bad_body
from outlay.dialects.uqpay.values.fields import by_value, is_plain, key_reference
from outlay.kit.jsontext import BadJson, Json, JsonObject, Number, parse_object
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request
from outlay.wire.problems import Fault

NumberRule = Callable[[str], str]


def body_and_claim(request: Request, key: str, operation: str, about: str = "") -> tuple[JsonObject | Fault, Claim]:
    """The body, or what is wrong with it, and the claim on the key. A key is exclusive here: a second request while the
    first is still running is told so (docs). `about`: what the path names, which belongs to the content. A body that
    lost its content type counts as the same content, so that its repeat is known."""
    body: JsonObject | Fault
    content: JsonObject | bytes
    try:
        content = body = parse_object(request.body)
    except BadJson as bad:
        content, body = request.body, bad_body(str(bad))
    if not is_json_type(request):
        body = bad_body(CONTENT_TYPE_RULE)
    reference, spellings = key_reference(key)
    claim = Claim(
        reference=reference,
        operation=operation,
        digest=_digest(content, by_value, about),
        exclusive=True,
        spellings=spellings,
        older_digest=partial(_digest, content, by_spelling, about),
    )
    return body, claim


def content_digest(body: JsonObject, number: NumberRule = by_value) -> bytes:
    """SHA-256 of the body's content (decision): key order, spaces and the spelling of strings (escapes) do not count.

    Numbers count by value as decimal text, so 100, 100.0, 100.00 and 1E+2 are equal. A number never equals a string:
    100.00 and "100.00" are two contents. Absent, null and "" are three.
    """
    return sha256(_canonical(body, number).encode("ascii")).digest()


def by_spelling(literal: str) -> str:
    """The rule of the first versions: a number in exponent form, which no field accepted, counted as it was spelt."""
    return by_value(literal) if is_plain(literal) else literal


def _digest(content: JsonObject | bytes, number: NumberRule, about: str) -> bytes:
    digest = _unreadable_digest(content) if isinstance(content, bytes) else content_digest(content, number)
    return sha256(digest + about.encode("ascii")).digest() if about else digest


def _unreadable_digest(raw: bytes) -> bytes:
    """The digest of a body that cannot be read: by its bytes, which equal no readable one's."""
    return sha256(b"unreadable\x00" + raw).digest()


def _canonical(value: Json, number: NumberRule) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        pairs = [f"{encode_basestring_ascii(key)}:{_canonical(value[key], number)}" for key in sorted(value)]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_canonical(item, number) for item in value]) + "]"
    if isinstance(value, Number):
        return number(value.literal)
    if value is None:
        return "null"
    return "true" if value else "false"
