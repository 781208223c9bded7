"""Data folders that are made once and copied from then on: by all processes of a run, and by the next run of the same
sources.

To initialise a PostgreSQL and to bring a database to the newest schema takes seconds of a processor, and hundreds of
tests want one in which nothing has happened yet. What is kept stands under the digest of all that it is made by, so
nothing of another version is ever copied.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from tests.support.folders import short_folder

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".ready_cache"
ROOMS = ("store", "postgres", "process", "cli")


def copy_ready(name: str, make: Callable[[Path], None], to: Path) -> None:
    """Make `to` a copy of the data folder that `make` makes at the path that it is given."""
    to.parent.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{name}-{_digest()}"
    with _alone():
        if not kept.exists():
            _keep(name, make, kept)
        subprocess.run(["cp", "-a", kept, to], check=True)  # in two thirds of Python's time


def _keep(name: str, make: Callable[[Path], None], kept: Path) -> None:
    for older in KEPT.glob(f"{name}-*"):
        shutil.rmtree(older)
    unfinished = KEPT / f"{name}-unfinished"
    with short_folder() as folder:
        make(folder / "data")
        subprocess.run(["cp", "-a", folder / "data", unfinished], check=True)
    unfinished.rename(kept)


@contextmanager
def _alone() -> Iterator[None]:
    """Among all processes that use what is kept here."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def _digest() -> str:
    """Of what a folder is made by: the rooms that can write in one, the libraries with the server among them, how tests
    make one, whose it is."""
    files = [ROOT / "requirements" / "dev.lock", *(ROOT / "tests" / "support").glob("*.py")]
    for room in ROOMS:
        files += [path for path in (ROOT / "src" / "outlay" / room).rglob("*") if path.suffix in {".py", ".sql"}]
    told = sha256(str(os.geteuid()).encode())
    for path in sorted(files):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]
