"""The HTTP processes of `outlay serve --workers N`: started, looked after, and ended in time.

A child and its parent share a pair of sockets. The child's event loop sends a byte over it twice a second: that it
lives; one that is silent for `hang_seconds` is killed and replaced, as is one that has died. And it closes with the
parent, however that ends: so a child never outlives its parent, or it would serve without a database.

Leaves to others: what a child serves (run), when to stop (stopping).

The trap: silence counts only while somebody listens. A parent that was held up itself (a machine that was paused) must
not take that for the silence of its children.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from typing import Final

import msgspec

from outlay.process.interpreter import python_module
from outlay.process.settings import Settings
from outlay.process.stopping import BROKEN_OFF, CHILDREN_KILLED, OUTDATED, Stop
from outlay.running.log import get_log

BEAT_S: Final = 0.5
LOOK_S: Final = 0.1
LONGEST_LOOK_S: Final = 1.0
"""What passes between two looks counts as silence up to this."""
STARTS_WITHIN_S: Final = 60.0
"""How long a new child may take until its loop turns."""
RESTART_S: Final = 1.0
_BYTES_AT_ONCE: Final = 4096
_log = get_log("outlay.serve")


class Child(msgspec.Struct):
    """`channel`: our end of the pair. `silent_s`: for how long it has said nothing; it begins below zero, because a new
    one needs time."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    silent_s: float

    def listen(self, passed_s: float) -> None:
        try:
            heard = self.channel.recv(_BYTES_AT_ONCE, socket.MSG_DONTWAIT)
        except OSError:  # nothing yet
            heard = b""
        self.silent_s = 0.0 if heard else self.silent_s + min(passed_s, LONGEST_LOOK_S)


class Children:
    """`settings.workers` of them, on one listening socket."""

    def __init__(self, settings: Settings, listener: socket.socket, stop: Stop) -> None:
        self._settings = settings
        self._listener = listener
        self._stop = stop
        self._children: dict[int, Child] = {}
        """By their place."""
        self._start_at: dict[int, float] = dict.fromkeys(range(settings.workers), 0.0)
        """Places without a child, and the monotonic time when there is to be one."""
        stop.at_last(self.kill)

    async def keep(self) -> None:
        """Until the stop begins; then they end, too."""
        looked_at = time.monotonic()
        while not self._stop.begun.is_set():
            now = time.monotonic()
            self._fill_places(now)
            self._look(now, now - looked_at)
            looked_at = now
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.begun.wait(), LOOK_S)
        await self.end()

    def kill(self) -> None:
        for child in list(self._children.values()):
            child.process.kill()

    def _fill_places(self, now: float) -> None:
        for place in [place for place, at in self._start_at.items() if at <= now]:
            try:
                self._children[place] = self._start()
            except OSError as error:  # no more processes or files just now
                _log.error("an HTTP process cannot be started; trying again", error=repr(error))
                self._start_at[place] = now + RESTART_S
            else:
                del self._start_at[place]

    def _look(self, now: float, passed_s: float) -> None:
        for place, child in list(self._children.items()):
            child.listen(passed_s)
            if child.process.poll() == OUTDATED:
                # Another one would be as old, and so are we.
                _log.error("an HTTP process is too old for the schema, and so is this one")
                self._stop.outdated()
            elif child.process.poll() is not None:
                _log.warning("an HTTP process ended; starting another", status=child.process.returncode)
                child.channel.close()
                del self._children[place]
                self._start_at[place] = now + RESTART_S
            elif child.silent_s >= self._settings.hang_seconds:
                _log.error("an HTTP process hangs; ending it", pid=child.process.pid, seconds=round(child.silent_s))
                child.silent_s = 0.0
                child.process.kill()

    def _start(self) -> Child:
        ours, theirs = socket.socketpair()
        descriptors = (self._listener.fileno(), theirs.fileno())
        words = ["serve-child", "--data", str(self._settings.data)]
        words += ["--listener-fd", str(descriptors[0]), "--parent-fd", str(descriptors[1])]
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 (our own program)
                    python_module("outlay.cli", *words), pass_fds=descriptors
                )
            except OSError:
                ours.close()
                raise
        return Child(process, ours, self._settings.hang_seconds - STARTS_WITHIN_S)

    async def end(self) -> None:
        """All are told at once, and nobody can connect any more; they have their share of the stop, which has begun,
        then they are killed. Does nothing where they have ended."""
        self._listener.close()
        for child in self._children.values():
            child.process.terminate()
        while self._living() and self._stop.left_s(CHILDREN_KILLED) > 0:  # noqa: ASYNC110 (nothing tells of their end)
            await asyncio.sleep(LOOK_S / 4)
        for child in self._living():
            child.process.kill()
            self._stop.broke_off(f"the HTTP process {child.process.pid}")
        for child in self._children.values():
            status = child.process.poll() or 0
            if status > 0 and status != OUTDATED:
                self._stop.broke_off(f"work of the HTTP process {child.process.pid}")
            child.channel.close()
        self._children.clear()

    def _living(self) -> list[Child]:
        return [child for child in self._children.values() if child.process.poll() is None]


def follow_parent(channel: socket.socket, stop_seconds: float) -> None:
    """For a child: when the parent has gone, this process is told to stop as if by it. One that hangs and does not hear
    it ends all the same."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            channel.recv(1)  # the parent never sends anything
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(stop_seconds)
        os._exit(BROKEN_OFF)

    threading.Thread(target=wait, name="outlay-parent", daemon=True).start()


async def give_signs_of_life(channel: socket.socket) -> None:
    """For a child: on the event loop that serves, so that it shows whether that loop turns."""
    while True:
        with contextlib.suppress(OSError):  # the parent does not listen just now, or has gone
            channel.send(b".", socket.MSG_DONTWAIT)
        await asyncio.sleep(BEAT_S)
