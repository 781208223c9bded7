"""What becomes of a payout, or of a case, when people say so: one proposes, another says the same, and it is done.

The trap: see rulings. Every condition is looked at when it is proposed, and again when it is decided, because a rail
may have spoken between.
"""

from __future__ import annotations

from typing import Final, assert_never

from msgspec.structs import replace

from outlay.core.attempt import AttemptState
from outlay.core.cases import REMEDIES, Case, CaseKind, Remedy
from outlay.core.decision import Decision, decide, with_case
from outlay.core.events import Heard, Rule, Source
from outlay.core.facts import FactKind
from outlay.core.hearing import hear, return_words, with_attempt
from outlay.core.ledger import Posting, adjust, pay_out, release
from outlay.core.names import name_form
from outlay.core.outcome import Failure, FailureReason, Paid
from outlay.core.payout import INTERNAL_RAIL, OUTSIDE, Payout
from outlay.core.progress import EarlyReturn, State
from outlay.core.refusal import Objection
from outlay.core.rulings import Proposal, Ruling, Verdict

PROPOSAL_LASTS_MS: Final = 7 * 24 * 3_600_000


def rule(payout: Payout, event: Rule, now_ms: int) -> Decision | Objection:
    """A proposal, or what two people decided (of a case about no money: what one did)."""
    if no := _refuse(payout, event):
        return no
    if needs_two(payout, event.ruling):
        proposal = _standing_proposal(payout, now_ms)
        if proposal is None or proposal.ruling != event.ruling or proposal.by == event.discredited:
            return _propose(payout, event, now_ms)
        if name_form(proposal.by) == name_form(event.by):
            return Objection.NEEDS_ANOTHER_PERSON
        people: tuple[str, ...] = (proposal.by, event.by)
        payout = replace(payout, pending=replace(payout.pending, proposal=None))
    else:
        people = (event.by,)
    return _carry_out(payout, event, people, now_ms)


def needs_two(payout: Payout, ruling: Ruling) -> bool:
    if ruling.verdict is not Verdict.CLOSE_CASE:
        return True  # whatever case it names beside
    case = _case(payout, ruling)
    return case is None or _is_about_money(payout, case)


def possible_remedies(payout: Payout, case: Case) -> tuple[Remedy, ...]:
    """What closing it may move, nothing among it; none where it is about no money."""
    if not _is_about_money(payout, case):
        return ()
    return tuple(remedy for remedy in Remedy if remedy is Remedy.NOTHING or remedy in REMEDIES[case.kind])


def sayable(payout: Payout, real_ms: int) -> tuple[Verdict, ...]:
    """What can be said of its money now."""
    settling = (verdict for verdict in Verdict if verdict is not Verdict.CLOSE_CASE)
    return tuple(verdict for verdict in settling if _refuse(payout, Rule(Ruling(verdict), "", "", real_ms)) is None)


def _is_about_money(payout: Payout, case: Case) -> bool:
    if case.kind is CaseKind.RETURN_BEFORE_PAID:  # while it waits, it is in no book
        return any(_is_of(early, case) for early in payout.pending.early)
    if case.kind is CaseKind.LATE_SEND:  # what left after the money was given back may be paid
        return payout.state is State.FAILED and not any(
            attempt.state is AttemptState.REFUSED and attempt.is_sent_once and attempt.refusals
            for attempt in payout.attempts
            if attempt.number == case.attempt_number
        )
    return bool(REMEDIES[case.kind])


def _is_of(early: EarlyReturn, case: Case) -> bool:
    about = (early.attempt_number, return_words(early.number, early.amount_minor))
    return about == (case.attempt_number, case.what)


def waiting_proposal(payout: Payout, now_ms: int, real_ms: int) -> Proposal | None:
    """The proposal that another person can still decide by saying the same."""
    proposal = _standing_proposal(payout, now_ms)
    if proposal is None or _refuse(payout, Rule(proposal.ruling, proposal.by, proposal.note, real_ms)):
        return None
    return proposal


def _standing_proposal(payout: Payout, now_ms: int) -> Proposal | None:
    proposal = payout.pending.proposal
    if proposal is None or now_ms - proposal.at_ms > PROPOSAL_LASTS_MS:
        return None
    return proposal if proposal.attempt_number == _about(payout, proposal.ruling) else None


def _about(payout: Payout, ruling: Ruling) -> int | None:
    """The number of the attempt that this is said of, where it is about one."""
    if ruling.verdict not in (Verdict.PAID, Verdict.NEVER_SUBMITTED, Verdict.REFUSED):
        return None
    attempt = payout.open_attempt
    return attempt.number if attempt is not None else None


