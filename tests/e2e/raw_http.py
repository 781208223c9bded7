"""HTTP as bytes: a request that goes out exactly as it is written, and the answer.

The trap: an HTTP library corrects what it sends, or refuses to send it. Bad requests have to reach the socket as they
are, so nothing here checks anything.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from tests.coverage.compared import following
from tests.coverage.exchange import Exchange
from tests.coverage.recorder import RECORDER, Comparing

CALL_TIMEOUT_S = 60.0


class Answer(msgspec.Struct, frozen=True):
    """`comparing`: who wants to know which of its values a test compares."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    comparing: Comparing | None = None

    def json(self) -> Any:
        """The document; an answer that is not JSON is never right."""
        assert self.headers["content-type"] == "application/json", self
        document = json.loads(self.body)
        return document if self.comparing is None else following(document, self.comparing)


class Call(msgspec.Struct, frozen=True):
    """One request. `chunked` sends the body in pieces without saying how long it is."""

    method: str
    target: str
    headers: Mapping[str, str | bytes]
    body: bytes = b""
    chunked: bool = False

    def but(self, **changes: Any) -> Call:
        """The same call with other parts."""
        return msgspec.structs.replace(self, **changes)

    def headed(self, changes: Mapping[str, str | bytes | None]) -> Call:
        """The same call with other headers; None leaves one out."""
        headers = {**self.headers, **changes}
        return self.but(headers={name: value for name, value in headers.items() if value is not None})

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1"), b"host: localhost", b"connection: close"]
        for name, value in self.headers.items():
            lines.append(
                name.encode("ascii") + b": " + (value if isinstance(value, bytes) else value.encode("latin-1"))
            )
        body = self.body
        if self.chunked:
            lines.append(b"transfer-encoding: chunked")
            body = b"".join(_chunks(self.body)) + b"0\r\n\r\n"
        elif body or self.method == "POST":
            lines.append(b"content-length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _chunks(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def exchange(base_url: str, raw: bytes, method: str = "POST") -> Answer:
    """Send these bytes on a new connection and read one answer."""
    with sent(base_url, raw, method) as answer:
        return answer()


@contextmanager
def sent(
    base_url: str, raw: bytes, method: str = "POST", *, patience_s: float = CALL_TIMEOUT_S
) -> Iterator[Callable[[], Answer]]:
    """These bytes are on their way; what is given reads the answer."""
    where = urlsplit(base_url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=patience_s) as connection:
        connection.sendall(raw)

        def answer() -> Answer:
            with http.client.HTTPResponse(connection, method=method) as response:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())

        yield answer


def send(base_url: str, call: Call) -> Answer:
    return recorded(call, exchange(base_url, call.raw(), call.method))


def recorded(call: Call, answer: Answer) -> Answer:
    """What is shown on docs/coverage-*.md was seen here."""
    return replace(answer, comparing=_record(call, answer))


def _record(call: Call, answer: Answer) -> Comparing | None:
    headers = {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in call.headers.items()
    }
    return RECORDER.record(
        Exchange(
            method=call.method,
            target=call.target,
            headers=headers,
            body=call.body,
            status=answer.status,
            answer_headers=answer.headers,
            answer=answer.body,
        )
    )
