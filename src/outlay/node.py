"""This process as one of the installation's: the clock it shares with the others, and the ids that only it makes.

The clock is the database's. Every process follows it, and goes on by a steady clock of its own between two looks, so
all have one time, and no wall clock of a machine decides anything: it is only compared, and said where it is wrong.
One statement, the pulse, does all of it a few times a second: it keeps the node number, looks at the clock, and is the
heartbeat by which others know that this process can write.

The trap: after the clock has gone back, the ids that were made bear times to come. The number they were made from rests
until those have passed, and this process takes another one, whose ids begin at the present.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from outlay.core.attempt import CLOCK_LOOKED_AT_MS, CLOCKS_DIFFER_MS
from outlay.core.clock import FollowedClock
from outlay.core.ids import MOST_BORROWED_MS, ClockBehind, Snowflakes
from outlay.health import BEAT_SECONDS, Health
from outlay.parts import Part
from outlay.store.database import Database, Unavailable
from outlay.store.nodes import Moment, free_node, lease_node, renew_node
from outlay.store.patience import patience

PULSE_S: Final = 0.4
NODE_LEASE_MS: Final = 600_000
LEASE_MARGIN_MS: Final = 5_000
"""Our lease ends so much earlier for us than for others: steady clocks differ a little, and ids borrow."""
MOST_STEP_MS: Final = CLOCKS_DIFFER_MS
"""What a clock may be off, or move at once, before that is said."""
MOST_UNEVEN_MS: Final = CLOCKS_DIFFER_MS // 2
"""By how much at most it may have moved against the steady clock since it is called calm: so two readings of that time
are as far apart as they say, give or take what clocks may differ."""
PULSES_TO_SETTLE: Final = 5
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock: a lease ends meanwhile."""

Look = Callable[[], str | None]
"""Gives what is wrong with the files that this process cannot do without, or None."""

_log = structlog.get_logger("outlay")


def _nothing_wrong() -> None:
    return None


def clock_ms() -> int:
    """What this machine calls the time: Unix milliseconds."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds from any beginning, never stepping."""
    return time.clock_gettime_ns(_STEADY) // 1_000_000


class NoIds(Unavailable):
    """This process may not make ids now: what needed one was certainly not done."""


class InstallationClock:
    """The real time, which is the database's, and the installation's: that, and what a sandbox was moved ahead by."""

    def __init__(self, moment: Moment, began_ms: int) -> None:
        """`moment` was read since the steady time `began_ms`."""
        self.followed = FollowedClock(moment.now_ms, began_ms, steady_ms())
        self.offset_ms = moment.offset_ms

    def real_ms(self) -> int:
        return self.followed.now_ms(steady_ms())

    def now_ms(self) -> int:
        return self.at_ms(steady_ms())

    def at_ms(self, steady: int) -> int:
        """The installation's time at that steady time."""
        return self.followed.now_ms(steady) + self.offset_ms

    def look(self, moment: Moment, began_ms: int) -> int:
        """`moment` was read since the steady time `began_ms`. Returns by how much the real time stepped."""
        # Never back: an id that was made under a later time must not be made again.
        self.offset_ms = max(self.offset_ms, moment.offset_ms)
        return self.followed.look(moment.now_ms, began_ms, steady_ms())

    def machine_leads_ms(self) -> int:
        """By how much at least this machine's clock is ahead of the real time."""
        return self.followed.lead_ms(clock_ms(), steady_ms())


class Following:
    """How well the database's clock is followed: when it was last looked at, and since when it has gone on evenly. By
    the steady clock.

    The trap: what happens between two looks is not seen. A clock that was wrong for a while and was set right again is
    as it was; so a time without looks ends the calm. And many small steps are a large one: each look is compared with
    those at the beginning of the calm.
    """

    def __init__(self, clock: FollowedClock, read_ms: int, began_ms: int) -> None:
        """`clock` said `read_ms` when it was first looked at, from `began_ms` on."""
        self._clock = clock
        self._looked_ms, self._most_ms = began_ms, read_ms - began_ms
        self._calm_since_ms = self._ended_ms = steady_ms()
        self._calm = FollowedClock(read_ms, began_ms, self._ended_ms)
        self._looked = asyncio.Event()

    def behind_ms(self) -> int:
        # Also by the last look alone: a step that was hidden in a slow one is not in what is kept of quicker ones.
        return max(self._clock.width_ms(), self._most_ms - self._clock.now_ms(0))

    def looked_ago_ms(self) -> int:
        return steady_ms() - self._looked_ms

    def calm_ms(self, at_ms: int) -> int:
        return max(at_ms - self._calm_since_ms, 0)

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        try:
            async with asyncio.timeout(CLOCK_LOOKED_AT_MS / 1_000):
                while self._looked_ms < at_ms:
                    await self._looked.wait()
        except TimeoutError:
            return 0
        return self.calm_ms(at_ms)

    def note(self, read_ms: int, began_ms: int) -> None:
        """A look that began then, at which the clock said `read_ms`, has ended just now."""
        ended_ms = steady_ms()
        moved_ms = self._calm.moved_ms(read_ms, began_ms, ended_ms)
        longest_ms = max(began_ms - self._ended_ms, ended_ms - began_ms)  # of times in which nobody knows
        if abs(moved_ms) > MOST_UNEVEN_MS or longest_ms > CLOCK_LOOKED_AT_MS:
            self._calm = FollowedClock(read_ms, began_ms, ended_ms)
            self._calm_since_ms = ended_ms
        elif moved_ms == 0:
            self._calm.look(read_ms, began_ms, ended_ms)
        self._looked_ms, self._ended_ms = max(began_ms, self._looked_ms), ended_ms
        self._most_ms = read_ms - began_ms
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()


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

    async def _lease(self) -> None:
        began_ms = steady_ms()
        node, moment = await lease_node(self._database, self._owner, NODE_LEASE_MS)
        self._see(moment, began_ms)
        self._held = Held(node, began_ms, moment.now_ms + self.clock.offset_ms)
        self._health.clear("ids")

    async def _renew(self, held: Held) -> None:
        began_ms = steady_ms()
        moment = await renew_node(self._database, held.node, self._owner, NODE_LEASE_MS)
        if moment is None:
            return self._lose(held, "it was given to another process")
        held.began_ms = began_ms
        self._see(moment, began_ms)
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

    def _see(self, moment: Moment, began_ms: int) -> None:
        stepped_ms = self.clock.look(moment, began_ms)
        self.following.note(moment.now_ms, began_ms)
        if abs(stepped_ms) > MOST_STEP_MS:
            _log.warning("the database's clock stepped", by_ms=stepped_ms)
            self._settling = PULSES_TO_SETTLE
        if self._settling:
            self._settling -= 1
            self.stepped.set()
        self._compare()

    def _compare(self) -> None:
        """Nothing goes by this machine's clock, but one of two that differ is wrong."""
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
    number, moment = await lease_node(database, owner, NODE_LEASE_MS)
    clock = InstallationClock(moment, began_ms)
    held = Held(number, began_ms, moment.now_ms + moment.offset_ms)
    node = Node(database, health, look, owner, clock, Following(clock.followed, moment.now_ms, began_ms), held)
    await node.pulse()
    return node
