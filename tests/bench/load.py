"""A load generator that costs less than what it measures: keep-alive connections, requests signed beforehand, every
answer checked.

The trap: a client that stops at the first error, or that does not look at the answers, measures how fast a server can
refuse. Here an answer that lacks what it must contain ends the run.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from outlay.wire.message import Request

CONNECTIONS = 64


class Shot(msgspec.Struct):
    """One request as bytes; `expected` must occur in the body of its answer, which must be 200. `live_at`: where 13
    digits of milliseconds are written at the moment of sending."""

    payload: bytes
    expected: bytes
    live_at: int = -1


class Measured(msgspec.Struct):
    per_second: float
    p50_ms: float
    p99_ms: float


class WrongAnswer(Exception):
    pass


def shot(base_url: str, request: Request, expected: str, live_headers: Mapping[str, str]) -> Shot:
    """The request as it goes over the wire; one unsigned time header is filled in when it is sent."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {urlsplit(base_url).netloc}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {len(request.body)}")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    live = next((name for name in live_headers), None)
    live_at = head.index(f"\r\n{live}: ".encode()) + len(live) + 4 if live else -1
    return Shot(head + request.body, expected.encode(), live_at)


async def fire(base_url: str, shots: Sequence[Shot], connections: int = CONNECTIONS) -> Measured:
    """Send all shots as fast as the answers come. Raises WrongAnswer."""
    where = urlsplit(base_url)
    queue = deque(shots)
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    clients = []
    for _ in range(min(connections, len(shots))):
        _, client = await loop.create_connection(lambda: _Client(queue, latencies, done), where.hostname, where.port)
        clients.append(client)
    start = time.perf_counter()
    for client in clients:
        client.send_next()
    while not done.done() and len(latencies) < len(shots):
        await asyncio.wait({done}, timeout=0.005)
    elapsed = time.perf_counter() - start
    for client in clients:
        client.close()
    if done.done():
        done.result()
    latencies.sort()
    return Measured(len(shots) / elapsed, _at(latencies, 0.50), _at(latencies, 0.99))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


class _Client(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is complete."""

    def __init__(self, queue: deque[Shot], latencies: list[float], done: asyncio.Future[None]) -> None:
        self._queue, self._latencies, self._done = queue, latencies, done
        self._buffer = b""
        self._shot: Shot | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send_next(self) -> None:
        if not self._queue:
            self._shot = None
            return
        self._shot = self._queue.popleft()
        payload = self._shot.payload
        if self._shot.live_at >= 0:
            at = self._shot.live_at
            payload = payload[:at] + str(time.time_ns() // 1_000_000).encode() + payload[at + 13 :]
        self._sent = time.perf_counter()
        self._transport.write(payload)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0 or self._shot is None:
            return
        length_at = self._buffer.find(b"content-length: ") + 16
        length = int(self._buffer[length_at : self._buffer.find(b"\r\n", length_at)])
        if len(self._buffer) < head_end + 4 + length:
            return
        answer, self._buffer = self._buffer, b""
        if not answer.startswith(b"HTTP/1.1 200") or self._shot.expected not in answer[head_end:]:
            if not self._done.done():
                self._done.set_exception(WrongAnswer(answer.decode(errors="replace")[:400]))
            return
        self._latencies.append(time.perf_counter() - self._sent)
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._shot is not None and not self._done.done():
            self._done.set_exception(WrongAnswer("the server closed the connection"))

    def close(self) -> None:
        self._shot = None
        self._transport.close()
