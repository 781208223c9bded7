"""How the commands show things, and the only place that prints: lines and tables for people, plain values for programs.

Leaves to others: what is shown, and in which words (present); bytes, and what becomes of what cannot be written
(cli.streams).

The trap: rich takes a `str` for markup, and a terminal obeys what it is sent. So no text gets to a console but as a
`Text` that `cell` has made, and nobody else has a console.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from outlay.cli.by_need import by_need
from outlay.cli.streams import Stream, stderr, stdout
from outlay.kit.characters import plain

if TYPE_CHECKING:
    from rich import box, console, highlighter
    from rich import live as drawings
    from rich import progress as bars
    from rich import table as tables
    from rich import text as texts
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text
else:
    box, console, highlighter = by_need("rich.box"), by_need("rich.console"), by_need("rich.highlighter")
    drawings, bars = by_need("rich.live"), by_need("rich.progress")
    tables, texts = by_need("rich.table"), by_need("rich.text")

WIDTH_OF_A_FILE: Final = 1000
"""Columns where standard output is no terminal: ids in a table must stay in one piece for `grep` and `cut`."""
_WHOLE = frozenset({"payout", "order", "batch", "transfer", "account"})
"""Columns of ids that people copy: on a narrow terminal the others are folded first."""


class Output:
    """One of the two standard streams, for people. Nothing here raises for what cannot be written."""

    def __init__(self, stream: Stream, *, width: int | None = None) -> None:
        self._stream = stream
        self._width_of_a_file = width

    @cached_property
    def _console(self) -> Console:
        """Made when first needed: what it prints on may be known only then."""
        width = None if self._stream.plain.isatty() else self._width_of_a_file
        return console.Console(file=self._stream.styled, width=width, markup=False, emoji=False, highlight=False)

    @property
    def width(self) -> int:
        """Columns."""
        return self._console.width

    @property
    def reader_has_gone(self) -> bool:
        return self._stream.reader_has_gone

    def say(self, *parts: str | Text) -> None:
        """A line of these parts, never folded. A line break in a part begins another."""
        shown = (part if isinstance(part, texts.Text) else lines(part.split("\n")) for part in parts)
        self._console.print(texts.Text().join(shown), soft_wrap=True)

    def show(self, shown: Table) -> None:
        self._console.print(shown)

    def show_json(self, document: Any) -> None:
        """A document for the eye."""
        self._console.print(highlighter.JSONHighlighter()(texts.Text(json_text(document))), soft_wrap=True)

    @contextmanager
    def live(self) -> Iterator[Callable[[Table], None]]:
        """Gives what draws a table anew in its place; where that cannot be done the last one is shown."""
        with drawings.Live(console=self._console, auto_refresh=False) as drawn:
            yield lambda shown: drawn.update(shown, refresh=True)

    @contextmanager
    def progress(self, begun: str, total: int) -> Iterator[Callable[[str], None]]:
        """A bar, where somebody can see it. Gives what tells that one more of `total` is done."""
        columns = (
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
        )
        hidden = not self._console.is_terminal
        with bars.Progress(*columns, console=self._console, transient=True, disable=hidden) as bar:
            task = bar.add_task(plain(begun), total=total)
            yield lambda done: bar.update(task, advance=1, description=plain(done))


out = Output(stdout, width=WIDTH_OF_A_FILE)
err = Output(stderr)


def print_json(document: Any) -> None:
    """The one document of a command on standard output."""
    stdout.put(f"{json_text(document)}\n")


def json_text(document: Any) -> str:
    """In letters that standard output has. What a terminal would obey is escaped, as JSON escapes it."""
    text = json.dumps(msgspec.to_builtins(document), ensure_ascii=not stdout.has_every_letter, indent=2)
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def complain(label: str, message: str) -> None:
    """One message on standard error, `label` in bold."""
    err.say(cell(label, "bold red" if label == "error:" else "bold"), f" {message}")


def cell(value: object, style: str = "") -> Text:
    """`value` as one line of plain text, in letters that the terminal has."""
    return texts.Text("" if value is None else stdout.in_its_letters(plain(str(value))), style=style)


def lines(parts: Iterable[str]) -> Text:
    """Each part on a line of its own."""
    return texts.Text("\n").join(map(cell, parts))


def table(*columns: str, right: Iterable[str] = (), title: str | None = None) -> Table:
    """A table with these headings; those in `right` hold numbers."""
    named = cell(title) if title is not None else None
    made = tables.Table(box=box.SIMPLE_HEAD, title=named, title_justify="left", title_style="bold", pad_edge=False)
    numbers = set(right)
    for column in columns:
        justify: JustifyMethod = "right" if column in numbers else "left"
        made.add_column(cell(column), justify=justify, overflow="fold", no_wrap=column in _WHOLE)
    return made


def add(target: Table, *values: object, style: str | None = None) -> None:
    target.add_row(*(value if isinstance(value, texts.Text) else cell(value) for value in values), style=style)


def add_caption(target: Table, text: str) -> None:
    """A line below the table."""
    target.caption, target.caption_justify, target.caption_style = cell(text), "left", ""
