"""kill -9 in the middle of orders: of the server, and of its database while the server lives.

Merchants order through all APIs at once. What they were told must be what happened: an acknowledged order is
there once and ends as its story says, one without an answer is there at most once, and asking again is always safe.

kill -9 does not show a missing fsync (the kernel still has the pages); that needs a power cut, which is another test.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.e2e.after_a_kill import DEFINITE, copy_of, prove, resend_what_was_not_acknowledged
from tests.e2e.checker import books_of
from tests.e2e.orders import (
    SENDERS,
    Sent,
    Stream,
    Verdict,
    clients_of,
    definite,
    new_orders,
)
from tests.e2e.server import Server, connections_of_postgres_on, main_postgres_on, quiet_folder, wait_until

pytestmark = pytest.mark.slow

SEED = 20260731
KILLS = 5
ORDERS_EACH = 300
DATABASE_KILLS = 3
ORDERS_EACH_DATABASE = 200
GONE_WITHIN_S = 10.0
SENT_TWICE_ON_PURPOSE = 40
BACK_WITHIN_S = 20.0


@pytest.mark.longest
def test_nothing_is_lost_or_paid_twice_when_the_server_is_killed_five_times_in_the_middle_of_orders() -> None:
    chance = random.Random(SEED)
    with quiet_folder() as folder, Server(folder / "data") as server:
        orders = new_orders(clients_of(server.cli), KILLS * ORDERS_EACH, chance)
        stream = Stream()
        with ThreadPoolExecutor(SENDERS) as pool:
            sending = stream.start(pool, orders)
            for number in range(KILLS):
                stream.wait_for(number * ORDERS_EACH + chance.randrange(100, ORDERS_EACH - 100))
                time.sleep(chance.random() * 0.01)
                server.kill()
                if number % 2 == 0:
                    wait_until(lambda: not server.processes(), GONE_WITHIN_S, "no process is left behind")
                server.start()  # in every other round while the old database is still on its way out
                stream.go_on()
        raise_what_was_raised(sending)
        assert set(first_verdicts(orders)) == {Verdict.ACCEPTED, Verdict.NO_ANSWER}
        resend_what_was_not_acknowledged(orders)
        resend_some_that_were_acknowledged(orders, chance)
        prove(server, orders)
        assert server.stop() == 0
        assert server.processes() == []


@pytest.mark.longest
def test_while_the_database_is_killed_callers_hear_unknown_and_the_same_server_goes_on_afterwards() -> None:
    chance = random.Random(SEED)
    with quiet_folder() as folder, Server(folder / "data", OUTLAY_LOG="json") as server:
        orders = new_orders(clients_of(server.cli), DATABASE_KILLS * ORDERS_EACH_DATABASE, chance)
        stream = Stream()
        with ThreadPoolExecutor(SENDERS) as pool:
            sending = stream.start(pool, orders)
            for number in range(DATABASE_KILLS):
                stream.wait_for(number * ORDERS_EACH_DATABASE + chance.randrange(50, 150))
                # A process that serves one connection takes the others with it, and is the likelier accident.
                victims = connections_of_postgres_on(server.data) if number == 1 else main_postgres_on(server.data)
                os.kill(victims[0], signal.SIGKILL)
                sent = next(sent for sent in orders if sent.acknowledged_id is not None)
                wait_until(lambda sent=sent: finds(sent), BACK_WITHIN_S, "the same server answers again")
        raise_what_was_raised(sending)
        assert set(first_verdicts(orders)) == {Verdict.ACCEPTED, Verdict.UNKNOWN}
        assert {answer.verdict for sent in orders for answer in sent.answers} <= DEFINITE | {Verdict.UNKNOWN}
        prove(server, orders)
        for line in server.said().splitlines():
            assert json.loads(line)["level"], "also what the database and the libraries had to say"
        assert server.stop() == 0
        assert server.processes() == []


def test_a_lost_a_changed_a_doubled_and_an_invented_payout_and_a_false_posting_are_all_found() -> None:
    """The control: what proves the tests above must be able to say no."""
    with quiet_folder() as folder, Server(folder / "data") as server:
        clients = clients_of(server.cli)
        orders = [client.new_order(amount) for client in clients for amount in (100, 200, 300)]
        assert Counter(definite(sent).verdict for sent in orders) == {Verdict.ACCEPTED: len(orders)}
        prove(server, orders)
        with books_of(server.data) as books:
            for (fault, statements), sent in zip(PLANTED.items(), orders, strict=False):
                known = books.faults(orders)
                for statement in statements:
                    books.rows(statement, sent.acknowledged_id)
                new = [line for line in books.faults(orders) if line not in known]
                assert any(fault in line for line in new), (fault, new)
        verified = server.cli.json("ledger", "verify", status=1)
        caught = {check["name"] for check in verified["checks"] if not check["ok"]}
        assert {"drift", "cleared", "paid once", "facts", "references"} <= caught


NAMED_BY = (("payouts", "payout_id"), ("claims", "subject_id"))
PLANTED = {
    "is lost": [
        "delete from claims where subject_id = $1",
        *(f"delete from {table} where payout_id = $1" for table in ("payouts", "facts", "attempts")),
    ],
    "exists 2 times": [copy_of("payouts", "'payout_id', payout_id + 1") + " where payout_id = $1"],
    "was acknowledged as": [
        f"update {table} set {column} = {column} + 1 where {column} = $1" for table, column in NAMED_BY
    ],
    "became one of": ["update payouts set amount_minor = amount_minor + 1 where payout_id = $1"],
    "that nobody ordered": [
        f"update {table} set reference = reference || 'x' where {column} = $1" for table, column in NAMED_BY
    ],
    "should be paid": ["update payouts set state = 'failed', failure_reason = 'other' where payout_id = $1"],
    "the bank has 2 orders": [copy_of("bank_orders", "'reference', reference || 'x'") + " where payout_id = $1"],
    "left the books 2 times": [
        copy_of("postings", "'line', 99") + " where subject_id = $1 and target like 'clearing:%'"
    ],
}


def raise_what_was_raised(sending: Sequence[Future[None]]) -> None:
    for future in sending:
        future.result(timeout=0)


def first_verdicts(orders: Sequence[Sent]) -> Counter[Verdict]:
    return Counter(sent.answers[0].verdict for sent in orders)


def finds(sent: Sent) -> bool:
    answer = sent.client.query(sent)
    assert answer.verdict is not Verdict.REFUSED, answer
    return answer.verdict is Verdict.ACCEPTED


def resend_some_that_were_acknowledged(orders: Sequence[Sent], chance: random.Random) -> None:
    """A merchant that sends again what it has gets a duplicate, or the same payout."""
    known = [sent for sent in orders if sent.acknowledged_id is not None]
    for sent in chance.sample(known, SENT_TWICE_ON_PURPOSE):
        answer = sent.client.send(sent)
        assert answer.verdict is Verdict.DUPLICATE or answer.payout_id == sent.acknowledged_id, answer
