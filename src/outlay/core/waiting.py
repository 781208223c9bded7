"""What a payout waits for: what holds it up, who must act, since when, what comes next, and the command that helps.

Pure and total: every payout has an answer, and of one whose money is still held something always comes next, or people
must speak. Where several things wait, the answer is the first of these that there is:

1. what Outlay does by itself at once: it expires, it is sent;
2. what one person has proposed, and another can decide now;
3. what people must say: it cannot be sent, it is parked, what was heard contradicts itself, no attempt is alive;
4. the rail's word;
5. of an ended one: a proposal, an attempt that is alive beside the one that paid, the oldest open case, else nothing.

Open cases beside the answer stay where they are; a payout on its way is settled before they can be closed.

A payout that must be asked about first, because time was lost (core.recovery), is held up by that alone, above all of
these. That it must be is known here once the first question was answered.

The traps: what people are shown is in the installation's time, while questions are counted in real time. And a line is
shown only where the core would take what it says: which of several is true, a person finds out first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import msgspec

from outlay.core.attempt import Attempt, AttemptState
from outlay.core.cases import Case, CaseKind
from outlay.core.hearing import NOT_FOUND_TIMES
from outlay.core.help_lines import (
    approve_line,
    cancel_line,
    close_line,
    reject_line,
    ruling_text,
    same_again,
    settle_line,
    show_line,
)
from outlay.core.payout import Payout
from outlay.core.progress import Inquiry, State
from outlay.core.ruling import PROPOSAL_LASTS_MS, possible_remedies, sayable, waiting_proposal
from outlay.core.rulings import Proposal, Verdict
from outlay.core.schedule import (
    ACCEPTED_PARKS_MS,
    DAY_MS,
    UNKNOWN_PARKS_MS,
    ask_at_ms,
    inquire_at_ms,
    is_parked,
    parked_at_ms,
)


class What(StrEnum):
    ASKED_FIRST = "asked_first"
    """The database has lost time: the rail is asked whether anything was sent before anything comes of it."""
    REVIEW = "review"
    TO_BE_SENT = "to_be_sent"
    TO_EXPIRE = "to_expire"
    SECOND_PERSON = "second_person"
    """Somebody has proposed what becomes of the money, and another must say the same."""
    CANNOT_BE_SENT = "cannot_be_sent"
    PARKED = "parked"
    CONTRADICTION = "contradiction"
    NONE_ALIVE = "none_alive"
    """No attempt is alive: people must say what becomes of the money."""
    BEING_SENT = "being_sent"
    TAKEN_BY_RAIL = "taken_by_rail"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CASE = "case"
    NOTHING = "nothing"


class Who(StrEnum):
    """Who must act."""

    APPROVER = "approver"
    OPERATOR = "operator"
    RAIL = "rail"
    NOBODY = "nobody"
    """It has ended, or a server that runs does at once what comes next."""


class WaitingFor(msgspec.Struct, frozen=True, kw_only=True):
    """Times are the installation's. `next`: what comes next if nobody does anything, at `next_ms` where there is such a
    time. `lines`: the command that helps, then those that help instead where a person finds that something else is
    true."""

    what: What
    who: Who
    since_ms: int
    next: str
    next_ms: int | None = None
    lines: tuple[str, ...] = ()

    @property
    def command(self) -> str | None:
        return self.lines[0] if self.lines else None

    @property
    def others(self) -> tuple[str, ...]:
        return self.lines[1:]


class _Look(msgspec.Struct, frozen=True):
    payout: Payout
    now_ms: int
    real_ms: int
    due_ms: int | None
    told_ms: int | None

    def due(self, else_ms: int | None = None) -> int:
        """When a worker looks at it next."""
        if self.due_ms is not None:
            return self.due_ms
        return self.now_ms if else_ms is None else max(else_ms, self.now_ms)

    def shown(self, real_ms: int) -> int:
        """A real time as the installation's."""
        return self.now_ms + real_ms - self.real_ms

    def is_overdue(self) -> bool:
        """Asked only of what nobody has sent."""
        expires_ms = self.payout.expires_ms
        return expires_ms is not None and expires_ms <= self.now_ms


def waiting_for(
    payout: Payout, now_ms: int, real_ms: int, *, due_ms: int | None = None, told_ms: int | None = None
) -> WaitingFor:
    """`due_ms`: when the workers look at it next, as their list says; else it is derived from the payout, as if they
    had. `told_ms`: when its latest fact was learnt; else what began with that fact counts from the time before it that
    the payout knows."""
    look = _Look(payout, now_ms, real_ms, due_ms, told_ms)
    inquiry = payout.pending.inquiry
    if inquiry is not None and payout.completed_ms is None and payout.open_attempt is None:
        return _asked_first(look, inquiry)
    match payout.state:
        case State.IN_REVIEW:
            return _to_expire(look) if look.is_overdue() else _review(look)
        case State.RESERVED:
            return _reserved(look)
        case State.PROCESSING:
            return _on_its_way(look)
        case State.PAID | State.FAILED | State.CANCELLED | State.EXPIRED:
            return _ended(look)
        case _:
            assert_never(payout.state)


