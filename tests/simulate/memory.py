"""The database, in memory: the clerk's own deciding on desks that are never put away, and the workers' list.

A transaction happens at one instant or not at all, one at a time in its lane; it takes its time, and may die before
that instant or after it. What the real store adds (SQL, locks, rows that are read back) is seen where the same world
runs on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account, Terms
from outlay.core.cases import CaseKind
from outlay.core.decision import Decision
from outlay.core.epoch import Epoch
from outlay.core.facts import Fact
from outlay.core.ids import MOST_BORROWED_MS
from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.recovery import is_stale
from outlay.core.work import Due, work_on
from outlay.store.database import Unavailable
from outlay.store.gather import ONE_LANE, LaneRule
from outlay.store.references import RailReference
from outlay.store.work import DueLine, Lease, Taken, Turn
from outlay.store.write.clerk import _decide
from outlay.store.write.desk import Claimed, Command, Desk, Funding
from tests.simulate.judge import Books
from tests.simulate.weather import Weather, between

Filed = tuple[str, str, UUID]
"""Under which rail, kind of work and account."""
LINE = 2
"""So many of these are a line of the list."""
_ON_A_DESK = ("balances", "terms", "_payouts", "_claims", "_family_keys", "_fundings")


@dataclass(frozen=True)
class Copy:
    """All that was committed by one moment."""

    desks: dict[UUID, dict[str, dict[Any, Any]]]
    payouts: dict[int, Payout]
    facts: dict[int, tuple[Fact, ...]]
    unsettled: dict[int, None]
    postings: list[tuple[UUID, int, Posting]]
    due: dict[int, Due]
    references: dict[tuple[str, str], RailReference]


class MemoryStore:
    """`on_payout` hears of every payout as it is committed; `on_due` of every due time that was set."""

    lanes: LaneRule = "one"
    """Whether accounts may share a statement: here all may, also those with a lane of their own."""

    def __init__(
        self,
        weather: Weather,
        chance: random.Random,
        on_payout: Callable[[Payout], None],
        on_due: Callable[[int], None],
    ) -> None:
        self._weather = weather
        self._chance = chance
        self._on_payout = on_payout
        self._on_due = on_due
        self._desks: dict[UUID, Desk] = {}
        self._lane_of: dict[UUID, UUID] = {}
        self._free_at_s: dict[UUID, float] = {}
        """Each lane."""
        self.payouts: dict[int, Payout] = {}
        self.facts: dict[int, tuple[Fact, ...]] = {}
        self.unsettled: dict[int, None] = {}
        self._postings: list[tuple[UUID, int, Posting]] = []
        self._digests: dict[int, str] = {}
        self.due: dict[int, Due] = {}
        self.references: dict[tuple[str, str], RailReference] = {}
        self._heaps: dict[Filed | tuple[str, str], list[tuple[int, int]]] = {}
        """Due times and payouts. An entry is over where the payout is due at another time, or filed elsewhere."""
        self._filed: dict[int, Filed] = {}
        self._owners: dict[int, str] = {}
        self._restored = 0

    def copy(self) -> Copy:
        desks = {
            account_id: {name: dict(getattr(desk, name)) for name in _ON_A_DESK}
            for account_id, desk in self._desks.items()
        }
        payouts = dict(self.payouts), dict(self.facts)
        rows = dict(self.unsettled), list(self._postings), dict(self.due), dict(self.references)
        return Copy(desks, *payouts, *rows)

    def restore(self, copy: Copy, real_ms: int) -> None:
        """Back to the copy, once; what is on its way finds its connection broken. It is noticed at once, as by whoever
        connects first."""
        self._restored += 1
        for account_id, desk in self._desks.items():
            for name, rows in copy.desks[account_id].items():
                setattr(desk, name, rows)
            if desk.account is not None:
                desk.account = replace(desk.account, epoch=Epoch(desk.account.epoch.number + 1, real_ms))
        self.payouts, self.facts = copy.payouts, copy.facts
        self.unsettled, self._postings = copy.unsettled, copy.postings
        self._heaps = {}
        self.due, self.references = copy.due, copy.references
        for number, due in copy.due.items():
            self._set_due(number, due)
        for number, payout in copy.payouts.items():
            if is_stale(payout, self._desks[payout.account_id].epoch):
                self._set_due(number, Due(real_ms, real_ms))

    async def open(self, accounts: Sequence[tuple[Account, dict[str, Terms]]], lanes: LaneRule) -> None:
        for account, terms in accounts:
            account_id = account.account_id
            desk = self._desks[account_id] = Desk(account, _no_ids)
            desk.terms.update(terms)
            self._lane_of[account_id] = ONE_LANE if lanes == "one" else account_id

    async def close(self) -> None:
        pass

    async def look(self) -> None:
        pass

    async def books(self) -> Books:
        balances = {account_id: dict(desk.balances) for account_id, desk in self._desks.items()}
        return Books(self.payouts, frozenset(self.due), self._postings, balances, self.references.keys())

    # The clerk's part

    async def do(self, command: Command[Any], next_id: Callable[[], int]) -> Any:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        seconds = self._chance.uniform(0.0002, 0.002)
        if self._happens(self._weather.slow_commit):
            seconds = between(self._chance, 0.05, 8.0)
        lane = self._lane_of[command.account_id]
        at_s = self._free_at_s[lane] = max(loop.time(), self._free_at_s.get(lane, 0.0)) + seconds
        loop.call_at(at_s, self._commit, command, next_id, answer, self._restored)
        return await answer

    def _commit(
        self, command: Command[Any], next_id: Callable[[], int], answer: asyncio.Future[Any], restored: int
    ) -> None:
        """Whether anybody still waits for it or not."""
        if restored != self._restored:
            _fail(answer, Unavailable("the connection broke", may_have_happened=True))
            return
        if self._happens(self._weather.database_away):
            _fail(answer, Unavailable("the connection broke", may_have_happened=self._happens(0.5)))
            return
        desk = self._desks[command.account_id]
        desk.next_id = next_id
        sheet = _Sheet()
        said = _decide(command, desk, sheet)  # type: ignore[arg-type]
        self._write(sheet)
        if self._happens(self._weather.commit_unknown):
            said = Unavailable("the connection broke during the commit", may_have_happened=True)
        if isinstance(said, BaseException):
            _fail(answer, said)
        elif not answer.done():
            answer.set_result(said)

    def _write(self, sheet: _Sheet) -> None:
        self._postings += sheet.postings
        self._digests |= sheet.digests
        for number, told in sheet.facts:
            self.facts[number] = (*self.facts.get(number, ()), *told)
        for payout, due in sheet.payouts:
            number = payout.payout_id
            self.payouts[number] = payout
            for one in payout.attempts:
                if one.has_lost_sends:
                    row = RailReference(one.rail, one.reference, payout.account_id, number, one.number)
                    self.references.setdefault((one.rail, one.reference), row)
            if is_settled(payout):
                self.unsettled.pop(number, None)
            else:
                self.unsettled[number] = None
            if due is None:
                self.due.pop(number, None)
            else:
                self._set_due(number, due)
            self._on_payout(payout)

    # The workers' list

    async def lines(self) -> Sequence[DueLine]:
        lines = sorted(key for key in self._heaps if len(key) == LINE)
        return [DueLine(*key, due_ms) for key in lines if (due_ms := self._first_due_ms(key)) is not None]

    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn:
        due = [
            (due_ms, account_id)
            for account_id in self._desks
            if (due_ms := self._first_due_ms((line.rail, line.kind, account_id))) is not None and due_ms <= now_ms
        ]
        return Turn([account_id for _, account_id in sorted(due)], after)

    def _first_due_ms(self, key: Filed | tuple[str, str]) -> int | None:
        heap = self._heaps.get(key, [])
        while heap:
            due_ms, number = heap[0]
            due = self.due.get(number)
            if due is not None and due.at_ms == due_ms and self._filed[number][: len(key)] == key:
                return due_ms
            heapq.heappop(heap)
        return None

    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]:
        await self._question()
        return [one for account_id, most in shares.items() for one in self._take(account_id, line, lease, most)]

    def _take(self, account_id: UUID, line: DueLine, lease: Lease, most: int) -> Sequence[Taken]:
        filed, taken = (line.rail, line.kind, account_id), []
        while len(taken) < most and (due_ms := self._first_due_ms(filed)) is not None and due_ms <= lease.now_ms:
            number = heapq.heappop(self._heaps[filed])[1]
            taken.append(self.payouts[number])
            self.due[number] = Due(lease.until_ms, lease.now_ms)
            self._owners[number] = lease.worker
        for payout in taken:
            self._push(filed, (lease.until_ms, payout.payout_id))
        return [Taken(payout, self._digests[payout.payout_id]) for payout in taken]

    async def renew(self, payouts: Mapping[UUID, Sequence[int]], lease: Lease) -> None:
        await self._question()
        for number in (number for numbers in payouts.values() for number in numbers):
            if number in self.due and self._owners.get(number) == lease.worker:
                self._set_due(number, Due(lease.until_ms, lease.now_ms))
                self._owners[number] = lease.worker

    async def file(self) -> int:
        return 0

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]:
        await self._question()
        foreign = []
        for row in rows:
            known = self.references.setdefault((row.rail, row.reference), row)
            if (known.account_id, known.payout_id) != (row.account_id, row.payout_id):
                foreign.append(row)
        return foreign

    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None:
        await self._question()
        if payout_id in self.due:
            self._set_due(payout_id, due)

    async def bring_to_present(self, real_ms: int) -> None:
        for number, due in list(self.due.items()):
            if due.noted_ms is not None and due.noted_ms > real_ms + MOST_BORROWED_MS:
                self._set_due(number, Due(real_ms + due.at_ms - due.noted_ms, real_ms))

    def _set_due(self, number: int, due: Due) -> None:
        payout = self.payouts[number]
        filed = self._filed[number] = (*work_on(payout), payout.account_id)
        self.due[number] = due
        self._owners.pop(number, None)
        self._push(filed, (due.at_ms, number))
        self._on_due(due.at_ms)

    def _push(self, filed: Filed, due: tuple[int, int]) -> None:
        for key in (filed, filed[:LINE]):
            heapq.heappush(self._heaps.setdefault(key, []), due)

    async def _question(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.0002, 0.002))
        if self._happens(self._weather.database_away):
            raise Unavailable("the connection broke")

    def _happens(self, chance: float) -> bool:
        return self._chance.random() < chance


class _Sheet:
    """What `store.write.saving.Sheet` collects, as far as it happens here."""

    def __init__(self) -> None:
        self.payouts: list[tuple[Payout, Due | None]] = []
        self.postings: list[tuple[UUID, int, Posting]] = []
        self.facts: list[tuple[int, tuple[Fact, ...]]] = []
        self.digests: dict[int, str] = {}

    def touch_balance(self, account_id: UUID, currency: str, book: str) -> None:
        pass

    def add_claim(self, account_id: UUID, claim: Claimed) -> None:
        pass

    def add_funding(self, account_id: UUID, funding: Funding) -> None:
        pass

    def add_postings(
        self, account_id: UUID, subject_id: int, fact_number: int, postings: Sequence[Posting], at_ms: int
    ) -> None:
        self.postings += ((account_id, subject_id, posting) for posting in postings)

    def add_decision(self, before: Payout | None, decision: Decision, due: Due | None) -> None:
        payout = decision.payout
        self.payouts.append((payout, due))
        self.facts.append((payout.payout_id, decision.facts))
        if before is None:
            self.digests[payout.payout_id] = decision.facts[0].data["digest"]
        self.postings += ((payout.account_id, payout.payout_id, posting) for posting in decision.postings)


def is_settled(payout: Payout) -> bool:
    """Ended, or left to people with a case."""
    if payout.completed_ms is not None:
        return True
    return any(case.is_open and case.kind is CaseKind.PARKED for case in payout.cases)


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)


def _no_ids() -> int:
    raise AssertionError("ids are a process's")
