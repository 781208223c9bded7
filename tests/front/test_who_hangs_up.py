"""Whether the application hears that its caller has hung up, and since when a request counts as received.

The trap: a socket that was closed looks to the other end like one that only has no more to say.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from outlay.api.connection import MOST_UNTAKEN
from outlay.api.connections import BEAT_S, BEATS_AFTERWARDS, STOOD_STILL_S, Connections
from outlay.api.exchange import ASKER, HALF_CLOSED_WITHIN_S
from outlay.api.limits import FrontLimits, Tally
from outlay.store.patience import Asker
from tests.front.served import Answers, Front, ask, wait_until

pytestmark = pytest.mark.slow  # each stands still for seconds

WAITS = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"x" * (4 * MOST_UNTAKEN)
LARGE = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
LATER_S = 4 * HALF_CLOSED_WITHIN_S


class Waiting:
    """An application that waits until it is told, or its caller hangs up, and knows who asked, by path."""

    def __init__(self) -> None:
        self.askers: dict[str, Asker] = {}
        self.seen_at_s: dict[str, float] = {}
        self.may_answer = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:  # noqa: ASYNC110 (what comes meanwhile fills what may wait)
            await asyncio.sleep(0.01)
        self.askers[scope["path"]] = scope[ASKER]
        self.seen_at_s[scope["path"]] = asyncio.get_running_loop().time()
        while scope["path"] != "/" and not self.may_answer.is_set():  # noqa: ASYNC110 (another thread tells)
            await asyncio.sleep(0.01)
        left = b"left" if scope[ASKER].has_left else b"there"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": left})

    def has_left(self, path: str) -> bool:
        return path in self.askers and self.askers[path].has_left


@pytest.fixture
def app() -> Iterator[Waiting]:
    made = Waiting()
    yield made
    made.may_answer.set()


@pytest.mark.parametrize("sent", [WAITS % 1, LARGE], ids=["small", "larger than what is read ahead"])
def test_one_that_closes_its_side_amid_its_wait_has_hung_up_and_still_gets_its_answer(
    app: Waiting, sent: bytes
) -> None:
    with Front(app) as front, front.connect() as connection:
        connection.sendall(sent)
        wait_until(lambda: "/1" in app.askers)
        time.sleep(LATER_S)
        assert not app.has_left("/1")
        connection.shutdown(socket.SHUT_WR)
        wait_until(lambda: app.has_left("/1"))
        app.may_answer.set()
        answers = Answers(connection)
        assert [(answer := answers.next()) and answer.body for _ in range(2)] == [b"left", None]


def test_one_that_closes_its_side_with_its_request_is_there(app: Waiting) -> None:
    with Front(app) as front, front.connect() as connection:
        connection.sendall(WAITS % 1)
        connection.shutdown(socket.SHUT_WR)
        wait_until(lambda: "/1" in app.askers)
        time.sleep(LATER_S)
        app.may_answer.set()
        answer = Answers(connection).next()
        assert answer is not None
        assert answer.body == b"there"


@pytest.mark.parametrize("after_s", [0.0, LATER_S])
def test_one_whose_connection_is_reset_has_hung_up_whenever_that_is(app: Waiting, after_s: float) -> None:
    with Front(app) as front:
        with front.connect() as connection:
            connection.sendall(WAITS % 1)
            wait_until(lambda: "/1" in app.askers)
            time.sleep(after_s)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wait_until(lambda: app.has_left("/1"))
        app.may_answer.set()  # or the stop waits all of its grace for it


def test_a_request_counts_from_hardly_before_it_was_read(app: Waiting) -> None:
    app.may_answer.set()
    with Front(app) as front, front.connect() as connection:
        time.sleep(5 * BEAT_S)
        ask(connection, WAITS % 1)
        assert 0 <= app.seen_at_s["/1"] - app.askers["/1"].since_s < STOOD_STILL_S


@pytest.mark.parametrize("is_new", [False, True], ids=["known connection", "new connection"])
def test_a_request_that_came_while_the_process_stood_still_counts_from_before(app: Waiting, is_new: bool) -> None:
    app.may_answer.set()
    with Front(app) as front, front.connect() as known:
        time.sleep(5 * BEAT_S)
        began_s = time.monotonic()
        front.stand_still(2 * STOOD_STILL_S)
        with front.connect() as new:
            assert ask(new if is_new else known, WAITS % 1).body == b"there"
        assert app.seen_at_s["/1"] - began_s > STOOD_STILL_S, "it was not read meanwhile"
        assert app.askers["/1"].since_s < began_s + STOOD_STILL_S
        time.sleep((BEATS_AFTERWARDS + 3) * BEAT_S)
        ask(known, WAITS % 2)
        assert app.seen_at_s["/2"] - app.askers["/2"].since_s < STOOD_STILL_S, "and that is over"


def test_so_do_those_of_many_connections_that_are_accepted_one_after_the_other(app: Waiting) -> None:
    app.may_answer.set()
    with Front(app) as front, ExitStack() as opened:
        time.sleep(5 * BEAT_S)
        began_s = time.monotonic()
        front.stand_still(2 * STOOD_STILL_S, 5, 1.5 * BEAT_S)
        many = [opened.enter_context(front.connect()) for _ in range(5)]
        for number, connection in enumerate(many):
            connection.sendall(WAITS % number)
        wait_until(lambda: len(app.askers) > len(many))
        since_s = [asker.since_s for path, asker in app.askers.items() if path != "/"]
        assert max(since_s) < began_s + STOOD_STILL_S


async def test_before_its_first_beat_nothing_counts_from_long_ago() -> None:
    connections = Connections(FrontLimits(), Tally(), 10)
    assert abs(asyncio.get_running_loop().time() - connections.read_since) < STOOD_STILL_S
