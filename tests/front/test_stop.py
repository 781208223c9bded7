"""The end: what was begun before it is answered, nothing new is taken, and nobody's answer is cut."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from typing import Any

import pytest

from outlay.api import connections
from outlay.api.connection import Connection
from outlay.api.limits import FrontLimits, Tally
from outlay.api.server import LAST_WORDS_S
from tests.front.served import PATIENCE_S, Answers, Front, ask, echo, has_ended, wait_until

_GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
_SLOW = b"GET /a?wait=0.7 HTTP/1.1\r\nHost: a\r\n\r\n"


def is_closed_to_newcomers(front: Front) -> bool:
    try:
        with front.connect() as newcomer:
            return has_ended(newcomer)
    except ConnectionError:
        return True


def test_what_is_under_way_is_answered_and_said_to_be_the_last() -> None:
    with Front() as front, front.connect() as connection:
        connection.sendall(_SLOW)
        wait_until(lambda: front.asked == 2)
        front.begin_to_stop()
        wait_until(lambda: is_closed_to_newcomers(front))
        answers = Answers(connection)
        answer = answers.next()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert answers.next() is None


def test_all_requests_that_were_received_before_it_are_answered() -> None:
    with Front() as front, front.connect() as connection:
        connection.sendall(_SLOW + _GET * 200)
        wait_until(lambda: front.asked == 2)
        front.begin_to_stop()
        answers = Answers(connection)
        told = [answers.next() for _ in range(202)]
        assert [answer and answer.status for answer in told] == [200] * 201 + [None]


@pytest.mark.parametrize("begun", [b"POST /a HTT", b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo"])
def test_a_request_that_is_still_arriving_is_waited_for(begun: bytes) -> None:
    whole = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
    with Front() as front, front.connect() as connection:
        connection.sendall(_GET + begun)
        answers = Answers(connection)
        assert answers.next()
        front.begin_to_stop()
        wait_until(lambda: is_closed_to_newcomers(front))
        connection.sendall(whole[len(begun) :])
        answer = answers.next()
        assert answer is not None
        assert (answer.json()["size"], answer.headers["connection"]) == (4, "close")


def test_who_asks_nothing_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it wait for the next sweep."""
    monkeypatch.setattr(connections, "SWEEP_S", 60.0)
    long = {"head_seconds": 300, "body_seconds": 300, "idle_seconds": 300, "unread_seconds": 300}
    with Front(grace_s=20, **long) as front, front.connect() as silent, front.connect() as idle:
        assert ask(idle, _GET).status == 200
        began = time.monotonic()
        front.stop()
        assert time.monotonic() - began < 5
        assert has_ended(silent)
        assert has_ended(idle)


