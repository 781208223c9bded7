"""Chance fails no build: two runs of the same sources and tests search the same places."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.seeds import ROOT, seed_of

pytestmark = pytest.mark.slow

SEARCH = """
from hypothesis import given, strategies

@given(strategies.integers())
def test_it_tells_what_it_drew(number):
    print("drew", number)
"""


def drawn(folder: Path, *options: str, **environment: str) -> list[str]:
    """What a search of a new process tries, in order."""
    env = {name: text for name, text in os.environ.items() if name != "CI"} | environment
    command = [sys.executable, "-m", "pytest", "-s", "-p", "tests.conftest", "-p", "no:cacheprovider", *options, folder]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    found = [line for line in done.stdout.splitlines() if "drew" in line]
    assert len(found) > 10
    return found


def test_two_searches_of_one_tree_try_the_same_and_another_seed_tries_else(tmp_path: Path) -> None:
    (tmp_path / "test_search.py").write_text(SEARCH, "utf-8")
    first = drawn(tmp_path)
    assert drawn(tmp_path) == first
    assert drawn(tmp_path, CI="true") == first
    assert drawn(tmp_path, "--hypothesis-seed=1") != first
    assert drawn(tmp_path, "--hypothesis-seed=1", CI="true") != first


def test_the_seed_of_a_tree_changes_with_any_of_its_files(tmp_path: Path) -> None:
    file = tmp_path / "src" / "rules.py"
    file.parent.mkdir()
    file.write_text("LONGEST = 3\n", "utf-8")
    before = seed_of(tmp_path)
    assert seed_of(tmp_path) == before
    file.write_text("LONGEST = 4\n", "utf-8")
    assert seed_of(tmp_path) != before
