"""What docs/ repeats of the code is what the code says; and where a page cannot be written, that is told."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import pytest
import typer
from typer.main import get_command

from outlay.core.refusal import Refusal
from tests.pages import commands, refusals
from tests.pages.every import DOCS, PARTS, as_it_should_be
from tests.pages.marked import NoPlace, filled, table

PAGE = "# Heading\n<!-- a: from the code -->\nstale\n<!-- end -->\nby hand\n<!-- b: from the code -->\n<!-- end -->\n"


@pytest.mark.parametrize("name", PARTS)
def test_every_page_says_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == as_it_should_be(name), "`./run pages` writes it anew"


def test_what_stands_around_the_marks_stays_as_it_was_written_by_hand() -> None:
    written = filled("x.md", PAGE, {"a": "one", "b": "two"})
    assert written == PAGE.replace("stale\n", "one\n").replace("b: from the code -->\n", "b: from the code -->\ntwo\n")
    assert filled("x.md", written, {"a": "one", "b": "two"}) == written


@pytest.mark.parametrize(
    ("text", "parts", "told"),
    [
        (PAGE, "abc", "put these where they belong, then `./run pages`:\n<!-- c: from the code -->\n<!-- end -->"),
        (PAGE, "a", "the code has none of these, take their marks away: b"),
        (PAGE + PAGE, "ab", "these stand there twice: a, b"),
        ("", "ab", "<!-- a: from the code -->\n<!-- end -->\n<!-- b: from the code -->\n<!-- end -->"),
    ],
)
def test_a_part_without_exactly_one_place_is_told_with_what_to_do(text: str, parts: str, told: str) -> None:
    with pytest.raises(NoPlace) as fault:
        filled("x.md", text, dict.fromkeys(parts, ""))
    assert str(fault.value).startswith("docs/x.md: ")
    assert told in str(fault.value)


def test_a_table_is_one_of_markdown() -> None:
    assert table(("what", ""), [["`a`", "one"]]) == "| what | |\n|---|---|\n| `a` | one |"


class Documented(Enum):
    FIRST = 1
    """On two
    lines."""
    SECOND = 2


def test_a_member_without_a_word_below_it_is_named() -> None:
    with pytest.raises(refusals.NoMeaning, match=r"^Documented: write below each of these what it means: SECOND$"):
        refusals.meanings(Documented)


def test_a_meaning_is_what_stands_below_the_member_on_one_line() -> None:
    assert refusals.meanings(Refusal)["AMOUNT_TOO_SMALL"] == "Below the account's smallest payout."
    assert "\n" not in "".join(refusals.meanings(Refusal).values())


def test_a_command_is_told_with_all_that_it_takes() -> None:
    app = typer.Typer(add_completion=False)
    app.command()(pay)
    assert commands.section("outlay pay", get_command(app)).splitlines() == [
        "### `outlay pay`",
        "",
        "Pay somebody.",
        "",
        "```",
        "outlay pay ID|REFERENCE --by NAME [NOTE] [--limit N] [--review|--no-review] [--colour COLOUR]",
        "```",
        "",
        "| | |",
        "|---|---|",
        "| `ID\\|REFERENCE` | Whom. |",
        "| `--by NAME` | Who. |",
        "| `NOTE` | Why. |",
        "| `--limit N` | How many. A number from 1 up to 9. Default: `5`. |",
        "| `--review`, `--no-review` | Whether. |",
        "| `--colour COLOUR` | Which. One of `red`, `blue`. Default: `red`. |",
    ]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def pay(
    whom: Annotated[str, typer.Argument(help="Whom.", metavar="ID|REFERENCE")],
    by: Annotated[str, typer.Option(help="Who.", metavar="NAME")],
    note: Annotated[str | None, typer.Argument(help="Why.", metavar="NOTE")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=9)] = 5,
    review: Annotated[bool | None, typer.Option("--review/--no-review", help="Whether.")] = None,
    colour: Annotated[Colour, typer.Option(help="Which.")] = Colour.RED,
    as_json: Annotated[bool, typer.Option("--json", help="Of every command.")] = False,
) -> None:
    """Pay
    somebody."""
