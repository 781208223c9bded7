"""A database that cannot serve, and what callers hear meanwhile: shared by the tests of each state that it can be in.

The trap: "it answers within so long" fails on a busy machine unless the bound is wide. Those here are a second or two
above what is promised, and without the promise it would be tens of seconds.
"""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import bank_detail, batch
from tests.e2e.orders import Answer, Client, Sent, Verdict, definite
from tests.e2e.server import Server, command_of, main_postgres_on, processes_on, signalled, wait_until

DATABASE_S = 5.0
LONGEST_S = DATABASE_S + 2.0
AT_ONCE_S = 1.0
UNREADY_WITHIN_S = 4.0
BACK_WITHIN_S = 10.0
NOTHING_WAS_DONE = "nothing was done"
BATCH_OF = 20


class Heard(msgspec.Struct, frozen=True):
    """`reference`: what the order is known by in the database; "" of a question."""

    who: str
    reference: str
    answer: Answer
    took_s: float

    @property
    def was_not_done(self) -> bool:
        return NOTHING_WAS_DONE in self.answer.text


# What operators ask


def get(server: Server, path: str, method: str = "GET") -> tuple[int, bytes]:
    began = time.monotonic()
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
        assert time.monotonic() - began < AT_ONCE_S, f"{path} answers at once, whatever hangs"


def is_ready(server: Server) -> bool:
    return get(server, "/readyz")[0] == 200


def wait_until_unready(server: Server) -> None:
    wait_until(lambda: not is_ready(server), UNREADY_WITHIN_S, "it says that it cannot serve")
    assert get(server, "/healthz") == (200, b'{"status":"ok"}')


def wait_until_ready(server: Server) -> None:
    wait_until(lambda: is_ready(server), BACK_WITHIN_S, "it serves again")


# What merchants do


def timed(who: str, reference: str, ask: Callable[[], Answer]) -> Heard:
    began = time.monotonic()
    answer = ask()
    return Heard(who, reference, answer, time.monotonic() - began)


def order_on(client: Client, over: Event) -> list[tuple[Sent, Heard]]:
    """Order after order, each of them sent once."""
    heard = []
    while not over.is_set():
        sent = client.new_order(100)
        heard.append((sent, timed(client.dialect.name, sent.reference, lambda sent=sent: client.send(sent))))
    return heard


def ask_on(known: Sent, over: Event) -> list[Heard]:
    """The same question again and again."""
    heard = []
    while not over.is_set():
        heard.append(timed(known.client.dialect.name, "", lambda: known.client.query(known)))
        time.sleep(0.05)
    return heard


def order_batches_on(lesspay: LessPayMerchant, over: Event) -> list[Heard]:
    heard = []
    while not over.is_set():
        body = batch([bank_detail("1.00") for _ in range(BATCH_OF)])
        heard.append(timed("lesspay", body["request_id"], lambda body=body: _order_batch(lesspay, body)))
    return heard


def _order_batch(lesspay: LessPayMerchant, body: dict[str, Any]) -> Answer:
    answer = lesspay.ask(lesspay.BATCH, body)
    told = answer.json()
    match answer.status, told["code"]:
        case 200, 0:
            return Answer(Verdict.ACCEPTED, None, "")
        case 503, 503:
            return Answer(Verdict.UNKNOWN, None, told["msg"])
        case _:
            return Answer(Verdict.REFUSED, None, f"HTTP {answer.status}: {told}")


def ordered_once(clients: Sequence[Client]) -> list[Sent]:
    """An acknowledged order of each."""
    orders = [client.new_order(100) for client in clients]
    assert {definite(sent).verdict for sent in orders} == {Verdict.ACCEPTED}
    return orders


def one_of_each(known: Sequence[Sent]) -> list[Heard]:
    """Each API: an order, and a question about a known one."""
    heard = []
    for sent in known:
        client, new = sent.client, sent.client.new_order(100)
        heard.append(timed(client.dialect.name, new.reference, lambda client=client, new=new: client.send(new)))
        heard.append(timed(client.dialect.name, "", lambda client=client, sent=sent: client.query(sent)))
    return heard


# What must hold


def was_told_in_time(heard: Sequence[Heard]) -> bool:
    return all(each.took_s < LONGEST_S for each in heard)


def all_heard_that_nothing_was_done(heard: Sequence[Heard]) -> bool:
    return all(each.answer.verdict is Verdict.UNKNOWN and each.was_not_done for each in heard)


def untrue(heard: Sequence[Heard], claimed: Collection[str]) -> list[str]:
    """What was told otherwise than it is, by the references that are claimed; empty where all is true."""
    faults = []
    for each in heard:
        if each.was_not_done and each.reference in claimed:
            faults.append(f"{each.who}: {each.reference} was not done, and is there: {each.answer.text}")
        if each.answer.verdict is Verdict.ACCEPTED and each.reference and each.reference not in claimed:
            faults.append(f"{each.who}: {each.reference} was acknowledged, and is lost")
    return faults


def lines_about_the_database(server: Server, since: int = 0) -> list[dict[str, Any]]:
    """Its log must be JSON. No line of it has a traceback."""
    lines = [json.loads(line) for line in server.said()[since:].splitlines()]
    unexpected = [line for line in lines if "exception" in line or line["event"] == "internal fault"]
    assert not unexpected, unexpected[:3]
    return [line for line in lines if line["event"] == "database unavailable"]


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """All of its PostgreSQL stands still within."""
    stopped: list[int] = []
    try:
        mains = main_postgres_on(server.data)
        for pid in [*mains, *(pid for pid in processes_on(server.data) if "postgres: " in command_of(pid))]:
            signalled([pid], signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        signalled(reversed(stopped), signal.SIGCONT)
