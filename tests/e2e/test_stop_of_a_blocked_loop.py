"""A stop has an end also where code blocks the event loop for good, which hears nothing then: `stop_seconds` after the
signal the process ends itself, its children and its PostgreSQL, and nothing confirmed is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from outlay.running.moments import Moment
from tests.e2e.after_a_kill import resend_what_was_not_acknowledged
from tests.e2e.blocks_at import CHILD, HERE, PARENT, PROGRAM
from tests.e2e.ends_of_stops import AT_LATEST_S, SOON_S, STOP_S, broken_off, send, stop_within
from tests.e2e.orders import Client, Sent, Verdict, clients_of
from tests.e2e.server import Server, wait_until

pytestmark = pytest.mark.slow


class BlockedServer(Server):
    """Never comes back from `moment`; once it is healed, it is started as Outlay is by everybody."""

    def __init__(self, data: Path, moment: Moment, who: str, *words: str) -> None:
        super().__init__(data, *words, OUTLAY_STOP_SECONDS=str(STOP_S), OUTLAY_LOG="json")
        self._program = [PROGRAM, moment.value, who]

    def command(self) -> list[str]:
        command = super().command()
        where = command.index("outlay.cli")
        return [*command[:where], *self._program, *command[where + 1 :]]

    def is_blocked(self) -> bool:
        return HERE in self.said()

    def heal(self) -> Server:
        self._program = ["outlay.cli"]
        return self


def took_too_long(server: Server) -> dict[str, Any]:
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"].startswith("the stop took too long")]
    return line


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])
def test_a_server_that_a_rail_has_blocked_ends_in_time_and_the_next_one_stops_in_order(
    folder: Path, words: tuple[str, ...]
) -> None:
    server = BlockedServer(folder / "data", Moment.BANK_TAKING, PARENT, *words).start()
    client = clients_of(server.cli)[0]
    with sending(client) as order:
        wait_until(server.is_blocked, SOON_S, "it is handed to the rail")
        assert stop_within(server, AT_LATEST_S) == 1
    assert not (server.data / "socket").exists()
    told = took_too_long(server)
    assert (told["seconds"], told["status"]) == (STOP_S, 1)
    assert "stand_still" in told["main_thread"]
    with server.heal():
        assert_kept(server, order)
        assert server.stop() == 0
    assert took_too_long(server) == told, "it is the only one that did"


def test_an_http_process_that_is_blocked_ends_in_its_share_and_its_parent_in_order(folder: Path) -> None:
    server = BlockedServer(folder / "data", Moment.ORDERED, CHILD, "--workers", "2").start()
    client = clients_of(server.cli)[0]
    with sending(client) as order:
        wait_until(server.is_blocked, SOON_S, "its order is committed")
        assert stop_within(server, AT_LATEST_S) == 1
    assert took_too_long(server)["seconds"] < STOP_S
    (what,) = broken_off(server)
    assert what.startswith("work of the HTTP process "), "it has ended by itself, and nothing else was held up"
    with server.heal():
        assert_kept(server, order)
        assert server.stop() == 0


def assert_kept(server: Server, order: Sent) -> None:
    resend_what_was_not_acknowledged([order])
    (payout,) = server.cli.json("payout", "list")["payouts"]
    assert payout["reference"] == order.reference
    assert server.cli.json("ledger", "verify")["ok"]


@contextmanager
def sending(client: Client) -> Iterator[Sent]:
    """One order, whose answer may never come."""
    order = client.new_order(100)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(send, order)
        yield order
        future.result()
    assert Verdict.REFUSED not in {answer.verdict for answer in order.answers}