def _asked_first(look: _Look, inquiry: Inquiry) -> WaitingFor:
    payout = look.payout
    if proposal := waiting_proposal(payout, look.now_ms, look.real_ms):
        return _second_person(look, proposal)
    is_stuck = is_parked(payout, None)
    last_ms = inquiry.began_ms if inquiry.asked_ms is None else inquiry.asked_ms
    return WaitingFor(
        what=What.ASKED_FIRST,
        who=Who.OPERATOR if is_stuck else Who.RAIL,
        since_ms=_case_since(look, None) if is_stuck else look.shown(inquiry.began_ms),
        next="the rail is asked whether anything was sent",
        next_ms=look.due(look.shown(inquire_at_ms(payout, inquiry, last_ms))),
        lines=(*_case_lines(look), *_settle_lines(look)) if is_stuck else (),
    )


def _case_lines(look: _Look) -> tuple[str, ...]:
    return tuple(
        show_line(look.payout, case)
        for case in look.payout.cases
        if case.is_open and case.kind is CaseKind.PARKED and case.attempt_number is None
    )


def _review(look: _Look) -> WaitingFor:
    payout = look.payout
    return WaitingFor(
        what=What.REVIEW,
        who=Who.APPROVER,
        since_ms=payout.created_ms,
        next="nothing by itself" if payout.expires_ms is None else "it expires",
        next_ms=payout.expires_ms,
        lines=(approve_line(payout.payout_id), reject_line(payout.payout_id)),
    )


def _to_expire(look: _Look) -> WaitingFor:
    since_ms = look.now_ms if look.payout.expires_ms is None else look.payout.expires_ms
    return WaitingFor(what=What.TO_EXPIRE, who=Who.NOBODY, since_ms=since_ms, next="it expires", next_ms=look.due())


def _reserved(look: _Look) -> WaitingFor:
    payout = look.payout
    if not is_parked(payout, None):
        return _to_expire(look) if look.is_overdue() else _to_be_sent(look, payout.created_ms)
    if proposal := waiting_proposal(payout, look.now_ms, look.real_ms):
        return _second_person(look, proposal)
    return _cannot_be_sent(look, cancel_line(payout))


def _to_be_sent(look: _Look, since_ms: int) -> WaitingFor:
    return WaitingFor(
        what=What.TO_BE_SENT,
        who=Who.NOBODY,
        since_ms=since_ms if look.told_ms is None else look.told_ms,
        next=f"it is sent over {look.payout.rail}",
        next_ms=look.due(),
    )


def _cannot_be_sent(look: _Look, *first: str) -> WaitingFor:
    return WaitingFor(
        what=What.CANNOT_BE_SENT,
        who=Who.OPERATOR,
        since_ms=_case_since(look, None),
        next="it is looked at again",
        next_ms=look.due(look.shown(parked_at_ms(look.payout, look.real_ms))),
        lines=(*first, *_settle_lines(look)),
    )


def _on_its_way(look: _Look) -> WaitingFor:
    payout = look.payout
    attempt, is_stuck = payout.open_attempt, is_parked(payout, None)
    if attempt is None and payout.is_between_rails and not is_stuck:
        return _to_be_sent(look, payout.created_ms if payout.attempt is None else payout.attempt.begun_ms)
    if proposal := waiting_proposal(payout, look.now_ms, look.real_ms):
        return _second_person(look, proposal)
    if attempt is not None:
        return _attempt(look, attempt)
    if payout.is_between_rails:
        return _cannot_be_sent(look)
    return WaitingFor(
        what=What.NONE_ALIVE,
        who=Who.OPERATOR,
        since_ms=_case_since(look, payout.attempt),
        next="nothing by itself",
        lines=_settle_lines(look),
    )


def _second_person(look: _Look, proposal: Proposal) -> WaitingFor:
    return WaitingFor(
        what=What.SECOND_PERSON,
        who=Who.APPROVER,
        since_ms=proposal.at_ms,
        next=f"what {proposal.by} proposed ({ruling_text(look.payout, proposal.ruling)}) lapses",
        next_ms=proposal.at_ms + PROPOSAL_LASTS_MS,
        lines=(same_again(look.payout, proposal.ruling),),
    )


