"""`outlay rail …`: what is known here of the rails. Which ones an account uses is set by `outlay account rails`; a rail
itself is changed by no command yet (docs/operations.md tells how).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from outlay.cli.common import CommandFailed, DataOption, JsonOption, text_from, with_looks
from outlay.cli.output import add, out, print_json, table
from outlay.core.rail import INTERNAL_KIND, NotTheseRails, RailRecord, RailShown
from outlay.present.durations import exact_text
from outlay.present.rails import rail_list_document, rail_shown_document
from outlay.present.words import rail_fault_words
from outlay.service.operator.rails import list_rails, show_rail
from outlay.service.runtime import Looking

app = typer.Typer(help="The rails that payouts go over, and what each promises.", no_args_is_help=True)


@app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every rail, by name."""

    async def work(looks: Looking) -> Sequence[RailRecord]:
        return await list_rails(looks)

    rails = with_looks(data, work)
    if as_json:
        print_json(rail_list_document(rails))
        return
    numbers = ["places", "calls a second", "call timeout"]
    shown = table("rail", "kind", "dialect", *numbers, "refuses duplicates", right=numbers)
    for rail in rails:
        timeout = _span(rail.terms.timeout_ms)
        add(shown, rail.name, rail.kind, rail.dialect, rail.places, rail.calls_per_second, timeout, _duplicates(rail))
    out.show(shown)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The rail's name.", metavar="NAME")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """One rail: what it promises, how much of it may be used at once, and how many accounts use it."""
    wanted = rail_name_from(name)

    async def work(looks: Looking) -> RailShown | NotTheseRails:
        return await show_rail(looks, wanted)

    found = with_looks(data, work)
    if isinstance(found, NotTheseRails):
        raise CommandFailed(rail_fault_words(found))
    if as_json:
        print_json(rail_shown_document(found))
        return
    shown = table("rail", found.record.name)
    for label, value in _lines(found):
        if value:
            add(shown, label, value)
    out.show(shown)


def _lines(found: RailShown) -> Sequence[tuple[str, str | None]]:
    rail, terms = found.record, found.record.terms
    reasons = ", ".join(reason.value.replace("_", " ") for reason in sorted(terms.elsewhere))
    is_internal = rail.kind == INTERNAL_KIND
    return (
        ("kind", rail.kind),
        ("dialect", rail.dialect),
        ("a send leaves", f"within {_span(terms.send_within_ms)} of its commit, or not at all"),
        ("a call ends", f"within {_span(terms.timeout_ms)}"),
        ("knows of a call", f"{_span(terms.finality_ms)} after it ended at the latest"),
        ("is asked again", f"after {_span(terms.ask_again_ms)} at the earliest"),
        ("refuses duplicates", _duplicates(rail)),
        ("places", str(rail.places)),
        ("calls a second", str(rail.calls_per_second or "as many as the places allow")),
        ("another rail after", "" if is_internal else reasons or "no refusal"),
        ("accounts", "all: what goes to an account here" if is_internal else str(found.accounts)),
    )


def _duplicates(rail: RailRecord) -> str:
    if not rail.terms.refuses_duplicates:
        return "no"
    return "for ever" if rail.terms.dedupe_ms is None else f"for {_span(rail.terms.dedupe_ms)}"


def _span(span_ms: int) -> str:
    return f"{span_ms}ms" if span_ms % 1_000 else exact_text(span_ms)


def rail_name_from(text: str) -> str:
    return text_from(text, "the name of a rail")
