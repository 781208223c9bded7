"""Runs a PostgreSQL server of our own on a data folder: start, keep alive, stop.

One process owns the data folder and with it the server; everybody else connects by the endpoint. Nothing listens on
TCP. The server dies with its owner, whatever kills that, and is started again if it dies alone, on the same socket, so
clients only have to reconnect.

Leaves to others: which programs (binaries), how they are started (launch), making the cluster (cluster), old servers
(leftovers), choosing between this and a server elsewhere (connect).

The trap: ``start`` and ``watch`` fork, and the kernel ends the server when the *thread* that forked it ends. Both must
therefore run on the main thread; ``watch`` is a coroutine so that the owner's event loop there can run it. Child
processes of the owner never start or stop anything here.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from outlay.postgres import leftovers
from outlay.postgres.binaries import Binaries
from outlay.postgres.cluster import binaries_for, ensure_cluster, renew_lost_password
from outlay.postgres.endpoint import APPLICATION, MIGRATOR, SOCKET_PORT, USER, Endpoint
from outlay.postgres.errors import PostgresError, ServerFailed
from outlay.postgres.folders import DataDir
from outlay.postgres.launch import AsRoot, Launcher, choose_launcher
from outlay.postgres.leftovers import Patience
from outlay.postgres.own_loop import in_loop_of_its_own
from outlay.postgres.ownership import OwnerLock
from outlay.postgres.readiness import answers
from outlay.postgres.roles import put_right

READY_POLL_S = 0.01
WATCH_POLL_S = 0.1
RETRY_S = 0.2
LOOK_AGAIN_S = 0.1  # at a patience that may have become shorter
STEADY_AFTER_S = 10.0
LONGEST_BACKOFF_S = 5.0
# What a server says that met the remains of another one; it goes away by itself.
PASSING_TROUBLE = ("pre-existing shared memory block", "lock file")

# On the command line, because that wins over postgresql.conf and ALTER SYSTEM.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(SOCKET_PORT),
    "unix_socket_permissions": "0700",
    # What "confirmed" means: on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Commits are grouped by the application, so the server must not add a wait of its own.
    "commit_delay": "0",
    "wal_buffers": "16MB",
    # Fewer checkpoints: each makes the pages after it cost a full image in the log.
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # Short statements by key only: compiling them costs more than running them, and disks have no seek.
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
    "cluster_name": "outlay",
}


def silent(_event: str) -> None:
    return


class EmbeddedServer:
    """The server of one data folder. Use as a context manager, or call ``start`` and ``stop``."""

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        extra_settings: Mapping[str, str] | None = None,
        on_event: Callable[[str], None] = silent,
        wait_s: float = 5.0,
        start_timeout_s: float = 120.0,
        stop_timeout_s: float = 40.0,
        stop_within: Patience | None = None,
        as_root: AsRoot = "auto",
    ) -> None:
        """`stop_timeout_s`: the patience with a server that is to end, kind and hard ways together. `stop_within`: the
        same for `stop`, asked when it comes to that."""
        self.data = DataDir(data_dir)
        self._bin_dir = bin_dir
        self._settings = {**SERVER_SETTINGS, **(extra_settings or {})}
        self._on_event = on_event
        self._wait_s = wait_s
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._stop_within = stop_within
        self._as_root: AsRoot = as_root
        self._lock = OwnerLock(self.data.lock)
        self._launcher: Launcher | None = None
        self._binaries: Binaries | None = None
        self._socket: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_from = 0
        self.ended_by_itself = True
        """After `stop`: whether asking was enough."""

    # What others may know

    @property
    def endpoint(self) -> Endpoint:
        """As the superuser; what is handed on to others is in connect."""
        if self._socket is None:
            raise ServerFailed("The embedded PostgreSQL is not running: call start() first.")
        return Endpoint.on_socket(self._socket, self.data.password())

    @property
    def socket(self) -> Path | None:
        return self._socket

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    # Start and stop

    def start(self) -> None:
        """Blocks until the server takes connections. Needs the main thread. Again while it runs: does nothing."""
        if self._lock.held:
            return
        self.data.create()
        self._lock.acquire(self._wait_s)
        try:
            self._binaries = binaries_for(self.data, self._bin_dir)
            needed = (self._binaries.folder.parent, self.data.path)
            self._launcher = choose_launcher(needed, self._as_root)
            self.data.let_through(self._launcher.file_owner)
            self._launcher.require_reach(self._binaries, self.data.path)
            ensure_cluster(self.data, self._binaries, self._launcher)
            # Before it answers: whoever waits for that then reads them.
            passwords = {name: self.data.ensure_password(name) for name in (MIGRATOR, APPLICATION)}
            for pause in self._bring_up():
                time.sleep(pause)
            self._put_roles_right(passwords)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Disconnects clients, shuts down, frees the data folder. Does nothing when already stopped or in a child."""
        if not self._lock.held:  # a forked copy of the owner does not hold it: see ownership
            return
        process, self._process = self._process, None
        patience = self._patience_to_stop()
        try:
            if process is not None:
                self._end(process, patience)
                for pause in leftovers.clear_away(self.data.cluster, patience, self._on_event):
                    time.sleep(pause)
            if self._socket is not None:
                self.data.remove_socket_folder()
        finally:
            self._socket = None
            self._lock.release()

    def kill(self) -> None:
        """The last resort, from any thread: no more asking. The next start recovers."""
        leftovers.kill_all(self.data.cluster)
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self.data.remove_socket_folder()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Keep alive

    async def watch(self) -> None:
        """Starts the server again whenever it dies, until ``stop``. Run it on the main thread's event loop."""
        backoff = 0.0
        up_since = time.monotonic()
        while (process := self._process) is not None:
            if process.poll() is None:
                await asyncio.sleep(WATCH_POLL_S)
                continue
            if time.monotonic() - up_since > STEADY_AFTER_S:
                backoff = 0.0
            self._on_event(f"PostgreSQL ended unexpectedly ({_how(process.returncode)}); starting it again")
            await asyncio.sleep(backoff)
            backoff = min(LONGEST_BACKOFF_S, max(0.1, backoff * 2))
            began = up_since = time.monotonic()
            try:
                for pause in self._bring_up():
                    await asyncio.sleep(pause)
                    if self._process is None:
                        return
            except (PostgresError, OSError) as error:  # a full disk, too: later there may be room
                self._on_event(f"PostgreSQL did not come back, trying again in {backoff:.1f} s: {error}")
            else:
                up_since = time.monotonic()
                self._on_event(f"PostgreSQL is back after {up_since - began:.1f} s")

    # One way to bring it up, for both: a generator of the pauses to make

    def _bring_up(self) -> Iterator[float]:
        launcher, binaries = self._launcher, self._binaries
        if launcher is None or binaries is None:
            raise ServerFailed("The embedded PostgreSQL was never started: call start() first.")
        end = time.monotonic() + self._start_timeout_s
        while True:
            yield from leftovers.clear_away(
                self.data.cluster, leftovers.patience_of(self._stop_timeout_s), self._on_event
            )
            if self._socket is None:
                self._socket = self.data.make_socket_folder(launcher.file_owner)
            leftovers.forget_stale_lock_files(self.data.cluster, self._socket)
            renew_lost_password(self.data, binaries, launcher)
            self._process = process = self._spawn(launcher, binaries, self._socket)
            while process.poll() is None and time.monotonic() < end:
                if answers(self._socket):
                    return
                yield READY_POLL_S
            said = self._last_words()
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                raise ServerFailed(
                    f"PostgreSQL was not ready after {self._start_timeout_s:.0f} s. If it was replaying its log, "
                    f"start again with more patience. Its last words in {self.data.log}:\n{said}"
                )
            if time.monotonic() >= end or not any(trouble in said for trouble in PASSING_TROUBLE):
                raise ServerFailed(
                    f"PostgreSQL did not start ({_how(process.returncode)}). Correct what it names and start again; "
                    f"all of it is in {self.data.log}:\n{said}"
                )
            yield RETRY_S

    def _put_roles_right(self, passwords: Mapping[str, str]) -> None:
        try:
            in_loop_of_its_own(put_right(self.endpoint, passwords))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise ServerFailed(
                f"PostgreSQL runs, but its logins could not be put right: {error or type(error).__name__}. If the "
                f"password in {self.data.password_file(USER)} is not the right one, remove that file and start again: "
                "a new one is made then."
            ) from error

    def _spawn(self, launcher: Launcher, binaries: Binaries, socket: Path) -> subprocess.Popen[bytes]:
        quoted = '"' + str(socket).replace('"', '""') + '"'  # a list for PostgreSQL, parted by commas
        settings = {"unix_socket_directories": quoted, **self._settings}
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = self.data.open_log()
        try:
            self._log_from = os.fstat(log).st_size
            # From its first moment in the cluster as working folder: that is how leftovers recognises it.
            return launcher.start(
                [binaries.postgres, "-D", str(self.data.cluster), *arguments], cwd=self.data.cluster, output=log
            )
        finally:
            os.close(log)

    def _patience_to_stop(self) -> Patience:
        own, told = leftovers.patience_of(self._stop_timeout_s), self._stop_within
        return own if told is None else lambda: min(own(), told())

    def _end(self, process: subprocess.Popen[bytes], patience: Patience) -> None:
        whole = patience()
        for number, must_be_left in (
            (signal.SIGINT, whole * leftovers.FOR_QUIT_AND_KILL),
            (signal.SIGQUIT, whole * leftovers.FOR_KILL),
            (signal.SIGKILL, 0.0),
        ):
            process.send_signal(number)
            if number is signal.SIGKILL:
                self.kill()  # its children, too: nobody tells them any more
            asked_at = time.monotonic()
            while (left := patience() - must_be_left) > 0:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(left, LOOK_AGAIN_S))
                    return
            self.ended_by_itself = False
            self._on_event(f"PostgreSQL did not stop within {time.monotonic() - asked_at:.1f} s of {number.name}")

    def _last_words(self) -> str:
        try:
            with self.data.log.open("rb") as log:
                log.seek(max(self._log_from, log.seek(0, os.SEEK_END) - 4000))
                return b"\n".join(log.read().splitlines()[-8:]).decode(errors="replace")
        except OSError:
            return "(its log cannot be read)"


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by signal {-code}"
    return f"exit code {code}"