@pytest.mark.slow  # waits for a grace to be over
async def test_who_comes_late_and_asks_nothing_does_not_hold_it_up_either() -> None:
    """A connection that waited to be accepted may be made after all others were told."""
    limits = FrontLimits(head_seconds=60, body_seconds=60, idle_seconds=60, unread_seconds=60)
    hall = connections.Connections(limits, Tally(), most=10)
    hall.stopping = True
    sweeping = asyncio.create_task(hall.keep_sweeping())
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    await loop.connect_accepted_socket(lambda: Connection(echo, hall), ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()
    sweeping.cancel()


async def says_its_last_words(scope: Any, receive: Any, send: Any) -> None:
    """On `/long`, where it would take hours."""
    if scope["path"] != "/long":
        await echo(scope, receive, send)
        return
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        body = json.dumps({"cut": "short", "filling": "x" * int(scope["query_string"] or 0)}).encode()
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": body})


_LONG = b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n"


def test_what_takes_too_long_can_say_so_and_is_heard_to_its_last_byte() -> None:
    """Twelve megabytes do not go into a socket at once: they have to be read before it is closed."""
    with Front(says_its_last_words, grace_s=0.3) as front, front.connect() as connection:
        connection.sendall(_LONG.replace(b"/long", b"/long?12000000"))
        wait_until(lambda: front.asked == 2)
        began = time.monotonic()
        front.begin_to_stop()
        answers = Answers(connection)
        answer = answers.next()
        assert time.monotonic() - began >= 0.299  # its loop counts in milliseconds
        assert answer is not None
        assert (answer.status, answer.json()["cut"], answer.headers["connection"]) == (503, "short", "close")
        assert answers.next() is None


def test_each_of_several_that_wait_behind_one_that_takes_too_long_is_told() -> None:
    with Front(says_its_last_words, grace_s=0.3) as front, front.connect() as connection:
        connection.sendall(_LONG * 3)
        wait_until(lambda: front.asked == 2)
        front.begin_to_stop()
        answers = Answers(connection)
        assert [(answer := answers.next()) and answer.status for _ in range(4)] == [503, 503, 503, None]


@pytest.mark.slow  # waits for a grace to be over
def test_it_tells_how_many_callers_it_did_not_wait_for() -> None:
    """Not who has sent half of something."""
    with (
        Front(says_its_last_words, grace_s=0.3) as front,
        front.connect() as one,
        front.connect() as other,
        front.connect() as stranger,
        front.connect() as slow_stranger,
    ):
        one.sendall(_LONG)
        other.sendall(_LONG + _GET)
        stranger.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo")
        slow_stranger.sendall(b"POST /a HTT")
        wait_until(lambda: front.asked == 4)
        front.stop()
        assert front.unanswered == 2


@pytest.mark.slow  # waits for a grace to be over
def test_who_was_answered_and_keeps_the_connection_open_was_not_cut_short() -> None:
    with Front(grace_s=0.3) as front, front.connect() as connection:
        connection.sendall(_GET.replace(b"/a", b"/a?wait=0.2"))
        wait_until(lambda: front.asked == 2)
        front.begin_to_stop()
        answer = Answers(connection).next()
        assert answer is not None
        assert answer.status == 200
        front.stop()
        assert front.unanswered == 0


async def takes_its_time_to_say_so(scope: Any, receive: Any, send: Any) -> None:
    """On `/0`, `/1`, … so many tenths of a second."""
    if scope["path"] == "/":
        await echo(scope, receive, send)
        return
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(int(scope["path"][1:]) / 10)
        await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body"})


def test_nobody_is_interrupted_twice() -> None:
    """The last words of one may come later than another's."""
    with Front(takes_its_time_to_say_so, grace_s=0.3) as front, front.connect() as first, front.connect() as second:
        first.sendall(b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
        second.sendall(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: front.asked == 3)
        front.begin_to_stop()
        for connection in (first, second):
            answer = Answers(connection).next()
            assert answer is not None
            assert answer.status == 500


def test_for_an_application_that_says_nothing_the_front_does() -> None:
    with Front(grace_s=0.3) as front, front.connect() as connection:
        connection.sendall(b"GET /a?wait=60 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: front.asked == 2)
        front.begin_to_stop()
        answer = Answers(connection).next()
        assert answer is not None
        assert (answer.status, list(answer.json())) == (503, ["error"])


DEAF_S = 8.0


async def deaf(scope: Any, receive: Any, send: Any) -> None:
    """On `/deaf` it does not listen to being cancelled."""
    if scope["path"] != "/deaf":
        await echo(scope, receive, send)
        return
    until = time.monotonic() + DEAF_S
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            continue


async def pours(scope: Any, receive: Any, send: Any) -> None:
    """On `/pours` it writes far more than anybody reads."""
    if scope["path"] != "/pours":
        await echo(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(2000):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})


@pytest.mark.slow  # waits for a grace to be over
@pytest.mark.parametrize(("app", "path"), [pytest.param(deaf, b"/deaf", marks=pytest.mark.slow), (pours, b"/pours")])
def test_nothing_holds_it_up_longer_than_its_grace_and_a_last_word(app: Any, path: bytes) -> None:
    with Front(app, grace_s=0.3, unread_seconds=60) as front, front.connect() as connection:
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path)
        wait_until(lambda: front.asked == 2)
        began = time.monotonic()
        front.stop()
        assert front.stopped_at - began < 0.3 + LAST_WORDS_S + 4


@pytest.mark.slow
def test_those_who_wait_for_a_refusal_do_not_hold_it_up() -> None:
    with Front(grace_s=PATIENCE_S) as front, front.connect() as nobody:
        nobody.sendall(b"GET /a?nobody=1&wait=60 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: front.asked == 2)
        began = time.monotonic()
        front.stop()
        assert front.stopped_at - began < PATIENCE_S / 2


def test_forty_callers_that_ask_all_the_time_see_no_answer_cut() -> None:
    """A connection may end between two answers, never in one, and never on a request that was told to be served."""
    cut: list[str] = []
    whole: list[int] = []

    def keep_asking(connection: socket.socket) -> None:
        answers = Answers(connection)
        while True:
            try:
                connection.sendall(b"GET /a?wait=0.01&fill=2000 HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = answers.next()
            except OSError as error:
                if not isinstance(error, ConnectionResetError | BrokenPipeError) or answers.has_begun:
                    cut.append(repr(error))
                return
            if answer is None:
                return
            whole.append(answer.status)
            if answer.headers.get("connection") == "close":
                connection.close()
                return

    with Front() as front:
        connections = [front.connect() for _ in range(40)]
        callers = [threading.Thread(target=keep_asking, args=(connection,)) for connection in connections]
        for caller in callers:
            caller.start()
        wait_until(lambda: len(whole) > 200)
        front.stop()
        for caller in callers:
            caller.join(PATIENCE_S)
        for connection in connections:
            connection.close()
    assert cut == []
    assert set(whole) == {200}
