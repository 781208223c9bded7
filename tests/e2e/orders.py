"""Orders as merchants send them, to a server that may die at any moment, and what their answers say.

Each order keeps what its merchant knows: whether it was acknowledged, and with which id. The answers are read as each
API documents them (`tests/apis/*/documented.py`), not as Outlay's code has them. What the installation knows is read by
tests.e2e.checker.

The trap: an answer that did not come is no answer. Only a parsed, documented one says anything.
"""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum, auto
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from outlay.dialects import all_dialects
from outlay.process.clock import clock_ms
from outlay.wire.dialect import Dialect
from outlay.wire.message import Request
from outlay.wire.problems import Trouble
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.apis.contract import Said
from tests.apis.found import documented_of
from tests.apis.seen import only
from tests.cli.cli_support import Cli
from tests.e2e import raw_http
from tests.e2e.server import Server, wait_until

LONGEST_CALL_S = 35.0
"""Whatever happens to the database, a caller has an answer by then."""
FUNDS = "9000000.00"
SENDERS = 12
PATIENCE_S = 120.0
SEND_AGAIN_S = 0.2
# Cents that rehearse every story of the sandbox bank but the one that never ends (74), between plain ones.
CENTS = (0, 11, 71, 50, 72, 73, 25, 81, 82, 99, 83)


class Verdict(Enum):
    ACCEPTED = auto()
    DUPLICATE = auto()
    UNKNOWN = auto()
    """The API says that it cannot say: a documented answer."""
    NO_ANSWER = auto()
    """The connection broke, or was refused."""
    REFUSED = auto()
    """Anything else: to a merchant it means that no money will move."""


class Answer(msgspec.Struct, frozen=True):
    verdict: Verdict
    payout_id: int | None
    text: str


class Sent(msgspec.Struct, kw_only=True):
    """One order, and all that its merchant has heard of it. `reference` is what it is known by in the database."""

    client: Client
    order: SampleOrder
    entropy: bytes
    reference: str
    amount_minor: int
    answers: list[Answer] = []
    created: bytes = b""
    """The body of the answer that acknowledged it."""

    @property
    def acknowledged_id(self) -> int | None:
        return next((answer.payout_id for answer in self.answers if answer.verdict is Verdict.ACCEPTED), None)


