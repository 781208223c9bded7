"""The same worlds on a real PostgreSQL: the clerk, the workers' list and every statement as they are in a server.

A real call takes no time of the world's: its time stands still until the call is done, also where whoever asked has
died meanwhile. So a crash never breaks a statement off, and what it leaves undone is what the workers have to find.
What is seen here and not in memory: SQL, locks, and rows that are read back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from outlay.core.account import Account, Terms
from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.work import Due
from outlay.store import ahead
from outlay.store.accounts import add_account, write_fee
from outlay.store.database import Database, Unavailable
from outlay.store.gather import LaneRule
from outlay.store.references import RailReference
from outlay.store.rows import PAYOUT_COLUMNS, payout_from
from outlay.store.work import DueLine, Lease, Taken, Turn, WorkList
from outlay.store.write.clerk import Clerk
from outlay.store.write.desk import Command
from tests.simulate.judge import Books
from tests.simulate.process import SEAL_KEY
from tests.simulate.weather import Weather
from tests.support.virtual_time import VirtualLoop

if TYPE_CHECKING:
    from tests.simulate.world import World

_UNSETTLED = """
select payout_id from payouts p where completed_ms is null and not exists (
    select from cases c where c.account_id = p.account_id and c.payout_id = p.payout_id
    and c.kind = 'parked' and c.closed_ms is null
)
"""
CONNECTIONS = 6

T = TypeVar("T")


class PostgresStore:
    def __init__(self, world: World, dsn: str, lanes: LaneRule) -> None:
        self.unsettled: dict[int, None] = {}
        self._world = world
        self._loop: VirtualLoop = world.loop
        self._weather: Weather = world.weather
        self._chance: random.Random = world.chance
        self._dsn = dsn
        self.lanes: LaneRule = lanes
        self._open = AsyncExitStack()
        self._clerks: dict[Callable[[], int], Clerk] = {}

    async def open(self, accounts: Sequence[tuple[Account, dict[str, Terms]]], lanes: LaneRule) -> None:
        """The lanes are the database's shape's."""
        entering = self._open.enter_async_context(Database.open(self._dsn, connections=CONNECTIONS))
        self._database = await self._really(entering)
        self._work = WorkList(self._database, self.lanes)
        for account, terms in accounts:
            await self._really(add_account(self._database, account, self._world.clock_ms()))
            for currency, each in terms.items():
                await self._really(write_fee(self._database, account.account_id, currency, each.fee))

    async def close(self) -> None:
        await self._really(self._open.aclose())

    async def do(self, command: Command[Any], next_id: Callable[[], int]) -> Any:
        clerk = self._clerks.get(next_id)
        if clerk is None:
            clerk = self._clerks[next_id] = Clerk(self._database, next_id, self.lanes, SEAL_KEY)
        answer = await self._really(clerk.do(command))
        payout = answer if isinstance(answer, Payout) else getattr(answer, "payout", None)
        if isinstance(payout, Payout):
            self._world.saw(payout)
        self._world.due_at(0)
        if self._chance.random() < self._weather.commit_unknown:
            raise Unavailable("the connection broke during the commit", may_have_happened=True)
        return answer

    async def lines(self) -> Sequence[DueLine]:
        return await self._really(self._work.lines())

    async def accounts(self, line: DueLine, now_ms: int, after: UUID) -> Turn:
        return await self._really(self._work.accounts(line, now_ms, after))

    async def take(self, shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]:
        taken = await self._really(self._work.take(shares, line, lease))
        for each_of in taken:
            self._world.saw(each_of.payout)
        return taken

    async def renew(self, payouts: Mapping[UUID, Sequence[int]], lease: Lease) -> None:
        await self._really(self._work.renew(payouts, lease))

    async def file(self) -> int:
        return await self._really(self._work.file())

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]:
        return await self._really(self._work.note_references(rows))

    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None:
        await self._really(self._work.put_off(account_id, payout_id, due))

    async def bring_to_present(self, real_ms: int) -> None:
        await self._really(ahead.bring_to_present(self._database, real_ms))

    async def look(self) -> None:
        rows = await self._really(self._database.fetch(_UNSETTLED))
        self.unsettled = {row["payout_id"]: None for row in rows}

    async def books(self) -> Books:
        fetch = self._database.fetch
        payouts = [payout_from(row) for row in await self._really(fetch(f"select {PAYOUT_COLUMNS} from payouts p"))]
        due = await self._really(fetch("select payout_id from work"))
        postings = await self._really(
            fetch("select account_id, subject_id, source, target, currency, amount_minor from postings")
        )
        noted = await self._really(fetch("select rail, reference from rail_references"))
        balances: dict[UUID, dict[tuple[str, str], int]] = {}
        for row in await self._really(fetch("select account_id, currency, book, minor from balances")):
            balances.setdefault(row["account_id"], {})[row["currency"], row["book"]] = row["minor"]
        return Books(
            {payout.payout_id: payout for payout in payouts},
            frozenset(row["payout_id"] for row in due),
            [(row[0], row[1], Posting(*row[2:])) for row in map(tuple, postings)],
            balances,
            {(row["rail"], row["reference"]) for row in noted},
        )

    async def _really(self, call: Awaitable[T]) -> T:
        """Time goes on when it is done, whoever has stopped waiting for it, and does not hear that it failed."""
        task = asyncio.ensure_future(call)
        still = self._loop.standing_still()
        still.__enter__()

        def goes_on(done: asyncio.Future[T]) -> None:
            still.__exit__(None, None, None)
            if not done.cancelled():
                done.exception()

        task.add_done_callback(goes_on)
        return await asyncio.shield(task)
