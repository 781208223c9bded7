"""What comes to the sandbox bank together is written together: each order, question and message with its own answer,
the fence of each looked at when its turn comes, and none of them holding up another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from outlay.core.attempt import SEND_WITHIN_MS, Attempt, RailTerms
from outlay.core.events import BeginAttempt
from outlay.core.outcome import Accepted, NotFound
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.rails.rail import NOT_SENT, Fence
from outlay.sandbox.bank import LEASE_MS, SandboxBank
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.runtime import Runtime
from outlay.store import bank as memory
from outlay.store.database import Database, Unavailable
from tests.support.databases import PARTITIONED, Server
from tests.support.explain import account_places, explaining_connection
from tests.support.rails import SANDBOX_TERMS, open_fence, submitter_of
from tests.support.world import World, at_once

MANY = 40


class CountedDatabase:
    """The application's, counting what is asked of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = self.questions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def transaction(self) -> Any:
        self.transactions += 1
        return self._database.transaction()

    async def fetch(self, *arguments: Any) -> Any:
        self.questions += 1
        return await self._database.fetch(*arguments)


async def begun(world: World, runtime: Runtime, many: int, accounts: int = 1) -> list[tuple[Payout, Attempt]]:
    ids = [await world.account(fund=10**6) for _ in range(accounts)]
    payouts = [await world.order(ids[n % accounts], 1_000) for n in range(many)]
    moved = [await move_payout(runtime, each.account_id, each.payout_id, BeginAttempt()) for each in payouts]
    assert all(isinstance(each, Moved) for each in moved)
    world.books_are_wrong_on_purpose = True  # what is sent here no worker tells
    return [(each.payout, each.payout.attempts[-1]) for each in moved if isinstance(each, Moved)]


@asynccontextmanager
async def held_up(world: World) -> AsyncIterator[None]:
    """Within, no order can be written."""
    holder = await asyncpg.connect(world.dsn)
    try:
        async with holder.transaction():
            await holder.execute("lock table bank_orders in exclusive mode")
            yield
    finally:
        await holder.close()


async def test_orders_that_come_while_one_is_written_share_the_next_commit(world: World) -> None:
    counted = CountedDatabase(world.runtime.database)
    bank = SandboxBank(msgspec.structs.replace(world.runtime, database=counted), 1_000, SANDBOX_TERMS)  # type: ignore[arg-type]
    sends = await begun(world, world.runtime, MANY)
    async with held_up(world):
        first = asyncio.create_task(bank.send(*sends[0], open_fence()))
        await world.until_somebody_waits()
        others = [asyncio.create_task(bank.send(*each, open_fence())) for each in sends[1:]]
        await asyncio.sleep(0)
    said = await asyncio.gather(first, *others)
    assert [type(each) for each in said] == [Accepted] * MANY
    assert len({each.rail_reference for each in said if isinstance(each, Accepted)}) == MANY, "to each its own answer"
    assert counted.transactions == 2
    counted.questions = 0
    assert await at_once(*(bank.ask(*each) for each in sends)) == said
    assert counted.questions == 1


