"""The layout of a data folder, and making its parts with the right owner and mode.

    lock, guests      who runs the server, who uses it (ownership)
    password, password.*  of the superuser and of the other logins, 0600 (roles)
    pg/               the cluster; appears complete or not at all (cluster)
    pg.new-*/         a cluster being made, or the remains of one whose making was interrupted
    socket            a folder, or a link to a short one under the system's temporary folder
    postgres.log      what the server prints

Leaves to others: what is in the cluster, and who may call: everything that changes a part needs the owner lock.

The traps:
* The path of a Unix socket has about 107 bytes (104 on macOS), so below a deep data folder it cannot live.
* A data folder is copied or restored elsewhere, link and all, while the original still runs: a linked socket folder
  is ours only if the mark in it names this very data folder.
* A temporary folder can be made by anybody once ours is gone (after a reboot): it is used only if its owner is right
  and nobody else may enter. A service with a private /tmp hides its socket from commands outside.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from outlay.postgres.endpoint import USER
from outlay.postgres.errors import DataDirUnusable
from outlay.postgres.reach import closed_parent
from outlay.postgres.readiness import socket_file

LONGEST_SOCKET_PATH = 103  # bytes, without the closing zero: the smaller limit of Linux (107) and macOS
SHORT_PLACES = (tempfile.gettempdir(), "/tmp")  # noqa: S108  # only as the parent of a private mkdtemp folder
MARK = "belongs-to"
LARGEST_LOG = 20_000_000


class DataDir:
    """Names and makes the parts of one data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.lock = self.path / "lock"
        self.guests = self.path / "guests"
        self.cluster = self.path / "pg"
        self.socket = self.path / "socket"
        self.log = self.path / "postgres.log"

    def create(self) -> None:
        """Makes the folder private; refuses one that holds other things, lest its mode or files be changed."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = {entry.name for entry in self.path.iterdir()} - {"lost+found"}
            state = self.path.stat()
            if names and not names & {"lock", "pg"}:
                raise DataDirUnusable(
                    f"{self.path} is not empty and is not an Outlay data folder. Choose another one, or empty it."
                )
            if state.st_uid != os.geteuid():
                if names or os.geteuid() != 0:
                    raise DataDirUnusable(
                        f"{self.path} belongs to user {state.st_uid}, you are user {os.geteuid()}. "
                        "Run as that user, or choose another data folder."
                    )
                os.chown(self.path, 0, 0)  # an empty volume that was mounted for us
            if not names or state.st_mode & 0o022:
                self.path.chmod(0o700)
        except OSError as error:
            raise DataDirUnusable(
                f"Cannot use {self.path} as the data folder: {error.strerror}. Choose a folder that you may write to."
            ) from error

    def holds_cluster(self) -> bool:
        """Whether a PostgreSQL's files are there; an empty folder may be the place that somebody mounted for them.
        Raises DataDirUnusable where that cannot be seen."""
        try:
            return (self.cluster / "PG_VERSION").exists()
        except OSError as error:
            raise DataDirUnusable(
                f"Cannot look into {self.path}: {error.strerror}. Run as the user who owns the data folder, or correct "
                "--data."
            ) from error

    def let_through(self, file_owner: tuple[int, int]) -> None:
        """Where the server runs as another user, it must pass through to its parts; each part stays closed itself."""
        if file_owner[0] != os.geteuid():
            self.path.chmod(0o711)

    def password(self, user: str = USER) -> str:
        path = self.password_file(user)
        try:
            text = path.read_text().strip()
        except OSError as error:
            raise DataDirUnusable(
                f"Cannot read {path}: {error.strerror}. Run as the user who owns the data folder. If the file is lost, "
                "or the server was started by an earlier version, stop that: the next start makes it anew."
            ) from error
        if not text:
            raise DataDirUnusable(f"{path} is empty. Remove it, and start the server again: it is made anew then.")
        return text

    def password_file(self, user: str) -> Path:
        return self.path / ("password" if user == USER else f"password.{user}")

    def ensure_password(self, user: str = USER) -> str:
        """A password, durable before anything is told it."""
        if not self.password_file(user).exists():
            draft, _ = self.draft_password()
            self.keep_password(draft, user)
        return self.password(user)

    def draft_password(self) -> tuple[Path, str]:
        """A new one that is not the password yet, on disk, and its text."""
        draft, text = self.path / "password.new", secrets.token_urlsafe(32)
        draft.unlink(missing_ok=True)
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        return draft, text

    def keep_password(self, draft: Path, user: str) -> None:
        draft.rename(self.password_file(user))
        self.sync()

    def sync(self) -> None:
        """Makes renames in the data folder durable."""
        fd = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def new_stage(self, file_owner: tuple[int, int]) -> Path:
        """A fresh private folder in which a cluster can be made, on the same file system as its final place."""
        stage = Path(tempfile.mkdtemp(prefix="pg.new-", dir=self.path))
        _give(stage, file_owner)
        return stage

    def clear_stages(self) -> None:
        # A dying initdb may still be writing into one: what cannot be removed now goes at the next start.
        for stage in self.path.glob("pg.new-*"):
            shutil.rmtree(stage, ignore_errors=True)

    def give_cluster(self, file_owner: tuple[int, int]) -> None:
        """After a change of the way of launching (root only), the files follow."""
        if os.geteuid() != 0 or self.cluster.stat().st_uid == file_owner[0]:
            return
        for folder, _, files in os.walk(self.cluster):
            for name in files:
                os.chown(Path(folder) / name, *file_owner, follow_symlinks=False)
            if Path(folder) != self.cluster:
                _give(Path(folder), file_owner)
        _give(self.cluster, file_owner)  # last: it is what tells that all of it is done

    def open_log(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    # The socket folder

    def socket_folder(self) -> Path | None:
        """For those who connect: the folder as it is now, or None while there is none that can be trusted."""
        folder = self._linked() or self.socket
        try:
            state = folder.lstat()
            trusted = {os.geteuid(), self.path.stat().st_uid, self.cluster.stat().st_uid}
        except OSError:
            return None
        private = state.st_mode & 0o170777 == 0o040700
        return folder if private and state.st_uid in trusted else None

    def make_socket_folder(self, file_owner: tuple[int, int]) -> Path:
        """For the owner: inside the data folder where the path is short enough, else a temporary one, linked."""
        old = self._linked()
        if _fits(self.socket):
            self.remove_socket_folder()
            self.socket.mkdir(mode=0o700)
            _give(self.socket, file_owner)
            return self.socket
        if old is not None and self.socket_folder() == old and self._marked_ours(old):
            _give(old, file_owner)
            return old
        self.remove_socket_folder()
        folder = _short_folder(file_owner)
        (folder / MARK).write_text(self._identity())
        _give(folder, file_owner)
        draft = self.path / "socket.new"
        draft.unlink(missing_ok=True)
        draft.symlink_to(folder)
        draft.rename(self.socket)
        return folder

    def remove_socket_folder(self) -> None:
        linked = self._linked()
        if linked is not None:
            if self._marked_ours(linked):
                shutil.rmtree(linked, ignore_errors=True)
            self.socket.unlink(missing_ok=True)
        elif self.socket.is_dir():
            shutil.rmtree(self.socket, ignore_errors=True)

    def _linked(self) -> Path | None:
        return self.socket.readlink() if self.socket.is_symlink() else None

    def _identity(self) -> str:
        state = self.path.stat()
        return f"{state.st_dev}:{state.st_ino}\n"

    def _marked_ours(self, folder: Path) -> bool:
        try:
            return (folder / MARK).read_text() == self._identity()
        except OSError:
            return False


def _give(path: Path, file_owner: tuple[int, int]) -> None:
    if path.stat().st_uid != file_owner[0]:
        os.chown(path, *file_owner)


def _fits(folder: Path) -> bool:
    # A comma separates hosts in a connection URL, so a folder with one in its name cannot be written there.
    return len(os.fsencode(socket_file(folder))) <= LONGEST_SOCKET_PATH and "," not in str(folder)


def _short_folder(file_owner: tuple[int, int]) -> Path:
    for place in SHORT_PLACES:
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="outlay-", dir=place)).resolve()
            if _fits(folder) and closed_parent(folder, file_owner) is None:
                return folder
            folder.rmdir()
    raise DataDirUnusable(
        f"The data folder's path is too long for a socket, and none of {', '.join(SHORT_PLACES)} is writable, "
        "short and open to the server's user. Choose a data folder with a path of at most 80 bytes, or set TMPDIR to "
        "such a folder."
    )
