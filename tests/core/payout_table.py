"""Every situation of a payout × every event, with what must come of it: the words of the table, and how it is read.

A situation is a state with what distinguishes it (how its attempts stand, what came back, who has spoken). The rows
stand in payout_table_people.py, _paid.py, _refused.py, _returns.py and _rulings.py: a file for each kind of events, and
each over all situations. They are spelled out: situations that share a result stand in one row, each by its name,
because a wildcard would answer for a situation that nobody has thought about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from outlay.core.attempt import Attempt
from outlay.core.cases import Case
from outlay.core.decision import Decision
from outlay.core.events import Approve, Cancel, Event, Expire, Heard, Park, Reject
from outlay.core.life import step
from outlay.core.outcome import Accepted, Paid
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.rulings import Verdict
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    BETWEEN_RAILS,
    CAREFUL_ACCOUNT,
    FINAL,
    FINAL_TWICE,
    HOUR_MS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    SENT_TWICE,
    TIMEOUT,
    TWICE_NOT_FOUND,
    after,
    again,
    asked,
    back,
    by_two,
    called,
    closed,
    late,
    ruled,
    sent,
    told,
    unnumbered,
)

LATER_MS = NOW_MS + 99
"""When the table's events come: past the end of the payout that is overdue, to the millisecond."""
LATE = (BEGIN, late(6_000), sent(TIMEOUT))
ASKED = (BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND))
TWO_WAIT = (BEGIN, sent(TIMEOUT), back("A", 60), back("B", 40), asked(FINAL, TIMEOUT))
ALL_CAME_BACK = (back("A", 60), back("B", 40))

SITUATIONS: dict[str, Payout] = {
    "in_review": after(account=CAREFUL_ACCOUNT),
    "in_review, overdue": replace(after(account=CAREFUL_ACCOUNT), expires_ms=LATER_MS),
    "reserved": after(),
    "reserved, approved": after(Approve("bob"), account=CAREFUL_ACCOUNT),
    "reserved, parked": after(Park(None, "its reference is taken")),
    "reserved, overdue": replace(after(), expires_ms=LATER_MS),
    "begun": after(BEGIN),
    "unknown": after(BEGIN, sent(TIMEOUT)),
    "accepted": after(BEGIN, sent(Accepted("CH-1"))),
    "accepted, nameless": after(BEGIN, sent(Accepted(""))),
    "not found": after(*ASKED),
    "not found, twice": after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND),
    "not found, twice, overdue": replace(after(BEGIN, sent(TIMEOUT), *TWICE_NOT_FOUND), expires_ms=LATER_MS),
    "late": after(*LATE),
    "contested": after(BEGIN, sent(TIMEOUT), Heard(1, Paid("CH-1"), amount_minor=90), asked(FINAL, TIMEOUT)),
    "came back early": after(BEGIN, sent(TIMEOUT), back("A", 60), asked(FINAL, TIMEOUT)),
    "parked": after(*ASKED, Park(1, "it is old")),
    "proposed": after(*ASKED, ruled(Verdict.NEVER_SUBMITTED, "ana")),
    "sent twice": after(*SENT_TWICE),
    "sent twice, accepted": after(*SENT_TWICE, sent(Accepted("CH-1"))),
    "sent twice, doubted": after(*SENT_TWICE, sent(NO_SUCH_ACCOUNT), asked(FINAL_TWICE, TIMEOUT)),
    "sent twice, once late": after(*SENT_TWICE, late(60_000, send=2)),
    "unnumbered": unnumbered(),
    "unnumbered, sent again": told(unnumbered(), asked(60_000, NOT_FOUND), asked(65_000, NOT_FOUND), again(65_000)),
    "between rails": after(*BETWEEN_RAILS),
    "between rails, contested": after(*BETWEEN_RAILS, Heard(1, Paid("CH-1"), amount_minor=90)),
    "between rails, alive again": after(*BETWEEN_RAILS, called(Accepted("CH-1"))),
    "between rails, came back early": after(*BETWEEN_RAILS, back("A", 60), asked(FINAL, TIMEOUT)),
    "at the second": after(*AT_THE_SECOND),
    "at the second, contested": after(*AT_THE_SECOND, called(Accepted("CH-1"))),
    "never submitted": after(*ASKED, *by_two(Verdict.NEVER_SUBMITTED)),
    "left after all": after(*ASKED, *by_two(Verdict.NEVER_SUBMITTED), late(FINAL), asked(HOUR_MS, TIMEOUT)),
    "refused by people": after(*ASKED, *by_two(Verdict.REFUSED)),
    "paid": after(BEGIN, sent(Paid("CH-1"))),
    "paid, A came back": after(BEGIN, sent(Paid("CH-1")), back("A", 60)),
    "paid, all came back": after(BEGIN, sent(Paid("CH-1")), *ALL_CAME_BACK),
    "paid, one alive": after(*AT_THE_SECOND, called(Paid("CH-1"))),
    "paid, one alive, asked": after(*AT_THE_SECOND, called(Paid("CH-1")), asked(HOUR_MS, TIMEOUT, 2)),
    "paid, twice": after(*AT_THE_SECOND, sent(Paid("CH-2"), 2), called(Paid("CH-1"))),
    "paid, after a late send": after(*LATE, called(Paid("CH-1"))),
    "paid, case closed": after(*LATE, called(Paid("CH-1")), closed(1)),
    "paid outside": after(*ASKED, *by_two(Verdict.NEVER_SUBMITTED), *by_two(Verdict.PAID_OUTSIDE)),
    "failed": after(BEGIN, sent(NO_SUCH_ACCOUNT)),
    "failed, paid after": after(BEGIN, sent(NO_SUCH_ACCOUNT), called(Paid("CH-1"))),
    "failed, given back": after(*ASKED, *by_two(Verdict.NEVER_SUBMITTED), *by_two(Verdict.GIVEN_BACK)),
    "failed, returns wait": after(*TWO_WAIT, *by_two(Verdict.REFUSED), *by_two(Verdict.GIVEN_BACK)),
    "failed, in review": after(Reject("bob", "looks odd"), account=CAREFUL_ACCOUNT),
    "cancelled": after(Cancel("ana")),
    "cancelled, in review": after(Cancel("ana"), account=CAREFUL_ACCOUNT),
    "expired": after(Expire()),
    "expired, in review": after(Expire(), account=CAREFUL_ACCOUNT),
}

