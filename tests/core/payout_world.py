"""A world in which payouts live, and lives at random in it.

`World` is the smallest honest service: it keeps the books of one account, asks the core, and applies what the core
decides. After each command it checks every law of payout_laws.py, and raises LawBroken. `Life` lives in such a world at
random (right, wrong, late, repeated and contradictory messages, people of both kinds). The core comes in as a value, so
that a control can plant a fault.

The trap: two clocks. `now_ms` is the installation's and leaps by days; `real_ms` goes on as real time does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core import ledger, life
from outlay.core.account import Account, Terms
from outlay.core.attempt import Attempt, AttemptState, RailTerms
from outlay.core.cases import CaseKind, Remedy
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import (
    Approve,
    BeginAttempt,
    Cancel,
    Event,
    Expire,
    Heard,
    Park,
    Reject,
    Rule,
    SendAgain,
    SentLate,
    Source,
)
from outlay.core.facts import Fact
from outlay.core.fees import FeePlan
from outlay.core.ledger import ADJUSTMENTS, AVAILABLE, FEES, FUNDING, HELD, BookKey, Overdraft, Posting
from outlay.core.limits import Limits
from outlay.core.outcome import Accepted, Failure, FailureReason, NotFound, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Refusal
from outlay.core.rulings import Ruling, Verdict
from tests.core.payout_laws import UNENDED, LawBroken, Past, as_asked, check_history, check_move, check_ordered, law
from tests.support.payees import payee


class Core(NamedTuple):
    """The functions under test, so that a control can plant a fault in one of them."""

    order: Callable[..., Decision | No] = life.order
    step: Callable[[Payout, Event, int], Decision | No] = life.step
    apply: Callable[[Mapping[BookKey, int], Iterable[Posting]], dict[BookKey, int]] = ledger.apply_postings


class World:
    """One account, its books in each currency, its payouts, and all that was ever told and written about them."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.books: dict[BookKey, int] = {}
        self.funded: Counter[str] = Counter()
        self.payouts: dict[int, Payout] = {}
        self.facts: dict[int, list[Fact]] = {}
        self.postings: dict[int, list[Posting]] = {}
        self.log: dict[int, list[Event]] = {}
        self.now_ms = 1_790_000_000_000
        self.real_ms = 1_700_000_000_000
        self.seen: set[object] = set()

    def fund(self, currency: str, amount: int) -> None:
        self.books |= self.core.apply(self.books, ledger.fund(currency, amount))
        self.funded[currency] += amount
        check_books(self)

    def order(self, what: Order, account: Account, terms: Terms) -> Decision | No:
        image = self._image()
        payout_id = len(self.payouts) + 1
        made = self.core.order(what, account, terms, payout_id, self.now_ms, ordered_by="eve")
        if isinstance(made, No):
            self._refused(made, image)
            return made
        check_ordered(made)
        try:
            changed = self.core.apply(self.books, made.postings)
        except Overdraft:
            self._refused(Refusal.INSUFFICIENT_BALANCE, image)
            return Refusal.INSUFFICIENT_BALANCE
        self.facts[payout_id], self.postings[payout_id], self.log[payout_id] = [], [], []
        self._save(payout_id, made, changed)
        return made

    def tell(self, payout_id: int, event: Event) -> Decision | No:
        before, image = self.payouts[payout_id], self._image()
        past = Past(before, self.log[payout_id], self.facts[payout_id])
        decided = self.core.step(before, event, self.now_ms)
        if isinstance(decided, No):
            law("repeat", event not in past.log or not is_message(event), (event, decided))
            self._refused(decided, image)
            return decided
        check_move(past, event, decided)
        if isinstance(event, BeginAttempt) and not before.attempts:
            law("overdue", before.expires_ms is None or self.now_ms < before.expires_ms, (before, self.now_ms))
        if isinstance(event, SendAgain):
            law("sends", before.expires_ms is None or self.now_ms < before.expires_ms, (before, self.now_ms))
        try:
            changed = self.core.apply(self.books, decided.postings)
        except Overdraft as overdraft:
            is_remedy = isinstance(event, Rule) and event.ruling.remedy is Remedy.PAID_BY_MERCHANT
            if not is_remedy:
                raise LawBroken("spending", (event, decided.postings, overdraft)) from overdraft
            self._refused(Refusal.INSUFFICIENT_BALANCE, image)
            return Refusal.INSUFFICIENT_BALANCE
        self.log[payout_id].append(event)
        self._save(payout_id, decided, changed)
        self._say_again(payout_id, event)
        return decided

    def _say_again(self, payout_id: int, event: Event) -> None:
        """Every accepted event at once a second time: nothing may come of it."""
        if isinstance(event, Rule):
            return  # the same person twice is a matter of "two"
        now, image = self.payouts[payout_id], self._image()
        again = self.core.step(now, event, self.now_ms + 1)
        if is_message(event) or isinstance(again, Decision):
            is_same = isinstance(again, Decision) and again == Decision(as_asked(now, again.payout))
            law("repeat", is_same, (event, again))
        law("refusal", self._image() == image, event)

    def _save(self, payout_id: int, decided: Decision, changed: dict[BookKey, int]) -> None:
        self.payouts[payout_id] = decided.payout
        self.facts[payout_id] += decided.facts
        self.postings[payout_id] += decided.postings
        self.books |= changed
        self.seen |= {decided.payout.state, "same" if not decided.facts else "changed"}
        self.seen |= {fact.kind for fact in decided.facts}
        self.seen |= {case.kind if case.is_open else case.remedy for case in decided.cases}
        self.seen |= {attempt.state for attempt in decided.payout.attempts}
        check_history(decided.payout, self.facts[payout_id], self.postings[payout_id])
        check_books(self)

    def _refused(self, refusal: Refusal, image: bytes) -> None:
        self.seen.add(refusal)
        law("refusal", self._image() == image, refusal)

    def _image(self) -> bytes:
        """All there is, as bytes: also a change inside a mutable part shows."""
        return msgspec.json.encode((list(self.payouts.values()), sorted(self.books.items())))


