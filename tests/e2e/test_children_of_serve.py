"""The HTTP processes of `outlay serve --workers N`: one that hangs is replaced like one that died, none outlives the
parent, and none stands in the way of the next one.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.e2e.observer import observing
from tests.e2e.orders import any_client, works
from tests.e2e.server import Server, http_children_of, main_postgres_on, wait_until

pytestmark = pytest.mark.slow

WORKERS = 2
HANG_S = 4.0
SOON_S = 30.0
RESTARTS = 4


def both(server: Server) -> set[int]:
    wait_until(lambda: len(http_children_of(server.pid)) == WORKERS, SOON_S, "both have started")
    return set(http_children_of(server.pid))


def wait_until_it_serves(server: Server, child: int) -> None:
    """A child has a minute until its first sign of life, and it gives that before it asks for its node number."""
    leased = f"select count(*) from nodes where owner like '%:{child}:%'"
    with observing(server) as observer:
        wait_until(lambda: observer.rows(leased) == [(1,)], SOON_S, "it has begun")


def test_a_child_that_hangs_is_replaced_while_the_other_one_answers(folder: Path) -> None:
    with Server(folder / "data", "--workers", str(WORKERS), OUTLAY_HANG_SECONDS=str(HANG_S)) as server:
        client = any_client(server)
        first, second = both(server)
        wait_until_it_serves(server, first)
        wait_until_it_serves(server, second)
        os.kill(first, signal.SIGSTOP)
        began = time.monotonic()
        while first in http_children_of(server.pid):
            assert works(client), "a new connection is served by the one that lives"
            assert time.monotonic() - began < HANG_S + SOON_S
        assert time.monotonic() - began > HANG_S / 2, "it was given time"
        wait_until(lambda: len(http_children_of(server.pid)) == WORKERS, SOON_S, "there are two again")
        assert second in http_children_of(server.pid), "the one that lives was left alone"
        assert works(client)
        assert "an HTTP process hangs" in server.said()
        assert server.stop() == 0
        assert server.processes() == []


def test_children_whose_parent_was_held_up_are_left_alone(folder: Path) -> None:
    """The machine was paused, or the parent was: nobody listened, so nobody was silent."""
    with Server(folder / "data", "--workers", str(WORKERS), OUTLAY_HANG_SECONDS="2") as server:
        client = any_client(server)
        children = both(server)
        wait_until(lambda: works(client), SOON_S, "they serve")
        paused = [server.pid, *children]
        for pid in paused:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3.0)  # longer than they may be silent
        for pid in paused:
            os.kill(pid, signal.SIGCONT)
        assert works(client)
        assert both(server) == children
        assert "hangs" not in server.said()
        assert server.stop() == 0


def test_a_child_frozen_while_its_parent_is_killed_holds_neither_the_folder_nor_the_database(folder: Path) -> None:
    with Server(folder / "data", "--workers", str(WORKERS)) as server:
        frozen, _ = both(server)
        os.kill(frozen, signal.SIGSTOP)
        server.kill()
        server.start()
        assert works(any_client(server))
        os.kill(frozen, signal.SIGKILL)
        assert server.stop() == 0
        assert server.processes() == []


def test_it_starts_again_at_once_after_kill_9_also_while_children_were_just_starting(folder: Path) -> None:
    """With a child that owns the data folder for a moment, or that still listens, the next start would be refused."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with Server(folder / "data", "--workers", str(WORKERS), "--port", port) as server:
        for number in range(RESTARTS):
            if number % 2:
                both(server)
            server.kill()
            server.start()
        assert works(any_client(server))
        assert len(main_postgres_on(server.data)) == 1
        assert server.stop() == 0
        assert server.processes() == []
