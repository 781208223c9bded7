"""What is done to a valid request before it is signed: each kind by its name, so that a run can tell which have fired.

A kind returns whether it could do anything to this request. `MUST_REFUSE` are those after which an accepted request is
a fault by itself, where they were done alone; after the others anything documented may be answered.

The trap: a spoiled request that is refused for its signature proves nothing, so everything happens before signing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.fuzz.drafts import Draft, Raw, Target, at, place_of, places, printed, put, take_out

Kind = Callable[[Random, Draft, Target], bool]

MARK = "zq7MARKqz"
"""A text that no error may repeat."""
_WRONG_TYPES: list[Any] = [True, False, 0, -1, 1.5, [], {}, ["1.00"], {"a": "1"}, "1.00", "", Raw("10.00")]
_NUMBERS = [
    "1e400",
    "-0",
    "1E+3",
    "0.1e-9",
    "1" + "0" * 400,
    "00.0e0",
    "9223372036854775808",
    "-1",
    "0",
    "1.00000000001",
]
_ODD_AMOUNTS = [
    "1e3",
    "+1.00",
    "-1.00",
    "01.00",
    "1.",
    ".5",
    "1,00",
    "１.００",
    "1.00 ",
    "0",
    "0.00",
    "9" * 40,
    "NaN",
    "٣",
]
_CURRENCIES = ["XXX", "JPY", "KWD", "CLF", "BTC", "CNH", "XAU", "brl", "EURO", "B", "BRL ", "TRX", "ZZZ"]
_UNICODE = ["Ünïcödé", "日本語のテキスト", "🦊🏦", "e\u0301", "\u200b", "\ufeff", "\u00a0", "İ", "ﬀ", "\U000e0041", "ß"]
_CONTROL = ["\x00", "a\x00b", "\n", "\r\nx-evil: 1", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\t"]
_DIRECTION = ["\u202egnp.tset", "a\u202ab", "\u2066x\u2069"]
_INJECTIONS = ["' or 1=1--", "{{7*7}}", "../../etc/passwd", "%s%n", "<script>", "${jndi:x}", "\\", '"', "$1"]
_HOSTILE_PARTS = [
    "..", ".", "%00", "%2e%2e%2f", "%2F", "%F0%9F%A6%8A", "%C3%28", "%0d%0ax", "*", "'", "{id}", "~", "a" * 3000,
    "create", "brl", "BR", "XXX", "PO0", "PO" + "9" * 19, "PO" + "9" * 30, "PO-1", "po1",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
_QUERY_VALUES = [
    "",
    "0",
    "-1",
    "1.0",
    "1e1",
    "٣",
    "9" * 30,
    "\x00",
    "🦊",
    "null",
    "2026-13-45",
    "0000-01-01",
    "' or 1=1--",
]
_RAW_QUERIES = [
    "&&&",
    "=",
    "page_size",
    "page_size=%zz",
    "page_size=%ff",
    "a[]=1",
    ";",
    "?",
    "x=" + "y" * 4000,
    "%00=%00",
]
_KEYS: list[str | bytes] = ["", " ", "k" * 65, "ключ".encode(), b"\xff\xfe", "a b", "k" * 4000]
_ACCOUNTS: list[str | bytes] = [
    "00000000-0000-0000-0000-000000000000", "nobody", "{7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33}", b"\xff", "A" * 500, "*",
]  # fmt: skip
_TYPES = [
    None,
    "",
    "text/plain",
    "application/xml",
    "application/json; charset=latin-1",
    "multipart/form-data",
    "a" * 300,
]


def _pick(rng: Random, draft: Draft, wanted: Callable[[Any], bool] = lambda _: True) -> tuple[str | int, ...] | None:
    """Somewhere in the body where there is something of this kind."""
    found = [place for place in places(draft.body or {}) if wanted(at(draft.body, place))]
    return rng.choice(found) if found else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _putting(values: list[Any], wanted: Callable[[Any], bool] = lambda _: True) -> Kind:
    """Puts one of these in the place of something."""

    def put_one(rng: Random, draft: Draft, _target: Target) -> bool:
        place = _pick(rng, draft, wanted)
        if place is None:
            return False
        put(draft.body, place, copy.deepcopy(rng.choice(values)))
        return True

    return put_one


def _mixing(values: list[str]) -> Kind:
    """Puts one of these into a text: alone, before, after or in the middle of it."""

    def mix(rng: Random, draft: Draft, _target: Target) -> bool:
        place = _pick(rng, draft, _is_text)
        if place is None:
            return False
        old, new = str(at(draft.body, place)), rng.choice(values)
        cut = rng.randint(0, len(old))
        put(draft.body, place, rng.choice([new, old[:cut] + new + old[cut:]]))
        return True

    return mix


# -- fields -----------------------------------------------------------------------------------------------------------


def _drop_any(rng: Random, draft: Draft, _target: Target) -> bool:
    place = _pick(rng, draft)
    if place is not None:
        take_out(draft.body, place)
    return place is not None


def _drop_required(rng: Random, draft: Draft, target: Target) -> bool:
    found = [place_of(draft.body or {}, field.path) for field in target.fields if field.required]
    there = [place for place in found if place is not None]
    if there:
        take_out(draft.body, rng.choice(there))
    return bool(there)


def _required_empty(rng: Random, draft: Draft, target: Target) -> bool:
    """Null, nothing or blanks are as good as absent."""
    found = [place_of(draft.body or {}, field.path) for field in target.fields if field.required]
    there = [place for place in found if place is not None]
    if there:
        put(draft.body, rng.choice(there), rng.choice([None, "", " ", "\t"]))
    return bool(there)


def _of_length(more: int) -> Kind:
    """A text exactly as long as documented, or longer."""

    def lengthen(rng: Random, draft: Draft, target: Target) -> bool:
        there = [(place_of(draft.body or {}, field.path), field.longest) for field in target.fields if field.longest]
        fitting = [(place, longest) for place, longest in there if place is not None and longest is not None]
        if not fitting:
            return False
        place, longest = rng.choice(fitting)
        old = str(at(draft.body, place))
        length = longest + (more if rng.random() < 0.5 else more * 1000)
        put(draft.body, place, (old + rng.choice(["A", "7", "é"]) * length)[:length])
        return True

    return lengthen


def _extra(rng: Random, draft: Draft, _target: Target) -> bool:
    objects = [(), *(place for place in places(draft.body or {}) if isinstance(at(draft.body, place), dict))]
    if draft.body is None:
        return False
    name = rng.choice(
        ["surplus", "@type", "$ref", "__proto__", "", "a=1&b", "名", "x" * 300, "code", "sign ", "Amount"]
    )
    at(draft.body, rng.choice(objects))[name] = rng.choice(["x", 1, None, {}, [], {"$ref": "$"}])
    return True


def _currency(rng: Random, draft: Draft, _target: Target) -> bool:
    """Another currency, or what is none: amounts have other decimals then, or nobody knows how many."""
    names = [name for name in draft.body or {} if "currency" in name]
    if names and draft.body is not None:
        draft.body[rng.choice(names)] = rng.choice(_CURRENCIES)
    return bool(names)


def _swap(rng: Random, draft: Draft, _target: Target) -> bool:
    """Two fields have each other's value."""
    one, other = _pick(rng, draft, _is_text), _pick(rng, draft, _is_text)
    if one is None or other is None or one == other:
        return False
    first, second = at(draft.body, one), at(draft.body, other)
    put(draft.body, one, second)
    put(draft.body, other, first)
    return True


