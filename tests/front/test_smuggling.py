"""Requests that two parsers might read in two ways: none is served, and nothing behind it.

A proxy before Outlay that reads one of these otherwise would let a caller put words into another caller's mouth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.front.served import Answers, Front, ask, echo

BEHIND = b"GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"
_POST = b"POST /shape HTTP/1.1\r\nHost: a\r\n"
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
SHAPES = {
    "length and chunks": _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": _POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\nab",
    "the same length twice": _POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "a list of lengths": _POST + b"Content-Length: 2, 2\r\n\r\nab",
    "a length with a sign": _POST + b"Content-Length: +2\r\n\r\nab",
    "a negative length": _POST + b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimal": _POST + b"Content-Length: 0x2\r\n\r\nab",
    "a length with a blank in it": _POST + b"Content-Length: 1 2\r\n\r\nab",
    "another coding": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": _POST + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked, then identity": _POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked in two lines": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "a blank before the colon": _POST + b"Content-Length : 2\r\n\r\nab",
    "a folded header": _POST + b"X: a\r\n Content-Length: 2\r\n\r\n",
    "line feeds alone": b"POST /shape HTTP/1.1\nHost: a\nContent-Length: 2\n\nab",
    "a carriage return in a value": _POST + b"X: a\rContent-Length: 2\r\n\r\n",
    "NUL in a value": _POST + b"X: a\x00b\r\n\r\n",
    "a chunk size with a sign": _CHUNKED + b"+2\r\nab\r\n0\r\n\r\n",
    "a chunk size in 0x form": _CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
    "no chunk size": _CHUNKED + b"\r\nab\r\n0\r\n\r\n",
    "a blank before a chunk size": _CHUNKED + b" 2\r\nab\r\n0\r\n\r\n",
    "a blank behind a chunk size": _CHUNKED + b"2 \r\nab\r\n0\r\n\r\n",
    "a line feed behind a chunk size": _CHUNKED + b"2\nab\r\n0\r\n\r\n",
    "a chunk that is longer than its size": _CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": _CHUNKED + b"fffffffffffffffff\r\nab\r\n0\r\n\r\n",
    "a line feed in a chunk extension": _CHUNKED + b"2;a\n=b\r\nab\r\n0\r\n\r\n",
    "length in a trailer": _CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
    "no host": b"POST /shape HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": _POST + b"Host: b\r\nContent-Length: 0\r\n\r\n",
    "the same host twice": _POST + b"Host: a\r\nContent-Length: 0\r\n\r\n",
    "two hosts in 1.0": b"POST /shape HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "version 9.9": b"POST /shape HTTP/9.9\r\nHost: a\r\n\r\n",
    "version 2.0": b"POST /shape HTTP/2.0\r\nHost: a\r\n\r\n",
    "version 0.9": b"GET /shape HTTP/0.9\r\nHost: a\r\n\r\n",
    "no version": b"GET /shape\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "chunks in 1.0": b"POST /shape HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel with a body": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
    "NUL in the path": b"POST /sha\x00pe HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path that is not ASCII": b"POST /shap\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "no path": b"POST shape HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method of coffee pots": b"BREW /shape HTTP/1.1\r\nHost: a\r\n\r\n",
    "no colon": _POST + b"no colon\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


class Served:
    """The front with an application that remembers what it answered."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.front = Front(self._app)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.paths.append(scope["path"])
            await send(message)

        await echo(scope, receive, noted)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served()
    with served.front:
        yield served


@pytest.mark.parametrize("offer", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"], ids=["plain", "with an offer"])
@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_that_can_be_read_in_two_ways_is_served(served: Served, shape: str, offer: bytes) -> None:
    line, end, rest = SHAPES[shape].partition(b"\r\n")
    raw = line + end + (offer if b"\r\n\r\n" in rest else b"") + rest
    served.paths.clear()
    with served.front.connect() as connection:
        connection.sendall(raw + BEHIND)
        answers = Answers(connection)
        answer = answers.next()
        assert answer is not None
        assert answer.status in (400, 501, 505)
        assert answer.headers["connection"] == "close"
        assert list(answer.json()) == ["error"]
        assert answers.next() is None
    assert served.paths == []


def test_the_same_with_nothing_wrong_is_served(served: Served) -> None:
    for raw in (_POST + b"Content-Length: 2\r\n\r\nab", _CHUNKED + b"2;a=b\r\nab\r\n0\r\nX: y\r\n\r\n"):
        with served.front.connect() as connection:
            connection.sendall(raw + BEHIND)
            answers = Answers(connection)
            assert [answers.next().json()["path"] for _ in range(2)] == ["/shape", "/behind"]  # type: ignore[union-attr]


@pytest.mark.parametrize("shape", ["no host", "two lengths", "a chunk size with a sign", "NUL in a value"])
def test_what_is_wrong_is_told_after_the_requests_before_it_are_answered(served: Served, shape: str) -> None:
    with served.front.connect() as connection:
        connection.sendall(b"GET /slow?wait=0.1 HTTP/1.1\r\nHost: a\r\n\r\n" * 2 + SHAPES[shape])
        answers = Answers(connection)
        assert [(answer := answers.next()) and answer.status for _ in range(4)] == [200, 200, 400, None]


def test_an_answer_of_the_fronts_own_says_nothing_of_what_was_sent(served: Served) -> None:
    with served.front.connect() as connection:
        answer = ask(connection, b"GET /secret HTTP/1.1\r\nX-Secret: secret\x00\r\n\r\n")
    assert b"secret" not in answer.body
