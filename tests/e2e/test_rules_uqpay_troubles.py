"""UQPAY's answers in trouble: too many calls, and a fault inside. The trouble is real: a server that takes few calls,
and a database without one of its tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.uqpay.family import Told, told
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import Observer, observing, out_of_order
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server, quiet_folder
from tests.rules.breaks import edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

CODES = "dialects/uqpay/codes.py"
GATEWAY = "api/gateway.py"
RATES = "api/rates.py"
CALLS = 12
"""A minute; one more every five seconds."""
ONE_MORE_S = 60 // CALLS
TOKENS = 3
"""A minute, one more every twenty seconds."""
TOO_MANY: Told = (
    429,
    {"type": "api_error", "code": "velocity_limit_exceeded", "message": "too many requests, see Retry-After"},
)
INTERNAL: Told = (
    500,
    {
        "type": "api_error",
        "code": "api_error",
        "message": "internal error, the outcome is unknown: repeat with the same key",
    },
)


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """Of these tests alone: it takes few calls, and its database is broken on purpose."""
    limits = {"OUTLAY_RATE_LIMIT": str(CALLS), "OUTLAY_TOKEN_RATE_LIMIT": str(TOKENS)}
    with quiet_folder() as folder, Server(folder / "data", **limits) as running:
        yield running


@pytest.fixture(scope="module")
def observer(own: Server) -> Iterator[Observer]:
    with observing(own) as seen:
        yield seen


@pytest.fixture
def uqpay(own: Server, tmp_path: Path) -> UqpayMerchant:
    """A new one for each test, because calls are counted."""
    return open_merchant(own, tmp_path, dialects=["uqpay"], funds={"BRL": "100.00"}).uqpay


def until_too_many(own: Server, call: Call) -> tuple[list[Answer], Answer]:
    """The calls that were taken, and the first that was not. What came back in meanwhile is counted out."""
    began = time.monotonic()
    taken: list[Answer] = []
    for _ in range(2 * CALLS):
        answer = send(own.base_url, call)
        if answer.status != 200:
            break
        taken.append(answer)
    came_back = int((time.monotonic() - began) / ONE_MORE_S)
    assert CALLS <= len(taken) <= CALLS + came_back
    return taken, answer


@claims(
    "uqpay",
    "code api_error velocity_limit_exceeded",
    edit(CODES, '"velocity_limit_exceeded"', '"x"', within="_TOO_MANY"),
    edit(CODES, "too many requests, see Retry-After", "x", within="_TOO_MANY"),
    edit(RATES, "full = allowed * MINUTE_NS", "full = (allowed + 3) * MINUTE_NS", within="Rates.take"),
    edit(GATEWAY, "        if wait_s:", "        if False:", within="Gateway._serve_known"),
)
def test_a_credential_makes_its_calls_of_a_minute_and_nothing_is_done_for_one_more(
    own: Server, uqpay: UqpayMerchant, observer: Observer
) -> None:
    _, refused = until_too_many(own, uqpay.call(uqpay.BALANCES))
    assert told(refused) == TOO_MANY
    before = observer.count("payouts")
    assert told(uqpay.ask(uqpay.CREATE, uqpay.order("1.00"))) == TOO_MANY
    assert observer.count("payouts") == before


@claims(
    "uqpay",
    "http 429",
    edit(CODES, "Fault(429,", "Fault(400,", within="_TOO_MANY"),
    edit(CODES, "Fault(429,", "Fault(503,", within="_TOO_MANY"),
)
def test_one_call_too_many_is_429_and_none_before_it(own: Server, uqpay: UqpayMerchant) -> None:
    taken, refused = until_too_many(own, uqpay.call(uqpay.LIST))
    assert {answer.status for answer in taken} == {200}
    assert told(refused) == TOO_MANY
    # Tokens are counted apart: this merchant has one already.
    for _ in range(1, TOKENS):
        assert send(own.base_url, uqpay.token_call()).status == 200
    assert told(send(own.base_url, uqpay.token_call())) == TOO_MANY


@claims(
    "uqpay",
    "header of the answer retry-after",
    edit(GATEWAY, '_with_header(said, "retry-after", str(wait_s))', "said", within="Gateway._serve_known"),
    edit(GATEWAY, '"retry-after", str(wait_s)', '"retry-after", str(1000 * wait_s)', within="Gateway._serve_known"),
    edit(RATES, "-((left - MINUTE_NS) //", "-(left //", within="Rates.take"),
)
def test_whoever_waits_as_long_as_told_is_served(own: Server, uqpay: UqpayMerchant) -> None:
    call = uqpay.call(uqpay.BALANCES)
    taken, refused = until_too_many(own, call)
    assert not [answer for answer in taken if "retry-after" in answer.headers]
    assert told(refused) == TOO_MANY
    assert refused.headers.get("retry-after", "") in [str(seconds) for seconds in range(1, ONE_MORE_S + 1)]
    time.sleep(int(refused.headers["retry-after"]))
    assert send(own.base_url, call).status == 200


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            "code api_error api_error",
            id="code api_error api_error",
            marks=claims(
                "uqpay",
                "code api_error api_error",
                edit(CODES, '500, "api_error"', '500, "x"', within="_INTERNAL"),
                edit(CODES, "internal error, the outcome is unknown", "x", within="_INTERNAL"),
                edit(
                    GATEWAY,
                    "return self.say(dialect, Trouble.INTERNAL, path)",
                    "return self.say(dialect, Trouble.UNAVAILABLE, path)",
                    within="Gateway._try",
                ),
            ),
        ),
        pytest.param(
            "http 500",
            id="http 500",
            marks=claims(
                "uqpay",
                "http 500",
                edit(CODES, '500, "api_error"', '400, "api_error"', within="_INTERNAL"),
                edit(CODES, '500, "api_error"', '503, "api_error"', within="_INTERNAL"),
            ),
        ),
    ],
)
def test_a_fault_inside_is_told_as_an_unknown_outcome(uqpay: UqpayMerchant, observer: Observer, row: str) -> None:
    assert uqpay.ask(uqpay.BALANCES).status == 200
    with out_of_order(observer.rows, "balances"):
        refused = [uqpay.ask(uqpay.BALANCES), uqpay.ask(f"{uqpay.BALANCES}/BRL")]
    assert [told(answer) for answer in refused] == [INTERNAL, INTERNAL]
    assert uqpay.ask(uqpay.BALANCES).status == 200
