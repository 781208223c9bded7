"""Whole servers with clocks that are wrong and right again: no order waits for it, none is lost or paid twice.

Merchants order through all APIs before, during and after. Their own clocks say what the database's says, because
a proof must be of the present.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from outlay.postgres import EmbeddedServer
from tests.cli.cli_support import migrated_folder
from tests.e2e import orders as orders_module
from tests.e2e.checker import Books, books_of
from tests.e2e.lying import LyingServer
from tests.e2e.orders import Client, Sent, Verdict, clients_of, definite
from tests.e2e.outages import get
from tests.e2e.server import Server, wait_until
from tests.support.lies import HOUR_MS

pytestmark = pytest.mark.slow

STEPPED = "the database's clock stepped"
DIFFERS = "this machine's clock differs from the database's"
AGREES = "this machine's clock and the database's agree again"
NOTICED_WITHIN_S = 20.0
TAKEN_WITHIN_S = 20.0
SETTLED_WITHIN_S = 60.0
UNSENT = """select count(*) from payouts p where state = 'reserved' or exists (
    select from attempts a where a.account_id = p.account_id and a.payout_id = p.payout_id and a.state = 'begun')"""
"""An hour is what they waited, and ASK_AGAIN is what a lost message costs."""
UNDER_WAY_MS = "3000"


class Play:
    """Merchants at a server, and all that they have ordered."""

    def __init__(self, server: LyingServer, patch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.merchants_ahead_ms = 0
        self.sent: list[Sent] = []
        patch.setattr(orders_module, "clock_ms", lambda: time.time_ns() // 1_000_000 + self.merchants_ahead_ms)
        self.clients = clients_of(server.cli)

    def order(self, clients: Sequence[Client] = (), cents: Sequence[int] = (0, 82)) -> None:
        """Everything is taken, and soon."""
        for client in clients or self.clients:
            client.open_session()
        new = [client.new_order(1000 + cent) for client in clients or self.clients for cent in cents]
        began = time.monotonic()
        assert [definite(each).verdict for each in new] == [Verdict.ACCEPTED] * len(new), new
        assert time.monotonic() - began < TAKEN_WITHIN_S
        self.sent += new

    def said(self, what: str, times: int) -> None:
        wait_until(lambda: self.server.said().count(what) >= times, NOTICED_WITHIN_S, f"{what}, {times} times")
        assert self.server.said().count(what) == times

    def tell(self, machine_ms: int, database_ms: int) -> None:
        self.server.tell(machine_ms, database_ms)
        self.merchants_ahead_ms = database_ms

    def prove(self, books: Books) -> None:
        books.wait_until_settled(SETTLED_WITHIN_S)
        assert books.faults(self.sent) == []
        told = [each.acknowledged_id for each in self.sent]
        assert len(set(told)) == len(told)
        assert self.server.cli.json("ledger", "verify")["ok"] is True


@contextmanager
def playing(folder: Path, patch: pytest.MonkeyPatch, plants: str = "-") -> Iterator[Play]:
    with LyingServer(folder / "data", plants=plants, OUTLAY_SANDBOX_DELAY_MS=UNDER_WAY_MS) as server:
        yield Play(server, patch)


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS], ids=["an hour ahead", "an hour behind"])
def test_a_machine_whose_clock_is_wrong_for_a_while_goes_on_paying(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_ms: int
) -> None:
    with playing(folder, monkeypatch) as play, books_of(play.server.data) as books:
        play.order()
        play.tell(by_ms, by_ms)
        play.said(STEPPED, 1)
        play.order()
        play.tell(0, 0)
        play.said(STEPPED, 2)
        play.order()
        play.prove(books)
        assert DIFFERS not in play.server.said(), "there is but one clock"


def is_ready_and_warns(server: Server, *, of_the_clock: bool) -> bool:
    """It can serve all the while, because nothing goes by the machine's clock."""
    status, body = get(server, "/readyz")
    return status == 200 and (b"this machine's clock is" in body) == of_the_clock