def is_message(event: Event) -> bool:
    """What a rail says, what a worker notes, and the two ways to stop: these are repeated, and that is no error."""
    return isinstance(event, Heard | Cancel | Expire | SentLate)


def check_books(world: World) -> None:
    """The books of all payouts together."""
    expected: Counter[BookKey] = Counter()
    for currency, amount in world.funded.items():
        expected[currency, FUNDING] -= amount
    for one in world.payouts.values():
        if one.state in UNENDED:
            expected[one.currency, HELD] += one.amount_minor + one.fee.total_minor
        if one.state is State.PAID:
            expected[one.currency, ledger.clearing(one.rail)] += one.amount_minor - one.returned_minor
            expected[one.currency, FEES] += one.fee.total_minor
    for (currency, book), minor in world.books.items():
        law("overdraft", minor >= 0 or ledger.may_be_negative(book), (currency, book, minor))
        named = {HELD: "held", FEES: "fees", FUNDING: "balance"}.get(book, "clearing")
        if book != AVAILABLE and not book.startswith(ADJUSTMENTS):
            law(named, minor == expected[currency, book], (currency, book, minor, expected[currency, book]))
    for currency in {currency for currency, _ in world.books}:
        total = sum(minor for (of, _), minor in world.books.items() if of == currency)
        law("balance", total == 0, (currency, world.books))


# life at random

ACCOUNT = Account(UUID(int=1), "Kopi & Co", "SG")
BENEFICIARY = payee(DestinationKind.BANK, name="Ana", account_number="1")
LIMITS = Limits(2, 299)
AMOUNTS = (1, 2, 9, 10, 99, 100, 100, 299, 300)
FEE_PLANS = (FeePlan(), FeePlan(5, 50_000), FeePlan(0, 333_333), FeePlan(500, 0))
ELSEWHERE = frozenset({FailureReason.RAIL_OUT_OF_FUNDS, FailureReason.RAIL_UNSTABLE})
RAILS = {
    "sandbox": RailTerms("sandbox", refuses_duplicates=True, finality_ms=30_000, elsewhere=ELSEWHERE),
    "uqpay": RailTerms(
        "uqpay", refuses_duplicates=True, dedupe_ms=86_400_000, elsewhere=ELSEWHERE, send_within_ms=20_000
    ),
    "third": RailTerms("third", elsewhere=ELSEWHERE, send_within_ms=1_000, ask_again_ms=30_000),
}
REFUSED = tuple(Refused(Failure(reason, "as the rail says")) for reason in FailureReason)
NO_FUNDS = Refused(Failure(FailureReason.RAIL_OUT_OF_FUNDS, "as the rail says"))
ANSWERS = (Accepted("CH-1"), Accepted("CH-2"), Accepted(""), Paid("CH-1"), Paid("CH-2"), Paid("", "https://r/1"))
OUTCOMES: tuple[Outcome | NotFound, ...] = (
    *ANSWERS, *ANSWERS, *REFUSED, NO_FUNDS, NO_FUNDS, Unknown("reset"), Unknown("502"), NotFound(), NotFound(),
)  # fmt: skip
PEOPLE = (
    Approve("bob"),
    Approve("eve"),
    Reject("bob", "odd"),
    Cancel("ana"),
    Expire(),
    Park(1, "old"),
    Park(None, "taken"),
    Park(None, "changed", CaseKind.INSTRUCTION_CHANGED),
    Park(1, "changed", CaseKind.INSTRUCTION_CHANGED),
)
WAYS = (Source.SEND, Source.ASK, Source.ASK, Source.CALLBACK, Source.STATEMENT)
STEPS = 150
PAUSES_MS = (1, 1_000, 5_000, 5_000, 60_000, 60_000, 3_600_000, 86_400_000)


