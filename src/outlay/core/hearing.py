"""What becomes of a payout when a rail says something of one of its attempts, by whatever way.

Evidence is never thrown away: what is heard leaves a fact, or repeats one. Three laws stand above the tables:

1. What contradicts the books opens a case, and moves no money.
2. "Paid" of a payout on its way is believed, whichever attempt it is said of: the beneficiary has the money.
3. "Refused" ends something only where it can be said of all sends at once: with exactly one send, or in answer to a
   question that was asked when nothing of any send could still be on its way. Otherwise it only means: ask.

The trap: a rail may take a reference that it refused before. So a refusal of a second send says nothing of the first,
which may still be on its way.

The other trap: "when" is a reading of a clock that may have stepped, and whoever asked may have stood still since. An
answer to a question whose time is not to be trusted, or that was asked before the last send, is heard as if nobody knew
when it was asked.
"""

from __future__ import annotations

from typing import Final, assert_never

from msgspec.structs import asdict, replace

from outlay.core.attempt import Attempt, AttemptState, ask_again_ms
from outlay.core.cases import CaseKind
from outlay.core.decision import Decision, decide, has_case, with_case
from outlay.core.events import Heard, Source
from outlay.core.facts import FactKind
from outlay.core.ledger import give_back, pay_out, release
from outlay.core.outcome import Accepted, Failure, NotFound, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import EarlyReturn, Return, State
from outlay.core.refusal import Objection
from outlay.kit.characters import kept

NOT_FOUND_TIMES: Final = 2
"""So often "not found" must be heard as evidence before it is believed, of questions that were asked apart."""


def hear(payout: Payout, event: Heard, now_ms: int) -> Decision | Objection:
    attempt = payout.attempt_numbered(event.attempt_number)
    if attempt is None:
        return Objection.ATTEMPT_UNKNOWN
    event = _kept(event)
    if event.rail is not None and event.rail.name != attempt.rail:  # by the terms of another one nothing follows
        event = replace(event, rail=None)
    if not _is_timed(attempt, event):
        event = replace(event, asked_ms=None)
    if event.source is Source.ASK:
        asked_ms = max(event.asked_ms or 0, attempt.asked_ms or 0) or None
        attempt = replace(attempt, asked_ms=asked_ms, questions=attempt.questions + 1)
        payout = with_attempt(payout, attempt)
    outcome = event.outcome
    if _is_other_amount(payout, event):
        return _other_amount(payout, attempt, event, now_ms)
    match outcome:
        case Accepted():
            return _accepted(payout, attempt, outcome, event, now_ms)
        case Paid():
            return _paid(payout, attempt, outcome, event, now_ms)
        case Refused():
            return _refused(payout, attempt, outcome.failure, event, now_ms)
        case Unknown():
            return _unknown(payout, attempt, outcome, event, now_ms)
        case NotFound():
            return _not_found(payout, attempt, event, now_ms)
        case Returned():
            return _returned(payout, attempt, outcome, event, now_ms)
        case _:
            assert_never(outcome)


def _is_timed(attempt: Attempt, event: Heard) -> bool:
    """Whether the time of the question can be set beside those of the sends."""
    return event.is_calm_for(attempt.calm_needed_ms) and event.departures in (None, attempt.departures)


def _kept(event: Heard) -> Heard:
    """With texts that can be saved: else what was heard would be lost, and the payout could not go on."""
    outcome = event.outcome
    if isinstance(outcome, Refused):
        outcome = Refused(replace(outcome.failure, text=kept(outcome.failure.text)))
    else:
        texts = {name: kept(text) for name, text in asdict(outcome).items() if isinstance(text, str)}
        outcome = replace(outcome, **texts)
    currency = None if event.currency is None else kept(event.currency)
    return replace(event, outcome=outcome, evidence=kept(event.evidence), currency=currency)


def with_attempt(payout: Payout, attempt: Attempt) -> Payout:
    """`attempt` in the place of the one of its number."""
    attempts = tuple(attempt if each.number == attempt.number else each for each in payout.attempts)
    return replace(payout, attempts=attempts)


