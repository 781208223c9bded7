"""Limits that keep the code readable and the rooms apart, where no linter has a rule for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from outlay.dialects import all_dialects

pytestmark = pytest.mark.slow  # a cold scan of all sources

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / "outlay"
LONGEST_FUNCTION = 70
LONGEST_FILE = 600
# Read as text: to parse all of the tests takes ten times as long.
FIRST_WORDS = re.compile(r'(?:#.*\n|\s)*r?"""\s*(?!""")\S')
TEST = re.compile(r"^ *(?:async )?def (test\w*)\(", re.MULTILINE)
FROM_A_TEST_FILE = re.compile(r"^(?:from|import) (?:[\w.]*\.)?test_\w+", re.MULTILINE)
# Each with the rooms that may import it: the rest reaches it through them.
OUTSIDE: dict[frozenset[str], frozenset[str]] = {
    frozenset({"asyncpg", "psycopg", "sqlalchemy", "alembic"}): frozenset({"store", "postgres"}),
    frozenset({"uvicorn", "httptools", "starlette", "fastapi", "granian"}): frozenset({"api", "dashboard", "sandbox"}),
    frozenset({"aiohttp", "httpx", "httpx2", "requests"}): frozenset({"transport"}),
}


def python_files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All of them, gathered once: that takes longer than most of what is done with them."""
    return tuple(ast.walk(tree_of(path)))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def imported_by(path: Path) -> set[str]:
    """The outermost names of everything it imports, also inside functions."""
    names = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def room_of(path: Path) -> str:
    return path.relative_to(SOURCES).parts[0].removesuffix(".py")


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {function.name} has {length_of(function)} lines"
        for path in python_files(SOURCES)
        for function in functions_of(path)
        if length_of(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_source_file_is_longer_than_can_be_kept_in_mind() -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in python_files(SOURCES)}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in (SOURCES, ROOT / "tests")
        for path in python_files(folder)
        if path.stat().st_size > 0 and not FIRST_WORDS.match(path.read_text("utf-8"))
    ]
    assert silent == []


def test_every_test_is_named_by_what_it_shows() -> None:
    terse = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files(ROOT / "tests")
        if path.name.startswith("test_")
        for name in TEST.findall(path.read_text("utf-8"))
        if len(name.removeprefix("test_").split("_")) < 3
    ]
    assert terse == []


@pytest.mark.parametrize("name", list(all_dialects()))
def test_the_name_of_a_dialect_stands_nowhere_outside_its_own_folder(name: str) -> None:
    """Adding an API is adding a folder: neither code nor comments elsewhere know which ones there are."""
    own = SOURCES / "dialects" / name
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files(SOURCES)
        if not path.is_relative_to(own)
        for line in lines_with(name, path)
    ]
    assert found == []
    # The same search does find it where it belongs.
    assert any(lines_with(name, path) for path in python_files(own))


def lines_with(name: str, path: Path) -> list[int]:
    """Where it is a word of its own, in whatever letters, or the beginning of a name: not a part of another word."""
    word = re.compile(rf"(?<![A-Za-z])(?i:{re.escape(name)})(?![a-z])")
    return [line for line, text in enumerate(path.read_text("utf-8").splitlines(), start=1) if word.search(text)]


@pytest.mark.parametrize("text", ["import outlay.dialects.toypay", "class ToyPayRail:", "# as in TOYPAY's pages"])
def test_the_search_for_a_name_finds_it_in_code_and_comments(tmp_path: Path, text: str) -> None:
    (tmp_path / "code.py").write_text(f"\n{text}\n", "utf-8")
    assert lines_with("toypay", tmp_path / "code.py") == [2]


def test_the_search_for_a_name_leaves_other_words_alone(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("destroyed = enjoy(toys)\n", "utf-8")
    assert lines_with("toy", tmp_path / "code.py") == []


SAME_IN_EACH = ("dialects", "cli")
"""Rooms where one name is the same thing in each folder, or what a command is called in each file."""


def test_one_name_is_one_thing() -> None:
    """Of what a room shows to others: its classes and functions."""
    places: dict[str, set[str]] = {}
    for path in python_files(SOURCES):
        file = path.relative_to(SOURCES)
        if (
            file.parts[0] not in SAME_IN_EACH and "versions" not in file.parts
        ):  # of migrations, whose words are the library's
            for node in ast.parse(path.read_text("utf-8")).body:
                named = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                if named and not node.name.startswith("_"):
                    places.setdefault(node.name, set()).add(str(file))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_import_needs_another_name_for_a_class_of_ours() -> None:
    renamed = [
        f"{path.relative_to(SOURCES)}: {alias.name} as {alias.asname}"
        for path in python_files(SOURCES)
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("outlay.")
        for alias in node.names
        if alias.asname and alias.name[:1].isupper() and not alias.name.isupper()
    ]
    assert renamed == []


def test_what_reaches_outside_is_imported_only_by_the_rooms_that_own_it() -> None:
    strays = [
        f"{path.relative_to(ROOT)} imports {', '.join(sorted(imported_by(path) & packages))}"
        for packages, rooms in OUTSIDE.items()
        for path in python_files(SOURCES)
        if room_of(path) not in rooms and imported_by(path) & packages
    ]
    assert strays == []
    assert any(imported_by(path) & {"asyncpg"} for path in python_files(SOURCES / "store"))


TASKS_BESIDE_PARTS = {
    "running/parts.py": "makes them for all",
    "process/stopping.py": "the one work of a process, and what ends it: both are waited for",
    "api/connection.py": "one exchange: `Connections.tasks` holds it until it has ended, and it tells its failures",
    "store/gather.py": "one run of what waits: what it fails with is told to all who wait for it",
    "store/between_others.py": "looks on while one statement waits, and is waited for",
    "workers/pipeline.py": "one payout: its end gives its place free, and its failure is told",
}
"""Where a task is made by itself, and why its end cannot go unseen there."""
MAKES_A_TASK = frozenset({"create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe"})


def makes_a_task(path: Path) -> bool:
    return any(
        getattr(node.func, "attr", getattr(node.func, "id", None)) in MAKES_A_TASK
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
    )


def test_whatever_runs_for_long_is_a_part_whose_end_is_seen() -> None:
    """A task that fails says nothing by itself (outlay.running.parts)."""
    found = {str(path.relative_to(SOURCES)) for path in python_files(SOURCES) if makes_a_task(path)}
    assert found == set(TASKS_BESIDE_PARTS)


def test_no_test_file_is_imported_by_another_file() -> None:
    """What several share stands in a file of its own: else one test's change is another's."""
    importing = [path for path in python_files(ROOT / "tests") if FROM_A_TEST_FILE.search(path.read_text("utf-8"))]
    assert importing == []
