"""File locks that say who may run a server on a data folder, and who is using one that someone else runs.

``OwnerLock`` is held by the one process that runs the server. ``GuestBook`` is shared by commands that only connect,
so that a short-lived owner can wait for them before it takes the server away.

Leaves to others: what to do when the lock is taken (connect), and what the lock protects (embedded).

The trap: ``flock`` belongs to the open file, not to the process. Anything that inherits the descriptor keeps the lock
after the owner is dead: a started program (so it is opened close-on-exec, Python's default) and a forked copy of the
process (so every held lock is closed in the child of a fork). The pid in the file is for messages only: pids are
reused, so nothing may ever be decided by it.
"""

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path
from weakref import WeakSet

from outlay.postgres.errors import AlreadyOwned, DataDirUnusable

POLL_S = 0.05
_open_locks: "WeakSet[_LockFile]" = WeakSet()


class _LockFile:
    """One flock on one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        _open_locks.add(self)

    @property
    def held(self) -> bool:
        return self._fd is not None

    def take(self, how: int) -> bool:
        """True when the lock (LOCK_EX or LOCK_SH) is now held; never waits."""
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirUnusable(
                f"Cannot open {self.path}: {error.strerror}. Run as the user who owns the data folder, "
                "or choose another data folder."
            ) from error
        try:
            fcntl.flock(fd, how | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        self._fd = fd
        return True

    def take_within(self, how: int, wait_s: float) -> bool:
        end = time.monotonic() + wait_s
        while not self.take(how):
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_S)
        return True

    def write(self, text: str) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, text.encode(), 0)

    def release(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def _forget_in_child() -> None:
    # Closing this copy leaves the parent's lock in force; keeping it would let a worker outlive the owner with it.
    for lock in list(_open_locks):
        with contextlib.suppress(OSError):
            lock.release()


os.register_at_fork(after_in_child=_forget_in_child)


class OwnerLock:
    """Exclusive: whoever holds it runs the server of this data folder."""

    def __init__(self, path: Path) -> None:
        self._file = _LockFile(path)

    @property
    def held(self) -> bool:
        return self._file.held

    def acquire(self, wait_s: float) -> None:
        if not self._file.take_within(fcntl.LOCK_EX, wait_s):
            pid = self._written_pid()
            who = f"process {pid}" if pid is not None else "another process"
            raise AlreadyOwned(
                f"The data folder {self._file.path.parent} is in use by {who}. "
                "Stop that one first, or give this one a data folder of its own; "
                "to run several on the same data, use a shared server by setting DATABASE_URL.",
                pid,
            )
        self._file.write(f"{os.getpid()}\n")

    def release(self) -> None:
        if self._file.held:
            self._file.write("")
        self._file.release()

    def _written_pid(self) -> int | None:
        try:
            return int(self._file.path.read_text())
        except (OSError, ValueError):
            return None


class GuestBook:
    """Shared by commands that use a server they do not own."""

    def __init__(self, path: Path) -> None:
        self._file = _LockFile(path)

    def enter(self) -> bool:
        """False while the owner is closing: the server that still answers is about to go."""
        return self._file.take(fcntl.LOCK_SH)

    def close(self, wait_s: float) -> bool:
        """For the owner: waits until no guest is left and lets no new one in until ``leave``."""
        return self._file.take_within(fcntl.LOCK_EX, wait_s)

    def leave(self) -> None:
        self._file.release()
