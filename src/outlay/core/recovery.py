"""What becomes of a payout that is older than the epoch: nothing, until its rail was asked.

In the time that was lost anything may have been done: the next attempt begun, the live one sent again. So of a payout
without an open attempt the rail is asked about the *next* reference, which it was never sent under as far as we know.
"Not found" twice, when nothing of the lost time can still be on its way, lets it go on as if nothing had been. Whatever
else is heard of that reference is evidence of an attempt that we have lost: it is taken up. A live attempt is given a
send that stands for whatever left in the lost time; then the ordinary asking does the rest.

The trap: whoever asked, or heard, may do so of a payout that has moved on meanwhile. So all of this goes by the payout
as it is under its account's lock.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from outlay.core.attempt import (
    UNNUMBERED_MS,
    Attempt,
    AttemptState,
    RailTerms,
    Send,
    attempt_reference,
    final_after_ms,
    times_of,
)
from outlay.core.cases import CaseKind
from outlay.core.decision import Decision, also, decide, has_case, with_case
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
    Source,
)
from outlay.core.facts import FactKind
from outlay.core.hearing import NOT_FOUND_TIMES, said_of, with_attempt
from outlay.core.outcome import NotFound, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import Inquiry, Review, State
from outlay.core.refusal import Objection
from outlay.core.schedule import is_parked


def is_stale(payout: Payout, epoch: Epoch) -> bool:
    """Whether it was not asked about since time was lost, and something may still come of it."""
    return payout.epoch < epoch.number and (payout.completed_ms is None or payout.live_attempt is not None)


def refuse_stale(payout: Payout, event: Event, epoch: Epoch) -> Objection | None:
    """Nothing that sends or moves money happens to a stale payout. What people say of one that the rail has been silent
    about for days is heard: of one that was parked before time was lost it has not been asked yet."""
    match event:
        case Heard() | SentLate() | Approve():
            return None
        case Park():
            return None if event.is_unaskable or _is_inquired(payout, epoch) else Objection.NOT_ASKED_ABOUT
        case Rule():
            was_asked_in_vain = _is_inquired(payout, epoch, when_final=True) and is_parked(payout, None)
            return None if was_asked_in_vain else Objection.NOT_ASKED_ABOUT
        case BeginAttempt() | SendAgain() | Cancel() | Expire() | Reject():
            return Objection.NOT_ASKED_ABOUT
        case _:
            assert_never(event)


def _is_inquired(payout: Payout, epoch: Epoch, *, when_final: bool = False) -> bool:
    """Whether the rail was asked since time was lost (`when_final`: when nothing that was lost was on its way)."""
    inquiry = payout.pending.inquiry
    if inquiry is None or inquiry.epoch != epoch.number or payout.open_attempt is not None:
        return False
    return not when_final or (inquiry.asked_ms is not None and inquiry.asked_ms >= inquiry.final_ms)


def recall(payout: Payout, event: Heard | SentLate, now_ms: int, epoch: Epoch) -> Decision | None:
    """What evidence says of the time that was lost, before it is judged as ever: the payout with the attempt that it is
    about. None where it says nothing of that."""
    if payout.attempt_numbered(event.attempt_number) is not None:
        return _with_lost_send(payout, now_ms, epoch) if is_stale(payout, epoch) else None
    is_next = event.attempt_number == len(payout.attempts) + 1
    may_adopt = is_next and payout.completed_ms is None and payout.open_attempt is None
    if may_adopt and event.rail is not None and epoch.number > FIRST_EPOCH.number and not _says_nothing(event):
        return _adopt(payout, event.rail, now_ms, epoch)
    return None


def hear_of_lost(payout: Payout, event: Heard | SentLate, now_ms: int, epoch: Epoch) -> Decision | Objection:
    """Of an attempt that the payout does not have, and that cannot be taken up."""
    if epoch.number == FIRST_EPOCH.number:
        return Objection.ATTEMPT_UNKNOWN
    if _says_nothing(event):
        return _inquire(payout, event, now_ms, epoch) if isinstance(event, Heard) else Objection.ATTEMPT_UNKNOWN
    said = f"send {event.send_number} left late" if isinstance(event, SentLate) else said_of(event.outcome)
    what = f"{said}, of attempt {event.attempt_number}, which is not known here"
    if has_case(payout, CaseKind.LOST_ATTEMPT, None, what):
        return Decision(payout)
    data = {"attempt": str(event.attempt_number), "said": said}
    if isinstance(event, Heard):
        data |= {"source": event.source.value} | ({"evidence": event.evidence} if event.evidence else {})
    return with_case(decide(payout, now_ms, FactKind.HEARD, data), now_ms, CaseKind.LOST_ATTEMPT, None, what)


def _says_nothing(event: Heard | SentLate) -> bool:
    return isinstance(event, Heard) and isinstance(event.outcome, NotFound | Unknown)


def _with_lost_send(payout: Payout, now_ms: int, epoch: Epoch) -> Decision | None:
    """The open attempt with a send that stands for all that left of it in the lost time; None where none is open."""
    attempt = payout.open_attempt
    if attempt is None:
        return None
    last = attempt.sends[-1] if attempt.sends else None
    span_ms = last.final_ms - last.real_ms if last is not None else UNNUMBERED_MS
    number = last.number + 1 if last is not None else 2
    lost = Send(number, now_ms, epoch.began_ms, epoch.began_ms + span_ms, is_lost=True)
    marked = with_attempt(payout, replace(attempt, sends=(*attempt.sends, lost), not_found_ms=(), asked_ms=None))
    data = {"attempt": str(attempt.number), "send": str(number), "epoch": str(epoch.number)} | times_of(lost)
    return decide(replace(marked, epoch=epoch.number), now_ms, FactKind.RECALLED, data)


def _adopt(payout: Payout, rail: RailTerms, now_ms: int, epoch: Epoch) -> Decision:
    """An attempt that was begun in the lost time. Nobody knows how often it was sent: its one send is numbered 2, as of
    those that were sent before sends were numbered."""
    number = len(payout.attempts) + 1
    sent = Send(2, now_ms, epoch.began_ms, _final_ms(epoch, rail), is_lost=True)
    attempt = Attempt(
        number=number,
        rail=rail.name,
        reference=attempt_reference(payout.payout_id, number),
        state=AttemptState.BEGUN,
        begun_ms=now_ms,
        sends=(sent,),
    )
    adopted = replace(
        payout,
        state=State.PROCESSING,
        review=Review.APPROVED if payout.review is Review.PENDING else payout.review,
        rail=rail.name,
        attempts=(*payout.attempts, attempt),
        rail_reference=None,
        failure=None,
        epoch=epoch.number,
        pending=replace(payout.pending, inquiry=None),
    )
    data = {"attempt": str(number), "rail": rail.name, "reference": attempt.reference, "epoch": str(epoch.number)}
    data |= times_of(sent)
    if payout.state is State.IN_REVIEW:
        data["review"] = "approved in the lost time: it was sent"
    return decide(adopted, now_ms, FactKind.ATTEMPT_RECOVERED, data)


def _final_ms(epoch: Epoch, rail: RailTerms) -> int:
    """From this real time on the rail knows whatever left before the epoch began."""
    return epoch.began_ms + rail.send_within_ms + final_after_ms(rail)


def _inquire(payout: Payout, event: Heard, now_ms: int, epoch: Epoch) -> Decision | Objection:
    """The rail was asked about the next reference, and does not know it, or did not say."""
    rail, asked_ms = event.rail, event.asked_ms
    is_next = event.attempt_number == len(payout.attempts) + 1 and payout.open_attempt is None
    is_asked = event.source is Source.ASK and asked_ms is not None and rail is not None and rail.name == payout.rail
    if rail is None or asked_ms is None or not (is_next and is_asked and is_stale(payout, epoch)):
        return Objection.ATTEMPT_UNKNOWN
    inquiry = payout.pending.inquiry
    if inquiry is None or inquiry.epoch != epoch.number:  # what was asked before time was lost once more says nothing
        inquiry = Inquiry(epoch.number, epoch.began_ms, _final_ms(epoch, rail))
    counted_ms = inquiry.not_found_ms
    is_apart = not counted_ms or asked_ms >= counted_ms[-1] + rail.ask_again_ms
    is_timed = event.is_calm_for(inquiry.calm_needed_ms) and event.inquiry_epoch in (None, epoch.number)
    is_evidence = isinstance(event.outcome, NotFound) and is_timed and asked_ms >= inquiry.final_ms and is_apart
    is_evidence = is_evidence and not payout.has_lost_attempt
    inquiry = replace(
        inquiry,
        not_found_ms=(*counted_ms, asked_ms) if is_evidence else counted_ms,
        asked_ms=max(asked_ms, inquiry.asked_ms or 0) if is_timed else inquiry.asked_ms,
        questions=inquiry.questions + 1,
    )
    asked = replace(payout, pending=replace(payout.pending, inquiry=inquiry))
    if not is_evidence:
        return Decision(asked)
    data = {"attempt": str(event.attempt_number), "source": event.source.value, "evidence": event.evidence}
    data |= {"asked_ms": str(asked_ms), "epoch": str(epoch.number), "times": str(len(inquiry.not_found_ms))}
    counted = decide(asked, now_ms, FactKind.NOT_FOUND, data)
    return counted if len(inquiry.not_found_ms) < NOT_FOUND_TIMES else _clear(counted, now_ms, epoch)


def _clear(decision: Decision, now_ms: int, epoch: Epoch) -> Decision:
    """Nothing was begun in the lost time: life goes on as if it had not been."""
    payout = decision.payout
    cleared = replace(payout, epoch=epoch.number, pending=replace(payout.pending, inquiry=None))
    return also(decision, cleared, now_ms, FactKind.CLEARED, {"epoch": str(epoch.number)})
