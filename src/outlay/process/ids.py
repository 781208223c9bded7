"""This process as one of the installation's: the node number that it leases, and the ids that only it makes.

One statement, the pulse, does all of it a few times a second: it keeps the number, looks at the clock (see `clock`) and
is the heartbeat by which others know that this process can write.

The trap: after the clock has gone back, the ids that were made bear times to come. The number they were made from rests
until those have passed, and this process takes another one, whose ids begin at the present.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from outlay.core.attempt import CLOCKS_DIFFER_MS
from outlay.core.ids import MOST_BORROWED_MS, ClockBehind, Snowflakes
from outlay.process.clock import PULSE_S, Following, InstallationClock, clock_ms, steady_ms
from outlay.running.log import get_log
from outlay.running.parts import Part
from outlay.service.health import BEAT_SECONDS, Health
from outlay.store.clock import ClockReading
from outlay.store.database import Database, Unavailable
from outlay.store.nodes import free_node, lease_node, renew_node
from outlay.store.patience import patience

NODE_LEASE_MS: Final = 600_000
LEASE_MARGIN_MS: Final = 5_000
"""Our lease ends so much earlier for us than for others: steady clocks differ a little, and ids borrow."""
MOST_STEP_MS: Final = CLOCKS_DIFFER_MS
"""What a clock may be off, or move at once, before that is said."""
PULSES_TO_SETTLE: Final = 5

Look = Callable[[], str | None]
"""Gives what is wrong with the files that this process cannot do without, or None."""

_log = get_log("outlay")


def _nothing_wrong() -> None:
    return None


class NoIds(Unavailable):
    """This process may not make ids now: what needed one was certainly not done."""


class Held:
    """A leased node number and its ids. `began_ms`: the steady time at which it was last asked for, so that an answer
    that comes late shortens the lease."""

    def __init__(self, node: int, began_ms: int, from_ms: int) -> None:
        self.node, self.began_ms = node, began_ms
        self.flakes = Snowflakes(node, from_ms)

    def is_over(self, steady: int) -> bool:
        return steady >= self.began_ms + NODE_LEASE_MS - LEASE_MARGIN_MS


class Node:
    """Opened by `open_node`; then `pulse` must be called again and again, which `keep` does."""

    def __init__(
        self,
        database: Database,
        health: Health,
        look: Look,
        owner: str,
        clock: InstallationClock,
        following: Following,
        held: Held | None,
    ) -> None:
        self.clock, self.following = clock, following
        self._database, self._health, self._look = database, health, look
        self._owner, self._held = owner, held
        self._is_clock_wrong = False
        self._machine_leads_steady_ms = 0
        """When the look began that is under way, or was the last."""
        self._is_silent = False
        self._wrong_files: str | None = None
        self._settling = 0
        self.stepped = asyncio.Event()
        """Set when the clock has stepped; whoever mends what was noted before clears it. Set again at the pulses that
        follow: other processes learn of it a moment later, and note what they note until then."""

    def next_id(self) -> int:
        """Raises NoIds."""
        held = self._held
        # Read once: a process that is paused between two readings would have its lease by one, and the id's time by
        # the other, when the number is somebody else's.
        steady = steady_ms()
        if held is None or held.is_over(steady):
            raise NoIds("this process has no node number to make ids from")
        try:
            return held.flakes.next(self.clock.at_ms(steady))
        except ClockBehind as error:
            raise NoIds(str(error)) from error

    async def keep(self) -> None:
        # Of files it only tells; the number is what nobody may go on without.
        looking = Part("look at files", self._keep_looking)
        looking.start()
        try:
            await self._keep_pulsing()
        finally:
            await looking.stop()

    async def _keep_pulsing(self) -> None:
        while True:
            await asyncio.sleep(PULSE_S)
            try:
                with patience(BEAT_SECONDS):
                    await self.pulse()
            except Unavailable as error:
                self._health.met(error, worker="heartbeat")
            except Exception as error:  # whatever it is: a later try may succeed
                if not self._is_silent:
                    _log.warning("no heartbeat written", error=repr(error))
                self._is_silent = True
            else:
                if self._is_silent:
                    _log.info("heartbeat written again")
                self._is_silent = False

    async def pulse(self) -> None:
        """Keep the number, or take another where it was lost or its ids are ahead of the clock."""
        if self._held is not None:
            await self._renew(self._held)
        if self._held is None:
            await self._lease()
        self._health.beat()

    async def _keep_looking(self) -> None:
        """Beside the heartbeat: a look at a file may hang as a database may, and no number may be lost for that."""
        while True:
            await asyncio.sleep(PULSE_S)
            looking = _in_thread(self._look)
            await asyncio.wait({looking}, timeout=BEAT_SECONDS)
            wrong = looking.result() if looking.done() else "the file system of the data folder does not answer"
            self._tell_of_files(wrong)
            await looking

    def _tell_of_files(self, wrong: str | None) -> None:
        was_wrong, self._wrong_files = self._wrong_files, wrong
        if wrong == was_wrong:
            return
        if wrong is None:
            self._health.clear("files")
            _log.info("files are there again")
        else:
            self._health.say("files", wrong)
            _log.error("files cannot be reached", why=wrong)

    async def give_back(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self._free(held)

    def _begin_look(self) -> int:
        """The steady time at which it begins."""
        began_ms = steady_ms()
        self._machine_leads_steady_ms = clock_ms() - began_ms
        return began_ms

    async def _lease(self) -> None:
        began_ms = self._begin_look()
        node, reading = await lease_node(self._database, self._owner, NODE_LEASE_MS)
        self._see(reading, began_ms)
        self._held = Held(node, began_ms, reading.now_ms + self.clock.offset_ms)
        self._health.clear("ids")

    async def _renew(self, held: Held) -> None:
        began_ms = self._begin_look()
        reading = await renew_node(self._database, held.node, self._owner, NODE_LEASE_MS)
        if reading is None:
            return self._lose(held, "it was given to another process")
        held.began_ms = began_ms
        self._see(reading, began_ms)
        ahead_ms = held.flakes.last_ms - self.clock.now_ms()
        if ahead_ms > MOST_BORROWED_MS:
            self._lose(held, f"its ids are {ahead_ms} ms ahead of the clock")
            await self._free(held)
        return None

    def _lose(self, held: Held, why: str) -> None:
        self._held = None
        self._health.say("ids", f"no ids can be made: node number {held.node} is lost, {why}")
        _log.error("node number lost, another one is taken", node=held.node, why=why)

    async def _free(self, held: Held) -> None:
        try:
            await free_node(self._database, held.node, self._owner, held.flakes.last_ms - self.clock.offset_ms)
        except Exception as error:  # whatever it is: the lease ends by itself
            _log.info("node number not given back", error=repr(error))

    def _see(self, reading: ClockReading, began_ms: int) -> None:
        stepped_ms = self.clock.look(reading, began_ms)
        self.following.note(reading.now_ms, began_ms)
        if abs(stepped_ms) > MOST_STEP_MS:
            _log.warning("the database's clock stepped", by_ms=stepped_ms)
            self._settling = PULSES_TO_SETTLE
        if self._settling:
            self._settling -= 1
            self.stepped.set()
        self._compare()

    def _compare(self) -> None:
        """Nothing goes by this machine's clock, but one of two that differ is wrong. Of a look that it stepped into the
        middle of, one half is of before: it says nothing."""
        stepped_ms = clock_ms() - steady_ms() - self._machine_leads_steady_ms
        if abs(stepped_ms) > MOST_STEP_MS:
            return
        ahead_ms = self.clock.machine_leads_ms()
        was_wrong, self._is_clock_wrong = self._is_clock_wrong, abs(ahead_ms) > MOST_STEP_MS
        if self._is_clock_wrong:
            self._health.warn("clock", f"this machine's clock is {ahead_ms / 1000:+.1f} s off the database's")
        if self._is_clock_wrong and not was_wrong:
            _log.warning("this machine's clock differs from the database's", ahead_ms=ahead_ms)
        if was_wrong and not self._is_clock_wrong:
            self._health.clear("clock")
            _log.info("this machine's clock and the database's agree again")


def _in_thread(look: Look) -> asyncio.Future[str | None]:
    """In one that nobody waits for: in the loop's own a look that hangs would keep the process from ending."""
    loop = asyncio.get_running_loop()
    seen: asyncio.Future[str | None] = loop.create_future()

    def tell(wrong: str | None) -> None:
        if not seen.done():
            seen.set_result(wrong)

    def run() -> None:
        try:
            wrong = look()
        except OSError as error:
            wrong = f"the data folder cannot be read: {error.strerror}"
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, wrong)

    try:
        threading.Thread(target=run, name="outlay-files", daemon=True).start()
    except RuntimeError:
        tell("there is no thread to be had to look at the data folder")
    return seen


async def open_node(database: Database, health: Health, look: Look = _nothing_wrong) -> Node:
    """With a number leased and the clock read. Raises NoFreeNode, Unavailable."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    began_ms = steady_ms()
    number, reading = await lease_node(database, owner, NODE_LEASE_MS)
    clock = InstallationClock(reading, began_ms)
    held = Held(number, began_ms, reading.now_ms + reading.offset_ms)
    node = Node(database, health, look, owner, clock, Following(clock.followed, reading.now_ms, began_ms), held)
    await node.pulse()
    return node
