"""The files in docs/proxy do what docs/operations.md says of them, with the real programs where they are installed.

What stands behind the proxy is Outlay where answers are compared, and a socket that counts where nothing may be sent
twice. That a file has what the page explains is tested everywhere.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from outlay.dialects import all_dialects
from outlay.wire.problems import Trouble
from tests.abuse.house import BEHIND_A_PROXY, House
from tests.abuse.lines import Place
from tests.abuse.proxies import FILES, PROGRAMS, Proxy, program
from tests.apis.found import all_names, documented_of
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Answer, Call
from tests.e2e.server import quiet_folder

pytestmark = pytest.mark.slow

INSTALLED = [
    pytest.param(name, marks=pytest.mark.skipif(program(name) is None, reason=f"{name} is not installed"))
    for name in PROGRAMS
]
ALL = all_dialects()
LARGER_THAN_ANY = 17_600_000
PATIENCE_S = 30.0


class Behind(msgspec.Struct, frozen=True):
    """Outlay behind a proxy. `direct` goes past it."""

    place: Place
    direct: Place
    merchant: Merchant


@pytest.fixture(scope="module", params=INSTALLED)
def behind(request: pytest.FixtureRequest) -> Iterator[Behind]:
    with quiet_folder() as folder:
        house = House(folder / "data", proxy=request.param).start()
        try:
            merchant = open_merchant(house.server, folder, dialects=tuple(ALL), funds={"BRL": "100.00"})
            direct = Place("127.0.0.1", int(house.server.base_url.rpartition(":")[2]))
            yield Behind(house.place, direct, merchant)
            assert house.stop() == []
        finally:
            house.kill()


def asked(place: Place, raw: bytes) -> tuple[int, bytes]:
    with socket.create_connection((place.host, place.port), timeout=PATIENCE_S) as plain, secured(plain, place) as line:
        line.sendall(raw)
        with http.client.HTTPResponse(line, method=raw.split(b" ")[0].decode()) as response:
            response.begin()
            return response.status, response.read()


def secured(plain: socket.socket, place: Place) -> socket.socket:
    tls = place.context()
    return tls.wrap_socket(plain, server_hostname="localhost") if tls is not None else plain


def kept(call: Call) -> bytes:
    """The call on a connection that stays open."""
    return call.raw().replace(b"connection: close\r\n", b"")


@pytest.mark.parametrize("api", all_names())
def test_a_call_of_any_api_has_the_same_answer_through_the_proxy(behind: Behind, api: str) -> None:
    documented, speaker = documented_of(api), behind.merchant.speaker(api)

    def call() -> bytes:
        return kept(speaker.made(documented.query("nothing", None)))

    through, plain = asked(behind.place, call()), asked(behind.direct, call())
    assert without_chance(through) == without_chance(plain)
    code, _ = documented.read_error(Answer(through[0], {"content-type": "application/json"}, through[1]))
    assert (through[0], code) == (documented.not_found.status, documented.not_found.code), "every header has passed"


def test_whatever_a_path_has_in_it_comes_through_the_proxy(behind: Behind) -> None:
    uqpay = behind.merchant.uqpay
    targets = {
        "a token": UqpayMerchant.BALANCES,
        "an escaped slash": UqpayMerchant.PAYOUT + "PO1%2F2",
        "a query with escapes": UqpayMerchant.LIST + "?page_number=1&payout_status=a%20b%26",
        "an escape that is no text": "/api/v2/%ff",
        "two slashes": "/api/v2//payment/payout",
    }
    for what, target in targets.items():
        call = kept(uqpay.call(target))
        assert asked(behind.place, call) == asked(behind.direct, call), what


def without_chance(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    """But for the trace that each answer has of its own."""
    status, body = answer
    return status, re.sub(rb'"traceId":"[^"]*"', b'"traceId":""', body)


def test_a_body_that_is_too_large_is_told_so_by_outlay_and_not_by_the_proxy(behind: Behind) -> None:
    """On the route that takes the longest ones."""
    longest = {name: max(dialect.routes, key=lambda route: route.longest_body) for name, dialect in ALL.items()}
    api = max(longest, key=lambda name: longest[name].longest_body)
    documented, target = documented_of(api), longest[api].path
    call = behind.merchant.speaker(api).made(documented.create("L-1", "1.00"))
    too_long = call.but(target=target, body=call.body.ljust(LARGER_THAN_ANY))
    status, said = asked(behind.place, kept(too_long))
    code, _ = documented.read_error(Answer(status, {"content-type": "application/json"}, said))
    too_large = documented.troubles[Trouble.BODY_TOO_LARGE]
    assert (status, code) == (too_large.status, too_large.code)


ENDS = ("before it reads", "after it has read", "in its answer", "on a connection that it had kept")


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("name", INSTALLED)
def test_an_order_whose_answer_is_lost_is_sent_once_and_answered_with_a_502(name: str, ends: str) -> None:
    with Forgetful(ends) as upstream, Proxy(name, upstream.port, workers="1") as proxy:
        for key in (b"", b"x-idempotency-key: 1\r\n"):
            body = b'{"request_id":"A-1"}'
            head = b"POST /api/global/payout/create-order HTTP/1.1\r\nHost: localhost\r\n" + key
            order = head + b"content-length: %d\r\n\r\n" % len(body) + body
            if ends == ENDS[-1]:
                assert asked(proxy.place, order) == (200, b"{}")
            upstream.heard.clear()
            status, said = asked(proxy.place, order)
            assert status == 502
            assert not said.startswith(b"{")
            assert len(upstream.heard) == 1


class Forgetful:
    """A server that takes every connection and, but for the first of those that it keeps, answers nothing whole.
    `heard`: every request that came."""

    def __init__(self, ends: str) -> None:
        self._ends = ends
        self.heard: list[bytes] = []

    def __enter__(self) -> Forgetful:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._serving = threading.Thread(target=self._serve)
        self._serving.start()
        return self

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE_S)
                self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        if self._ends == ENDS[0]:
            self.heard.append(b"")
            return
        self.heard.append(self._whole(connection))
        if self._ends == "in its answer":
            connection.sendall(b"HTTP/1.1 20")
        elif self._ends == ENDS[-1]:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            self.heard.append(self._whole(connection))

    @staticmethod
    def _whole(connection: socket.socket) -> bytes:
        said = b""
        while not said.endswith(b"}") and (more := connection.recv(65_536)):
            said += more
        return said

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._serving.join()


# What each file has, whether its program is installed or not


def text(name: str) -> str:
    return (FILES / PROGRAMS[name]).read_text("utf-8")


def the_number(pattern: str, name: str) -> int:
    (found,) = re.findall(pattern, text(name))
    return int(found)


@pytest.mark.parametrize(
    ("name", "pattern"), [("nginx", r"\bkeepalive_timeout (\d+)s;  #"), ("caddy", r"\bkeepalive (\d+)s\b")]
)
def test_the_proxy_closes_idle_connections_before_outlay_does(name: str, pattern: str) -> None:
    outlay_s = int(BEHIND_A_PROXY["OUTLAY_IDLE_SECONDS"])
    assert the_number(pattern, name) + 10 < outlay_s
    page = (FILES.parent / "operations.md").read_text("utf-8")
    for said in (text(name), page):
        assert f"OUTLAY_IDLE_SECONDS={outlay_s}" in said


@pytest.mark.parametrize(
    ("name", "pattern"), [("nginx", r"\bclient_max_body_size (\d+)m;"), ("caddy", r"\bmax_size (\d+)MiB\b")]
)
def test_the_proxy_takes_the_longest_body_that_outlay_takes(name: str, pattern: str) -> None:
    longest = max(route.longest_body for dialect in ALL.values() for route in dialect.routes)
    assert longest < LARGER_THAN_ANY < the_number(pattern, name) * 1024 * 1024


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_page_for_operators_names_every_file(name: str) -> None:
    page = (FILES.parent / "operations.md").read_text("utf-8")
    assert f"(proxy/{PROGRAMS[name]})" in page
    assert {path.name for path in Path(FILES).iterdir()} == set(PROGRAMS.values())
