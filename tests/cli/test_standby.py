"""A command that a standby becomes does and says what it does and says in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.cli_support import PATIENCE_S, Cli
from tests.cli.standby import standby

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("fund", "--help"), id="help"),
        pytest.param(("fund", "nobody"), id="wrong usage"),
        pytest.param(("account", "show", "\udcff"), id="a refusal of bytes that are no text"),
        pytest.param(("account", "list", "--data", "here"), id="a wrong setting"),
    ],
)
def test_a_command_of_a_standby_is_that_of_a_fresh_interpreter(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = Cli(tmp_path, OUTLAY_PORT="none").environment()
    fresh = subprocess.run(
        [sys.executable, "-m", "outlay.cli", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in fresh.stderr
    assert standby().run(words, environment, PATIENCE_S) == (fresh.returncode, fresh.stdout, fresh.stderr)


def test_the_last_line_of_the_log_of_a_command_of_a_standby_is_not_lost(tmp_path: Path) -> None:
    """A thread writes it, which is waited for at the end."""
    environment = Cli(tmp_path, OUTLAY_PROT="1").environment()
    status, _, said = standby().run(["account", "list", "--data", str(tmp_path)], environment, PATIENCE_S)
    assert status == 1
    assert "holds no installation" in said
    assert "variable=OUTLAY_PROT" in said
