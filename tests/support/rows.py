"""The rows of one table, played in one test that names each row that failed.

For tables of a pure function, by the hundred: a test of its own for each row costs pytest, and every process of a run
in several, a hundred times what the row itself does. It reads as `pytest.mark.parametrize` does, and what it decorates
is called as before, once a row; but a row has no marks, and of fixtures of its own only what it changes by
`monkeypatch` and what `capfd` hears. All rows are played, whatever becomes of those before them.

A rule that claims a row of the documents keeps a case of its own (tests/rules): one that is broken must be seen alone.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

LONGEST_NAME = 300
FAILED = (Exception, pytest.fail.Exception, pytest.skip.Exception, pytest.xfail.Exception)
"""Nor may a row leave itself out: nobody would see it."""


class RowsFailed(AssertionError):
    """`failures`: what each row that failed is called, and why it did. Where tables are crossed, a row of each."""

    def __init__(self, failures: list[tuple[str, BaseException]]) -> None:
        self.failures = failures
        told = [f"\n[{name}]\n{type(error).__name__}: {error}" for name, error in failures]
        super().__init__(f"{len(failures)} failed:" + "".join(told))


def each_row(
    names: str | Sequence[str], table: Iterable[Any], *, ids: Iterable[Any] | Callable[[Any], Any] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`names`, `table` and `ids` as of `pytest.mark.parametrize`."""
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = _named(arguments, list(table), ids)
    if not rows:
        raise ValueError("a table without rows proves nothing")

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def play(**others: Any) -> None:
            __tracebackhide__ = True
            failures: list[tuple[str, BaseException]] = []
            for name, row in rows:
                try:
                    with _of_one_row(others) as own:
                        test(**own, **row)
                except RowsFailed as inner:
                    failures += [(f"{name} - {of}", error) for of, error in inner.failures]
                except FAILED as error:
                    failures.append((name, error))
            if failures:
                raise RowsFailed(failures) from failures[0][1]

        if inspect.iscoroutinefunction(test):
            raise TypeError("what waits needs a test of its own for each row")
        signature = inspect.signature(test)
        kept = [each for name, each in signature.parameters.items() if name not in arguments]
        if len(kept) + len(arguments) != len(signature.parameters):
            raise TypeError(f"the test takes {list(signature.parameters)}, and the table has {arguments}")
        play.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return play

    return decorate


@contextmanager
def _of_one_row(fixtures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Nothing that a row changed or printed is left for the next one."""
    if "capfd" in fixtures:
        fixtures["capfd"].readouterr()
    if "monkeypatch" not in fixtures:
        yield fixtures
        return
    with pytest.MonkeyPatch.context() as own:
        yield fixtures | {"monkeypatch": own}


def _named(arguments: list[str], table: list[Any], ids: Any) -> list[tuple[str, dict[str, Any]]]:
    given = None if ids is None or callable(ids) else list(ids)
    if given is not None and len(given) != len(table):
        raise ValueError(f"{len(given)} names for {len(table)} rows")
    rows = []
    for place, each in enumerate(table):
        values, name = _values(each, alone=len(arguments) == 1)
        if name is None and given is not None:
            name = given[place]
        if name is None:
            name = ", ".join(_text(value, ids if callable(ids) else None) for value in values)
        rows.append((str(name), dict(zip(arguments, values, strict=True))))
    return rows


def _values(row: Any, *, alone: bool) -> tuple[tuple[Any, ...], Any]:
    """And the name that the row gives itself."""
    if hasattr(row, "marks"):  # a pytest.param
        if row.marks:
            raise ValueError("a row that has marks needs a test of its own")
        return tuple(row.values), row.id
    return ((row,) if alone else tuple(row)), None


def _text(value: Any, naming: Callable[[Any], Any] | None) -> str:
    named = None if naming is None else naming(value)
    return str(named) if named is not None else repr(value)[:LONGEST_NAME]
