"""Takes payouts that are due, for as many places as are free, and sees each through by itself: taken → … → settled.

Every rail has its own places, and of these each kind of work its share (places.py). So a rail that hangs, or that
thousands are to be asked at, keeps nobody waiting but its own; and there are no rounds, whose slowest call the others
would wait for. Within a rail what is free goes to the account that has fewest payouts in hand; and one whose row
somebody holds, so that each of its payouts waits in vain, gets no more than it takes to see that it is free again.
What is done with a payout belongs to `payouts`; where due payouts are found to `store.work`.

The lease of what is in our hands is renewed until it is settled, or until a commit has said itself when the payout is
due next. A stop takes nothing more, gives what is on its way STOP_S to end, and breaks off what then still hangs: as
for a process that dies, the next move is to ask.

The trap: a lease is a hint. A payout whose commit has moved its due time may come due again while it is still in our
hands; it is not worked on twice here, and by another process only as any lost answer is: it is asked about.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any, Final, Protocol
from uuid import UUID

from outlay.core.rail import RailRecord
from outlay.running.log import get_log
from outlay.running.moments import Moment, reached
from outlay.running.parts import any_of
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable
from outlay.store.sqlstates import Why
from outlay.store.work import FIRST, DueLine, Lease, Taken, Turn
from outlay.workers.places import places_for

MOMENTS: Final = frozenset({Moment.TAKEN, Moment.RENEWED})
LEASE_MS: Final = 30_000
RENEW_S: Final = LEASE_MS / 1_000 / 3
MOST_AT_ONCE: Final = 256
"""That are taken together: as many as one commit takes."""
SHORTEST_PAUSE_S: Final = 0.005
LONGEST_PAUSE_S: Final = 0.25
"""Between two looks at the list: new work announces itself only there."""
LONGEST_PAUSE_MS: Final = round(LONGEST_PAUSE_S * 1_000)
AFTER_FAULT_S: Final = 1.0
STOP_S: Final = 5.0
BROKEN_OFF_S: Final = 0.5
SHARE_OF_HELD: Final = 4
"""No more than a fourth of a line's places is for accounts whose rows somebody holds: each waits there for as long as
the clerk has patience."""
IN_VAIN: Final = (Why.HELD, Why.SLOW)
"""What the clerk says of a held account: the second where several are held, and it was not this one's turn in time."""
UNKNOWN_PLACES: Final = 16
"""Of a rail that is not known here: its payouts are left to people."""

_log = get_log("outlay.pipeline")
Key = tuple[UUID, int]


class DueList(Protocol):
    """Where due payouts are found (store.work)."""

    async def lines(self) -> Sequence[DueLine]: ...
    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn: ...
    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]: ...
    async def renew(self, payouts: Mapping[UUID, Sequence[int]], lease: Lease) -> None: ...
    async def file(self) -> int: ...


class Worker(Protocol):
    """What is done with payouts that were taken (payouts)."""

    async def works(self, taken: Sequence[Taken]) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """One for each, in their order. What they need together is done before."""


