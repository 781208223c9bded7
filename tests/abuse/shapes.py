"""Strangers whose requests can be read in two ways: offers of another protocol, lengths that contradict each other.

Whoever reads them otherwise than a proxy did serves a request that nobody sent. So every shape hides one for /health,
whose 200 must never come; and an offered upgrade, which is no fault, is answered once, as if it had not been made.

The trap: an answer more than there were requests is only seen by who waits for it.
"""

from __future__ import annotations

import asyncio
import os
import time
from itertools import cycle

import msgspec

from outlay.dialects import all_dialects
from outlay.wire.samples import SampleMoment, SampleOrder
from tests.abuse.caller import as_bytes
from tests.abuse.lines import Line, Lost
from tests.abuse.mission import LESSPAY_CREATE, LESSPAY_QUERY, Scene, crowd, post, stranger

FIRST_S, MORE_S = 1.0, 0.3
PATIENCE_S = 10.0
HIDDEN = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
OFFERS = (
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n",
    "Connection: keep-alive, upgrade\r\nUpgrade: TLS/1.0\r\n",
)


@stranger("offered upgrades", allowed="200 401 404", proxied="closed")
async def offered_upgrades(scene: Scene) -> None:
    """offers of h2c, websocket and TLS with a body that looks like a request"""
    offers = cycle(OFFERS)

    async def one(scene: Scene) -> None:
        offer = next(offers)
        await _answered(scene, post(LESSPAY_QUERY, HIDDEN, extra=offer), "401 503")
        await _answered(scene, _valid(scene, offer), "200")

    await crowd(scene, 2, one)


def _valid(scene: Scene, offer: str) -> bytes:
    """A merchant's own order, as a client library that makes offers sends it."""
    samples = all_dialects()["lesspay"].samples
    order = SampleOrder(os.urandom(16).hex(), samples.currency, "1.00")
    request = samples.create(
        scene.mission.sessions["lesspay"], order, SampleMoment(time.time_ns() // 1_000_000, os.urandom(16))
    )
    head, _, body = as_bytes(request).partition(b"\r\n\r\n")
    return head + b"\r\n" + offer.encode() + b"\r\n" + body


async def _answered(scene: Scene, request: bytes, wanted: str) -> None:
    """Once, with one of these; and the next request on the connection with its own."""
    line = await scene.open()
    if line is None:
        return
    try:
        statuses = await _statuses(line, request + b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
    finally:
        line.close()
    if len(statuses) in (1, 2) and statuses[0] in wanted.split() and statuses[1:] in ([], ["404"]):
        scene.saw.met(statuses[0])
    else:
        scene.saw.noted(f"{' '.join(statuses) or 'nothing'} instead of {wanted} 404")


async def _statuses(line: Line, request: bytes) -> list[str]:
    """Of all answers that come."""
    found: list[str] = []
    line.send(request)
    try:
        while len(found) < 4:
            status, _ = await asyncio.wait_for(line.answer(), PATIENCE_S if len(found) < 2 else MORE_S)
            found.append(str(status))
    except (Lost, OSError, TimeoutError):
        pass
    return found


class Shape(msgspec.Struct, frozen=True):
    """`mended`: a proxy may write it anew in a good form, and then it is good."""

    name: str
    request: bytes
    mended: bool = False


def _shape(name: str, headers: str, body: bytes = b"", *, mended: bool = False) -> Shape:
    head = f"POST {LESSPAY_CREATE} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
    return Shape(name, head.encode("latin-1") + body, mended)


def _health(name: str, request: str, *, mended: bool = False) -> Shape:
    return Shape(name, request.encode("latin-1"), mended)


_CHUNKED = "Transfer-Encoding: chunked\r\n"
_NONE = b"0\r\n\r\n"
_LENGTH = f"Content-Length: {len(HIDDEN)}\r\n"
SHAPES = (
    _shape("a length and chunks", "Content-Length: 5\r\n" + _CHUNKED, _NONE + HIDDEN),
    _shape("chunks and a length", _CHUNKED + "Content-Length: 5\r\n", _NONE + HIDDEN),
    _shape("two lengths", "Content-Length: 0\r\n" + _LENGTH, HIDDEN),
    _shape("a list of lengths", f"Content-Length: 0, {len(HIDDEN)}\r\n", HIDDEN),
    _shape("a length with a sign", "Content-Length: +0\r\n", HIDDEN),
    _shape("a hexadecimal length", "Content-Length: 0x0\r\n", HIDDEN),
    _shape("a negative length", "Content-Length: -1\r\n", HIDDEN),
    _shape("an unknown coding", "Transfer-Encoding: xchunked\r\n", _NONE + HIDDEN),
    _shape("chunked, identity", "Transfer-Encoding: chunked, identity\r\n", _NONE + HIDDEN),
    _shape("chunked twice", _CHUNKED + _CHUNKED, _NONE + HIDDEN),
    _shape("a blank before the colon", "Transfer-Encoding : chunked\r\n", _NONE + HIDDEN),
    _shape("a folded line", "X-A: 1\r\n Transfer-Encoding: chunked\r\n", _NONE + HIDDEN),
    _shape("a bare CR", "X-A: 1\rTransfer-Encoding: chunked\r\n", _NONE + HIDDEN),
    _shape("a NUL in a header", "X-A: 1\0\r\n", HIDDEN),
    _shape("a chunk of no number", _CHUNKED, b"z\r\n" + HIDDEN),
    _shape("a chunk in 0x", _CHUNKED, b"0x0\r\n\r\n" + HIDDEN),
    _shape("a negative chunk", _CHUNKED, b"-1\r\n\r\n" + HIDDEN),
    _shape("a chunk with a sign", _CHUNKED, b"+0\r\n\r\n" + HIDDEN),
    _shape("a chunk too large for any number", _CHUNKED, b"fffffffffffffffff0\r\n" + HIDDEN),
    _shape("a chunk that is longer than it says", _CHUNKED, b"1\r\nab\r\n" + _NONE + HIDDEN),
    _shape("a blank after a chunk's size", _CHUNKED, b"0 \r\n\r\n" + HIDDEN, mended=True),
    _shape("lines of chunks that end in LF", _CHUNKED, b"0\n\n" + HIDDEN, mended=True),
    _health("lines that end in LF", "GET /health HTTP/1.1\nHost: localhost\n\n", mended=True),
    _health("no Host", "GET /health HTTP/1.1\r\n\r\n"),
    _health("two Hosts", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    _health("HTTP/9.9", "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n"),
    _health("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    _health(
        "chunks in HTTP/1.0", "GET /health HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    _health(
        "a tunnel",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ),
)


@stranger("smuggled requests", allowed="refused", seconds=5)
async def smuggled(scene: Scene) -> None:
    """29 requests that hide another one in what their lengths leave open"""
    shapes = cycle(SHAPES)

    async def one(scene: Scene) -> None:
        shape = next(shapes)
        line = await scene.open()
        if line is None:
            return
        line.send(shape.request)
        served = await _is_served(line)
        line.close()
        if served and not (shape.mended and scene.mission.is_proxied):
            scene.saw.noted(f"served: {shape.name}")
        else:
            scene.saw.met("refused")

    await crowd(scene, 8, one)


async def _is_served(line: Line) -> bool:
    patience_s = FIRST_S
    try:
        while True:
            status, _ = await asyncio.wait_for(line.answer(), patience_s)
            if status == 200:
                return True
            patience_s = MORE_S
    except (Lost, OSError, TimeoutError, ValueError):
        return False