def _about(event: Heard, **particulars: str) -> dict[str, str]:
    """The head of every fact that evidence leaves."""
    data = {"attempt": str(event.attempt_number), "source": event.source.value, "evidence": event.evidence}
    if event.asked_ms is not None:
        data["asked_ms"] = str(event.asked_ms)
    return {name: text for name, text in (data | particulars).items() if text}


def _contradiction(
    payout: Payout, attempt: Attempt, kind: CaseKind, what: str, event: Heard, now_ms: int, **particulars: str
) -> Decision:
    """A fact and a case; of what was told before no second case, and a fact only if the attempt stands otherwise for
    it. `attempt` as it is from now on."""
    changed = with_attempt(payout, attempt)
    is_known = has_case(payout, kind, attempt.number, what)
    if is_known and changed == payout:
        return Decision(payout)
    said = _about(event, said=what, against=kind.value, **particulars)
    heard = decide(changed, now_ms, FactKind.HEARD, said)
    return heard if is_known else with_case(heard, now_ms, kind, attempt.number, what)


def _is_other_amount(payout: Payout, event: Heard) -> bool:
    if event.currency not in (None, payout.currency):
        return True
    # Of a return, `event` may speak of the amount that came back.
    return not isinstance(event.outcome, Returned) and event.amount_minor not in (None, payout.amount_minor)


def _other_amount(payout: Payout, attempt: Attempt, event: Heard, now_ms: int) -> Decision:
    """Everything that tells two such pieces of evidence apart is in the words."""
    minor, name = event.amount_minor, ""
    if isinstance(event.outcome, Accepted | Paid) and event.outcome.rail_reference:
        name = f" as {event.outcome.rail_reference}"
    if isinstance(event.outcome, Refused):
        name = f" ({event.outcome.failure.reason.value})"
    if isinstance(event.outcome, Returned):
        minor, name = event.outcome.amount_minor, f" {event.outcome.number}"
    amount = "" if minor is None else f" of {minor} minor units"
    what = f"{_word(event.outcome)}{name}{amount} {event.currency or payout.currency}"
    contested = replace(attempt, is_contested=True)
    return _contradiction(payout, contested, CaseKind.OTHER_AMOUNT, what, event, now_ms)


def _word(outcome: object) -> str:
    return type(outcome).__name__.lower()


def said_of(outcome: Outcome | NotFound | Returned) -> str:
    """In words that tell it from other evidence."""
    match outcome:
        case Accepted() | Paid():
            return f"{_word(outcome)} as {kept(outcome.rail_reference)}" if outcome.rail_reference else _word(outcome)
        case Refused():
            return f"refused: {outcome.failure.reason.value}"
        case Returned():
            return kept(return_words(outcome.number, outcome.amount_minor))
        case Unknown() | NotFound():
            return _word(outcome)
        case _:
            assert_never(outcome)


def _accepted(payout: Payout, attempt: Attempt, outcome: Accepted, event: Heard, now_ms: int) -> Decision:
    name = outcome.rail_reference
    match attempt.state:
        case AttemptState.BEGUN | AttemptState.UNKNOWN:
            known = replace(_named(attempt, name), state=AttemptState.ACCEPTED, unknown_since_ms=None)
            accepted = with_attempt(payout, known)
            if payout.state is State.PROCESSING:  # else another attempt has paid, and its name stands
                accepted = replace(accepted, rail_reference=name or payout.rail_reference)
            return decide(accepted, now_ms, FactKind.ATTEMPT_ACCEPTED, _about(event, rail_reference=name))
        case AttemptState.ACCEPTED | AttemptState.PAID | AttemptState.PAID_UNBOOKED:
            return _told_again(payout, attempt, name, "", event, now_ms)
        case AttemptState.REFUSED | AttemptState.NEVER_SUBMITTED:
            if name in attempt.rail_references:  # news from before it was refused, told late
                return Decision(payout)
            doubtful = replace(attempt, is_contested=True)
            if payout.state is State.PROCESSING and payout.live_attempt is None:
                # Dead no more: nothing else may be begun beside it.
                doubtful = replace(_named(doubtful, name), state=AttemptState.ACCEPTED)
                payout = replace(payout, rail=attempt.rail)
            what = f"accepted as {name}" if name else "accepted"
            kind = CaseKind.ACCEPTED_AFTER_REFUSED
            return _contradiction(payout, doubtful, kind, what, event, now_ms, rail_reference=name)
        case _:
            assert_never(attempt.state)


