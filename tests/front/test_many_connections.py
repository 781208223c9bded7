"""How many connections there may be, and who has to go when there are more."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.api.connections import FEWEST, FILES_FOR_THE_REST, MOST, room_for
from outlay.api.exchange import NOBODY
from outlay.api.limits import Bite
from tests.front.served import PATIENCE_S, Answers, Front, ask, echo, has_ended, wait_until

LONG_S = 60.0
CAP = 16
_GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
_HALF_BODY = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 1000


@contextlib.contextmanager
def several(address: tuple[str, int], count: int, raw: bytes) -> Iterator[list[socket.socket]]:
    """So many connections, each of which has sent this and is silent."""
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(socket.create_connection(address, PATIENCE_S)) for _ in range(count)]
        for connection in connections:
            with contextlib.suppress(ConnectionError):
                connection.sendall(raw)
        yield connections


@pytest.fixture
def front() -> Iterator[Front]:
    with Front(
        grace_s=0.2, connections=CAP, head_seconds=LONG_S, body_seconds=LONG_S, idle_seconds=LONG_S, body_rate=0
    ) as served:
        yield served


@pytest.mark.parametrize(
    "raw", [b"", b"GET /a HTTP/1.1\r\nX: ", _GET, _HALF_BODY], ids=["silent", "head", "idle", "body"]
)
def test_two_hundred_that_do_nothing_do_not_keep_a_caller_out(front: Front, raw: bytes) -> None:
    with several(front.address, 200, raw):
        for _ in range(5):
            with front.connect() as caller:
                assert ask(caller, _GET).status == 200
    assert front.bitten(Bite.TOO_MANY_CONNECTIONS) >= 200 - CAP


@pytest.mark.slow
def test_those_that_have_been_silent_longest_go_first_and_one_that_is_served_stays(front: Front) -> None:
    with front.connect() as served, several(front.address, CAP - 2, b"") as silent:
        served.sendall(b"GET /a?wait=1.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        with several(front.address, CAP // 2, b"") as young:
            assert all(has_ended(connection) for connection in silent[: CAP // 2 - 1])
            assert ask(young[-1], _GET).status == 200
            assert ask(silent[-1], _GET).status == 200
        answer = Answers(served).next()
        assert answer is not None
        assert answer.status == 200


def test_those_that_have_never_asked_go_before_one_that_rests_however_young_they_are(front: Front) -> None:
    with front.connect() as resting:
        assert ask(resting, _GET).status == 200
        for _ in range(5):
            with several(front.address, CAP, b""):
                assert ask(resting, _GET).status == 200, "they have all come after its last answer"


@pytest.mark.slow
def test_those_who_wait_for_a_refusal_go_before_others_that_are_served(front: Front) -> None:
    nobody = b"GET /a?nobody=1&wait=60 HTTP/1.1\r\nHost: a\r\n\r\n"
    with front.connect() as served:
        served.sendall(b"GET /a?wait=1.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        with several(front.address, CAP - 1, nobody):
            wait_until_busy(front, CAP)
            for _ in range(3):
                with front.connect() as newcomer:
                    assert ask(newcomer, _GET).status == 200
        answer = Answers(served).next()
        assert answer is not None
        assert answer.status == 200


@pytest.mark.slow
def test_where_all_are_served_a_newcomer_goes(front: Front) -> None:
    slow = b"GET /a?wait=2 HTTP/1.1\r\nHost: a\r\n\r\n"
    with several(front.address, CAP, slow) as served:
        wait_until_busy(front, CAP)
        with front.connect() as newcomer:
            assert has_ended(newcomer)
        for connection in served:
            answer = Answers(connection).next()
            assert answer is not None
            assert answer.status == 200


def test_who_waits_for_a_refusal_and_goes_waits_no_longer() -> None:
    waiting: list[object] = []
    ended: list[object] = []

    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        if not scope["query_string"]:
            await echo(scope, receive, send)
            return
        scope[NOBODY] = True
        waiting.append(scope)
        try:
            await asyncio.sleep(LONG_S)
        finally:
            ended.append(scope)

    with Front(refusing, grace_s=0.2) as front:
        with several(front.address, 3, b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n") as callers:
            wait_until(lambda: len(waiting) == len(callers))
            for caller in callers:  # its end is a reset
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: len(ended) == len(callers))
        with front.connect() as other:
            assert ask(other, _GET).status == 200


def wait_until_busy(front: Front, count: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while front.asked < count + 1:  # and the one that saw whether it serves
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.slow
def test_a_process_with_few_files_serves_callers_beside_hundreds_that_are_silent() -> None:
    command = [sys.executable, "-m", "tests.front.few_files", "160"]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        address = ("127.0.0.1", int(process.stdout.readline()))
        with several(address, 300, b""):
            for _ in range(10):
                with socket.create_connection(address, PATIENCE_S) as caller:
                    assert ask(caller, _GET).status == 200
    finally:
        process.kill()
        said = process.communicate()[0]
    assert said == b""


@pytest.mark.parametrize(
    ("files", "asked", "others", "most"),
    [
        (1024, 0, 19, 705),
        (1024, 100, 19, 100),
        (160, 5000, 19, 57),
        (70, 0, 19, FEWEST),
        (1_048_576, 0, 19, MOST),
        (resource.RLIM_INFINITY, 0, 19, MOST),
        (resource.RLIM_INFINITY, 20_000, 19, 20_000),
    ],
)
def test_connections_and_those_that_wait_fit_into_the_open_files(
    monkeypatch: pytest.MonkeyPatch, files: int, asked: int, others: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (files, files))
    got, waiting = room_for(asked, others)
    assert got == most
    assert waiting >= FEWEST
    if files not in (70, resource.RLIM_INFINITY):
        assert most + waiting + others + FILES_FOR_THE_REST <= files
