"""How long a caller may take over what it has to do: each limit is a few tenths of a second here."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from outlay.api.limits import Bite
from tests.front.served import Answers, Front, ask, echo, has_ended

pytestmark = pytest.mark.slow

LIMIT_S = 0.3
LONG_S = 30.0
_GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
_HEAD = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"


def drip(connection: socket.socket, pieces: Iterable[bytes], every_s: float = 0.05) -> threading.Thread:
    """Sends piece by piece until that fails."""

    def send() -> None:
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(every_s)

    dripping = threading.Thread(target=send, daemon=True)
    dripping.start()
    return dripping


def byte_by_byte(raw: bytes, then: bytes = b"x", count: int = 2000) -> Iterator[bytes]:
    yield raw
    for _ in range(count):
        yield then


HEADS = {
    "nothing": [b""],
    "half a head": [b"GET /a HTTP/1.1\r\nHos"],
    "an empty line": [b"\r\n"],
    "a head byte by byte": byte_by_byte(b"GET /a HTTP/1.1\r\nX: "),
    "half an offer": [b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"],
}


@pytest.mark.parametrize("sent", HEADS)
def test_a_head_that_is_not_there_in_time_is_told_so(sent: str) -> None:
    with Front(head_seconds=LIMIT_S) as front, front.connect() as connection:
        began = time.monotonic()
        drip(connection, HEADS[sent])
        answer = Answers(connection).next()
        took_s = time.monotonic() - began
        assert answer is not None
        assert (answer.status, list(answer.json()), answer.headers["connection"]) == (408, ["error"], "close")
        assert took_s >= LIMIT_S * 0.9, "a caller has all of its time"
        assert front.bitten(Bite.HEAD_TOO_SLOW) == 1


def test_a_second_head_has_its_time_from_its_first_byte() -> None:
    with Front(head_seconds=1.5, idle_seconds=LONG_S) as front, front.connect() as connection:
        answers = Answers(connection)
        connection.sendall(_GET)
        assert status(answers) == 200
        time.sleep(2)
        connection.sendall(_GET[:20])
        time.sleep(0.5)
        connection.sendall(_GET[20:] + _GET[:20])
        assert status(answers) == 200
        assert status(answers) == 408


def status(answers: Answers) -> int | None:
    answer = answers.next()
    return None if answer is None else answer.status


BODIES = {
    "nothing": [_HEAD],
    "half a body": [_HEAD + b"x" * 500_000],
    "a body byte by byte": byte_by_byte(_HEAD),
    "an offer's body": [_HEAD[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
    "chunks": byte_by_byte(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk extension": byte_by_byte(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;"),
}


@pytest.mark.parametrize("sent", BODIES)
def test_a_body_that_is_not_there_in_time_is_told_so(sent: str) -> None:
    with Front(body_seconds=LIMIT_S, body_rate=0) as front, front.connect() as connection:
        drip(connection, BODIES[sent])
        answer = Answers(connection).next()
        assert answer is not None
        assert (answer.status, list(answer.json()), answer.headers["connection"]) == (408, ["error"], "close")
        assert front.bitten(Bite.BODY_TOO_SLOW) == 1


def test_a_body_below_the_least_rate_is_told_so_long_before_its_time_is_over() -> None:
    with Front(body_seconds=1.2, body_rate=100_000, head_seconds=1) as front:
        with front.connect() as connection:
            began = time.monotonic()
            drip(connection, byte_by_byte(_HEAD, b"x" * 100))
            assert status(Answers(connection)) == 408
            slow_s = time.monotonic() - began
        assert slow_s < 1.2
        with front.connect() as connection:
            drip(connection, byte_by_byte(_HEAD, b"x" * 100_000, 10))
            assert status(Answers(connection)) == 200


async def unhurried(scope: Any, receive: Any, send: Any) -> None:
    """Wants the body only after a while."""
    await asyncio.sleep(LIMIT_S * 4)
    await echo(scope, receive, send)


@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"], ids=["more than is held", "asked for"])
def test_a_sender_that_waits_for_the_application_is_not_too_slow(expects: bytes) -> None:
    size = 3_000_000
    with Front(unhurried, body_seconds=LIMIT_S, body_rate=0) as front, front.connect() as connection:
        connection.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%b\r\n" % (size, expects))
        answers = Answers(connection)
        if expects:
            assert status(answers) == 100
        drip(connection, [b"x" * size])
        assert status(answers) == 200


def test_a_sender_that_waits_for_the_answer_before_is_not_too_slow() -> None:
    with Front(body_seconds=LIMIT_S, body_rate=0) as front, front.connect() as connection:
        connection.sendall(b"GET /a?wait=0.9 HTTP/1.1\r\nHost: a\r\n\r\n" + _HEAD + b"x" * 999_999)
        answers = Answers(connection)
        assert status(answers) == 200
        connection.sendall(b"x")
        assert status(answers) == 200


def test_a_connection_between_two_requests_is_closed_without_a_word() -> None:
    with Front(idle_seconds=LIMIT_S, head_seconds=LONG_S) as front, front.connect() as connection:
        assert ask(connection, _GET).status == 200
        began = time.monotonic()
        assert has_ended(connection)
        assert time.monotonic() - began >= LIMIT_S * 0.5
        assert front.bitten(Bite.IDLE_CLOSED) == 1


def test_an_answer_that_takes_its_time_is_waited_for() -> None:
    tight = {"head_seconds": LIMIT_S, "body_seconds": LIMIT_S, "idle_seconds": LIMIT_S, "unread_seconds": LIMIT_S}
    with Front(**tight) as front, front.connect() as connection:
        assert ask(connection, b"GET /a?wait=1.5 HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
        assert not front.tally.counts


@pytest.mark.parametrize(
    "raw",
    [b"GET /a?fill=20000000 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /a?fill=900 HTTP/1.1\r\nHost: a\r\n\r\n" * 40_000],
)
def test_an_answer_that_nobody_reads_is_given_up(raw: bytes) -> None:
    with Front(unread_seconds=LIMIT_S) as front, front.connect() as connection, front.connect() as neighbour:
        drip(connection, [raw])
        wait_for_bite(front, Bite.ANSWER_UNREAD)
        assert has_ended_amid(connection)
        assert ask(neighbour, _GET).status == 200


def has_ended_amid(connection: socket.socket) -> bool:
    """What of it is on its way already still arrives."""
    try:
        Answers(connection).rest()
    except ConnectionError:
        return True
    return True


def wait_for_bite(front: Front, limit: Bite) -> None:
    until = time.monotonic() + 20
    while not front.bitten(limit):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_answer_that_is_read_slowly_but_steadily_arrives_whole() -> None:
    with Front(unread_seconds=3.0) as front, front.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.sendall(b"GET /a?fill=3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        read = b""
        while piece := connection.recv(100_000):
            read += piece
            time.sleep(0.01)
        assert len(read) > 3_000_000


def test_an_application_that_writes_faster_than_its_reader_is_made_to_wait() -> None:
    """Or the rest of a long answer would stand in memory."""
    parts, written = 200, 0

    async def writes(scope: Any, receive: Any, send: Any) -> None:
        nonlocal written
        if scope["path"] != "/long":
            await echo(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200})
        for _ in range(parts):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            written += 1
        await send({"type": "http.response.body"})

    with Front(writes) as front, front.connect() as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        before = -1
        while written != before:
            before = written
            time.sleep(0.3)
        assert 0 < written < parts * 0.75
        answer = Answers(connection).next()
        assert answer is not None
        assert len(answer.body) == parts * 100_000
