"""The server's one ASGI callable: reads a request from the socket, hands it to the gateway, writes the answer.

No framework: the gateway is one generic pipeline, and a bare callable is the fastest thing that can carry it.

The traps: a body must be counted while it arrives. A client may announce a small body and send a large one. And a
request that is cancelled, because the server stops, is answered all the same, in the form of its API.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from outlay.api.budget import Received, Unproved
from outlay.api.exchange import ASKER, NOBODY
from outlay.api.gateway import Gateway
from outlay.api.limits import Bite, Tally
from outlay.api.paths import routed
from outlay.api.proving import LARGE_BYTES
from outlay.service.health import Health
from outlay.store.patience import asked_by
from outlay.wire.message import Request, Response
from outlay.wire.problems import Trouble

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ALIVE_PATH: Final = "/healthz"
READY_PATHS: Final = frozenset({"/readyz", "/health"})
MOST_LET_PASS: Final = 16 * 1024 * 1024
"""Bytes of a body that is too large; none of them is kept."""
_JSON: Final = (b"content-type", b"application/json")


class App:
    """`health` tells whether this process can serve; `body_limit` lowers the bytes that the routes allow;
    `unproved` counts what strangers send."""

    def __init__(
        self,
        gateway: Gateway,
        health: Health,
        body_limit: int | None,
        tally: Tally,
        unproved: Unproved,
    ) -> None:
        self._gateway = gateway
        self._health = health
        self._body_limit = body_limit if body_limit is not None else sys.maxsize
        self._tally = tally
        self._unproved = unproved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"only http is served, not {scope['type']}")
        try:
            response = await self._respond(scope, receive)
        except asyncio.CancelledError:
            response = self._cut_short(scope)
        if response is not None:
            await _send(response, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response | None:
        path = path_of(scope)
        dialect = self._gateway.dialect_of(path)
        if dialect is None:
            return await self._outside(scope, path)
        head = Request(
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=_headers(scope["headers"]),
            body=b"",
        )
        is_nobody = partial(scope.__setitem__, NOBODY, True)
        longest = self._gateway.longest_body(dialect, head.method, path)
        limit = min(longest, self._body_limit)
        if LARGE_BYTES < int(head.headers.get("content-length", 0)) <= limit:
            turned_away = await self._gateway.turn_away(dialect, head, is_nobody)
            if turned_away is not None:
                return turned_away
        with Received(self._unproved) as received:
            body = await _read_body(receive, limit, received)
            if body is None:
                return None
            if isinstance(body, Trouble):
                if body is Trouble.BODY_TOO_LARGE:
                    self._tally.bit(Bite.BODY_TOO_LARGE)
                return await self._gateway.say_unread(dialect, head, body, is_nobody)
            answering = self._gateway.handle(dialect, replace(head, body=body), received.settle, is_nobody)
            del body  # the gateway alone knows for how long it is needed
            if ASKER not in scope:
                return await answering
            with asked_by(scope[ASKER]):
                return await answering

    def _cut_short(self, scope: Scope) -> Response:
        """The server stops before this request is done. What was begun may have taken effect; of somebody who only
        waits for a refusal nothing was."""
        path = path_of(scope)
        dialect = self._gateway.dialect_of(path)
        if dialect is None:
            return Response(503, b'{"error":"the server is stopping"}')
        if NOBODY in scope:
            return self._gateway.say_busy(dialect, path)
        return self._gateway.say(dialect, Trouble.UNAVAILABLE, path)

    async def _outside(self, scope: Scope, path: str) -> Response:
        if scope["method"] in ("GET", "HEAD"):
            if path == ALIVE_PATH:
                return Response(200, b'{"status":"ok"}')
            if path in READY_PATHS:
                return self._readiness()
        scope[NOBODY] = True
        await self._gateway.wait_as_stranger()
        return Response(404, b'{"error":"no such path: see the README for the paths of each API"}')

    def _readiness(self) -> Response:
        """From memory, so that it comes at once whatever hangs."""
        why = self._health.unready()
        if not why:
            warnings = self._health.warnings()
            return Response(200, msgspec.json.encode({"status": "ok"} | ({"warnings": warnings} if warnings else {})))
        return Response(503, msgspec.json.encode({"status": "unready", "why": why}))


async def _read_body(receive: Receive, limit: int, received: Received) -> bytes | Trouble | None:
    """The body; BODY_TOO_LARGE; TOO_MANY_REQUESTS where it was given up; or None where the client went away before it
    was complete. Of a body that is too large the rest is let pass, up to a bound: a client that is still sending would
    lose the answer with the connection."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= min(limit, LARGE_BYTES):
        return body
    try:
        async with received.waiting():
            return await _read_on(message, receive, limit, received)
    except TimeoutError:
        return Trouble.TOO_MANY_REQUESTS


async def _read_on(
    message: MutableMapping[str, Any], receive: Receive, limit: int, received: Received
) -> bytes | Trouble | None:
    size = 0
    while True:
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size <= limit:
            received.add(piece)
            if received.is_given_up:
                return Trouble.TOO_MANY_REQUESTS
        else:
            received.settle()
        if not message.get("more_body", False) or size > limit + MOST_LET_PASS:
            return received.whole() if size <= limit else Trouble.BODY_TOO_LARGE
        message = await receive()
        if message["type"] == "http.disconnect":
            return None


def path_of(scope: Scope) -> str:
    """As routes are compared with it. ASGI's own `path` no longer tells a slash from one that was escaped."""
    path: str = scope["path"]
    return routed(scope["raw_path"].decode("ascii")) if b"%" in scope["raw_path"] else path


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names come in lower case; blanks around a value are no part of it (RFC 9110 5.5). A header that comes again with
    another value makes one list of both (RFC 9110 5.3), and no header that proves or names anything may be a list: so
    nobody is two callers at once. Again with the same value it is one."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        known = headers.setdefault(name, value)
        if known != value:
            headers[name] = f"{known}, {value}"
    return headers


async def _send(response: Response, send: Send) -> None:
    headers = [_JSON, (b"content-length", str(len(response.body)).encode())]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