def _propose(payout: Payout, event: Rule, now_ms: int) -> Decision:
    proposal = Proposal(event.ruling, event.by, event.note, now_ms, _about(payout, event.ruling))
    proposed = replace(payout, pending=replace(payout.pending, proposal=proposal))
    return decide(proposed, now_ms, FactKind.PROPOSED, _words(event.ruling) | {"by": event.by, "note": event.note})


def _words(ruling: Ruling) -> dict[str, str]:
    words = {"verdict": ruling.verdict.value}
    if ruling.rail_reference:
        words["rail_reference"] = ruling.rail_reference
    if ruling.case_number is not None:
        words |= {"case": str(ruling.case_number), "remedy": ruling.remedy.value}
    if ruling.amount_minor:
        words["amount_minor"] = str(ruling.amount_minor)
    return words


def _refuse(payout: Payout, event: Rule) -> Objection | None:
    match event.ruling.verdict:
        case Verdict.PAID:
            attempt = payout.open_attempt
            # Of an account here its own books tell, and what people say would not give it the money.
            can_be_said = attempt is not None and attempt.rail != INTERNAL_RAIL
            return None if can_be_said else Objection.NOTHING_TO_SETTLE
        case Verdict.NEVER_SUBMITTED | Verdict.REFUSED:
            return _refuse_death(payout, event)
        case Verdict.PAID_OUTSIDE:
            return _refuse_end(payout, also_from=State.RESERVED)
        case Verdict.GIVEN_BACK:
            # Of what is older than the epoch, and its rail does not say: nobody can cancel it then.
            is_asked = payout.pending.inquiry is not None
            return _refuse_end(payout, also_from=State.RESERVED if is_asked else State.PROCESSING)
        case Verdict.CLOSE_CASE:
            return _refuse_closing(payout, event.ruling)
        case _:
            assert_never(event.ruling.verdict)


def _refuse_death(payout: Payout, event: Rule) -> Objection | None:
    attempt = payout.open_attempt
    if attempt is None:
        return Objection.NOTHING_TO_SETTLE
    if event.ruling.verdict is Verdict.NEVER_SUBMITTED and (
        not attempt.is_silent or attempt.is_contested or attempt.refusals
    ):
        return Objection.EVIDENCE_AGAINST
    if attempt.asked_ms is None or attempt.asked_ms < attempt.final_ms or event.real_ms < attempt.final_ms:
        return Objection.NOT_ASKED_SINCE
    return None


def _refuse_end(payout: Payout, also_from: State) -> Objection | None:
    if payout.state not in (State.PROCESSING, also_from):
        return Objection.NOTHING_TO_SETTLE
    if not payout.are_all_dead or payout.is_contested:
        return Objection.ATTEMPT_NOT_DEAD
    return None


def _refuse_closing(payout: Payout, ruling: Ruling) -> Objection | None:
    case = _case(payout, ruling)
    if case is None:
        return Objection.CASE_NOT_FOUND
    if not case.is_open:
        return Objection.CASE_IS_CLOSED
    if payout.completed_ms is None or payout.live_attempt is not None:
        return Objection.MONEY_STILL_OPEN
    if ruling.remedy is Remedy.NOTHING:
        return None if ruling.amount_minor == 0 else Objection.REMEDY_IMPOSSIBLE
    fits = ruling.remedy in REMEDIES[case.kind] and _is_about_money(payout, case)
    return None if fits and 0 < ruling.amount_minor <= payout.amount_minor else Objection.REMEDY_IMPOSSIBLE


def _case(payout: Payout, ruling: Ruling) -> Case | None:
    return next((case for case in payout.cases if case.number == ruling.case_number), None)


