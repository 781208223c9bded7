"""Work is done in order of trust, in every real API: a stranger's body is counted against the limit of its route and
parsed by nobody; a proved one is parsed once.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.api.app import App
from outlay.api.budget import Unproved
from outlay.api.gateway import Gateway
from outlay.api.limits import Bite, Tally
from outlay.dialects import all_dialects
from outlay.kit import jsontext
from outlay.service.health import Health
from outlay.service.operator.credentials import issue_credential
from outlay.wire.dialect import AnyDialect, AnyRoute, Call, IssuedCredential
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.apis.contract import HOUR_MS, Documented, Known, Making
from tests.apis.found import documented_of
from tests.e2e import raw_http
from tests.support.world import World

DIALECTS = all_dialects()
ROUTES = [
    pytest.param(each, route, id=f"{route.method} {route.path}") for each in DIALECTS.values() for route in each.routes
]
TOLD_BY_THE_HEAD = ("unknown key", "time", "proof")
"""Faults that are told before the body is parsed, where they stand before it in the order of an API's faults."""
UNPROVED_LIMIT = 2**30
BEGUN = b'{"a":['


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that a parser was given."""
    texts: list[str] = []
    decode = jsontext._decode_unique

    def counted(text: str) -> Any:
        texts.append(text)
        return decode(text)

    monkeypatch.setattr(jsontext, "_decode_unique", counted)
    return texts


class Stage:
    """One API over a real store, and the key of a merchant."""

    def __init__(self, world: World, dialect: AnyDialect, body_limit: int | None = None) -> None:
        self.world, self.dialect, self.tally = world, dialect, Tally()
        unproved = Unproved(UNPROVED_LIMIT, self.tally)
        self.app = App(Gateway(world.runtime, [dialect]), Health(), body_limit, self.tally, unproved)
        self.session = Session({})

    async def open(self, country: str = "") -> Stage:
        self.account_id = await self.world.account(fund=10_000)
        await self.world.admin.execute("update accounts set country = $1", country or self.dialect.samples.country)
        issued = await issue_credential(self.world.runtime, self.dialect, self.account_id)
        assert isinstance(issued, IssuedCredential)
        self.session = Session(issued.shown)
        opening = self.dialect.samples.opening(issued.shown)
        if opening is not None:
            self.session = Session(issued.shown, (await self.send(opening))[1])
        return self

    def samples(self) -> list[Request]:
        samples, order = self.dialect.samples, SampleOrder("A-1", self.dialect.samples.currency, "1.00")
        made = b'{"payout_id":"PO1"}'
        return [
            samples.create(self.session, order, self._moment(1)),
            samples.query(self.session, order, made, self._moment(2)),
        ]

    def _moment(self, chance: int) -> SampleMoment:
        return SampleMoment(self.world.clock(), bytes([chance]) * 16)

    async def answer(self, call: raw_http.Call) -> raw_http.Answer:
        path, _, query = call.target.partition("?")
        headers = {name: value for name, value in call.headers.items() if isinstance(value, str)}
        status, body = await self.send(Request(call.method, path, query, headers, call.body))
        return raw_http.Answer(status, {"content-type": "application/json"}, body)

    async def send(self, request: Request, pieces: int = 1) -> tuple[int, bytes]:
        size = -(-len(request.body) // pieces) or 1
        left = [request.body[at : at + size] for at in range(0, len(request.body), size)] or [b""]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            piece = left.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(left)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query.encode(),
        }
        await self.app({**scope, "headers": headers}, receive, send)
        return sent[0]["status"], sent[1]["body"]


# -- nobody's body ----------------------------------------------------------------------------------------------------


class Untouchable:
    """A body that tells when anybody looks at it."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the body was looked at: {name}")

    def __len__(self) -> int:
        raise AssertionError("the body was counted")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_who_is_asking_is_read_from_the_head_alone(plain_world: World, dialect: AnyDialect) -> None:
    stage = await Stage(plain_world, dialect).open()
    for request in stage.samples():
        for route in dialect.routes:
            call = route.proof.identify(replace(request, body=Untouchable()))
            assert isinstance(call, Call | Fault)
            assert isinstance(call, Call) or route.opens


