"""The trees that are compared: another commit's, written out beside this one, and a copy that is slower on purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path("requirements/app.lock")
GATEWAY = Path("src/outlay/api/gateway.py")

WASTE = """

def _wasteful(handle):  # type: ignore[no-untyped-def]
    import time

    async def waste_and_handle(*given):  # type: ignore[no-untyped-def]
        end = time.perf_counter() + {seconds}
        while time.perf_counter() < end:
            pass
        return await handle(*given)

    return waste_and_handle


Gateway.handle = _wasteful(Gateway.handle)
"""


class CannotCompare(Exception):
    """The message says why."""


class Commit(msgspec.Struct, frozen=True):
    commit_id: str
    subject: str


def write_out(repository: Path, ref: str, folder: Path) -> Commit:
    """The files of a commit as they were, into a new `folder`. The repository itself is not changed: nothing is left to
    prune where this process is killed. Raises CannotCompare."""
    commit_id = _git(repository, folder, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    _git(repository, folder, "read-tree", commit_id)
    _git(repository, folder, "checkout-index", "--all", f"--prefix={folder}/")
    if not (folder / GATEWAY).is_file():
        raise CannotCompare(f"{ref} has no {GATEWAY} that could be measured")
    subject = _git(repository, folder, "log", "-1", "--format=%s", commit_id)
    return Commit(commit_id, subject)


def _git(repository: Path, folder: Path, *words: str) -> str:
    """With an index of its own, so that the user's stays as it is."""
    environment = os.environ | {"GIT_INDEX_FILE": f"{folder}.index"}
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *words], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CannotCompare("--against needs git") from None
    if done.returncode != 0:
        raise CannotCompare(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def same_packages(tree: Path, other: Path) -> bool:
    """Whether both lock the same packages for the server."""
    return (tree / LOCK).is_file() and (tree / LOCK).read_bytes() == (other / LOCK).read_bytes()


def install(tree: Path) -> Path:
    """The interpreter of the environment that the tree's own `run` installs in it. Raises CannotCompare."""
    done = subprocess.run([str(tree / "run"), "outlay", "--version"], stdout=subprocess.DEVNULL, cwd=tree, check=False)
    python = tree / ".venv/app/bin/python"
    if done.returncode != 0 or not python.is_file():
        raise CannotCompare("its environment could not be installed; what was said stands above")
    return python


def plant(tree: Path, waste_us: int) -> None:
    """Let every request that the tree serves waste so many microseconds, by its own server."""
    gateway = tree / GATEWAY
    gateway.write_text(gateway.read_text("utf-8") + WASTE.format(seconds=waste_us / 1e6), "utf-8")


def planted_copy(tree: Path, folder: Path, waste_us: int) -> Path:
    """A copy of the tree's sources in `folder` that is slower on purpose."""
    shutil.copytree(tree / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    plant(folder, waste_us)
    return folder
