"""A process whose node number was lost, or may have been, makes no id from it: in no path that makes ids, after no
pause, and not in the middle of a batch. Two processes never make the same id.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

import outlay
from outlay.core.asks import WholeOrder
from outlay.core.ids import MAX_NODE, created_ms
from outlay.core.payout import Payout
from outlay.process import clock as clock_module
from outlay.process import ids as module
from outlay.process.ids import LEASE_MARGIN_MS, NODE_LEASE_MS, Node, NoIds, open_node
from outlay.service.health import Health
from outlay.service.merchant.perform import perform
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from outlay.store.nodes import NoFreeNode
from outlay.store.write.clerk import Clerk
from tests.support.asks import bank_account_ask, batch_ask, caller_in, place_batch, transfer_ask
from tests.support.lies import *  # noqa: F403
from tests.support.lies import HOUR_MS, Lies
from tests.support.world import World, at_once, kinds, order, order_ask


class Steady:
    """The steady clock that this process reads. `jumps`: what it goes on by before each of the readings to come."""

    def __init__(self) -> None:
        self._true = module.steady_ms
        self.ahead_ms = 0
        self.jumps: list[int] = []

    def __call__(self) -> int:
        if self.jumps:
            self.ahead_ms += self.jumps.pop(0)
        return self._true() + self.ahead_ms


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    clock = Steady()
    for room in (clock_module, module):
        monkeypatch.setattr(room, "steady_ms", clock)
    return clock


def number_of(snowflake: int) -> int:
    return (snowflake >> 12) & MAX_NODE


async def only_free(world: World, *numbers: int) -> None:
    """Everybody else holds all the others, for longer than any test."""
    await world.admin.execute(
        "insert into nodes (node, owner, until_ms) select n, 'somebody', 10 ^ 15 from generate_series(0, $2) n"
        " where n <> all($1::int[]) on conflict do nothing",
        list(numbers),
        MAX_NODE,
    )


async def ends_ms(world: World, number: int) -> int:
    found: int = await world.admin.fetchval("select until_ms from nodes where node = $1", number)
    return found


# A pause


@pytest.mark.parametrize("before", range(4))
async def test_a_pause_at_any_moment_of_its_making_gives_no_id_from_after_the_lease(
    plain_world: World, steady: Steady, before: int
) -> None:
    """The process stands still for longer than its lease, and goes on in the middle of making an id."""
    node = await open_node(plain_world.runtime.database, Health())
    number = number_of(node.next_id())
    until_ms = await ends_ms(plain_world, number)
    steady.jumps = [0] * before + [2 * NODE_LEASE_MS]
    for _ in range(before + 2):
        with suppress(NoIds):
            assert created_ms(node.next_id()) < until_ms


async def test_two_processes_never_make_one_id_though_one_was_paused_while_the_other_took_its_number(
    plain_world: World, steady: Steady, lies: Lies
) -> None:
    database = plain_world.runtime.database
    paused = await open_node(database, Health())
    number = number_of(paused.next_id())
    await only_free(plain_world, number)
    # Time goes on, for the database and for the other process; the paused one finds out as it goes on.
    lies.database_ms = 2 * NODE_LEASE_MS
    heir = await open_node(database, Health())
    assert number_of(heir.next_id()) == number
    known_ms = heir.clock.now_ms()
    steady.jumps = [0, 2 * NODE_LEASE_MS]
    with suppress(NoIds):
        assert created_ms(paused.next_id()) < known_ms - NODE_LEASE_MS
    with pytest.raises(NoIds):
        paused.next_id()
    with pytest.raises(NoFreeNode):
        await paused.pulse()
    with pytest.raises(NoIds):
        paused.next_id()


async def test_a_machine_that_was_stopped_whole_makes_other_ids_than_who_took_its_number(
    plain_world: World, steady: Steady, lies: Lies
) -> None:
    """Its steady clock stood still with it, so it knows of nothing before its next pulse: its ids bear the time at
    which it was stopped."""
    database = plain_world.runtime.database
    stopped = await open_node(database, Health())
    number = number_of(stopped.next_id())
    await only_free(plain_world, number)
    lies.database_ms = 2 * NODE_LEASE_MS
    heir = await open_node(database, Health())
    late = {stopped.next_id() for _ in range(5000)}
    theirs = {heir.next_id() for _ in range(5000)}
    assert {number_of(one) for one in late | theirs} == {number}
    assert max(late) < min(theirs)
    with pytest.raises(NoFreeNode):
        await stopped.pulse()
    with pytest.raises(NoIds):
        stopped.next_id()


class Process:
    def __init__(self, node: Node, ahead_ms: int) -> None:
        self.node, self.ahead_ms = node, ahead_ms


class Days:
    """Processes that come, go, stand still and are stopped, on few numbers, under a clock that steps."""

    def __init__(self, world: World, steady: Steady, lies: Lies, chance: random.Random) -> None:
        self.world, self.steady, self.lies, self.chance = world, steady, lies, chance
        self.processes: list[Process] = []
        self.ids: list[tuple[int, int]] = []
        """Each with the lease from which it was made."""
        self._leases: dict[Any, int] = {}

    async def step(self) -> None:
        what = self.chance.choices(
            [
                self.start,
                self.crash,
                self.give_back,
                self.pulse,
                self.make,
                self.make_with_a_pause,
                self.wait,
                self.turn,
            ],
            [3, 1, 1, 6, 6, 6, 4, 1],
        )[0]
        await what()

    def _one(self) -> Process | None:
        if not self.processes:
            return None
        one = self.chance.choice(self.processes)
        self.steady.ahead_ms, self.steady.jumps = one.ahead_ms, []
        return one

    def _make(self, one: Process) -> None:
        new = one.node.next_id()
        self.ids.append((new, self._leases.setdefault(one.node._held, len(self._leases))))

    async def start(self) -> None:
        if len(self.processes) < 3:
            self.steady.ahead_ms = self.chance.randrange(HOUR_MS)
            with suppress(NoFreeNode):
                node = await open_node(self.world.runtime.database, Health())
                self.processes.append(Process(node, self.steady.ahead_ms))

    async def crash(self) -> None:
        if one := self._one():
            self.processes.remove(one)

    async def give_back(self) -> None:
        if one := self._one():
            await one.node.give_back()
            self.processes.remove(one)

    async def pulse(self) -> None:
        if one := self._one():
            with suppress(NoFreeNode):
                await one.node.pulse()

    async def make(self) -> None:
        if one := self._one():
            for _ in range(self.chance.choice((1, 20))):
                with suppress(NoIds):
                    self._make(one)

    async def make_with_a_pause(self) -> None:
        """Time goes on for all while one stands still as it makes an id, and others reach for its number."""
        if one := self._one():
            ms = self.chance.choice((NODE_LEASE_MS, 2 * NODE_LEASE_MS))
            await self._pass(ms, but=one)
            await self.start()
            for other in self.processes:
                if other is not one:
                    await self._pulse_and_make(other)
            self.steady.ahead_ms = one.ahead_ms
            self.steady.jumps = [0] * self.chance.randrange(3) + [ms]
            with suppress(NoIds):
                self._make(one)
            self.steady.jumps = []
            one.ahead_ms += ms
            await self._pass(5, but=None)
            for other in self.processes:
                await self._pulse_and_make(other)

    async def _pulse_and_make(self, one: Process) -> None:
        self.steady.ahead_ms = one.ahead_ms
        with suppress(NoFreeNode):
            await one.node.pulse()
        with suppress(NoIds):
            self._make(one)

    async def wait(self) -> None:
        """Also of a machine that is stopped whole, whose steady clock stands still."""
        but = self.chance.choice([None, *self.processes])
        await self._pass(self.chance.choice((100, 5_000, NODE_LEASE_MS - 1_000, 2 * NODE_LEASE_MS)), but=but)

    async def _pass(self, ms: int, *, but: Process | None) -> None:
        self.lies.database_ms += ms
        for one in self.processes:
            if one is not but:
                one.ahead_ms += ms

    async def turn(self) -> None:
        """Somebody sets the database's clock."""
        self.lies.database_ms += self.chance.choice((-HOUR_MS, -2_000, -300, 300, 2_000, HOUR_MS))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
