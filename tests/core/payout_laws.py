"""The laws that hold after every step of any payout's life: what the core promises, said once more and otherwise.

They are computed from what was told (the log of accepted events, the facts), never from the core's own judgement: a
condition that is looked up in the code under test would be right by definition. The World that lives by them is in
payout_world.py; that each law bites is shown in test_payout_books.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from outlay.core.attempt import Attempt, AttemptState, attempt_reference
from outlay.core.cases import Case, CaseKind, Remedy
from outlay.core.decision import Decision
from outlay.core.events import (
    Approve,
    BeginAttempt,
    Cancel,
    Event,
    Expire,
    Heard,
    Reject,
    Rule,
    SendAgain,
    SentLate,
    Source,
)
from outlay.core.facts import Fact, FactKind
from outlay.core.ledger import AVAILABLE, FEES, HELD, Posting
from outlay.core.outcome import Accepted, NotFound, Paid, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import EarlyReturn, State
from outlay.core.rulings import Verdict

LAWS = {
    "balance": "the books of each currency sum to zero, and funding mirrors what came in",
    "overdraft": "no book but the mirrors is ever below zero",
    "held": "held is the amounts and fees of the payouts that have not ended, between rails too",
    "clearing": "clearing is what was paid over the rail, less what came back",
    "fees": "fees are those of the paid payouts",
    "adjustments": "the adjustments move only by what two people decided, and in full",
    "paid once": "money goes into clearing once for a paid payout, and never for another",
    "held once": "what is set aside once is released or consumed once, in full",
    "returned": "what came back is the sum of returns with different numbers, and at most the amount",
    "early": "a return that is told before paid waits, and is applied once, in the commit that learns paid",
    "facts": "facts are numbered 1 to n without a gap, and so are cases",
    "forward": "a state never goes back, neither a payout's nor an attempt's",
    "evidence": "only the event that stands for it moves a payout",
    "kept": "evidence leaves a fact, or repeats one",
    "contradiction": "what contradicts the books opens a case, and moves no money",
    "attempts": "an attempt begins from reserved or between rails, is never forgotten, and keeps its name",
    "one alive": "at most one attempt is alive",
    "sends": "an attempt is sent again only where none of it is on its way or was heard of, and not twice paid",
    "dead": "an attempt dies by a refusal of all its sends, or by two people after the rail was asked",
    "failed": "a payout fails only where every attempt is dead and nothing is contested",
    "contested": "only a person ends what is contested",
    "cases": "a case is closed by people only: two where money is concerned, and after the money's end",
    "two": "about money one person proposes, and another decides",
    "watched": "a payout on its way is asked about, goes on by itself, or is on the list of people",
    "known": "a name that the rail gave is never forgotten, and no name is made of nothing",
    "overdue": "nothing is handed to a rail for the first time after its end",
    "frozen": "what was ordered and what has ended never change",
    "silence": "nothing changes but the count of questions, and nothing is posted, without a fact",
    "refusal": "a refused command changes nothing",
    "repeat": "a message that was heard before changes nothing, and is not an error",
    "spending": "only an order and a remedy can find too little money",
}

NEXT: dict[State, set[State]] = {
    State.IN_REVIEW: {State.RESERVED, State.FAILED, State.CANCELLED, State.EXPIRED},
    State.RESERVED: {State.PROCESSING, State.CANCELLED, State.EXPIRED, State.PAID},
    State.PROCESSING: {State.PAID, State.FAILED},
    State.PAID: set(),
    State.FAILED: set(),
    State.CANCELLED: set(),
    State.EXPIRED: set(),
}
UNENDED = {state for state, following in NEXT.items() if following}
_ENDS = {AttemptState.PAID, AttemptState.PAID_UNBOOKED}
_DEAD = {AttemptState.REFUSED, AttemptState.NEVER_SUBMITTED}
NEXT_OF_ATTEMPT: dict[AttemptState, set[AttemptState]] = {
    AttemptState.BEGUN: {AttemptState.UNKNOWN, AttemptState.ACCEPTED, *_DEAD, *_ENDS},
    AttemptState.UNKNOWN: {AttemptState.ACCEPTED, *_DEAD, *_ENDS},
    AttemptState.ACCEPTED: {AttemptState.REFUSED, *_ENDS},
    AttemptState.REFUSED: {AttemptState.UNKNOWN, AttemptState.ACCEPTED, *_ENDS},
    AttemptState.NEVER_SUBMITTED: {AttemptState.UNKNOWN, AttemptState.ACCEPTED, AttemptState.REFUSED, *_ENDS},
    AttemptState.PAID: set(),
    AttemptState.PAID_UNBOOKED: set(),
}
ORDERED_FIELDS = (
    "account_id", "payout_id", "batch_id", "reference", "ordered_by", "currency", "amount_minor", "fee", "beneficiary",
    "remarks", "notify_url", "origin", "created_ms", "expires_ms",
)  # fmt: skip
ENDED_FIELDS = ("failure", "completed_ms", "rail")


class LawBroken(AssertionError):
    def __init__(self, law: str, about: object) -> None:
        super().__init__(f"{law} ({LAWS[law]}): {about}")
        self.law = law


def law(name: str, holds: bool, about: object) -> None:
    if not holds:
        raise LawBroken(name, about)


class Past(NamedTuple):
    """A payout, with all that was told of it and taken, and all that was written about it."""

    payout: Payout
    log: Sequence[Event]
    facts: Sequence[Fact]

    def heard(self, number: int) -> list[Heard]:
        return [event for event in self.log if isinstance(event, Heard) and event.attempt_number == number]


def check_ordered(made: Decision) -> None:
    new = made.payout
    law("facts", [fact.number for fact in made.facts] == [1], made.facts)
    law("evidence", new.state in {State.IN_REVIEW, State.RESERVED} and new.returns == (), new)
    law("attempts", new.attempts == (), new)


def check_move(past: Past, event: Event, decided: Decision) -> None:
    """One step of one payout, whatever the books say."""
    before, now = past.payout, decided.payout
    if not decided.facts:
        law("silence", as_asked(before, now) == now and not decided.postings, (event, decided))
    law("forward", now.state is before.state or now.state in NEXT[before.state], (before.state, event, now.state))
    for field in ORDERED_FIELDS if before.state in UNENDED else ORDERED_FIELDS + ENDED_FIELDS:
        law("frozen", getattr(before, field) == getattr(now, field), (field, event))
    if before.state not in UNENDED:
        names = (before.rail_reference, now.rail_reference), (before.receipt_url, now.receipt_url)
        kept = all(was == one or (was is None and before.state is State.PAID) for was, one in names)
        law("known", kept, (event, names))
    law("evidence", now.state is before.state or now.state in _moves_to(event), (before.state, event, now.state))
    _check_attempts(past, event, now)
    _check_cases(past, event, decided)
    if isinstance(event, Heard):
        _check_heard(past, event, decided)
    if isinstance(event, Rule):
        _check_ruling(past, event, decided)
    if now.state is State.FAILED and before.state is State.PROCESSING:
        alive = [one for one in now.attempts if one.state not in _DEAD or one.is_contested]
        law("failed", not alive, (event, now.attempts))
        never = [one for one in now.attempts if one.state is AttemptState.NEVER_SUBMITTED]
        law("failed", all((one.asked_ms or 0) >= _all_final_ms(past, one) for one in never), (event, never))
    gone = [early for early in before.pending.early if early not in now.pending.early]
    closed = [case for case in decided.cases if not case.is_open]
    may_go = FactKind.PAID in [fact.kind for fact in decided.facts] or all(_tells(case, gone) for case in closed)
    law("early", not gone or (may_go and len(gone) <= (len(closed) or len(gone))), (event, gone))


def _tells(case: Case, early_ones: Sequence[EarlyReturn]) -> bool:
    """Whether the case is about one of these."""
    words = set(case.what.split())
    return case.kind is CaseKind.RETURN_BEFORE_PAID and any(
        {early.number, str(early.amount_minor)} <= words and early.attempt_number == case.attempt_number
        for early in early_ones
    )


def as_asked(before: Payout, now: Payout) -> Payout:
    """`before`, with the questions counted that `now` has counted."""
    asked = {one.number: (one.asked_ms, one.questions) for one in now.attempts}
    counted = ((one, *asked.get(one.number, (None, 0))) for one in before.attempts)
    attempts = tuple(replace(one, asked_ms=asked_ms, questions=questions) for one, asked_ms, questions in counted)
    return replace(before, attempts=attempts)


def _moves_to(event: Event) -> set[State]:
    """Where an event of this kind may take a payout, if anywhere."""
    match event:
        case Approve():
            return {State.RESERVED}
        case Reject() | Heard(outcome=Refused()):
            return {State.FAILED}
        case Cancel():
            return {State.CANCELLED}
        case Expire():
            return {State.EXPIRED}
        case BeginAttempt():
            return {State.PROCESSING}
        case Heard(outcome=Paid()):
            return {State.PAID}
        case Rule(ruling=ruling):
            ends = {Verdict.PAID: State.PAID, Verdict.PAID_OUTSIDE: State.PAID, Verdict.GIVEN_BACK: State.FAILED}
            return {ends[ruling.verdict]} if ruling.verdict in ends else set()
        case _:
            return set()


# attempts and sends


def _check_attempts(past: Past, event: Event, now: Payout) -> None:
    before = past.payout
    begun = isinstance(event, BeginAttempt)
    law("attempts", len(now.attempts) == len(before.attempts) + begun, (event, now.attempts))
    if isinstance(event, BeginAttempt):
        _check_begun(past, event, now.attempts[-1])
    law("one alive", sum(attempt.is_live for attempt in now.attempts) <= 1, (event, now.attempts))
    for was, one in zip(before.attempts, now.attempts, strict=False):
        kept = all(getattr(was, field) == getattr(one, field) for field in ("number", "rail", "reference", "begun_ms"))
        law("attempts", kept, (was, one))
        law("known", one.rail_references[: len(was.rail_references)] == was.rail_references, (was, one))
        law("known", "" not in one.rail_references, one)
        law("forward", one.state is was.state or one.state in NEXT_OF_ATTEMPT[was.state], (was, event, one))
        if was.state in _DEAD and one.state is AttemptState.UNKNOWN:
            law("evidence", isinstance(event, SentLate), (event, was, one))
        law("known", one.state is not AttemptState.UNKNOWN or one.unknown_since_ms is not None, one)
        if was.is_contested and not one.is_contested:
            law("contested", isinstance(event, Rule), (event, was, one))
        if one.state in _DEAD and one.state is not was.state and was.is_live:
            _check_death(past, event, was)
        _check_sends(past, event, was, one)


def _check_begun(past: Past, event: BeginAttempt, new: Attempt) -> None:
    before = past.payout
    named = (len(before.attempts) + 1, before.rail, attempt_reference(before.payout_id, len(before.attempts) + 1))
    law("attempts", (new.number, new.rail, new.reference) == named, (named, new))
    law("attempts", event.rail is not None and event.rail.name == new.rail, (event, new))
    law("attempts", len(new.sends) == 1 and new.sends[0].real_ms == event.real_ms, new)
    if not before.attempts:
        return law("attempts", before.state is State.RESERVED, (before, event))
    last, rails = before.attempts[-1], {attempt.rail for attempt in before.attempts}
    refusals = [heard for heard in past.heard(last.number) if isinstance(heard.outcome, Refused) and heard.rail]
    may_go_on = any(
        isinstance(heard.outcome, Refused) and heard.rail and heard.outcome.failure.reason in heard.rail.elsewhere
        for heard in refusals
    )
    law("attempts", before.state is State.PROCESSING and may_go_on and new.rail not in rails, (before, event))
    law("contested", not any(attempt.is_contested for attempt in before.attempts), (before, event))
    return None


def _check_sends(past: Past, event: Event, was: Attempt, one: Attempt) -> None:
    if isinstance(event, SendAgain) and event.attempt_number == was.number:
        law("sends", one.sends[:-1] == was.sends, (was, one))
        _check_send_again(past, event, was)
    elif isinstance(event, SentLate):
        law("sends", [send.number for send in one.sends] == [send.number for send in was.sends], (was, one))
    else:
        law("sends", one.sends == was.sends, (event, was, one))


def _check_send_again(past: Past, event: SendAgain, attempt: Attempt) -> None:
    before = past.payout
    law("sends", before.state is State.PROCESSING and attempt == before.attempts[-1] and attempt.is_live, before)
    law("sends", event.rail.refuses_duplicates and len(attempt.sends) < 5, (event, attempt))
    if event.rail.dedupe_ms is not None:
        arrives_ms = event.real_ms + 5_000 + event.rail.timeout_ms + 1_000
        law("sends", arrives_ms <= attempt.sends[0].real_ms + event.rail.dedupe_ms, (event, attempt))
    late = [told for told in past.log if isinstance(told, SentLate) and told.attempt_number == attempt.number]
    law("sends", not late, (event, late))
    spoken = [heard for heard in past.heard(attempt.number) if not isinstance(heard.outcome, Unknown | NotFound)]
    law("sends", not spoken, (event, spoken))
    asked = sorted(
        heard.asked_ms
        for heard in past.heard(attempt.number)
        if isinstance(heard.outcome, NotFound)
        and heard.asked_ms is not None
        and heard.asked_ms >= _all_final_ms(past, attempt)
    )
    law("sends", bool(asked) and asked[-1] - asked[0] >= 5_000, (event, asked))


def _all_final_ms(past: Past, attempt: Attempt) -> int:
    """From when on nothing of any send can be on its way, computed from what was told."""
    finals: dict[int, int] = {}
    late: set[int] = set()
    begun = 0
    for event in past.log:
        if isinstance(event, BeginAttempt):
            begun += 1
        number = event.attempt_number if isinstance(event, SendAgain | SentLate) else begun
        if number != attempt.number or not isinstance(event, BeginAttempt | SendAgain | SentLate):
            continue
        assert event.rail is not None
        assert event.real_ms is not None
        ends_ms = event.real_ms + event.rail.timeout_ms + 1_000 + event.rail.finality_ms
        if not isinstance(event, SentLate):
            finals[len(finals) + 1] = ends_ms + 5_000
        elif event.send_number not in late:  # told again, it left no later for that
            late.add(event.send_number)
            finals[event.send_number] = ends_ms
    return max(finals.values())


def _check_death(past: Past, event: Event, was: Attempt) -> None:
    final_ms = _all_final_ms(past, was)
    if isinstance(event, Rule):
        asked = [heard.asked_ms or 0 for heard in past.heard(was.number) if heard.source is Source.ASK]
        return law("dead", bool(asked) and max(asked) >= final_ms and event.real_ms >= final_ms, (event, asked))
    law("dead", isinstance(event, Heard) and event.attempt_number == was.number, (event, was))
    law("contested", not was.is_contested, (event, was))
    assert isinstance(event, Heard)
    if len(was.sends) == 1:
        return None
    answers = event.source in (Source.ASK, Source.STATEMENT) and (event.asked_ms or 0) >= final_ms
    law("dead", answers and not any(send.is_late for send in was.sends), (event, was))
    return None


# what was heard


def _check_heard(past: Past, event: Heard, decided: Decision) -> None:
    before, now = past.payout, decided.payout
    was = next((attempt for attempt in before.attempts if attempt.number == event.attempt_number), None)
    if was is None:
        raise LawBroken("evidence", event)
    if not decided.facts:
        law("kept", not _is_news(past, was, event), (event, past.facts))
    if _is_contradiction(before, was, event):
        law("contradiction", not decided.postings and now.state is before.state, (event, decided))
        law("contradiction", any(case.attempt_number == was.number for case in now.cases), (event, now.cases))
    if now.returns != before.returns:
        law("evidence", isinstance(event.outcome, Returned | Paid), (event, now.returns))
        law("evidence", now.returns[: len(before.returns)] == before.returns, (event, now.returns))
    if FactKind.PAID in [fact.kind for fact in decided.facts]:
        _check_early(before, was, now)
    elif isinstance(event.outcome, Returned) and before.state is State.PROCESSING:
        law("early", now.returns == before.returns, (event, now.returns))


def _check_early(before: Payout, payer: Attempt, now: Payout) -> None:
    waiting = [early for early in before.pending.early if early.attempt_number == payer.number]
    law("early", not [early for early in now.pending.early if early.attempt_number == payer.number], now.pending)
    applied = [(known.number, known.amount_minor) for known in now.returns]
    left = before.amount_minor
    expected = []
    for early in waiting:
        if 0 < early.amount_minor <= left and early.number not in {number for number, _ in expected}:
            expected.append((early.number, early.amount_minor))
            left -= early.amount_minor
    law("early", applied == expected, (waiting, applied))


def _is_contradiction(before: Payout, was: Attempt, event: Heard) -> bool:
    if event.currency not in (None, before.currency):
        return True
    if not isinstance(event.outcome, Returned) and event.amount_minor not in (None, before.amount_minor):
        return True
    match event.outcome:
        case Paid():
            return before.state is not State.PROCESSING and was.state not in _ENDS
        case Refused():
            return was.state in _ENDS
        case Accepted():
            return was.state in _DEAD and event.outcome.rail_reference not in was.rail_references
        case Returned(number, amount_minor):
            known = {one.number: one.amount_minor for one in before.returns}
            if was.state is not AttemptState.PAID:
                return before.state is not State.PROCESSING
            is_new = number not in known
            exceeds = amount_minor <= 0 or before.returned_minor + amount_minor > before.amount_minor
            return exceeds if is_new else known[number] != amount_minor
        case Unknown() | NotFound():
            return False


def _is_news(past: Past, was: Attempt, event: Heard) -> bool:
    """Whether nothing that is written of the attempt tells this already."""
    about = [fact for fact in past.facts if fact.data.get("attempt") == str(was.number)]
    match event.outcome:
        case Unknown():
            return was.state is AttemptState.BEGUN and event.amount_minor in (None, past.payout.amount_minor)
        case NotFound():
            return _is_news_that_it_is_not_found(past, was, event)
        case Refused(failure):
            return not any(failure.reason.value in _words(fact) for fact in about)
        case Returned(number, amount_minor):
            return not any({number, str(amount_minor)} <= _words(fact) for fact in about)
        case Accepted(name) | Paid(name):
            words = set().union(*map(_words, about))
            is_other = event.amount_minor not in (None, past.payout.amount_minor)
            told = {word for word in (name, str(event.amount_minor) if is_other else "") if word}
            return not told <= words or (isinstance(event.outcome, Paid) and not _tell_paid(about))


def _words(fact: Fact) -> set[str]:
    return {word.strip(",:()") for text in fact.data.values() for word in text.split()}


def _tell_paid(facts: Sequence[Fact]) -> bool:
    return any(fact.kind is FactKind.PAID or fact.data.get("said", "").startswith("paid") for fact in facts)


def _is_news_that_it_is_not_found(past: Past, was: Attempt, event: Heard) -> bool:
    if was.state in _DEAD or event.asked_ms is None:
        return False
    counted = [fact for fact in past.facts if fact.kind is FactKind.NOT_FOUND]
    is_early = event.asked_ms < _all_final_ms(past, was)
    return not is_early and not counted and was.is_silent


# people


def _check_ruling(past: Past, event: Rule, decided: Decision) -> None:
    kinds = [fact.kind for fact in decided.facts]
    if kinds == [FactKind.PROPOSED]:
        moved = decided.postings or decided.cases or decided.payout.attempts != past.payout.attempts
        return law("two", not moved, (event, decided))
    if kinds == [FactKind.CASE_CLOSED] and not decided.postings:
        case = next(case for case in past.payout.cases if case.number == event.ruling.case_number)
        if not _is_about_money(past.payout, case):
            return None
    voices = {told.by.casefold() for told in past.log if isinstance(told, Rule) and told.ruling == event.ruling}
    return law("two", bool(voices - {event.by.casefold()}), (event, voices))


def _check_cases(past: Past, event: Event, decided: Decision) -> None:
    before, now = past.payout, decided.payout
    law("facts", [case.number for case in now.cases] == list(range(1, now.case_count + 1)), now.cases)
    law("cases", len(now.cases) >= len(before.cases), (before.cases, now.cases))
    facts = {fact.number: fact for fact in (*past.facts, *decided.facts)}
    for case in now.cases[len(before.cases) :]:
        law("facts", case.is_open and "case" in facts[case.fact_number].data, (case, facts[case.fact_number]))
    for was, case in zip(before.cases, now.cases, strict=False):
        if case == was:
            continue
        named = isinstance(event, Rule) and event.ruling.case_number == case.number and was.is_open
        law("cases", named and not case.is_open, (event, was, case))
        law("cases", before.completed_ms is not None and before.live_attempt is None, (event, before))
        needs_two = _is_about_money(before, case) or case.remedy is not Remedy.NOTHING
        law("cases", len({name.casefold() for name in case.by}) == 1 + needs_two, case)


def _is_about_money(before: Payout, case: Case) -> bool:
    if case.kind is CaseKind.RETURN_BEFORE_PAID:
        return _tells(case, before.pending.early)
    if case.kind is CaseKind.LATE_SEND:  # what left may be paid, beside the money that was given back
        late = next(attempt for attempt in before.attempts if attempt.number == case.attempt_number)
        is_refused = late.state is AttemptState.REFUSED and late.is_sent_once and late.refusals
        return before.state is State.FAILED and not is_refused
    return case.kind not in {CaseKind.NOT_FOUND_AFTER_KNOWN, CaseKind.PARKED, CaseKind.INSTRUCTION_CHANGED}


# what was written


def check_history(one: Payout, facts: Sequence[Fact], postings: Sequence[Posting]) -> None:
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
    law("held once", gone == (0 if one.state in UNENDED else set_aside), (one.state, postings))
    law("held once", len({p.target == AVAILABLE for p in endings}) <= 1, endings)
    law("fees", moved[f"{HELD} > {FEES}"] == (one.fee.total_minor if one.state is State.PAID else 0), postings)
    back = sum(p.amount_minor for p in postings if p.source.startswith("clearing:"))
    told = sum(known.amount_minor for known in one.returns)
    law("returned", back == told == one.returned_minor <= one.amount_minor, (back, told, one.returned_minor))
    law("returned", len({known.number for known in one.returns}) == len(one.returns), one.returns)
    law("returned", [known.ordinal for known in one.returns] == list(range(1, len(one.returns) + 1)), one.returns)
    law("returned", one.state is State.PAID or not one.returns, one)
    law("frozen", (one.completed_ms is None) == (one.state in UNENDED), one)
    law("frozen", (one.failure is not None) == (one.state is State.FAILED), one)
    law("known", one.rail_reference != "", one)
    adjusted = sum(p.amount_minor for p in postings if "adjustments:" in p.source + p.target)
    decided = sum(int(fact.data.get("amount_minor", "0")) for fact in facts if fact.kind is FactKind.CASE_CLOSED)
    law("adjustments", adjusted == decided, (adjusted, decided))
    if one.state is State.PROCESSING and one.live_attempt is None:
        goes_on = one.is_between_rails and not any(attempt.is_contested for attempt in one.attempts)
        law("watched", goes_on or any(case.is_open for case in one.cases), one)
    payer = [attempt for attempt in one.attempts if attempt.state is AttemptState.PAID]
    law("paid once", len(payer) == (one.state is State.PAID and one.rail != "outside"), one)
