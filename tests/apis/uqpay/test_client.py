"""UQPAY's official Python client against our routes, over a real socket.

The server below is a stand-in for the gateway: no more than the pipeline's steps and a dictionary of payouts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from uqpay.client import UQPayClient
from uqpay.error import AuthenticationError, IdempotencyError, NotFoundError, ValidationError

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import UNCLAIMED, Ask, Balance, FindPayout, Greet, OrderPayout, ReadBalances, Repeated
from outlay.core.decision import Decision
from outlay.core.ids import Snowflakes
from outlay.core.life import order
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyRoute, Asked, Context, Credential, CredentialRequest, Now
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from tests.support.routes import proved, told

ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Kopi & Co Pte Ltd", "SG")
ISSUED = DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(range(64)), 0))
CREDENTIAL = Credential(
    key_id=ISSUED.key_id,
    account=ACCOUNT,
    version=1,
    opened=DIALECT.open_credential({name: Secret(text) for name, text in ISSUED.sealed.items()}),
)
PARAMS = {"payout_currency": "SGD", "payout_amount": "250.00", "statement_descriptor": "OUTLAY 0042"}


class Desk:
    """Answers requests; `late_ms` sets its clock ahead, so that tokens run out."""

    def __init__(self) -> None:
        self.payouts: dict[str, tuple[bytes, Payout]] = {}
        self.ids = Snowflakes(0)
        self.late_ms = 0
        self.token_calls = 0
        self.paths = [
            (each, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(each.path))))
            for each in DIALECT.routes
        ]

    def answer(self, request: Request) -> Response:
        for route, path in self.paths:
            match = path.fullmatch(request.path)
            if match and route.method == request.method:
                named = Request(
                    request.method, request.path, request.query, request.headers, request.body, match.groupdict()
                )
                return self.serve(route, named)
        return DIALECT.write_fault(DIALECT.trouble(Trouble.NO_SUCH_PATH), 0, bytes(16))

    def serve(self, route: AnyRoute, request: Request) -> Response:
        now_ms = int(time.time() * 1000) + self.late_ms
        known = proved(route, request, CREDENTIAL, now_ms)
        if isinstance(known, Fault):
            return DIALECT.write_fault(known, now_ms, bytes(16))
        asked = route.read(known.said, CREDENTIAL, Now(now_ms, now_ms))
        answer: Any = asked
        if known.on_behalf_of is not None:
            answer = DIALECT.refuse(Refusal.ACCOUNT_NOT_FOUND, Greet(), CREDENTIAL.opened)
        elif isinstance(asked, Asked):
            answer = self.carry_out(asked.ask, now_ms)
        context = Context(CREDENTIAL, ACCOUNT.account_id, now_ms, now_ms.to_bytes(16, "big"))
        return told(DIALECT, route, asked, answer, context)

    def carry_out(self, ask: Ask[Any], now_ms: int) -> Any:
        match ask:
            case OrderPayout():
                return self.order(ask, now_ms)
            case FindPayout():
                found = [each for _, each in self.payouts.values() if each.payout_id == ask.payout_id]
                return found[0] if found else Refusal.PAYOUT_NOT_FOUND
            case ReadBalances():
                return (Balance("SGD", 750_00, 250_00),) if ask.currency in {None, "SGD"} else ()
            case Greet():
                self.token_calls += 1
                return None
        raise AssertionError(f"nothing here answers {type(ask).__name__}")

    def order(self, ask: OrderPayout, now_ms: int) -> Any:
        if ask.claim.reference in self.payouts:
            digest, payout = self.payouts[ask.claim.reference]
            return Repeated(digest == ask.claim.digest, True, payout)
        if ask.order is None:
            return UNCLAIMED
        if ask.order.amount_minor > 1000_00:
            return Refusal.INSUFFICIENT_BALANCE
        decision = order(ask.order, ACCOUNT, DEFAULT_TERMS, self.ids.next(now_ms), now_ms)
        assert isinstance(decision, Decision)
        self.payouts[ask.claim.reference] = (ask.claim.digest, decision.payout)
        return decision.payout


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The client reads every root certificate anew for each call, and here it speaks plain HTTP."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def base_url(desk: Desk) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): text for name, text in self.headers.items()}
            response = desk.answer(Request(self.command, path, query, headers, body))
            self.send_response(response.status)
            for name, text in (("content-type", "application/json"), *response.headers):
                self.send_header(name, text)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()
    thread.join()


def connect(base_url: str, client_id: str = ISSUED.key_id, api_key: str = ISSUED.shown["api_key"]) -> UQPayClient:
    client = UQPayClient(client_id, api_key, max_retries=0)
    client._token_manager._base_url = base_url
    client._http._base_url = base_url
    return client


@pytest.fixture
def client(base_url: str) -> Iterator[UQPayClient]:
    with connect(base_url) as connected:
        yield connected


def test_the_official_client_orders_a_payout_and_finds_it(client: UQPayClient, desk: Desk) -> None:
    payout = client.payment.payouts.create(PARAMS)
    assert payout["payout_status"] == "INITIATED"
    assert payout["payout_amount"] == "250.00"
    assert client.payment.payouts.retrieve(payout["payout_id"]) == payout
    assert desk.token_calls == 1


def test_the_official_client_repeats_a_key(client: UQPayClient, desk: Desk) -> None:
    options = {"idempotency_key": "order-1"}
    first = client.payment.payouts.create(PARAMS, options)
    assert client.payment.payouts.create(dict(reversed(PARAMS.items())), options) == first
    with pytest.raises(IdempotencyError) as caught:
        client.payment.payouts.create({**PARAMS, "payout_amount": "251.00"}, options)
    assert caught.value.code == "key_mismatch_body"
    with pytest.raises(IdempotencyError):
        client.payment.payouts.create({**PARAMS, "payout_amount": "-"}, options)
    assert len(desk.payouts) == 1


def test_the_official_client_reads_refusals(client: UQPayClient, desk: Desk) -> None:
    with pytest.raises(ValidationError) as caught:
        client.payment.payouts.create({**PARAMS, "payout_amount": "1000.01"})
    assert (caught.value.type, caught.value.code) == ("payout_error", "insufficient_balance")
    with pytest.raises(ValidationError) as caught:
        client.payment.payouts.create({**PARAMS, "statement_descriptor": ""})
    assert (caught.value.code, caught.value.message) == ("missing_parameter", "statement_descriptor is required")
    with pytest.raises(NotFoundError) as missing:
        client.payment.payouts.retrieve("PO1968582687224500224")
    assert (missing.value.type, missing.value.http_status) == ("not_found", 400)
    with pytest.raises(ValidationError) as caught:
        client.payment.payouts.retrieve("PO1", {"on_behalf_of": "0c9be0c4-1111-4222-8333-944455556666"})
    assert (caught.value.type, caught.value.code) == ("account_error", "sub_account_not_found")
    with pytest.raises(NotFoundError):
        client.payment.settlements.list({"page_size": 10, "page_number": 1})
    assert desk.payouts == {}


def test_the_official_client_reads_balances(client: UQPayClient) -> None:
    listed = client.payment.balances.list({"page_number": 1, "page_size": 10})
    assert (listed["total_pages"], listed["total_items"]) == (1, 1)
    assert client.payment.balances.list() == listed
    assert client.payment.balances.retrieve("SGD") == listed["data"][0]
    with pytest.raises(NotFoundError):
        client.payment.balances.retrieve("EUR")


def test_the_official_client_fetches_a_new_token_when_its_own_ran_out(client: UQPayClient, desk: Desk) -> None:
    client.payment.balances.list()
    desk.late_ms = 1_801_000
    assert client.payment.balances.list()["total_items"] == 1
    assert desk.token_calls == 2


def test_the_official_client_learns_that_its_credentials_are_wrong(base_url: str) -> None:
    with connect(base_url, client_id="nobody") as stranger, pytest.raises(AuthenticationError) as caught:
        stranger.payment.balances.list()
    assert caught.value.message == "Invalid client id"
    with connect(base_url, api_key="wrong") as stranger, pytest.raises(AuthenticationError) as caught:
        stranger.payment.balances.list()
    assert caught.value.message == "invalid api key"
