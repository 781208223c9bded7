"""Is this the request that was sent before? 30011 or 30010 hangs on it: what counts as the same content (decision).

Decided on the parsed body: objects without regard to the order of their keys at every depth, members that are null or
"" absent, arrays in their order, strings and number literals exactly. What is hashed is canonical JSON, in which no two
different contents look alike.

The trap: the signed text does not do for this. Inside arrays the order of keys changes it, and because it escapes
nothing, different bodies can share one. It was the rule of an earlier version, so what was stored then is compared by
it still.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from outlay.core.asks import Claim, KnownDigest
from outlay.dialects.lesspay.signing import SignedBody
from outlay.kit.jsontext import Json, JsonObject, Number

_canonical: Final = msgspec.json.Encoder(order="deterministic").encode
_HALVES: Final = b"halves "
"""Before what is no JSON, so that it can never be taken for some."""


def claim_of(reference: str, operation: str, sent: SignedBody) -> Claim:
    """The secret is no part of the digest: rotating it changes nothing (decision)."""
    # Known at once, so that nothing keeps the text while the request waits.
    older = KnownDigest(_older_digest_of(sent.text))
    return Claim(reference, operation, digest_of(sent.fields), older_digest=older)


def digest_of(body: JsonObject) -> bytes:
    """32 bytes, equal for equal content."""
    content = _content(body)
    try:
        return sha256(_canonical(content)).digest()
    except UnicodeEncodeError:  # half a character, escaped, in a field that nobody reads: it has no UTF-8
        return sha256(_HALVES + _canonical(_spelt_out(content))).digest()


def _older_digest_of(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def _content(value: Json) -> Any:
    """The value without its empty members; a number as its literal, which no string can be."""
    if isinstance(value, dict):
        return {
            name: item if type(item) is str else _content(item)  # the commonest case first
            for name, item in value.items()
            if item is not None and item != ""
        }
    if isinstance(value, list):
        return [_content(item) for item in value]
    return msgspec.Raw(value.literal.encode("ascii")) if isinstance(value, Number) else value


def _spelt_out(content: Any) -> Any:
    """The same with every text in code units."""
    match content:
        case str():
            return content.encode("utf-16-be", "surrogatepass").hex()
        case dict():
            return {_spelt_out(name): _spelt_out(item) for name, item in content.items()}
        case list():
            return [_spelt_out(item) for item in content]
        case _:
            return content
