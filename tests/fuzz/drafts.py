"""A request before it is signed: a tree that can still be spoiled, and the bytes that it becomes.

The trap: a JSON library prints only what it understands. Numbers of any spelling (`Raw`) and keys that stand twice have
to be written too, so this has a printer of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

Tree = dict[str, Any]


class Raw(str):
    """A piece of JSON that is printed as it is."""

    __slots__ = ()


class Field(msgspec.Struct, frozen=True):
    """What is documented of a field. `path`: names joined by dots, `0` being the first item of an array. `longest` in
    characters; `required`: a request without it is refused."""

    path: str
    longest: int | None = None
    required: bool = False
    is_read: bool = True


class Draft(msgspec.Struct):
    """One request of a merchant. `who` names the key that signs it; `raw` replaces the printed body; `edit` changes its
    text at the end, still before it is signed."""

    method: str
    path: str
    who: str
    parameters: dict[str, str] = {}
    query: list[tuple[str, str]] | str = []
    headers: dict[str, str | bytes] = {}
    body: Tree | None = None
    raw: bytes | None = None
    edit: Callable[[str], str] | None = None
    content_type: str | None = "application/json"
    what: str = ""
    """What kind of valid request it was, before anything was spoiled."""

    def target(self) -> str:
        """Path and query string as they go over the wire."""
        path = self.path.format(**{name: quote(text, safe="%") for name, text in self.parameters.items()})
        query = self.query if isinstance(self.query, str) else urlencode(self.query)
        return f"{path}?{query}" if query else path

    def text(self) -> str:
        """The body as JSON; not signed yet."""
        text = printed(self.body if self.body is not None else {})
        return self.edit(text) if self.edit is not None else text


def printed(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{quoted(key)}:{printed(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(printed(item) for item in value) + "]"
    return quoted(value)


_AS_IT_IS = json.JSONEncoder(ensure_ascii=False)


def quoted(value: Any) -> str:
    """As UTF-8 where that is possible; an unpaired surrogate only goes as an escape."""
    text = _AS_IT_IS.encode(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def places(tree: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where something stands in the tree; of a long array only the first two items."""
    found = []
    items: list[tuple[str | int, Any]] = []
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree[:2]))
    for name, item in items:
        found.append((*before, name))
        found += places(item, (*before, name))
    return found


def at(tree: Any, place: tuple[str | int, ...]) -> Any:
    for name in place:
        tree = tree[name]
    return tree


def put(tree: Any, place: tuple[str | int, ...], value: Any) -> None:
    at(tree, place[:-1])[place[-1]] = value


def take_out(tree: Any, place: tuple[str | int, ...]) -> None:
    del at(tree, place[:-1])[place[-1]]


def place_of(tree: Any, path: str) -> tuple[str | int, ...] | None:
    """Where the documented path is in this tree; None where it is not there."""
    place: list[str | int] = []
    for name in path.split("."):
        key: str | int = int(name) if name.isdigit() else name
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
        place.append(key)
    return tuple(place)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint, or one kind of request to it.

    valid       a request that must be accepted
    answer      the documented shape of success, without anything else
    codes       the documented codes of errors at this endpoint
    fields      what is documented of the fields of the body
    made_in     the table in which it makes something under a reference, which must never be made twice; `made_id`: the
                id that the answer shows; `made_of`: how many rows one accepted request makes
    claimed_on  the account, of the stage, on which the reference is taken
    free_field  a field of the body in which another text makes another request
    key_header, account_header  which the request may have: with an idempotency key, and for another account
    """

    name: str
    api: str
    method: str
    path: str
    valid: Callable[[Random, Any], Draft]
    answer: type
    codes: frozenset[Any]
    fields: tuple[Field, ...] = ()
    query_fields: tuple[str, ...] = ()
    made_in: str | None = None
    made_id: Callable[[Any], str] | None = None
    made_of: Callable[[Draft], int] = lambda _draft: 1
    reference: Callable[[Draft], str] | None = None
    claimed_on: Callable[[Any, Draft], str] = lambda stage, _draft: str(stage.account_id)
    free_field: str = ""
    reads_body: bool = True
    key_header: str = ""
    account_header: str = ""
    weight: float = 1.0


def first_that_fits(body: bytes, *shapes: Any) -> Any:
    """Raises ValidationError."""
    reasons = []
    for shape in shapes:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError as error:
            reasons.append(str(error))
    raise msgspec.ValidationError("; ".join(reasons))
