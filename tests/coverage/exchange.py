"""One HTTP request and its answer as they went over a socket, and how both are taken apart.

The trap: many tests send nonsense on purpose, so nothing may be taken for granted about a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from outlay.dialects import all_dialects


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """Names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes

    @property
    def api(self) -> str | None:
        """Whose path it is; None where it is nobody's."""
        return next((name for name, dialect in all_dialects().items() if self.path.startswith(dialect.prefixes)), None)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def asked(self) -> dict[str, Any]:
        """The request's body, where it is a JSON object."""
        return _object(self.body)

    def answered(self) -> dict[str, Any] | None:
        """The answer's body; None where it is no JSON object."""
        return _object(self.answer) or None


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def fields_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field at any depth with its path: `a.b`, and `a[].b` for those of objects in an array."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            yield here, inner
            yield from fields_of(inner, here)
    elif isinstance(value, list):
        for item in value:
            yield from fields_of(item, f"{path}[]")


def answered_fields(where: str, document: Any) -> set[str]:
    """Observations of the fields of an answer."""
    return {f"{_emptiness(value)}response {where} {path}" for path, value in fields_of(document)}


def _emptiness(value: Any) -> str:
    if value is None:
        return "null "
    return "empty " if value == "" else ""


def sent_fields(endpoint: str, document: Any) -> set[str]:
    """Observations of the fields of an accepted request; null and blank fields exercise nothing."""
    return {f"request {endpoint} {path}" for path, value in fields_of(document) if _says_something(value)}


def _says_something(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def answered_headers(exchange: Exchange) -> set[str]:
    return {"header of the answer retry-after"} if "retry-after" in exchange.answer_headers else set()


def sent_headers(exchange: Exchange) -> set[str]:
    return {f"header {name}" for name, value in exchange.headers.items() if value.strip()}
