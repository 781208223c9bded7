"""A fourth API is one folder of the sources and one of the tests, put into a copy of this tree: nothing else is
touched, and all that holds for every API holds for it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.apis.exercise import PROMISES
from tests.rules.collecting import ROOT, environment_on

pytestmark = pytest.mark.slow

HERE: Final = Path(__file__).parent
NAME: Final = "harbour"
PLACES: Final = {"dialect": f"src/outlay/dialects/{NAME}", "tests": f"tests/apis/{NAME}"}
WRITTEN: Final = re.compile(r"docs/(?:coverage-\w+|refusals)\.md")
"""Pages that commands write."""
OVER_ALL: Final = (
    "tests/api/test_order_of_trust.py",
    "tests/apis/test_agreement.py",
    "tests/apis/test_documented_lengths.py",
    "tests/apis/test_found.py",
    "tests/examples/test_every_entry_has_its_place.py",
    "tests/test_coverage_pages.py",
    "tests/test_documents.py",
    "tests/test_pages.py",
    "tests/test_limits_of_code.py",
)
"""What looks over every folder, and is no promise of a dialect."""
_NO_FILES: Final = shutil.ignore_patterns(
    ".git", ".venv", ".hypothesis", ".pytest_cache", ".ready_cache", ".ruff_cache", "__pycache__"
)
"""But what is known of the types already: it need not be found out again."""
_LINT: Final = "from importlinter.cli import lint_imports_command; lint_imports_command()"
PATIENCE_S: Final = 600


def tree_with_it(root: Path) -> Path:
    shutil.copytree(ROOT, root, ignore=_NO_FILES)
    for part, place in PLACES.items():
        shutil.copytree(HERE / part, root / place, ignore=_NO_FILES)
    return root


def said_by(root: Path, *words: str) -> tuple[int, str]:
    """How Python ends with these words and what it says, as a process that knows the copy alone."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env=environment_on(root),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout[-20_000:] + done.stderr[-2_000:]


def succeeds(root: Path, *words: str) -> str:
    code, said = said_by(root, *words)
    assert code == 0, said
    return said


def files_in(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file())
    names = {path: path.relative_to(root) for path in paths}
    return {
        str(name): path.read_bytes()
        for path, name in names.items()
        if "__pycache__" not in name.parts and not name.parts[0].startswith(".")
    }


@pytest.mark.longest
def test_a_fourth_api_is_two_folders_and_pages_that_commands_write(tmp_path: Path) -> None:
    root = tree_with_it(tmp_path / "tree")
    succeeds(root, "-c", _LINT, "--no-logo")
    succeeds(root, "-m", "mypy", PLACES["dialect"])
    kept = succeeds(root, "-m", "pytest", "-n", "2", "-rA", "--coverage-pages=write", "tests/apis", "-k", NAME)
    played = set(re.findall(rf"^PASSED .*::(test_\w+)\[{NAME}-(\w+)\]$", kept, re.MULTILINE))
    proofs = ("test_a_dialect_keeps_its_promise", "test_a_dialect_that_breaks_a_promise_is_noticed")
    assert played >= {(proof, promise.__name__) for proof in proofs for promise in PROMISES}
    succeeds(root, "-m", "tests.pages")
    succeeds(root, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", *OVER_ALL)
    before, after = files_in(ROOT), files_in(root)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    elsewhere = {name for name in changed if not name.startswith(tuple(f"{place}/" for place in PLACES.values()))}
    assert {f"docs/coverage-{NAME}.md", "docs/refusals.md"} <= elsewhere
    assert [name for name in elsewhere if not WRITTEN.fullmatch(name)] == []


def test_a_folder_that_says_nothing_of_its_api_is_told_what_it_lacks(tmp_path: Path) -> None:
    root = tree_with_it(tmp_path / "tree")
    (root / PLACES["tests"] / "documented.py").unlink()
    code, said = said_by(root, "-m", "pytest", "-q", "tests/apis/test_exercise.py", "-k", f"{NAME} and a_key_works")
    assert code == 1
    assert f"tests/apis/{NAME}/documented.py is missing" in said
