"""HTTP as plain data, so that a dialect needs no socket and a test needs no server."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from outlay.wire.problems import Fault


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
    """One answer; the content type is JSON unless `headers` say otherwise. Header names are lower case. `fault` is the
    "no" that the body words, for the log: only the dialect knows which answers are one (a repeated reference is a
    duplicate in one API and the same payout in another)."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