async def test_no_two_ids_are_one_whatever_happens_to_processes_and_clocks(
    plain_world: World, steady: Steady, lies: Lies, seed: int
) -> None:
    await only_free(plain_world, 7, 8)
    days = Days(plain_world, steady, lies, random.Random(seed))
    for _ in range(120):
        await days.step()
    made = [one for one, _ in days.ids]
    assert len(set(made)) == len(made) > 80
    assert {number_of(one) for one in made} == {7, 8}
    for number in (7, 8):
        leases = [lease for lease, _ in groupby(lease for one, lease in sorted(days.ids) if number_of(one) == number)]
        assert len(leases) == len(set(leases)) > 1, "each lease has a time of its own, and no id of another is in it"


# Every path


async def with_node(world: World) -> tuple[Runtime, Node]:
    """A process that makes its ids as a server does."""
    node = await open_node(world.runtime.database, Health())
    clerk = Clerk(world.runtime.database, node.next_id, world.shape.lanes)
    return replace(world.runtime, clerk=clerk, next_id=node.next_id, now_ms=node.clock.now_ms), node


PATHS: dict[str, Callable[[World, Runtime, UUID, UUID], Awaitable[Any]]] = {
    "payout": lambda _world, process, own, _other: order(process, own, order_ask(1, "r")),
    "batch": lambda _world, process, own, _other: place_batch(process, own, batch_ask("r", [1, 2, 3])),
    "funding": lambda _world, process, own, _other: fund_account(process, own, "BRL", 5, "wire"),
    "bank account": lambda world, process, own, _other: asked(world, process, own, bank_account_ask("r")),
    "transfer": lambda world, process, own, other: asked(world, process, own, transfer_ask("r", own, other, 1)),
}
ROWS = "select (select count(*) from claims) + (select count(*) from payouts) + (select count(*) from fundings)"


