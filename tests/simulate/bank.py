"""A rail as it really is: what it was asked to pay, what it paid, and what it says of it, which is not always the same.

Its books are the truth that Outlay is judged by, so nothing here knows anything of Outlay: references are only texts,
and the reasons of a refusal are words of its own.

What it keeps to, whatever the weather:
* it says "not found" of what reached it no longer than its finality time after the request can have been under way;
* a copy of one request (a proxy's, which no sender can help) pays nothing more;
* what it refuses with a word of its list `elsewhere` it does not pay, unless it is sent again: a reference that was
  refused before may be taken when another request brings it;
* where it contradicts itself, it tells the truth in the end, again and again until it is heard.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.simulate.weather import Weather, between

DAY_S = 86_400.0


@dataclass(frozen=True)
class Rules:
    """What a rail promises. Seconds."""

    name: str
    refuses_duplicates: bool
    finality_s: float
    timeout_s: float = 10.0
    send_within_s: float = 5.0
    ask_again_s: float = 5.0
    dedupe_s: float | None = None
    elsewhere: tuple[str, ...] = ("unstable", "out of funds")
    otherwise: tuple[str, ...] = ("no such account", "limit")


@dataclass(frozen=True)
class Temper:
    """How a rail is in one world. `hangs`: the share of its calls that are never answered; `is_slow`: answers take
    most of the time that a call may."""

    hangs: float = 0.0
    is_slow: bool = False


@dataclass(frozen=True)
class Request:
    """`number`: of this one request, the same in its copies."""

    number: int
    reference: str
    amount: int
    left_s: float


@dataclass(frozen=True)
class Answer:
    """`kind`: accepted, paid, refused, not found, returned, or error (nobody knows)."""

    kind: str
    name: str = ""
    reason: str = ""
    amount: int | None = None


@dataclass
class Entry:
    """One order that it took, or refused."""

    reference: str
    amount: int
    name: str
    taken_s: float
    visible_s: float
    lies_until_s: float
    """Till then it may be denied."""
    state: str = ""
    reason: str = ""
    names: list[str] = field(default_factory=list)
    says_paid_from_s: float = 0.0
    answers: dict[int, Answer] = field(default_factory=dict)


class Town(Protocol):
    """What surrounds a rail."""

    def time(self) -> float: ...
    def later(self, seconds: float, then: Callable[..., None], *arguments: Any) -> None:
        """The world does not end before it has happened."""

    def tell(self, rail: str, reference: str, answer: Answer, *, until_heard: bool) -> None:
        """A callback."""

    def met(self, fault: str, reference: str) -> None: ...
    def leaning(self, fault: str, reference: str) -> float:
        """How much more likely a fault is where it has met the fewest."""

    def note(self, *what: object) -> None: ...


class Bank:
    def __init__(self, rules: Rules, weather: Weather, chance: random.Random, town: Town) -> None:
        self.rules = rules
        self._weather = weather
        self._chance = chance
        self._town = town
        self._orders: dict[str, list[Entry]] = {}
        self._names = 0
        self.payments: dict[str, list[int]] = {}
        """The amounts that were paid, by reference: the truth."""

    def receive(self, request: Request) -> Answer:
        orders = self._orders.setdefault(request.reference, [])
        for entry in orders:
            if request.number in entry.answers:
                return self._copy(entry, request)
        now = self._town.time()
        taken = [entry for entry in orders if entry.state != "refused"]
        if taken and self._sees_duplicate(taken[0], now):
            return Answer("refused", reason="duplicate")
        if orders and not taken and not self._happens(self._weather.take_after_refusal):
            return Answer("refused", reason=orders[-1].reason)
        entry = self._new_entry(request, now)
        orders.append(entry)
        answer = self._decide(entry)
        entry.answers[request.number] = answer
        self._town.note("received", self.rules.name, request.reference, request.number, answer.kind, answer.reason)
        return answer

    def question(self, reference: str) -> Answer:
        orders = self._orders.get(reference, [])
        now = self._town.time()
        seen = [entry for entry in orders if entry.visible_s <= now]
        if seen and now < max(entry.lies_until_s for entry in seen):
            # another machine of theirs answers, which has not heard of it yet
            likely = 0.1 * self._weather.not_found_lie * self._town.leaning("not_found_lie", reference)
            seen = [] if self._happens(likely) else seen
        if not seen:
            if orders:
                self._town.met("not_found_lie", reference)
            return Answer("not found")
        best = max(seen, key=lambda entry: ("refused", "accepted", "paid").index(entry.state))
        return self._says(best)

    def _sees_duplicate(self, entry: Entry, now: float) -> bool:
        if not self.rules.refuses_duplicates:
            return False
        if self._weather.sees_duplicates_late and now < entry.visible_s:
            return False
        return self.rules.dedupe_s is None or now <= entry.taken_s + self.rules.dedupe_s

    def _new_entry(self, request: Request, now: float) -> Entry:
        self._names += 1
        visible_s = now
        latest_s = request.left_s + self.rules.timeout_s + self.rules.finality_s
        if self._happens(self._weather.not_found_lie):
            visible_s = self._chance.uniform(now, max(now, latest_s))
        name = f"{self.rules.name}{self._names}"
        return Entry(request.reference, request.amount, name, now, visible_s, latest_s, names=[name])

    def _copy(self, entry: Entry, request: Request) -> Answer:
        """Of a request that was received before."""
        is_open = entry.state == "refused" and entry.reason in self.rules.otherwise
        if is_open and self._happens(self._weather.contradict * 5):
            self._pay_after_refusal(entry)
        return entry.answers[request.number]

    def _decide(self, entry: Entry) -> Answer:
        weather, drawn = self._weather, self._chance.random()
        if drawn < weather.refuse_elsewhere:
            return self._refuse(entry, self._chance.choice(self.rules.elsewhere))
        if drawn < weather.refuse_elsewhere + weather.refuse:
            refused = self._refuse(entry, self._chance.choice(self.rules.otherwise))
            if self._happens(weather.contradict * 5):
                self._town.later(between(self._chance, 0.05, 3_600), self._pay_after_refusal, entry)
            return refused
        entry.state = "accepted"
        if self._happens(0.2):
            self._pay(entry)
        elif not self._happens(weather.stuck):
            shortest_s, longest_s = self._chance.choice(((0.2, 60.0), (5.0, 120.0), (5.0, 120.0), (60.0, 6 * 3_600.0)))
            self._town.later(between(self._chance, shortest_s, longest_s), self._end, entry)
        return self._says(entry)

    def _refuse(self, entry: Entry, reason: str) -> Answer:
        entry.state, entry.reason = "refused", reason
        return Answer("refused", reason=reason)

    def _says(self, entry: Entry) -> Answer:
        name = entry.names[0] if len(entry.names) == 1 else self._chance.choice(entry.names)
        if entry.state == "refused":
            return Answer("refused", reason=entry.reason)
        if entry.state == "paid" and self._town.time() >= entry.says_paid_from_s:
            return Answer("paid", name)
        return Answer("accepted", name)

    def _end(self, entry: Entry) -> None:
        """What it has taken it pays, or refuses after all."""
        if entry.state != "accepted":
            return
        if self._happens(self._weather.refuse_later):
            answer = self._refuse(entry, self._chance.choice(self.rules.elsewhere + self.rules.otherwise))
            self._tell(entry, answer)
            return
        self._pay(entry)

    def _pay(self, entry: Entry) -> None:
        weather, now = self._weather, self._town.time()
        entry.state = "paid"
        self.payments.setdefault(entry.reference, []).append(entry.amount)
        self._town.note("pays", self.rules.name, entry.reference)
        if self._happens(weather.early_return * self._town.leaning("early_return", entry.reference)):
            entry.says_paid_from_s = now + between(self._chance, 1, 3_600)
            self._town.later(0, self._return, entry, "early")
            self._town.later(entry.says_paid_from_s - now, self._tell_state, entry)
        else:
            self._tell(entry, self._says(entry), until_heard=entry.visible_s > now)
            if self._happens(weather.returned):
                self._town.later(between(self._chance, 10, 3 * DAY_S), self._return, entry, "back")
        if self._happens(weather.contradict):
            contradict = self._chance.choice((self._other_name, self._other_amount, self._denies, self._late_accept))
            self._town.later(between(self._chance, 0.05, 7_200), contradict, entry)

    def _tell_state(self, entry: Entry) -> None:
        self._tell(entry, self._says(entry))

    def _return(self, entry: Entry, number: str) -> None:
        amount = entry.amount if self._happens(0.5) else max(1, entry.amount // 3)
        if number == "early":
            self._town.met("early_return", entry.reference)
        self._tell(entry, Answer("returned", f"{entry.name} {number}", amount=amount), until_heard=True)

    # Contradictions. Each ends with the truth.

    def _pay_after_refusal(self, entry: Entry) -> None:
        if any(each.state != "refused" for each in self._orders[entry.reference]):
            return  # it has taken it meanwhile, from another request
        self._town.met("contradict", entry.reference)
        self._pay(entry)
        self._truth(entry)

    def _other_name(self, entry: Entry) -> None:
        self._town.met("contradict", entry.reference)
        entry.names.append(entry.name + "bis")
        self._tell(entry, Answer("paid", entry.names[-1]), until_heard=True)

    def _other_amount(self, entry: Entry) -> None:
        self._town.met("contradict", entry.reference)
        self._tell(entry, Answer("paid", entry.name, amount=entry.amount + 1), until_heard=True)
        self._truth(entry)

    def _denies(self, entry: Entry) -> None:
        self._town.met("contradict", entry.reference)
        self._tell(entry, Answer("refused", reason=self.rules.otherwise[0]), until_heard=True)
        self._truth(entry)

    def _late_accept(self, entry: Entry) -> None:
        self._town.met("contradict", entry.reference)
        self._tell(entry, Answer("accepted", entry.name + "bis"), until_heard=True)
        self._truth(entry)

    def _truth(self, entry: Entry) -> None:
        answer = Answer("paid", entry.name)
        self._town.later(between(self._chance, 1, 3_600), lambda: self._tell(entry, answer, until_heard=True))

    def _tell(self, entry: Entry, answer: Answer, *, until_heard: bool = False) -> None:
        if not until_heard and self._happens(self._weather.callback_lost):
            return
        times = 1
        if self._happens(self._weather.duplicate):
            times = 2
        for copy in range(times):
            seconds = between(self._chance, 0.02, 5.0 if not copy else 600.0)
            self._town.later(seconds, self._call_back, entry.reference, answer, until_heard, copy)

    def _call_back(self, reference: str, answer: Answer, until_heard: bool, copy: int) -> None:
        if copy:
            self._town.met("duplicate", reference)
        self._town.tell(self.rules.name, reference, answer, until_heard=until_heard)

    def _happens(self, chance: float) -> bool:
        return self._chance.random() < chance
