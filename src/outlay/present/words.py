"""What things are called towards people: why something is refused, what a case means, how a payout stands and what it
waits for, and the command that helps.

Leaves to others: what may be said (core.ruling), the lines of the command line (core.help_lines), how it looks.

The trap: these words are read by whoever decides about money. They say what is known, never what is likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outlay.core.account import ALL_METHODS
from outlay.core.attempt import AttemptState
from outlay.core.cases import Case, CaseKind, Remedy
from outlay.core.help_lines import cancel_line, close_line, remedy_text, settle_line
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.progress import State
from outlay.core.rail import NotTheseRails, RailFault
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.ruling import possible_remedies
from outlay.core.rulings import Verdict
from outlay.core.waiting import WaitingFor, Who
from outlay.core.work import Work
from outlay.present.values import money, utc_text

REFUSALS: Final[Mapping[No, str]] = {
    Refusal.ACCOUNT_NOT_FOUND: "there is no such account; `outlay account list` shows all",
    Refusal.ACCOUNT_CLOSED: "the account is closed; `outlay account reopen` opens it again",
    Refusal.TARGET_NOT_FOUND: "the other account is not of the same master; `outlay account show` lists the family",
    Refusal.SAME_ACCOUNT: "the two accounts are one and the same",
    Refusal.RECIPIENT_BLOCKED: "the account may not pay the other one; `outlay block list` shows whom it may not pay",
    Refusal.CURRENCY_NOT_HELD: "the account has never had money in this currency; `outlay account show` lists balances",
    Refusal.INSUFFICIENT_BALANCE: "the account has not so much available; `outlay account show` lists balances",
    Objection.NO_PEOPLE: "this takes two people who are known here, and nobody is: `outlay user add NAME` makes a "
    "person known and prints their key",
    Objection.PERSON_UNKNOWN: "no known person has this name and this key; `outlay user list` shows everybody, and "
    "`outlay user key NAME` makes a new key",
    Objection.PERSON_DISABLED: "this person is disabled for good; `outlay user list` shows who is not",
    Objection.NOT_ALLOWED: "a viewer decides nothing about money: an approver must (`outlay user list`)",
    Objection.PERSON_EXISTS: "a person of this name is known here already (`outlay user list`), and a name stays one "
    "person's, also when they are disabled. If they lost their key, `outlay user key NAME` makes another; if this is "
    "somebody else, add them under another name",
    Objection.NOT_IN_REVIEW: "nothing of it waits for a reviewer; `outlay payout show` tells what became of it",
    Objection.NOT_ASKED_ABOUT: "the database has lost time since it was ordered: its rail is asked first what became "
    "of it, by a running server; `outlay payout show` tells what it said",
    Objection.REVIEWED_BY_ORDERER: "whoever ordered a payout cannot approve it: somebody else must",
    Objection.ALREADY_SENT: "it is too late: the payout was sent; `outlay payout show` tells what became of it",
    Refusal.PAYOUT_NOT_FOUND: "there is no such payout; `outlay payout list` shows the newest",
    Objection.ALREADY_ENDED: "the payout has ended already; `outlay payout show` tells how",
    Objection.ATTEMPT_UNKNOWN: "the payout never made this attempt; `outlay payout show` lists its attempts",
    Objection.AWAITS_PEOPLE: "nothing of it is under way, and two people must say what becomes of the money; "
    "`outlay payout show` tells what they can say",
    Objection.NOT_TO_BE_SENT_AGAIN: "it must not be sent again; `outlay payout show` tells what is known of it",
    Objection.NOTHING_TO_SETTLE: "there is nothing of this to say about it: it is not on its way (`outlay payout show` "
    "tells how it stands; one that nobody sent is stopped by `outlay payout cancel`), or it goes to an account here, "
    "whose own books tell",
    Objection.EVIDENCE_AGAINST: "the rail has said something of it, so it was submitted (`outlay payout show` tells "
    "what): find out there whether it was paid, then say --paid or --refused",
    Objection.NOT_ASKED_SINCE: "the rail was not asked yet at a time when nothing of it could still be on its way; let "
    "the server run until `outlay payout show` shows such a question, then say it again",
    Objection.ATTEMPT_NOT_DEAD: "an attempt of it may have paid, or may still pay; say what became of that one first: "
    "--paid, --never-submitted or --refused",
    Objection.CASE_NOT_FOUND: "there is no such case; `outlay case list --all` shows all",
    Objection.CASE_IS_CLOSED: "the case is closed already; `outlay case show` tells by whom and how",
    Objection.MONEY_STILL_OPEN: "what became of the money is still open, and that comes first",
    Objection.REMEDY_IMPOSSIBLE: "this remedy is impossible: it moves more than nothing and not more than the payout's "
    "amount, and nothing at all where no money is concerned (--remedy nothing)",
    Objection.NEEDS_ANOTHER_PERSON: "you have proposed this yourself: another person must say the same",
    Objection.NOT_PAID: "the payout is not paid, so nothing of it can come back",
    Objection.RETURN_CONFLICT: "a return of this number is recorded with another amount; give another --number",
    Objection.RETURN_EXCEEDS_PAID: "more would come back than was paid; `outlay payout show` tells what has come back",
}
CASES: Final[Mapping[CaseKind, str]] = {
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
"""What each kind of case means."""
WORK: Final[Mapping[str, str]] = {
    Work.SEND.value: "to be sent",
    Work.ASK.value: "to be asked about",
    Work.LOOK.value: "may expire",
    "": "noted by an older version",
}
"""What the workers do next with what waits, by the kind as it is noted."""


def refusal_words(refusal: No) -> str:
    return REFUSALS.get(refusal) or f"refused: {refusal.name.lower().replace('_', ' ')}"


def rail_fault_words(no: NotTheseRails) -> str:
    named, known = ", ".join(no.names), ", ".join(no.known)
    return {
        RailFault.NONE: f"name at least one rail: {known}",
        RailFault.UNKNOWN: f"no rail here is called {named}; those that are: {known}",
        RailFault.INTERNAL: f"{named} is the rail between accounts here, and no account's choice; name others: {known}",
        RailFault.REPEATED: f"{named} is named twice: each rail has one place in the order",
    }[no.fault]


def methods_words(methods: frozenset[str]) -> str:
    """Ways of paying out, such as those that are switched off."""
    return ", ".join("everything" if method == ALL_METHODS else method for method in sorted(methods))


def state_words(payout: Payout) -> str:
    """The state, with what a person must know beside it: money that came back, an outcome that is not known."""
    said = payout.state.value.replace("_", " ")
    if payout.returned_minor:
        all_back = payout.returned_minor == payout.amount_minor
        said += f", {'all' if all_back else money(payout.returned_minor, payout.currency)} returned"
    if payout.attempt is not None and payout.attempt.state is AttemptState.UNKNOWN:
        said += ", outcome unknown"
    if open_cases := sum(case.is_open for case in payout.cases):
        said += ", case open" if open_cases == 1 else f", {open_cases} cases open"
    return said


def waiting_words(waiting: WaitingFor) -> str:
    """What, and who must act: as much as a column takes."""
    what = waiting.what.value.replace("_", " ")
    return what if waiting.who is Who.NOBODY else f"{what} ({waiting.who.value})"


def next_words(waiting: WaitingFor) -> str:
    """What comes next, and when, where there is such a time."""
    at = f", {utc_text(waiting.next_ms)} UTC" if waiting.next_ms is not None else ""
    return f"{waiting.next}{at}"


def helping_words(waiting: WaitingFor) -> str:
    """What a payout waits for, and what helps or comes next, in one sentence."""
    said = f"it waits for: {waiting_words(waiting)}"
    if waiting.lines:
        return f"{said}; what helps: {' or '.join(f'`{line}`' for line in waiting.lines)}"
    return f"{said}; next: {next_words(waiting)}"


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


def case_state_words(payout: Payout, case: Case) -> str:
    """Open, or how it was closed."""
    if case.closed_ms is None:
        return "open"
    remedy = remedy_text(payout, case.remedy or Remedy.NOTHING, 0)
    return f"closed {utc_text(case.closed_ms)} by {' and '.join(case.by)}: {remedy}; {case.note}"
