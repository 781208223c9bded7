"""The sandbox bank on its bench: the last two digits of an amount bring it into each situation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from msgspec.structs import replace

from outlay.core.payout import Payout
from outlay.sandbox.bank import SandboxBank
from outlay.store.database import Database
from tests.rails.exercise import Bench, Line, Situation
from tests.support.rails import SANDBOX_TERMS
from tests.support.world import World

DELAY_MS = 7_000
FINALITY_MS = 12_000
"""So that what is hidden for three delays is asked about several times before the bank must know it."""
AMOUNTS = {
    Situation.PAID: 20_00,
    Situation.LOST_REQUEST: 20_91,
    Situation.LOST_ANSWER: 20_92,
    Situation.HIDDEN: 20_93,
    Situation.REFUSED: 20_72,
    Situation.RETURNED: 20_81,
    Situation.CONTRADICTED: 20_94,
}


class FarDatabase:
    """The bank's own: what is written there is written, and the answer comes by the line."""

    def __init__(self, database: Database, line: Line) -> None:
        self._database = database
        self.line = line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self._database.transaction() as connection:
            yield connection
        await self.line.pass_answer()


class SandboxBench(Bench):
    kind: ClassVar[type[SandboxBank]] = SandboxBank
    rail: SandboxBank

    def __init__(self, world: World, timeout_ms: int) -> None:
        super().__init__(world, timeout_ms)
        database: Any = FarDatabase(world.runtime.database, self.line)
        terms = replace(SANDBOX_TERMS, timeout_ms=timeout_ms, finality_ms=FINALITY_MS)
        self.rail = self.kind(replace(world.runtime, database=database), DELAY_MS, terms)

    async def order(self, situation: Situation) -> Payout:
        amount_minor = AMOUNTS[situation]
        return await self.world.order(await self.world.account(fund=amount_minor), amount_minor)

    async def times_paid(self, payout: Payout) -> int:
        paid: int = await self.world.admin.fetchval(
            "select count(*) from bank_orders where account_id = $1 and payout_id = $2 and state = 'paid'",
            payout.account_id,
            payout.payout_id,
        )
        return paid

    async def act(self) -> None:
        while await self.rail.deliver_due():
            pass
