"""A rail that writes down everything it is asked and really moves money: twice, if it is asked twice and does not
refuse duplicates. So "the money moved exactly once" can be counted at the far end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from outlay.core.account import SANDBOX_RAIL
from outlay.core.attempt import SEND_WITHIN_MS, Attempt, RailTerms, final_after_ms
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid, Unknown
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.rail import RailRecord
from outlay.rails.rail import NOT_SENT, Fence, Rails
from outlay.service.runtime import Runtime
from outlay.store.work import FIRST, Lease, Taken, WorkList
from outlay.workers.payouts import PayoutWorker
from outlay.workers.pipeline import LEASE_MS, Pipeline

FINAL_MS = SEND_WITHIN_MS + final_after_ms(RailTerms("any"))
"""After a send, where the rail needs no time to know of it: from then on "not found" is evidence."""
SANDBOX_TERMS = RailTerms(SANDBOX_RAIL, refuses_duplicates=True)
INTERNAL_TERMS = RailTerms(INTERNAL_RAIL, refuses_duplicates=True)
"""As an installation has them, but that no refusal of these sends the money elsewhere."""
ASK_AGAIN_MS = 66_000
"""Within this, what a rail has accepted is asked about for the first time."""

Answer = Outcome | NotFound | Exception


class CountingRail:
    def __init__(self, *, refuses_duplicates: bool = True, finality_ms: int = 0, **terms: Any) -> None:
        self.terms = RailTerms("sandbox", refuses_duplicates, finality_ms, **terms)
        self.submitted: list[str] = []
        self.asked: list[str] = []
        self.moved: Counter[str] = Counter()
        self.most_at_once = 0
        self.say_to_submit: Callable[[Payout], Answer] = lambda payout: Accepted(f"X{payout.payout_id}")
        """What the caller hears, after the money has moved (or not, see `moves`)."""
        self.say_to_find: Callable[[Payout], Answer] = lambda payout: Paid(f"X{payout.payout_id}")
        """What the caller hears about a reference that the rail knows."""
        self.moves: Callable[[Payout], bool] = lambda _payout: True
        self._at_once = 0

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        await self._take_time()
        if not fence.is_open():
            return NOT_SENT
        self.submitted.append(attempt.reference)
        fence.has_left()
        if self.moves(payout) and not (self.terms.refuses_duplicates and self.moved[attempt.reference]):
            self.moved[attempt.reference] += 1
        answer = _said(self.say_to_submit(payout))
        assert not isinstance(answer, NotFound)
        return answer

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        self.asked.append(attempt.reference)
        await self._take_time()
        return _said(self.say_to_find(payout)) if self.moved[attempt.reference] else NotFound()

    async def _take_time(self) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0.001)
        self._at_once -= 1


def open_fence() -> Fence:
    """One that nothing closes."""
    return Fence(RailTerms("any"), lambda: 0, 0)


class Rounds(PayoutWorker):
    """Works on what is due when it is told to, until it is settled: as a pipeline would, step by step."""

    def __init__(self, runtime: Runtime, rails: Rails, worker: str, **places: int) -> None:
        self._list = WorkList(runtime.database, runtime.lanes)
        super().__init__(runtime, rails, self._list)
        records = {name: RailRecord("test", rail.terms, **places) for name, rail in rails.items()}
        self.pipeline = Pipeline(runtime, self._list, self, records, worker)

    async def run_due(self) -> int:
        """Returns how many payouts were worked on."""
        count = await self.pipeline.take()
        await self.pipeline.when_idle()
        return count

    async def taken(self) -> Sequence[Taken]:
        """What is due, taken as by a worker that does nothing with it yet."""
        return await all_due(self._runtime, self._list)

    async def next_due_ms(self) -> int | None:
        return min((line.due_ms for line in await self._list.lines()), default=None)


async def all_due(runtime: Runtime, work: WorkList, *, most: int = 99, lease_ms: int = LEASE_MS) -> list[Taken]:
    """Up to so many payouts of each account that has work which is due, of every rail and kind."""
    now_ms = runtime.now_ms()
    lease = Lease("taker", now_ms, now_ms + lease_ms)
    taken: list[Taken] = []
    for line in await work.lines():
        for account_id in (await work.accounts(line, now_ms, FIRST)).accounts:
            taken += await work.take({account_id: most}, line, lease)
    return taken


def submitter_of(runtime: Runtime, rails: Rails, worker: str = "worker", **places: int) -> Rounds:
    return Rounds(runtime, rails, worker, **places)


def _said(answer: Answer) -> Outcome | NotFound:
    if isinstance(answer, Exception):
        raise answer
    return answer


def silence(_payout: Payout) -> Answer:
    return Unknown("no answer")
