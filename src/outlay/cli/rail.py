"""`outlay rail …`: what is known here of the rails. Which ones an account uses is set by `outlay account rails`; a rail
itself is changed by no command yet (docs/operations.md tells how).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from outlay.cli.common import CommandFailed, DataOption, JsonOption, text_from, with_runtime
from outlay.cli.duration import exact_text
from outlay.cli.output import add, out, print_json, table
from outlay.core.rail import INTERNAL_KIND, RailRecord
from outlay.process.settings import Settings
from outlay.service.operator.rails_of_account import NotTheseRails, RailFault, RailShown, list_rails, show_rail
from outlay.service.runtime import Runtime

app = typer.Typer(help="The rails that payouts go over, and what each promises.", no_args_is_help=True)


@app.command("list")
def list_all(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every rail, by name."""

    async def work(runtime: Runtime, _settings: Settings) -> Sequence[RailRecord]:
        return await list_rails(runtime)

    rails = with_runtime(data, work)
    if as_json:
        print_json({"rails": [rail_json(rail) for rail in rails]})
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

    async def work(runtime: Runtime, _settings: Settings) -> RailShown | NotTheseRails:
        return await show_rail(runtime, wanted)

    found = with_runtime(data, work)
    if isinstance(found, NotTheseRails):
        raise CommandFailed(fault_words(found))
    if as_json:
        print_json({**rail_json(found.record), "accounts": found.accounts})
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


def rail_json(rail: RailRecord) -> dict[str, Any]:
    return {
        "name": rail.name,
        "kind": rail.kind,
        "dialect": rail.dialect,
        "send_within_ms": rail.terms.send_within_ms,
        "timeout_ms": rail.terms.timeout_ms,
        "finality_ms": rail.terms.finality_ms,
        "ask_again_ms": rail.terms.ask_again_ms,
        "refuses_duplicates": rail.terms.refuses_duplicates,
        "dedupe_ms": rail.terms.dedupe_ms,
        "places": rail.places,
        "calls_per_second": rail.calls_per_second,
        "elsewhere": sorted(rail.terms.elsewhere),
    }


def rail_name_from(text: str) -> str:
    return text_from(text, "the name of a rail")


def fault_words(no: NotTheseRails) -> str:
    named, known = ", ".join(no.names), ", ".join(no.known)
    return {
        RailFault.NONE: f"name at least one rail: {known}",
        RailFault.UNKNOWN: f"no rail here is called {named}; those that are: {known}",
        RailFault.INTERNAL: f"{named} is the rail between accounts here, and no account's choice; name others: {known}",
        RailFault.REPEATED: f"{named} is named twice: each rail has one place in the order",
    }[no.fault]
