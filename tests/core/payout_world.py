"""A world in which payouts live, and the laws that hold in it after every step.

`World` is the smallest honest service: it keeps the books of one account, asks the core, and applies what the core
decides. After each command it checks every law, and raises LawBroken. `Life` lives in such a world at random (right,
wrong, late, repeated and contradictory messages). The core comes in as a value, so that a control can plant a fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core import ledger, payout
from outlay.core.account import Account, Terms
from outlay.core.attempt import attempt_reference
from outlay.core.beneficiary import Beneficiary, DestinationKind
from outlay.core.decision import Decision
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.facts import Fact
from outlay.core.fees import FeePlan
from outlay.core.ledger import AVAILABLE, FEES, FUNDING, HELD, BookKey, Overdraft, Posting
from outlay.core.limits import Limits
from outlay.core.outcome import Accepted, Failure, FailureReason, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout, State
from outlay.core.refusal import Refusal

# the laws

LAWS = {
    "balance": "the books of each currency sum to zero, and funding mirrors what came in",
    "overdraft": "no book but funding is ever below zero",
    "held": "held is the amounts and fees of the payouts that have not ended",
    "clearing": "clearing is what was paid over the rail, less what came back",
    "fees": "fees are those of the paid payouts",
    "paid once": "money goes into clearing once for a paid payout, and never for another",
    "held once": "what is set aside once is released or consumed once, in full",
    "returned": "what came back is the sum of returns with different numbers, and at most the amount",
    "facts": "facts are numbered 1 to n without a gap",
    "forward": "a state never goes back",
    "evidence": "only the event that stands for it moves a payout",
    "one attempt": "an attempt begins once, from reserved, and keeps its name",
    "one name": "a payment under a second name is an alarm, never a repetition",
    "known": "a name that the rail gave is never forgotten, and no name is made of nothing",
    "overdue": "nothing is handed to a rail after its end",
    "frozen": "what was ordered and what has ended never change",
    "silence": "nothing changes and nothing is posted without a fact",
    "refusal": "a refused command changes nothing",
    "repeat": "a message that was heard before changes nothing, and a rail's is not an error",
    "spending": "only an order can find too little money",
}

NEXT: dict[State, set[State]] = {
    State.IN_REVIEW: {State.RESERVED, State.FAILED, State.CANCELLED, State.EXPIRED},
    State.RESERVED: {State.PROCESSING, State.CANCELLED, State.EXPIRED},
    State.PROCESSING: {State.PAID, State.FAILED},
    State.PAID: set(),
    State.FAILED: set(),
    State.CANCELLED: set(),
    State.EXPIRED: set(),
}
LIVE = {state for state, following in NEXT.items() if following}

ORDERED_FIELDS = (
    "account_id", "payout_id", "batch_id", "reference", "ordered_by", "currency", "amount_minor", "fee", "beneficiary",
    "memo", "rail", "created_ms", "expires_ms",
)  # fmt: skip
ENDED_FIELDS = ("failure", "completed_ms", "rail_reference")


class LawBroken(AssertionError):
    def __init__(self, law: str, about: object) -> None:
        super().__init__(f"{law} ({LAWS[law]}): {about}")
        self.law = law


def law(name: str, holds: bool, about: object) -> None:
    if not holds:
        raise LawBroken(name, about)


class Core(NamedTuple):
    """The functions under test, so that a control can plant a fault in one of them."""

    order: Callable[..., Decision | Refusal] = payout.order
    step: Callable[[Payout, Event, int], Decision | Refusal] = payout.step
    apply: Callable[[Mapping[BookKey, int], Iterable[Posting]], dict[BookKey, int]] = ledger.apply_postings


class World:
    """One account, its books in each currency, its payouts, and all that was ever written about them."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.books: dict[BookKey, int] = {}
        self.funded: Counter[str] = Counter()
        self.payouts: dict[int, Payout] = {}
        self.facts: dict[int, list[Fact]] = {}
        self.postings: dict[int, list[Posting]] = {}
        self.heard: dict[int, set[Event]] = {}
        self.now_ms = 1_790_000_000_000
        self.seen: set[object] = set()

    def fund(self, currency: str, amount: int) -> None:
        self.books |= self.core.apply(self.books, ledger.fund(currency, amount))
        self.funded[currency] += amount
        check_books(self)

    def order(self, what: Order, account: Account, terms: Terms) -> Decision | Refusal:
        image = self._image()
        payout_id = len(self.payouts) + 1
        made = self.core.order(what, account, terms, payout_id, self.now_ms)
        if isinstance(made, Refusal):
            self._refused(made, image)
            return made
        check_ordered(made)
        try:
            changed = self.core.apply(self.books, made.postings)
        except Overdraft:
            self._refused(Refusal.INSUFFICIENT_BALANCE, image)
            return Refusal.INSUFFICIENT_BALANCE
        self.facts[payout_id], self.postings[payout_id], self.heard[payout_id] = [], [], set()
        self._save(payout_id, made, changed)
        return made

    def tell(self, payout_id: int, event: Event) -> Decision | Refusal:
        before, image = self.payouts[payout_id], self._image()
        decided = self.core.step(before, event, self.now_ms)
        if isinstance(decided, Refusal):
            law("repeat", event not in self.heard[payout_id] or not is_message(event), (event, decided))
            self._refused(decided, image)
            return decided
        check_move(before, event, decided)
        if isinstance(event, BeginAttempt):
            law("overdue", before.expires_ms is None or self.now_ms < before.expires_ms, (before, self.now_ms))
        if event in self.heard[payout_id]:
            law("repeat", decided == Decision(before), (event, decided))
        try:
            changed = self.core.apply(self.books, decided.postings)
        except Overdraft as overdraft:
            raise LawBroken("spending", (event, decided.postings, overdraft)) from overdraft
        self._save(payout_id, decided, changed)
        self.heard[payout_id].add(event)
        self._say_again(payout_id, event)
        return decided

    def _say_again(self, payout_id: int, event: Event) -> None:
        """Every accepted event at once a second time: nothing may come of it."""
        now, image = self.payouts[payout_id], self._image()
        again = self.core.step(now, event, self.now_ms + 1)
        if is_message(event) or isinstance(again, Decision):
            law("repeat", again == Decision(now), (event, again))
        law("refusal", self._image() == image, event)

    def _save(self, payout_id: int, decided: Decision, changed: dict[BookKey, int]) -> None:
        self.payouts[payout_id] = decided.payout
        self.facts[payout_id] += decided.facts
        self.postings[payout_id] += decided.postings
        self.books |= changed
        self.seen |= {decided.payout.state, "same" if not decided.facts else "changed"}
        self.seen |= {fact.kind for fact in decided.facts}
        check_books(self)

    def _refused(self, refusal: Refusal, image: bytes) -> None:
        self.seen.add(refusal)
        law("refusal", self._image() == image, refusal)
        check_books(self)

    def _image(self) -> bytes:
        """All there is, as bytes: also a change inside a mutable part shows."""
        return msgspec.json.encode((list(self.payouts.values()), sorted(self.books.items())))


