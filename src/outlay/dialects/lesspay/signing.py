"""LessPay's signature: the text made from a JSON body, its SHA-256, and the check of one that came in.

The rule is what the vendor's own Java does on its JSON library (vendor code), down to the order in which a Java hash
map lists its keys; the signed vectors beside this file are the witness. Headers, the clock and the answer to a bad
signature belong to the halves of this dialect.

The traps: it is a plain hash, not an HMAC, and values are not escaped, so two different bodies can have one signature
and any body can be sent again: only the merchant's reference, unique for ever, guards against that. Inside arrays the
order of keys in the document can matter, so sign the very text you send and verify the very text you received.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from struct import iter_unpack
from typing import Final

import msgspec

from outlay.kit.javatext import OutOfRange, java_number, java_sorted, java_utf8
from outlay.kit.jsontext import JsonObject, Number

Signable = None | bool | int | str | Number | Sequence["Signable"] | Mapping[str, "Signable"]
"""A parsed tree (`Json`), or one that we built from plain Python values. Never a float."""


class Unsignable(ValueError):
    """A body that the vendor's library would read in a special way; the message never holds a value."""


class SignedBody(msgspec.Struct, frozen=True):
    """A received body: its fields, and `text_of` them, which its signature is over."""

    fields: JsonObject
    text: str


def text_of(root: Mapping[str, Signable]) -> str:
    """The text that is hashed, up to the secret. Raises Unsignable."""
    if not root:
        return "key="  # (vendor code) no ampersand for a body without any key
    return f"{_object_text(root)}&key="


def sign(text: str, secret: str) -> str:
    """The signature of what this is the `text_of`: 64 upper-case hex characters."""
    hashed = sha256(java_utf8(text))
    hashed.update(
        java_utf8(secret)
    )  # one after the other: a text may be megabytes, and putting the two together copies it
    return hashed.hexdigest().upper()


def verify(text: str, secret: str, signature: str) -> bool:
    """Whether `signature` is exactly the one of this text: upper-case hex only (vendor code)."""
    # Bytes, because compare_digest raises on text outside ASCII.
    return hmac.compare_digest(sign(text, secret).encode("ascii"), java_utf8(signature))


# -- outside arrays: sorted, raw, joined with "&" -----------------------------------------------------------------


def _object_text(fields: Mapping[str, Signable]) -> str:
    _refuse_special_keys(fields)
    pairs: list[str] = []
    for key in java_sorted(fields):
        value = fields[key]
        if type(value) is str:  # the commonest case first: this runs for every request
            if value:  # (vendor code) "" is dropped, blanks are kept
                pairs.append(f"{key}={value}")
        elif value is not None:
            text = _value_text(value)
            if text:
                pairs.append(f"{key}={text}")
    return "&".join(pairs)


def _value_text(value: Signable) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return f"{{{_object_text(value)}}}"
    if isinstance(value, list | tuple):
        return _json_array(value)
    return _scalar_text(value)


# -- inside arrays: compact JSON, keys in the order of a Java hash map --------------------------------------------


def _json_array(items: Sequence[Signable]) -> str:
    return f"[{','.join([_json_value(item) for item in items])}]"


def _json_value(value: Signable) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, dict):
        return f"{{{','.join([f'{_quoted(key)}:{_json_value(value[key])}' for key in _array_object_keys(value)])}}}"
    if isinstance(value, list | tuple):
        return _json_array(value)
    return _scalar_text(value)


_ESCAPED: Final = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_SHORT_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def _quoted(text: str) -> str:
    # No character to escape counts as printable, so this shortcut is never wrong.
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _array_object_keys(fields: Mapping[str, Signable]) -> list[str]:
    """Which keys an object inside an array shows, in order: null ones go, "" stays (vendor code).

    Two passes, since the vendor's code serialises and parses again before it prints: with a null among 13 keys the
    first table has 32 buckets and the second only 16.
    """
    _refuse_special_keys(fields)
    shown = [key for key in _hash_map_order(tuple(fields)) if fields[key] is not None]
    return list(_hash_map_order(tuple(shown)))


_SMALLEST_TABLE: Final = 16
_LONGEST_LIST: Final = 8
_TREE_TABLE: Final = 64
"""java.util.HashMap: 16 buckets to begin with; a ninth key in one bucket doubles a table below 64 buckets and turns the
bucket into a tree in a larger one."""


def _hash_map_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The order in which a `java.util.HashMap` lists keys that were put in one after the other. Raises Unsignable."""
    # The documented shapes come back in every body. Long ones stay out, so that nobody can fill the memory with them.
    short = len("".join(keys)) <= _CACHED_CHARACTERS
    return _cached_order(keys) if short else _order_by_bucket(keys)


def _order_by_bucket(keys: tuple[str, ...]) -> tuple[str, ...]:
    # A doubled table keeps the order inside each bucket, so only its final size matters: a stable sort by bucket.
    spreads = {key: _spread(key) for key in keys}
    mask = _table_size(list(spreads.values())) - 1
    return tuple(sorted(keys, key=lambda key: spreads[key] & mask))


_CACHED_CHARACTERS: Final = 1024
_cached_order = lru_cache(maxsize=256)(_order_by_bucket)


def _table_size(spreads: list[int]) -> int:
    """How many buckets the table has in the end. Raises Unsignable where a bucket would become a tree."""
    size = _SMALLEST_TABLE
    if len(spreads) <= _LONGEST_LIST:
        return size
    counts = [0] * size
    for number, spread in enumerate(spreads, start=1):
        bucket = spread & (size - 1)
        counts[bucket] += 1
        if counts[bucket] > _LONGEST_LIST:
            if size >= _TREE_TABLE:
                raise Unsignable("too many keys of one object fall into one hash bucket")  # (decision)
            size, counts = _doubled(size, spreads[:number])
        if number > size * 3 // 4:
            size, counts = _doubled(size, spreads[:number])
    return size


def _doubled(size: int, spreads: list[int]) -> tuple[int, list[int]]:
    size *= 2
    counts = [0] * size
    for spread in spreads:
        counts[spread & (size - 1)] += 1
    return size, counts


def _spread(key: str) -> int:
    """`String.hashCode`, over UTF-16 code units, with its high half folded in as HashMap does."""
    code = 0
    for (unit,) in iter_unpack(">H", key.encode("utf-16-be", "surrogatepass")):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code ^ (code >> 16)


# -- both ---------------------------------------------------------------------------------------------------------


def _refuse_special_keys(fields: Mapping[str, Signable]) -> None:
    if "@type" in fields or "$ref" in fields:
        raise Unsignable("the keys @type and $ref are not allowed")  # (decision): the vendor's parser obeys them


def _scalar_text(value: Signable) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Number):
        try:
            return java_number(value.literal)  # (vendor code)
        except OutOfRange as fault:
            raise Unsignable(str(fault)) from None
    if isinstance(value, int):
        return str(int(value))
    raise TypeError(f"{type(value).__name__} cannot stand in a signed body")