class Line:
    """The places of one rail for one kind of work, and whose turn it was last."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.in_hand: Counter[UUID] = Counter()
        """By account."""
        self.after = FIRST
        self.held_go_first = False
        """Or the others: in turns."""

    @property
    def free(self) -> int:
        return self.places - self.in_hand.total()


class Pipeline:
    """`rails`: what is known of each, by name. `name`: of this process, as the owner of leases."""

    def __init__(
        self, runtime: Runtime, work: DueList, worker: Worker, rails: Mapping[str, RailRecord], name: str
    ) -> None:
        self._runtime = runtime
        self._work = work
        self._worker = worker
        self._rails = rails
        self._name = name
        self._lines: dict[tuple[str, str], Line] = {}
        self._in_hand: dict[Key, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[UUID, None] = {}
        """Accounts whose rows somebody held, as it seems, when a payout of theirs was last worked on; in the order in
        which they were tried."""
        self._looked_at = ("", "")
        """The line that was looked at last."""
        self._freed = asyncio.Event()
        self._next_due_ms: int | None = None
        """When to look again, by the lines that have free places as they were looked at last."""
        self._renewal: asyncio.TimerHandle | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until the stop begins, and what is in hand has ended or was broken off."""
        try:
            while not stop.is_set():
                await self._pause(await self._try_to_take(), stop)
            await self._let_end()
        finally:
            await self._break_off()

    async def take(self) -> int:
        """Of every line what its free places have room for. Returns how many payouts were taken; they are worked on
        from now on."""
        now_ms = self._runtime.now_ms()
        self._freed.clear()
        self._next_due_ms = None
        count = 0
        for due in self._in_turn(await self._work.lines()):
            self._looked_at = (due.rail, due.kind)
            if not due.rail:
                self._look_again_at(now_ms if await self._work.file() else now_ms + LONGEST_PAUSE_MS)
                continue
            line = self._line(due)
            if not line.free:
                continue
            if due.due_ms <= now_ms:
                count += await self._take_of(due, line, now_ms)
                # Where nothing was, somebody else has it, or is to have it later: not to be asked again at once.
                self._look_again_at(now_ms + LONGEST_PAUSE_MS)
            else:
                self._look_again_at(due.due_ms)
        return count

    def _in_turn(self, lines: Sequence[DueLine]) -> Sequence[DueLine]:
        """Where a fault of one ended the last look, those after it come first."""
        return sorted(lines, key=lambda due: ((due.rail, due.kind) <= self._looked_at, due.rail, due.kind))

    def _look_again_at(self, at_ms: int) -> None:
        self._next_due_ms = min(at_ms, self._next_due_ms or at_ms)

    async def when_idle(self) -> None:
        """When all that is in hand now, and what follows from it here, has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _line(self, due: DueLine) -> Line:
        key = (due.rail, due.kind)
        if key not in self._lines:
            record = self._rails.get(due.rail)
            self._lines[key] = Line(places_for(due.kind, record.places if record else UNKNOWN_PLACES))
        return self._lines[key]

    async def _take_of(self, due: DueLine, line: Line, now_ms: int) -> int:
        turn = await self._work.accounts(due, now_ms, line.after)
        taken: list[Taken] = []
        try:
            await self._fill(taken, turn, due, line)
        finally:  # what was taken before another could not be is in our hands
            if taken:
                reached(Moment.TAKEN, len(taken))
                self._start(self._work_on(line, taken))
        return len(taken)

    async def _fill(self, taken: list[Taken], turn: Turn, due: DueLine, line: Line) -> None:
        """So that all accounts have as many in hand: what is free is for those who have few there."""
        most = min(line.free, MOST_AT_ONCE)
        began_after, line.after = line.after, turn.after
        fresh, again = self._worth_a_try(turn.accounts, line), list[UUID]()
        while (fresh or again) and len(taken) < most:
            shares = self._shares([*fresh, *again], line, most - len(taken))
            fresh = fresh[len(shares) :]
            if turn.is_partial:
                line.after = self._after(turn, began_after, fresh)
            before = len(taken)
            for together in self._together(shares):
                taken += await self._take_shares(together, due, line)
            # What one leaves of its share is for those who had none, and at last for those who had more.
            had = Counter(one.payout.account_id for one in taken[before:])
            again = [each for each, share in shares.items() if had[each] == share and each not in self._held]

    def _after(self, turn: Turn, began_after: UUID, left: Sequence[UUID]) -> UUID:
        """So that the next turn begins with the first of those whom the places did not reach. Held accounts are tried
        in an order of their own."""
        waits = set(left) - self._held.keys()
        before = list(takewhile(lambda account_id: account_id not in waits, turn.accounts))
        if len(before) == len(turn.accounts):
            return turn.after
        return before[-1] if before else began_after

    def _shares(self, waiting: Sequence[UUID], line: Line, most: int) -> Mapping[UUID, int]:
        """Of so many places, for the first of them as far as these reach."""
        level = -(-(sum(line.in_hand[account_id] for account_id in waiting) + most) // len(waiting))
        shares: dict[UUID, int] = {}
        for account_id in waiting:
            if not most:
                break
            fair = 1 if account_id in self._held else level - line.in_hand[account_id]
            shares[account_id] = min(most, max(0, fair))
            most -= shares[account_id]
        return shares

    def _together(self, shares: Mapping[UUID, int]) -> Sequence[Mapping[UUID, int]]:
        """What one statement may take: in lanes of accounts each by itself."""
        wanted = {account_id: most for account_id, most in shares.items() if most}
        return [wanted] if self._runtime.lanes == "one" else [{key: most} for key, most in wanted.items()]

    def _worth_a_try(self, accounts: Sequence[UUID], line: Line) -> Sequence[UUID]:
        """Of accounts whose rows somebody holds so few that they cost the others few places: whoever was tried longest
        ago first, and none of which a payout is in hand. They and the others go first in turns: who always came last
        would not be tried while the others have enough for all places, and who always came first would keep the only
        one."""
        if not self._held:
            return accounts
        waiting, tried = set(accounts), self._held.keys() & line.in_hand.keys()
        places = max(0, max(1, line.places // SHARE_OF_HELD) - len(tried))
        held = [account_id for account_id in self._held if account_id in waiting and account_id not in tried][:places]
        others = [account_id for account_id in accounts if account_id not in self._held]
        if held and others:
            line.held_go_first = not line.held_go_first
        return [*held, *others] if line.held_go_first else [*others, *held]

    async def _take_shares(self, shares: Mapping[UUID, int], due: DueLine, line: Line) -> list[Taken]:
        now_ms = self._runtime.now_ms()
        lease = Lease(self._name, now_ms, now_ms + LEASE_MS)
        taken = []
        for each in await self._work.take(shares, due, lease):
            account_id = each.payout.account_id
            key = (account_id, each.payout.payout_id)
            if key not in self._in_hand:
                if not self._in_hand:
                    self._renew_in_time()
                self._in_hand[key] = line
                line.in_hand[account_id] += 1
                taken.append(each)
        return taken

    async def _work_on(self, line: Line, taken: Sequence[Taken]) -> None:
        """What is taken together is prepared together; then each goes its own way."""
        works: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
        try:
            works = await self._worker.works(taken)
        except Exception as error:
            self._tell(error, [one.payout.payout_id for one in taken])
        finally:
            if not works:
                for one in taken:
                    self._let_go(one)
        for one, work in zip(taken, works, strict=bool(works)):
            # Also of what is broken off before its first step.
            self._start(self._see_through(one, work)).add_done_callback(partial(self._let_go, one))

    async def _see_through(self, one: Taken, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
            self._held.pop(one.payout.account_id, None)
        except Exception as error:  # the lease runs out and the payout is due again
            self._tell(error, [one.payout.payout_id])
            if isinstance(error, Unavailable) and error.why in IN_VAIN:
                self._held.pop(one.payout.account_id, None)
                self._held[one.payout.account_id] = None

    def _let_go(self, one: Taken, _task: asyncio.Task[None] | None = None) -> None:
        account_id = one.payout.account_id
        line = self._in_hand.pop((account_id, one.payout.payout_id))
        line.in_hand[account_id] -= 1
        if not line.in_hand[account_id]:
            del line.in_hand[account_id]
        self._freed.set()
        if not self._in_hand and self._renewal is not None:
            self._renewal.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _tell(self, error: Exception, payout_ids: Sequence[int]) -> None:
        if isinstance(error, Unavailable):
            self._runtime.health.met(error, worker="submit")
        else:
            _log.error("payout not worked on", payout_id=payout_ids[0], payouts=len(payout_ids), error=repr(error))

    async def _try_to_take(self) -> float:
        """Returns for how long to wait before the next look, in seconds."""
        try:
            if await self.take():
                return 0.0
        except Exception as error:
            self._tell(error, [0])
            return AFTER_FAULT_S
        if self._next_due_ms is None:
            return LONGEST_PAUSE_S
        seconds = (self._next_due_ms - self._runtime.now_ms()) / 1_000
        return min(max(seconds, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        """Until then, or until a place is free or the stop begins: and a moment longer, for the places that are freed
        with it."""
        if not seconds:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await any_of(self._freed, stop)
        await asyncio.sleep(SHORTEST_PAUSE_S)

    def _renew_in_time(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = asyncio.get_running_loop().call_later(RENEW_S, lambda: self._start(self._renew()))

    async def _renew(self) -> None:
        mine: dict[UUID, list[int]] = {}
        for account_id, payout_id in self._in_hand:
            mine.setdefault(account_id, []).append(payout_id)
        now_ms = self._runtime.now_ms()
        try:
            await self._work.renew(mine, Lease(self._name, now_ms, now_ms + LEASE_MS))
            reached(Moment.RENEWED, len(self._in_hand))
        except Exception as error:  # a lease is a hint
            self._tell(error, [0])
        if self._in_hand:
            self._renew_in_time()

    async def _let_end(self) -> None:
        deadline = asyncio.get_running_loop().time() + STOP_S
        while self._tasks and (left_s := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left_s)
        if self._tasks:
            _log.warning("what hangs is broken off; it is asked about later", payouts=len(self._in_hand))

    async def _break_off(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=BROKEN_OFF_S)
