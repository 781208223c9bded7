"""A rail that writes down everything it is asked and really moves money: twice, if it is asked twice and does not
refuse duplicates. So "the money moved exactly once" can be counted at the far end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from outlay.core.attempt import Attempt
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid, Unknown
from outlay.core.payout import Payout

Answer = Outcome | NotFound | Exception


class CountingRail:
    def __init__(self, *, refuses_duplicates: bool = True, finality_ms: int = 0) -> None:
        self.refuses_duplicates = refuses_duplicates
        self.finality_ms = finality_ms
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

    async def submit(self, payout: Payout, attempt: Attempt) -> Outcome:
        self.submitted.append(attempt.reference)
        await self._take_time()
        if self.moves(payout) and not (self.refuses_duplicates and self.moved[attempt.reference]):
            self.moved[attempt.reference] += 1
        answer = _said(self.say_to_submit(payout))
        assert not isinstance(answer, NotFound)
        return answer

    async def find(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        self.asked.append(attempt.reference)
        await self._take_time()
        return _said(self.say_to_find(payout)) if self.moved[attempt.reference] else NotFound()

    async def _take_time(self) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0.001)
        self._at_once -= 1


def _said(answer: Answer) -> Outcome | NotFound:
    if isinstance(answer, Exception):
        raise answer
    return answer


def silence(_payout: Payout) -> Answer:
    return Unknown("no answer")