def _attempt(look: _Look, attempt: Attempt) -> WaitingFor:
    """About the open attempt."""
    payout = look.payout
    if is_parked(payout, attempt):
        what, following = What.PARKED, "the rail is asked again, once a day"
    elif attempt.is_contested:
        what, following = What.CONTRADICTION, "the rail is asked again" if attempt.is_live else "it is parked"
    else:
        return _at_the_rail(look, attempt)
    return WaitingFor(
        what=what,
        who=Who.OPERATOR,
        since_ms=_case_since(look, attempt),
        next=following,
        next_ms=_asked_ms(look, attempt),
        lines=_settle_lines(look),
    )


def _at_the_rail(look: _Look, attempt: Attempt) -> WaitingFor:
    match attempt.state:
        case AttemptState.BEGUN:
            since_ms = attempt.sends[-1].at_ms if attempt.sends else attempt.begun_ms
            what, following = What.BEING_SENT, "the rail is asked what became of it"
        case AttemptState.ACCEPTED:
            what, since_ms = What.TAKEN_BY_RAIL, attempt.begun_ms
            following = _asked_until(ACCEPTED_PARKS_MS)
        case AttemptState.UNKNOWN:
            what, since_ms = What.OUTCOME_UNKNOWN, attempt.unknown_since_ms or attempt.begun_ms
            is_lost = len(attempt.not_found_ms) >= NOT_FOUND_TIMES
            following = "it is sent again, or parked" if is_lost else _asked_until(UNKNOWN_PARKS_MS)
        case AttemptState.PAID | AttemptState.PAID_UNBOOKED | AttemptState.REFUSED | AttemptState.NEVER_SUBMITTED:
            raise AssertionError("an open attempt is live, or contested")
        case _:
            assert_never(attempt.state)
    next_ms = _asked_ms(look, attempt)
    return WaitingFor(what=what, who=Who.RAIL, since_ms=since_ms, next=following, next_ms=next_ms)


def _asked_until(parks_ms: int) -> str:
    return f"the rail is asked again; {parks_ms // DAY_MS} days after it was sent it is parked"


def _ended(look: _Look) -> WaitingFor:
    payout = look.payout
    proposal = waiting_proposal(payout, look.now_ms, look.real_ms)
    if proposal is not None:
        return _second_person(look, proposal)
    if payout.live_attempt is not None:  # beside the one that paid: cases are closed when that is known
        return _attempt(look, payout.live_attempt)
    case = next((case for case in payout.cases if case.is_open), None)
    if case is None:
        since_ms = payout.created_ms if payout.completed_ms is None else payout.completed_ms
        return WaitingFor(what=What.NOTHING, who=Who.NOBODY, since_ms=since_ms, next="nothing")
    closing = tuple(close_line(payout, case, remedy) for remedy in possible_remedies(payout, case))
    return WaitingFor(
        what=What.CASE,
        who=Who.OPERATOR,
        since_ms=case.since_ms,
        next="nothing by itself",
        lines=(show_line(payout, case), *(closing or (close_line(payout, case),))),
    )


def _asked_ms(look: _Look, attempt: Attempt) -> int:
    """When it is asked about next: counted, where nobody says when, from the last question or send."""
    payout = look.payout
    sent_ms = attempt.sends[-1].real_ms if attempt.sends else attempt.first_sent_ms
    last_ms = max(sent_ms, attempt.asked_ms or 0)
    if is_parked(payout, attempt):
        return look.due(look.shown(parked_at_ms(payout, last_ms)))
    return look.due(look.shown(ask_at_ms(payout, attempt, last_ms)) if attempt.is_live else None)


def _case_since(look: _Look, attempt: Attempt | None) -> int:
    """Since when people must speak: since it was parked, else since what was heard of the attempt."""
    number = attempt.number if attempt is not None else None
    about = [case for case in look.payout.cases if case.is_open and case.attempt_number == number]
    parked = [case for case in about if case.kind is CaseKind.PARKED]
    first: Case | None = next(iter(parked or about), None)
    if first is not None:
        return first.since_ms
    begun_ms = attempt.begun_ms if attempt is not None else look.payout.created_ms
    return begun_ms if look.told_ms is None else look.told_ms


def _settle_lines(look: _Look) -> tuple[str, ...]:
    """One for each that the core would take now, first the one that what was heard speaks for."""
    attempt = look.payout.open_attempt
    if attempt is None:
        likeliest = Verdict.GIVEN_BACK
    elif attempt.refusals:
        likeliest = Verdict.REFUSED
    else:
        likeliest = Verdict.NEVER_SUBMITTED if attempt.not_found_ms else Verdict.PAID
    verdicts = sorted(sayable(look.payout, look.real_ms), key=lambda verdict: verdict is not likeliest)
    return tuple(settle_line(look.payout, verdict) for verdict in verdicts)
