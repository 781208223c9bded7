"""Ways to break one rule in a copy of the sources. A rule knows its place: a table's entry, a limit, a flag, a text.

A break is an edit of one file: `old` becomes `new`. `old` stands exactly once in the file, or in the one outermost
definition that `within` names; anything else is a fault of the break, not of the rule, and is told as such.

The trap: a break that does nothing would be called a survivor, and one that does not even import a catch. So an edit
must change the file, the file must still compile, and only a failed assertion counts (see tests/prove).
"""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import msgspec

SOURCES: Final = Path(__file__).resolve().parents[2] / "src" / "outlay"
_READER: Final = "wire/fields.py"
_FIELD_BEGINS: Final = "        value = self._tree.get(name)\n"


class BadBreak(ValueError):
    """The place of a rule is not where its break looks for it."""


class Break(msgspec.Struct, frozen=True):
    """`file` is below src/outlay. An empty `old` puts `new` at the end."""

    file: str
    old: str
    new: str
    within: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, {self.within}" if self.within else self.file
        return f"{where}: {self.old.strip() or 'at the end'} → {self.new.strip() or 'nothing'}"


def edit(file: str, old: str, new: str, *, within: str = "") -> Break:
    """`within`: the name of an outermost assignment, function or class of the file."""
    return Break(file, old, new, within)


def append(file: str, code: str) -> Break:
    """More statements at the end of the file: for tables that are looked up when a request is served."""
    return Break(file, "", f"\n{code}\n")


def field(path: str, **changes: Any) -> Break:
    """The reader of fields forgets or shifts one rule of the text at `path`, as it is told to a caller: `longest=65`,
    `shortest=0`, `required=False`, `pattern=None`, `choices=None`, `choices=("a", "b")`, `rule="x"`, or
    `content="REMARK"`."""
    lines = [f"            {name} = {_value(name, value)}\n" for name, value in changes.items()]
    return Break(_READER, _FIELD_BEGINS, f"{_when(path)}{''.join(lines)}{_FIELD_BEGINS}", "FieldReader.text")


def number(path: str, **changes: Any) -> Break:
    """The same of an integer: `smallest=0`, `largest=101`, `required=False`."""
    lines = [f"            {name} = {value!r}\n" for name, value in changes.items()]
    return Break(_READER, _FIELD_BEGINS, f"{_when(path)}{''.join(lines)}{_FIELD_BEGINS}", "FieldReader.integer")


def _when(path: str) -> str:
    return f"        if self._path + name == {path!r}:\n"


def _value(name: str, value: Any) -> str:
    return f"Content.{value}" if name == "content" else repr(value)


def broken(source: str, how: Break) -> str:
    """The source with the rule broken. Raises BadBreak."""
    after = edited(source, how)
    try:
        compile(after, how.file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise BadBreak(f"{how}: {error}") from None
    return after


def edited(source: str, how: Break) -> str:
    """The same, whether it compiles or not. Raises BadBreak where the break has no place, or changes nothing."""
    if not how.old:
        return source + how.new
    start, end = _span(source, how)
    part = source[start:end]
    if part.count(how.old) != 1:
        raise BadBreak(f"{how}: stands there {part.count(how.old)} times")
    if how.old == how.new:
        raise BadBreak(f"{how}: changes nothing")
    return source[:start] + part.replace(how.old, how.new) + source[end:]


def _span(source: str, how: Break) -> tuple[int, int]:
    """Where `within` begins and ends in the source; all of it where nothing is named."""
    if not how.within:
        return 0, len(source)
    nodes: list[ast.stmt] = _parsed(source).body
    found: ast.stmt | None = None
    for name in how.within.split("."):
        found = next((node for node in nodes if name in _names(node)), None)
        if found is None:
            raise BadBreak(f"{how}: no {how.within} there")
        nodes = getattr(found, "body", [])
    assert found is not None
    assert found.end_lineno is not None
    starts = _starts_of_lines(source)
    return starts[found.lineno - 1], starts[found.end_lineno]


@lru_cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


@lru_cache
def _starts_of_lines(source: str) -> list[int]:
    return [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case _:
            return set()