def _carry_out(payout: Payout, event: Rule, people: tuple[str, ...], now_ms: int) -> Decision | Objection:
    said = _words(event.ruling) | {"by": " and ".join(people), "note": event.note}
    match event.ruling.verdict:
        case Verdict.PAID:
            return _paid(payout, event, said, now_ms)
        case Verdict.NEVER_SUBMITTED | Verdict.REFUSED:
            return _dead(payout, event, said, now_ms)
        case Verdict.PAID_OUTSIDE:
            # What a rail called a dead attempt is not the name of what paid.
            name = event.ruling.rail_reference or None
            payout = _asked_no_more(payout)
            paid = replace(payout, state=State.PAID, rail=OUTSIDE, rail_reference=name, completed_ms=now_ms)
            postings = pay_out(OUTSIDE, payout.currency, payout.amount_minor, payout.fee.total_minor)
            return decide(paid, now_ms, FactKind.PAID, said | {"source": Source.PERSON.value}, postings)
        case Verdict.GIVEN_BACK:
            failure = Failure(FailureReason.DECIDED_BY_HAND, event.note)
            payout = _asked_no_more(payout)
            failed = replace(payout, state=State.FAILED, failure=failure, completed_ms=now_ms)
            released = release(payout.currency, payout.amount_minor, payout.fee.total_minor)
            return decide(failed, now_ms, FactKind.FAILED, said | {"source": Source.PERSON.value}, released)
        case Verdict.CLOSE_CASE:
            return _close(payout, event, people, said, now_ms)
        case _:
            assert_never(event.ruling.verdict)


def _asked_no_more(payout: Payout) -> Payout:
    return replace(payout, pending=replace(payout.pending, inquiry=None))


def _paid(payout: Payout, event: Rule, said: dict[str, str], now_ms: int) -> Decision | Objection:
    attempt = payout.open_attempt
    if attempt is None:
        return Objection.NOTHING_TO_SETTLE
    evidence = f"{said['by']}: {event.note}"
    heard = Heard(attempt.number, Paid(event.ruling.rail_reference), Source.PERSON, evidence)
    return hear(payout, heard, now_ms)


def _dead(payout: Payout, event: Rule, said: dict[str, str], now_ms: int) -> Decision | Objection:
    """Only the attempt: what becomes of the payout is the next ruling."""
    attempt = payout.open_attempt
    if attempt is None:
        return Objection.NOTHING_TO_SETTLE
    is_refused = event.ruling.verdict is Verdict.REFUSED
    state = AttemptState.REFUSED if is_refused else AttemptState.NEVER_SUBMITTED
    kind = FactKind.ATTEMPT_REFUSED if is_refused else FactKind.NEVER_SUBMITTED
    dead = with_attempt(payout, replace(attempt, state=state, unknown_since_ms=None, is_contested=False))
    if payout.state is State.PROCESSING:  # what a rail's refusal had chosen is people's to say from here
        dead = replace(dead, rail=attempt.rail)
    data = {"attempt": str(attempt.number), "source": Source.PERSON.value} | said
    decision = decide(dead, now_ms, kind, data)
    has_parked = any(case.is_open and case.kind is CaseKind.PARKED for case in payout.cases)
    if has_parked or payout.state is not State.PROCESSING:
        return decision
    what = "no attempt is alive: what becomes of the money is to be said"
    return with_case(decision, now_ms, CaseKind.PARKED, attempt.number, what)


def _close(
    payout: Payout, event: Rule, people: tuple[str, ...], said: dict[str, str], now_ms: int
) -> Decision | Objection:
    case = _case(payout, event.ruling)
    if case is None:
        return Objection.CASE_NOT_FOUND
    remedy = event.ruling.remedy
    closed = replace(case, closed_ms=now_ms, by=people, note=event.note, remedy=remedy)
    cases = tuple(closed if each.number == case.number else each for each in payout.cases)
    postings = _remedy_postings(payout, case, event.ruling)
    if case.kind is CaseKind.RETURN_BEFORE_PAID:
        early = tuple(each for each in payout.pending.early if not _is_of(each, case))
        payout = replace(payout, pending=replace(payout.pending, early=early))
    if len(people) > 1:
        said |= {"second": people[-1]}
    decision = decide(replace(payout, cases=cases), now_ms, FactKind.CASE_CLOSED, said, postings)
    return replace(decision, cases=(closed,))


def _remedy_postings(payout: Payout, case: Case, ruling: Ruling) -> tuple[Posting, ...]:
    about = payout.attempt_numbered(case.attempt_number)
    rail = about.rail if about is not None else payout.rail
    match ruling.remedy:
        case Remedy.NOTHING:
            return ()
        case Remedy.PAID_BY_MERCHANT | Remedy.PAID_BY_US:
            by_merchant = ruling.remedy is Remedy.PAID_BY_MERCHANT
            return adjust(rail, payout.currency, ruling.amount_minor, of_merchant=by_merchant, to_rail=True)
        case Remedy.BACK_TO_MERCHANT | Remedy.BACK_TO_US:
            to_merchant = ruling.remedy is Remedy.BACK_TO_MERCHANT
            return adjust(rail, payout.currency, ruling.amount_minor, of_merchant=to_merchant, to_rail=False)
        case _:
            assert_never(ruling.remedy)