def _named(attempt: Attempt, name: str) -> Attempt:
    if not name or name in attempt.rail_references:
        return attempt
    return replace(attempt, rail_references=(*attempt.rail_references, name))


def _told_again(payout: Payout, attempt: Attempt, name: str, receipt_url: str, event: Heard, now_ms: int) -> Decision:
    """Of an attempt that was taken: mostly a repeat, else a name or a receipt that is new."""
    if name and attempt.rail_references and name not in attempt.rail_references:
        what = f"{_word(event.outcome)} as {name}, known as {attempt.rail_references[0]}"
        contested = replace(_named(attempt, name), is_contested=True)
        kind = CaseKind.SECOND_REFERENCE
        return _contradiction(payout, contested, kind, what, event, now_ms, rail_reference=name)
    payer = payout.paid_attempt
    is_payer = payout.state is State.PROCESSING if payer is None else payer.number == attempt.number
    new_name = name if name and not attempt.rail_references else ""
    new_receipt = receipt_url if receipt_url and is_payer and not payout.receipt_url else ""
    if not new_name and not new_receipt:
        return Decision(payout)
    richer = with_attempt(payout, _named(attempt, new_name))
    if is_payer:
        richer = replace(
            richer,
            rail_reference=new_name or payout.rail_reference,
            receipt_url=new_receipt or payout.receipt_url,
        )
    said = _about(event, said=_word(event.outcome), rail_reference=new_name, receipt_url=new_receipt)
    return decide(richer, now_ms, FactKind.HEARD, said)


def _paid(payout: Payout, attempt: Attempt, outcome: Paid, event: Heard, now_ms: int) -> Decision | Objection:
    name = outcome.rail_reference
    if attempt.state in (AttemptState.PAID, AttemptState.PAID_UNBOOKED):
        return _told_again(payout, attempt, name, outcome.receipt_url, event, now_ms)
    unbooked = replace(_named(attempt, name), state=AttemptState.PAID_UNBOOKED, unknown_since_ms=None)
    what = f"paid as {name}" if name else "paid"
    told = {"rail_reference": name, "receipt_url": outcome.receipt_url}
    match payout.state:
        case State.PROCESSING:
            return _believe_paid(payout, attempt, outcome, event, now_ms)
        case State.PAID:
            return _contradiction(payout, unbooked, CaseKind.PAID_TWICE, what, event, now_ms, **told)
        case State.FAILED:
            return _contradiction(payout, unbooked, CaseKind.PAID_AFTER_FAILED, what, event, now_ms, **told)
        case State.IN_REVIEW | State.RESERVED | State.CANCELLED | State.EXPIRED:
            return Objection.ATTEMPT_UNKNOWN
        case _:
            assert_never(payout.state)


def _believe_paid(payout: Payout, attempt: Attempt, outcome: Paid, event: Heard, now_ms: int) -> Decision:
    name = outcome.rail_reference
    payer = replace(_named(attempt, name), state=AttemptState.PAID, unknown_since_ms=None)
    first_name = attempt.rail_references[0] if attempt.rail_references else None
    paid = replace(
        with_attempt(payout, payer),
        state=State.PAID,
        rail=attempt.rail,
        rail_reference=name or first_name,
        receipt_url=outcome.receipt_url or None,
        completed_ms=now_ms,
        pending=replace(payout.pending, proposal=None),
    )
    postings = pay_out(attempt.rail, payout.currency, payout.amount_minor, payout.fee.total_minor)
    said = _about(event, rail_reference=name, receipt_url=outcome.receipt_url)
    decision = decide(paid, now_ms, FactKind.PAID, said, postings)
    if not attempt.is_live:
        dead = attempt.state.value.replace("_", " ")
        decision = with_case(decision, now_ms, CaseKind.PAID_BY_DEAD, attempt.number, f"paid, and was {dead}")
    if first_name and len(payer.rail_references) > len(attempt.rail_references):
        what = f"paid as {name}, known as {first_name}"
        decision = with_case(decision, now_ms, CaseKind.SECOND_REFERENCE, attempt.number, what)
    return _apply_early(decision, payer, event, now_ms)


