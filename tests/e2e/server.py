"""A real `outlay serve` for whole-process tests: start it, kill it, start it again, and see what it leaves behind.

The command line beside it is that of tests.cli.cli_support: tests set accounts up with what users use.

The traps: a data folder cannot be pytest's own (too deep for a socket, closed to the user whom root drops to). A zombie
still has a name, but it only waits to be reaped. PostgreSQL's children rename themselves, so they are known by where
they stand, not by their command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.cli.cli_support import Called, Cli, Result, migrated_folder
from tests.support.folders import short_folder

QUICK_AND_TELLING = {"OUTLAY_SANDBOX_DELAY_MS": "50", "OUTLAY_LOG_RATE": "1000000"}
"""No line of the log is left out: a test that looks for a fault, or a secret, must not miss it in a flood."""
STOP_PATIENCE_S = 30.0
POLL_S = 0.02
SHARE_OF_WAIT = 16
LONGEST_POLL_S = 0.25
PROC = Path("/proc")


class Server:
    """`outlay serve --json` on `data`, as a process of its own; `words` are added to the command, `environment` to its
    settings. Standard error goes to `log`, which grows over restarts."""

    def __init__(self, data: Path, *words: str, **environment: str) -> None:
        self.data = data
        self.log = data.with_name(f"{data.name}.log")
        self.cli: Cli = _CliOf(self, **(QUICK_AND_TELLING | environment))
        self.pid = 0
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return self.cli.base_url

    def start(self, before: Sequence[str] = ()) -> Self:
        """Returns when it serves; fails the test with what it said where it does not. `before` as in `launch`."""
        announced = first_json(self.launch(before), self.log)
        self.cli.base_url, self.pid = announced["base_url"], announced["pid"]
        return self

    def launch(self, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start the process without waiting for anything; `before` is put in front of the command, which it becomes. It
        ends also where the tests are killed. A folder that is not there is made for it."""
        if "DATABASE_URL" not in self.cli.environment():
            migrated_folder(self.data)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*before, *self.command(), "--with-parent", str(os.getpid())],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.cli.environment(),
                start_new_session=True,
            )
        return self._process

    def command(self) -> list[str]:
        command = [sys.executable, "-m", "outlay.cli", "serve", "--json", "--data", str(self.data), *self._words]
        return command if "--port" in self._words else [*command, "--port", "0"]

    @property
    def is_running(self) -> bool:
        """As far as we have started it, and not stopped it."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9, and nothing else: no child and no database is told."""
        os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; gives its exit status."""
        os.kill(self.pid, number)
        return self._reap()

    def said(self) -> str:
        """All of its standard error so far."""
        return self.log.read_text("utf-8") if self.log.exists() else ""

    def processes(self) -> list[int]:
        """Whatever lives on the data folder: the server, its children, its PostgreSQL."""
        return processes_on(self.data)

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None, "not running"
        try:
            return process.wait(STOP_PATIENCE_S)
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._reap()


class _CliOf(Called):
    """The command line on the server's folder. While it runs, commands are calls; without it each starts a PostgreSQL,
    and is a process as it always is."""

    def __init__(self, server: Server, **environment: str) -> None:
        super().__init__(server.data, **environment)
        self._server = server

    def run(self, words: Iterable[object]) -> Result:
        return Called.run(self, words) if self._server.is_running else Cli.run(self, words)


def first_json(process: subprocess.Popen[bytes], log: Path) -> Any:
    """The first JSON document of a process's standard output, which stays open."""
    assert process.stdout is not None
    text = b""
    for line in process.stdout:
        text += line
        if line.startswith(b"}"):
            return json.loads(text)
    raise AssertionError(f"it ended with status {process.wait()} and said:\n{log.read_text('utf-8')}")


@contextmanager
def quiet_folder() -> Iterator[Path]:
    """A short folder. When it is left, nothing lives on it any more, whatever the test did."""
    with short_folder() as folder:
        try:
            yield folder
        finally:
            for pid in processes_on(folder):
                os.kill(pid, signal.SIGKILL)


def processes_on(folder: Path) -> list[int]:
    """Living processes that were started on `folder` (it stands in their command) or stand in it."""
    assert PROC.is_dir(), "these tests read /proc: run them on Linux"
    return [pid for pid in _living() if pid != os.getpid() and _is_on(pid, folder)]


def signalled(pids: Iterable[int], number: signal.Signals) -> None:
    """Those that are there still: PostgreSQL's processes come and go."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def http_children_of(pid: int) -> list[int]:
    """The HTTP processes of `outlay serve --workers N`."""
    return [child for child, parent in _living().items() if parent == pid and " serve-child " in command_of(child)]


def main_postgres_on(folder: Path) -> list[int]:
    """Main processes of PostgreSQL; two on one folder would be a disaster."""
    return [pid for pid in processes_on(folder) if "bin/postgres " in command_of(pid)]


def connections_of_postgres_on(folder: Path) -> list[int]:
    """PostgreSQL's processes that each serve one connection."""
    return [pid for pid in processes_on(folder) if " [local] " in command_of(pid)]


def redirected(how: str) -> tuple[str, ...]:
    """To put in front of a command: as a shell starts it with `2>/dev/full` behind it."""
    return ("sh", "-c", f'exec "$@" {how}', "sh")


def command_of(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace") + " "
    except OSError:
        return ""


def _living() -> dict[int, int]:
    """Every process that is not a zombie, and its parent."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                state, parent, *_ = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except (OSError, ValueError):  # gone meanwhile
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def _is_on(pid: int, folder: Path) -> bool:
    if str(folder) in command_of(pid):
        return True
    try:
        return (PROC / str(pid) / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def wait_until(true: Callable[[], object], within_s: float, what: str) -> float:
    """How long it took; fails the test where it never came true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s:.0f} s: {what}"
        time.sleep(pause_s(began))
    return time.monotonic() - began


def pause_s(began: float) -> float:
    """Before looking again. The longer it has taken, the less it matters: each look costs, at a database or at every
    process of the machine, and looking all the time took a third of a processor."""
    return min(max(POLL_S, (time.monotonic() - began) / SHARE_OF_WAIT), LONGEST_POLL_S)
