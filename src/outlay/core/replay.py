"""A payout's fate computed anew, from its order and its facts alone, in the order in which they were recorded.

This is a second telling of what `life`, `hearing` and `ruling` decide, and shares nothing with them but the words: a
fault in one is not hidden by the other. It takes each fact for what it says (evidence that was heard, what people
decided) and draws the consequences itself: states, names, cases, postings. It reads the facts of every version since
0.1; what those do not tell is Untold.

There is no wildcard case: a new kind of fact breaks the type check until it is told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from outlay.core.attempt import AttemptState
from outlay.core.cases import CaseKind, Remedy
from outlay.core.events import Source
from outlay.core.facts import Fact, FactKind
from outlay.core.ledger import Posting, adjust, give_back, pay_out, release, reserve, take_from_account
from outlay.core.outcome import FailureReason
from outlay.core.payout import OUTSIDE
from outlay.core.progress import EarlyReturn, Return, Review, State
from outlay.core.replayed import (
    FIRST_UNNUMBERED,
    UNTOLD,
    BookMoved,
    Fate,
    Handed,
    Inquired,
    Opened,
    Outline,
    Tried,
    Untold,
)
from outlay.core.rulings import Proposal, Ruling, Verdict

Data = Mapping[str, str]
_NOT_BEGUN: Final = (State.IN_REVIEW, State.RESERVED)
_EITHER: Final = Untold((State.IN_REVIEW, State.RESERVED))
_AND: Final = " and "


def replay(outline: Outline, facts: Iterable[Fact]) -> Fate:
    fate = Fate(outline)
    for fact in facts:
        fate.fact_count += 1
        if fact.number != fate.fact_count:
            fate.impossible.append(f"fact {fact.number} in the place of {fate.fact_count}")
        if (fact.number == 1) is not (fact.kind is FactKind.ORDERED):
            fate.impossible.append(f"fact {fact.number} is {fact.kind.value}")
        try:
            _tell(fate, fact)
        except (KeyError, ValueError) as error:
            fate.impossible.append(f"fact {fact.number} cannot be read: {error!r}")
    return fate


def _tell(fate: Fate, fact: Fact) -> None:  # noqa: PLR0912, PLR0915 (an arm for each kind)
    match fact.kind:
        case FactKind.ORDERED:
            _ordered(fate, fact)
        case FactKind.APPROVED:
            _from(fate, fact, State.IN_REVIEW)
            fate.state, fate.review = State.RESERVED, Review.APPROVED
        case FactKind.REJECTED:
            _rejected(fate, fact)
        case FactKind.CANCELLED:
            _stopped(fate, fact, State.CANCELLED)
        case FactKind.EXPIRED:
            _stopped(fate, fact, State.EXPIRED)
        case FactKind.ATTEMPT_BEGUN:
            _begun(fate, fact)
        case FactKind.SENT_AGAIN:
            _sent_again(fate, fact)
        case FactKind.SENT_LATE:
            _sent_late(fate, fact)
        case FactKind.ATTEMPT_ACCEPTED:
            _accepted(fate, fact)
        case FactKind.ATTEMPT_UNKNOWN:
            tried = _asked(fate, fact)
            tried.state, tried.unknown_since_ms = AttemptState.UNKNOWN, fact.at_ms
        case FactKind.NOT_FOUND:
            _not_found(fate, fact)
        case FactKind.RECALLED:
            _recalled(fate, fact)
        case FactKind.ATTEMPT_RECOVERED:
            _recovered(fate, fact)
        case FactKind.CLEARED:
            _begin_epoch(fate, fact)
        case FactKind.PAID:
            _paid(fate, fact)
        case FactKind.FAILED:
            _failed(fate, fact)
        case FactKind.ATTEMPT_REFUSED:
            _attempt_refused(fate, fact)
        case FactKind.NEVER_SUBMITTED:
            _dead_by_word(fate, _asked(fate, fact), AttemptState.NEVER_SUBMITTED)
        case FactKind.RETURNED:
            _returned(fate, fact)
        case FactKind.RETURNED_EARLY:
            _returned_early(fate, fact)
        case FactKind.HEARD:
            _heard(fate, fact)
        case FactKind.PARKED:
            pass  # the case tells the rest
        case FactKind.PROPOSED:
            _proposed(fate, fact)
        case FactKind.CASE_CLOSED:
            _case_closed(fate, fact)
        case _:
            assert_never(fact.kind)
    if fact.kind not in (FactKind.PROPOSED, FactKind.CASE_CLOSED):
        _after(fate, fact)


def _after(fate: Fate, fact: Fact) -> None:
    """What holds for all kinds: two people's word leaves nothing proposed, and cases are opened in the fact that they
    are about."""
    data = fact.data
    if data.get("source") == Source.PERSON.value:
        fate.proposal = None
    for name, what in (("case", "what"), ("second_case", "second_what")):
        if " " in data.get(name, ""):
            _open(fate, fact, data[name], data.get(what))


def _open(fate: Fate, fact: Fact, named: str, what: str | None) -> None:
    data = fact.data
    number_text, _, kind = named.partition(" ")
    number = int(number_text)
    if not 0 < number <= 2 * fate.fact_count:  # a fact opens two at most
        raise ValueError(f"case {number}")
    while len(fate.cases) + 1 < number:  # until 0.5 a fact named only the last of two cases
        missing = len(fate.cases) + 1
        fate.cases[missing] = Opened(missing, UNTOLD, UNTOLD, UNTOLD, UNTOLD, UNTOLD)
    if what is None and fact.kind in (FactKind.HEARD, FactKind.PARKED):
        what = data.get("said", data.get("why"))
    is_known = "attempt" in data and kind != CaseKind.LOST_ATTEMPT.value
    attempt = int(data["attempt"]) if is_known else None
    told: str | Untold = UNTOLD if what is None else what
    if number in fate.cases:
        fate.impossible.append(f"fact {fact.number} opens case {number} again")
    fate.cases[number] = Opened(number, CaseKind(kind).value, attempt, told, fact.at_ms, fact.number)


def _from(fate: Fate, fact: Fact, *states: State) -> None:
    state = fate.state
    possible = state.may_be if isinstance(state, Untold) else (state,)
    if not any(each in states for each in possible):
        now = state.value if isinstance(state, State) else "not ordered"
        fate.impossible.append(f"fact {fact.number} is {fact.kind.value}, and the payout was {now}")


def _move(fate: Fate, fact: Fact, *postings: Posting) -> None:
    fate.moved += (BookMoved(fact.number, line, each, fact.at_ms) for line, each in enumerate(postings, 1))


def _ordered(fate: Fate, fact: Fact) -> None:
    data, order = fact.data, fate.outline
    fate.reference, fate.ordered_by, fate.created_ms = data["reference"], data.get("by", ""), fact.at_ms
    fate.state, fate.review = _EITHER, Untold((Review.NONE, Review.PENDING))
    fate.epoch = int(data.get("epoch", fate.epoch))
    if "rail" in data:  # since 0.6
        fate.rail = data["rail"]
        waits = data.get("review") == Review.PENDING.value
        fate.state = State.IN_REVIEW if waits else State.RESERVED
        fate.review = Review.PENDING if waits else Review.NONE
    _move(fate, fact, *reserve(order.currency, order.amount_minor, order.fee_minor))


def _give_back_hold(fate: Fate, fact: Fact) -> None:
    order = fate.outline
    _move(fate, fact, *release(order.currency, order.amount_minor, order.fee_minor))


def _fail(fate: Fate, fact: Fact, reason: FailureReason, text: str) -> None:
    fate.state, fate.completed_ms = State.FAILED, fact.at_ms
    fate.failure_reason, fate.failure_text = reason, text
    _give_back_hold(fate, fact)


def _rejected(fate: Fate, fact: Fact) -> None:
    _from(fate, fact, State.IN_REVIEW)
    fate.review = Review.REJECTED
    _fail(fate, fact, FailureReason.REVIEW_REJECTED, fact.data.get("text", ""))


def _stopped(fate: Fate, fact: Fact, end: State) -> None:
    _from(fate, fact, *_NOT_BEGUN)
    fate.state, fate.completed_ms = end, fact.at_ms
    _give_back_hold(fate, fact)


def _begun(fate: Fate, fact: Fact) -> None:
    _from(fate, fact, State.RESERVED, State.PROCESSING)
    data, number = fact.data, int(fact.data["attempt"])
    if number != len(fate.attempts) + 1 or fate.live is not None:
        fate.impossible.append(f"fact {fact.number} begins attempt {number} after {len(fate.attempts)}")
    for earlier in fate.attempts.values():
        # Until 0.4 names were the payout's: the update gave them to its last attempt.
        earlier.are_names_told &= FIRST_UNNUMBERED not in earlier.sends
    first = 1 if "real_ms" in data else FIRST_UNNUMBERED
    fate.attempts[number] = Tried(number, data["rail"], data["reference"], fact.at_ms, {first: _handed(fact)})
    if isinstance(fate.review, Untold):
        fate.review = Review.NONE  # else it had been approved
    fate.state, fate.rail, fate.rail_reference = State.PROCESSING, data["rail"], None
    fate.failure_reason = fate.failure_text = None


def _handed(fact: Fact) -> Handed:
    return Handed(fact.at_ms, _ms(fact.data, "real_ms"), _ms(fact.data, "final_ms"))


def _ms(data: Data, name: str) -> int | Untold:
    return int(data[name]) if name in data else UNTOLD


def _sent_again(fate: Fate, fact: Fact) -> None:
    tried, number = _asked(fate, fact), int(fact.data["send"])
    if number in tried.sends:
        fate.impossible.append(f"fact {fact.number} repeats send {number}")
    tried.sends[number], tried.not_found_ms, tried.asked_ms = _handed(fact), [], 0


def _not_found(fate: Fate, fact: Fact) -> None:
    data = fact.data
    if "epoch" not in data:
        _asked(fate, fact).not_found_ms.append(_ms(data, "asked_ms"))
        return
    # Of an attempt that would be the next: the rail was asked whether it was begun in a time that was lost.
    epoch, number = int(data["epoch"]), int(data["attempt"])
    if number != len(fate.attempts) + 1:
        fate.impossible.append(f"fact {fact.number} inquires about attempt {number} of {len(fate.attempts)}")
    if fate.inquired is None or fate.inquired.epoch != epoch:
        fate.inquired = Inquired(epoch, [])
    fate.inquired.not_found_ms.append(int(data["asked_ms"]))


def _begin_epoch(fate: Fate, fact: Fact) -> None:
    epoch = int(fact.data["epoch"])
    if epoch <= fate.epoch:
        fate.impossible.append(f"fact {fact.number} begins epoch {epoch} after {fate.epoch}")
    fate.epoch, fate.inquired = epoch, None


def _recalled(fate: Fate, fact: Fact) -> None:
    _sent_again(fate, fact)
    tried = _asked(fate, fact)
    tried.sends[int(fact.data["send"])].is_lost = True
    inquired = fate.inquired
    _begin_epoch(fate, fact)
    fate.inquired = inquired


def _recovered(fate: Fate, fact: Fact) -> None:
    """An attempt that was begun in a time that was lost."""
    _from(fate, fact, *_NOT_BEGUN, State.PROCESSING)
    data, number = fact.data, int(fact.data["attempt"])
    if number != len(fate.attempts) + 1 or fate.live is not None:
        fate.impossible.append(f"fact {fact.number} recovers attempt {number} after {len(fate.attempts)}")
    sent = _handed(fact)
    sent.is_lost = True
    fate.attempts[number] = Tried(number, data["rail"], data["reference"], fact.at_ms, {2: sent})
    if "review" in data:
        fate.review = Review.APPROVED
    elif isinstance(fate.review, Untold):
        fate.review = Review.NONE
    fate.state, fate.rail, fate.rail_reference = State.PROCESSING, data["rail"], None
    fate.failure_reason = fate.failure_text = None
    if int(data["epoch"]) > fate.epoch:
        _begin_epoch(fate, fact)
    fate.inquired = None


def _asked(fate: Fate, fact: Fact) -> Tried:
    """The attempt that a fact is about; an answer to a question tells that it was asked."""
    data = fact.data
    tried = fate.attempts[int(data["attempt"])]
    if data.get("source") == Source.ASK.value:
        question = (data.get("evidence", ""), data.get("asked_ms", ""))
        if question != tried.question:  # one answer may leave several facts
            tried.question, tried.questions = question, tried.questions + 1
        tried.asked_ms = max(tried.asked_ms, int(data.get("asked_ms", 0)))
    return tried


def _sent_late(fate: Fate, fact: Fact) -> None:
    tried, number = _asked(fate, fact), int(fact.data["send"])
    if number not in tried.sends and FIRST_UNNUMBERED in tried.sends:
        tried.sends = {number: tried.sends.pop(FIRST_UNNUMBERED), **tried.sends}
    sent = tried.sends[number]
    sent.is_late, tried.not_found_ms, tried.asked_ms = True, [], 0
    sent.final_ms = _ms(fact.data, "final_ms")
    if "real_ms" in fact.data:  # since 0.6
        sent.real_ms = _ms(fact.data, "real_ms")
    is_refused = list(tried.sends) == [1] and bool(tried.refusals)
    if tried.state in (AttemptState.REFUSED, AttemptState.NEVER_SUBMITTED) and not is_refused:
        tried.is_contested = True
        if fate.state is State.PROCESSING and fate.live is None:
            tried.state, tried.unknown_since_ms = AttemptState.UNKNOWN, fact.at_ms


def _name(tried: Tried, name: str) -> None:
    if name and name not in tried.rail_references:
        tried.rail_references.append(name)


def _accepted(fate: Fate, fact: Fact) -> None:
    tried, name = _asked(fate, fact), fact.data.get("rail_reference", "")
    _name(tried, name)
    tried.state, tried.unknown_since_ms = AttemptState.ACCEPTED, None
    if fate.state is State.PROCESSING and name:
        fate.rail_reference = name


def _paid(fate: Fate, fact: Fact) -> None:
    data, order = fact.data, fate.outline
    name = data.get("rail_reference")
    fate.proposal, fate.completed_ms = None, fact.at_ms
    if "attempt" not in data:  # people paid it by other means
        _from(fate, fact, State.RESERVED, State.PROCESSING)
        fate.inquired = None
        fate.state, fate.rail, fate.rail_reference = State.PAID, OUTSIDE, name
        _move(fate, fact, *pay_out(OUTSIDE, order.currency, order.amount_minor, order.fee_minor))
        return
    _from(fate, fact, State.PROCESSING)
    tried = _asked(fate, fact)
    fate.rail_reference = name or (tried.rail_references[0] if tried.rail_references else None)
    _name(tried, name or "")
    if "source" not in data and len(tried.rail_references) > 1:
        tried.are_names_told = False  # until 0.4 only the last name was kept
    tried.state, tried.unknown_since_ms = AttemptState.PAID, None
    fate.state, fate.rail, fate.receipt_url = State.PAID, tried.rail, data.get("receipt_url")
    fate.early = [early for early in fate.early if early.attempt_number != tried.number]
    taken = take_from_account(order.currency, order.amount_minor) if order.is_within else ()
    _move(fate, fact, *pay_out(tried.rail, order.currency, order.amount_minor, order.fee_minor), *taken)


def _failed(fate: Fate, fact: Fact) -> None:
    data = fact.data
    if data.get("verdict") == Verdict.GIVEN_BACK.value:
        _from(fate, fact, State.RESERVED, State.PROCESSING)
        fate.inquired = None
        _fail(fate, fact, FailureReason.DECIDED_BY_HAND, data["note"])
        return
    _from(fate, fact, State.PROCESSING)
    _refuse(_asked(fate, fact), data)
    fate.proposal = None
    _fail(fate, fact, FailureReason(data["reason"]), data.get("text", ""))


def _refuse(tried: Tried, data: Data) -> None:
    tried.state, tried.unknown_since_ms = AttemptState.REFUSED, None
    if "source" in data:  # since 0.5
        _note_refusal(tried, data)


def _note_refusal(tried: Tried, data: Data) -> None:
    reason = FailureReason(data["reason"]).value
    if not any(line.startswith(f"{reason}:") for line in tried.refusals):
        tried.refusals.append(f"{reason}: {' '.join(data.get('text', '').split())}")


def _attempt_refused(fate: Fate, fact: Fact) -> None:
    tried = _asked(fate, fact)
    if fact.data.get("verdict") == Verdict.REFUSED.value:
        _dead_by_word(fate, tried, AttemptState.REFUSED)
        return
    _refuse(tried, fact.data)
    fate.rail = fact.data.get("next_rail", fate.rail)


def _dead_by_word(fate: Fate, tried: Tried, state: AttemptState) -> None:
    tried.state, tried.unknown_since_ms, tried.is_contested = state, None, False
    if fate.state is State.PROCESSING:
        fate.rail = tried.rail


def _back(data: Data) -> tuple[str, int, bool]:
    return data["number"], int(data["amount_minor"]), data.get("by_decision") == "yes"


def _returned(fate: Fate, fact: Fact) -> None:
    _from(fate, fact, State.PAID)
    number, minor, by_decision = _back(fact.data)
    tried = _asked(fate, fact) if "attempt" in fact.data else None
    rail = tried.rail if tried is not None else fate.rail
    if isinstance(rail, Untold):
        raise ValueError("no rail")
    fate.returns.append(Return(len(fate.returns) + 1, number, minor, fact.at_ms, by_decision))
    fate.returned_minor += minor
    if fate.returned_minor > fate.outline.amount_minor:
        fate.impossible.append(f"fact {fact.number} returns more than was paid")
    _move(fate, fact, *give_back(rail, fate.outline.currency, minor))


def _returned_early(fate: Fate, fact: Fact) -> None:
    tried = _asked(fate, fact)
    tried.is_contested = True
    number, minor, by_decision = _back(fact.data)
    fate.early.append(EarlyReturn(tried.number, number, minor, by_decision))


def _heard(fate: Fate, fact: Fact) -> None:
    data = fact.data
    opened = data.get("case", "").partition(" ")[2]
    if opened == CaseKind.LOST_ATTEMPT.value:  # of one that is not known here
        return
    tried = _asked(fate, fact)
    if against := data.get("against", opened):
        _contradicted(fate, tried, CaseKind(against), data)
    elif "reason" in data:
        if tried.state is AttemptState.BEGUN:
            tried.state, tried.unknown_since_ms = AttemptState.UNKNOWN, fact.at_ms
        _note_refusal(tried, data)
    elif data.get("said") in ("accepted", "paid"):
        _told_again(fate, tried, data)
    else:  # until 0.5 a contradiction that was told before did not say which
        tried.is_contested = UNTOLD


def _told_again(fate: Fate, tried: Tried, data: Data) -> None:
    name, receipt, payer = data.get("rail_reference", ""), data.get("receipt_url", ""), fate.payer
    _name(tried, name)
    if (fate.state is State.PROCESSING) if payer is None else (payer is tried):
        fate.rail_reference = name or fate.rail_reference
        fate.receipt_url = receipt or fate.receipt_url


def _contradicted(fate: Fate, tried: Tried, against: CaseKind, data: Data) -> None:
    if "against" not in data and " as " in data.get("said", ""):
        tried.are_names_told = False  # until 0.5 only the words had it
    name = data.get("rail_reference", "")
    match against:
        case CaseKind.OTHER_AMOUNT | CaseKind.REFUSED_AFTER_PAID:
            tried.is_contested = True
        case CaseKind.SECOND_REFERENCE:
            tried.is_contested = True
            _name(tried, name)
        case CaseKind.ACCEPTED_AFTER_REFUSED:
            tried.is_contested = True
            if fate.state is State.PROCESSING and fate.live is None:
                _name(tried, name)
                tried.state, fate.rail = AttemptState.ACCEPTED, tried.rail
        case CaseKind.PAID_TWICE | CaseKind.PAID_AFTER_FAILED:
            _name(tried, name)
            tried.state, tried.unknown_since_ms = AttemptState.PAID_UNBOOKED, None
        case CaseKind.RETURN_CONFLICT:
            if tried.state is not AttemptState.PAID:
                tried.is_contested = True
        case CaseKind.RETURN_OF_UNPAID | CaseKind.RETURN_EXCEEDS_PAID | CaseKind.NOT_FOUND_AFTER_KNOWN:
            pass
        case (
            CaseKind.PAID_BY_DEAD
            | CaseKind.RETURN_BEFORE_PAID
            | CaseKind.LATE_SEND
            | CaseKind.PARKED
            | CaseKind.INSTRUCTION_CHANGED
            | CaseKind.LOST_ATTEMPT
        ):
            raise ValueError(f"heard, against {against.value}")
        case _:
            assert_never(against)


def _proposed(fate: Fate, fact: Fact) -> None:
    data, about = fact.data, fate.asked_about
    ruling = Ruling(
        Verdict(data["verdict"]),
        data.get("rail_reference", ""),
        int(data["case"]) if "case" in data else None,
        Remedy(data.get("remedy", Remedy.NOTHING.value)),
        int(data.get("amount_minor", 0)),
    )
    is_about_one = ruling.verdict in (Verdict.PAID, Verdict.NEVER_SUBMITTED, Verdict.REFUSED)
    number = about.number if about is not None and is_about_one else None
    fate.proposal = Proposal(ruling, data["by"], data["note"], fact.at_ms, number)


def _case_closed(fate: Fate, fact: Fact) -> None:
    data = fact.data
    case = fate.cases[int(data["case"])]
    if case.closed_ms is not None:
        fate.impossible.append(f"fact {fact.number} closes case {case.number} again")
    remedy, second = Remedy(data["remedy"]), data.get("second")
    case.closed_ms, case.note, case.remedy = fact.at_ms, data["note"], remedy.value
    case.closed_by = _who(data["by"], second)
    if second is not None or _AND in data["by"]:
        fate.proposal = None
    if case.kind == CaseKind.RETURN_BEFORE_PAID.value:
        fate.early = [early for early in fate.early if not _is_of(early, case)]
    if remedy is not Remedy.NOTHING:
        _move(fate, fact, *_remedied(fate, case, remedy, int(data["amount_minor"])))


def _who(by: str, second: str | None) -> list[str] | Untold:
    if second is not None:
        return [by.removesuffix(f"{_AND}{second}"), second]
    return [by] if _AND not in by else Untold(([by], by.split(_AND, 1)))  # until 0.5 only joined


def _is_of(early: EarlyReturn, case: Opened) -> bool:
    words = f"return {early.number} of {early.amount_minor} minor units"
    return early.attempt_number == case.attempt_number and case.what in (words, UNTOLD)


def _remedied(fate: Fate, case: Opened, remedy: Remedy, minor: int) -> tuple[Posting, ...]:
    number = case.attempt_number
    tried = fate.attempts.get(number) if isinstance(number, int) else None
    rail = tried.rail if tried is not None else fate.rail
    if isinstance(rail, Untold):
        raise ValueError("no rail")
    to_rail = remedy in (Remedy.PAID_BY_MERCHANT, Remedy.PAID_BY_US)
    of_merchant = remedy in (Remedy.PAID_BY_MERCHANT, Remedy.BACK_TO_MERCHANT)
    return adjust(rail, fate.outline.currency, minor, of_merchant=of_merchant, to_rail=to_rail)
