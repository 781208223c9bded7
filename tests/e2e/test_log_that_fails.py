"""A log, or a standard output, that cannot be written: the server answers as ever, stops as ever, and says later what
was lost.

A full disk is a limit on the size of the server's files here: to a program both are a write that fails, and this one a
test can lift again.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from outlay.dialects import all_dialects
from tests.e2e.orders import Client, Verdict, clients_of, definite
from tests.e2e.server import Server, http_children_of, redirected, wait_until

pytestmark = pytest.mark.slow

MORE_THAN_A_PIPE_HOLDS = 600
"""Lines, each of more than 150 bytes: a pipe holds 65,536."""
SOON_S = 30.0
RATE = 20
FLOOD = 1_500


def logging_server(folder: Path, *words: str, **environment: str) -> Server:
    return Server(folder / "data", *words, OUTLAY_LOG="json", OUTLAY_REFUSAL_RATE="0", **environment)


def refused(server: Server, times: int = 1) -> None:
    """Calls without any proof, over one connection: each is answered in its API's form, and is a line in the log."""
    paths = [
        next(route.path for route in dialect.routes if "{" not in route.path) for dialect in all_dialects().values()
    ]
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=SOON_S)
    for number in range(times):
        connection.request("PATCH", paths[number % len(paths)])
        answer = connection.getresponse()
        assert answer.status == 405
        assert json.loads(answer.read())
    connection.close()


def malformed(server: Server) -> None:
    address = urlsplit(server.base_url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=SOON_S) as stream:
        stream.sendall(b"nonsense\r\n\r\n")
        assert stream.recv(100).startswith(b"HTTP/1.1 400 ")


def serves_everybody(server: Server, clients: list[Client]) -> None:
    """Orders and questions of every API, refusals, and what is no HTTP."""
    for client in clients:
        sent = client.new_order(100)
        assert definite(sent).verdict is Verdict.ACCEPTED
        assert client.query(sent).payout_id == sent.acknowledged_id
    refused(server, 2 * len(clients))
    malformed(server)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def lost_in(lines: list[dict[str, Any]]) -> int:
    return sum(line["lines"] for line in lines if line["event"] == "log lines were lost")


@pytest.mark.parametrize("how", ["2>/dev/full", "2>&-", "2>&- <&-"])
@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])
def test_with_a_log_that_takes_nothing_everybody_is_answered_and_the_stop_is_clean(
    folder: Path, how: str, words: tuple[str, ...]
) -> None:
    server = logging_server(folder, *words).start(redirected(how))
    wait_until(lambda: len(http_children_of(server.pid)) == (2 if words else 0), SOON_S, "they have started")
    serves_everybody(server, clients_of(server.cli))
    assert server.stop() == 0
    assert server.processes() == []


def test_the_reader_of_the_log_may_go_and_nobody_who_calls_notices(folder: Path) -> None:
    pipe = folder / "log"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    server = logging_server(folder).start(redirected(f"2>{pipe}"))
    clients = clients_of(server.cli)
    refused(server)
    os.close(reader)
    serves_everybody(server, clients)
    assert server.stop() == 0
    assert server.processes() == []


def test_a_pipe_that_nobody_reads_holds_up_neither_a_call_nor_the_stop(folder: Path) -> None:
    pipe = folder / "log"
    os.mkfifo(pipe)
    server = logging_server(folder, OUTLAY_LOG_RATE="100000").start(redirected(f"2<>{pipe}"))
    clients = clients_of(server.cli)
    refused(server, MORE_THAN_A_PIPE_HOLDS)
    serves_everybody(server, clients)
    assert server.stop() == 0
    assert server.processes() == []


def test_when_the_disk_has_room_again_the_log_goes_on_and_says_how_many_lines_were_lost(folder: Path) -> None:
    with logging_server(folder) as server:
        refused(server)
        wait_until(lambda: "request refused" in server.said(), SOON_S, "the log is written")
        size, unlimited = len(server.said()), resource.RLIM_INFINITY
        # A few bytes more: the first line is torn in two.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size + 5, unlimited))
        refused(server, 9)
        wait_until(lambda: len(server.said()) == size + 5, SOON_S, "the disk is full")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))

        def after_the_torn_one() -> list[dict[str, Any]]:
            return lines_of(server.said()[size:].partition("\n")[2].rpartition("\n")[0])

        wait_until(lambda: lost_in(after_the_torn_one()), SOON_S, "the lost ones are told")
        refused(server)
        wait_until(lambda: after_the_torn_one()[-1]["event"] == "request refused", SOON_S, "the log goes on")
        lines = after_the_torn_one()
        assert lost_in(lines) + sum(line["event"] == "request refused" for line in lines) == 9 + 1
        assert server.stop() == 0


def test_a_flood_of_refusals_leaves_no_more_lines_a_second_than_allowed_and_the_count_of_the_rest(
    folder: Path,
) -> None:
    with logging_server(folder, OUTLAY_LOG_RATE=str(RATE)) as server:
        began = time.monotonic()
        refused(server, FLOOD)
        lasted_s = time.monotonic() - began

        def said() -> list[dict[str, Any]]:
            return [line for line in lines_of(server.said()) if line["event"] == "request refused"]

        wait_until(
            lambda: len(said()) + lost_in(lines_of(server.said())) == FLOOD, SOON_S, "what was said and lost are all"
        )
        assert RATE / 2 < len(said()) <= RATE * (lasted_s + 1)
        assert server.stop() == 0


@pytest.mark.parametrize("how", [">&-", ">/dev/full", ">&- 2>&- <&-", ">/dev/full 2>/dev/full"])
def test_a_standard_output_that_cannot_be_written_is_no_reason_not_to_serve(folder: Path, how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Buffered, as Python is where nobody has told it otherwise: what is left in a buffer is written at the end, too.
    server = logging_server(folder, "--port", str(port), PYTHONUNBUFFERED="")
    process = server.launch(redirected(how))
    server.pid, server.cli.base_url = process.pid, f"http://127.0.0.1:{port}"
    wait_until(lambda: is_healthy(port), SOON_S, "it serves")
    serves_everybody(server, clients_of(server.cli))
    assert server.stop() == 0
    assert server.processes() == []
    assert "Traceback" not in server.said()


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