def is_message(event: Event) -> bool:
    """What a rail says, and the two ways to stop: rails and people repeat these, and that is no error."""
    return isinstance(event, Heard | Returned | Cancel | Expire)


def check_ordered(made: Decision) -> None:
    new = made.payout
    law("facts", [fact.number for fact in made.facts] == [1], made.facts)
    law("evidence", new.state in {State.IN_REVIEW, State.RESERVED} and new.returns == (), new)
    law("one attempt", new.attempt is None, new)


def check_move(before: Payout, event: Event, decided: Decision) -> None:
    """One step of one payout, whatever the books say."""
    now = decided.payout
    if not decided.facts:
        law("silence", now == before and not decided.postings, (event, decided))
    law("forward", now.state is before.state or now.state in NEXT[before.state], (before.state, event, now.state))
    if before.state is State.PAID and isinstance(event, Heard) and isinstance(event.outcome, Paid):
        law("one name", event.outcome.rail_reference in {"", before.rail_reference}, (before.rail_reference, event))
    law("known", bool(now.rail_reference) if before.rail_reference else now.rail_reference != "", (event, now))
    for field in ORDERED_FIELDS if before.state in LIVE else ORDERED_FIELDS + ENDED_FIELDS:
        law("frozen", getattr(before, field) == getattr(now, field), (field, event))
    law(
        "evidence", now.state is before.state or _moves_to(before, event) is now.state, (before.state, event, now.state)
    )
    if now.returns != before.returns:
        law("evidence", isinstance(event, Returned) and now.returns[:-1] == before.returns, (event, now.returns))
    if now.attempt != before.attempt:
        check_attempt(before, event, now)