class Client:
    """A merchant, made by command, and its software for one API. Where the server is, `cli` knows: it may move."""

    def __init__(self, cli: Cli, dialect: Dialect) -> None:
        self.dialect = dialect
        self._cli = cli
        self._samples = dialect.samples
        opened = cli.json("account", "create", f"Merchant {dialect.name}", "--country", self._samples.country)
        self.account_id: str = opened["account_id"]
        cli("fund", self.account_id, FUNDS, self._samples.currency, "--reference", "start")
        cli("fee", "set", self.account_id, self._samples.currency, "--fixed", "0.50", "--rate", "0.0100")
        shown = cli.json("credential", "create", self.account_id, "--dialect", dialect.name)
        self._shown = shown
        self.open_session()

    def open_session(self) -> None:
        """Where the API has such; it ends by itself after a while."""
        opening = self._samples.opening(self._shown)
        self._session = Session(self._shown, self._call(opening)[1] if opening else b"")

    def new_order(self, amount_minor: int) -> Sent:
        order = SampleOrder(uuid4().hex, self._samples.currency, f"{amount_minor // 100}.{amount_minor % 100:02}")
        entropy = os.urandom(16)
        request = self._samples.create(self._session, order, SampleMoment(clock_ms(), entropy))
        # An API without a reference of the merchant's knows an order by a key in a header.
        reference = request.headers.get(documented_of(self.dialect.name).reference_header, order.reference)
        return Sent(client=self, order=order, entropy=entropy, reference=reference, amount_minor=amount_minor)

    def send(self, sent: Sent) -> Answer:
        """Order it, for the first time or again: the same reference or key, but a fresh nonce."""
        nonce_is_key = sent.reference != sent.order.reference
        entropy = sent.entropy if nonce_is_key else os.urandom(16)
        request = self._samples.create(self._session, sent.order, SampleMoment(clock_ms(), entropy))
        answer, body = self._answer(request)
        sent.answers.append(answer)
        if answer.verdict is Verdict.ACCEPTED and not sent.created:
            sent.created = body
        return answer

    def query(self, sent: Sent) -> Answer:
        """Ask about an acknowledged order."""
        request = self._samples.query(self._session, sent.order, sent.created, SampleMoment(clock_ms(), os.urandom(16)))
        return self._answer(request, is_asked=True)[0]

    def _answer(self, request: Request, *, is_asked: bool = False) -> tuple[Answer, bytes]:
        began = time.monotonic()
        try:
            status, body = self._call(request)
        except (OSError, http.client.HTTPException) as error:
            answer, body = Answer(Verdict.NO_ANSWER, None, repr(error)), b""
        else:
            answer = read_answer(self.dialect.name, status, body, is_asked=is_asked)
        took_s = time.monotonic() - began
        assert took_s < LONGEST_CALL_S, f"an answer after {took_s:.1f} s: {answer}"
        return answer, body

    def _call(self, request: Request) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self._cli.base_url).netloc, timeout=LONGEST_CALL_S + 5)
        try:
            connection.request(request.method, request.path, body=request.body or None, headers=dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def clients_of(cli: Cli) -> list[Client]:
    """A funded merchant for each API."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda dialect: Client(cli, dialect), all_dialects().values()))


def new_orders(clients: Sequence[Client], count: int, chance: random.Random) -> list[Sent]:
    """Over all APIs and all stories, each amount small enough for the funds."""
    return [
        clients[number % len(clients)].new_order(chance.randrange(1, 60) * 100 + chance.choice(CENTS))
        for number in range(count)
    ]


class Stream:
    """Sends orders from several threads at once, and asks about some of them again.

    Whoever hears "unknown" sends the same order again until there is a definite answer, as a merchant would. The first
    broken connection stops all of them until `go_on`, and what it broke is left to the test."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self._lives = 0
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._open.set()

    def start(self, pool: ThreadPoolExecutor, orders: Iterable[Sent]) -> list[Future[None]]:
        return [pool.submit(self._play, order, asks=number % 5 == 0) for number, order in enumerate(orders)]

    def wait_for(self, acknowledged: int) -> None:
        """Until so many orders have been acknowledged."""
        wait_until(lambda: self.acknowledged >= acknowledged, PATIENCE_S, f"{acknowledged} orders are acknowledged")

    def go_on(self) -> None:
        with self._lock:
            self._lives += 1
            self._open.set()

    def _play(self, sent: Sent, *, asks: bool) -> None:
        assert self._open.wait(PATIENCE_S), "the server did not come back"
        life = self._lives
        answer = definite(sent)
        with self._lock:
            self.acknowledged += answer.verdict is Verdict.ACCEPTED
            if answer.verdict is Verdict.NO_ANSWER and life == self._lives:
                self._open.clear()
        assert answer.verdict is not Verdict.REFUSED, answer
        if asks and answer.verdict is Verdict.ACCEPTED:
            told = sent.client.query(sent)
            assert told.verdict is not Verdict.REFUSED, f"of an acknowledged order: {told}"
            assert told.payout_id in (None, sent.acknowledged_id)


def definite(sent: Sent) -> Answer:
    """Send it, again and again while the API cannot say what became of it."""
    end = time.monotonic() + PATIENCE_S
    while (answer := sent.client.send(sent)).verdict is Verdict.UNKNOWN:
        assert time.monotonic() < end, f"no definite answer: {answer}"
        time.sleep(SEND_AGAIN_S)
    return answer


def read_answer(name: str, status: int, body: bytes, *, is_asked: bool = False) -> Answer:
    """What a merchant understands of an answer to an order, or to a question about one, by the documents of its API.
    Raises AssertionError, ValueError or KeyError where these have no such answer."""
    documented, answer = documented_of(name), raw_http.Answer(status, {"content-type": "application/json"}, body)
    if documented.is_success(answer):
        read = documented.read_query if is_asked else documented.read_created
        return Answer(Verdict.ACCEPTED, only(read(answer)).payout_id, "")
    code, text = documented.read_error(answer)

    def is_told(said: Said) -> bool:
        return (said.status, said.code) == (status, code) and said.text in (None, text)

    if any(is_told(documented.troubles[trouble]) for trouble in (Trouble.NOT_CARRIED_OUT, Trouble.UNAVAILABLE)):
        return Answer(Verdict.UNKNOWN, None, text)
    if documented.same_again is not None and (is_told(documented.same_again) or is_told(documented.other_again)):
        return Answer(Verdict.DUPLICATE, None, text)
    return Answer(Verdict.REFUSED, None, f"HTTP {status}: {body.decode()}")


def any_client(server: Server) -> Client:
    return Client(server.cli, next(iter(all_dialects().values())))


def works(client: Client) -> bool:
    """It takes an order and finds it."""
    sent = client.new_order(100)
    return definite(sent).verdict is Verdict.ACCEPTED and client.query(sent).payout_id == sent.acknowledged_id
