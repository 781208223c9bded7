"""How long a head may be; what a caller hears whose body is larger than it may be."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from outlay.api.limits import Bite
from outlay.dialects import all_dialects
from tests.front.served import PATIENCE_S, Answer, Answers, Front, ask, echo, has_ended

MIB = 1024 * 1024
HEAD_LIMIT = 8192
HEAD_LINES = 30
_START = b"GET /a HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front(head_limit=HEAD_LIMIT, head_lines=HEAD_LINES) as served:
        yield served


def of_length(size: int, offer: bytes = b"") -> bytes:
    """A good head of so many bytes, with one long header."""
    start = _START + offer + b"X: "
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


OFFER = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize("offer", [b"", OFFER], ids=["plain", "with an offer"])
def test_a_head_up_to_the_limit_is_read_and_one_above_it_is_told_so(front: Front, offer: bytes) -> None:
    bitten = front.bitten(Bite.HEAD_TOO_LONG)
    with front.connect() as connection:
        assert ask(connection, of_length(HEAD_LIMIT, offer)).status == 200
        answer = ask(connection, of_length(HEAD_LIMIT + 40, offer))
        assert (answer.status, list(answer.json()), answer.headers["connection"]) == (431, ["error"], "close")
        assert has_ended(connection)
    assert front.bitten(Bite.HEAD_TOO_LONG) == bitten + 1


def test_as_many_lines_as_allowed_are_read_and_one_more_is_told_so(front: Front) -> None:
    def lines(count: int) -> bytes:
        return _START + b"".join(b"X-%d: a\r\n" % number for number in range(count - 1)) + b"\r\n"

    with front.connect() as connection:
        assert ask(connection, lines(HEAD_LINES)).status == 200
        assert ask(connection, lines(HEAD_LINES + 1)).status == 431


def test_a_target_that_is_too_long_by_itself_is_told_as_such(front: Front) -> None:
    with front.connect() as connection:
        fits = b"/" + b"a" * (HEAD_LIMIT - 100)
        assert ask(connection, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % fits).status == 200
        assert ask(connection, b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * HEAD_LIMIT)).status == 414


ENDLESS = {
    "a header": (_START + b"X: ", b"x" * 65_536),
    "headers' names": (_START, b"x" * 65_536),
    "small headers": (_START, b"A: b\r\n" * 10_000),
    "the target": (b"GET /", b"x" * 65_536),
    "empty lines": (b"", b"\r\n" * 32_768),
    "a trailer": (b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 65_536),
    "a chunk extension": (b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 65_536),
    "a head with an offer": (_START + OFFER + b"X: ", b"x" * 65_536),
}


@pytest.mark.slow  # megabytes over a socket, again and again
@pytest.mark.parametrize("endless", ENDLESS)
def test_what_never_ends_is_refused_keeps_no_memory_and_nobody_waiting(front: Front, endless: str) -> None:
    """A neighbour is served all the while: a header of 32 MiB took seconds in which nobody was."""
    start, rest = ENDLESS[endless]
    before = resident()
    with front.connect() as connection, front.connect() as neighbour:
        sending = threading.Thread(target=send_for_ever, args=(connection, start, rest, 32 * MIB // len(rest)))
        sending.start()
        answer = Answers(connection).next()
        assert answer is not None
        assert answer.status == (414 if endless == "the target" else 431)
        assert ask(neighbour, _START + b"\r\n").status == 200
        sending.join(PATIENCE_S)
        assert not sending.is_alive()
    assert resident() - before < 8 * MIB


def send_for_ever(connection: socket.socket, start: bytes, rest: bytes, times: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(start)
        for _ in range(times):
            connection.sendall(rest)


def resident() -> int:
    """Bytes of memory that this process, which is the server too, has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# -- bodies -----------------------------------------------------------------------------------------------------------

TOO_LARGE_BODY = 2 * MIB
SYSTEMS_BUFFERS = 10 * MIB
"""More than what the system takes for both ends of a connection."""


def refused(front: Front, size: int, *, chunked: bool, close: bool, sends_all_first: bool) -> Answer:
    """What a caller hears that sends a body of `size` where a tenth of a megabyte is allowed."""
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    closing = b"Connection: close\r\n" if close else b""
    head = b"POST /a?limit=100000 HTTP/1.1\r\nHost: a\r\n%b\r\n%b\r\n" % (framing, closing)
    piece = b"x" * 65_536
    if chunked:
        piece = b"10000\r\n" + piece + b"\r\n"
    pieces = size // 65_536
    with front.connect() as connection:
        if sends_all_first:
            connection.sendall(head + piece * pieces + (b"0\r\n\r\n" if chunked else b""))
            return Answers(connection).next() or Answer(0, {}, b"")
        sending = threading.Thread(target=send_for_ever, args=(connection, head, piece, pieces))
        sending.start()
        answer = Answers(connection).next()
        sending.join(PATIENCE_S)
        return answer or Answer(0, {}, b"")


