"""Real servers on real folders. A cluster is made once and copied: making one takes a second, a copy a tenth.

The folders are not pytest's: those are too deep for a socket, and closed to the user whom root drops to.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres_helpers import OtherProcess, StartOther, bury, spawn_owner, wait_until

from outlay.postgres import EmbeddedServer
from outlay.postgres.leftovers import processes_of
from tests.support.folders import short_folder


@pytest.fixture
def place() -> Iterator[Path]:
    """A short folder that everybody may pass through; afterwards no server may stay in it."""
    with _quiet_folder() as folder:
        yield folder


@contextlib.contextmanager
def _quiet_folder() -> Iterator[Path]:
    """A short folder in which no server may stay; one that does fails the test and is ended."""
    with short_folder() as folder:
        try:
            yield folder
            for cluster in folder.glob("**/pg"):
                wait_until(lambda cluster=cluster: processes_of(cluster) == [])  # type: ignore[misc]
        finally:
            for cluster in folder.glob("**/pg"):
                for pid in processes_of(cluster):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, 9)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder with a cluster that was stopped in order."""
    with _quiet_folder() as folder:
        with EmbeddedServer(folder / "data"):
            pass
        yield folder / "data"


@pytest.fixture
def data_dir(made: Path, place: Path) -> Path:
    return Path(shutil.copytree(made, place / "data", symlinks=True))


@pytest.fixture
def start_other() -> Iterator[StartOther]:
    running: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, own: str = "required", **more: Any) -> OtherProcess:
        process = spawn_owner(data_dir, own, **more)
        running.append(process)
        assert process.stdout is not None
        words = process.stdout.readline().split()
        if words[:1] != ["ready"]:
            raise AssertionError(f"did not start: {process.communicate()[1]}")
        return OtherProcess(process, words[1], words[2])

    yield start
    for process in running:
        bury(process)
