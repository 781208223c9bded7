"""`outlay case …`: contradictions and dead ends that only people may close.

A case is named `PAYOUT:NUMBER`; the payout is named as in every other command. That the database has lost time is
told there too, under the name `EPOCH:NUMBER` (cli.epochs). A closed case is never opened again:
what is heard anew opens another.

Leaves to others: what a case means (present.words), what may be said of it (core.ruling), who says so (cli.people).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from outlay.cli.choice import OfAccountOption, account_filter, chosen_payout
from outlay.cli.common import (
    CommandFailed,
    DataOption,
    JsonOption,
    amount_from,
    name_from,
    refused,
    text_from,
    with_looks,
    with_runtime,
)
from outlay.cli.epochs import close_one, epoch_number, epoch_text
from outlay.cli.output import add, out, print_json, table
from outlay.cli.people import ByOption, decided_by
from outlay.cli.settle import NoteOption, refused_ruling, say_proposed
from outlay.cli.timeline import state_text, tables
from outlay.cli.work import unreadable_text
from outlay.core.cases import Case, CaseKind, Remedy
from outlay.core.epoch import EpochRow
from outlay.core.help_lines import case_name, remedy_text, remedy_word
from outlay.core.payout import Payout
from outlay.core.refusal import No, Objection
from outlay.core.ruling import needs_two, possible_remedies
from outlay.core.rulings import Ruling, Verdict
from outlay.core.shown import CaseOfPayout, PayoutShown, Waits
from outlay.core.unreadable import UnreadablePayout
from outlay.core.waiting import WaitingFor
from outlay.present.cases import age_ms, case_list_document, case_ruled_document, case_shown_document
from outlay.present.durations import span_text
from outlay.present.values import money, utc_text
from outlay.present.words import CASES, case_state_words, helps
from outlay.process.settings import Settings
from outlay.service.operator.cases import case_of, list_cases, list_epochs
from outlay.service.operator.payouts import read_waits, show_payout
from outlay.service.operator.rule_payout import Ruled, rule_payout
from outlay.service.operator.work import list_unreadable
from outlay.service.runtime import Looking, Runtime

if TYPE_CHECKING:
    from rich.table import Table

WIDE_ENOUGH: Final = 170
"""Columns of a terminal from which on the account's id stands beside each case."""

app = typer.Typer(help="Contradictions and dead ends that only people may close.", no_args_is_help=True)

CaseArgument = Annotated[
    str,
    typer.Argument(
        help="The payout's id as any API shows it, or its reference, then a colon and the case's number.",
        metavar="PAYOUT:NUMBER",
    ),
]


class RemedyChoice(StrEnum):
    """As it is typed."""

    NOTHING = "nothing"
    PAID_BY_MERCHANT = "paid-by-merchant"
    PAID_BY_US = "paid-by-us"
    BACK_TO_MERCHANT = "back-to-merchant"
    BACK_TO_US = "back-to-us"