@pytest.mark.slow  # megabytes over a socket, again and again
@pytest.mark.parametrize("chunked", [False, True], ids=["told", "chunked"])
@pytest.mark.parametrize("close", [False, True], ids=["keep-alive", "close"])
def test_a_caller_whose_body_is_too_large_hears_so_whenever_it_begins_to_read(chunked: bool, close: bool) -> None:
    """While others keep the loop busy, twenty times: a socket closed too early would take the answer with it."""
    with Front() as front, busy(front):
        for attempt in range(20):
            answer = refused(front, TOO_LARGE_BODY, chunked=chunked, close=close, sends_all_first=attempt % 2 == 0)
            assert (answer.status, answer.headers["connection"]) == (413, "close")


def test_the_longest_body_is_let_pass_behind_an_answer_that_does_not_wait_for_it() -> None:
    """A stranger's large body is not received; a merchant with a mistyped key must hear that, and not a reset."""
    longest = max(route.longest_body for dialect in all_dialects().values() for route in dialect.routes)
    with Front() as front, front.connect() as connection:
        head = b"POST /a?unread=1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % longest
        connection.sendall(head + b"x" * longest)
        answer = Answers(connection).next()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")


@contextlib.contextmanager
def busy(front: Front) -> Iterator[None]:
    """Two callers that ask without a pause."""
    over = threading.Event()

    def keep_asking() -> None:
        with front.connect() as connection:
            while not over.is_set():
                assert ask(connection, _START + b"\r\n").status == 200

    callers = [threading.Thread(target=keep_asking) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        over.set()
        for caller in callers:
            caller.join()


def test_of_a_body_without_end_only_so_much_is_let_pass() -> None:
    with Front() as front, front.connect() as connection:
        connection.sendall(b"POST /a?limit=10 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (1 << 40))
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 200 * MIB:
                connection.sendall(b"x" * MIB)
                sent += MIB
        assert sent < 100 * MIB


# -- behind the last answer -------------------------------------------------------------------------------------------

SENDERS = 4
SENDING_S = 2.0
SLOW_RATE = 4 * MIB


def blast(front: Front, until: float) -> int:
    """Be refused again and again, and send on behind it as fast as can be. Gives the bytes that were taken."""
    sent = 0
    while time.monotonic() < until:
        with front.connect() as connection, contextlib.suppress(OSError):
            connection.sendall(_START + b"Host: b\r\n\r\n")
            while (left_s := until - time.monotonic()) > 0:
                connection.settimeout(left_s)
                sent += connection.send(b"x" * 65_536)
    return sent


@pytest.mark.slow
def test_what_is_only_dropped_is_read_at_a_bounded_rate_over_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends on behind a refusal would take a processor for nothing; its own bytes wait for it instead."""
    monkeypatch.setattr("outlay.api.connections.DROP_RATE", SLOW_RATE)
    with Front() as front, ThreadPoolExecutor(SENDERS) as pool, front.connect() as neighbour:
        until = time.monotonic() + SENDING_S
        sending = [pool.submit(blast, front, until) for _ in range(SENDERS)]
        while time.monotonic() < until:
            assert ask(neighbour, _START + b"\r\n").status == 200
        sent = sum(one.result() for one in sending)
    assert sent < 2 * SLOW_RATE * SENDING_S + SENDERS * SYSTEMS_BUFFERS


@pytest.mark.slow  # megabytes over a socket, again and again
@pytest.mark.parametrize(
    ("rest", "status"), [(b"\r\nHost: b\r\n\r\n", 400), (b"x" * 65_536, 431)], ids=["whole", "not"]
)
def test_a_connection_that_was_refused_keeps_nothing_of_what_it_was_refused_for(rest: bytes, status: int) -> None:
    many, long = 200, 256 * 1024
    with Front(head_limit=long + 1024) as front, contextlib.ExitStack() as open_connections:
        before = resident()
        for _ in range(many):
            connection = open_connections.enter_context(front.connect())
            connection.sendall(_START + b"X: " + b"x" * long + rest)
            answer = Answers(connection).next()
            assert answer is not None
            assert answer.status == status
        assert resident() - before < many * long / 4


def taken(connection: socket.socket, more: bytes) -> int:
    """Bytes that can be sent before it stops, of a hundred megabytes."""
    connection.settimeout(0.5)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 100 * MIB:
            sent += connection.send(more[sent % len(more) :])
    return sent


async def not_yet(scope: Any, receive: Any, send: Any) -> None:
    """On `/later` it wants the body only after a while."""
    if scope["path"] == "/later":
        await asyncio.sleep(3)
    await echo(scope, receive, send)


_LATER = b"POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
AHEAD = {"requests": _LATER % 0 + _START + b"\r\n", "a body": _LATER % (100 * MIB)}


@pytest.mark.slow
@pytest.mark.parametrize("ahead", AHEAD)
def test_what_nobody_wants_yet_is_left_with_its_sender(ahead: str) -> None:
    """What the system's own buffers take is some megabytes."""
    with Front(not_yet) as front, front.connect() as connection:
        connection.sendall(AHEAD[ahead])
        assert taken(connection, (_START + b"\r\n") * 3000) < 30 * MIB


def test_an_answer_before_the_body_is_whole_ends_the_connection_and_one_behind_it_does_not() -> None:
    with Front() as front:
        head = b"POST /a?unread=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
        with front.connect() as connection:
            assert "connection" not in ask(connection, head + b"abc").headers
            assert ask(connection, head).headers["connection"] == "close"
            connection.sendall(b"abc" + _START + b"\r\n")
            assert has_ended(connection)
