"""What `payout show` tells of a payout: nothing that was recorded of its sends, questions and evidence is left out."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from outlay.cli.timeline import tables
from outlay.core.events import Event, Heard, Park
from outlay.core.facts import Fact
from outlay.core.history import History
from outlay.core.life import step
from outlay.core.outcome import Accepted, Paid
from outlay.core.payout import Payout
from outlay.core.ruling import waiting_proposal
from outlay.core.rulings import Verdict
from outlay.core.shown import PayoutShown
from outlay.core.waiting import waiting_for
from outlay.present.values import utc_text
from tests.core.payout_stories import (
    AT_THE_SECOND,
    BEGIN,
    DAY_MS,
    FINAL,
    FINAL_TWICE,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    NOW_MS,
    SENT_TWICE,
    TIMEOUT,
    accept,
    asked,
    at,
    back,
    by_two,
    called,
    closed,
    late,
    ordered,
    ruled,
    sent,
)

STORIES: dict[str, tuple[Event, ...]] = {
    "sent twice, once late, refused once": (*SENT_TWICE, late(60_000, send=2), sent(NO_SUCH_ACCOUNT)),
    "not found, parked, proposed": (
        BEGIN,
        sent(TIMEOUT),
        asked(FINAL, NOT_FOUND),
        Park(1, "it is old"),
        ruled(Verdict.NEVER_SUBMITTED, "ana"),
    ),
    "given back by two, paid after": (
        *(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND), *by_two(Verdict.NEVER_SUBMITTED), *by_two(Verdict.GIVEN_BACK)),
        called(Paid("CH-1")),
        closed(1),
    ),
    "at the second rail, the first contested": (*AT_THE_SECOND, called(Accepted("CH-1"))),
    "another amount, and money back early": (
        *(BEGIN, sent(TIMEOUT), Heard(1, Paid("CH-9"), evidence="notice 7", amount_minor=90), back("A", 60)),
        asked(FINAL_TWICE, TIMEOUT),
    ),
}


def lived(events: tuple[Event, ...]) -> tuple[Payout, tuple[Fact, ...]]:
    payout, facts = ordered(), ()
    for tick, event in enumerate(events, 1):
        decided = accept(step(payout, event, NOW_MS + tick))
        payout, facts = decided.payout, (*facts, *decided.facts)
    return payout, facts


def told(payout: Payout, facts: tuple[Fact, ...]) -> str:
    now_ms, real_ms = NOW_MS + 99, at(DAY_MS)
    history = History(payout, facts, (), waiting_proposal(payout, now_ms, real_ms))
    paper = io.StringIO()
    console = Console(file=paper, width=400)
    for table in tables(PayoutShown(history, waiting_for(payout, now_ms, real_ms))):
        console.print(table)
    return paper.getvalue()


@pytest.mark.parametrize("story", STORIES)
def test_every_send_question_answer_case_and_ruling_is_shown(story: str) -> None:
    payout, facts = lived(STORIES[story])
    text = told(payout, facts)
    rows = [" ".join(line.split()) for line in text.splitlines()]
    for fact in facts:
        assert f"{fact.number} {utc_text(fact.at_ms)} {fact.kind.value.replace('_', ' ')}" in " ".join(rows)
        for value in fact.data.values():
            assert value in text or value.isdecimal(), (fact, value)
    for attempt in payout.attempts:
        for send in attempt.sends:
            left = "late" if send.is_late else "in time, or not at all"
            row = f"{attempt.number} {send.number} {utc_text(send.at_ms)} {left} {utc_text(send.final_ms)}"
            assert row in rows
        questions = f"{attempt.questions}× {utc_text(attempt.asked_ms)}".rstrip() if attempt.questions else "never"
        heard = [row for row in rows if row.startswith(f"{attempt.number} ") and questions in row]
        assert heard, (attempt, text)
        known = [*attempt.rail_references, *attempt.refusals.splitlines(), *map(utc_text, attempt.not_found_ms)]
        assert all(each in text for each in known)
        assert ("contested" in text) or not attempt.is_contested
    for case in payout.cases:
        assert f"{payout.payout_id}:{case.number} {utc_text(case.since_ms)}" in " ".join(rows)
        assert case.what in text
        assert all(each in text for each in (*case.by, case.note))
    for early in payout.pending.early:
        assert f"came back early 0.{early.amount_minor} BRL as {early.number}" in " ".join(rows)


def test_the_stories_have_late_sends_questions_refusals_returns_cases_and_rulings() -> None:
    payouts = [lived(events)[0] for events in STORIES.values()]
    attempts = [attempt for payout in payouts for attempt in payout.attempts]
    assert any(send.is_late for attempt in attempts for send in attempt.sends)
    for told_of in ("questions", "refusals", "rail_references", "not_found_ms", "is_contested"):
        assert any(getattr(attempt, told_of) for attempt in attempts), told_of
    assert {case.is_open for payout in payouts for case in payout.cases} == {True, False}
    assert any(payout.pending.early for payout in payouts)
    assert any(payout.pending.proposal for payout in payouts)
