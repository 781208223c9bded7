"""Folders for real servers: short enough for a socket, open to the user whom root drops to, in memory where it fits.

Pytest's own folders are too deep and closed to others. In memory, because no test here depends on the disk and a busy
one makes them ten times slower.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1_000_000_000


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder of one's own, gone afterwards with all that is in it."""
    plenty = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    folder = Path(tempfile.mkdtemp(prefix="outlay-test-", dir=MEMORY if plenty else None)).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
