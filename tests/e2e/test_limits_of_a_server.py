"""The limits on strangers as a whole server has them: from its settings to its log."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outlay.dialects import all_dialects
from tests.e2e.orders import Client, Verdict, definite
from tests.e2e.server import Server, first_json
from tests.front.served import Answers, ask

pytestmark = pytest.mark.slow

LIMITS = {
    "OUTLAY_HEAD_LIMIT": "4096",
    "OUTLAY_HEAD_LINES": "20",
    "OUTLAY_HEAD_SECONDS": "1",
    "OUTLAY_BODY_SECONDS": "1",
    "OUTLAY_IDLE_SECONDS": "1",
    "OUTLAY_CONNECTIONS": "16",
    "OUTLAY_LOG": "json",
}
FILES = 160
_POST = b"POST /api/pay/payout/query/v1 HTTP/1.1\r\nHost: a\r\n"


def connect(server: Server) -> socket.socket:
    where = urlsplit(server.base_url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=30)


def test_each_limit_of_the_front_comes_from_its_setting_and_is_counted_in_the_log(folder: Path) -> None:
    with Server(folder / "data", **LIMITS) as server:
        for raw, status in (
            (_POST + b"X: " + b"x" * 5000, 431),
            (_POST + b"X: x\r\n" * 20 + b"\r\n", 431),
            (_POST, 408),
            (_POST + b"Content-Length: 10\r\n\r\n", 408),
        ):
            with connect(server) as connection:
                assert ask(connection, raw).status == status
        with connect(server) as connection:
            assert ask(connection, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
            assert Answers(connection).rest() == b""
        with ExitStack() as opened:
            for _ in range(20):
                opened.enter_context(connect(server))
            client = Client(server.cli, next(iter(all_dialects().values())))
            assert definite(client.new_order(100)).verdict is Verdict.ACCEPTED
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.said().splitlines()]
    counts: dict[str, int] = {}
    for line in lines:
        if line["event"] == "limits reached":
            for name in line.keys() - {"event", "level", "timestamp"}:
                counts[name] = counts.get(name, 0) + line[name]
    assert (counts["head_too_long"], counts["body_too_slow"], counts["idle_closed"]) == (2, 1, 1)
    assert counts["head_too_slow"] >= 1
    assert counts["too_many_connections"] >= 4


def test_a_server_with_few_open_files_takes_orders_beside_hundreds_of_silent_connections(folder: Path) -> None:
    """It fills neither its own files nor those that the pools of the database need."""
    server = Server(folder / "data")
    announced = first_json(server.launch(("sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh")), server.log)
    server.cli.base_url, server.pid = announced["base_url"], announced["pid"]
    with ExitStack() as opened:
        opened.callback(server.stop)
        for _ in range(FILES * 2):
            opened.enter_context(connect(server))
        client = Client(server.cli, next(iter(all_dialects().values())))
        for _ in range(3):
            assert definite(client.new_order(100)).verdict is Verdict.ACCEPTED
