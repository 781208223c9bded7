"""Lives at random through losses of time: the payout goes back to what it once was, and its rails do not.

A worker does what the core's schedule says; sends, crashes and answers fall on either side of a restore. Rails keep
their own truth, and two of three do not refuse duplicates. No send here leaves late: against that there is no rule.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from outlay.core import life
from outlay.core.account import Terms
from outlay.core.attempt import Attempt, AttemptState, RailTerms, attempt_reference
from outlay.core.epoch import FIRST_EPOCH, Epoch
from outlay.core.events import BeginAttempt, Cancel, Event, Expire, Heard, Park, SendAgain, Source
from outlay.core.outcome import Failure, FailureReason, NotFound, Outcome, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection
from outlay.core.schedule import Again, AskNow, Leave, next_inquiry, next_move
from outlay.core.work import due
from tests.core.payout_stories import ACCOUNT, CAREFUL_ACCOUNT, DAY_MS, ELSEWHERE, NOW_MS, WHAT, accept

LIVES = 3_000
NEVER_MS = NOW_MS + 99 * DAY_MS
ENDED_UNPAID = {State.FAILED, State.CANCELLED, State.EXPIRED}
UNENDED = {State.RESERVED, State.PROCESSING}
ANSWERS = {
    "paid": Paid("CH-1"),
    "elsewhere": Refused(Failure(FailureReason.RAIL_OUT_OF_FUNDS, "not today")),
    "refused": Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "no such key")),
}


class Life:
    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.now_ms, self.epoch, self.due_ms = NOW_MS, FIRST_EPOCH, NOW_MS
        self.plan: list[tuple[int, int, Callable[[], object]]] = []
        self.rails = {
            "sandbox": RailTerms("sandbox", finality_ms=30_000, elsewhere=ELSEWHERE),
            "second": RailTerms("second", elsewhere=ELSEWHERE, send_within_ms=20_000, ask_again_ms=1_000),
            "third": RailTerms("third", refuses_duplicates=True, send_within_ms=1_000, ask_again_ms=30_000),
        }
        self.known: dict[tuple[str, str], str] = {}
        self.paid: Counter[str] = Counter()
        account = self.chance.choice((ACCOUNT, ACCOUNT, CAREFUL_ACCOUNT))
        self.payout = accept(life.order(WHAT, account, Terms(), 42, NOW_MS, ordered_by="ana")).payout
        self.copies = [self.payout]

    def live(self) -> None:
        for _ in range(self.chance.choice((1, 2, 3))):
            self.later(self.chance.choice((60_000, 120_000, DAY_MS)), self.restore, is_within=True)
        self.later(self.chance.choice((1_000, 120_000)), lambda: self.step(Cancel("ana")), is_within=True)
        self.later(0, self.work)
        while self.plan and self.plan[0][0] < NOW_MS + 20 * DAY_MS:
            self.now_ms, _, act = heapq.heappop(self.plan)
            act()

    def later(self, ms: int, act: Callable[[], object], *, is_within: bool = False) -> None:
        ms = self.chance.randrange(ms) if is_within else ms
        heapq.heappush(self.plan, (self.now_ms + ms, self.chance.randrange(1 << 60), act))

    def restore(self) -> None:
        del self.copies[self.chance.randrange(len(self.copies)) + 1 :]
        self.payout, self.epoch = self.copies[-1], Epoch(self.epoch.number + 1, self.now_ms)
        if self.payout.completed_ms is None:
            self.due_ms = self.now_ms
            self.later(0, self.work)
        else:
            self.put_off()

    # the worker, as workers/payouts.py does

    def step(self, event: Event) -> Payout | None:
        decided = life.step(self.payout, event, self.now_ms, self.epoch)
        if decided is Objection.NOT_ASKED_ABOUT and not isinstance(event, Cancel):
            self.ask(self.payout)
        if isinstance(decided, No):
            return None
        if decided.payout != self.payout:
            self.payout = decided.payout
            self.copies.append(self.payout)
            self.put_off()
        return decided.payout

    def put_off(self) -> None:
        open_attempt = self.payout.open_attempt
        rail = self.rails[open_attempt.rail if open_attempt is not None else self.payout.rail]
        at = due(self.payout, self.now_ms, rail=rail)
        self.due_ms = at.at_ms if at is not None else NEVER_MS
        self.later(max(self.due_ms - self.now_ms, 0), self.work)

    def work(self) -> None:
        if self.now_ms < self.due_ms:
            return
        self.due_ms = self.now_ms + 30_000
        self.later(30_000, self.work)
        payout, attempt = self.payout, self.payout.open_attempt
        if attempt is not None:
            self.go_on(payout, attempt)
        elif payout.pending.inquiry is not None:
            self.ask(payout)
        elif payout.completed_ms is None:
            is_overdue = not payout.attempts and payout.expires_ms is not None and payout.expires_ms <= self.now_ms
            if not is_overdue and payout.state is not State.RESERVED and not payout.is_between_rails:
                self.put_off()
            self.step(Expire()) if is_overdue else self.begin()

    def go_on(self, payout: Payout, attempt: Attempt, *, asked_ms: int | None = None) -> None:
        match next_move(payout, attempt, self.rails[attempt.rail], self.now_ms, self.now_ms):
            case AskNow() if asked_ms is None:
                self.ask(payout)
            case Again():
                self.send(self.step(SendAgain(attempt.number, self.rails[attempt.rail], self.now_ms)))
            case Leave(why=why):
                self.step(Park(attempt.number, why))

    def begin(self) -> None:
        self.send(self.step(BeginAttempt(self.rails[self.payout.rail], self.now_ms)))

    def send(self, begun: Payout | None) -> None:
        if begun is not None and self.chance.random() < 0.9:  # else it crashed
            attempt = begun.attempts[-1]
            self.later(15_000, lambda: self.arrive(attempt), is_within=True)

    def arrive(self, attempt: Attempt) -> None:
        key = attempt.rail, attempt.reference
        if not (key in self.known and self.rails[attempt.rail].refuses_duplicates):
            self.known[key] = self.chance.choice(list(ANSWERS))
            self.paid[attempt.rail] += self.known[key] == "paid"
            assert self.paid.total() <= 1, "paid twice"
        answer = self.chance.choice((ANSWERS[self.known[key]], Unknown("reset")))
        if self.chance.random() < 0.8:  # else it crashed
            self.later(9_000, lambda: self.hear(attempt, answer, Source.SEND), is_within=True)

    def hear(self, attempt: Attempt, said: Outcome | NotFound, source: Source, asked_ms: int | None = None) -> None:
        terms = self.rails[attempt.rail]
        heard = self.step(
            Heard(attempt.number, said, source, "e", asked_ms=asked_ms, rail=terms, rails=tuple(self.rails))
        )
        if heard is None:
            self.put_off()
        elif asked_ms is not None and heard.open_attempt is not None:
            self.go_on(heard, heard.open_attempt, asked_ms=asked_ms)
        elif asked_ms is not None and heard.pending.inquiry is not None:
            move = next_inquiry(heard, heard.pending.inquiry, self.now_ms)
            if isinstance(move, Leave):
                self.step(Park(None, move.why))

    def ask(self, payout: Payout) -> None:
        number, asked_ms = len(payout.attempts) + 1, self.now_ms
        reference = attempt_reference(payout.payout_id, number)
        unsent = Attempt(number, payout.rail, reference, AttemptState.UNKNOWN, asked_ms)
        attempt = payout.open_attempt or unsent
        known = self.known.get((attempt.rail, attempt.reference))
        said = Unknown("reset") if self.chance.random() < 0.1 else ANSWERS[known] if known else NotFound()
        self.later(9_000, lambda: self.hear(attempt, said, Source.ASK, asked_ms), is_within=True)


def live(lives: int) -> set[State]:
    seen = set()
    for seed in range(lives):
        one = Life(seed)
        one.live()
        payout, has_case = one.payout, any(case.is_open for case in one.payout.cases)
        assert payout.state not in ENDED_UNPAID or has_case or not one.paid.total(), (seed, payout)
        assert payout.state is not State.PAID or one.paid.total(), (seed, payout)
        assert payout.state not in UNENDED or has_case, (seed, payout)
        seen.add(payout.state)
    return seen


@pytest.mark.slow  # hundreds of whole lives
def test_what_lives_through_losses_of_time_is_paid_once_and_never_given_back_or_left() -> None:
    assert live(LIVES) >= {State.PAID, State.FAILED, State.CANCELLED, State.EXPIRED, State.PROCESSING}


def test_without_asking_first_such_lives_are_paid_twice_or_given_back_while_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(life, "is_stale", lambda *_: False)
    with pytest.raises(AssertionError):
        live(LIVES)