@pytest.mark.parametrize("body", [None, BEGUN + b"0," * 900, b"{", b"\xff"], ids=["good", "values", "cut", "no text"])
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_a_strangers_body_is_parsed_by_nobody(
    plain_world: World, parsed: list[str], tmp_path: Path, dialect: AnyDialect, body: bytes | None
) -> None:
    documented = documented_of(dialect.name)
    stage = await Stage(plain_world, dialect).open(documented.country)
    software = documented.software({**stage.session.shown, "account_id": str(stage.account_id)}, tmp_path)
    if (opening := software.opening()) is not None:
        software.open(await stage.answer(opening))
    parsed.clear()
    order = list(documented.order)
    faults = [name for name in TOLD_BY_THE_HEAD if name in order[: order.index("json")]]
    assert faults
    for name in faults:
        for making in (documented.create("A-1", "1.00"), documented.query("A-1", None)):
            spoil(documented, making, name)
            call = making.finished(software.call(making, stage.world.clock() + making.off_ms))
            told = await stage.answer(call if body is None else call.but(body=body))
            said = documented.order[name].said
            assert (told.status, documented.read_error(told)[0]) == (said.status, said.code)
    assert parsed == []


def spoil(documented: Documented, making: Making, fault: str) -> None:
    spoilt = documented.order[fault].spoil
    if spoilt is not None:
        spoilt(making, Known("", "", 0))
    elif fault == "time":
        making.off_ms = -HOUR_MS
    else:
        making.headers[documented.key_header] = documented.unknown_key


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_a_proved_body_is_parsed_once_from_the_proof_to_the_answer(
    plain_world: World, parsed: list[str], dialect: AnyDialect
) -> None:
    stage = await Stage(plain_world, dialect).open()
    for request in stage.samples():
        parsed.clear()
        status, said = await stage.send(request)
        assert status < 500, said
        assert status not in (401, 403, 413), said  # the sender is somebody, whatever comes of what they ask
        assert b"required" not in said, "what was parsed was not read"
        assert parsed == ([request.body.decode()] if request.method == "POST" else [])


async def test_a_route_without_a_body_takes_one_and_reads_none(plain_world: World, parsed: list[str]) -> None:
    """In UQPAY: every GET, and the call for a token."""
    dialect = DIALECTS["uqpay"]
    stage = await Stage(plain_world, dialect).open()
    headers = stage.samples()[1].headers
    shown = stage.session.shown
    token = {"x-client-id": shown["client_id"], "x-api-key": shown["api_key"]}
    for route in dialect.routes:
        if route.method == "GET" or route.opens:
            path = route.path.format(payout_id="PO1", currency="BRL", id="1")
            for body in (b"{", BEGUN + b"0," * 500):
                status, said = await stage.send(
                    Request(route.method, path, "", token if route.opens else headers, body)
                )
                assert status in (200, 400), said
                assert b"body" not in said
    assert parsed == []


# -- how long it may be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize(("dialect", "route"), ROUTES)
async def test_a_body_longer_than_its_route_documents_is_too_large_and_is_counted(
    plain_world: World, dialect: AnyDialect, route: AnyRoute, pieces: int
) -> None:
    stage = Stage(plain_world, dialect)
    longest = Request(route.method, route.path, "", {}, b" " * route.longest_body)
    assert (await stage.send(longest, pieces))[0] != 413
    assert stage.tally.counts == {}
    assert (await stage.send(replace(longest, body=longest.body + b" "), pieces))[0] == 413
    assert stage.tally.counts == {Bite.BODY_TOO_LARGE: 1}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_where_there_is_no_route_the_least_of_all_is_received_and_the_path_is_what_is_told(
    plain_world: World, dialect: AnyDialect
) -> None:
    least = min(route.longest_body for route in dialect.routes)
    [path, *_] = [route.path for route in dialect.routes if route.longest_body > least]
    for method, target in (("POST", f"{dialect.prefixes[0]}nowhere"), ("PATCH", path)):
        stage = Stage(plain_world, dialect)
        request = Request(method, target, "", {}, b" " * least)
        told = await stage.send(request)
        assert told[0] == (404 if method == "POST" else 405)
        assert stage.tally.counts == {}
        assert (await stage.send(replace(request, body=request.body + b" ")))[0] == told[0]
        assert stage.tally.counts == {Bite.BODY_TOO_LARGE: 1}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_the_setting_lowers_what_a_route_allows_and_never_raises_it(
    plain_world: World, dialect: AnyDialect
) -> None:
    for setting in (2_000, 10**9):
        stage = Stage(plain_world, dialect, setting)
        for route in dialect.routes:
            request = Request(route.method, route.path, "", {}, b" " * min(setting, route.longest_body))
            assert (await stage.send(request))[0] != 413
            assert (await stage.send(replace(request, body=request.body + b" ")))[0] == 413


def test_every_route_that_reads_a_body_says_how_long_one_can_be() -> None:
    """The least is a TeemoPay balance, or UQPAY's payout: more than a route without a body has."""
    for dialect in DIALECTS.values():
        for route in dialect.routes:
            bodiless = route.method == "GET" or route.opens
            assert (route.longest_body == 4_096) is bodiless, route.path
            assert bodiless or 16_384 < route.longest_body < 17 * 1024 * 1024
