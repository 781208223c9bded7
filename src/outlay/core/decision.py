"""A decision about a payout: what it is from now on, and what is written with it, all in one commit.

The facts of a decision are numbered on from the payout's last one, and each brings its own postings, so that books and
history tell the same story line by line.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from outlay.core.cases import Case, CaseKind
from outlay.core.facts import Fact, FactKind
from outlay.core.ledger import Posting
from outlay.core.payout import Payout


class Entry(msgspec.Struct, frozen=True):
    """A fact, and what it moves in the books."""

    fact: Fact
    postings: tuple[Posting, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """Without entries nothing was learnt; still the payout may have changed (how often it was asked about)."""

    payout: Payout
    entries: tuple[Entry, ...] = ()
    cases: tuple[Case, ...] = ()
    """Opened or closed by this."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(entry.fact for entry in self.entries)

    @property
    def postings(self) -> tuple[Posting, ...]:
        return tuple(posting for entry in self.entries for posting in entry.postings)


def decide(
    payout: Payout, now_ms: int, kind: FactKind, data: dict[str, str], postings: tuple[Posting, ...] = ()
) -> Decision:
    """The first fact of a decision; `payout` as it is after it."""
    number = payout.fact_count + 1
    return Decision(replace(payout, fact_count=number), (Entry(Fact(number, kind, now_ms, data), postings),))


def also(
    decision: Decision,
    payout: Payout,
    now_ms: int,
    kind: FactKind,
    data: dict[str, str],
    postings: tuple[Posting, ...] = (),
) -> Decision:
    """One more fact of the same decision; `payout` as it is after it."""
    number = payout.fact_count + 1
    entry = Entry(Fact(number, kind, now_ms, data), postings)
    return replace(decision, payout=replace(payout, fact_count=number), entries=(*decision.entries, entry))


def with_case(decision: Decision, now_ms: int, kind: CaseKind, attempt_number: int | None, what: str) -> Decision:
    """Open a case in the decision's last fact, which tells of it: number, kind, and its words if it has no others."""
    payout = decision.payout
    case = Case(
        number=payout.case_count + 1,
        kind=kind,
        attempt_number=attempt_number,
        what=what,
        since_ms=now_ms,
        fact_number=payout.fact_count,
    )
    opened = replace(payout, case_count=case.number, cases=(*payout.cases, case))
    last = decision.entries[-1]
    before = last.fact.data
    ordinal = "second_" if " " in before.get("case", "") else ""
    data = before | {f"{ordinal}case": f"{case.number} {kind.value}"}
    if ordinal or what not in (before.get("said"), before.get("why")):
        data[f"{ordinal}what"] = what
    entries = (*decision.entries[:-1], replace(last, fact=replace(last.fact, data=data)))
    return Decision(opened, entries, (*decision.cases, case))


def has_case(payout: Payout, kind: CaseKind, attempt_number: int | None, what: str) -> bool:
    """Whether this was told before, be the case closed or not."""
    return any(
        case.kind is kind and case.attempt_number == attempt_number and case.what == what for case in payout.cases
    )
