"""A client hangs up, or waits in vain, while its order waits for somebody else's lock: "not found" is the truth then,
from every process, also after the lock was let go.

What is promised stands in docs/refusals.md.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.apis.software import new_reference
from tests.e2e.held import Held, two_servers, was_not_done
from tests.e2e.raw_http import Answer, exchange
from tests.e2e.server import quiet_folder

pytestmark = pytest.mark.slow

DATABASE_S = 6.0
HELD_S = 2.5
HANGS_UP_AFTER_S = 0.7
AFTERWARDS_S = 2.0
IDLE_S = 2.0


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    """One installation for all of them: each test has orders of its own."""
    with quiet_folder() as folder, two_servers(folder, OUTLAY_DATABASE_SECONDS=str(DATABASE_S)) as both:
        yield both


@pytest.fixture(autouse=True)
def nothing_is_under_way(held: Held) -> None:
    held.until_quiet()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


def ordering(held: Held, pool: ThreadPoolExecutor, reference: str = "") -> Future[Answer]:
    """An order of somebody who waits for the answer, and whose batch has begun."""
    asked = pool.submit(held.order, held.first, reference or new_reference("L"))
    held.until_a_batch_waits()
    return asked


def test_an_order_that_waited_in_the_queue_when_its_client_hung_up_never_appears_and_can_be_made_anew(
    held: Held, pool: ThreadPoolExecutor
) -> None:
    reference = new_reference("L")
    with held.account_locked() as let_go:
        began = time.monotonic()
        before = ordering(held, pool)
        held.hang_up(held.first, held.lesspay_order(reference), HANGS_UP_AFTER_S)
        assert held.found_by(reference) == [False, False]
        time.sleep(HELD_S - (time.monotonic() - began))
        let_go()
    assert before.result().json()["code"] == 0
    until = time.monotonic() + AFTERWARDS_S
    while time.monotonic() < until:
        assert held.found_by(reference) == [False, False]
        time.sleep(0.1)
    assert held.order(held.second, reference).json()["code"] == 0
    assert held.found_by(reference) == [True, True]


def test_its_idempotency_key_is_free_as_soon_as_it_hung_up(held: Held, pool: ThreadPoolExecutor) -> None:
    uqpay = held.merchant.uqpay
    call = uqpay.call(uqpay.CREATE, uqpay.order("1.00"))
    again = call.raw()
    with held.account_locked() as let_go:
        before = ordering(held, pool)
        held.hang_up(held.first, call, HANGS_UP_AFTER_S)
        time.sleep(0.2)
        anew = pool.submit(exchange, held.first.base_url, again)
        time.sleep(0.5)
        assert not anew.done(), "it waits, and is not told that another one is running"
        let_go()
    assert before.result().json()["code"] == 0
    assert anew.result().status == 200, anew.result()


def test_a_process_that_is_stopped_before_its_commit_lets_the_account_go_and_never_commits(
    held: Held, pool: ThreadPoolExecutor
) -> None:
    """Its statements were prepared before: amid that no server counts a transaction as one that stands still."""
    reference, other = new_reference("L"), new_reference("L")
    for _ in range(5):
        assert held.order(held.first, new_reference("L")).json()["code"] == 0
    with held.lock("lock table payouts in share mode") as let_go:
        stopped = ordering(held, pool, reference)
        os.kill(held.first.pid, signal.SIGSTOP)
        try:
            let_go()
            began = time.monotonic()
            answer = held.order(held.second, other)
            assert answer.json()["code"] == 0, (answer, time.monotonic() - began)
            assert time.monotonic() - began < 2 * IDLE_S
            time.sleep(DATABASE_S)
            assert not held.is_found(held.second, reference)
        finally:
            os.kill(held.first.pid, signal.SIGCONT)
    assert was_not_done(stopped.result()), stopped.result()
    time.sleep(AFTERWARDS_S)
    assert held.found_by(reference) == [False, False]


def test_a_process_that_is_stopped_before_it_reads_an_order_never_carries_it_out(held: Held) -> None:
    reference = new_reference("L")
    os.kill(held.first.pid, signal.SIGSTOP)
    try:
        held.hang_up(held.first, held.lesspay_order(reference), HANGS_UP_AFTER_S)
        time.sleep(DATABASE_S + IDLE_S)
        assert not held.is_found(held.second, reference)
    finally:
        os.kill(held.first.pid, signal.SIGCONT)
    time.sleep(AFTERWARDS_S)
    assert held.found_by(reference) == [False, False]
    assert held.order(held.first, reference).json()["code"] == 0
