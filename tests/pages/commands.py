"""The reference in docs/cli.md: of every command its usage, what it does, and each argument and option, from the
command tree itself: it is what `--help` says.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import typer

from outlay.cli.main import app
from tests.pages.marked import table

ON_EVERY_COMMAND: Final = ("--data", "--json", "--help")
_WIDTH: Final = 120
_UNBROKEN: Final = "\xa0"

Command = Any
Parameter = Any
"""Of the library, which keeps the types to itself."""


def commands() -> Iterator[tuple[str, Command]]:
    """Every command that people may use, by its full name."""

    def walk(name: str, command: Command) -> Iterator[tuple[str, Command]]:
        children: Mapping[str, Command] = getattr(command, "commands", {})
        if not children:
            yield name, command
        for child_name, child in children.items():
            if not child.hidden:
                yield from walk(f"{name} {child_name}", child)

    yield from walk("outlay", typer.main.get_command(app))


def parts() -> Mapping[str, str]:
    tree = dict(commands())
    return {"on every command": _on_every(tree)} | {name: section(name, command) for name, command in tree.items()}


def own_parameters(command: Command) -> list[Parameter]:
    """Without those of every command."""
    return [each for each in command.params if each.opts[0] not in ON_EVERY_COMMAND]


def _on_every(tree: Mapping[str, Command]) -> str:
    """Named beside each are the few commands that do not take it."""
    rows = []
    for option in ON_EVERY_COMMAND:
        takers = {name: each for name, command in tree.items() for each in command.params if each.opts[0] == option}
        others = f" Not of {', '.join(f'`{name}`' for name in tree if name not in takers)}."
        rows += [[_cell(each), _told(each) + others * (len(takers) < len(tree))] for each in [*takers.values()][:1]]
    return table(("on every command", ""), [*rows, ["`--help`", "What the command takes."]])


def section(name: str, command: Command) -> str:
    """Its heading, so that no command is without one."""
    own = own_parameters(command)
    told = [f"### `{name}`", " ".join((command.help or "").split())]
    if own:
        told.append(f"```\n{_wrapped([name, *map(_usage, own)])}\n```")
        told.append(table(("", ""), [[_cell(each), _told(each)] for each in own]))
    return "\n\n".join(told)


def _wrapped(words: list[str]) -> str:
    """No line breaks an option from its value."""
    text = " ".join(word.replace(" ", _UNBROKEN) for word in words)
    lines = textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(_UNBROKEN, " ")


def _cell(each: Parameter) -> str:
    return f"`{_named(each)}`".replace("|", "`, `" if each.secondary_opts else "\\|")


def _usage(each: Parameter) -> str:
    named = _named(each)
    return named if each.required or named.startswith("[") else f"[{named}]"


def _named(each: Parameter) -> str:
    """As it is typed, with a word for the value that it takes."""
    if each.param_type_name == "argument":
        return str(each.metavar)
    names = "|".join([*each.opts, *each.secondary_opts])
    return names if each.is_flag else f"{names} {_value(each)}"


def _value(each: Parameter) -> str:
    if each.metavar:
        return str(each.metavar)
    return "N" if each.type_descriptor.annotation is int else str(each.opts[0].removeprefix("--").upper())


def _told(each: Parameter) -> str:
    """What it is, what it may be, and what it is where it is not given."""
    said = [" ".join(each.help.split())]
    if issubclass(kind := each.type_descriptor.annotation, Enum):
        said.append(f"One of {', '.join(f'`{member.value}`' for member in kind)}.")
    low, high = getattr(each, "min", None), getattr(each, "max", None)
    if low is not None or high is not None:
        said.append(" ".join(["A number", *_bounds(low, high)]) + ".")
    if each.default is not None and not getattr(each, "is_flag", False):
        said.append(f"Default: `{each.default.value if isinstance(each.default, Enum) else each.default}`.")
    return " ".join(said).replace("|", "\\|")


def _bounds(low: object, high: object) -> list[str]:
    return [f"from {low}"] * (low is not None) + [f"up to {high}"] * (high is not None)
