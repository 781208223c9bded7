"""`./run` from wherever it is called: behind links, in odd folders, beside files that look like Python's own modules.

It runs in a small tree of its own, whose environments hold a stand-in for Python: that tells where it was started and
with what. That the real Python then imports nothing of the caller's folder, tests/e2e/test_surroundings.py shows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ("app", "dev")
PYTHON = f"""#!{sys.executable} -IS
import json, os, sys
print(json.dumps({{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}))
"""

MAKER = """#!{python} -IS
import json, os, sys
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([sys.argv[1:], os.getcwd()]) + "\\n")
if "venv" in sys.argv:
    programs = os.path.join(sys.argv[-1], "bin")
    os.makedirs(programs)
    for name in ("python", "uv"):
        os.symlink(__file__, os.path.join(programs, name))
"""
"""Makes environments in which it stands for every program, and writes down how it was called."""


def tree(folder: Path) -> Path:
    """`run` in a folder whose environments are up to date."""
    folder.mkdir(parents=True)
    shutil.copy2(ROOT / "run", folder / "run")
    (folder / "requirements").mkdir()
    for name in ENVIRONMENTS:
        lock = shutil.copy2(ROOT / "requirements" / f"{name}.lock", folder / "requirements")
        programs = folder / ".venv" / name / "bin"
        programs.mkdir(parents=True)
        (programs / "python").write_text(PYTHON)
        (programs / "python").chmod(0o755)
        with Path(lock).open("rb") as content:
            known = subprocess.run(["cksum"], stdin=content, capture_output=True, check=True)
        (programs.parent / "lock-sum").write_bytes(known.stdout)
    return folder


def started(command: Sequence[str | Path], cwd: Path, **environment: str) -> Any:
    """What the stand-in for Python tells of its start."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FOLDERS = ("plain", "with space", "[brackets] {and} ;more&", "'quotes'", "-dash", "pãdaria 山", "*")


@pytest.mark.parametrize("name", FOLDERS)
def test_it_starts_in_any_folder_behind_any_link(name: str, tmp_path: Path) -> None:
    project, caller, links = tree(tmp_path / "work" / name), tmp_path / "caller", tmp_path / "my links"
    for folder in (caller, links):
        folder.mkdir()
    (links / "outlay-run").symlink_to(project / "run")
    (links / "relative").symlink_to(Path("..") / "work" / name / "run")
    (links / "again").symlink_to("relative")
    (links / "folder").symlink_to(project)
    python = str(project / ".venv" / "app" / "bin")
    ways: list[tuple[Sequence[str | Path], dict[str, str]]] = [
        ([project / "run"], {}),
        ([os.path.relpath(project / "run", caller)], {}),
        ([links / "outlay-run"], {}),
        ([links / "relative"], {}),
        ([os.path.relpath(links / "again", caller)], {}),
        ([links / "folder" / "run"], {}),
        (["bash", project / "run"], {}),
        (["outlay-run"], {"PATH": f"{links}{os.pathsep}{os.environ['PATH']}"}),
    ]
    for command, environment in ways:
        told = started([*command, "outlay", "account", "list"], caller, **environment)
        assert told["words"] == ["-P", "-m", "outlay.cli", "account", "list"], command
        assert Path(told["folder"]) == caller, "a relative path is the caller's"
        assert told["environment"]["PATH"].split(os.pathsep)[0] == python
    for command in (["bash", "run", "demo"], [project / "run", "demo"]):
        assert started(command, project)["words"] == ["-P", "-m", "outlay.cli", "demo"]
    below = Path("work") / name / "run"
    started([below, "outlay"], tmp_path, CDPATH=str(tmp_path))


CANNOT_WORK = ("line\nbreak", "at its end\n", "co:lon", 'quo"te', "dol$lar", "back`tick", "back\\slash")


