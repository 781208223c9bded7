"""What each API answers in trouble: too many calls, a fault inside, and a key whose first request is still running.

The trouble is real: a server with a low limit, a database without one of its tables, a lock that somebody holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from outlay.wire.problems import Trouble
from tests.apis.found import all_names, documented_of
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import Observer, observing, out_of_order, wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server, quiet_folder

pytestmark = pytest.mark.slow

CALLS = 3
WAITS = "select count(*) from pg_locks where not granted"


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
def merchant(own: Server, tmp_path: Path) -> Merchant:
    """A new one for each test, because calls are counted."""
    return open_merchant(own, tmp_path, dialects=all_names(), funds={"BRL": "1000.00"})


def asks(merchant: Merchant, api: str) -> Call:
    """A call that changes nothing."""
    return merchant.speaker(api).made(documented_of(api).query("X", None))


@pytest.mark.parametrize("api", all_names())
def test_too_many_calls_are_told_with_the_seconds_to_wait(own: Server, merchant: Merchant, api: str) -> None:
    for _ in range(CALLS + 1):
        answer = send(own.base_url, asks(merchant, api))
    assert is_told(api, answer, Trouble.TOO_MANY_REQUESTS)
    assert 1 <= int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("api", all_names())
def test_a_fault_inside_is_an_unknown_outcome_in_every_api(
    own: Server, observer: Observer, merchant: Merchant, api: str
) -> None:
    call = asks(merchant, api)
    with out_of_order(observer.rows, "payouts"):
        answer = send(own.base_url, call)
    assert answer.status == 500
    assert is_told(api, answer, Trouble.INTERNAL)
    code, _ = documented_of(api).read_error(send(own.base_url, asks(merchant, api)))
    assert code == documented_of(api).not_found.code, "nothing is wrong any more"


def is_told(api: str, answer: Answer, trouble: Trouble) -> bool:
    said, (code, _) = documented_of(api).troubles[trouble], documented_of(api).read_error(answer)
    return (answer.status, code) == (said.status, said.code)


def test_a_second_request_with_a_key_is_told_that_the_first_is_running(
    own: Server, observer: Observer, merchant: Merchant
) -> None:
    order = merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("1.00"), key=str(uuid4()))
    observer.rows("begin")
    observer.rows(f"select 1 from accounts where account_id = '{merchant.account_id}' for update")
    with ThreadPoolExecutor(1) as pool:
        try:
            first = pool.submit(send, own.base_url, order)
            wait_for(lambda: observer.rows(WAITS)[0][0])
            second = send(own.base_url, order)
        finally:
            observer.rows("rollback")
    assert (second.status, json.loads(second.body)) == (400, {"code": 400, "message": "request is processing"})
    assert first.result().status == 200
