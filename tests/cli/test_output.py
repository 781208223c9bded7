"""What people and programs are shown has nothing in it that a console or a terminal would obey."""

from __future__ import annotations

import json

import pytest

from outlay.cli.output import add, add_caption, cell, complain, out, print_json, table

STRANGE = "[red]S\xe3o \x1b[31m\x9b \u202e :smile: [/x]"
SHOWN = "[red]S\xe3o \\x1b[31m\\x9b \\u202e :smile: [/x]"


def test_a_line_shows_what_stands_in_it_and_keeps_its_own_line_breaks(capfd: pytest.CaptureFixture[str]) -> None:
    out.say("[bold]\n", cell(STRANGE, "bold"), f" {STRANGE}")
    assert capfd.readouterr().out == f"[bold]\n{SHOWN} {SHOWN}\n"


def test_a_long_line_is_never_folded(capfd: pytest.CaptureFixture[str]) -> None:
    out.say("word " * 1000, "end")
    assert capfd.readouterr().out == "word " * 1000 + "end\n"


def test_a_complaint_shows_what_stands_in_it_and_only_line_feeds_begin_a_line(
    capfd: pytest.CaptureFixture[str],
) -> None:
    complain("error:", f"{STRANGE}\r\u2028\n  two")
    assert capfd.readouterr().err == f"error: {SHOWN}\\r\\u2028\n  two\n"


def test_a_table_shows_what_stands_in_its_cells_headings_title_and_caption(capfd: pytest.CaptureFixture[str]) -> None:
    shown = table(STRANGE, title=STRANGE)
    add(shown, STRANGE + "\n")
    add_caption(shown, STRANGE)
    out.show(shown)
    printed = capfd.readouterr().out
    assert printed.count(SHOWN) == 4
    assert f"{SHOWN}\\n" in printed


@pytest.mark.parametrize("form", [print_json, out.show_json])
def test_a_document_holds_every_letter_and_nothing_that_a_terminal_obeys(
    form: object, capfd: pytest.CaptureFixture[str]
) -> None:
    document = {"a": [STRANGE, "\U000e0001\x7f\u3000\ud800"], "b": None}
    assert callable(form)
    form(document)
    printed = capfd.readouterr().out
    assert json.loads(printed) == document
    assert "S\xe3o" in printed
    assert all(line.isprintable() for line in printed.splitlines())
