"""Which test claims which row: asked of pytest itself, because claims stand in tables of cases too.

It is a plugin of a `pytest --collect-only` in a process of its own, and what calls that.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.rules.breaks import Break
from tests.rules.claims import MARK

ROOT = Path(__file__).resolve().parents[2]
_OUTPUT = "OUTLAY_CLAIMS_OUTPUT"
_HELPED = re.compile(r"^from tests\.(?:apis\.\w+\.)?rules[. ]", re.MULTILINE)


class Claim(msgspec.Struct, frozen=True):
    """`node` names one test, or one case of it, as pytest does."""

    api: str
    row: str
    node: str
    breaks: tuple[Break, ...]

    @property
    def test(self) -> str:
        """`folder/file.py::function`, below `tests` and without parameters, as a page names it."""
        return self.node.partition("[")[0].removeprefix("tests/")


def claims_of(item: pytest.Item) -> list[Claim]:
    return [Claim(mark.args[0], mark.args[1], item.nodeid, mark.args[2]) for mark in item.iter_markers(MARK)]


def pytest_collection_finish(session: pytest.Session) -> None:
    found = [claim for item in session.items for claim in claims_of(item)]
    Path(os.environ[_OUTPUT]).write_bytes(msgspec.json.encode(found))


@cache
def all_claims(root: Path = ROOT) -> tuple[Claim, ...]:
    """Every claim of the tests below `root`, in the order of the tests."""
    output = root / ".pytest_cache" / f"claims-{os.getpid()}.json"
    output.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", __name__, *_files(root)]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment_on(root) | {_OUTPUT: str(output)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return tuple(msgspec.json.decode(output.read_bytes(), type=list[Claim]))
    finally:
        output.unlink(missing_ok=True)


def claiming_tests(api: str) -> dict[str, str]:
    """By a row's id the test that claims it, as a page names it."""
    return {claim.row: claim.test for claim in all_claims() if claim.api == api}


def environment_on(root: Path) -> dict[str, str]:
    """For a process that imports the sources and the tests of this tree, and of no other."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return kept | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def _files(root: Path) -> list[str]:
    """Only these are worth collecting: nobody claims anything without the help of this folder, or of an API's own. What
    would be an API's, if it stood in its place, claims nothing here."""
    return sorted(
        str(path.relative_to(root))
        for path in (root / "tests").rglob("test_*.py")
        if not path.is_relative_to(root / "tests/fourth") and _HELPED.search(path.read_text("utf-8"))
    )
