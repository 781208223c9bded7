"""A server of tests that dies at a moment, on a data folder that outlives it."""

from __future__ import annotations

import signal
from pathlib import Path

from outlay.running.moments import Moment
from tests.e2e.server import Server
from tests.kills.dies_at import last_words

PLAIN_PROGRAM = "outlay.cli"


class MortalServer(Server):
    """Started with `begin`, it dies at its moment; with `start`, it is Outlay as everybody runs it. `program` are the
    words after `python -m` of the one that dies, before the moment."""

    def __init__(self, data: Path, *program: str) -> None:
        super().__init__(data)
        self._program = program or ("tests.kills.dies_at",)
        self._end: tuple[Moment, int] | None = None
        self._said_before = 0

    def command(self) -> list[str]:
        command = super().command()
        if self._end is None:
            return command
        moment, count = self._end
        where = command.index(PLAIN_PROGRAM)
        return [*command[:where], *self._program, moment.value, str(count), *command[where + 1 :]]

    def begin(self, moment: Moment, count: int) -> bool:
        """Whether it lived until it served: what an earlier one left undone may bring it to its moment before."""
        self._end = (moment, count)
        self._said_before = len(self.said())
        try:
            self.start()
        except AssertionError:
            if not self.is_dead():
                raise
            return False
        finally:
            self._end = None
        return True

    def is_dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def died_at(self, moment: Moment, count: int) -> bool:
        """Whether it is dead, and died there: by SIGKILL, after its last words. Else it is killed now."""
        if not self.is_dead():
            self.kill()
            return False
        status = self._reap()
        return status == -signal.SIGKILL and last_words(moment, count) in self.said()[self._said_before :].splitlines()
