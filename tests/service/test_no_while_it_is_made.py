"""Nobody hears a final "no" to a request whose twin is on its way to be carried out: they would pay again, under
another key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import Repeated
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.merchant.claims import PAYOUT, why_not
from outlay.service.merchant.perform import perform
from outlay.service.runtime import Runtime
from outlay.store import accounts
from outlay.store.read.reader import PayoutQuestion
from tests.support.asks import caller_in, exclusive, transfer_ask
from tests.support.world import World, order, order_ask


class HeldUp:
    """A clerk that holds up the first command of a kind until it may go on."""

    def __init__(self, true: Any, is_meant: Callable[[Any], bool]) -> None:
        self._true, self._is_meant = true, is_meant
        self.has_come, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def do(self, command: Any, **also: Any) -> Any:
        if self._is_meant(command):
            self.has_come.set()
            await self.may_go_on.wait()
        return await self._true.do(command, **also)


def held_up(runtime: Runtime, is_meant: Callable[[Any], bool]) -> tuple[Runtime, HeldUp]:
    clerk = HeldUp(runtime.clerk, is_meant)
    return replace(runtime, clerk=clerk), clerk


@pytest.mark.parametrize("is_exclusive", [True, False])
async def test_a_transfer_to_who_was_closed_since_is_repeated_and_not_refused(world: World, is_exclusive: bool) -> None:
    own = await world.account(fund=100)
    child = await world.account(parent_id=own)
    caller = await caller_in(world, own)
    process = await world.process()
    other, late = held_up(await world.process(), lambda _command: True)
    ask = transfer_ask("r", own, child, 5)
    ask = exclusive(ask) if is_exclusive else ask
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", own)
        first = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        await other.database.execute("update accounts set is_open = false where account_id = $1", child)
        if is_exclusive:
            assert await perform(process, caller, ask) is Refusal.STILL_RUNNING
        elsewhere = asyncio.create_task(perform(other, caller, ask))
        await asyncio.wait_for(late.has_come.wait(), 5)  # told before the giver's lock, it would never come there
    made = await first
    assert isinstance(made, Transfer)
    late.may_go_on.set()
    told = await elsewhere
    assert isinstance(told, Repeated)
    assert told.same
    assert told.subject.transfer_id == made.transfer_id


async def test_who_signs_and_was_closed_since_hears_that_their_request_still_runs(world: World) -> None:
    own = await world.account(fund=100)
    child = await world.account(parent_id=own, fund=100)
    caller = await caller_in(world, own, speaks_for=child)
    process = await world.process()
    ask = exclusive(order_ask(5, "r"))
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", child)
        first = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        assert await perform(process, replace(caller, is_open=False), ask) is Refusal.STILL_RUNNING
    assert isinstance(await first, Payout)


async def test_a_key_that_another_account_lets_go_while_its_own_request_waits_is_not_called_anothers(
    world: World,
) -> None:
    master = await world.account(fund=100)
    first_id, second_id = [await world.account(fund=100, parent_id=master) for _ in range(2)]
    caller, sibling = [await caller_in(world, each, master_id=master) for each in (first_id, second_id)]
    one, holding = held_up(await world.process(), lambda command: command.needs.family_key is not None)
    two, making = held_up(await world.process(), lambda command: command.needs.family_key is None)
    ask = exclusive(order_ask(5, "r"))
    first = asyncio.create_task(perform(one, caller, ask))
    await holding.has_come.wait()
    too_dear = asyncio.create_task(perform(two, sibling, exclusive(order_ask(5_000, "r"))))
    await making.has_come.wait()
    assert await perform(one, caller, ask) is Refusal.STILL_RUNNING
    making.may_go_on.set()
    assert await too_dear is Refusal.INSUFFICIENT_BALANCE
    holding.may_go_on.set()
    assert isinstance(await first, Payout)


async def test_an_order_that_was_made_before_its_account_was_closed_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await world.account(fund=100)
    ask = order_ask(5, "r")
    look_up = accounts.read_account

    async def then_it_happens(database: Any, of: UUID) -> Any:
        found = await look_up(database, of)
        assert isinstance(await order(world.runtime, account_id, ask), Payout)
        await world.close_account(account_id)
        return found

    monkeypatch.setattr(accounts, "read_account", then_it_happens)
    question = PayoutQuestion(account_id)
    told = await why_not(world.runtime, question, ask.claim, PAYOUT, [Refusal.TARGET_NOT_FOUND])
    assert isinstance(told, Repeated)
    assert told.same
