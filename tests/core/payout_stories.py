"""Short stories of one payout, for the tests of the core: an order, two rails, and the words to tell events with.

It leaves the laws to payout_world.py and the expectations to payout_table.py. The trap: questions and sends are placed
in *real* time, counted here from the moment at which the first send was committed (`at`).
"""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account, Terms
from outlay.core.attempt import Attempt, AttemptState, RailTerms
from outlay.core.cases import Remedy
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import BeginAttempt, Event, Heard, Rule, SendAgain, SentLate, Source
from outlay.core.fees import FeePlan
from outlay.core.life import order, step
from outlay.core.origin import Remarks
from outlay.core.outcome import Failure, FailureReason, NotFound, Outcome, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.refusal import No
from outlay.core.rulings import Ruling, Verdict
from tests.support.payees import payee

NOW_MS = 1_790_000_000_000
ACCOUNT = Account(UUID(int=1), "Kopi & Co", "SG", rail="sandbox")
CAREFUL_ACCOUNT = replace(ACCOUNT, needs_review=True)
TERMS = Terms(fee=FeePlan(fixed_minor=2, rate_ppm=50_000))
WHAT = Order(
    reference="R-1",
    currency="BRL",
    amount_minor=100,
    beneficiary=payee(DestinationKind.PIX, name="Ana", account_number="ana@example.com"),
    remarks=Remarks(description="rent"),
    expires_ms=NOW_MS + 3_600_000,
)
AMOUNT, FEE = 100, 7

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
ELSEWHERE = frozenset({FailureReason.RAIL_OUT_OF_FUNDS, FailureReason.RAIL_UNSTABLE})
RAIL = RailTerms("sandbox", refuses_duplicates=True, finality_ms=30_000, dedupe_ms=DAY_MS, elsewhere=ELSEWHERE)
SECOND_RAIL = RailTerms("second", refuses_duplicates=True, elsewhere=ELSEWHERE)
RAILS = (RAIL.name, SECOND_RAIL.name)
FINAL = 46_000
"""So long after its commit a send over RAIL is final: 5 s to leave, 10 s to end, 1 s that clocks differ, 30 s."""
APART = 5_000

NO_SUCH_ACCOUNT = Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "no such key"))
NO_FUNDS = Refused(Failure(FailureReason.RAIL_OUT_OF_FUNDS, "not today"))
TIMEOUT = Unknown("timeout")
NOT_FOUND = NotFound()

BEGIN = BeginAttempt(RAIL, NOW_MS)
BEGIN_SECOND = BeginAttempt(SECOND_RAIL, NOW_MS + 1_000)


def at(ms: int) -> int:
    """The real time so long after the first send was committed."""
    return NOW_MS + ms


def sent(outcome: Outcome, number: int = 1) -> Heard:
    """In answer to a send."""
    rail = RAIL if number == 1 else SECOND_RAIL
    return Heard(number, outcome, Source.SEND, "send", rail=rail, rails=RAILS)


def asked(ms: int, outcome: Outcome | NotFound | Returned, number: int = 1) -> Heard:
    """In answer to a question that was asked so long after the first send."""
    rail = RAIL if number == 1 else SECOND_RAIL
    return Heard(number, outcome, Source.ASK, "question", asked_ms=at(ms), rail=rail, rails=RAILS)


def called(outcome: Outcome | NotFound | Returned, number: int = 1) -> Heard:
    """The rail came by itself."""
    return Heard(number, outcome, Source.CALLBACK, "callback")


def back(number: str, amount_minor: int, attempt: int = 1) -> Heard:
    return called(Returned(number, amount_minor), attempt)


def again(ms: int, number: int = 1) -> SendAgain:
    return SendAgain(number, RAIL, at(ms))


def late(ms: int, send: int = 1, number: int = 1) -> SentLate:
    return SentLate(number, send, RAIL, at(ms))


def ruled(verdict: Verdict, by: str = "ana", ms: int = DAY_MS, name: str = "") -> Rule:
    return Rule(Ruling(verdict, name), by, "seen", at(ms))


def by_two(verdict: Verdict, ms: int = DAY_MS, name: str = "") -> tuple[Rule, Rule]:
    return ruled(verdict, "ana", ms, name), ruled(verdict, "bob", ms, name)


def closed(case: int, remedy: Remedy = Remedy.NOTHING, amount_minor: int = 0, by: str = "ana") -> Rule:
    return Rule(Ruling(Verdict.CLOSE_CASE, "", case, remedy, amount_minor), by, "seen", at(DAY_MS))


TWICE_NOT_FOUND = asked(FINAL, NOT_FOUND), asked(FINAL + APART, NOT_FOUND)
SENT_TWICE = BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND, again(FINAL + APART)
FINAL_TWICE = 2 * FINAL + APART
BETWEEN_RAILS = BEGIN, sent(NO_FUNDS)
AT_THE_SECOND = *BETWEEN_RAILS, BEGIN_SECOND


def accept(decided: Decision | No) -> Decision:
    assert isinstance(decided, Decision), decided
    return decided


def ordered(account: Account = ACCOUNT) -> Payout:
    return accept(order(WHAT, account, TERMS, 42, NOW_MS, ordered_by="ana")).payout


def told(payout: Payout, *events: Event) -> Payout:
    """`payout` after these, each a millisecond after the one before; none may be refused."""
    for tick, event in enumerate(events, 1):
        payout = accept(step(payout, event, NOW_MS + tick)).payout
    return payout


def after(*events: Event, account: Account = ACCOUNT) -> Payout:
    return told(ordered(account), *events)


def unnumbered(state: AttemptState = AttemptState.UNKNOWN) -> Payout:
    """On its way since before sends were numbered."""
    payout = after(BEGIN)
    old = Attempt(1, "sandbox", "OUT42A1", state, NOW_MS)
    return replace(payout, attempts=(old,))
