"""Each module says which moments it reaches, and reaches those; observers see them in their order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import outlay
from outlay.running.moments import Moment, observed, reached

SOURCES = Path(outlay.__file__).parent


def reached_in(path: Path) -> set[str]:
    """The names of moments in the calls of `reached`."""
    text = path.read_text("utf-8")
    if "reached(" not in text:  # nine of ten, and every process of a run looks through all of them
        return set()
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    told = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "reached")
    named = (node for argument in told for node in ast.walk(argument) if isinstance(node, ast.Attribute))
    return {node.attr for node in named if isinstance(node.value, ast.Name) and node.value.id == "Moment"}


def modules() -> Iterator[tuple[str, set[str]]]:
    for path in sorted(SOURCES.rglob("*.py")):
        if path.name != "running/moments.py" and (names := reached_in(path)):
            yield ".".join(("outlay", *path.relative_to(SOURCES).with_suffix("").parts)), names


@pytest.mark.parametrize(
    ("module", "names"), list(modules()), ids=lambda given: given if isinstance(given, str) else ""
)
def test_a_module_declares_the_moments_that_it_reaches(module: str, names: set[str]) -> None:
    assert {moment.name for moment in import_module(module).MOMENTS} == names


def test_an_observer_sees_every_moment_with_its_subject_for_as_long_as_it_looks() -> None:
    seen: list[tuple[Moment, object]] = []
    with observed(lambda moment, subject: seen.append((moment, subject))):
        reached(Moment.TAKEN, 5)
        reached(Moment.HEARD)
    reached(Moment.BEGUN, 5)
    assert seen == [(Moment.TAKEN, 5), (Moment.HEARD, None)]


def test_every_moment_is_reached_somewhere_and_by_one_module() -> None:
    told = [name for _, names in modules() for name in names]
    assert sorted(told) == sorted(moment.name for moment in Moment)