def check_attempt(before: Payout, event: Event, now: Payout) -> None:
    law("one attempt", now.attempt is not None, event)
    assert now.attempt is not None
    if isinstance(event, BeginAttempt):
        number = before.attempt.number + 1 if before.attempt else 1
        begun = (before.state, now.attempt.number, now.attempt.rail, now.attempt.reference)
        named = (State.RESERVED, number, before.rail, attempt_reference(before.payout_id, number))
        law("one attempt", begun == named, (begun, named))
    else:
        law("one attempt", before.attempt is not None and isinstance(event, Heard), event)
        assert before.attempt is not None
        kept = all(getattr(before.attempt, f) == getattr(now.attempt, f) for f in ("number", "rail", "reference"))
        law("one attempt", kept, (before.attempt, now.attempt))


def _moves_to(before: Payout, event: Event) -> State | None:
    """Where an event of this kind may take a payout, if anywhere."""
    match event:
        case Approve():
            return State.RESERVED
        case Reject() | Heard(_, Refused()):
            about_it = isinstance(event, Reject) or (before.attempt and before.attempt.number == event.attempt_number)
            return State.FAILED if about_it else None
        case Cancel():
            return State.CANCELLED
        case Expire():
            return State.EXPIRED
        case BeginAttempt():
            return State.PROCESSING
        case Heard(number, Paid()):
            return State.PAID if before.attempt and before.attempt.number == number else None
        case _:
            return None


def check_books(world: World) -> None:
    """Everything at once: the books, and what was written about each payout."""
    for payout_id, one in world.payouts.items():
        check_history(one, world.facts[payout_id], world.postings[payout_id])
    expected: Counter[BookKey] = Counter()
    for currency, amount in world.funded.items():
        expected[currency, FUNDING] -= amount
    for one in world.payouts.values():
        if one.state in LIVE:
            expected[one.currency, HELD] += one.amount_minor + one.fee.total_minor
        if one.state is State.PAID:
            expected[one.currency, ledger.clearing(one.rail)] += one.amount_minor - one.returned_minor
            expected[one.currency, FEES] += one.fee.total_minor
    for (currency, book), minor in world.books.items():
        law("overdraft", minor >= 0 or book == FUNDING, (currency, book, minor))
        named = {HELD: "held", FEES: "fees", FUNDING: "balance"}.get(book, "clearing")
        if book != AVAILABLE:
            law(named, minor == expected[currency, book], (currency, book, minor, expected[currency, book]))
    for currency in {currency for currency, _ in world.books}:
        total = sum(minor for (of, _), minor in world.books.items() if of == currency)
        law("balance", total == 0, (currency, world.books))


def check_history(one: Payout, facts: list[Fact], postings: list[Posting]) -> None:
    """One payout against all that was written about it."""
    numbers = [fact.number for fact in facts]
    law("facts", numbers == list(range(1, one.fact_count + 1)), (one.fact_count, numbers))
    moved: Counter[str] = Counter()
    for posting in postings:
        law("held", posting.currency == one.currency, posting)
        moved[f"{posting.source} > {posting.target}"] += posting.amount_minor
    set_aside = one.amount_minor + one.fee.total_minor
    into_clearing = [p.amount_minor for p in postings if p.target.startswith("clearing:")]
    law("paid once", into_clearing == [one.amount_minor] * (one.state is State.PAID), (one.state, postings))
    law("held once", moved[f"{AVAILABLE} > {HELD}"] == set_aside, (set_aside, postings))
    endings = [p for p in postings if p.source == HELD]
    gone = sum(p.amount_minor for p in endings)
    law("held once", gone == (0 if one.state in LIVE else set_aside), (one.state, postings))
    law("held once", len({p.target == AVAILABLE for p in endings}) <= 1, endings)
    law("fees", moved[f"{HELD} > {FEES}"] == (one.fee.total_minor if one.state is State.PAID else 0), postings)
    back = sum(p.amount_minor for p in postings if p.source.startswith("clearing:"))
    told = sum(known.amount_minor for known in one.returns)
    law("returned", back == told == one.returned_minor <= one.amount_minor, (back, told, one.returned_minor))
    law("returned", len({known.number for known in one.returns}) == len(one.returns), one.returns)
    law("returned", [known.ordinal for known in one.returns] == list(range(1, len(one.returns) + 1)), one.returns)
    law("returned", one.state is State.PAID or not one.returns, one)
    law("frozen", (one.completed_ms is None) == (one.state in LIVE), one)
    law("frozen", (one.failure is not None) == (one.state is State.FAILED), one)


