"""HTTP as plain data, so that a dialect needs no socket and a test needs no server."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One received request. `headers` have lower-case names; `path` holds no query string, and its segments are
    decoded but for a slash or percent sign in one; `parameters` are the named parts of the route's path, decoded whole;
    `body` is exactly what was received."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    parameters: Mapping[str, str] = {}


class Response(msgspec.Struct, frozen=True):
    """One answer; the content type is JSON unless `headers` say otherwise. Header names are lower case."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
