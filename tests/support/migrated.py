"""Data folders whose PostgreSQL is made and has the newest schema, and in which nothing has happened yet.

Making that takes a second of a processor each time, and more than a hundred tests want a server of their own. It is
made once, by `outlay migrate`, and copied.

Cannot show that a server starts on a folder that is not there: tests that say so do without this.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.support.folders import short_folder

PATIENCE_S = 120.0


def migrated_folder(data: Path) -> Path:
    """Make `data` one of them, where it is not there yet."""
    if not data.exists():
        shutil.copytree(_made(), data, symlinks=True)
    return data


@functools.cache
def _made() -> Path:
    """One for all tests of a process."""
    opened = ExitStack()
    atexit.register(opened.close)
    data = opened.enter_context(short_folder()) / "data"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTLAY_")}
    kept.pop("DATABASE_URL", None)
    subprocess.run(
        [sys.executable, "-m", "outlay.cli", "migrate", "--data", str(data)],
        env=kept,
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    return data
