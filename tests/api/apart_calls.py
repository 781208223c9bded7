"""Calls of the three real APIs, proved and not, for the two ways of proving them: here, and in another process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.dialects import all_dialects
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyDialect, AnyRoute, Asked, Call, Context, Credential, CredentialRequest, Now
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.lesspay.orders import bank_detail, batch, crypto_detail
from tests.e2e.limits import is_at
from tests.support.routes import asked, find_route, told

NOW = Now(1_760_000_000_000, 1_760_000_000_000)
ENTROPY = bytes(range(64))
BATCH_PATH = "/api/global/payout/batch/create-order"
BALANCE_PATH = "/api/global/payout/balance"
SOME_ID = "00000000-0000-0000-0000-000000000007"
UPDATE_PATH = "/api/v2/payment/bankaccount/{id}"
JSON = {"content-type": "application/json"}


class Case(msgspec.Struct, frozen=True):
    name: str
    dialect: AnyDialect
    route: AnyRoute
    credential: Credential[Any]
    request: Request

    @property
    def call(self) -> Call[Any]:
        call = self.route.proof.identify(self.request)
        assert isinstance(call, Call), (self.name, call)
        return call

    @property
    def context(self) -> Context[Any]:
        return Context(self.credential, self.credential.account.account_id, NOW.real_ms, ENTROPY[:16])


class Merchant:
    """Of one API, with a credential as it is loaded."""

    def __init__(self, name: str) -> None:
        self.dialect = all_dialects()[name]
        account = Account(UUID(int=7), "Kopi & Co", self.dialect.samples.country)
        issued = self.dialect.issue_credential(CredentialRequest(account, ENTROPY, NOW.here_ms))
        secrets = {field: Secret(text) for field, text in issued.sealed.items()}
        opened = self.dialect.open_credential(secrets)
        self.credential = Credential(issued.key_id, account, 3, opened, "Ana", secrets)
        self.shown = issued.shown
        self.session = Session(issued.shown, self._opened())

    def case(self, name: str, request: Request, path: str = "", credential: Credential[Any] | None = None) -> Case:
        route = find_route(self.dialect, request.method, path or request.path)
        return Case(f"{self.dialect.name}: {name}", self.dialect, route, credential or self.credential, request)

    def create(self, amount: str) -> Request:
        order = SampleOrder("APART-1", self.dialect.samples.currency, amount)
        return self.dialect.samples.create(self.session, order, SampleMoment(NOW.real_ms, ENTROPY[:16]))

    def query(self) -> Request:
        order = SampleOrder("APART-1", self.dialect.samples.currency, self.dialect.samples.amount)
        created = b'{"payout_id":"%s"}' % SOME_ID.encode()
        request = self.dialect.samples.query(self.session, order, created, SampleMoment(NOW.real_ms, ENTROPY[:16]))
        return replace(request, parameters=dict.fromkeys(re.findall(r"{(\w+)}", self.template_of(request)), SOME_ID))

    def template_of(self, request: Request) -> str:
        return next(
            route.path
            for route in self.dialect.routes
            if route.method == request.method and is_at(route.path, request.path)
        )

    def stranger(self) -> Credential[Any]:
        """The same key id, with secrets that the merchant has not."""
        account = self.credential.account
        issued = self.dialect.issue_credential(CredentialRequest(account, ENTROPY[::-1], NOW.here_ms))
        secrets = {field: Secret(text) for field, text in issued.sealed.items()}
        return replace(self.credential, opened=self.dialect.open_credential(secrets), secrets=secrets)

    def _opened(self) -> bytes:
        opening = self.dialect.samples.opening(self.shown)
        if opening is None:
            return b""
        case = self.case("opening", opening)
        greeting = asked(case.route, opening, case.credential, NOW.real_ms)
        assert isinstance(greeting, Asked), greeting
        return told(case.dialect, case.route, greeting, None, case.context).body


def lesspay_request(merchant: Merchant, path: str, body: Mapping[str, Any] | bytes) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = JSON | {
        "x-auth-appid": merchant.shown["app_id"],
        "x-auth-timestamp": str(NOW.real_ms),
        "x-auth-signature": lesspay_signature(raw.decode(), merchant.shown["app_secret"]),
    }
    return Request("POST", path, "", headers, raw)


def batch_of(many: int, **changes: Any) -> Mapping[str, Any]:
    return batch([bank_detail("1.00", f"D-{number}") for number in range(many)], request_id="B-1") | changes


def every_api() -> Iterator[Case]:
    for name, dialect in all_dialects().items():
        merchant = Merchant(name)
        good = merchant.create(dialect.samples.amount)
        yield merchant.case("an order", good)
        question = merchant.query()
        yield merchant.case("a question", question, merchant.template_of(question))
        yield merchant.case("an amount as it is seldom written", merchant.create("120"))
        yield merchant.case("wrong fields", merchant.create("many"))
        yield merchant.case("secrets of somebody else", good, credential=merchant.stranger())


def of_lesspay() -> Iterator[Case]:
    merchant = Merchant("lesspay")

    def case(name: str, body: Mapping[str, Any] | bytes, path: str = BATCH_PATH) -> Case:
        return merchant.case(name, lesspay_request(merchant, path, body))

    yield case("a batch of a thousand", batch_of(1000))
    yield case("a batch that is one too many", batch_of(1001))
    yield case("a batch with a wrong sum", batch_of(250, total_amount="1.00"))
    yield case("a batch with a wrong field", batch_of(101, currency="XXX"))
    yield case("a batch without a reference", batch_of(3, request_id=""))
    yield case("a batch to wallets", batch([crypto_detail("1.00", "T1")], destination_type="crypto_wallet"))
    yield case("a body with many members", batch_of(2) | {f"own {n}": n for n in range(250)})
    yield case("what the answer repeats", {"currency": "PHP", "way_code": "EPAY_PAYOUT"}, BALANCE_PATH)
    good = lesspay_request(merchant, BATCH_PATH, batch_of(2))
    yield merchant.case("a wrong signature", replace(good, headers={**good.headers, "x-auth-signature": "0" * 64}))
    late = str(NOW.real_ms - 10**9)
    yield merchant.case("an old timestamp", replace(good, headers={**good.headers, "x-auth-timestamp": late}))


def of_uqpay() -> Iterator[Case]:
    merchant = Merchant("uqpay")
    good = merchant.create(merchant.dialect.samples.amount)
    for name, body in {
        "no JSON": b"[",
        "a list": b"[]",
        "numbers": b'{"amount": 1.50, "more": [1, 2.0, 1e5]}',
        "half a character": b'{"amount": "\\ud800"}',
        "a wrong field": b'{"swift_code": "?"}',
    }.items():
        yield merchant.case(name, replace(good, body=body))
        path = UPDATE_PATH.replace("{id}", SOME_ID)
        update = replace(good, path=path, body=body, parameters={"id": SOME_ID})
        yield merchant.case(f"a change, {name}", update, UPDATE_PATH)
    without_key = {name: text for name, text in good.headers.items() if name != "x-idempotency-key"}
    yield merchant.case("no key", replace(good, headers=without_key))
