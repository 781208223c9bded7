"""PostgreSQL stands still (SIGSTOP: a machine that is paused, a disk that hangs) while merchants order and ask through
all APIs.

Everybody has an answer within their patience, and a true one: what "was not done" is not there, also not after the
database has come back; what "may have been carried out" is there at most once, and sending it again is safe.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.apis.found import all_names
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import observing
from tests.e2e.orders import Verdict, clients_of, definite, works
from tests.e2e.outages import (
    DATABASE_S,
    ask_on,
    frozen,
    get,
    is_ready,
    lines_about_the_database,
    order_batches_on,
    order_on,
    ordered_once,
    untrue,
    wait_until_ready,
    wait_until_unready,
    was_told_in_time,
)
from tests.e2e.server import Server, wait_until

pytestmark = pytest.mark.slow

SENDERS_EACH = 4
FROZEN_S = 2 * DATABASE_S
BEFORE_S = 0.5
TOLD_WITHIN_S = 20
KEY, TWICE = "account_id, reference", "having count(*) > 1"
HEALTH = ("/healthz", "/readyz", "/health")


def test_callers_of_a_database_that_stands_still_hear_in_time_and_truly_what_became_of_their_orders(
    folder: Path,
) -> None:
    with Server(folder / "data", OUTLAY_LOG="json") as server, ThreadPoolExecutor(32) as pool:
        known = ordered_once(clients_of(server.cli))
        lesspay = open_merchant(server, folder, dialects=["lesspay"], funds={"PHP": "1000000.00"}).lesspay
        over, since = Event(), len(server.said())
        ordering = [pool.submit(order_on, sent.client, over) for sent in known for _ in range(SENDERS_EACH)]
        asking = [pool.submit(ask_on, sent, over) for sent in known]
        batching = [pool.submit(order_batches_on, lesspay, over) for _ in range(2)]
        time.sleep(BEFORE_S)  # not waited for: the more are under way the better
        try:
            with frozen(server):
                began = time.monotonic()
                wait_until_unready(server)
                while time.monotonic() - began < FROZEN_S:
                    assert get(server, "/healthz")[0] == 200
                    assert not is_ready(server)
                    time.sleep(0.2)
            wait_until_ready(server)
            assert works(known[0].client), "without being started again"
        finally:
            over.set()
        single = [each for work in ordering for each in work.result()]
        asked = [each for work in asking for each in work.result()]
        orders = [heard for _, heard in single] + [each for work in batching for each in work.result()]
        assert was_told_in_time(orders + asked)
        assert {each.answer.verdict for each in orders} == {Verdict.ACCEPTED, Verdict.UNKNOWN}
        assert {each.who for each in orders if each.was_not_done} == set(all_names())
        assert {each.answer.verdict for each in asked} == {Verdict.ACCEPTED, Verdict.UNKNOWN}
        assert all(each.was_not_done for each in asked if each.answer.verdict is Verdict.UNKNOWN)
        assert untrue(orders, claimed(server)) == []
        for sent, heard in single:
            if heard.answer.verdict is Verdict.UNKNOWN:
                assert definite(sent).verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE)
        claimed(server)
        assert server.cli.json("ledger", "verify")["ok"] is True
        in_vain = len([each for each in orders if each.was_not_done])
        wait_until(lambda: times_told(server, since) >= in_vain, TOLD_WITHIN_S, "the log has told of all")
        assert 2 <= len(lines_about_the_database(server, since)) <= 2 * FROZEN_S
        assert server.stop() == 0


def times_told(server: Server, since: int) -> int:
    """How many the lines stand for. The last ones are told up to a second later."""
    return sum(line["times"] for line in lines_about_the_database(server, since))


def claimed(server: Server) -> set[str]:
    """References; each payout that stands by itself has its own."""
    with observing(server) as observer:
        assert observer.rows(f"select reference from payouts where batch_id is null group by {KEY} {TWICE}") == []
        return {reference for (reference,) in observer.rows("select reference from claims")}


def test_health_is_answered_at_once_while_the_database_stands_still_and_the_server_stops(folder: Path) -> None:
    with Server(folder / "data", OUTLAY_STOP_SECONDS="8") as server:
        for path in HEALTH:
            assert get(server, path) == (200, b'{"status":"ok"}')
            assert get(server, path, "HEAD") == (200, b"")
        with frozen(server):
            wait_until_unready(server)
            status, body = get(server, "/readyz")
            assert (status, b"no heartbeat" in body) == (503, True)
            assert get(server, "/health")[0] == get(server, "/health", "HEAD")[0] == 503
            assert get(server, "/healthz", "HEAD") == (200, b"")
        wait_until_ready(server)


def children_serve(server: Server) -> None:
    """Both of them: each has asked for its node number, as has their parent."""
    with observing(server) as observer:
        leased = "select count(*) from nodes where until_ms > 0"
        wait_until(lambda: observer.rows(leased)[0][0] >= 3, 60.0, "both HTTP processes serve")


def test_every_http_process_answers_for_itself_whether_it_can_serve(folder: Path) -> None:
    with Server(folder / "data", "--workers", "2") as server:
        children_serve(server)
        wait_until_ready(server)
        with frozen(server):
            wait_until_unready(server)
            for _ in range(20):  # of both
                wait_until_unready(server)
        wait_until_ready(server)
