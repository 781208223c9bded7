"""What LessPay says in trouble: too many calls, and a fault inside. It is real: a low limit, and a missing table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.dialects.lesspay import DIALECT
from outlay.wire.problems import Trouble
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.e2e.lesspay_claims import CODES, GATEWAY, is_ordered, is_taken, no, rows_with_claims
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import Observer, observing, out_of_order
from tests.e2e.server import Server, quiet_folder
from tests.rules.breaks import edit

pytestmark = pytest.mark.slow

CALLS = 3
BUSY = (503, 503, "too many requests, see Retry-After")


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """Of these tests alone: its database is broken on purpose."""
    with quiet_folder() as folder, Server(folder / "data", OUTLAY_RATE_LIMIT=str(CALLS)) as running:
        yield running


@pytest.fixture(scope="module")
def observer(own: Server) -> Iterator[Observer]:
    with observing(own) as seen:
        yield seen


@pytest.fixture
def lesspay(own: Server, tmp_path: Path) -> LessPayMerchant:
    """A new one for each test, because calls are counted."""
    return open_merchant(own, tmp_path, dialects=["lesspay"], funds={"BRL": "100.00"}).lesspay


TOO_MANY = '_transport(503, "too many requests, see Retry-After")'


@rows_with_claims(
    {
        "code 503": (
            edit(CODES, TOO_MANY, 'Fault(503, 10, "too many requests, see Retry-After")'),
            edit(CODES, "temporarily unavailable, query before resending", "x"),
        ),
        "http 503": (
            edit(CODES, TOO_MANY, 'Fault(429, 503, "too many requests, see Retry-After")'),
            edit(GATEWAY, "if wait_s:", "if False:"),
        ),
        "header of the answer retry-after": (
            edit(GATEWAY, '_with_header(said, "retry-after", str(wait_s))', "said"),
            edit(GATEWAY, '_with_header(said, "retry-after", str(wait_s))', '_with_header(said, "retry-after", "1")'),
            edit(GATEWAY, '_with_header(said, "retry-after", str(wait_s))', '_with_header(said, "retry-after", "0")'),
        ),
    }
)
def test_too_many_calls_are_a_503_that_says_how_many_seconds_to_wait(lesspay: LessPayMerchant, row: str) -> None:
    asked = {"currency": "BRL", "way_code": "PAYRETAILERS_PAYOUT"}
    began = time.monotonic()
    for _ in range(CALLS):
        answer = lesspay.ask(lesspay.BALANCE, asked)
        assert is_taken(answer)
        assert "retry-after" not in answer.headers
    answer = lesspay.ask(lesspay.BALANCE, asked)
    assert no(answer) == BUSY
    longest = 60 // CALLS
    shortest = max(1, longest - int(time.monotonic() - began) - 1)
    assert answer.headers.get("retry-after") in [str(seconds) for seconds in range(shortest, longest + 1)]
    away = DIALECT.trouble(Trouble.UNAVAILABLE)
    assert (away.status, away.code, away.message) == (503, 503, "temporarily unavailable, query before resending")


@rows_with_claims(
    {
        "code 10": (
            edit(CODES, "SYSTEM = 10", "SYSTEM = 9999"),
            edit(CODES, "system exception, query before resending", "x"),
        ),
        "http 500": (edit(CODES, "Fault(500, Code.SYSTEM.value", "Fault(200, Code.SYSTEM.value"),),
    }
)
def test_a_fault_inside_is_a_500_and_the_order_can_be_sent_again(
    observer: Observer, lesspay: LessPayMerchant, row: str
) -> None:
    body = lesspay.order("1.00")
    with out_of_order(observer.rows, "claims"):
        answer = lesspay.ask(lesspay.CREATE, body)
    assert no(answer) == (500, 10, "system exception, query before resending")
    assert is_ordered(lesspay, body)