@app.command("list")
def list_open(
    account: OfAccountOption = None,
    kind: Annotated[CaseKind | None, typer.Option(help="Only of this kind.")] = None,
    closed_too: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cases that wait for a person, the oldest first, each with the command that helps."""
    account_id = account_filter(account)

    async def work(looks: Looking) -> tuple[Sequence[CaseOfPayout | UnreadablePayout] | No, Waits]:
        found = await list_cases(looks, account_id=account_id, kind=kind, closed_too=closed_too, limit=limit + 1)
        listed = () if isinstance(found, No) else found
        return found, await read_waits(looks, [each.payout for each in listed if isinstance(each, CaseOfPayout)])

    async def epochs(looks: Looking) -> Sequence[EpochRow]:
        return await list_epochs(looks, closed_too=closed_too) if account is None and kind is None else ()

    async def unreadable(looks: Looking) -> Sequence[UnreadablePayout]:
        return await list_unreadable(looks, account_id) if kind is None else ()

    async def all_of_it(
        looks: Looking,
    ) -> tuple[Sequence[CaseOfPayout | UnreadablePayout] | No, Waits, Sequence[EpochRow], Sequence[UnreadablePayout]]:
        return *await work(looks), await epochs(looks), await unreadable(looks)

    found, waits, lost, noted = with_looks(data, all_of_it)
    if isinstance(found, No):
        refused(found)
    more = len(found) > limit
    shown = [each for each in found[:limit] if isinstance(each, CaseOfPayout)]
    # As the workers have met it, where they have.
    met = [each for each in found[:limit] if isinstance(each, UnreadablePayout)]
    unread = {(each.account_id, each.payout_id): each for each in (*met, *noted)}.values()
    if as_json:
        print_json(case_list_document(shown, waits, lost, unread, more=more))
        return
    for text in (*map(epoch_text, lost), *map(unreadable_text, unread)):
        out.say(text)
    if not shown and (lost or unread):
        return
    if not shown:
        out.say("no such cases" if closed_too or kind else "no case is open")
        return
    out.show(_cases_table(shown, waits, with_account=account is None and out.width >= WIDE_ENOUGH))
    for each in shown:
        if help_text := helps(each.payout, each.case):
            out.say(f"{case_name(each.payout, each.case)}  {help_text}")
    if more:
        out.say(f"these are the oldest {limit}; there are more: --limit shows more of them")


def _cases_table(cases: Sequence[CaseOfPayout], waits: Waits, *, with_account: bool) -> Table:
    account = ["account"] if with_account else []
    headings = ["case", *account, "reference", "amount", "", "payout is", "means", "what", "since", "state"]
    shown = table(*headings, right=["amount"])
    for each in cases:
        payout, case = each.payout, each.case
        age = f"{span_text(age_ms(case, waits.now_ms))} ago"
        add(
            shown,
            case_name(payout, case),
            *([payout.account_id] if with_account else []),
            payout.reference,
            money(payout.amount_minor, payout.currency),
            payout.currency,
            state_text(payout),
            CASES[case.kind],
            case.what,
            age,
            case_state_words(payout, case),
        )
    return shown


@app.command()
def show(
    case: CaseArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """One case, and everything that happened to its payout."""
    account_id = account_filter(account)
    named, number = _name_and_number(case)

    async def work(looks: Looking) -> tuple[PayoutShown, Case]:
        payout = await chosen_payout(looks, named, account_id)
        return await show_payout(looks, payout), _found(payout, number)

    shown, found = with_looks(data, work)
    payout = shown.history.payout
    if as_json:
        print_json(case_shown_document(shown, found))
        return
    out.show(_head(payout, found))
    for part in tables(shown):
        out.show(part)


def _head(payout: Payout, case: Case) -> Table:
    head = table("case", case_name(payout, case))
    add(head, "means", CASES[case.kind])
    add(head, "what", case.what)
    add(head, "attempt", case.attempt_number)
    add(head, "since", f"{utc_text(case.since_ms)} UTC, fact {case.fact_number}")
    add(head, "state", case_state_words(payout, case))
    if help_text := helps(payout, case):
        add(head, "what helps", help_text)
    return head


@app.command()
def close(
    case: CaseArgument,
    by: ByOption,
    note: NoteOption,
    remedy: Annotated[
        RemedyChoice,
        typer.Option(
            help="What moves in the books. paid-by-merchant, paid-by-us: the rail paid what the books do not show, and "
            "the merchant, or we, bear it. back-to-merchant, back-to-us: the rail did not pay, or gave back, what the "
            "books do not show, and the merchant, or we, get it."
        ),
    ] = RemedyChoice.NOTHING,
    amount: Annotated[
        str | None, typer.Option(help="How much the remedy moves (default: the payout's amount).", metavar="AMOUNT")
    ] = None,
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a case. About money the first person proposes, and another who says the same decides."""
    account_id, name, text = account_filter(account), name_from(by), text_from(note, "the note")
    if (epoch := epoch_number(case)) is not None:
        if remedy is not RemedyChoice.NOTHING or amount is not None:
            raise CommandFailed(f"{case} is about no payout's money: close it without --remedy and --amount")
        close_one(data, epoch, name, text, as_json=as_json)
        return
    named, number = _name_and_number(case)

    async def work(runtime: Runtime, settings: Settings) -> tuple[Payout, Ruling, Ruled | No, WaitingFor]:
        payout = await chosen_payout(runtime, named, account_id)
        ruling = _ruling(payout, number, remedy, amount)
        _found(payout, number)
        person = await decided_by(runtime, settings, name, as_json=as_json, needs_two=needs_two(payout, ruling))
        ruled = await rule_payout(runtime, payout, ruling, person, text)
        now = payout if isinstance(ruled, No) else ruled.payout
        return payout, ruling, ruled, (await read_waits(runtime, [now])).of(now)

    before, ruling, ruled, waiting = with_runtime(data, work)
    if ruled is Objection.REMEDY_IMPOSSIBLE:
        raise CommandFailed(_impossible(before, _found(before, number)))
    if isinstance(ruled, No):
        refused_ruling(ruled, waiting)
    payout, closed = ruled.payout, _found(ruled.payout, number)
    if as_json:
        print_json(case_ruled_document(payout, closed, ruling, waiting, is_decided=ruled.is_decided))
    elif ruled.is_decided:
        moved = remedy_text(payout, ruling.remedy, ruling.amount_minor)
        out.say(f"case {case_name(payout, closed)} is closed by {' and '.join(closed.by)}: {moved}")
    else:
        say_proposed(before, payout, ruling)


def _impossible(payout: Payout, case: Case) -> str:
    remedies = possible_remedies(payout, case)
    if not remedies:
        return f"case {case_name(payout, case)} is about no money: close it without --remedy"
    words = ", ".join(map(remedy_word, remedies))
    most = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    return f"this remedy is impossible here: --remedy can be {words}, and moves at most {most}"


def _name_and_number(text: str) -> tuple[str, int]:
    named, colon, number = text.rpartition(":")
    if not colon or not named or not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise CommandFailed(
            f"{text} names no case: write the payout, a colon and the case's number, such as 2123973610982191104:1; "
            "`outlay case list` shows all that are open"
        )
    return named, int(number)


def _found(payout: Payout, number: int) -> Case:
    found = case_of(payout, number)
    if found is None:
        raise CommandFailed(
            f"payout {payout.payout_id} has no case {number}; `outlay payout show {payout.payout_id}` lists its cases"
        )
    return found


def _ruling(payout: Payout, number: int, choice: RemedyChoice, amount: str | None) -> Ruling:
    remedy = Remedy[choice.name]
    if remedy is Remedy.NOTHING:
        if amount is not None:
            raise CommandFailed("--amount is how much the remedy moves: say which --remedy")
        return Ruling(Verdict.CLOSE_CASE, case_number=number)
    minor = payout.amount_minor if amount is None else amount_from(amount, payout.currency)
    return Ruling(Verdict.CLOSE_CASE, case_number=number, remedy=remedy, amount_minor=minor)