def _apply_early(decision: Decision, payer: Attempt, event: Heard, now_ms: int) -> Decision:
    """The returns that were told before "paid" are booked in its commit."""
    pending = decision.payout.pending
    others = tuple(early for early in pending.early if early.attempt_number != payer.number)
    early_ones = [early for early in pending.early if early.attempt_number == payer.number]
    if not early_ones:
        return decision
    payout = replace(decision.payout, pending=replace(pending, early=others))
    decision = replace(decision, payout=payout)
    for early in early_ones:
        back = Returned(early.number, early.amount_minor, early.by_decision)
        followed = _return_of_paid(decision.payout, payer, back, event, now_ms)
        decision = Decision(followed.payout, (*decision.entries, *followed.entries), (*decision.cases, *followed.cases))
    return decision


def _refused(payout: Payout, attempt: Attempt, failure: Failure, event: Heard, now_ms: int) -> Decision:
    said = {"reason": failure.reason.value, "text": failure.text}
    match attempt.state:
        case AttemptState.REFUSED:
            return _note_refusal(payout, attempt, failure, event, now_ms)
        case AttemptState.PAID | AttemptState.PAID_UNBOOKED:
            what = f"refused: {failure.reason.value}"
            contested = replace(attempt, is_contested=True)
            return _contradiction(payout, contested, CaseKind.REFUSED_AFTER_PAID, what, event, now_ms)
        case AttemptState.NEVER_SUBMITTED:
            told = replace(attempt, state=AttemptState.REFUSED, refusals=_with_refusal(attempt, failure))
            refused = with_attempt(payout, told)
            return decide(refused, now_ms, FactKind.ATTEMPT_REFUSED, _about(event, **said))
        case AttemptState.BEGUN | AttemptState.ACCEPTED | AttemptState.UNKNOWN:
            if not _is_definitive(attempt, event):
                return _note_refusal(payout, attempt, failure, event, now_ms)
            return _believe_refused(payout, attempt, failure, event, now_ms)
        case _:
            assert_never(attempt.state)


def _is_definitive(attempt: Attempt, event: Heard) -> bool:
    """The third law."""
    if attempt.is_contested:
        return False
    if attempt.is_sent_once:
        return True
    can_be_final = event.source in (Source.ASK, Source.STATEMENT) and not any(send.is_late for send in attempt.sends)
    return can_be_final and event.asked_ms is not None and event.asked_ms >= attempt.final_ms


def _note_refusal(payout: Payout, attempt: Attempt, failure: Failure, event: Heard, now_ms: int) -> Decision:
    """A refusal that ends nothing: of a live attempt it may be one of another send, so the rail is asked. One fact for
    each reason: the words may differ each time."""
    refusals = _with_refusal(attempt, failure)
    if refusals == attempt.refusals:
        return Decision(payout)
    silent = attempt.state is AttemptState.BEGUN
    noted = replace(
        attempt,
        refusals=refusals,
        state=AttemptState.UNKNOWN if silent else attempt.state,
        unknown_since_ms=now_ms if silent else attempt.unknown_since_ms,
    )
    what = "refused, which may be said of one send only" if attempt.is_live else "refused, known already"
    said = _about(event, said=what, reason=failure.reason.value)
    return decide(with_attempt(payout, noted), now_ms, FactKind.HEARD, said | {"text": failure.text})


def _with_refusal(attempt: Attempt, failure: Failure) -> str:
    """All refusals of it that were heard, with this one."""
    lines = attempt.refusals.splitlines()
    if any(line.startswith(f"{failure.reason.value}:") for line in lines):
        return attempt.refusals
    return "\n".join([*lines, f"{failure.reason.value}: {' '.join(failure.text.split())}"])