async def test_every_order_of_a_group_has_its_own_messages(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    ids = [await world.account(fund=10**6) for _ in range(3)]
    payouts = [await world.order(ids[n % 3], 5_000 + ending) for n, ending in enumerate((0, 74, 82, 71, 81))]
    await submitter_of(world.runtime, {"sandbox": bank}).run_due()
    told = await world.admin.fetch(
        "select payout_id, array_agg((number, due_ms - accepted_ms, message ->> 'deed') order by number) as told"
        " from bank_orders join bank_messages using (account_id, reference) group by payout_id"
    )
    assert {row["payout_id"]: row["told"] for row in told} == {
        payouts[0].payout_id: [(1, 1_000, "pay")],
        payouts[2].payout_id: [(1, 1_000, "pay"), (2, 2_000, "return"), (3, 3_000, "return")],
        payouts[4].payout_id: [(1, 1_000, "pay"), (2, 2_000, "return")],
    }


async def test_a_fence_that_closes_while_its_order_waits_lets_nothing_leave(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    sends = await begun(world, world.runtime, 3)
    fences = [open_fence(), Fence(SANDBOX_TERMS, world.clock, world.clock()), open_fence()]
    async with held_up(world):
        first = asyncio.create_task(bank.send(*sends[0], fences[0]))
        await world.until_somebody_waits()
        others = [asyncio.create_task(bank.send(*sends[n], fences[n])) for n in (1, 2)]
        await asyncio.sleep(0)
        assert fences[1].is_open()
        world.clock.advance(SEND_WITHIN_MS)
        assert fences[0].left_ms is None, "it has left when it is written"
    assert isinstance(await first, Accepted)
    assert await others[0] is NOT_SENT
    assert isinstance(await others[1], Accepted), "another's closed fence is not its own"
    assert [fence.left_ms is not None for fence in fences] == [True, False, True]
    written = await world.admin.fetch("select reference from bank_orders")
    assert {row["reference"] for row in written} == {sends[n][1].reference for n in (0, 2)}


async def test_an_order_that_was_given_up_while_it_waited_is_not_written(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    sends = await begun(world, world.runtime, 3)
    async with held_up(world):
        calls = [asyncio.create_task(bank.send(*sends[0], open_fence()))]
        await world.until_somebody_waits()
        calls += [asyncio.create_task(bank.send(*each, open_fence())) for each in sends[1:]]
        await asyncio.sleep(0)
        calls[1].cancel()
        await asyncio.sleep(0)
    await at_once(*calls)
    assert isinstance(await bank.ask(*sends[1]), NotFound)
    assert isinstance(await bank.ask(*sends[2]), Accepted)


async def test_no_order_is_on_its_way_for_longer_than_a_call_may_take(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, RailTerms("sandbox", timeout_ms=200))
    sends = await begun(world, world.runtime, 1)
    async with held_up(world), asyncio.timeout(10):  # of seconds: it is cut after a fifth of one
        with pytest.raises(Unavailable):
            await bank.send(*sends[0], open_fence())
    assert isinstance(await bank.ask(*sends[0]), NotFound)


async def test_one_order_that_cannot_be_written_sinks_no_other(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    sends = await begun(world, world.runtime, 3)
    payout, attempt = sends[1]
    sends[1] = payout, msgspec.structs.replace(attempt, reference="no\0text")
    said = await at_once(*(bank.send(*each, open_fence()) for each in sends))
    assert [isinstance(each, Accepted) for each in said] == [True, False, True]
    assert isinstance(said[1], Exception)
    assert await world.count("bank_orders") == await world.count("bank_messages") == 2


async def test_the_same_order_twice_in_one_group_is_taken_once(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    [send] = await begun(world, world.runtime, 1)
    fences = [open_fence() for _ in range(5)]
    said = await at_once(*(bank.send(*send, fence) for fence in fences))
    assert said == [said[0]] * 5
    assert isinstance(said[0], Accepted)
    assert await world.count("bank_orders") == await world.count("bank_messages") == 1
    assert all(fence.left_ms is not None for fence in fences)


async def test_two_people_at_once_cannot_both_decide_over_one_order(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    payout = await world.order(await world.account(fund=10**6), 5_074)
    await submitter_of(world.runtime, {"sandbox": bank}).run_due()
    order = await memory.find_order_of(world.runtime.database, payout.account_id, payout.payout_id)
    assert order is not None
    book = memory.BankMemory(world.runtime.database, world.runtime.lanes, 10)
    done = await at_once(book.set_state(order, "paid"), book.set_state(order, "refused"), book.set_state(order, "paid"))
    assert done == [True, False, True]
    await bank.deliver_due()
    now = await memory.find_order_of(world.runtime.database, payout.account_id, payout.payout_id)
    assert now is not None
    assert now.state == "paid"


async def test_messages_that_are_due_together_take_few_statements(world: World) -> None:
    counted = CountedDatabase(world.runtime.database)
    bank = SandboxBank(msgspec.structs.replace(world.runtime, database=counted), 1_000, SANDBOX_TERMS)  # type: ignore[arg-type]
    account_id = await world.account(fund=10**6)
    payouts = [await world.order(account_id, 1_000) for _ in range(10)]
    await submitter_of(world.runtime, {"sandbox": bank}).run_due()
    world.clock.advance(1_000)
    counted.transactions = counted.questions = 0
    assert await bank.deliver_due() == 10
    assert {(await world.payout(payout)).state for payout in payouts} == {State.PAID}
    assert (counted.questions, counted.transactions) == (1, 2), "taken, done, and struck off"


async def test_a_message_that_cannot_be_read_keeps_no_other_waiting(world: World) -> None:
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    account_id = await world.account(fund=10**6)
    payouts = [await world.order(account_id, 1_000) for _ in range(3)]
    await submitter_of(world.runtime, {"sandbox": bank}).run_due()
    reference = (await world.payout(payouts[1])).attempts[0].reference
    await world.admin.execute("update bank_messages set message = '{}' where reference = $1", reference)
    world.clock.advance(1_000)
    with capture_logs() as lines:
        assert await bank.deliver_due() == 3
    assert [line["event"] for line in lines] == ["sandbox message not delivered"]
    states = [(await world.payout(payout)).state for payout in payouts]
    assert states == [State.PAID, State.PROCESSING, State.PAID]
    await world.admin.execute("update bank_messages set message = $1", '{"deed": "pay"}')
    world.clock.advance(LEASE_MS)
    assert await bank.deliver_due() == 1, "it was not forgotten"
    assert (await world.payout(payouts[1])).state is State.PAID


@pytest.fixture
def parted_world(server: Server) -> World:
    return World(server.of_shape(PARTITIONED))


@pytest.mark.slow  # plans of all statements
async def test_the_banks_statements_read_one_partition(parted_world: World) -> None:
    """But the one that looks for what is due, as the workers' own does. And a router could tell which."""
    world = parted_world
    for _ in range(3):
        await begun(world, world.runtime, 3, accounts=3)
    account_id = await world.account(fund=10**6)
    home = await world.admin.fetchval("select tableoid::regclass::text from accounts where account_id = $1", account_id)
    payouts = [await world.order(account_id, 1_000) for _ in range(24)]
    async with explaining_connection(world) as only:
        runtime = await world.process(Database(only))  # type: ignore[arg-type]
        bank = SandboxBank(runtime, 1_000, SANDBOX_TERMS)
        for n in range(0, len(payouts), 3):
            some = payouts[n : n + 3]
            moved = [await move_payout(world.runtime, account_id, p.payout_id, BeginAttempt()) for p in some]
            sends = [(m.payout, m.payout.attempts[0]) for m in moved if isinstance(m, Moved)]
            for _ in range(2):
                await at_once(*(bank.send(*each, open_fence()) for each in sends))
            await at_once(*(bank.ask(*each) for each in sends))
            world.clock.advance(1_000)
            assert await bank.deliver_due() == 3
    names = ("bank_orders", "bank_messages")
    own = [s for s in only.statements if any(name in s.text for name in names) and s.text != memory._TAKE]
    read = {relation.rsplit("_", 1)[0] for each in own for relation in each.read}
    assert read == set(names)
    strayed = {str(each) for each in own if each.read and each.partitions != {home.removeprefix("accounts_")}}
    assert strayed == set()
    places = await account_places(world)
    assert {str(each) for each in own if each.joined(places)} == set()
    assert {table for each in own for table in each.put_in} == set(names)