@pytest.mark.parametrize("name", CANNOT_WORK)
def test_a_folder_that_cannot_work_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    project = tree(tmp_path / name)
    (tmp_path / name.strip()).mkdir(exist_ok=True)
    done = subprocess.run([project / "run", "outlay"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        'run: the path of this folder has a line break or one of : " $ ` \\ in it, which cannot work: move it' + "\n"
    )


def test_nothing_that_the_callers_python_is_told_reaches_ours(tmp_path: Path) -> None:
    told = {f"PYTHON{name}": "." for name in ("PATH", "HOME", "STARTUP", "WARNINGS", "DONTWRITEBYTECODE", "INSPECT")}
    for command in ("outlay", "demo", "check", "test", "bench", "abuse", "simulate", "kills", "prove", "coverage"):
        checked = command in ("check", "test")  # these look at the code first, with tools that are not here
        tools = tmp_path / command / ".venv" / "dev" / "bin"
        project = tree(tmp_path / command)
        for tool in ("ruff", "mypy", "lint-imports") if checked else ():
            (tools / tool).symlink_to("/bin/true")
        environment = started([project / "run", command], tmp_path, **told)["environment"]
        assert not [name for name in environment if name.startswith("PYTHON")], command


def test_the_python_that_makes_an_environment_imports_nothing_of_the_callers_folder(tmp_path: Path) -> None:
    """Also its pip, and uv reads no configuration that lies there."""
    project, caller = tree(tmp_path / "project"), tmp_path / "caller"
    caller.mkdir()
    (project / ".venv" / "app" / "lock-sum").write_text("an older one\n")
    calls = tmp_path / "calls"
    maker = tmp_path / "python"
    maker.write_text(MAKER.format(python=sys.executable, calls=str(calls)))
    maker.chmod(0o755)
    done = subprocess.run(
        [project / "run", "outlay"],
        cwd=caller,
        env=os.environ | {"PYTHON": str(maker)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *making, last = map(json.loads, calls.read_text().splitlines())
    assert last == [["-P", "-m", "outlay.cli"], str(caller)]
    assert len(making) >= 5
    for words, folder in making:
        assert words[0] == "-I" or folder == str(project), words
    assert [folder for words, folder in making if words[0] == "pip"] == [str(project)]


STATIC_CHECKS = ("ruff", "mypy", "lint-imports")


def with_checks(folder: Path, tests_end: int, **failing: str) -> Path:
    """`run` with stand-ins for pytest, which ends as is said, and for the static checks, which say what is said of them
    and fail, or say "all is well"."""
    project = tree(folder)
    programs = project / ".venv" / "dev" / "bin"
    for name in STATIC_CHECKS:
        said = failing.get(name.replace("-", "_"))
        (programs / name).write_text(f"#!/bin/sh\necho {said or 'all is well'}\nexit {0 if said is None else 3}\n")
        (programs / name).chmod(0o755)
    (programs / "python").write_text(f'#!/bin/sh\necho "tests: $*"\nexit {tests_end}\n')
    return project / "run"


def ended(command: Sequence[str | Path]) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["check", "test"])
@pytest.mark.parametrize("failing", STATIC_CHECKS)
def test_a_static_check_that_fails_is_seen_and_fails_the_command_though_every_test_passed(
    command: str, failing: str, tmp_path: Path
) -> None:
    run = with_checks(tmp_path / "p", 0, **{failing.replace("-", "_"): "an odd line"})
    status, out, errors = ended([run, command, "tests/kit"])
    assert status == 3
    assert out.startswith("tests: -m pytest ")
    assert out.endswith(" tests/kit\n"), "the tests ran, and what was asked for"
    assert errors.endswith("an odd line\nrun: a static check failed, with what stands above\n")


@pytest.mark.parametrize("command", ["check", "test"])
def test_static_checks_that_hold_say_nothing_and_the_command_ends_as_its_tests_do(command: str, tmp_path: Path) -> None:
    for end in (0, 1, 5):
        status, out, errors = ended([with_checks(tmp_path / str(end), end), command])
        assert (status, errors) == (end, "")
        assert "all is well" not in out
    status, _, errors = ended([with_checks(tmp_path / "both", 1, mypy="an odd line"), command])
    assert status == 1
    assert "an odd line" in errors
