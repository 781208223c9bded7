"""A few of the documented rules are broken in every run, other ones for every state of the sources and the tests.

`./run prove` breaks them all; docs/proofs.md has what the last whole one said.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.rules.collecting import ROOT, environment_on

pytestmark = pytest.mark.slow

ROWS = 10


def test_the_tests_that_claim_some_rules_notice_when_these_are_broken() -> None:
    command = [sys.executable, "-m", "tests.prove", "--rows", str(ROWS), "--seed", "tree", "--jobs", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment_on(ROOT), capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    summary = json.loads(done.stdout)
    assert summary["survivors"] == []
    assert summary["rows"] == ROWS
    assert summary["noticed"] == summary["breaks"] >= ROWS
    assert done.returncode == 0
