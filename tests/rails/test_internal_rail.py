"""The rail between accounts here stands every case that it can get into: its far end is our own books."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from outlay.core.payout import Payout
from outlay.rails.internal import InternalRail
from outlay.store.database import Unavailable
from outlay.store.write.desk import Command
from tests.rails.exercise import Bench, Line, Situation, exercise
from tests.support.asks import to_account
from tests.support.rails import INTERNAL_TERMS
from tests.support.world import World, order

AMOUNT = 30
OURS = "its far end is our own books, which "


class FarClerk:
    """Who books at the taker. A connection that dies before the commit loses the request, one that dies in it the
    answer."""

    def __init__(self, clerk: Any, line: Line) -> None:
        self._clerk = clerk
        self._line = line
        self.loses: Situation | None = None

    async def do(self, command: Command[Any], *, urgent: bool = False) -> Any:
        lost, self.loses = self.loses, None
        if lost is Situation.LOST_REQUEST:
            raise Unavailable("gone before the commit")
        answer = await self._clerk.do(command, urgent=urgent)
        if lost is Situation.LOST_ANSWER:
            raise Unavailable("gone in the commit", may_have_happened=True)
        await self._line.pass_answer()
        return answer


class InternalBench(Bench):
    cannot = {
        "not found for a while": OURS + "know at once what was booked",
        "return": OURS + "give nothing back by themselves: the taker would have to order that",
        "contradict": OURS + "cannot have refused what they have booked",
    }

    def __init__(self, world: World, timeout_ms: int) -> None:
        super().__init__(world, timeout_ms)
        self.clerk = FarClerk(world.runtime.clerk, self.line)
        self.rail = InternalRail(
            replace(world.runtime, clerk=self.clerk), replace(INTERNAL_TERMS, timeout_ms=timeout_ms)
        )

    async def order(self, situation: Situation) -> Payout:
        giver = await self.world.account(fund=AMOUNT)
        taker = uuid4() if situation is Situation.REFUSED else await self.world.account(parent_id=giver)
        self.clerk.loses = situation
        ordered = await order(self.world.runtime, giver, to_account(AMOUNT, self.world.new_reference(), taker))
        assert isinstance(ordered, Payout), ordered
        return ordered

    async def times_paid(self, payout: Payout) -> int:
        taken = await self.world.books(UUID(payout.beneficiary.account_number))
        return taken.get("available", 0) // AMOUNT

    async def act(self) -> None:
        """Books do nothing by themselves."""


test_the_internal_rail_stands_every_case_that_it_can_have, test_the_internal_rail_skips_what_its_books_cannot_do = (
    exercise(InternalBench, skipped=["not found for a while", "return", "contradict"])
)