Told = Event | tuple[Event, Event]
"""One event, or what two people say one after the other: the row tells what comes of the second voice."""


def decide(before: Payout, event: Told) -> tuple[Payout, Decision | No]:
    """What comes of it, and the payout as it stood right before."""
    if not isinstance(event, tuple):
        return before, step(before, event, LATER_MS)
    first = step(before, event[0], LATER_MS)
    if isinstance(first, No):
        return before, first
    return first.payout, step(first.payout, event[1], LATER_MS)


def shown(before: Payout, decided: Decision | No) -> str:
    """The result in the words of the table."""
    if isinstance(decided, No):
        return f"no {decided.name}"
    if decided == Decision(before):
        return "same"
    if decided == Decision(_as_asked(before, decided.payout)):
        return "same, asked"
    payout = decided.payout
    state: str = payout.state
    if payout.attempts:
        state = f"{state} ({', '.join(_attempt(attempt) for attempt in payout.attempts)})"
    facts = " ".join(fact.kind for fact in decided.facts)
    moved = (f"{posting.source} > {posting.target} {posting.amount_minor}" for posting in decided.postings)
    return "; ".join([f"{state}: {facts or 'WITHOUT A FACT'}", *moved, *map(_case, decided.cases)])


def _as_asked(before: Payout, now: Payout) -> Payout:
    """`before`, with the questions counted that `now` has counted."""
    asked = {one.number: (one.asked_ms, one.questions) for one in now.attempts}
    counted = ((one, *asked.get(one.number, (None, 0))) for one in before.attempts)
    attempts = tuple(replace(one, asked_ms=asked_ms, questions=questions) for one, asked_ms, questions in counted)
    return replace(before, attempts=attempts)


def _attempt(attempt: Attempt) -> str:
    return f"{attempt.state}{'!' * attempt.is_contested}"


def _case(case: Case) -> str:
    return f"case {case.kind}" if case.is_open else f"closed {case.kind}"


def read(table: str, events: Mapping[str, Told]) -> dict[tuple[str, str], str]:
    """(situation, event) -> result. A line that begins with `==` names an event; a result stands at the margin, and
    goes on after a `;` at the end of its line; below it, indented, the situations that share it, with `/` between."""
    rows: dict[tuple[str, str], str] = {}
    event = result = ""
    for line in table.strip().splitlines():
        if line.startswith("== "):
            event = line.removeprefix("== ")
            assert event in events, event
        elif line.startswith(" "):
            for situation in filter(None, (name.strip() for name in line.split("/"))):
                assert (situation, event) not in rows, (situation, event)
                rows[situation, event] = result
        elif line:
            result = f"{result} {line}" if result.endswith(";") else line
    return rows


def result_of(before: Payout, event: Told) -> str:
    return shown(*decide(before, event))


def written(events: Mapping[str, Told], result_of: Callable[[Payout, Any], str] = result_of) -> str:
    """The table as the core fills it today: to compare with, line by line, after a change. Never to be believed."""
    lines: list[str] = []
    for name, event in events.items():
        lines += ["", f"== {name}"]
        by_result: dict[str, list[str]] = {}
        for situation, before in SITUATIONS.items():
            by_result.setdefault(result_of(before, event), []).append(situation)
        for result, situations in by_result.items():
            lines += [*result.replace("; clearing", ";\nclearing").split("\n"), *_wrapped(situations)]
    return "\n".join(lines[1:])


def _wrapped(situations: list[str]) -> list[str]:
    lines = ["   "]
    for situation in situations:
        if len(lines[-1]) + len(situation) > 112:
            lines.append("   ")
        lines[-1] += f" {situation} /"
    return [line.removesuffix(" /") for line in lines]
