"""The front on a real socket, in a thread with a loop of its own, and an application that tells what it was asked.

Tests are plain code with blocking sockets: what a caller does slowly, or not at all, must not hold up the server.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import msgspec
import uvloop

from outlay.api.exchange import NOBODY, Application
from outlay.api.limits import Bite, FrontLimits, Tally
from outlay.api.server import bind, serve_http

PATIENCE_S = 20.0


class Front:
    """Serves `app` with these limits while it is entered."""

    def __init__(self, app: Application | None = None, *, grace_s: float = 5.0, **limits: Any) -> None:
        self.tally = Tally()
        self.asked = 0
        """Requests that the application has begun with."""
        self._app = app or echo
        self._limits, self._grace_s = FrontLimits(**limits), grace_s
        self._listener = bind("127.0.0.1", 0)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="front")
        self.stopped_at = float("inf")
        """By `time.monotonic`; what the loop waits for afterwards is not the server."""
        self.unanswered: int
        """How many callers the stop did not wait for."""
        self.failed: BaseException | None = None

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self.unanswered = await serve_http(
                self._count, self._listener, self._stop, self._limits, self.tally, grace_s=self._grace_s
            )
            self.stopped_at = time.monotonic()

        try:
            uvloop.run(serve())
        except BaseException as error:
            self.failed = error

    async def _count(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self._app(scope, receive, send)

    def connect(self, patience_s: float = PATIENCE_S) -> socket.socket:
        return socket.create_connection(self.address, timeout=patience_s)

    def bitten(self, limit: Bite) -> int:
        return self.tally.counts[limit]

    def stand_still(self, seconds: float, slow_turns: int = 0, slow_s: float = 0.0) -> None:
        """As a process that is stopped: its loop does nothing for so long. Then so many of its turns take so long."""
        begun = threading.Event()

        def stand() -> None:
            begun.set()
            time.sleep(seconds)
            self._loop.call_soon(be_slow, slow_turns)

        def be_slow(turns: int) -> None:
            if turns:
                time.sleep(slow_s)
                self._loop.call_soon(be_slow, turns - 1)

        self._loop.call_soon_threadsafe(stand)
        assert begun.wait(PATIENCE_S)

    def begin_to_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self) -> None:
        """Returns when it has stopped."""
        self.begin_to_stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        with self.connect() as first:
            assert ask(first, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status < 500
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self.stop()
        self._listener.close()
        assert self.failed is None, self.failed


# -- answers ----------------------------------------------------------------------------------------------------------


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Answers:
    """The answers on one connection, one after another, read as a careful client reads them. `next` gives None where
    the connection has ended; raises ConnectionError where it was cut."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = bytearray()

    def next(self, method: str = "POST") -> Answer | None:
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        assert len(headers) == len(lines), lines
        if int(status) < 200:
            return Answer(int(status), headers, b"")
        return Answer(int(status), headers, self._body(method, int(status), headers))

    def _body(self, method: str, status: int, headers: Mapping[str, str]) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return self.rest()
        body = b""
        while True:
            size = self._until(b"\r\n")
            assert size is not None
            chunk = self._exactly(int(size, 16) + 2)
            assert chunk.endswith(b"\r\n")
            if chunk == b"\r\n":
                return body
            body += chunk[:-2]

    @property
    def has_begun(self) -> bool:
        """Whether a part of an answer is there."""
        return bool(self._read)

    def rest(self) -> bytes:
        while self._more():
            pass
        rest, self._read = bytes(self._read), bytearray()
        return rest

    def _more(self) -> bool:
        received = self._connection.recv(1_000_000)
        self._read += received
        return bool(received)

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._read:
            if not self._more():
                if self._read:
                    raise ConnectionError(f"cut in {bytes(self._read[:200])!r}")
                return None
        found, _, self._read = self._read.partition(end)
        return bytes(found)

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            if not self._more():
                raise ConnectionError(f"cut {size - len(self._read)} bytes before the end")
        found = bytes(self._read[:size])
        del self._read[:size]
        return found


def ask(connection: socket.socket, raw: bytes, method: str = "POST") -> Answer:
    """Send these bytes and read one answer."""
    connection.sendall(raw)
    answer = Answers(connection).next(method)
    assert answer is not None, "closed without an answer"
    return answer


def has_ended(connection: socket.socket) -> bool:
    """Whether nothing more comes and the connection is closed; waits for it."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


# -- the application --------------------------------------------------------------------------------------------------


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """What was asked, as JSON. In the query: `wait` so many seconds before the answer, `fill` it with so many bytes;
    `nobody`: say that nothing is proved, before the wait; `unread`: answer without asking for the body; `limit`: 413
    for bodies that are longer, as soon as that is known."""
    wishes = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    body, size, limit = sha256(), 0, int(wishes.get("limit", 1 << 40))
    more = "unread" not in wishes
    while more and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body.update(message["body"])
        size += len(message["body"])
        more = message["more_body"]
    if "nobody" in wishes:
        scope[NOBODY] = True
    if "wait" in wishes:
        await asyncio.sleep(float(wishes["wait"]))
    told = {
        "method": scope["method"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "version": scope["http_version"],
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "size": size,
        "body": body.hexdigest(),
        "filling": "x" * int(wishes.get("fill", 0)),
    }
    text = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 413 if size > limit else 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
