"""Send payouts out, and find out about those that were sent: never twice, never guessing.

For each payout that is due:

    reserved            commit the attempt, then send it, then record the outcome
    processing          ask the rail about the attempt by our own reference

Only if the rail says "not found" after its finality time, and says it again, and refuses duplicates, is the same
reference sent again. Anything else waits.

The trap: after the attempt is committed the only next move is to ask. A crash between commit and send looks exactly
like a lost answer, and is treated like one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from outlay.core.outcome import NotFound, Outcome
from outlay.core.payout import Attempt, AttemptState, BeginAttempt, Expire, Payout, Settle, State
from outlay.core.refusal import Refusal
from outlay.service.move_payout import move_payout
from outlay.service.rails import Rail, Rails
from outlay.service.runtime import Runtime
from outlay.store import work
from outlay.store.database import Unavailable
from outlay.store.desk import Due

ACCOUNTS_AT_ONCE: Final = 16
PAYOUTS_EACH: Final = 16
"""No more than can be worked on well within a lease."""
LEASE_MS: Final = 30_000
ASK_AGAIN_MS: Final = 60_000
CALLS_AT_ONCE: Final = 32

_log = structlog.get_logger("outlay.submit")


class Submitter:
    def __init__(self, runtime: Runtime, rails: Rails, worker: str) -> None:
        self._runtime = runtime
        self._rails = rails
        self._worker = worker
        self._places = asyncio.Semaphore(CALLS_AT_ONCE)

    async def run_due(self) -> int:
        """One round. Returns how many payouts it worked on."""
        payouts = await self._claim()
        results = await asyncio.gather(*(self._work_on(payout) for payout in payouts), return_exceptions=True)
        for payout, result in zip(payouts, results, strict=True):
            # The lease runs out and the payout is due again.
            if isinstance(result, Unavailable):
                self._runtime.health.met(result, worker="submit")
            elif isinstance(result, BaseException):
                _log.error("payout not worked on", payout_id=payout.payout_id, error=repr(result))
        return len(payouts)

    async def next_due_ms(self) -> int | None:
        return await work.next_due_ms(self._runtime.database)

    async def _claim(self) -> Sequence[Payout]:
        return await work.claim_due(
            self._runtime.database,
            worker=self._worker,
            now_ms=self._runtime.now_ms(),
            lease_ms=LEASE_MS,
            accounts=ACCOUNTS_AT_ONCE,
            each=PAYOUTS_EACH,
        )

    async def _work_on(self, payout: Payout) -> None:
        async with self._places:
            expires_ms = payout.expires_ms
            if payout.attempt is None and expires_ms is not None and expires_ms <= self._runtime.now_ms():
                await move_payout(self._runtime, payout.account_id, payout.payout_id, Expire())
            elif payout.state is State.RESERVED:
                await self._send(payout)
            elif payout.state is State.PROCESSING and payout.attempt is not None:
                await self._ask(payout, payout.attempt)

    async def _send(self, payout: Payout) -> None:
        rail = self._rails[payout.rail]  # looked up first: a rail that is not there must not leave an attempt behind
        begun = await move_payout(self._runtime, payout.account_id, payout.payout_id, BeginAttempt())
        if isinstance(begun, Refusal):
            _log.info("attempt not begun", payout_id=payout.payout_id, refusal=begun.name)
            return
        attempt = begun.payout.attempt
        if attempt is None:
            raise AssertionError("a begun payout has an attempt")
        outcome = await rail.submit(begun.payout, attempt)
        await self._record(begun.payout, attempt, outcome)

    async def _ask(self, payout: Payout, attempt: Attempt) -> None:
        rail = self._rails[attempt.rail]
        answer = await rail.find(payout, attempt)
        if isinstance(answer, NotFound) and self._may_send_again(rail, attempt):
            answer = await rail.find(payout, attempt)
            if isinstance(answer, NotFound):
                answer = await rail.submit(payout, attempt)
        if not isinstance(answer, NotFound) and await self._record(payout, attempt, answer):
            return  # what changed was saved together with the time of the next look
        now_ms = self._runtime.now_ms()
        again = Due(now_ms + ASK_AGAIN_MS, now_ms)
        await work.put_off(self._runtime.database, payout.account_id, payout.payout_id, again)

    def _may_send_again(self, rail: Rail, attempt: Attempt) -> bool:
        silent = attempt.state in (AttemptState.BEGUN, AttemptState.UNKNOWN)
        # Begun in the future, under a clock that was wrong, it is as young as can be.
        old_enough = max(self._runtime.now_ms() - attempt.begun_ms, 0) >= rail.finality_ms
        return silent and old_enough and rail.refuses_duplicates

    async def _record(self, payout: Payout, attempt: Attempt, outcome: Outcome) -> bool:
        """Whether the outcome told anything new."""
        event = Settle(attempt.number, outcome)
        moved = await move_payout(self._runtime, payout.account_id, payout.payout_id, event)
        if isinstance(moved, Refusal):
            _log.error("outcome refused", payout_id=payout.payout_id, refusal=moved.name)
            return False
        return moved.changed
