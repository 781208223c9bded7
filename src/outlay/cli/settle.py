"""`outlay payout settle`: two people say what became of a payout's money where no rail will.

Leaves to others: whether it may be said (core.ruling), who says so (cli.people).

The trap: nothing here pays. It writes down what has happened elsewhere, and only where no attempt can deny it.
"""

from __future__ import annotations

from typing import Annotated, Final, NoReturn

import typer

from outlay.cli.choice import OfAccountOption, PayoutArgument, account_filter, chosen_payout
from outlay.cli.common import CommandFailed, DataOption, JsonOption, name_from, text_from, with_runtime
from outlay.cli.output import out, print_json
from outlay.cli.people import ByOption, decided_by
from outlay.cli.timeline import state_text
from outlay.core.help_lines import FLAGS, ruling_text, same_again
from outlay.core.payout import Payout
from outlay.core.refusal import No, Objection
from outlay.core.ruling import PROPOSAL_LASTS_MS
from outlay.core.rulings import Ruling, Verdict
from outlay.core.schedule import DAY_MS
from outlay.core.waiting import WaitingFor, Who
from outlay.present.cases import settled_document
from outlay.present.values import money
from outlay.present.words import helping_words, refusal_words
from outlay.process.settings import Settings
from outlay.service.operator.payouts import read_waits
from outlay.service.operator.rule_payout import Ruled, rule_payout
from outlay.service.runtime import Runtime

_BEFORE_IT: Final = frozenset(
    {
        Objection.NOTHING_TO_SETTLE,
        Objection.EVIDENCE_AGAINST,
        Objection.NOT_ASKED_SINCE,
        Objection.ATTEMPT_NOT_DEAD,
        Objection.MONEY_STILL_OPEN,
    }
)
"""Refused because something else of the payout comes first."""

NoteOption = Annotated[
    str, typer.Option(help="What you have looked at; goes on record.", metavar="TEXT", show_default=False)
]


def settle(
    payout: PayoutArgument,
    by: ByOption,
    note: NoteOption,
    paid: Annotated[bool, typer.Option("--paid", help="The rail's own statement shows that it paid.")] = False,
    never_submitted: Annotated[
        bool, typer.Option("--never-submitted", help="The rail says that it never had the order: the attempt is dead.")
    ] = False,
    was_refused: Annotated[
        bool, typer.Option("--refused", help="The rail says that it did not pay and will not: the attempt is dead.")
    ] = False,
    paid_outside: Annotated[
        bool, typer.Option("--paid-outside", help="Paid by other means; only where every attempt is dead.")
    ] = False,
    give_back: Annotated[
        bool, typer.Option("--give-back", help="Nothing was paid, it fails; only where every attempt is dead.")
    ] = False,
    rail_reference: Annotated[
        str | None,
        typer.Option(help="What the payment is called there; with --paid or --paid-outside.", metavar="TEXT"),
    ] = None,
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what became of the money. The first person proposes; another who says the same decides."""
    flags = {
        Verdict.PAID: paid,
        Verdict.NEVER_SUBMITTED: never_submitted,
        Verdict.REFUSED: was_refused,
        Verdict.PAID_OUTSIDE: paid_outside,
        Verdict.GIVEN_BACK: give_back,
    }
    ruling = _ruling([verdict for verdict, is_said in flags.items() if is_said], rail_reference)
    account_id, name, text = account_filter(account), name_from(by), text_from(note, "the note")

    async def work(runtime: Runtime, settings: Settings) -> tuple[Payout, Ruled | No, WaitingFor]:
        chosen = await chosen_payout(runtime, payout, account_id)
        person = await decided_by(runtime, settings, name, as_json=as_json, needs_two=True)
        ruled = await rule_payout(runtime, chosen, ruling, person, text)
        now = chosen if isinstance(ruled, No) else ruled.payout
        return chosen, ruled, (await read_waits(runtime, [now])).of(now)

    before, ruled, waiting = with_runtime(data, work)
    if isinstance(ruled, No):
        refused_ruling(ruled, waiting)
    if as_json:
        print_json(settled_document(ruled.payout, ruling, waiting, is_decided=ruled.is_decided))
    elif ruled.is_decided:
        _say_decided(ruled.payout, ruling, waiting)
    else:
        say_proposed(before, ruled.payout, ruling)


def _ruling(said: list[Verdict], rail_reference: str | None) -> Ruling:
    if len(said) != 1:
        raise typer.BadParameter(f"give exactly one of {', '.join(FLAGS.values())}")
    if rail_reference is None:
        return Ruling(said[0])
    if said[0] not in (Verdict.PAID, Verdict.PAID_OUTSIDE):
        raise CommandFailed("--rail-reference is the name of what was paid: it goes with --paid or --paid-outside only")
    return Ruling(said[0], text_from(rail_reference, "the rail's reference"))


def say_proposed(before: Payout, now: Payout, ruling: Ruling) -> None:
    """What was proposed, whose other proposal it takes the place of, and the way to decide it."""
    other = before.pending.proposal
    if other is not None and other.ruling != ruling:
        out.say(f"this takes the place of what {other.by} proposed: {ruling_text(now, other.ruling)}")
    out.say(f"proposed: {ruling_text(now, ruling)}")
    days = PROPOSAL_LASTS_MS // DAY_MS
    out.say(f"nothing is decided yet; within {days} days another person says the same with: {same_again(now, ruling)}")


def refused_ruling(refusal: No, waiting: WaitingFor) -> NoReturn:
    """What is not to be said now, with what the payout waits for instead."""
    said = refusal_words(refusal)
    raise CommandFailed(f"{said}; {helping_words(waiting)}" if refusal in _BEFORE_IT else said)


def _say_decided(payout: Payout, ruling: Ruling, waiting: WaitingFor) -> None:
    amount = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    out.say(f"decided: {ruling_text(payout, ruling)}; payout {payout.payout_id} of {amount} is ", state_text(payout))
    if waiting.who is not Who.NOBODY:
        out.say(f"now {helping_words(waiting)}")
