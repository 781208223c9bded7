"""Nothing in the command line prints but `outlay.cli.output` and `outlay.cli.streams`, read from the sources: whoever
printed past them could fail, and could hand a text from outside to a console, which takes it for markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import outlay
from tests.support.rows import each_row

ROOT = Path(outlay.__file__).parent
THE_PLACE = {ROOT / "cli" / "output.py", ROOT / "cli" / "streams.py"}
OWN_WAYS = {ROOT / "process/logging.py", ROOT / "process/apart.py"}
"""The log, which has a way and a test of its own; a helper whose standard output is its parent's pipe."""
FILES = sorted(set(ROOT.rglob("*.py")) - THE_PLACE - OWN_WAYS)

CALLED = {"print", "echo", "secho", "style", "confirm", "prompt", "print_exception", "print_exc", "from_markup"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
TYPES_ALONE = {"Table", "Text"}
"""What others may name of rich, to say what they give and take."""


def ways_past(source: str) -> Iterator[str]:
    """How this code prints by itself, if it does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CALLED | TYPES_ALONE:
                yield f"{node.lineno}: calls {name}"
            case ast.Attribute(value=ast.Name(id=name)) if name in TYPES_ALONE:
                yield f"{node.lineno}: makes a {name} of its own"
            case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name in STREAMS:
                yield f"{node.lineno}: names sys.{name}"
            case ast.ImportFrom(module=str(module), names=names):
                taken = {each.name for each in names}
                past = taken - TYPES_ALONE if module.split(".")[0] == "rich" else taken & CALLED
                yield from (f"{node.lineno}: takes {name} from {module}" for name in sorted(past))
            case ast.Import(names=names):
                yield from (f"{node.lineno}: imports rich" for each in names if each.name.split(".")[0] == "rich")
            case ast.Call(func=ast.Attribute(attr="add_row" | "add_column")):
                yield f"{node.lineno}: puts into a table what may be markup"
            case ast.Assign(targets=[ast.Attribute(attr="title" | "caption")]):
                yield f"{node.lineno}: puts into a table what may be markup"
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="os"), attr="write"), args=[ast.Constant(value=1 | 2), *_]
            ):
                yield f"{node.lineno}: writes to a standard stream"


@pytest.mark.slow  # a cold scan of all sources
@each_row("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nobody_prints_past_the_one_place(file: Path) -> None:
    assert list(ways_past(file.read_text("utf-8"))) == []


@each_row(
    "wrong",
    [
        "print('x')",
        "typer.echo(name)",
        "from typer import echo",
        "click.secho(name)",
        "console.print(f'{name}')",
        "sys.stdout.write(name)",
        "sys.__stderr__.write(name)",
        "from rich.console import Console",
        "import rich",
        "Text.from_markup(name)",
        "Text(name)",
        "Text.assemble(name)",
        "Table(title=name)",
        "shown.add_row(name)",
        "shown.add_column(name)",
        "shown.title = name",
        "shown.caption = name",
        "os.write(1, name)",
        "traceback.print_exc()",
    ],
)
def test_each_way_past_it_is_found(wrong: str) -> None:
    assert list(ways_past(f"import sys\n{wrong}\n"))


def consoles(source: str) -> list[dict[str, object]]:
    """The arguments with which consoles are made."""
    return [
        {word.arg or "": ast.literal_eval(word.value) for word in node.keywords if isinstance(word.value, ast.Constant)}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Console"
    ]


def test_the_one_console_knows_no_markup_and_no_emoji() -> None:
    made = [console for file in sorted(THE_PLACE) for console in consoles(file.read_text("utf-8"))]
    assert len(made) == 1
    assert {"markup": False, "emoji": False, "highlight": False}.items() <= made[0].items()