def _change_case(rng: Random, draft: Draft, _target: Target) -> bool:
    place = _pick(rng, draft, lambda value: _is_text(value) and value.swapcase() != value)
    if place is not None:
        put(draft.body, place, at(draft.body, place).swapcase())
    return place is not None


def _deep(rng: Random, draft: Draft, _target: Target) -> bool:
    place = _pick(rng, draft)
    if place is None:
        return False
    depth = rng.choice([31, 40, 500, 20_000])
    put(
        draft.body, place, Raw("[" * depth + "]" * depth if rng.random() < 0.5 else '{"a":' * depth + "1" + "}" * depth)
    )
    return True


def _many_items(rng: Random, draft: Draft, _target: Target) -> bool:
    """An array of none, of one too many, or of things that do not belong there."""
    place = _pick(rng, draft, lambda value: isinstance(value, list))
    if place is None:
        return False
    old = at(draft.body, place) or [{}]
    put(draft.body, place, rng.choice([[], old * 1001, [None], [[]], [*old, 1], [old[0], old[0]], {"0": old[0]}]))
    return True


def _duplicate_key(rng: Random, draft: Draft, _target: Target) -> bool:
    if not draft.body:
        return False
    name, value = rng.choice(list(draft.body.items()))
    first = printed(rng.choice(["other", None, value]))
    draft.edit = lambda text: f"{{{printed(name)}:{first},{text[1:]}"
    return True


# -- the body as a whole ----------------------------------------------------------------------------------------------


def _replacing(bodies: list[Callable[[str], bytes]]) -> Kind:
    def replace(rng: Random, draft: Draft, _target: Target) -> bool:
        if draft.body is None:
            return False
        draft.raw = rng.choice(bodies)(draft.text())
        return True

    return replace


