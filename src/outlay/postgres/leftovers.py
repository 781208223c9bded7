"""Finds and ends what an earlier server of the same cluster has left: processes and stale lock files.

Leaves to others: making sure that nobody owns the server any more. Call only with the owner lock held.

The traps:
* A pid in a file proves nothing: pids are reused, in containers within seconds. A process is one of ours only if its
  working folder *is* the cluster (same device and inode) and it is a ``postgres``; and it is signalled through a pidfd
  taken before that check, so the number cannot change hands in between.
* PostgreSQL itself trusts the pids in ``postmaster.pid`` and in the socket's lock file: a stranger who now has that pid
  keeps it from starting for ever. Once no process of the cluster is left, such files are removed.
* After a kill -9 of the main process its children go by themselves when they notice, unless they are busy; a new
  server refuses to start until the last one is gone ("pre-existing shared memory block").
* Where root lacks CAP_SYS_PTRACE (most containers) it may not see the working folder of another user's process. Files
  may be looked at as that user, though: `setfsuid` changes one thread, and nothing else of it.
* Without /proc (macOS) only the main process is found, by asking ``ps`` for its command line.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from outlay.postgres.errors import ServerFailed
from outlay.postgres.readiness import socket_file

PROC = Path("/proc")
POLL_S = 0.02
ORPHANS_GO_BY_THEMSELVES_S = 1.0
# Of the patience that there is at the beginning: what must be left for the harder ways.
FOR_QUIT_AND_KILL = 0.4  # an immediate shutdown kills its own children after five seconds
FOR_KILL = 0.2

Patience = Callable[[], float]
"""Seconds that are left; what was 10 may be 2 a moment later, because somebody is in a hurry."""


def patience_of(seconds: float) -> Patience:
    """So many, from now on."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())


def processes_of(cluster: Path) -> list[int]:
    """Every living server process whose working folder is this cluster."""
    try:
        wanted = cluster.stat()
    except OSError:
        return []
    if not PROC.is_dir():
        pid = _first_number(cluster / "postmaster.pid")
        return [pid] if pid and _ps_shows(pid, cluster) else []
    same = (wanted.st_dev, wanted.st_ino)
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _serves(entry, same)]


def kill_all(cluster: Path) -> None:
    """The end of all patience: every process of the cluster at once. What it had confirmed is on disk."""
    for pid in processes_of(cluster):
        _signal_if_serving(pid, cluster, signal.SIGKILL)


def clear_away(cluster: Path, patience: Patience, on_event: Callable[[str], None]) -> Iterator[float]:
    """Ends an earlier server, kindly first. Yields the pauses to make, so that both kinds of caller can wait."""
    if not (cluster / "postmaster.pid").exists():
        return
    found = processes_of(cluster)
    if found:
        on_event(f"an earlier PostgreSQL of this data folder is still there (process {found[0]}): ending it")
    main = _first_number(cluster / "postmaster.pid") or 0
    whole = patience()
    orphans_have = max(whole - ORPHANS_GO_BY_THEMSELVES_S, whole * FOR_QUIT_AND_KILL)
    steps: tuple[tuple[signal.Signals | None, float], ...] = (
        (signal.SIGINT, whole * FOR_QUIT_AND_KILL) if main in found else (None, orphans_have),
        (signal.SIGQUIT, whole * FOR_KILL),
        (signal.SIGKILL, 0.0),
    )
    for number, must_be_left in steps:
        # The main process shuts its children down in order; where it is gone or cannot be asked, all are told.
        told = [main] if main in found and number is not signal.SIGKILL else found
        for pid in told:
            if number is not None:
                _signal_if_serving(pid, cluster, number)
        while found and patience() > must_be_left:
            yield POLL_S
            found = processes_of(cluster)
        if not found:
            return
    raise ServerFailed(
        f"An earlier PostgreSQL of {cluster} cannot be ended (processes {', '.join(map(str, found))}). "
        "It hangs in the kernel, usually on a dead disk or network file system: check that, then start again."
    )


def forget_stale_lock_files(cluster: Path, socket_folder: Path) -> None:
    """Removes lock files whose pid now belongs to a stranger; call when no process of the cluster is left.

    One whose pid is dead is left for PostgreSQL: it also checks the shared memory that the file names.
    """
    for path in (cluster / "postmaster.pid", Path(f"{socket_file(socket_folder)}.lock")):
        pid = _first_number(path)
        if pid is None or _exists(pid):
            path.unlink(missing_ok=True)


def _serves(entry: Path, same: tuple[int, int]) -> bool:
    try:
        if (entry / "comm").read_text().strip() != "postgres":
            return False
        where = _working_folder(entry)
    except OSError:  # gone meanwhile, a zombie, or of another user
        return False
    return (where.st_dev, where.st_ino) == same


def _working_folder(entry: Path) -> os.stat_result:
    try:
        return (entry / "cwd").stat()
    except PermissionError:
        if os.geteuid() != 0:
            raise
        user = entry.stat()
        with _files_as(user.st_uid, user.st_gid):
            return (entry / "cwd").stat()


@contextlib.contextmanager
def _files_as(uid: int, gid: int) -> Iterator[None]:
    libc = ctypes.CDLL(None)
    libc.setfsgid(gid)
    libc.setfsuid(uid)
    try:
        yield
    finally:
        libc.setfsuid(os.geteuid())
        libc.setfsgid(os.getegid())


def _signal_if_serving(pid: int, cluster: Path, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)
        try:
            if pid in processes_of(cluster):
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def _first_number(path: Path) -> int | None:
    try:
        return abs(int(path.read_text().split("\n", 1)[0]))  # negative in single-user mode
    except (OSError, ValueError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ps_shows(pid: int, cluster: Path) -> bool:
    shown = subprocess.run(  # noqa: S603  # a fixed program and a number
        ["ps", "-p", str(pid), "-o", "command="],  # noqa: S607  # its place differs between systems
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return "postgres" in shown and str(cluster) in shown
