"""One stop of one process: from its beginning so many seconds are left, for everything together.

Whoever has something to end asks how much of that time is left for it (`left_s` of its share), so that no two waits add
up. What is not done within its share is broken off by who waits for it, and noted here; what is left at the very end is
killed, and the process ends with it. A second signal leaves at most HURRY_S.

The trap: an event loop that closes waits for its tasks without bound, a thread or a call into the kernel may hang, and
code that never comes back leaves the loop deaf to everything. Nobody looks at a clock then. So signals are heard by
handlers of Python's, which run in the middle of whatever the main thread does, and a thread of its own ends the
process; where the code lets no thread run either, one of C's that needs nothing of Python.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Coroutine, Iterable
from itertools import islice
from typing import Any, Final, NoReturn

from outlay.running.log import get_log

REQUESTS: Final = 0.5
"""Shares of the time, each counted from the beginning: until then requests under way may finish,"""
TOLD: Final = 0.54
"""until then those that did not have been told so,"""
WORK: Final = 0.58
"""until then the background work,"""
CHILDREN: Final = 0.65
"""so much is all that a child process has for a stop of its own,"""
CHILDREN_KILLED: Final = 0.7
"""until then it has ended,"""
LOOP: Final = 0.75
"""until then everything that runs in the event loop has ended by itself,"""
LOOP_LEFT: Final = 0.8
"""until then it has ended by being cancelled, or is left alone,"""
DATABASE: Final = 0.95
"""and until then a database of our own."""

HURRY_S: Final = 2.0
BROKEN_OFF: Final = 1
"""Exit status where something was lost, or had to be broken off or killed."""
OUTDATED: Final = 3
"""Exit status where the schema has become too new for this version: to start it again does not help."""
LAST_WORDS_S: Final = 0.1
NO_THREAD_RUNS_S: Final = 2.0
"""After the end of the time: nothing of Python has ended the process."""
STANDARD_ERROR: Final = 2
FRAMES_TOLD: Final = 5
_POLL_S: Final = 0.05
_log = get_log("outlay.stop")


class Stop:
    """`begun` is set when the stop begins; `seconds` is what it may take."""

    def __init__(self, seconds: float) -> None:
        self.begun = asyncio.Event()
        self.seconds = seconds
        self.has_started = False
        """Set by whoever has come so far that there is something to end in order."""
        self._is_clean = True
        self._is_outdated = False
        self._from_to: tuple[float, float] | None = None
        self._last_resorts: list[Callable[[], None]] = []
        self._has_begun: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Wakes the thread: a handler may put there whatever it has interrupted, any lock might be held by that."""
        with contextlib.suppress(RuntimeError):  # no thread to be had: every part still keeps to its own share
            threading.Thread(target=self._end_at_last, name="outlay-stop", daemon=True).start()

    def begin(self) -> None:
        """On the event loop's thread, or where no loop runs. Once begun, it does nothing."""
        if self._from_to is None:
            self._begin_to_count()
        self.begun.set()

    def listen(self, numbers: Iterable[signal.Signals], *, may_hurry: bool) -> None:
        """From now on these signals begin the stop; with `may_hurry` a second one leaves at most HURRY_S. For the main
        thread; what was set by an event loop instead would wait for the loop to turn."""

        def hear(_number: int, _frame: object) -> None:
            if self._from_to is None:
                self._begin_to_count()
            elif may_hurry:
                now = time.monotonic()
                self._from_to = now, now + min(HURRY_S, self.left_s())
            with contextlib.suppress(RuntimeError):  # as above
                faulthandler.dump_traceback_later(self.left_s() + NO_THREAD_RUNS_S, exit=True, file=STANDARD_ERROR)
            try:
                asyncio.get_running_loop().call_soon_threadsafe(self.begun.set)
            except RuntimeError:  # none runs
                self.begun.set()

        for number in numbers:
            signal.signal(number, hear)

    def _begin_to_count(self) -> None:
        now = time.monotonic()
        self._from_to = now, now + self.seconds
        self._has_begun.put(None)

    def left_s(self, share: float = 1.0) -> float:
        """Seconds until this share of the time is over; all of it where the stop has not begun."""
        if self._from_to is None:
            return self.seconds * share
        begin, end = self._from_to
        return max(0.0, begin + (end - begin) * share - time.monotonic())

    async def wait_for(self, tasks: Collection[asyncio.Task[Any]], share: float) -> set[asyncio.Task[Any]]:
        """Until all have ended or this share of the time is over. Gives those that have not ended; raises nothing."""
        waiting = {task for task in tasks if not task.done()}
        while waiting and (left_s := self.left_s(share)) > 0:
            _, waiting = await asyncio.wait(waiting, timeout=min(left_s, _POLL_S))
        return waiting

    async def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what ends by itself soon after `begun`, and raise what it raises. Where it has not even started it is
        cancelled at once, else when its share of the time is over."""
        task, begun = asyncio.create_task(work), asyncio.create_task(self.begun.wait())
        await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        self.begin()
        await self.wait_for({task}, LOOP if self.has_started else 0.0)
        # Again and again: a first cancellation may end in a clean-up that waits for a database.
        while not task.done() and self.left_s(LOOP_LEFT) > 0:
            task.cancel()
            await asyncio.wait({task}, timeout=_POLL_S)
        if task.done() and not task.cancelled():
            task.result()
        elif self.has_started:
            self.broke_off("what runs in this process")

    def lost(self, what: str) -> None:
        """Something has ended that this process must not go on without; who has noticed has logged it. It stops, and
        its status tells."""
        self._is_clean = False
        self.begin()

    def outdated(self) -> None:
        """The schema takes this version's writes no more; who has noticed has logged it."""
        self._is_outdated = True
        self.begin()

    def broke_off(self, what: str) -> None:
        """Note, and log, that something did not end by itself."""
        self._is_clean = False
        _log.warning("broken off by the stop", what=what)

    def at_last(self, kill: Callable[[], None]) -> None:
        """What to call, from a thread, when the time is over and the process has not ended."""
        self._last_resorts.append(kill)

    @property
    def status(self) -> int:
        """The exit status that tells how the stop went."""
        if self._is_outdated:
            return OUTDATED
        return 0 if self._is_clean else BROKEN_OFF

    def _end_at_last(self) -> NoReturn:
        self._has_begun.get()
        while (left_s := self.left_s()) > 0:
            time.sleep(min(left_s, _POLL_S))
        _log.error(
            "the stop took too long: all that is left is killed",
            seconds=self.seconds,
            status=BROKEN_OFF,
            main_thread=_where_it_stands(),
        )
        for kill in self._last_resorts:
            with contextlib.suppress(Exception):
                kill()
        time.sleep(LAST_WORDS_S)
        os._exit(BROKEN_OFF)


def _where_it_stands() -> str:
    """The main thread, which runs the event loop: the innermost line first. Reads no file, that might hang as well."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    stack = islice(traceback.walk_stack(frame), FRAMES_TOLD) if frame is not None else ()
    return ", called by ".join(f"{each.f_code.co_filename}:{line} {each.f_code.co_name}" for each, line in stack)


def end_as_by_interrupt() -> None:
    """From now on whatever asks this process to end does what a Ctrl-C does (a shell's `&` may have made it deaf for
    that one), so that a command ends tidied up. Raised by themselves the others could come in the middle of what an
    event loop calls, a driver for example; a Ctrl-C is known to the loop and cancels what runs on it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