@pytest.mark.parametrize(("wrong", "by_ms"), [("machine", HOUR_MS), ("database", -HOUR_MS)])
def test_a_difference_between_machine_and_database_is_said_and_orders_go_by_the_databases_clock(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_ms: int, wrong: str
) -> None:
    with playing(folder, monkeypatch) as play, books_of(play.server.data) as books:
        play.order()
        play.tell(*((by_ms, 0) if wrong == "machine" else (0, by_ms)))
        play.said(DIFFERS, 1)
        warns = partial(is_ready_and_warns, play.server)
        wait_until(partial(warns, of_the_clock=True), NOTICED_WITHIN_S, "it serves, and warns")
        play.order()
        play.tell(0, 0)
        play.said(AGREES, 1)
        wait_until(partial(warns, of_the_clock=False), NOTICED_WITHIN_S, "it warns no more")
        play.order()
        play.prove(books)
        assert play.server.said().count(STEPPED) == (0 if wrong == "machine" else 2)


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS], ids=["ahead", "behind"])
def test_a_server_starts_with_a_wrong_clock_and_ends_with_a_right_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_ms: int
) -> None:
    server = LyingServer(folder / "data", OUTLAY_SANDBOX_DELAY_MS=UNDER_WAY_MS)
    with server, books_of(server.data) as books:
        play = Play(server, monkeypatch)
        play.order()
        _kill_when_all_are_at_the_bank(server, books)
    play.tell(by_ms, by_ms)
    with server, books_of(server.data) as books:
        play.order()
        _kill_when_all_are_at_the_bank(server, books)
    play.tell(0, 0)
    with server, books_of(server.data) as books:
        play.order()
        play.prove(books)


def _kill_when_all_are_at_the_bank(server: LyingServer, books: Books) -> None:
    """What dies between the commit of a send and its leaving is asked about until that time has passed, and a clock
    that is an hour behind comes to it an hour later."""
    wait_until(lambda: books.rows(UNSENT)[0][0] == 0, SETTLED_WITHIN_S, "all are at the bank")
    server.kill()


def test_of_two_servers_one_whose_machine_is_wrong_makes_and_pays_what_the_other_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedServer(migrated_folder(folder / "elsewhere")) as elsewhere:
        url = elsewhere.endpoint.url
        liar = LyingServer(folder / "liar", DATABASE_URL=url, OUTLAY_SECRET_KEY="5a" * 32)
        honest = Server(folder / "honest", DATABASE_URL=url, OUTLAY_SECRET_KEY="5a" * 32, OUTLAY_LOG="json")
        liar.cli.json("migrate")
        with liar, honest:
            play = Play(liar, monkeypatch)
            others = clients_of(honest.cli)
            for machine_ms in (0, HOUR_MS, 0):
                play.tell(machine_ms, 0)
                if machine_ms:
                    play.said(DIFFERS, 1)
                play.order()
                play.order(others)
            play.said(AGREES, 1)
            play.prove(Books(url))
            assert DIFFERS not in honest.said()


def test_without_the_mending_an_order_of_an_hour_to_come_waits_for_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the tests above would look like."""
    with playing(folder, monkeypatch, plants="nothing_is_mended") as play, books_of(play.server.data) as books:
        play.tell(HOUR_MS, HOUR_MS)
        play.said(STEPPED, 1)
        play.order(cents=(0,))
        play.tell(0, 0)
        play.said(STEPPED, 2)
        play.order(cents=(0,))
        ended = "select count(*) from payouts where state = 'paid'"
        wait_until(lambda: books.rows(ended)[0][0] >= 3, SETTLED_WITHIN_S, "the orders of the present are paid")
        waiting = "select count(*) from bank_messages where due_ms > extract(epoch from now()) * 1000 + 3000000"
        assert books.rows(waiting)[0][0] == 3