def _believe_refused(payout: Payout, attempt: Attempt, failure: Failure, event: Heard, now_ms: int) -> Decision:
    refusals = _with_refusal(attempt, failure)
    dead = replace(attempt, state=AttemptState.REFUSED, unknown_since_ms=None, refusals=refusals)
    after = with_attempt(payout, dead)
    said = _about(event, reason=failure.reason.value, text=failure.text)
    if payout.state is not State.PROCESSING:  # another attempt has paid meanwhile
        return decide(after, now_ms, FactKind.ATTEMPT_REFUSED, said)
    if next_rail := _next_rail(payout, attempt, failure, event):
        return decide(replace(after, rail=next_rail), now_ms, FactKind.ATTEMPT_REFUSED, said | {"next_rail": next_rail})
    if what := _why_not_failed(payout, attempt, failure, event):
        refused = decide(after, now_ms, FactKind.ATTEMPT_REFUSED, said)
        return with_case(refused, now_ms, CaseKind.PARKED, attempt.number, what)
    pending = replace(payout.pending, proposal=None)
    failed = replace(after, state=State.FAILED, failure=failure, completed_ms=now_ms, pending=pending)
    released = release(payout.currency, payout.amount_minor, payout.fee.total_minor)
    return decide(failed, now_ms, FactKind.FAILED, said, released)


def _why_not_failed(payout: Payout, attempt: Attempt, failure: Failure, event: Heard) -> str | None:
    """Why people must say what comes of a payout whose attempt was refused, None where it has failed."""
    if payout.is_contested:
        return "refused, while another attempt is contested"
    if payout.has_lost_attempt:
        return "refused, and an attempt that is not known here is spoken of"
    if attempt.has_lost_sends:
        tried = {each.rail for each in payout.attempts}
        others = [name for name in event.rails if name not in tried]
        if event.rail is None or (others and failure.reason in event.rail.elsewhere):
            return "refused, and in the time that was lost it may have gone on over another rail"
    return None


def _next_rail(payout: Payout, attempt: Attempt, failure: Failure, event: Heard) -> str | None:
    """The rail to try next: only after a refusal from the closed list of this one, of an attempt with exactly one
    fenced send, and where nothing that was ever heard of the payout is contested."""
    if event.rail is None or failure.reason not in event.rail.elsewhere:
        return None
    if not attempt.is_sent_once or not attempt.is_fenced or payout.is_contested:
        return None
    tried = {each.rail for each in payout.attempts}
    return next((name for name in event.rails if name not in tried), None)


def _unknown(payout: Payout, attempt: Attempt, outcome: Unknown, event: Heard, now_ms: int) -> Decision:
    # An accepted attempt stays accepted: one question without an answer does not unlearn what we know.
    if attempt.state is not AttemptState.BEGUN:
        return Decision(payout)
    doubtful = replace(attempt, state=AttemptState.UNKNOWN, unknown_since_ms=now_ms)
    return decide(with_attempt(payout, doubtful), now_ms, FactKind.ATTEMPT_UNKNOWN, _about(event, why=outcome.why))


def _not_found(payout: Payout, attempt: Attempt, event: Heard, now_ms: int) -> Decision:
    """Evidence only where it was asked for when no send could still be on its way, and apart from the time before."""
    if not attempt.is_live and attempt.state not in (AttemptState.PAID, AttemptState.PAID_UNBOOKED):
        return Decision(payout)
    if event.asked_ms is None or event.asked_ms < attempt.final_ms:
        return Decision(payout)
    if not attempt.is_silent:
        return _contradiction(payout, attempt, CaseKind.NOT_FOUND_AFTER_KNOWN, "not found", event, now_ms)
    counted_ms = attempt.not_found_ms
    is_apart = not counted_ms or event.asked_ms >= counted_ms[-1] + ask_again_ms(event.rail, attempt.rail)
    if len(counted_ms) >= NOT_FOUND_TIMES or not is_apart:
        return Decision(payout)
    counted = replace(attempt, not_found_ms=(*counted_ms, event.asked_ms))
    said = _about(event, times=str(len(counted.not_found_ms)))
    return decide(with_attempt(payout, counted), now_ms, FactKind.NOT_FOUND, said)


