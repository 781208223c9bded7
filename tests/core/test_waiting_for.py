"""What every payout waits for: a table over all situations, laws over whole lives, and the times that people are shown.

The trap: a line that helps is only text to the core. So each is parsed here as the command line itself parses it, and
what it says is told to the core, which must take it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import typer.main
from msgspec.structs import replace

from outlay.cli.main import app
from outlay.core import life
from outlay.core.cases import Remedy
from outlay.core.decision import Decision
from outlay.core.epoch import Epoch
from outlay.core.events import Approve, Cancel, Event, Heard, Park, Reject, Rule, Source
from outlay.core.help_lines import FLAGS
from outlay.core.life import step
from outlay.core.outcome import Accepted
from outlay.core.payout import Payout
from outlay.core.progress import Review, State
from outlay.core.refusal import No
from outlay.core.ruling import PROPOSAL_LASTS_MS, waiting_proposal
from outlay.core.rulings import Ruling, Verdict
from outlay.core.schedule import DAY_MS, ask_at_ms
from outlay.core.waiting import WaitingFor, What, Who, waiting_for
from tests.core.payout_laws import UNENDED
from tests.core.payout_stories import (
    BEGIN,
    BETWEEN_RAILS,
    CAREFUL_ACCOUNT,
    FINAL,
    NOT_FOUND,
    NOW_MS,
    RAIL,
    RAILS,
    SECOND_RAIL,
    TIMEOUT,
    accept,
    after,
    asked,
    at,
    closed,
    ruled,
    sent,
    told,
)
from tests.core.payout_table import LATER_MS, SITUATIONS
from tests.core.payout_world import Core, live
from tests.support.rows import each_row

REAL_MS = LATER_MS + 200_000
"""When the table is read, in real time: nothing of any send can be on its way any more."""
FIRST_REAL_MS = 1_700_000_000_000
"""Of the lives."""
ALL = SITUATIONS | {
    "reserved, parked, proposed": after(Park(None, "taken"), ruled(Verdict.PAID_OUTSIDE, "ana")),
    "between rails, proposed": after(*BETWEEN_RAILS, ruled(Verdict.GIVEN_BACK, "ana")),
    "between rails, parked": after(*BETWEEN_RAILS, Park(None, "taken")),
    "paid twice, proposed": told(SITUATIONS["paid, twice"], closed(1, Remedy.PAID_BY_US, 100)),
}
EXPECTED = """
in_review                      review, approver, 0, 3600000: approve / reject
in_review, overdue             to_expire, nobody, 99, 99
reserved                       to_be_sent, nobody, 0, 99
reserved, approved             to_be_sent, nobody, 0, 99
reserved, parked               cannot_be_sent, operator, 1, 94737794: cancel / --paid-outside
reserved, overdue              to_expire, nobody, 99, 99
begun                          being_sent, rail, 1, 99
unknown                        outcome_unknown, rail, 2, 99
accepted                       taken_by_rail, rail, 1, 99
accepted, nameless             taken_by_rail, rail, 1, 99
not found                      outcome_unknown, rail, 2, 99
not found, twice               outcome_unknown, rail, 2, 99
not found, twice, overdue      outcome_unknown, rail, 2, 99
late                           outcome_unknown, rail, 3, 99
contested                      contradiction, operator, 3, 99: --paid / --refused
came back early                contradiction, operator, 3, 99: --paid / --refused
parked                         parked, operator, 4, 91283396: --never-submitted / --paid / --refused
proposed                       second_person, approver, 4, 604800004: --never-submitted
sent twice                     outcome_unknown, rail, 2, 99
sent twice, accepted           taken_by_rail, rail, 1, 99
sent twice, doubted            outcome_unknown, rail, 2, 99
sent twice, once late          outcome_unknown, rail, 2, 99
unnumbered                     outcome_unknown, rail, 0, 99
unnumbered, sent again         outcome_unknown, rail, 0, 99
between rails                  to_be_sent, nobody, 1, 99
between rails, contested       contradiction, operator, 3, 99: --paid
between rails, alive again     contradiction, operator, 3, 99: --paid
between rails, came back early contradiction, operator, 3, 99: --refused / --paid
at the second                  being_sent, rail, 3, 99
at the second, contested       being_sent, rail, 3, 99
never submitted                none_alive, operator, 5, never: --give-back / --paid-outside
left after all                 parked, operator, 5, 91537096: --paid / --refused
refused by people              none_alive, operator, 5, never: --give-back / --paid-outside
paid                           nothing, nobody, 2, never
paid, A came back              nothing, nobody, 2, never
paid, all came back            nothing, nobody, 2, never
paid, one alive                being_sent, rail, 3, 99
paid, one alive, asked         outcome_unknown, rail, 5, 4352208
paid, twice                    case, operator, 5, never: show / nothing / paid-by-merchant / paid-by-us
paid, after a late send        case, operator, 2, never: show / close
paid, case closed              nothing, nobody, 4, never
paid outside                   case, operator, 5, never: show / close
failed                         nothing, nobody, 2, never
failed, paid after             case, operator, 3, never: show / nothing / paid-by-merchant / paid-by-us
failed, given back             case, operator, 5, never: show / close
failed, returns wait           case, operator, 3, never: show / nothing / back-to-merchant / back-to-us
failed, in review              nothing, nobody, 1, never
cancelled                      nothing, nobody, 1, never
cancelled, in review           nothing, nobody, 1, never
expired                        nothing, nobody, 1, never
expired, in review             nothing, nobody, 1, never
reserved, parked, proposed     second_person, approver, 2, 604800002: --paid-outside
between rails, proposed        to_be_sent, nobody, 1, 99
between rails, parked          cannot_be_sent, operator, 3, 94737794: --give-back / --paid-outside
paid twice, proposed           second_person, approver, 1, 604800001: paid-by-us --amount 1.00
"""
"""Situation, then what, who, since and next (milliseconds after the order), and the commands in short."""


def shown(waiting: WaitingFor) -> str:
    next_at = "never" if waiting.next_ms is None else waiting.next_ms - NOW_MS
    said = f"{waiting.what}, {waiting.who}, {waiting.since_ms - NOW_MS}, {next_at}"
    return f"{said}: {' / '.join(map(_in_short, waiting.lines))}" if waiting.lines else said


def _in_short(line: str) -> str:
    """Without what is the same in all."""
    said = re.sub(r" --(by NAME|note TEXT|why TEXT)", "", line)
    return re.sub(r"^outlay (payout settle 42 |case close 42:1 --remedy |\w+ (?=\w))| 42(:1)?$", "", said)


@each_row("situation", ALL)
def test_every_situation_waits_for_what_the_table_says(situation: str) -> None:
    rows = {line[:31].strip(): line[31:] for line in EXPECTED.strip().splitlines()}
    assert list(rows) == list(ALL)
    assert shown(waiting_for(ALL[situation], LATER_MS, REAL_MS)) == rows[situation]


def check(payout: Payout, now_ms: int, real_ms: int) -> WaitingFor:
    """The laws."""
    waiting = waiting_for(payout, now_ms, real_ms)
    is_open = any(case.is_open for case in payout.cases) or waiting_proposal(payout, now_ms, real_ms) is not None
    assert (waiting.what is What.NOTHING) == (payout.state not in UNENDED and not is_open), waiting
    is_ours = waiting.what in (What.TO_BE_SENT, What.TO_EXPIRE)
    assert (waiting.who is Who.NOBODY) == (is_ours or waiting.what is What.NOTHING), waiting
    is_people = waiting.who in (Who.APPROVER, Who.OPERATOR)
    assert waiting.next_ms is not None or is_people or waiting.what is What.NOTHING, waiting
    assert (waiting.command is not None) == is_people, waiting
    assert waiting.next
    for line in waiting.lines:
        taken_by_the_core(payout, line, now_ms, real_ms)
    return waiting


def taken_by_the_core(payout: Payout, line: str, now_ms: int, real_ms: int) -> None:
    """What the line says can be said now, by somebody who has said nothing yet."""
    _, group, name, about, *words = shlex.split(line)
    assert about.partition(":")[0] == str(payout.payout_id)
    event: Event
    match group, name:
        case "review", _:
            event = Approve("zoe") if name == "approve" else Reject("zoe", "odd")
        case "payout", "cancel":
            event = Cancel("zoe")
        case "payout", "settle":
            (verdict,) = (verdict for verdict, flag in FLAGS.items() if flag in words)
            event = Rule(Ruling(verdict), "zoe", "seen", real_ms)
        case "case", "close":
            chosen = words[words.index("--remedy") + 1] if "--remedy" in words else "nothing"
            remedy = Remedy(chosen.replace("-", "_"))
            minor = 0 if remedy is Remedy.NOTHING else payout.amount_minor
            event = Rule(Ruling(Verdict.CLOSE_CASE, "", int(about.split(":")[1]), remedy, minor), "zoe", "", real_ms)
        case "case", "show":
            return
    said = step(payout, event, now_ms)
    assert not isinstance(said, No), (line, said)


def test_the_laws_hold_in_every_situation_whatever_time_it_is() -> None:
    for payout in ALL.values():
        for days in (0, 1, 400):
            check(payout, LATER_MS + days * DAY_MS, REAL_MS + days * DAY_MS)


def test_the_laws_hold_after_every_step_of_known_lives_which_come_to_everything_that_is_waited_for() -> None:
    seen: set[What] = set()
    lines: set[str] = set()

    def watch(decided: Decision | No, now_ms: int) -> Decision | No:
        if isinstance(decided, Decision) and decided.entries:
            payout = decided.payout
            waiting = check(payout, now_ms, FIRST_REAL_MS + DAY_MS)
            seen.add(waiting.what)
            lines.update(line.replace(f" {payout.payout_id}", " 42", 1) for line in waiting.lines)
        return decided

    def order(*asked: Any, **named: Any) -> Decision | No:
        return watch(life.order(*asked, **named), asked[-1])

    live(Core(order, lambda payout, event, now_ms: watch(step(payout, event, now_ms), now_ms)), 15)
    assert seen == set(What) - {What.ASKED_FIRST}, "no time is lost in these lives"
    for line in lines:
        parsed(line)


def test_what_is_asked_about_first_waits_for_the_rail_and_once_it_is_parked_for_an_operator() -> None:
    epoch = Epoch(2, at(0))
    for payout in (after(), after(account=CAREFUL_ACCOUNT), after(*BETWEEN_RAILS), SITUATIONS["never submitted"]):
        number, rail = len(payout.attempts) + 1, RAIL if payout.rail == RAIL.name else SECOND_RAIL
        question = Heard(number, NOT_FOUND, Source.ASK, "question 1", asked_ms=at(0), rail=rail, rails=RAILS)
        asked_about = accept(step(payout, question, LATER_MS, epoch)).payout
        waiting = waiting_for(asked_about, LATER_MS, at(99))
        assert (waiting.what, waiting.who, waiting.lines) == (What.ASKED_FIRST, Who.RAIL, ())
        assert (waiting.since_ms, waiting.next_ms is not None) == (NOW_MS, True)
        parked = accept(step(asked_about, Park(None, "silent"), LATER_MS, epoch)).payout
        stuck = waiting_for(parked, LATER_MS, at(99))
        assert (stuck.what, stuck.who) == (What.ASKED_FIRST, Who.OPERATOR)
        assert stuck.command == f"outlay case show 42:{parked.case_count}"
        for line in stuck.lines:
            parsed(line)
            taken_by_the_core(parked, line, LATER_MS, REAL_MS)


# the lines are commands


@cache
def _leaf(*path: str) -> Any:
    command: Any = typer.main.get_command(app)
    for part in path:
        command = command.commands[part]
    return command


def parsed(line: str) -> Mapping[str, Any]:
    """What the command line reads in it. Raises where it would say that the command is mistyped."""
    program, group, name, *words = shlex.split(line)
    assert program == "outlay"
    return dict(_leaf(group, name).make_context(name, words).params)


def test_a_command_that_is_mistyped_would_be_noticed_here() -> None:
    assert parsed("outlay payout cancel 42 --by NAME")["payout"] == "42"
    for line in ("outlay payout cancel 42", "outlay payout cancel 42 --by NAME --now"):
        with pytest.raises(Exception, match=r"Missing parameter|No such option"):
            parsed(line)


@each_row("situation", ALL)
def test_every_command_that_is_named_is_one_that_the_command_line_takes(situation: str) -> None:
    for line in waiting_for(ALL[situation], LATER_MS, REAL_MS).lines:
        assert "42" in str(parsed(line))


def test_a_second_person_is_given_exactly_what_the_first_one_said() -> None:
    name = "it's 7; rm -rf"
    payout = after(BEGIN, sent(TIMEOUT), ruled(Verdict.PAID, "ana", name=name))
    waiting = waiting_for(payout, LATER_MS, REAL_MS)
    assert waiting.command is not None
    said = parsed(waiting.command)
    assert (said["paid"], said["was_refused"], said["rail_reference"]) == (True, False, name)
    assert (waiting.since_ms, waiting.next_ms) == (NOW_MS + 3, NOW_MS + 3 + PROPOSAL_LASTS_MS)
    assert "ana proposed" in waiting.next
    lapsed = waiting_for(payout, NOW_MS + 4 + PROPOSAL_LASTS_MS, REAL_MS)
    assert lapsed.what is What.OUTCOME_UNKNOWN


# times


def test_the_next_question_is_counted_from_the_last_one() -> None:
    payout = after(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND))
    (attempt,) = payout.attempts
    waiting = waiting_for(payout, LATER_MS, at(FINAL))
    assert waiting.next_ms == LATER_MS + ask_at_ms(payout, attempt, at(FINAL)) - at(FINAL)
    a_second_later = waiting_for(payout, LATER_MS + 1_000, at(FINAL) + 1_000)
    assert a_second_later.next_ms == waiting.next_ms, "it does not go away as time comes"
    assert waiting_for(payout, LATER_MS + DAY_MS, at(DAY_MS)).next_ms == LATER_MS + DAY_MS, "overdue is now"


def test_a_clock_that_was_moved_ahead_shows_the_times_of_the_installation() -> None:
    payout, ahead_ms = after(BEGIN, sent(TIMEOUT), asked(FINAL, NOT_FOUND)), 3 * DAY_MS
    plain, moved = (waiting_for(payout, at(FINAL) + ms, at(FINAL)).next_ms for ms in (0, ahead_ms))
    assert plain is not None
    assert moved == plain + ahead_ms


def test_what_the_workers_list_says_is_believed() -> None:
    for payout in (after(), after(BEGIN), after(BEGIN, sent(TIMEOUT)), SITUATIONS["parked"]):
        assert waiting_for(payout, LATER_MS, REAL_MS, due_ms=LATER_MS + 7).next_ms == LATER_MS + 7
    assert waiting_for(SITUATIONS["in_review"], LATER_MS, REAL_MS, due_ms=7).next_ms == NOW_MS + 3_600_000


def test_a_payout_that_was_approved_waits_to_be_sent_since_then() -> None:
    approved = after(Approve("bob"), account=CAREFUL_ACCOUNT)
    assert (approved.review, approved.state) == (Review.APPROVED, State.RESERVED)
    assert waiting_for(approved, LATER_MS, REAL_MS, told_ms=NOW_MS + 1).since_ms == NOW_MS + 1
    assert waiting_for(approved, LATER_MS, REAL_MS).since_ms == approved.created_ms


def test_an_order_that_is_overdue_and_was_sent_does_not_expire() -> None:
    for payout in (after(BEGIN), after(BEGIN, sent(Accepted("CH-1")))):
        overdue = replace(payout, expires_ms=NOW_MS)
        assert waiting_for(overdue, LATER_MS, REAL_MS).who is Who.RAIL


def test_what_cannot_be_sent_waits_for_an_operator_also_when_it_is_overdue() -> None:
    overdue = replace(after(Park(None, "taken")), expires_ms=NOW_MS)
    assert waiting_for(overdue, LATER_MS, REAL_MS).what is What.CANNOT_BE_SENT
