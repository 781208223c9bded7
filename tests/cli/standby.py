"""A process that has read the code of the command line, and becomes a command whenever a test asks for one.

Reading the code and putting its options together is nine tenths of what a command takes, and tests run more than a
thousand. Each is a process like any other all the same: with arguments, an environment, a folder, two outputs and an
exit status of its own.

Cannot show that a fresh interpreter gets as far as the command: tests that start `outlay.cli` themselves show that.

The trap: a process that a command starts must not inherit the sockets: the end of the tests is seen by their being
closed.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import multiprocessing
import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

LONGEST_REQUEST = 1 << 17
FORK = multiprocessing.get_context("fork")


# -- in the process of the tests ------------------------------------------------------------------------------------


class Standby:
    """Any thread may run commands. It ends with the process that made it."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        atexit.register(self._end)

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        patience_s: float,
        streams: Mapping[int, int | None] | None = None,
    ) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of `outlay …`. `streams` gives the number 1 or 2 another
        file, of which nothing is told; None closes it."""
        others = streams or {}
        closed = [number for number, file in others.items() if file is None]
        request = json.dumps(
            {"words": words, "environment": dict(environment), "folder": os.getcwd(), "closed": closed}
        )
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with theirs:
                files = [theirs.fileno(), others.get(1) or out.fileno(), others.get(2) or err.fileno()]
                socket.send_fds(self._ours, [request.encode()], files)
            ours.settimeout(patience_s)
            status = ours.recv(16)
            assert status, f"there is nobody to become a command: {self._said()}"
            return int(status), _read(out), _read(err)

    def _said(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read().decode() if self._process.poll() is not None else "it lost the request"

    def _end(self) -> None:
        self._ours.close()
        self._process.communicate()


@functools.cache
def standby() -> Standby:
    """One for all tests of a process."""
    return Standby()


def _read(file: Any) -> str:
    file.seek(0)
    text: str = file.read().decode("utf-8")
    return text


# -- in the process that stands by ----------------------------------------------------------------------------------


def main() -> None:
    """Ends when the tests have ended."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    requests.set_inheritable(False)
    import typer.main

    from outlay.cli.main import app
    from outlay.cli.main import run as run_command

    typer.main.get_command = functools.cache(typer.main.get_command)
    # The commands and their options are put together here, once, with all that each of them loads.
    prepare(typer.main.get_command(app))
    from outlay.cli import version  # noqa: F401
    from outlay.process import opening, run  # noqa: F401

    gc.freeze()  # what is never collected is never copied
    events = selectors.DefaultSelector()
    events.register(requests, selectors.EVENT_READ)
    while True:
        for ready, _ in events.select():
            if ready.fileobj is not requests:
                events.unregister(ready.fileobj)
                tell(*ready.data)
                continue
            request, files, _flags, _address = socket.recv_fds(requests, LONGEST_REQUEST, 3, socket.MSG_CMSG_CLOEXEC)
            if not request:
                return
            answer, *outputs = files
            command = FORK.Process(target=become, args=(run_command, requests, json.loads(request), *outputs))
            command.start()
            for output in outputs:
                os.close(output)
            events.register(command.sentinel, selectors.EVENT_READ, (command, answer))


def prepare(command: Any) -> None:
    """What reads the words of a command too, which its library makes, and loads, only when the first of them comes."""
    for parameter in command.params:
        parameter.get_runtime_param()
    for part in getattr(command, "commands", {}).values():
        prepare(part)


def tell(command: Any, answer: int) -> None:
    """Of a command that has ended: its exit status."""
    command.join()
    with suppress(BrokenPipeError):  # whoever asked has lost patience
        os.write(answer, str(command.exitcode).encode())
    os.close(answer)


def become(run: Callable[[], None], requests: socket.socket, request: Mapping[str, Any], out: int, err: int) -> None:
    """As Python would have begun: with the letters that it was told, and without what was closed; and as it ends: with
    what is to be done then, such as the last lines of a log."""
    requests.close()
    atexit._clear()
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["words"]
    letters = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdout = open(1, "w", encoding=letters, closefd=False)  # noqa: SIM115 (for as long as the process lives)
    sys.stderr = open(2, "w", encoding=letters, closefd=False)  # noqa: SIM115
    for number in request["closed"]:
        os.close(number)
    try:
        run()
    finally:
        atexit._run_exitfuncs()


if __name__ == "__main__":
    main()
