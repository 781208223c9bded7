"""The command line: puts the commands together. Each lives in a file of its own, which is loaded when it is needed: to
load all of them takes several times as long as most commands do.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from outlay.cli.common import report_failures
from outlay.cli.streams import take_over

_COMMANDS: Final = {
    "demo": "demo:demo",
    "serve": "serve:serve",
    "serve-child": "serve:serve_child",
    "migrate": "migrate:migrate",
    "recover": "recover:recover",
    "account": "account:app",
    "account transfer": "transfer:transfer",
    "account transfers": "transfer:list_transfers",
    "credential": "credential:app",
    "fund": "fund:fund",
    "fee": "terms:fee_app",
    "limit": "terms:limit_app",
    "method": "method:app",
    "block": "block:app",
    "payout": "payout:app",
    "payout settle": "settle:settle",
    "case": "case:app",
    "work": "work:work",
    "review": "review:app",
    "rail": "rail:app",
    "user": "user:app",
    "ledger": "ledger:app",
    "sandbox": "sandbox:app",
    "sandbox advance": "clock:advance",
    "sandbox clock": "clock:clock",
}
"""By name: the file, and what in it is the command, or the group of commands. Of what stands in another file than its
group, the name has both."""
_HIDDEN: Final = frozenset({"serve-child"})

Command = Any
"""Of the library, which keeps the type to itself."""


class _Commands(MutableMapping[str, Command]):
    """Commands by name, each loaded when somebody asks for it."""

    def __init__(self, within: str = "", loaded: MutableMapping[str, Command] | None = None) -> None:
        self._within = within
        self._loaded: dict[str, Command] = dict(loaded or {})
        parts = {name: name.rpartition(" ") for name in _COMMANDS}
        self._named = {last: name for name, (group, _, last) in parts.items() if group == within}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            self._loaded[name] = _load(self._named[name], name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self._loaded, *self._named] if self._within else [*self._named, *self._loaded])

    def __len__(self) -> int:
        return len({*self._loaded, *self._named})

    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]


class _Group(TyperGroup):
    """The commands of the first level."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Commands()


def _load(full_name: str, name: str) -> Command:
    file, _, member = _COMMANDS[full_name].partition(":")
    found = getattr(import_module(f"outlay.cli.{file}"), member)
    # Within an app of its own, for only of an app does the library make commands.
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.callback()(_nothing)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name, hidden=name in _HIDDEN)(found)
    command = _group(alone).commands[name]
    if isinstance(command, TyperGroup):
        command.commands = _Commands(full_name, command.commands)
    return command


def _group(given: typer.Typer) -> TyperGroup:
    command = get_command(given)
    if not isinstance(command, TyperGroup):
        raise AssertionError("an app with a callback is a group")
    return command


def _nothing() -> None:
    """That it is a group, with one command too."""


app = typer.Typer(
    name="outlay",
    help="A payouts system: public payout APIs over one double-entry ledger.",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    from outlay.cli.version import print_version  # noqa: PLC0415 (by need)

    print_version(wanted)


@app.callback()
def outlay(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A payouts system: public payout APIs over one double-entry ledger."""


def run() -> None:
    # What was imported stays to the end. Looking through it for garbage, also when the process ends, takes a fifth of
    # what a short command takes.
    gc.freeze()
    gc.enable()
    take_over()
    report_failures(lambda: app(prog_name="outlay"))