class Life:
    """Several payouts of one account, and everything that can be said about them, in any order."""

    def __init__(self, core: Core, chance: Random, seen: set[object]) -> None:
        self.world = World(core)
        self.world.seen = seen
        self.chance = chance
        self.said: list[Event] = []
        self.story: list[object] = []

    def go_on(self, steps: int) -> None:
        try:
            self._fund()
            for _ in range(steps):
                self.chance.choice((*(self._tell,) * 14, self._order, self._fund))()
        except LawBroken as broken:
            broken.add_note("\n".join(map(str, self.story)))
            raise

    def _fund(self) -> None:
        currency, amount = self.chance.choice(("BRL", "BRL", "JPY")), self.chance.choice((1, 110, 1_000))
        self.story.append(("fund", currency, amount))
        self.world.now_ms += self.chance.choice((1, 86_400_000, -5_000))
        self.world.fund(currency, amount)

    def _order(self) -> None:
        currency, amount = self.chance.choice(("BRL", "BRL", "JPY")), self.chance.choice(AMOUNTS)
        rail, plan = self.chance.choice(list(RAILS)), self.chance.choice(FEE_PLANS)
        review, is_open = self.chance.choice((False, False, True)), self.chance.choice((True,) * 9 + (False,))
        time_ms = self.chance.choice((None, None, None, 1, 3_600_000))
        self.story.append(
            ("order", currency, amount, rail, plan, time_ms, "in review" * review, "closed" * (not is_open))
        )
        expires_ms = None if time_ms is None else self.world.now_ms + time_ms
        what = Order(
            reference="R",
            currency=currency,
            amount_minor=amount,
            beneficiary=BENEFICIARY,
            expires_ms=expires_ms,
        )
        account = replace(ACCOUNT, rail=rail, needs_review=review, is_open=is_open)
        self.world.order(what, account, Terms(plan, LIMITS))

    def _tell(self) -> None:
        if not self.world.payouts:
            return self._order()
        # Most payouts have ended; what is told about the others moves more.
        live = [payout_id for payout_id, one in self.world.payouts.items() if one.state in UNENDED]
        about_live = bool(live) and self.chance.choice((True, True, False))
        payout_id = self.chance.choice(live if about_live else list(self.world.payouts))
        self.world.real_ms += self.chance.choice(PAUSES_MS)
        event = self._event(self.world.payouts[payout_id])
        self.story.append((payout_id, event))
        self.said.append(event)
        self.world.tell(payout_id, event)
        return None

    def _event(self, one: Payout) -> Event:
        kind = self.chance.choice(("goes on",) * 5 + ("people", "rail", "return", "rule", "again"))
        if kind == "goes on":
            return self._goes_on(one)
        if kind == "people":
            return self.chance.choice(PEOPLE)
        if kind == "rule":
            return self._ruling(one)
        if kind == "again" and self.said:
            return self.chance.choice(self.said)
        number = self.chance.choice((1, 1, 1, 2, 2, 0))
        if kind == "return":
            rest = one.amount_minor - one.returned_minor
            amount = self.chance.choice((-1, 0, 1, 9, 100, 301, rest, rest + 1))
            currency = self.chance.choice((None, None, None, one.currency, "USD"))
            return Heard(number, Returned(self.chance.choice("ABC"), amount), currency=currency)
        return self._heard(one, number, self.chance.choice(OUTCOMES))

    def _heard(self, one: Payout, number: int, outcome: Outcome | NotFound) -> Heard:
        attempt = next((attempt for attempt in one.attempts if attempt.number == number), None)
        source = self.chance.choice(WAYS)
        asked_ms = self.world.real_ms if source in (Source.ASK, Source.STATEMENT) else None
        amount = self.chance.choice((None,) * 12 + (one.amount_minor,) * 3 + (one.amount_minor + 1,))
        rail = RAILS[attempt.rail] if attempt is not None else None
        return Heard(number, outcome, source, "e", amount, None, asked_ms, rail, tuple(RAILS))

    def _goes_on(self, one: Payout) -> Event:
        live = one.live_attempt
        if live is not None:
            return self._follow(one, live)
        match one.state:
            case State.IN_REVIEW:
                begin = BeginAttempt(RAILS[one.rail], self.world.real_ms)
                return self.chance.choice((Approve("bob"), Approve("bob"), Reject("bob", "odd"), begin))
            case State.RESERVED:
                rail = self.chance.choice((one.rail,) * 7 + tuple(RAILS))
                return BeginAttempt(RAILS[rail], self.world.real_ms)
            case State.PROCESSING:
                begin = BeginAttempt(RAILS.get(one.rail), self.world.real_ms)
                ends = Verdict.GIVEN_BACK, Verdict.PAID_OUTSIDE
                return begin if one.is_between_rails else self._rule(Ruling(self.chance.choice(ends)))
            case State.PAID:
                return self.chance.choice((Heard(1, Returned("A", 9)), self._ruling(one)))
            case State.FAILED | State.CANCELLED | State.EXPIRED:
                return self._ruling(one)

    def _follow(self, one: Payout, live: Attempt) -> Event:
        rail, number = RAILS[live.rail], live.number
        asked = self._heard(one, number, NotFound())
        asked = replace(asked, source=Source.ASK, asked_ms=self.world.real_ms, amount_minor=None)
        if live.state is AttemptState.BEGUN:
            outcome = self.chance.choice((Unknown("reset"), Unknown("reset"), Accepted("CH-1"), Paid("CH-1"), NO_FUNDS))
            return Heard(number, outcome, Source.SEND, "s", rail=rail, rails=tuple(RAILS))
        if self.chance.random() < 0.1:
            sends = [send.number for send in live.sends]
            return SentLate(number, self.chance.choice((*sends, 9)), rail, self.world.real_ms)
        if one.pending.proposal is not None and self.chance.random() < 0.7:
            return self._rule(one.pending.proposal.ruling)
        if self.chance.random() < 0.15:
            return self._rule(Ruling(self.chance.choice((Verdict.NEVER_SUBMITTED, Verdict.REFUSED))))
        if len(live.not_found_ms) > 1 or self.chance.random() < 0.1:
            return SendAgain(number, rail, self.world.real_ms)
        return self.chance.choice((*(asked,) * 7, replace(asked, outcome=NO_FUNDS)))

    def _ruling(self, one: Payout) -> Event:
        verdict = self.chance.choice((*Verdict, Verdict.CLOSE_CASE, Verdict.CLOSE_CASE))
        proposed = one.pending.proposal
        if proposed is not None and self.chance.random() < 0.7:
            return self._rule(proposed.ruling)
        if verdict is not Verdict.CLOSE_CASE:
            return self._rule(Ruling(verdict, "", self.chance.choice((None, 1))))
        number = self.chance.choice([*(case.number for case in one.cases), 9])
        remedy = self.chance.choice((Remedy.NOTHING, *Remedy))
        amount = 0 if remedy is Remedy.NOTHING else self.chance.choice((one.amount_minor, 9, 300))
        return self._rule(Ruling(verdict, "", number, remedy, amount))

    def _rule(self, ruling: Ruling) -> Rule:
        return Rule(ruling, self.chance.choice(("ana", "ANA", "bob", "eve")), "seen", self.world.real_ms)


def live(core: Core, lives: int) -> set[object]:
    """So many lives, always the same ones; gives back what was seen on the way. Raises LawBroken."""
    seen: set[object] = set()
    for seed in range(lives):
        Life(core, Random(seed), seen).go_on(STEPS)
    return seen