_no_object = _replacing(
    [lambda _: b"[]", lambda _: b"null", lambda _: b'"x"', lambda _: b"1", lambda text: f"[{text}]".encode()]
)
_not_json = _replacing(
    [
        lambda text: text[:-1].encode(),
        lambda text: (text + text).encode(),
        lambda text: text.replace('"', "'").encode(),
        lambda text: (text[:-1] + ',"n":NaN}').encode(),
        lambda text: (text[:-1] + ",}").encode(),
        lambda _: b"",
        lambda _: b"amount=1.00",
    ]
)
_not_utf_8 = _replacing(
    [
        lambda text: text[:-1].encode() + b',"n":"\xff"}',
        lambda text: text.encode("utf-16"),
        lambda _: b'{"a":"\xc3\x28"}',
    ]
)


def _content_type(rng: Random, draft: Draft, _target: Target) -> bool:
    if draft.body is None:
        return False
    draft.content_type = rng.choice(_TYPES)
    return True


# -- path, query, headers, method -------------------------------------------------------------------------------------


def _path_part(rng: Random, draft: Draft, _target: Target) -> bool:
    if not draft.parameters:
        return False
    name = rng.choice(list(draft.parameters))
    old = draft.parameters[name]
    draft.parameters[name] = rng.choice([*_HOSTILE_PARTS, old.swapcase(), old[:-1], old + "0", f"{old}%20"])
    return True


def _query_value(rng: Random, draft: Draft, target: Target) -> bool:
    if not target.query_fields or isinstance(draft.query, str):
        return False
    name, value = rng.choice(target.query_fields), rng.choice(_QUERY_VALUES)
    kept = [(key, old) for key, old in draft.query if key != name]
    draft.query = [*kept, (name, value)]
    return True


def _query_form(rng: Random, draft: Draft, _target: Target) -> bool:
    """Fields that stand twice or are unknown, and texts that are no query at all; also where none is expected."""
    if isinstance(draft.query, str):
        return False
    ways: list[list[tuple[str, str]] | str] = [
        draft.query + draft.query,
        [*draft.query, ("surplus", "1")],
        [*draft.query, *((f"f{n}", "1") for n in range(100))],
        [],
        rng.choice(_RAW_QUERIES),
    ]
    draft.query = rng.choice(ways)
    return True


def _key(rng: Random, draft: Draft, target: Target) -> bool:
    if not target.key_header:
        return False
    draft.headers[target.key_header] = rng.choice(_KEYS)
    return True


def _on_behalf(rng: Random, draft: Draft, target: Target) -> bool:
    if not target.account_header:
        return False
    draft.headers[target.account_header] = rng.choice(_ACCOUNTS)
    return True


def _odd_header(rng: Random, draft: Draft, _target: Target) -> bool:
    name = rng.choice(
        ["accept", "x-forwarded-for", "cookie", "accept-encoding", "expect-nothing", "x-http-method-override"]
    )
    draft.headers[name] = rng.choice(["*/*", "gzip", "DELETE", "a" * 2000, "é".encode()])
    return True


def _method(rng: Random, draft: Draft, target: Target) -> bool:
    draft.method = rng.choice([each for each in ("GET", "POST", "PUT", "DELETE", "PATCH") if each != target.method])
    return True


KINDS: Mapping[str, Kind] = {
    "field left out": _drop_any,
    "required field left out": _drop_required,
    "required field empty": _required_empty,
    "surplus field": _extra,
    "null": _putting([None]),
    "wrong type": _putting(_WRONG_TYPES),
    "number of odd form": _putting([Raw(number) for number in _NUMBERS]),
    "amount of odd form": _putting(_ODD_AMOUNTS, _is_text),
    "longest text": _of_length(0),
    "text too long": _of_length(1),
    "unicode": _mixing(_UNICODE),
    "control character": _mixing(_CONTROL),
    "unpaired surrogate": _mixing(["\ud800", "\udfff", "a\udc00b"]),
    "direction of writing": _mixing(_DIRECTION),
    "injection": _mixing(_INJECTIONS),
    "marked text": _mixing([MARK]),
    "other currency": _currency,
    "values exchanged": _swap,
    "other case": _change_case,
    "nested deeply": _deep,
    "items of an array": _many_items,
    "key twice": _duplicate_key,
    "no object": _no_object,
    "no JSON": _not_json,
    "no UTF-8": _not_utf_8,
    "content type": _content_type,
    "part of the path": _path_part,
    "value in the query": _query_value,
    "form of the query": _query_form,
    "idempotency key": _key,
    "on behalf of": _on_behalf,
    "odd header": _odd_header,
    "method": _method,
}
MUST_REFUSE = frozenset(
    {"required field left out", "required field empty", "text too long", "no object", "no JSON", "no UTF-8"}
)
"""Alone; but for calls that do not read their body."""
RESENT, CHANGED, AT_ONCE = "sent again", "sent again, changed", "sent twice at once"
REPEATS = (RESENT, CHANGED, AT_ONCE)
"""What is done with a request that was accepted; see `fuzzer`."""
