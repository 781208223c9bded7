"""The life of a payout: its three laws, and what each event does to it in each state, pure.

    in_review → reserved → processing → paid | failed          cancelled, expired: before any attempt left

Three laws hold after every step, whatever is heard in whatever order, and whoever repeats it:

    1  Never twice. At most one attempt is alive. Another begins only where every one before it is definitively dead:
       refused in answer to all its sends, or never submitted by two people's word. And one attempt is sent again only
       where nothing of it is on its way any more, and nothing was ever heard of it.
    2  Never guessed. What may have left is unknown until somebody who can know has said what became of it: its rail, or
       two people. No timeout, no silence and no "not found" that came too early ends anything.
    3  Never lost. Money that is set aside is released or paid out once, in full, by the same commit that says why; the
       books of each currency add up to zero.

All that they come to is said once more, and otherwise, in tests/core/payout_laws.py, and looked at after every step of
any life that a search can find. What a line here does for one of them, its comment says.

`order` makes a payout, `step` moves it. Both answer with a Decision (the payout as it is now, the facts with their
postings, the cases) or with a "no", and then nothing has changed. Whether the money is there is checked where
postings are applied (`ledger.apply_postings`). Loading and saving belong to `service` and `store`.

Two traps. A rail's message that repeats what is known already is a Decision without facts, never an error: rails
repeat themselves. And of a payout between two rails nothing is alive, yet it is on its way: its money stays held.

There is no wildcard case: a new state or event breaks the type check until every match names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from msgspec.structs import replace

from outlay.core.account import ALL_METHODS, Account, Terms
from outlay.core.attempt import (
    DEAD,
    Attempt,
    AttemptState,
    RailTerms,
    attempt_reference,
    final_after_ms,
    new_send,
    times_of,
)
from outlay.core.cases import CaseKind
from outlay.core.decision import Decision, decide, with_case
from outlay.core.destination import DestinationKind
from outlay.core.epoch import FIRST_EPOCH, Epoch
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
)
from outlay.core.facts import FactKind
from outlay.core.fees import fee_of
from outlay.core.hearing import hear, with_attempt
from outlay.core.instruction import digest_of, instruction_of
from outlay.core.ledger import Posting, release, reserve
from outlay.core.limits import check_limits
from outlay.core.names import name_form
from outlay.core.origin import Origin
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import INTERNAL_RAIL, Order, Payout
from outlay.core.progress import Review, State
from outlay.core.recipients import is_blocked
from outlay.core.recovery import hear_of_lost, is_stale, recall, refuse_stale
from outlay.core.refusal import Objection, Refusal, foremost
from outlay.core.ruling import rule
from outlay.core.schedule import is_parked_as, why_not_send_again
from outlay.core.seals import SealKey


def order(
    what: Order,
    account: Account,
    terms: Terms,
    payout_id: int,
    now_ms: int,
    *,
    batch_id: int | None = None,
    ordered_by: str = "",
    origin: Origin | None = None,
    seal_key: SealKey | None = None,
) -> Decision | Refusal:
    """A new payout: its fee frozen, its amount and fee set aside, its instruction digested with `seal_key`."""
    no = foremost(refusals_of(what, account, terms))
    if no is not None:
        return no
    fee = fee_of(what.amount_minor, terms.fee)
    payout = Payout(
        account_id=account.account_id,
        payout_id=payout_id,
        batch_id=batch_id,
        reference=what.reference,
        ordered_by=ordered_by,
        origin=origin,
        currency=what.currency,
        amount_minor=what.amount_minor,
        fee=fee,
        beneficiary=what.beneficiary,
        remarks=what.remarks,
        notify_url=what.notify_url,
        rail=INTERNAL_RAIL if what.beneficiary.kind is DestinationKind.ACCOUNT else account.rail,
        created_ms=now_ms,
        expires_ms=what.expires_ms,
        state=State.IN_REVIEW if account.needs_review else State.RESERVED,
        review=Review.PENDING if account.needs_review else Review.NONE,
        epoch=account.epoch.number,
    )
    postings = reserve(what.currency, what.amount_minor, fee.total_minor)
    data = {"reference": what.reference, "rail": payout.rail}
    if ordered_by:
        data["by"] = ordered_by
    if account.needs_review:
        data["review"] = Review.PENDING.value
    if payout.epoch > FIRST_EPOCH.number:
        data["epoch"] = str(payout.epoch)
    if seal_key is not None:
        data["digest"] = digest_of(instruction_of(payout), seal_key)
    return decide(payout, now_ms, FactKind.ORDERED, data, postings)


def refusals_of(what: Order, account: Account, terms: Terms) -> Iterator[Refusal]:
    """All that stands against an order, but for the money, which is looked at when it is moved."""
    if not account.is_open:
        yield Refusal.ACCOUNT_CLOSED
    if terms.off:
        off = {method.casefold() for method in terms.off}
        if ALL_METHODS in terms.off:
            yield Refusal.CURRENCY_OFF
        if what.beneficiary.kind.value in off or what.channel.casefold() in off:
            yield Refusal.METHOD_OFF
    if account.blocked and is_blocked(what.beneficiary, account.blocked):
        yield Refusal.RECIPIENT_BLOCKED
    outside = check_limits(what.amount_minor, terms.limits)
    if outside is not None:
        yield outside


def step(payout: Payout, event: Event, now_ms: int, epoch: Epoch = FIRST_EPOCH) -> Decision | Objection:
    """What `event` does to `payout`, in the epoch of its account. Pure: the same arguments always give the same
    answer."""
    if is_stale(payout, epoch) and (no := refuse_stale(payout, event, epoch)):
        return no
    if not isinstance(event, Heard | SentLate):
        if isinstance(event, BeginAttempt | SendAgain) and payout.has_lost_attempt:
            return Objection.AWAITS_PEOPLE
        return _step(payout, event, now_ms)
    if (recalled := recall(payout, event, now_ms, epoch)) is not None:
        return _go_on(recalled, event, now_ms)
    if payout.attempt_numbered(event.attempt_number) is None:
        return hear_of_lost(payout, event, now_ms, epoch)
    return _step(payout, event, now_ms)


def _go_on(recalled: Decision, event: Heard | SentLate, now_ms: int) -> Decision:
    """What is heard is judged on what was found out of the lost time, in the same commit."""
    heard = _step(recalled.payout, event, now_ms)
    if isinstance(heard, Objection):  # what was found out stands all the same
        return recalled
    return Decision(heard.payout, (*recalled.entries, *heard.entries), (*recalled.cases, *heard.cases))


def _step(payout: Payout, event: Event, now_ms: int) -> Decision | Objection:
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
            return _begin_attempt(payout, event, now_ms)
        case SendAgain():
            return _send_again(payout, event, now_ms)
        case SentLate():
            return _sent_late(payout, event, now_ms)
        case Park():
            return _park(payout, event, now_ms)
        case Rule():
            return rule(payout, event, now_ms)
        case Heard():
            return hear(payout, event, now_ms)
        case _:
            assert_never(event)


def _approve(payout: Payout, event: Approve, now_ms: int) -> Decision | Objection:
    match payout.state:
        case State.IN_REVIEW:
            if name_form(event.by) == name_form(payout.ordered_by):
                return Objection.REVIEWED_BY_ORDERER
            approved = replace(payout, state=State.RESERVED, review=Review.APPROVED)
            return decide(approved, now_ms, FactKind.APPROVED, _said(event.by, event.text))
        case State.RESERVED | State.PROCESSING | State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Objection.NOT_IN_REVIEW
        case _:
            assert_never(payout.state)


def _reject(payout: Payout, event: Reject, now_ms: int) -> Decision | Objection:
    match payout.state:
        case State.IN_REVIEW:
            failure = Failure(FailureReason.REVIEW_REJECTED, event.text)
            failed = replace(payout, state=State.FAILED, review=Review.REJECTED, failure=failure, completed_ms=now_ms)
            return decide(failed, now_ms, FactKind.REJECTED, _said(event.by, event.text), _released(payout))
        case State.RESERVED | State.PROCESSING | State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Objection.NOT_IN_REVIEW
        case _:
            assert_never(payout.state)


def _stop(payout: Payout, end: State, kind: FactKind, data: dict[str, str], now_ms: int) -> Decision | Objection:
    """Cancel or expire: possible only while no attempt was ever handed to a rail."""
    match payout.state:
        case State.IN_REVIEW | State.RESERVED:
            if payout.attempts:  # the second law: what was handed over may yet be paid
                return Objection.ALREADY_SENT
            stopped = replace(payout, state=end, completed_ms=now_ms)
            return decide(stopped, now_ms, kind, data, _released(payout))
        case State.PROCESSING:
            return Objection.ALREADY_SENT
        case State.PAID | State.FAILED:
            return Objection.ALREADY_ENDED
        case State.CANCELLED | State.EXPIRED:
            return Decision(payout) if payout.state is end else Objection.ALREADY_ENDED
        case _:
            assert_never(payout.state)


def _begin_attempt(payout: Payout, event: BeginAttempt, now_ms: int) -> Decision | Objection:
    match payout.state:
        case State.RESERVED:
            if payout.expires_ms is not None and payout.expires_ms <= now_ms:
                return Objection.ALREADY_ENDED
            return _begun(payout, event, now_ms)
        case State.PROCESSING:
            if payout.live_attempt is not None:  # the first law: two alive could both be paid
                return Objection.ATTEMPT_LIVE
            may_go_on = payout.is_between_rails and not payout.is_contested
            return _begun(payout, event, now_ms) if may_go_on else Objection.AWAITS_PEOPLE
        case State.IN_REVIEW:
            return Objection.AWAITS_REVIEW
        case State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return Objection.ALREADY_ENDED
        case _:
            assert_never(payout.state)


def _begun(payout: Payout, event: BeginAttempt, now_ms: int) -> Decision | Objection:
    if event.rail is not None and event.rail.name != payout.rail:
        return Objection.ALREADY_SENT  # over that rail: another has been chosen since
    number = len(payout.attempts) + 1
    reference = attempt_reference(payout.payout_id, number)
    real_ms = now_ms if event.real_ms is None else event.real_ms
    send = new_send(1, now_ms, real_ms, event.rail or RailTerms(payout.rail))
    attempt = Attempt(
        number=number,
        rail=payout.rail,
        reference=reference,
        state=AttemptState.BEGUN,
        begun_ms=now_ms,
        sends=(send,),
    )
    begun = replace(
        payout, state=State.PROCESSING, attempts=(*payout.attempts, attempt), rail_reference=None, failure=None
    )
    data = {"attempt": str(number), "rail": payout.rail, "reference": reference}
    return decide(begun, now_ms, FactKind.ATTEMPT_BEGUN, data | times_of(send))


def _send_again(payout: Payout, event: SendAgain, now_ms: int) -> Decision | Objection:
    attempt = payout.attempt_numbered(event.attempt_number)
    if attempt is None:
        return Objection.ATTEMPT_UNKNOWN
    # The first law: whatever the worker knew when it asked for this, what is known under the lock decides.
    if why_not_send_again(payout, attempt, event.rail, now_ms, event.real_ms) is not None:
        return Objection.NOT_TO_BE_SENT_AGAIN
    # Of an attempt from before sends were numbered, whatever left before counts as the first.
    number = attempt.sends[-1].number + 1 if attempt.sends else 2
    send = new_send(number, now_ms, event.real_ms, event.rail)
    again = replace(attempt, sends=(*attempt.sends, send), not_found_ms=(), asked_ms=None)
    data = {"attempt": str(attempt.number), "send": str(number), "reference": attempt.reference}
    return decide(with_attempt(payout, again), now_ms, FactKind.SENT_AGAIN, data | times_of(send))


def _sent_late(payout: Payout, event: SentLate, now_ms: int) -> Decision | Objection:
    attempt = payout.attempt_numbered(event.attempt_number)
    if attempt is None:
        return Objection.ATTEMPT_UNKNOWN
    sent = next((send for send in attempt.sends if send.number == event.send_number), None)
    sent = sent or next((send for send in attempt.sends if send.is_lost), None)  # one of those that were lost
    if sent is None:
        return Objection.ATTEMPT_UNKNOWN
    if sent.is_late:
        return Decision(payout)
    # The bytes have left by now: what may still be on its way is counted from here, as if it had been committed then.
    final_ms = event.real_ms + final_after_ms(event.rail)
    late = replace(sent, is_late=True, real_ms=event.real_ms - event.rail.send_within_ms, final_ms=final_ms)
    sends = tuple(late if send is sent else send for send in attempt.sends)
    data = {"attempt": str(attempt.number), "send": str(sent.number)} | times_of(late)
    counted_anew = replace(attempt, sends=sends, not_found_ms=(), asked_ms=None)
    told = with_attempt(payout, _after_late(payout, counted_anew, now_ms))
    decision = decide(told, now_ms, FactKind.SENT_LATE, data)
    return with_case(decision, now_ms, CaseKind.LATE_SEND, attempt.number, f"send {sent.number} left late")


def _after_late(payout: Payout, attempt: Attempt, now_ms: int) -> Attempt:
    """It may have been called dead, and now bytes of it have left after all. Dead it stays only where the rail itself
    refused its one send: what people, or the rail when asked, said before was not said of what left now."""
    is_refused = attempt.is_sent_once and bool(attempt.refusals)
    if attempt.state not in DEAD or is_refused:
        return attempt
    doubtful = replace(attempt, is_contested=True)
    if payout.state is not State.PROCESSING or payout.live_attempt is not None:
        return doubtful
    return replace(doubtful, state=AttemptState.UNKNOWN, unknown_since_ms=now_ms)


def _park(payout: Payout, event: Park, now_ms: int) -> Decision | Objection:
    number = event.attempt_number
    attempt = payout.attempt_numbered(number)
    if attempt is None and (number is not None or payout.open_attempt is not None):
        return Objection.ATTEMPT_UNKNOWN
    if payout.completed_ms is not None and (attempt is None or not attempt.is_live):
        return Objection.ALREADY_ENDED
    if is_parked_as(payout, attempt, event.kind):
        return Decision(payout)
    data = {"why": event.why} if number is None else {"attempt": str(number), "why": event.why}
    return with_case(decide(payout, now_ms, FactKind.PARKED, data), now_ms, event.kind, number, event.why)


def _said(by: str, text: str) -> dict[str, str]:
    return {"by": by, "text": text} if text else {"by": by}


def _released(payout: Payout) -> tuple[Posting, ...]:
    return release(payout.currency, payout.amount_minor, payout.fee.total_minor)