def _returned(payout: Payout, attempt: Attempt, back: Returned, event: Heard, now_ms: int) -> Decision:
    if attempt.state is AttemptState.PAID:
        return _return_of_paid(payout, attempt, back, event, now_ms)
    if payout.state is State.PROCESSING:  # also of one that was thought dead: what came back was paid
        return _return_before_paid(payout, attempt, back, event, now_ms)
    what = return_words(back.number, back.amount_minor)
    if has_case(payout, CaseKind.RETURN_BEFORE_PAID, attempt.number, what):
        return Decision(payout)
    return _contradiction(payout, attempt, CaseKind.RETURN_OF_UNPAID, what, event, now_ms)


def _return_before_paid(payout: Payout, attempt: Attempt, back: Returned, event: Heard, now_ms: int) -> Decision:
    what = return_words(back.number, back.amount_minor)
    contested = replace(attempt, is_contested=True)  # money that came back was paid before
    for early in payout.pending.early:
        if early.number == back.number and early.attempt_number == attempt.number:
            if early.amount_minor == back.amount_minor:
                return Decision(payout)
            return _contradiction(payout, contested, CaseKind.RETURN_CONFLICT, what, event, now_ms)
    new = EarlyReturn(attempt.number, back.number, back.amount_minor, back.by_decision)
    pending = replace(payout.pending, early=(*payout.pending.early, new))
    waiting = replace(with_attempt(payout, contested), pending=pending)
    decision = decide(waiting, now_ms, FactKind.RETURNED_EARLY, _about(event, **_return_data(back)))
    return with_case(decision, now_ms, CaseKind.RETURN_BEFORE_PAID, attempt.number, what)


def _return_of_paid(payout: Payout, payer: Attempt, back: Returned, event: Heard, now_ms: int) -> Decision:
    if is_known_return(payout, back):
        return Decision(payout)
    no = refuse_return(payout, back)
    if no is None:
        new = Return(len(payout.returns) + 1, back.number, back.amount_minor, now_ms, back.by_decision)
        returned_minor = payout.returned_minor + back.amount_minor
        richer = replace(payout, returned_minor=returned_minor, returns=(*payout.returns, new))
        postings = give_back(payer.rail, payout.currency, back.amount_minor)
        return decide(richer, now_ms, FactKind.RETURNED, _about(event, **_return_data(back)), postings)
    kind = CaseKind.RETURN_CONFLICT if no is Objection.RETURN_CONFLICT else CaseKind.RETURN_EXCEEDS_PAID
    what = return_words(back.number, back.amount_minor)
    return _contradiction(payout, payer, kind, what, event, now_ms)


def is_known_return(payout: Payout, back: Returned) -> bool:
    # The money decides. Another word about who decided does not undo what was told first, and is no conflict.
    return any(known.number == back.number and known.amount_minor == back.amount_minor for known in payout.returns)


def refuse_return(payout: Payout, back: Returned) -> Objection | None:
    """Why this cannot be a return of this payout, None where it can."""
    if payout.state is not State.PAID:
        return Objection.NOT_PAID
    if any(known.number == back.number and known.amount_minor != back.amount_minor for known in payout.returns):
        return Objection.RETURN_CONFLICT
    if is_known_return(payout, back):
        return None
    exceeds = back.amount_minor <= 0 or payout.returned_minor + back.amount_minor > payout.amount_minor
    return Objection.RETURN_EXCEEDS_PAID if exceeds else None


def return_words(number: str, amount_minor: int) -> str:
    """What a case about a return says, and is known by."""
    return f"return {number} of {amount_minor} minor units"


def _return_data(back: Returned) -> dict[str, str]:
    data = {"number": back.number, "amount_minor": str(back.amount_minor)}
    return data | {"by_decision": "yes"} if back.by_decision else data
