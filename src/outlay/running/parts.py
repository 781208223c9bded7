"""One contract for whatever runs in a process until that stops: workers, watchers, servers. The only place that makes
tasks of them.

A part is started once and stopped, as often as anybody likes; stopped before it was started, it never starts. Its end
is always seen: one that nobody has asked for is an error in the log, with the part's name and the reason, and then
either whoever runs it hears that it is lost (what a process must not go on without), or it is started again (what only
looks, or tells).

Leaves to others: for how long what is stopped may take (stopping).

The trap: a task that fails says nothing until somebody asks it, and of one that returns nobody learns at all. A watcher
would be dead for weeks before what it watches for happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from outlay.running.log import get_log

AGAIN_AFTER_S: Final = 1.0
LET_GO_S: Final = 0.03
"""How long what was cancelled may take to hear it while somebody waits for that."""
_POLL_S: Final = 0.05

Run: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Lost: TypeAlias = Callable[[str], None]
"""Is told what was lost, and why."""
TimeLeft: TypeAlias = Callable[[], float]
"""Seconds; asked again and again, because who stops may be in more of a hurry later."""

_log = get_log("outlay.running.parts")


class PartLost(RuntimeError):
    """What was made of several parts cannot go on, because one of them has ended."""


def at_once() -> float:
    return 0.0


class Part:
    """Something that runs until it is stopped. `run` goes on until `asked` is set, if it listens to that, or is
    cancelled. `lost` is called where it ended though nobody had asked for it; without one it is started again after a
    pause."""

    def __init__(self, name: str, run: Run, *, lost: Lost | None = None, asked: asyncio.Event | None = None) -> None:
        self.name = name
        self._run = run
        self._lost = lost
        self._asked = asked or asyncio.Event()
        self._is_stopped = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Once; it does nothing where its end was asked for before."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=self.name)

    def ask(self) -> None:
        """From now on it is right that it ends."""
        self._is_stopped = True

    async def wait(self, left_s: TimeLeft) -> bool:
        """While there is time. Returns whether it has ended; raises nothing."""
        task = self._task
        while task is not None and not task.done() and (seconds := left_s()) > 0:
            await asyncio.wait({task}, timeout=min(seconds, _POLL_S))
        return not self.is_running

    def cancel(self) -> asyncio.Task[None] | None:
        """Break it off. Returns what is to be waited for."""
        self.ask()
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def stop(self, left_s: TimeLeft = at_once) -> bool:
        """Returns whether it has ended by itself while there was time; else it was cancelled, and is left alone where
        it does not even hear that. Raises nothing."""
        return not await stop_all([self], left_s)

    def _is_to_end(self) -> bool:
        return self._is_stopped or self._asked.is_set()

    async def _keep(self) -> None:
        while not self._is_to_end():
            error = await self._end_of_run()
            if error is not None:
                why = repr(error)
                _log.error("a part of this process has failed", part=self.name, why=why, exc_info=error)
            elif self._is_to_end():
                break
            else:
                why = "it returned"
                _log.error("a part of this process has ended, and nobody asked for it", part=self.name)
            if self._lost is not None:
                self._lost(f"{self.name}: {why}")
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), AGAIN_AFTER_S)

    async def _end_of_run(self) -> BaseException | None:
        try:
            await self._run()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise  # we are meant, and not something that it waited for
            return error
        except Exception as error:
            return error
        return None


async def stop_all(parts: Sequence[Part], left_s: TimeLeft = at_once) -> list[Part]:
    """Together, as one is stopped. Returns those that had not ended by themselves when the time was over."""
    for part in parts:
        part.ask()
    late = [part for part in parts if not await part.wait(left_s)]
    cancelled = [task for part in late if (task := part.cancel())]
    if cancelled:
        await asyncio.wait(cancelled, timeout=LET_GO_S)
    return late


async def any_of(*events: asyncio.Event) -> None:
    """Until one of them is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def errand(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Something short beside others, which ends by itself. A failure is told, also where nobody waits for it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell)
    return task


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("something beside others has failed", what=task.get_name(), why=repr(error), exc_info=error)
