"""Many requests on one connection, and the forms that HTTP allows: what the random driver does not tell."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.front.served import Answers, Front, ask, has_ended

_GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as served:
        yield served


def test_thousands_of_requests_at_once_are_answered_in_order(front: Front) -> None:
    count = 3000
    raw = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(count))
    with front.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(raw,))
        sender.start()
        answers = Answers(connection)
        for number in range(count):
            answer = answers.next()
            assert answer is not None
            assert answer.json()["path"] == f"/{number}"
        sender.join()


def test_an_answer_to_head_has_a_length_and_no_body(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" + _GET)
        answers = Answers(connection)
        head, get = answers.next("HEAD"), answers.next()
    assert head is not None
    assert get is not None
    assert head.headers["content-length"] == str(len(get.body) + 1), "the method's name is longer by one"


def test_http_1_0_is_answered_and_closed(front: Front) -> None:
    with front.connect() as connection:
        answer = ask(connection, b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + _GET)
        assert (answer.status, answer.headers["connection"], answer.json()["version"]) == (200, "close", "1.0")
        assert has_ended(connection)


def test_who_asks_for_it_is_told_to_go_on_before_the_body(front: Front) -> None:
    with front.connect() as connection:
        answers = Answers(connection)
        for _ in range(2):
            connection.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            interim = answers.next()
            assert interim is not None
            assert interim.status == 100
            connection.sendall(b"body")
            answer = answers.next()
            assert answer is not None
            assert (answer.status, answer.json()["size"]) == (200, 4)


def test_a_caller_that_closes_its_own_side_still_gets_its_answers(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(b"GET /a?wait=0.1 HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        connection.shutdown(socket.SHUT_WR)
        answers = Answers(connection)
        assert [(answer := answers.next()) and answer.status for _ in range(4)] == [200, 200, 200, None]


def test_what_follows_a_request_that_was_to_be_the_last_is_not_served(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + _GET)
        answers = Answers(connection)
        answer = answers.next()
        assert answer is not None
        assert (answer.json()["path"], answer.headers["connection"]) == ("/last", "close")
        assert answers.next() is None


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/a%20b/%2f?x=%41", "/a b//", "/a%20b/%2f", "x=%41"),
        (b"http://elsewhere/a?b", "/a", "/a", "b"),
        (b"http://elsewhere", "/", "/", ""),
        (b"//api/pay/", "//api/pay/", "//api/pay/", ""),
        (b"/%ff", "/\ufffd", "/%ff", ""),
    ],
)
def test_the_target_comes_apart_as_asgi_wants_it(
    front: Front, target: bytes, path: str, raw_path: str, query: str
) -> None:
    with front.connect() as connection:
        told = ask(connection, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target).json()
    assert (told["path"], told["raw_path"], told["query"]) == (path, raw_path, query)


def test_header_names_come_in_small_letters_and_values_without_the_blanks_around(front: Front) -> None:
    with front.connect() as connection:
        told = ask(connection, b"GET / HTTP/1.1\r\nHost:a\r\nX-A: \t b c\t \r\nX-Empty:\r\nX-A:\r\n\r\n").json()
    assert told["headers"] == [["host", "a"], ["x-a", "b c"], ["x-empty", ""], ["x-a", ""]]


def test_trailers_are_no_headers_of_any_request(front: Front) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Auth: me\r\n\r\n"
    with front.connect() as connection:
        connection.sendall(chunked + _GET)
        answers = Answers(connection)
        for _ in range(2):
            answer = answers.next()
            assert answer is not None
            assert "x-auth" not in dict(answer.json()["headers"])


def test_every_answer_has_the_time_and_no_name_of_the_server(front: Front) -> None:
    for raw in (_GET, b"nothing\r\n\r\n"):
        with front.connect() as connection:
            headers = ask(connection, raw).headers
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
        assert "server" not in headers


# -- applications -----------------------------------------------------------------------------------------------------


async def in_parts(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Part", b"1")]})
    for part in (b"one ", b"", b"two"):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


def test_an_answer_in_parts_comes_in_chunks_and_to_http_1_0_up_to_the_end() -> None:
    with Front(in_parts) as front:
        with front.connect() as connection:
            for _ in range(2):
                answer = ask(connection, _GET)
                assert (answer.body, answer.headers["transfer-encoding"]) == (b"one two", "chunked")
        with front.connect() as connection:
            answer = ask(connection, b"GET / HTTP/1.0\r\n\r\n")
            assert (answer.body, "transfer-encoding" in answer.headers) == (b"one two", False)


def test_a_framework_is_served() -> None:
    """Starlette reads bodies, streams answers while it listens for the caller's end, and works on behind an answer."""
    worked_on = threading.Event()

    async def page(request: Request) -> Response:
        body = await request.body()
        background = BackgroundTask(worked_on.set)
        return JSONResponse({"size": len(body), "url": request.url.path}, background=background)

    async def stream(_request: Request) -> Response:
        return StreamingResponse(iter(["one ", "two"]), media_type="text/plain")

    routes = [Route("/page/{name}", page, methods=["GET", "POST"]), Route("/stream", stream)]
    with Front(Starlette(routes=routes)) as front, front.connect() as connection:
        posted = ask(connection, b"POST /page/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
        assert posted.json() == {"size": 4, "url": "/page/a"}
        assert worked_on.wait(10)
        assert ask(connection, b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n").body == b"one two"
        assert ask(connection, b"HEAD /page/b HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD").status == 200


async def fails(scope: Any, receive: Any, send: Any) -> None:
    """Where the path says so."""
    if scope["path"] == "/begun":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
    if scope["path"] == "/split":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"a\r\nx-forged: b")]})
        await send({"type": "http.response.body"})
    if scope["path"] == "/short":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"short"})
    if scope["path"] != "/":
        raise ValueError("the application's own")
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("path", ["/fails", "/split", "/short"])
def test_an_application_that_fails_before_its_answer_is_a_fault_of_ours(path: str) -> None:
    with Front(fails) as front, front.connect() as connection:
        answer = ask(connection, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
        assert (answer.status, list(answer.json()), answer.headers["connection"]) == (500, ["error"], "close")
        assert "x-forged" not in answer.headers
        assert has_ended(connection)


def test_garbage_behind_a_request_that_fails_does_not_hide_the_failure() -> None:
    with Front(fails) as front, front.connect() as connection:
        assert ask(connection, b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\ngarbage\r\n\r\n").status == 500


def test_an_application_that_fails_amid_its_answer_leaves_one_that_is_seen_to_be_cut() -> None:
    with Front(fails) as front, front.connect() as connection:
        connection.sendall(b"GET /begun HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(ConnectionError):
            Answers(connection).next()


def test_an_application_that_waits_for_the_callers_end_hears_of_it() -> None:
    heard = threading.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/waits":
            assert (await receive())["type"] == "http.request"
            assert (await receive())["type"] == "http.disconnect"
            heard.set()
            return
        await fails(scope, receive, send)

    with Front(waits) as front:
        with front.connect() as connection:
            connection.sendall(b"GET /waits HTTP/1.1\r\nHost: a\r\n\r\n")
            assert not heard.wait(0.1)
        assert heard.wait(10)
