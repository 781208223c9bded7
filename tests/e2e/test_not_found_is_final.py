"""Whatever a client does and whatever stands still meanwhile: after the documented time "not found" stays "not found".

Two servers order for one account. A lock that comes and goes holds their batches up, one of them is stopped now and
then, and clients lose patience at any moment. `docs/refusals.md` says how long they have to wait before they may
believe what they hear.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import msgspec
import pytest

from tests.apis.software import new_reference
from tests.e2e.held import Held, two_servers, was_not_done
from tests.e2e.raw_http import Answer
from tests.e2e.server import Server
from tests.support.seeds import seed_of_tree

pytestmark = pytest.mark.slow

DATABASE_S = 2.0
FINAL_S = DATABASE_S + 5.0
"""As documented."""
FOR_S = 15.0
CLIENTS = 12
LONGEST_LOCK_S = 3.0
STOPS_S = (FINAL_S + 2.0, 0.5, 3.0)
"""What came to a stopped process is read after that: the longest is longer than anybody has to wait, and is the first,
so that it is over before the test is."""
AFTERWARDS_S = 1.0
"""After the last that was looked for had to be final: then nothing stands still any more."""
FEW = 1
CLAIMED = "select reference from claims where account_id = $1"


class Ended(msgspec.Struct, frozen=True):
    """One order: what its client has heard, and whether it was found when it had to be final."""

    reference: str
    answer: Answer | None
    was_found: bool


class Client:
    """Orders on both servers, and asks the one that is never stopped."""

    def __init__(self, held: Held, seed: int, over: Event) -> None:
        self._held, self._dice, self._over = held, random.Random(seed), over

    def play(self, later: ThreadPoolExecutor) -> list[Ended]:
        asked = []
        while not self._over.is_set():
            server, reference = self._dice.choice(self._held.servers), new_reference("L")
            patience_s = self._dice.choice((0.01, 0.3, 1.0, 2.0, 30.0)) * self._dice.uniform(0.5, 1.0)
            answer = self._held.order_and_hang_up(server, reference, patience_s)
            asked.append(later.submit(self._look, reference, answer, time.monotonic() + FINAL_S))
            time.sleep(self._dice.uniform(0.0, 0.4))
        return [each.result() for each in asked]

    def _look(self, reference: str, answer: Answer | None, at_s: float) -> Ended:
        time.sleep(max(0.0, at_s - time.monotonic()))
        return Ended(reference, answer, self._held.is_found(self._held.second, reference))


@contextmanager
def stopped_now_and_then(server: Server, seed: int) -> Iterator[None]:
    over, dice = Event(), random.Random(seed)

    def stop() -> None:
        for stop_s in cycle(STOPS_S):
            if over.wait(dice.uniform(1.0, 4.0)):
                return
            os.kill(server.pid, signal.SIGSTOP)
            over.wait(stop_s)
            os.kill(server.pid, signal.SIGCONT)

    stopping = Thread(target=stop, name="stops")
    stopping.start()
    try:
        yield
    finally:
        over.set()
        stopping.join()


def lock_now_and_then(held: Held, dice: random.Random, until_s: float) -> None:
    while time.monotonic() < until_s:
        time.sleep(dice.uniform(0.0, 1.0))
        with held.account_locked():
            time.sleep(dice.uniform(0.1, LONGEST_LOCK_S))


def untrue(ended: Sequence[Ended], claimed: set[str]) -> list[str]:
    faults = []
    for each in ended:
        is_there = each.reference in claimed
        if is_there and not each.was_found:
            faults.append(f"{each.reference} was not found when that was final, and came")
        if is_there and each.answer is not None and was_not_done(each.answer):
            faults.append(f"{each.reference} was told to be not done, and is there")
        if not is_there and each.answer is not None and each.answer.json()["code"] == 0:
            faults.append(f"{each.reference} was acknowledged, and is lost")
    return faults


def test_after_the_documented_time_not_found_stays_not_found(folder: Path) -> None:
    dice = random.Random(seed_of_tree())
    with (
        two_servers(folder, OUTLAY_DATABASE_SECONDS=str(DATABASE_S)) as held,
        ThreadPoolExecutor(CLIENTS) as pool,
        ThreadPoolExecutor(128) as later,
    ):
        over = Event()
        clients = [Client(held, dice.getrandbits(32), over) for _ in range(CLIENTS)]
        playing = [pool.submit(client.play, later) for client in clients]
        try:
            with stopped_now_and_then(held.first, dice.getrandbits(32)):
                lock_now_and_then(held, dice, time.monotonic() + FOR_S)
        finally:
            over.set()
        ended = [each for work in playing for each in work.result()]
        time.sleep(AFTERWARDS_S)
        claimed = {reference for (reference,) in held.rows(CLAIMED, held.merchant.account_id)}
        assert untrue(ended, claimed) == []
        gone = [each for each in ended if each.answer is None]
        told = [each for each in ended if each.answer is not None and was_not_done(each.answer)]
        came = [each for each in gone if each.was_found]
        assert min(len(came), len(gone) - len(came), len(told)) >= FEW, "all of it was tried"
