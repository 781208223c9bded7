"""Cases and proposals in words: what each kind means, how a case is named, and the command that helps.

Leaves to others: what may be said (core.ruling), its words and commands (core.help_lines), and the tables around it
(cli.timeline, cli.case).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from outlay.cli.output import money, utc_json, utc_text
from outlay.core.cases import Case, CaseKind, Remedy
from outlay.core.help_lines import (
    cancel_line,
    case_name,
    close_line,
    remedy_text,
    remedy_word,
    same_again,
    settle_line,
)
from outlay.core.payout import INTERNAL_RAIL, Payout, State
from outlay.core.ruling import PROPOSAL_LASTS_MS, possible_remedies
from outlay.core.rulings import Proposal, Verdict

KINDS: Final[Mapping[CaseKind, str]] = {
    CaseKind.PAID_AFTER_FAILED: "said to be paid, but it had failed and the money went back",
    CaseKind.PAID_TWICE: "said to be paid a second time",
    CaseKind.PAID_BY_DEAD: "paid by an attempt that was thought dead",
    CaseKind.ACCEPTED_AFTER_REFUSED: "accepted by the rail after it was refused",
    CaseKind.REFUSED_AFTER_PAID: "said to be refused after it was paid",
    CaseKind.SECOND_REFERENCE: "the rail calls it by a second name: perhaps there are two payments",
    CaseKind.OTHER_AMOUNT: "the rail speaks of another amount or currency",
    CaseKind.RETURN_BEFORE_PAID: "money came back before it was paid: booked as soon as it is",
    CaseKind.RETURN_OF_UNPAID: "money came back of what was not paid",
    CaseKind.RETURN_CONFLICT: "a return was told again with another amount",
    CaseKind.RETURN_EXCEEDS_PAID: "more would come back than was paid",
    CaseKind.NOT_FOUND_AFTER_KNOWN: "the rail has lost what it knew",
    CaseKind.LATE_SEND: "a request left too late",
    CaseKind.LOST_ATTEMPT: "the rail speaks of an attempt that the database has lost",
    CaseKind.PARKED: "asking alone will not settle it",
    CaseKind.INSTRUCTION_CHANGED: "what is stored of the order is not what was ordered: nothing is sent",
}


def helps(payout: Payout, case: Case) -> str:
    """The command for what must be said next about this case; nothing where it is closed, or the rail must speak."""
    if not case.is_open:
        return ""
    if payout.completed_ms is None or payout.live_attempt is not None:
        return settle_helps(payout)
    return close_line(payout, case, *possible_remedies(payout, case))


def settle_helps(payout: Payout) -> str:
    """What can be said of a payout's money, or of an attempt that is open beside the one that paid. Of an account here
    its own books tell whether it was paid."""
    if payout.open_attempt is not None:
        verdicts: tuple[Verdict, ...] = (Verdict.PAID, Verdict.NEVER_SUBMITTED, Verdict.REFUSED)
        verdicts = verdicts[1:] if payout.open_attempt.rail == INTERNAL_RAIL else verdicts
    elif payout.state is State.PROCESSING or (payout.state is State.RESERVED and payout.pending.inquiry is not None):
        verdicts = (Verdict.PAID_OUTSIDE, Verdict.GIVEN_BACK)
    elif payout.state is State.RESERVED:  # it cannot be sent, and nobody has
        return cancel_line(payout)
    else:
        return ""
    return settle_line(payout, *verdicts)


def proposal_until_ms(proposal: Proposal) -> int:
    return proposal.at_ms + PROPOSAL_LASTS_MS


def proposal_json(payout: Payout, proposal: Proposal | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    ruling = proposal.ruling
    return {
        "verdict": ruling.verdict.value,
        "by": proposal.by,
        "note": proposal.note,
        "at": utc_json(proposal.at_ms),
        "until": utc_json(proposal_until_ms(proposal)),
        "rail_reference": ruling.rail_reference or None,
        "case": f"{payout.payout_id}:{ruling.case_number}" if ruling.case_number is not None else None,
        "remedy": remedy_word(ruling.remedy) if ruling.case_number is not None else None,
        "amount": money(ruling.amount_minor, payout.currency) if ruling.amount_minor else None,
        "command": same_again(payout, ruling),
    }


def case_json(payout: Payout, case: Case) -> dict[str, Any]:
    return {
        "case": case_name(payout, case),
        "kind": case.kind.value,
        "means": KINDS[case.kind],
        "attempt": case.attempt_number,
        "what": case.what,
        "fact": case.fact_number,
        "since": utc_json(case.since_ms),
        "is_open": case.is_open,
        "closed_at": utc_json(case.closed_ms),
        "closed_by": list(case.by),
        "note": case.note or None,
        "remedy": remedy_word(case.remedy) if case.remedy else None,
        "remedies": [remedy_word(remedy) for remedy in possible_remedies(payout, case)] if case.is_open else [],
        "helps": helps(payout, case) or None,
    }


def case_state(payout: Payout, case: Case) -> str:
    """Open, or how it was closed."""
    if case.closed_ms is None:
        return "open"
    remedy = remedy_text(payout, case.remedy or Remedy.NOTHING, 0)
    return f"closed {utc_text(case.closed_ms)} by {' and '.join(case.by)}: {remedy}; {case.note}"
