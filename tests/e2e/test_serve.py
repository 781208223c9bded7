"""`outlay serve` as an operator meets it: how it starts, refuses to start, stops, and what dies with it.

And the other database: a server named by DATABASE_URL, which Outlay neither starts nor changes unasked.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from outlay.postgres import EmbeddedServer
from outlay.store.migrate import LATEST
from tests.e2e.checker import Books
from tests.e2e.orders import Client, Verdict, any_client, clients_of, definite, works
from tests.e2e.server import (
    Server,
    first_json,
    http_children_of,
    main_postgres_on,
    processes_on,
    wait_until,
)

pytestmark = pytest.mark.slow

WORKERS = 2
GONE_WITHIN_S = 12.0
"""A child finishes the requests under way first, for at most five seconds."""
REPLACED_WITHIN_S = 30.0
CALLS = 5


# Several HTTP processes


def test_each_of_two_http_processes_answers_a_dead_one_is_replaced_and_none_outlives_the_parent(folder: Path) -> None:
    with Server(folder / "data", "--workers", str(WORKERS)) as server:
        client = any_client(server)
        first, second = wait_for_children(server)
        for silent in (first, second):
            assert answers_without(silent, client), "the other one answers all calls"
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: first not in http_children_of(server.pid), GONE_WITHIN_S, "it is dead")
        assert works(client)
        wait_until(lambda: len(http_children_of(server.pid)) == WORKERS, REPLACED_WITHIN_S, "there are two again")
        assert second in http_children_of(server.pid)
        new = next(child for child in http_children_of(server.pid) if child != second)
        wait_until(lambda: answers_without(second, client), REPLACED_WITHIN_S, "the new one answers")
        assert new in http_children_of(server.pid)
        server.kill()
        wait_until(lambda: not server.processes(), GONE_WITHIN_S, "children and database have followed")


def wait_for_children(server: Server) -> tuple[int, int]:
    """Until both are there and listen; which they do soon after, not when, the parent says that it serves."""
    wait_until(lambda: len(http_children_of(server.pid)) == WORKERS, REPLACED_WITHIN_S, "both have started")
    first, second = http_children_of(server.pid)
    return first, second


def answers_without(silent: int, client: Client) -> bool:
    """Whether calls are answered while that process is stopped."""
    os.kill(silent, signal.SIGSTOP)
    try:
        return all(works(client) for _ in range(CALLS))
    finally:
        os.kill(silent, signal.SIGCONT)


# Stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_status_zero_and_leaves_no_process_and_no_socket(
    folder: Path, number: signal.Signals
) -> None:
    with Server(folder / "data") as server:
        assert main_postgres_on(server.data)
        assert server.stop(number) == 0
        assert server.processes() == []
        assert not (server.data / "socket").exists()
        assert server.said() == ""


def test_started_in_the_background_of_a_shell_it_is_stopped_by_sigterm(folder: Path) -> None:
    """A shell's `&` makes it ignore SIGINT, and what it starts would inherit that."""
    server = Server(folder / "data")
    script = f"{shlex.join(server.command())} & wait $!; echo stopped with $?"
    with server.log.open("ab") as log:
        shell = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, stderr=log, env=server.cli.environment())
    assert shell.stdout is not None
    try:
        pid = first_json(shell, server.log)["pid"]
        assert pid != shell.pid
        assert signal.SIGINT not in ignored_by(pid), "it handles SIGINT although it was told to ignore it"
        os.kill(pid, signal.SIGTERM)
        assert shell.stdout.read().decode().strip() == "stopped with 0"
        assert processes_on(server.data) == []
    finally:
        for left in processes_on(server.data):
            os.kill(left, signal.SIGKILL)
        shell.stdout.close()
        shell.wait()


def ignored_by(pid: int) -> set[signal.Signals]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = int(next(line.split()[1] for line in lines if line.startswith("SigIgn:")), 16)
    return {number for number in signal.Signals if mask & (1 << (number - 1))}


# Refusing to start


def test_a_second_server_on_the_same_data_is_refused_and_told_who_has_it(folder: Path) -> None:
    with Server(folder / "data") as server:
        client = any_client(server)
        refusal = " ".join(server.cli("serve", "--port", "0", status=1).err.split())
        assert f"{server.data} is in use by process {server.pid}" in refusal
        assert "DATABASE_URL" in refusal
        assert works(client)


def test_a_port_in_use_is_named_in_one_line_and_nothing_is_started(folder: Path) -> None:
    server = Server(folder / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = server.cli("serve", "--port", port, status=1)
    assert refused.out == ""
    assert len(refused.err.splitlines()) == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in refused.err
    assert server.processes() == []
    assert not server.data.exists()


# DATABASE_URL


def test_with_database_url_it_serves_from_that_server_once_migrated_and_leaves_it_running(folder: Path) -> None:
    with EmbeddedServer(folder / "elsewhere") as elsewhere:
        server = Server(folder / "data", DATABASE_URL=elsewhere.endpoint.url)
        refusal = server.cli("serve", "--port", "0", status=1).err
        assert "run `outlay migrate`" in refusal
        assert "revision none" in refusal
        assert server.cli.json("migrate")["revision"] == LATEST
        assert server.cli("migrate").status == 0, "again: nothing to do"
        with server:
            assert main_postgres_on(server.data) == []
            clients = clients_of(server.cli)
            orders = [client.new_order(100) for client in clients for _ in range(3)]
            assert {definite(sent).verdict for sent in orders} == {Verdict.ACCEPTED}
            books = Books(elsewhere.endpoint.url)
            books.wait_until_settled()
            assert books.faults(orders) == []
            assert server.cli.json("ledger", "verify")["ok"] is True
            assert elsewhere.data.password() not in server.said()
            assert server.stop() == 0
        assert books.rows("select 1") == [(1,)]
        assert not (server.data / "pg").exists()


def test_a_database_that_may_lose_what_it_confirmed_is_refused_unless_that_is_allowed(folder: Path) -> None:
    with EmbeddedServer(folder / "elsewhere", extra_settings={"fsync": "off"}) as elsewhere:
        server = Server(folder / "data", DATABASE_URL=elsewhere.endpoint.url)
        for command in (("migrate",), ("serve", "--port", "0")):
            refusal = " ".join(server.cli(*command, status=1).err.split())
            assert "may lose payouts that it has confirmed: fsync = off" in refusal
            assert "OUTLAY_ALLOW_UNSAFE_DATABASE=true" in refusal
        assert Books(elsewhere.endpoint.url).rows("select to_regclass('payouts')") == [(None,)]
        allowed = Server(folder / "data", DATABASE_URL=elsewhere.endpoint.url, OUTLAY_ALLOW_UNSAFE_DATABASE="true")
        allowed.cli("migrate")
        with allowed:
            assert "fsync = off" in allowed.said()
