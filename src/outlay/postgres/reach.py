"""Lets an unprivileged user at folders whose parents are closed to it, without opening those for anybody.

Below a closed folder (/root, say) the server's programs and data cannot be reached by another user. In a mount
namespace of the server's own, an empty folder with nothing but the way to them covers the closed one: the paths stay
what they are, what lies beside them is not even there, and nobody else sees any of it.

Leaves to others: becoming that user (launch), whose the folders are (folders).

The trap: what is covered cannot be named any more. So the cover is built elsewhere, with the folders bound into it, and
then moved. /sys is where: every Linux has it, and it is back when the cover is gone.
"""

import shlex
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

BUILD_AT = Path("/sys")
OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private", "--")


def closed_parent(path: Path, user: tuple[int, int]) -> Path | None:
    """The topmost folder above `path` through which the user (uid, gid) may not pass; None where the way is open."""
    for parent in reversed(path.parents):
        state = parent.stat()
        bit = stat.S_IXOTH
        if state.st_uid == user[0]:
            bit = stat.S_IXUSR
        elif state.st_gid == user[1]:
            bit = stat.S_IXGRP
        if not state.st_mode & bit:
            return parent
    return None


def covering(paths: Iterable[Path], user: tuple[int, int]) -> tuple[str, ...]:
    """The beginning of a command line for root: in mounts of its own, with an open way to the paths, enter the folder
    that comes next and run the rest. Empty where every way is open."""
    covers: dict[Path, list[Path]] = {}
    for path in paths:
        closed = closed_parent(path, user)
        if closed is not None:
            covers.setdefault(closed, []).append(path)
    return (*OWN_MOUNTS, "sh", "-ec", _script(covers), "sh") if covers else ()


def _script(covers: Mapping[Path, Sequence[Path]]) -> str:
    lines = []
    for closed, paths in covers.items():
        lines.append(f"mount -t tmpfs -o mode=0755 outlay {BUILD_AT}")
        for path in paths:
            there = shlex.quote(str(BUILD_AT / path.relative_to(closed)))
            lines.append(f"mkdir -p {there}; mount --rbind {shlex.quote(str(path))} {there}")
        lines.append(f"mount --move {BUILD_AT} {shlex.quote(str(closed))}")
    return "\n".join([*lines, 'cd "$1"', "shift", 'exec "$@"'])
