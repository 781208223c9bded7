"""A stop has an end, whatever hangs: `stop_seconds` from the signal to the last process, and nothing confirmed is lost.

What hangs is frozen (SIGSTOP): it neither answers nor hears a signal, as on a dead disk or in a paused container.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outlay.postgres import EmbeddedServer
from outlay.postgres.leftovers import processes_of
from tests.cli.cli_support import migrated_folder
from tests.e2e.after_a_kill import prove, resend_what_was_not_acknowledged
from tests.e2e.checker import Books, books_of
from tests.e2e.ends_of_stops import AT_LATEST_S, SOON_S, STOP_S, broken_off, send, stop_within
from tests.e2e.orders import Client, Sent, Verdict, clients_of, definite
from tests.e2e.server import Server, http_children_of, signalled, wait_until

pytestmark = pytest.mark.slow

ORDERS = 9
CALM_S = 3.0
IS_LOCKED = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"


def stopping_server(folder: Path, *words: str, **environment: str) -> Server:
    return Server(folder / "data", *words, OUTLAY_STOP_SECONDS=str(STOP_S), OUTLAY_LOG="json", **environment)


@contextmanager
def frozen(cluster: Path) -> Iterator[None]:
    """The database does not move; what is left of it afterwards does. Until all stand still, some come and go."""
    still: set[int] = set()
    while moving := set(processes_of(cluster)) - still:
        signalled(moving, signal.SIGSTOP)
        still |= moving
    assert len(still) > 3
    try:
        yield
    finally:
        signalled(processes_of(cluster), signal.SIGCONT)


def acknowledged(clients: list[Client]) -> list[Sent]:
    orders = [client.new_order(100) for client in clients for _ in range(3)]
    assert {definite(sent).verdict for sent in orders} == {Verdict.ACCEPTED}
    return orders


@contextmanager
def under_way(clients: list[Client]) -> Iterator[list[Sent]]:
    """Orders that are being sent; when it is left all have an answer, or have lost their connection."""
    orders = [client.new_order(200) for client in clients for _ in range(3)]
    with ThreadPoolExecutor(len(orders)) as pool:
        sending = [pool.submit(send, sent) for sent in orders]
        time.sleep(0.3)  # so long they are at least on their way; whether they have arrived is all one
        yield orders
    for future in sending:
        future.result()


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])
def test_with_its_database_frozen_it_stops_in_time_and_the_next_start_has_every_order(
    folder: Path, words: tuple[str, ...]
) -> None:
    server = stopping_server(folder, *words).start()
    clients = clients_of(server.cli)
    before = acknowledged(clients)
    with frozen(server.data / "pg"), under_way(clients) as during:
        assert stop_within(server, AT_LATEST_S) == 1, "something was killed"
    assert not (server.data / "socket").exists()
    assert "PostgreSQL" in broken_off(server)
    assert Verdict.REFUSED not in {answer.verdict for sent in during for answer in sent.answers}
    with server:
        resend_what_was_not_acknowledged([*before, *during])
        prove(server, [*before, *during])
        assert server.stop() == 0


def test_with_a_frozen_server_at_database_url_it_stops_in_time_and_leaves_that_alone(folder: Path) -> None:
    with EmbeddedServer(migrated_folder(folder / "elsewhere")) as elsewhere:
        server = stopping_server(folder, "--workers", "2", DATABASE_URL=elsewhere.endpoint.url)
        server.cli("migrate")
        server.start()
        clients = clients_of(server.cli)
        before = acknowledged(clients)
        with frozen(folder / "elsewhere" / "pg"), under_way(clients) as during:
            assert stop_within(server, AT_LATEST_S) == 1, "work was broken off"
        assert "sandbox" in broken_off(server), "it waits for the database, and was given its share"
        with server:
            resend_what_was_not_acknowledged([*before, *during])
            books = Books(elsewhere.endpoint.url)
            books.wait_until_settled()
            assert books.faults([*before, *during]) == []
            assert server.stop() == 0


def test_one_frozen_backend_of_the_database_does_not_hold_up_the_stop(folder: Path) -> None:
    server = stopping_server(folder).start()
    clients = clients_of(server.cli)
    before = acknowledged(clients)
    main = int((server.data / "pg" / "postmaster.pid").read_text().split()[0])
    victims = [pid for pid in processes_of(server.data / "pg") if pid != main]
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)
    assert stop_within(server, AT_LATEST_S) == 1
    with server:
        prove(server, before)
        assert server.stop() == 0


def test_a_frozen_child_is_killed_before_the_share_of_its_parent_is_over(folder: Path) -> None:
    server = stopping_server(folder, "--workers", "2").start()
    wait_until(lambda: len(http_children_of(server.pid)) == 2, SOON_S, "both have started")
    before = acknowledged(clients_of(server.cli))
    os.kill(http_children_of(server.pid)[0], signal.SIGSTOP)
    assert stop_within(server, AT_LATEST_S) == 1
    assert "did not stop within" not in server.said(), "there was time for the database to end by itself"
    with server:
        prove(server, before)
        assert server.stop() == 0


def test_a_second_signal_leaves_it_two_seconds(folder: Path) -> None:
    server = Server(folder / "data", OUTLAY_STOP_SECONDS="600", OUTLAY_LOG="json").start()
    clients = clients_of(server.cli)
    with frozen(server.data / "pg"), under_way(clients):
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.2)
        assert server.processes()
        assert stop_within(server, 10.0) == 1
    assert not (server.data / "socket").exists()


def test_however_often_it_is_signalled_its_exit_status_tells_how_the_stop_went(folder: Path) -> None:
    """To the last moment: also when nothing is left but to end."""
    server = stopping_server(folder).start()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(signal_until_it_is_gone, server.pid)
        assert server.stop() in (0, 1)
    assert server.processes() == []


def signal_until_it_is_gone(pid: int) -> None:
    with suppress(ProcessLookupError):
        while True:
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.005)


def test_a_stop_while_it_still_waits_for_a_frozen_database_to_start_is_no_fault(folder: Path) -> None:
    with EmbeddedServer(migrated_folder(folder / "elsewhere")) as elsewhere:
        server = stopping_server(folder, DATABASE_URL=elsewhere.endpoint.url)
        server.cli("migrate")
        server.start()
        connected = len(processes_of(folder / "elsewhere" / "pg"))
        assert server.stop() == 0
        wait_until(lambda: len(processes_of(folder / "elsewhere" / "pg")) < connected, SOON_S, "it has gone")
        process = server.launch()
        server.pid = process.pid
        wait_until(lambda: is_listening(process.pid), SOON_S, "it has read its settings")
        with frozen(folder / "elsewhere" / "pg"):
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < AT_LATEST_S


def is_listening(pid: int) -> bool:
    entries = [entry.name for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return any("socket:" in target_of(Path(f"/proc/{pid}/fd") / entry) for entry in entries)


def target_of(entry: Path) -> str:
    """What the link says; nothing where the file was closed meanwhile."""
    try:
        return str(entry.readlink())
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])
def test_that_a_caller_had_to_go_without_an_answer_shows_in_the_status_and_in_the_log(
    folder: Path, words: tuple[str, ...]
) -> None:
    """Half a request is nobody's yet: whoever sent it does not spoil the stop."""
    server = stopping_server(folder, *words).start()
    clients = clients_of(server.cli)
    with half_a_request(server):
        assert stop_within(server, AT_LATEST_S) == 0
    server.start()
    acknowledged(clients)  # so it serves, whichever process that is
    with locked(server, clients[0]), under_way(clients[:1]) as during:
        assert stop_within(server, AT_LATEST_S) == 1
    assert {answer.verdict for sent in during for answer in sent.answers} <= {Verdict.UNKNOWN, Verdict.NO_ANSWER}
    assert any("callers without their answer: " in what for what in broken_off(server))
    with server:
        resend_what_was_not_acknowledged(during)


@contextmanager
def half_a_request(server: Server) -> Iterator[None]:
    where = urlsplit(server.base_url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in connection.recv(1000), "it is being served"
        connection.sendall(b"POST /api/global/payout/query HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.3)  # so that it has arrived; nobody tells when
        yield


@contextmanager
def locked(server: Server, client: Client) -> Iterator[None]:
    """The merchant's account, so that its orders have to wait, until the database ends."""
    lock = f"select 1 from accounts where account_id = '{client.account_id}' for update"
    lock = f"with locked as materialized ({lock}) select pg_sleep(60) from locked"
    with books_of(server.data) as books, ThreadPoolExecutor(1) as pool:
        holding = pool.submit(books.rows, lock)
        wait_until(lambda: books.rows(IS_LOCKED)[0][0] > 0, SOON_S, "it is locked")
        yield
        holding.exception()


def test_nothing_hangs_so_it_stops_in_a_moment_with_status_zero(folder: Path) -> None:
    server = stopping_server(folder).start()
    acknowledged(clients_of(server.cli))
    assert stop_within(server, CALM_S) == 0