# life at random

ACCOUNT = Account(UUID(int=1), "Kopi & Co", "SG")
BENEFICIARY = Beneficiary(destination=DestinationKind.BANK, name="Ana", account_number="1")
LIMITS = Limits(2, 299)
AMOUNTS = (1, 2, 9, 10, 99, 100, 100, 299, 300)
FEE_PLANS = (FeePlan(), FeePlan(5, 50_000), FeePlan(0, 333_333), FeePlan(500, 0))
REFUSED = tuple(Refused(Failure(reason, "as the rail says")) for reason in FailureReason)
ANSWERS = (Accepted("CH-1"), Accepted("CH-2"), Accepted(""), Paid("CH-1"), Paid("CH-2"), Paid(""))
OUTCOMES: tuple[Outcome, ...] = (*ANSWERS, *REFUSED, Unknown("reset"), Unknown("502"))
PEOPLE = (Approve("bob"), Reject("bob", "odd"), Cancel("ana"), Cancel("bob"), Expire(), BeginAttempt())
GOES_ON: dict[State, tuple[Event, ...]] = {
    State.IN_REVIEW: (Approve("bob"), Reject("bob", "odd")),
    State.RESERVED: (BeginAttempt(),),
    State.PROCESSING: tuple(
        Heard(1, outcome) for outcome in (Unknown("reset"), Accepted("CH-1"), Paid("CH-1"), Paid(""), REFUSED[0])
    ),
    State.PAID: (Returned("A", 9),),
    State.FAILED: (Heard(1, REFUSED[0]),),
    State.CANCELLED: (Cancel("ana"),),
    State.EXPIRED: (Expire(),),
}


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
                self.chance.choice((*(self._tell,) * 7, self._order, self._fund))()
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
        rail, plan = self.chance.choice(("sandbox", "uqpay")), self.chance.choice(FEE_PLANS)
        review, is_open = self.chance.choice((False, True)), self.chance.choice((True,) * 9 + (False,))
        time_ms = self.chance.choice((None, None, 1, 3_600_000))
        self.story.append(
            ("order", currency, amount, rail, plan, time_ms, "in review" * review, "closed" * (not is_open))
        )
        expires_ms = None if time_ms is None else self.world.now_ms + time_ms
        what = Order(
            reference="R",
            currency=currency,
            amount_minor=amount,
            beneficiary=BENEFICIARY,
            memo={},
            expires_ms=expires_ms,
        )
        account = replace(ACCOUNT, rail=rail, needs_review=review, is_open=is_open)
        self.world.order(what, account, Terms(plan, LIMITS))

    def _tell(self) -> None:
        if not self.world.payouts:
            return self._order()
        # Most payouts have ended; what is told about the others moves more.
        live = [payout_id for payout_id, one in self.world.payouts.items() if one.state in LIVE]
        about_live = bool(live) and self.chance.choice((True, False))
        payout_id = self.chance.choice(live if about_live else list(self.world.payouts))
        event = self._event(self.world.payouts[payout_id])
        self.story.append((payout_id, event))
        self.said.append(event)
        self.world.tell(payout_id, event)
        return None

    def _event(self, one: Payout) -> Event:
        kind = self.chance.choice(("goes on", "goes on", "people", "rail", "rail", "return", "the rest", "again"))
        if kind == "goes on":
            return self.chance.choice(GOES_ON[one.state])
        if kind == "people":
            return self.chance.choice(PEOPLE)
        if kind == "rail":
            return Heard(self.chance.choice((1, 1, 1, 1, 0, 2)), self.chance.choice(OUTCOMES))
        if kind == "again" and self.said:
            return self.chance.choice(self.said)
        number = self.chance.choice("ABC")
        if kind == "the rest":
            return Returned(number, one.amount_minor - one.returned_minor + self.chance.choice((-1, 0, 0, 1)))
        return Returned(number, self.chance.choice((-1, 0, 1, 9, 100, 101, 301)))


def live(core: Core, lives: int) -> set[object]:
    """So many lives, always the same ones; gives back what was seen on the way. Raises LawBroken."""
    seen: set[object] = set()
    for seed in range(lives):
        Life(core, Random(seed), seen).go_on(60)
    return seen
