"""Starts PostgreSQL programs so that they die with their owner, never run as root, and inherit nothing needless.

The ways, chosen once:
* an ordinary user runs them as itself;
* root becomes the OS user `postgres` or `nobody`, and is really another user then: what belongs to root cannot be read;
* where that user cannot reach the programs or the data folder, root covers the closed folders first (reach);
* a user without a name (initdb insists on one), and a root who has no other user to become (a user namespace with a
  single one), runs them inside a user namespace of their own.

Dying with the owner is PR_SET_PDEATHSIG(SIGINT), a fast shutdown. Only Linux has it: elsewhere a server outlives a
killed owner until the next owner ends it (leftovers).

Leaves to others: which program with which arguments (cluster, embedded), its environment (environment), whose files
they are (folders).

The traps:
* PDEATHSIG is tied to the *thread* that forked, so a worker thread that ends takes the server with it. Everything
  is started on the main thread, and ``start`` refuses any other.
* The owner may die between the fork and the request for the signal; then no signal ever comes. So the last step
  before the program compares its parent's pid with the owner's and gives up if they differ.
* A changed identity clears PDEATHSIG, so it is asked for after every change.
* A shell's ``&`` makes children ignore SIGINT, and an ignored signal stays ignored over exec. A *handled* one goes
  back to default, so an ignored SIGINT is handled by an empty function for as long as the fork takes.
* Ctrl-C goes to the whole foreground process group: the server gets a session of its own, or it would shut down
  before the owner has finished its work.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from outlay.postgres.binaries import Binaries
from outlay.postgres.environment import clean_environment
from outlay.postgres.errors import LaunchImpossible, NotMainThread, ServerFailed
from outlay.postgres.reach import closed_parent, covering

AsRoot = Literal["auto", "drop", "cover"]

PR_SET_PDEATHSIG = 1
NAMESPACE_UID = 65534  # "nobody": initdb insists on a user name, and this one has one nearly everywhere
UNPRIVILEGED_USERS = ("postgres", "nobody")
UID_MAP = Path("/proc/self/uid_map")
DEATH_SIGNAL = ("setpriv", "--pdeathsig", "INT", "--")
ADVICE = (
    "Choose a data folder whose parents everybody may pass through (/var/lib/outlay, say), install the programs where "
    "everybody may run them, run as an ordinary user, or set DATABASE_URL to a server of your own."
)
PARENT_IS_OWNER = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'


@dataclass(frozen=True)
class Launcher:
    """One tried way of starting a program."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None  # set only where root becomes someone else
    gid: int | None = None
    in_child: Callable[[], None] | None = None
    cover: tuple[str, ...] = ()  # see reach.covering; then the programs of `prefix` change the user

    @property
    def file_owner(self) -> tuple[int, int]:
        """Whose the server's files must be: (uid, gid). A user namespace changes names, not owners."""
        return (
            os.geteuid() if self.uid is None else self.uid,
            os.getegid() if self.gid is None else self.gid,
        )

    def start(
        self, command: Sequence[str], *, cwd: Path, stdin: int = subprocess.DEVNULL, output: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        if threading.current_thread() is not threading.main_thread():
            raise NotMainThread(
                "The embedded PostgreSQL must be started from the main thread: it is told to stop when the thread "
                "that started it ends. Call start() and run watch() on the main thread's event loop."
            )
        guard = ("sh", "-c", PARENT_IS_OWNER, str(os.getpid())) if self.in_child is None else ()
        # Before the cover is there, the folder cannot be entered in such a way that it could be named afterwards.
        enter = (*self.cover, str(cwd)) if self.cover else ()
        changes = self.uid is not None and not self.cover
        with _default_sigint_in_child():
            try:
                return subprocess.Popen(  # noqa: S603  # fixed programs with arguments of our own, no shell text
                    [*enter, *self.prefix, *guard, *command],
                    cwd="/" if self.cover else cwd,
                    stdin=stdin,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=clean_environment(),
                    start_new_session=True,
                    user=self.uid if changes else None,
                    group=self.gid if changes else None,
                    extra_groups=[] if changes else None,
                    preexec_fn=self.in_child,  # noqa: PLW1509  # only where no program can do it; see _die_with_owner
                )
            except OSError as error:
                raise ServerFailed(
                    f"Cannot run {command[0]}: {error.strerror}. If the PostgreSQL programs were just updated or "
                    "removed, start again; otherwise free some memory or processes."
                ) from error

    def run(self, command: Sequence[str], *, cwd: Path, text_in: str = "") -> tuple[int, str]:
        """Runs to the end; gives the exit code and what was printed. An interrupt ends the program too."""
        with self.start(command, cwd=cwd, stdin=subprocess.PIPE, output=subprocess.PIPE) as process:
            try:
                printed, _ = process.communicate(text_in.encode())
            except BaseException:
                process.kill()
                raise
        return process.returncode, printed.decode(errors="replace").strip()

    def require_reach(self, binaries: Binaries, folder: Path) -> None:
        """Where root becomes another user, finds out by trying whether that user gets at what it needs."""
        if self.uid is None:
            return
        user = f"the unprivileged user {pwd.getpwuid(self.uid).pw_name!r}"
        # The working folder is entered before the identity changes, so it must be one that always works.
        code, said = self.run([binaries.postgres, "--version"], cwd=Path("/"))
        if code != 0:
            raise LaunchImpossible(f"{user} cannot run {binaries.postgres} ({said}). Install it elsewhere. {ADVICE}")
        if self.run(["sh", "-c", 'cd "$0"', str(folder)], cwd=Path("/"))[0] != 0:
            raise LaunchImpossible(f"{user} cannot reach {folder}. {ADVICE}")


def choose_launcher(needed: Sequence[Path] = (), as_root: AsRoot = "auto") -> Launcher:
    """The first way that works here. ``needed``: the folders that the programs must reach. ``as_root`` forces a way of
    root's, for tests and for odd machines."""
    if os.geteuid() == 0 and _has_others_to_become():
        return _root_launcher(needed, as_root)
    if os.geteuid() != 0 and _has_user_name(os.geteuid()):
        return _with_death_signal(Launcher())
    namespace = _namespace_launcher()
    if namespace is None:
        raise LaunchImpossible(
            "This machine bars user namespaces (or lacks `unshare` and `setpriv` of util-linux), and the "
            f"present user (uid {os.geteuid()}) cannot run PostgreSQL without one. Run as an ordinary user "
            "with an entry in /etc/passwd, or set DATABASE_URL to a server of your own."
        )
    return namespace


def _root_launcher(needed: Sequence[Path], as_root: AsRoot) -> Launcher:
    user = _unprivileged_user()
    dropping = _with_death_signal(Launcher(uid=user[0], gid=user[1]))
    cover = covering(needed, user)
    if as_root == "drop" or not cover:
        return dropping
    become = ("setpriv", "--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups", "--")
    if not _works((*cover, "/", *become, *DEATH_SIGNAL)):
        closed = sorted({str(parent) for path in needed if (parent := closed_parent(path, user))})
        raise LaunchImpossible(
            f"PostgreSQL refuses to run as root, and the unprivileged user {pwd.getpwuid(user[0]).pw_name!r} may not "
            f"pass through {' and '.join(closed)}; this machine bars mount namespaces, which would help. {ADVICE}"
        )
    return Launcher((*become, *DEATH_SIGNAL), *user, cover=cover)


def _unprivileged_user() -> tuple[int, int]:
    for name in UNPRIVILEGED_USERS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise LaunchImpossible(
        "PostgreSQL refuses to run as root, and this machine has no user `postgres` or `nobody`. "
        "Run as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def _has_others_to_become() -> bool:
    """False in a user namespace of a single user: root there is an ordinary user outside, and nobody else."""
    try:
        return sum(int(line.split()[2]) for line in UID_MAP.read_text().splitlines()) > 1
    except OSError:
        return True


def _namespace_launcher() -> Launcher | None:
    if not _has_user_name(NAMESPACE_UID):
        return None
    prefix = (
        *("unshare", "--user", f"--map-user={NAMESPACE_UID}", f"--map-group={NAMESPACE_UID}", "--"),
        *DEATH_SIGNAL,
    )
    return Launcher(prefix) if _works(prefix) else None


def _with_death_signal(plain: Launcher) -> Launcher:
    if _works(DEATH_SIGNAL):
        return Launcher(DEATH_SIGNAL, plain.uid, plain.gid)
    if sys.platform == "linux":
        return Launcher((), plain.uid, plain.gid, _die_with_owner())
    return plain


def _die_with_owner() -> Callable[[], None]:
    """For systems whose setpriv is missing or cannot (Alpine): the same, in the forked child."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    owner = os.getpid()

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != owner:
            os._exit(1)

    return in_child


def _works(prefix: Sequence[str]) -> bool:
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, timeout=30, check=False)  # noqa: S603  # see above
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _has_user_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


@contextlib.contextmanager
def _default_sigint_in_child() -> Iterator[None]:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
