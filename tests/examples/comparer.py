"""Compare an answer with what it has to be, and say in words what differs.

What it has to be is a document like the answer. A value stands for itself and its type; a rule (`Text`, `Number`,
`OneOf`, `Each`, `AtLeast`) stands for many.

The trap: 1, 1.0, "1" and True are different answers, and Python calls three of them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

SHOWN = 80


class Text(msgspec.Struct, frozen=True):
    """A text of this form; `reads` may look closer and raises ValueError. Nothing but `form` is ever empty."""

    what: str
    form: str = r"(?s).+"
    reads: Callable[[str], object] = str


class Number(msgspec.Struct, frozen=True):
    """A JSON integer of at least this."""

    least: int = 0


class OneOf(msgspec.Struct, frozen=True):
    """Any of these, values or rules."""

    choices: tuple[Any, ...]


class Each(msgspec.Struct, frozen=True):
    """A list, each item of which is like this; `by`: the member in whose order they stand."""

    item: Any
    least: int = 1
    by: str = ""


class AtLeast(msgspec.Struct, frozen=True):
    """An object with these members, and others."""

    members: Mapping[str, Any]


def differences(expected: Any, answer: Any, where: str = "") -> list[str]:
    """Nothing where the answer is what it has to be."""
    return list(_differences(expected, answer, where))


def _differences(expected: Any, answer: Any, where: str) -> Iterator[str]:
    match expected:
        case Text():
            yield from _text(expected, answer, where)
        case Number(least):
            if type(answer) is not int or answer < least:
                yield f"{_at(where)} is {shown(answer)}, not a number from {least}"
        case OneOf(choices):
            if all(differences(choice, answer) for choice in choices):
                yield f"{_at(where)} is {shown(answer)}, none of {', '.join(_named(choice) for choice in choices)}"
        case Each():
            yield from _each(expected, answer, where)
        case AtLeast(members):
            kept = {name: value for name, value in answer.items() if name in members} if _is_object(answer) else answer
            yield from _members(members, kept, where)
        case Mapping():
            yield from _members(expected, answer, where)
        case list():
            yield from _items(expected, answer, where)
        case _:
            if type(answer) is not type(expected) or answer != expected:
                yield f"{_at(where)} is {shown(answer)} instead of {shown(expected)}"


def _text(rule: Text, answer: Any, where: str) -> Iterator[str]:
    if type(answer) is not str or not re.fullmatch(rule.form, answer):
        yield f"{_at(where)} is {shown(answer)}, not {rule.what}"
        return
    try:
        rule.reads(answer)
    except ValueError as fault:
        yield f"{_at(where)} is {shown(answer)}, not {rule.what}: {fault}"


def _members(expected: Mapping[str, Any], answer: Any, where: str) -> Iterator[str]:
    if not _is_object(answer):
        yield f"{_at(where)} is {shown(answer)}, not an object"
        return
    if missing := [name for name in expected if name not in answer]:
        yield f"{_at(where)} lacks {', '.join(missing)}"
    if unknown := [name for name in answer if name not in expected]:
        yield f"{_at(where)} has {', '.join(unknown)} too"
    for name, value in expected.items():
        if name in answer:
            yield from _differences(value, answer[name], f"{where}.{name}" if where else name)


def _items(expected: list[Any], answer: Any, where: str) -> Iterator[str]:
    if type(answer) is not list or len(answer) != len(expected):
        yield f"{_at(where)} is {shown(answer)}, not a list of {len(expected)}"
        return
    for number, (item, told) in enumerate(zip(expected, answer, strict=True)):
        yield from _differences(item, told, f"{where}[{number}]")


def _each(rule: Each, answer: Any, where: str) -> Iterator[str]:
    if type(answer) is not list or len(answer) < rule.least:
        yield f"{_at(where)} is {shown(answer)}, not a list of at least {rule.least}"
        return
    faults = list(_items([rule.item] * len(answer), answer, where))
    yield from faults
    if rule.by and not faults:
        order = [item[rule.by] for item in answer]
        if order != sorted(order):
            yield f"{_at(where)} is not in the order of {rule.by}"


def _is_object(answer: Any) -> bool:
    return type(answer) is dict


def _at(where: str) -> str:
    return where or "the answer"


def _named(rule: Any) -> str:
    return rule.what if isinstance(rule, Text) else shown(rule)


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
