"""The life of a payout: one total table of state × event, pure.

    in_review → reserved → processing → paid | failed          cancelled, expired: before any attempt left

`order` makes a payout, `step` moves it. Both answer with a Decision (the payout as it is now, the postings, the facts)
or with a Refusal, and then nothing has changed. Whether the money is there is checked where postings are applied
(`ledger.apply_postings`). Loading and saving belong to `service` and `store`.

Two traps. A rail's message that repeats what is known already is a Decision without facts, never an error: rails
repeat themselves. And "paid" is not the end: returns come days later, in parts, and never overwrite the state.

There is no wildcard case: a new state or event breaks the type check until every table names it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.account import ALL_METHODS, Account, Terms
from outlay.core.beneficiary import Beneficiary, DestinationKind
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import Fee, fee_of
from outlay.core.ledger import Posting, give_back, pay_out, release, reserve
from outlay.core.limits import check_limits
from outlay.core.normal_forms import name_form
from outlay.core.outcome import Accepted, Failure, FailureReason, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.recipients import is_blocked
from outlay.core.refusal import Refusal

INTERNAL_RAIL: Final = "internal"
"""The rail of payouts that go to another account here."""


class State(StrEnum):
    IN_REVIEW = "in_review"
    RESERVED = "reserved"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Review(StrEnum):
    """Whether a person had to look at the payout before it went out, and what they said."""

    NONE = "none"
    PENDING = "pending"
    """Also of a payout that was cancelled or expired before anybody said anything."""
    APPROVED = "approved"
    REJECTED = "rejected"


class Standing(StrEnum):
    """What became of a payout, in one word: its state, and of a paid one how much came back."""

    IN_REVIEW = "in_review"
    RESERVED = "reserved"
    PROCESSING = "processing"
    PAID = "paid"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class AttemptState(StrEnum):
    BEGUN = "begun"
    """Committed before the rail was called: from here on the only next move is to ask."""
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    PAID = "paid"
    REFUSED = "refused"


class Attempt(msgspec.Struct, frozen=True):
    """One try at one rail. `reference` is what the rail knows it by, derived from payout id and number."""

    number: int
    rail: str
    reference: str
    state: AttemptState
    begun_ms: int
    unknown_since_ms: int | None = None
    """When we first did not know; kept until an answer comes."""


class Return(msgspec.Struct, frozen=True):
    """Money that came back. `ordinal` counts from 1 in the order we learnt of them; `by_decision`: see Returned."""

    ordinal: int
    number: str
    amount_minor: int
    at_ms: int
    by_decision: bool = False


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant orders, in neutral form. `memo` keeps the texts and addresses that belong to the order but move
    no money (description, descriptor, notification address), by the name that its API gave them. `channel` is the way
    that the order names, in its API's own word."""

    reference: str
    currency: str
    amount_minor: int
    beneficiary: Beneficiary
    memo: dict[str, str] = {}
    channel: str = ""
    expires_ms: int | None = None


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """One beneficiary, one amount, one currency. Times are Unix milliseconds, amounts minor units."""

    account_id: UUID
    payout_id: int
    batch_id: int | None = None
    """Of payouts that were ordered together."""
    reference: str
    """The merchant's; unique on the account for ever, or in its batch."""
    ordered_by: str = ""
    """Who keeps the credential that ordered it, else that credential's key id."""
    currency: str
    amount_minor: int
    fee: Fee
    beneficiary: Beneficiary
    memo: dict[str, str]
    rail: str
    created_ms: int
    expires_ms: int | None = None
    state: State
    review: Review = Review.NONE
    rail_reference: str | None = None
    receipt_url: str | None = None
    """Where the rail shows that it paid."""
    failure: Failure | None = None
    completed_ms: int | None = None
    """When it was paid, failed, cancelled or expired."""
    returned_minor: int = 0
    returns: tuple[Return, ...] = ()
    attempt: Attempt | None = None
    """The latest attempt; the only one that may still be alive."""
    fact_count: int = 0

    @property
    def standing(self) -> Standing:
        if self.state is State.PAID and self.returned_minor:
            return Standing.RETURNED if self.returned_minor >= self.amount_minor else Standing.PARTLY_RETURNED
        return Standing(self.state.value)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Payouts of one currency that were ordered together, under one reference: all of them or none."""

    account_id: UUID
    batch_id: int
    reference: str
    currency: str
    total_minor: int
    payout_count: int
    created_ms: int


class Approve(msgspec.Struct, frozen=True):
    by: str
    text: str = ""


class Reject(msgspec.Struct, frozen=True):
    by: str
    text: str


class Cancel(msgspec.Struct, frozen=True):
    by: str
    text: str = ""


class Expire(msgspec.Struct, frozen=True):
    pass


class BeginAttempt(msgspec.Struct, frozen=True):
    pass


class Settle(msgspec.Struct, frozen=True):
    """What the rail said about attempt `attempt_number`."""

    attempt_number: int
    outcome: Outcome


Event = Approve | Reject | Cancel | Expire | BeginAttempt | Settle | Returned


class Decision(msgspec.Struct, frozen=True):
    """The payout after the event, and what to write with it: all of it in one commit."""

    payout: Payout
    postings: tuple[Posting, ...] = ()
    facts: tuple[Fact, ...] = ()


def order(
    what: Order,
    account: Account,
    terms: Terms,
    payout_id: int,
    now_ms: int,
    *,
    batch_id: int | None = None,
    ordered_by: str = "",
) -> Decision | Refusal:
    """A new payout: its fee frozen, its amount and fee set aside."""
    if refusal := _refuse_order(what, account, terms):
        return refusal
    fee = fee_of(what.amount_minor, terms.fee)
    payout = Payout(
        account_id=account.account_id,
        payout_id=payout_id,
        batch_id=batch_id,
        reference=what.reference,
        ordered_by=ordered_by,
        currency=what.currency,
        amount_minor=what.amount_minor,
        fee=fee,
        beneficiary=what.beneficiary,
        memo=what.memo,
        rail=INTERNAL_RAIL if what.beneficiary.destination is DestinationKind.ACCOUNT else account.rail,
        created_ms=now_ms,
        expires_ms=what.expires_ms,
        state=State.IN_REVIEW if account.needs_review else State.RESERVED,
        review=Review.PENDING if account.needs_review else Review.NONE,
    )
    postings = reserve(what.currency, what.amount_minor, fee.total_minor)
    data = {"reference": what.reference} | ({"by": ordered_by} if ordered_by else {})
    return _decide(payout, now_ms, FactKind.ORDERED, data, postings)


def _refuse_order(what: Order, account: Account, terms: Terms) -> Refusal | None:
    if not account.is_open:
        return Refusal.ACCOUNT_CLOSED
    if terms.off:
        if ALL_METHODS in terms.off:
            return Refusal.CURRENCY_OFF
        off = {method.casefold() for method in terms.off}
        if what.beneficiary.destination.value in off or what.channel.casefold() in off:
            return Refusal.METHOD_OFF
    if account.blocked and is_blocked(what.beneficiary, account.blocked):
        return Refusal.RECIPIENT_BLOCKED
    return check_limits(what.amount_minor, terms.limits)


def step(payout: Payout, event: Event, now_ms: int) -> Decision | Refusal:
    """What `event` does to `payout`. Pure: the same arguments always give the same answer."""
    match event:
        case Approve():
            return _approve(payout, event, now_ms)
        case Reject():
            return _reject(payout, event, now_ms)
        case Cancel():
            return _stop(payout, State.CANCELLED, FactKind.CANCELLED, _said(event.by, event.text), now_ms)
        case Expire():
            return _stop(payout, State.EXPIRED, FactKind.EXPIRED, {}, now_ms)
        case BeginAttempt():
            return _begin_attempt(payout, now_ms)
        case Settle():
            return _settle(payout, event, now_ms)
        case Returned():
            return _return(payout, event, now_ms)
        case _:
            assert_never(event)


def attempt_reference(payout_id: int, attempt_number: int) -> str:
    """What we call an attempt towards its rail: derived, so that a restored backup makes the same one."""
    return f"OUT{payout_id}A{attempt_number}"


def _approve(payout: Payout, event: Approve, now_ms: int) -> Decision | Refusal:
    match payout.state:
        case State.IN_REVIEW:
            if name_form(event.by) == name_form(payout.ordered_by):
                return Refusal.REVIEWED_BY_ORDERER
            approved = replace(payout, state=State.RESERVED, review=Review.APPROVED)
            return _decide(approved, now_ms, FactKind.APPROVED, _said(event.by, event.text))
        case State.RESERVED | State.PROCESSING | State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Refusal.NOT_IN_REVIEW
        case _:
            assert_never(payout.state)


def _reject(payout: Payout, event: Reject, now_ms: int) -> Decision | Refusal:
    match payout.state:
        case State.IN_REVIEW:
            failure = Failure(FailureReason.REVIEW_REJECTED, event.text)
            failed = replace(payout, state=State.FAILED, review=Review.REJECTED, failure=failure, completed_ms=now_ms)
            return _decide(failed, now_ms, FactKind.REJECTED, _said(event.by, event.text), _released(payout))
        case State.RESERVED | State.PROCESSING | State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Refusal.NOT_IN_REVIEW
        case _:
            assert_never(payout.state)


def _stop(payout: Payout, end: State, kind: FactKind, data: dict[str, str], now_ms: int) -> Decision | Refusal:
    """Cancel or expire: possible only while no attempt was ever handed to a rail."""
    match payout.state:
        case State.IN_REVIEW | State.RESERVED:
            if payout.attempt is not None:
                return Refusal.ALREADY_SENT
            stopped = replace(payout, state=end, completed_ms=now_ms)
            return _decide(stopped, now_ms, kind, data, _released(payout))
        case State.PROCESSING:
            return Refusal.ALREADY_SENT
        case State.PAID | State.FAILED:
            return Refusal.ALREADY_ENDED
        case State.CANCELLED | State.EXPIRED:
            return Decision(payout) if payout.state is end else Refusal.ALREADY_ENDED
        case _:
            assert_never(payout.state)


def _begin_attempt(payout: Payout, now_ms: int) -> Decision | Refusal:
    match payout.state:
        case State.RESERVED:
            if payout.expires_ms is not None and payout.expires_ms <= now_ms:
                return Refusal.ALREADY_ENDED
            number = 1 if payout.attempt is None else payout.attempt.number + 1
            reference = attempt_reference(payout.payout_id, number)
            attempt = Attempt(number, payout.rail, reference, AttemptState.BEGUN, now_ms)
            begun = replace(payout, state=State.PROCESSING, attempt=attempt)
            data = {"attempt": str(number), "rail": payout.rail, "reference": reference}
            return _decide(begun, now_ms, FactKind.ATTEMPT_BEGUN, data)
        case State.PROCESSING:
            return Refusal.ATTEMPT_LIVE
        case State.IN_REVIEW:
            return Refusal.AWAITS_REVIEW
        case State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Refusal.ALREADY_ENDED
        case _:
            assert_never(payout.state)


def _settle(payout: Payout, event: Settle, now_ms: int) -> Decision | Refusal:
    attempt = payout.attempt
    if attempt is None or attempt.number != event.attempt_number:
        return Refusal.ATTEMPT_UNKNOWN
    match payout.state:
        case State.PROCESSING:
            return _settle_processing(payout, attempt, event.outcome, now_ms)
        case State.PAID:
            return Refusal.CONTRADICTS_END if _denies_payment(payout, event.outcome) else Decision(payout)
        case State.FAILED:
            return Refusal.CONTRADICTS_END if isinstance(event.outcome, Paid) else Decision(payout)
        case State.IN_REVIEW | State.RESERVED | State.CANCELLED | State.EXPIRED:
            return Refusal.ATTEMPT_UNKNOWN
        case _:
            assert_never(payout.state)


def _denies_payment(payout: Payout, outcome: Outcome) -> bool:
    """Whether a paid payout is now said to be refused, or paid under another reference: perhaps paid twice."""
    if isinstance(outcome, Paid):
        return outcome.rail_reference not in ("", payout.rail_reference)
    return isinstance(outcome, Refused)


def _settle_processing(payout: Payout, attempt: Attempt, outcome: Outcome, now_ms: int) -> Decision:
    about = {"attempt": str(attempt.number)}
    match outcome:
        case Accepted():
            if attempt.state is AttemptState.ACCEPTED:
                return Decision(payout)
            known = replace(attempt, state=AttemptState.ACCEPTED, unknown_since_ms=None)
            accepted = replace(payout, attempt=known, rail_reference=outcome.rail_reference or None)
            return _decide(
                accepted,
                now_ms,
                FactKind.ATTEMPT_ACCEPTED,
                about | {"rail_reference": outcome.rail_reference},
            )
        case Unknown():
            # An accepted attempt stays accepted: one question without an answer does not unlearn what we know.
            if attempt.state is not AttemptState.BEGUN:
                return Decision(payout)
            doubtful = replace(attempt, state=AttemptState.UNKNOWN, unknown_since_ms=now_ms)
            return _decide(
                replace(payout, attempt=doubtful),
                now_ms,
                FactKind.ATTEMPT_UNKNOWN,
                about | {"why": outcome.why},
            )
        case Paid():
            paid = replace(
                payout,
                state=State.PAID,
                attempt=replace(attempt, state=AttemptState.PAID, unknown_since_ms=None),
                rail_reference=outcome.rail_reference or payout.rail_reference,
                receipt_url=outcome.receipt_url or None,
                completed_ms=now_ms,
            )
            postings = pay_out(attempt.rail, payout.currency, payout.amount_minor, payout.fee.total_minor)
            data = about | {"rail_reference": outcome.rail_reference}
            if outcome.receipt_url:
                data["receipt_url"] = outcome.receipt_url
            return _decide(paid, now_ms, FactKind.PAID, data, postings)
        case Refused():
            failed = replace(
                payout,
                state=State.FAILED,
                attempt=replace(attempt, state=AttemptState.REFUSED, unknown_since_ms=None),
                failure=outcome.failure,
                completed_ms=now_ms,
            )
            data = about | {"reason": outcome.failure.reason.value, "text": outcome.failure.text}
            return _decide(failed, now_ms, FactKind.FAILED, data, _released(payout))
        case _:
            assert_never(outcome)


def _return(payout: Payout, event: Returned, now_ms: int) -> Decision | Refusal:
    match payout.state:
        case State.PAID:
            return _return_paid(payout, event, now_ms)
        case State.IN_REVIEW | State.RESERVED | State.PROCESSING | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Refusal.NOT_PAID
        case _:
            assert_never(payout.state)


def _return_paid(payout: Payout, event: Returned, now_ms: int) -> Decision | Refusal:
    for known in payout.returns:
        if known.number == event.number:
            # The money decides. Another word about who decided does not undo what was told first, and is no conflict.
            same = known.amount_minor == event.amount_minor
            return Decision(payout) if same else Refusal.RETURN_CONFLICT
    if event.amount_minor <= 0 or payout.returned_minor + event.amount_minor > payout.amount_minor:
        return Refusal.RETURN_EXCEEDS_PAID
    new = Return(len(payout.returns) + 1, event.number, event.amount_minor, now_ms, event.by_decision)
    richer = replace(payout, returned_minor=payout.returned_minor + event.amount_minor, returns=(*payout.returns, new))
    data = {"number": event.number, "amount_minor": str(event.amount_minor)}
    if event.by_decision:
        data["by_decision"] = "yes"
    rail = payout.attempt.rail if payout.attempt else payout.rail
    return _decide(richer, now_ms, FactKind.RETURNED, data, give_back(rail, payout.currency, event.amount_minor))


def _said(by: str, text: str) -> dict[str, str]:
    return {"by": by, "text": text} if text else {"by": by}


def _released(payout: Payout) -> tuple[Posting, ...]:
    return release(payout.currency, payout.amount_minor, payout.fee.total_minor)


def _decide(
    payout: Payout, now_ms: int, kind: FactKind, data: dict[str, str], postings: tuple[Posting, ...] = ()
) -> Decision:
    number = payout.fact_count + 1
    return Decision(replace(payout, fact_count=number), postings, (Fact(number, kind, now_ms, data),))