async def asked(world: World, process: Runtime, account_id: UUID, ask: Any) -> Any:
    return await perform(process, await caller_in(world, account_id), ask)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", ["its time is over", "it was given to another"])
async def test_without_a_number_no_path_makes_anything(
    world: World, steady: Steady, monkeypatch: pytest.MonkeyPatch, path: str, how: str
) -> None:
    own = await world.account(fund=100)
    other = await world.account(parent_id=own)
    process, node = await with_node(world)
    before = await world.admin.fetchval(ROWS)
    if how == "its time is over":
        steady.ahead_ms += NODE_LEASE_MS - LEASE_MARGIN_MS
    else:
        await world.admin.execute("update nodes set owner = 'another'")
        await only_free(world)
        with pytest.raises(NoFreeNode):
            await node.pulse()
    with pytest.raises(NoIds) as caught:
        await PATHS[path](world, process, own, other)
    assert not caught.value.may_have_happened
    assert await world.admin.fetchval(ROWS) == before


@pytest.mark.parametrize("made", [0, 1, 3, 10])
async def test_a_number_that_is_lost_in_the_middle_of_a_batch_leaves_nothing_of_it(
    world: World, steady: Steady, made: int
) -> None:
    account_id = await world.account(fund=100)
    process, _ = await with_node(world)
    steady.jumps = [0] * made + [NODE_LEASE_MS]
    with pytest.raises(NoIds):
        await place_batch(process, account_id, batch_ask("r", [1] * 20))
    assert (await world.count("payouts"), await world.count("batches"), await world.count("claims")) == (0, 0, 0)
    assert await world.books(account_id) == {"funding": -100, "available": 100}


async def test_of_orders_in_one_commit_those_that_had_their_id_before_it_was_lost_are_made(
    plain_world: World, steady: Steady
) -> None:
    world = plain_world
    account_id = await world.account(fund=100)
    process, node = await with_node(world)
    first = order(process, account_id, order_ask(1, "first"))
    asks = [order(process, account_id, order_ask(1, f"r{n}")) for n in range(8)]
    steady.jumps = [0] * 4 + [NODE_LEASE_MS]
    counted = kinds(await at_once(first, *asks))
    assert counted.keys() == {Payout, NoIds}
    assert await world.count("payouts") == counted[Payout] == 9 - counted[NoIds] <= 4
    await node.pulse()
    assert isinstance(await place_batch(process, account_id, batch_ask("b", [1, 2])), WholeOrder)


def test_ids_are_made_in_one_place() -> None:
    """So what is proved of a node is true of a server, its workers and every command."""
    sources = Path(outlay.__file__).parent
    makers = {
        str(path.relative_to(sources)) for path in sources.rglob("*.py") if "Snowflakes(" in path.read_text("utf-8")
    }
    assert makers == {"process/ids.py"}
