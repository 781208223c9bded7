"""The server under trial: on a data folder of its own, with the settings of its kind, and what it takes of the machine.

The trap: memory is that of all its processes but PostgreSQL's, which is there for everybody and keeps what it has.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import msgspec

from tests.abuse.lines import Place
from tests.abuse.mission import BODY_S, HEAD_S, IDLE_S, UNREAD_S
from tests.abuse.proxies import Proxy
from tests.cli.cli_support import Cli
from tests.e2e.server import PROC, Server, command_of, first_json, processes_on

STOP_S = 10.0
STOP_LATE_S = 2.0
GONE_S = 5.0
SMALLEST_PIPE = 4096
_MIB = 1024
SETTINGS = {
    "OUTLAY_LOG": "text",
    "OUTLAY_HEAD_SECONDS": str(HEAD_S),
    "OUTLAY_BODY_SECONDS": str(BODY_S),
    "OUTLAY_IDLE_SECONDS": str(IDLE_S),
    "OUTLAY_UNREAD_SECONDS": str(UNREAD_S),
    "OUTLAY_STOP_SECONDS": str(STOP_S),
}
BEHIND_A_PROXY = {"OUTLAY_IDLE_SECONDS": "75"}


class Kind(msgspec.Struct, frozen=True):
    """`shell` starts the command that follows it, as `$@`."""

    name: str
    shell: str = ""
    settings: Mapping[str, str] = {}


PLAIN = Kind("plain")
KINDS = {
    kind.name: kind
    for kind in (
        PLAIN,
        Kind("few files", 'ulimit -n 256; exec "$@"', {"OUTLAY_BODY_SECONDS": "3600"}),
        Kind("full log", 'exec "$@" 2>/dev/full'),
        Kind("unread log", 'exec "$@" 2>"$PIPE"'),
    )
}


class House:
    """`sources`: another tree's src folder. `proxy`: the program before it, by its name."""

    def __init__(self, data: Path, *, sources: Path | None = None, proxy: str = "") -> None:
        self.cli = Cli(data)
        self._data, self._proxy_name = data, proxy
        self._sources = {"PYTHONPATH": str(sources)} if sources else {}
        self._pipe = data.with_name(f"{data.name}.pipe")
        self._server: Server | None = None
        self._open = ExitStack()

    def start(self, kind: Kind = PLAIN, **settings: str) -> Self:
        """`settings` win over those of the kind."""
        behind = BEHIND_A_PROXY if self._proxy_name else {}
        environment = SETTINGS | behind | dict(kind.settings) | self._sources | settings
        self._server = server = Server(self._data, PIPE=str(self._pipe), **environment)
        self._make_pipe()
        before = ("sh", "-c", kind.shell, "sh") if kind.shell else ()
        announced = first_json(server.launch(before), server.log)
        server.cli.base_url, server.pid = announced["base_url"], announced["pid"]
        self.cli.base_url = server.cli.base_url
        port = int(server.base_url.rpartition(":")[2])
        self.place = Place("127.0.0.1", port)
        if self._proxy_name:
            proxy = self._open.enter_context(Proxy(self._proxy_name, port))
            self.place = proxy.place
        return self

    def _make_pipe(self) -> None:
        """Somebody has it open for reading, so that it can be written to, and never reads."""
        if not self._pipe.exists():
            os.mkfifo(self._pipe)
        reader = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._open.callback(os.close, reader)
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # else it takes in what a stranger can cause in a whole scene
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)

    def processes(self) -> list[int]:
        """The server's, without PostgreSQL's."""
        return [pid for pid in self._all() if "postgres" not in command_of(pid).partition(" ")[0]]

    def _all(self) -> list[int]:
        own = self.pid
        return [pid for pid in _pids() if _session_of(pid) == own]

    @property
    def server(self) -> Server:
        assert self._server is not None, "not running"
        return self._server

    @property
    def pid(self) -> int:
        return self.server.pid

    def memory_mib(self) -> tuple[float, float]:
        """Of all processes, and of the first one alone, which is always there. 0 where none runs."""
        if self._server is None:
            return 0.0, 0.0
        return sum(map(_resident_kib, self.processes())) / _MIB, _resident_kib(self.pid) / _MIB

    def stop(self) -> list[str]:
        """What was wrong with how it ended."""
        began = time.monotonic()
        try:
            status = self.server.stop()
        except (subprocess.TimeoutExpired, ProcessLookupError):
            self.kill()
            return ["it did not stop"]
        took_s = time.monotonic() - began
        self._closed()
        wrong = [f"it ended with status {status}"] if status else []
        if took_s > STOP_S + STOP_LATE_S:
            wrong.append(f"it took {took_s:.1f} s to stop")
        return wrong

    def left_behind(self) -> list[str]:
        """Of a server that has ended, in words; they are killed."""
        left = processes_on(self._data)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return [f"{len(left)} processes left behind"] if left else []

    def kill(self) -> None:
        """Whatever lives on the folder, at once."""
        server = self._server
        if server is None:
            return
        end = time.monotonic() + GONE_S
        while (left := {*server.processes(), *self._all()}) and time.monotonic() < end:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        server.__exit__(None, None, None)  # it is gone, and so is what it was heard by
        self._closed()

    def _closed(self) -> None:
        self._server = None
        self._open.close()


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _resident_kib(pid: int) -> int:
    """0 where it is gone."""
    with suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text("utf-8", "replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
