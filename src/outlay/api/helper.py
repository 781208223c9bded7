"""The near end of `apart`: the process that large bodies are proved in, one to an HTTP process.

It is started when it is first needed, started again when it died or was too slow, and ended when it is told to or its
parent is no more, whatever killed that: its standard input ends then. It inherits neither sockets nor locks (no
descriptor but its three) nor the environment; the secrets that a job needs come with the job.

The trap: a pipe whose other end was left in the middle of a job is out of step. So whatever interrupts one costs the
process, and the next job has a new one.
"""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, Final

from outlay.api.apart import JOB_SECONDS, LENGTHS, Broken, Job, outcome_of
from outlay.api.proving import Proved
from outlay.running.log import get_log
from outlay.wire.problems import Fault

PATIENCE_S: Final = JOB_SECONDS + 5
"""For a process that cannot end itself because it was stopped; with the time that it takes to start."""
_READ_AT_ONCE: Final = 1024 * 1024
_PASSED_ON: Final = ("PYTHON", "LD_LIBRARY_PATH", "LANG", "LC_")
_log = get_log("outlay.helper")


class HelperLost(RuntimeError):
    """The process died or took too long. Nothing of the job happened: it has no hands."""


class StepFailed(RuntimeError):
    """A fault of ours in one of the steps; the message is its traceback there."""


class Helper:
    """One job at a time. `command` starts the process."""

    def __init__(self, command: Sequence[str], patience_s: float = PATIENCE_S) -> None:
        self._command = command
        self._patience_s = patience_s
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def prove(self, job: Job, body: bytes) -> Proved | Fault:
        """Raises HelperLost, StepFailed."""
        try:
            async with asyncio.timeout(self._patience_s):
                pieces = await self._exchange(job, body)
        except (OSError, EOFError, TimeoutError) as error:
            # TimeoutError is an OSError with a name of its own.
            _log.error("the process for large bodies was lost", pid=self.pid, error=type(error).__name__)
            await self.end()
            raise HelperLost(type(error).__name__) from error
        except BaseException:
            await self.end()
            raise
        outcome = outcome_of(pieces)
        if isinstance(outcome, Broken):
            raise StepFailed(outcome.told)
        return outcome

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _exchange(self, job: Job, body: bytes) -> list[Any]:
        told, heard = await self._pipes()
        encoded = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
        told.write(LENGTHS.pack(len(encoded), len(body)) + encoded)
        told.write(body)
        await told.drain()
        pieces, more = [], True
        while more:
            size, more = LENGTHS.unpack(await heard.readexactly(LENGTHS.size))
            # Other requests pass here: reading what has come already gives way to nobody.
            await asyncio.sleep(0)
            pieces.append(pickle.loads(await heard.readexactly(size)))  # noqa: S301 (our own process)
        return pieces

    async def _pipes(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        """Those of the process that runs, or of a new one. Of a death its pipe may tell before the process's own end is
        known; written to then, it raises what no lost connection does."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None or process.stdin.is_closing():
            await self.end()
            process = await self._start()
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        return process.stdin, process.stdout

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_READ_AT_ONCE,
            env=_environment(),
        )
        return self._process


def _environment() -> Mapping[str, str]:
    """What Python needs to start as this one did: neither settings nor anybody's secrets are for a process that reads
    what strangers send."""
    return {name: text for name, text in os.environ.items() if name.startswith(_PASSED_ON)}
