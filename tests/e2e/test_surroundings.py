"""What lies in the folder where somebody stands is theirs: no process of ours imports it.

Each module that could be imported lies there as a decoy, which leaves a trace when it runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

import outlay
from outlay.cli.client import ServerProcess
from tests.apis.lesspay.orders import bank_detail, batch
from tests.e2e.merchants import open_merchant
from tests.e2e.server import Server, command_of, http_children_of, quiet_folder, wait_until

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0
MANY = 200
"""Payouts in a batch that is proved in the process for large bodies."""
CUSTOM = ("sitecustomize", "usercustomize", "outlay", "antigravity")
SPARED = frozenset({"sys", "builtins"})
TRACE = "traces"


def decoys(folder: Path) -> Path:
    """One for each module of Python's own, of every package that is installed, and of ours."""
    installed = {entry.name.partition(".")[0] for entry in Path(sysconfig.get_path("purelib")).iterdir()}
    for name in sorted((sys.stdlib_module_names | installed | set(CUSTOM)) - SPARED):
        (folder / f"{name}.py").write_text(
            f"open({str(folder / TRACE)!r}, 'a').write({name!r} + '\\n')\nraise SystemExit('a decoy was imported')\n"
        )
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    (folder / ".env").write_text("OUTLAY_WORKERS=64\n")
    return folder


def traces(folder: Path) -> str:
    trace = folder / TRACE
    return trace.read_text() if trace.exists() else ""


@pytest.fixture
def among_decoys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(decoys(tmp_path))
    yield tmp_path
    assert traces(tmp_path) == ""


class ServerAsRunStartsIt(Server):
    def command(self) -> list[str]:
        python, *words = super().command()
        return [python, "-P", *words]


def test_a_decoy_leaves_a_trace_where_it_is_imported(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import calendar"], cwd=decoys(tmp_path), check=False, stderr=-3)
    assert done.returncode == 1
    assert traces(tmp_path) == "calendar\n"


def test_neither_the_server_nor_its_processes_import_what_lies_where_it_was_started(among_decoys: Path) -> None:
    """Its migration, its HTTP processes, and the one for large bodies."""
    with quiet_folder() as folder, ServerAsRunStartsIt(folder / "data", "--workers", "2") as server:
        wait_until(lambda: len(http_children_of(server.pid)) == 2, PATIENCE_S, "both have started")
        merchant = open_merchant(server, folder, dialects=["lesspay"], funds={"PHP": "1000.00"}).lesspay
        merchant.create_batch(batch([bank_detail("1.00") for _ in range(MANY)]))
        [helper] = [pid for pid in server.processes() if " outlay.process.apart " in command_of(pid)]
        for pid in (server.pid, helper, *http_children_of(server.pid)):
            assert os.readlink(f"/proc/{pid}/cwd") == str(among_decoys), "the test would show nothing"
        assert server.stop() == 0


def test_the_demonstrations_server_imports_nothing_either(among_decoys: Path) -> None:
    with quiet_folder() as folder, ServerProcess(folder / "data", 0, {**os.environ, "OUTLAY_LOG": "quiet"}) as server:
        assert server.base_url


@pytest.mark.parametrize("how", ["as run starts it", "as an installer starts it", "isolated"])
def test_the_command_line_imports_nothing(
    how: str, among_decoys: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("bin") / "outlay"
    script.write_text("from outlay.cli.main import run\nrun()\n")  # what an installer makes of our entry point
    ways = {
        "as run starts it": ["-P", "-m", "outlay.cli"],
        "as an installer starts it": [str(script)],
        "isolated": ["-I", "-m", "outlay.cli"],
    }
    command = [sys.executable, *ways[how], "account", "create", "", "--country", "BR"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "the name must not be empty" in done.stderr, done.stderr


@pytest.mark.parametrize("flag", ["-P", "-I"])
def test_what_a_process_starts_finds_modules_where_it_does_itself(flag: str, tmp_path: Path) -> None:
    ask = "from outlay.process.interpreter import python_module; print(*python_module('m', 'w')[1:])"
    done = subprocess.run([sys.executable, flag, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{flag} -m m w\n"


def test_python_is_started_in_one_way_only() -> None:
    src = Path(outlay.__file__).parent
    naming = {str(path.relative_to(src)) for path in src.rglob("*.py") if "sys.executable" in path.read_text("utf-8")}
    assert naming == {"process/interpreter.py"}
