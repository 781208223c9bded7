"""Large bodies at a real server: proved in a process of its own, which nobody outlives and which outlives nobody; and
bytes that nobody has proved anything about are bounded, and given back.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import bank_detail, batch
from tests.e2e.merchants import open_merchant
from tests.e2e.server import Server, command_of, http_children_of, processes_on, quiet_folder, wait_until

pytestmark = pytest.mark.slow

MANY = 200
DETAILS = 1000
PATIENCE_S = 30.0
MEGABYTE = 1024 * 1024
BUDGET = 48 * MEGABYTE
UNFINISHED = 150
ON_ITS_WAY = 100_000
"""Bytes written of a batch of a thousand: less than what a process that stands still is sent, more than all else."""


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """One whose processes can be killed, with a small budget; everything else is as it comes."""
    with quiet_folder() as folder, Server(folder / "data", OUTLAY_UNPROVED_LIMIT=str(BUDGET)) as running:
        yield running


@pytest.fixture(scope="module")
def lesspay(own: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    """Its payouts wait for a reviewer, so that nothing else goes on."""
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(own, folder, dialects=["lesspay"], funds={"PHP": "1000000.00"}, options=["--review"]).lesspay


def helpers_of(server: Server) -> list[int]:
    return [pid for pid in server.processes() if " outlay.process.apart " in command_of(pid)]


def order_batch(lesspay: LessPayMerchant, many: int = MANY) -> str:
    """Its reference."""
    body = batch([bank_detail("1.00") for _ in range(many)])
    reference: str = body["request_id"]
    assert len(lesspay.create_batch(body)["details"]) == many
    return reference


def test_a_batch_of_a_thousand_is_taken_apart_and_found_again(own: Server, lesspay: LessPayMerchant) -> None:
    reference = order_batch(lesspay, DETAILS)
    assert len(helpers_of(own)) == 1
    details = lesspay.query(request_id=reference)["details"]
    assert len({detail["mch_order_id"] for detail in details}) == DETAILS


def test_a_process_that_is_killed_in_the_middle_of_a_batch_leaves_nothing_of_it(
    own: Server, lesspay: LessPayMerchant
) -> None:
    order_batch(lesspay)
    (helper,) = helpers_of(own)
    body = batch([bank_detail("1.00") for _ in range(DETAILS)])
    os.kill(helper, signal.SIGSTOP)
    before = written_by(own.pid)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(lesspay.ask, lesspay.BATCH, body)
        wait_until(lambda: written_by(own.pid) - before > ON_ITS_WAY, PATIENCE_S, "the job is on its way")
        os.kill(helper, signal.SIGKILL)
        told = asking.result(PATIENCE_S)
    assert (told.json()["code"], told.json()["msg"]) == (503, "too many requests, see Retry-After")
    assert int(told.headers["retry-after"]) >= 1
    assert lesspay.ask(lesspay.QUERY, {"request_id": body["request_id"]}).json()["data"] is None
    assert lesspay.create_batch(body)["request_id"] == body["request_id"], "its reference is free still"


def written_by(pid: int) -> int:
    """Bytes, to whatever."""
    return int(Path(f"/proc/{pid}/io").read_text().partition("wchar: ")[2].split()[0])


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["alone", "several"])
def test_a_server_that_is_killed_leaves_no_process_behind(words: tuple[str, ...], tmp_path: Path) -> None:
    with quiet_folder() as folder, Server(folder / "data", *words) as server:
        lesspay = open_merchant(server, tmp_path, dialects=["lesspay"], funds={"PHP": "1000000.00"}).lesspay
        order_batch(lesspay)
        left = helpers_of(server)
        assert left
        server.kill()
        wait_until(lambda: not processes_on(folder), PATIENCE_S, f"all are gone, {left} too")


def test_a_process_that_stands_still_when_all_others_are_killed_keeps_no_port_from_the_next_server(
    tmp_path: Path,
) -> None:
    with quiet_folder() as folder:
        server = Server(folder / "data", "--workers", "2").start()
        lesspay = open_merchant(server, tmp_path, dialects=["lesspay"], funds={"PHP": "1000000.00"}).lesspay
        order_batch(lesspay)
        (helper,) = helpers_of(server)
        children = http_children_of(server.pid)
        os.kill(helper, signal.SIGSTOP)
        server.kill()
        for child in children:
            os.kill(child, signal.SIGKILL)
        port = str(urlsplit(server.base_url).port)
        with Server(folder / "data", "--port", port) as again:
            order_batch(open_merchant(again, tmp_path, dialects=["lesspay"], funds={"PHP": "1000000.00"}).lesspay)
            assert helper in again.processes()
            os.kill(helper, signal.SIGKILL)


def test_a_server_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    with quiet_folder() as folder:
        server = Server(folder / "data").start()
        lesspay = open_merchant(server, tmp_path, dialects=["lesspay"], funds={"PHP": "1000000.00"}).lesspay
        order_batch(lesspay)
        assert helpers_of(server)
        assert server.stop() == 0
        assert processes_on(folder) == []


# -- bytes of strangers -----------------------------------------------------------------------------------------------


def memory_of(server: Server) -> int:
    """Bytes of all its processes but PostgreSQL's."""
    pids = [pid for pid in server.processes() if "postgres" not in command_of(pid)]
    return sum(int(_status_of(pid).partition("VmRSS:")[2].split()[0]) * 1024 for pid in pids)


def _status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


def unfinished_body(server: Server, lesspay: LessPayMerchant) -> socket.socket:
    """A megabyte of a batch under a key id that is known; the rest never comes."""
    where = urlsplit(server.base_url)
    head = lesspay.call(lesspay.BATCH, b" " * 2 * MEGABYTE, signed_as={}).raw().partition(b"\r\n\r\n")[0]
    connection = socket.create_connection((where.hostname or "", where.port or 0), timeout=PATIENCE_S)
    connection.sendall(head + b"\r\n\r\n" + b" " * MEGABYTE)
    return connection


def test_bodies_that_never_end_take_no_more_than_the_budget_and_keep_no_merchant_out(
    own: Server, lesspay: LessPayMerchant
) -> None:
    order_batch(lesspay)
    with ExitStack() as opened:
        opened.enter_context(unfinished_body(own, lesspay))
        order_batch(lesspay)
    calm = memory_of(own)
    with ExitStack() as opened:
        held = [opened.enter_context(unfinished_body(own, lesspay)) for _ in range(UNFINISHED)]
        order_batch(lesspay)
        full = memory_of(own)
        assert full - calm < UNFINISHED * MEGABYTE / 2, (
            "the budget, twice over while a body is joined, and what is around it"
        )
        assert held[0].recv(12) == b"HTTP/1.1 503", "the oldest was told"
    wait_until(lambda: memory_of(own) <= 1.2 * calm, PATIENCE_S, f"memory is as it was, {calm}, from {full}")
