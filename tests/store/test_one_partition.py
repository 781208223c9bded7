"""The promise that lets the store be sharded: a statement of the money path touches the partition of its account and
no other. PostgreSQL itself tells what each statement really did (auto_explain), as it was planned for a connection that
has sent it many times.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import BeginAttempt, Settle
from outlay.service.fund_account import fund_account
from outlay.service.move_payout import move_payout
from outlay.service.runtime import Runtime
from outlay.store import work
from outlay.store.database import APP_ROLE, Database
from outlay.store.guard import Guard
from outlay.store.reader import BalancesQuestion, PayoutQuestion
from outlay.wire.usecases import Ordered
from tests.support.databases import PARTITIONED, Server
from tests.support.world import World, at_once, kinds, order, order_ask

READ_TABLES = {
    "accounts",
    "terms",
    "credentials",
    "claims",
    "payouts",
    "attempts",
    "returns",
    "balances",
    "fundings",
    "work",
}
NEIGHBOURS = 8
ROUNDS = 8
"""PostgreSQL plans a statement anew five times before it thinks of keeping one plan."""
EXPLAIN_ALL = f"""
set role none; load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
set auto_explain.log_timing = off; set auto_explain.log_format = json; set client_min_messages = log;
set role {APP_ROLE}
"""


class Statement:
    """One statement as it was executed."""

    def __init__(self, message: str) -> None:
        told = json.loads(message[message.index("{") :])
        self.text: str = told["Query Text"]
        self.read = set(_scanned(told["Plan"]))

    @property
    def partitions(self) -> set[str]:
        """Numbers of the partitions from which rows were read. Where rows are written is not in question: the key
        that is written names the place."""
        return {relation.rsplit("_", 1)[1] for relation in self.read}

    @property
    def is_across_accounts(self) -> bool:
        """The workers' first step looks at every account, by design; the driver looks at the catalogue."""
        return self.text == work._ACCOUNTS or any(relation.startswith("pg_") for relation in self.read)

    def __str__(self) -> str:
        return f"{sorted(self.read)}: {' '.join(self.text.split())[:400]}"


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node.get("Actual Loops", 0) > 0:
        if "Relation Name" in node and node["Node Type"] != "ModifyTable":
            yield node["Relation Name"]
        for child in node.get("Plans", ()):
            yield from _scanned(child)


class OneConnection:
    """A pool of one connection, so that its statements grow old; everything it does is told to `statements`."""

    def __init__(self, connection: Any) -> None:
        self.statements: list[Statement] = []
        self._connection = connection
        self._free = asyncio.Lock()
        connection.add_log_listener(self._hear)

    def _hear(self, _connection: Any, message: Any) -> None:
        if "plan:" in message.message:
            self.statements.append(Statement(message.message))

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        async with self._free:
            yield self._connection


@asynccontextmanager
async def explaining_connection(world: World) -> AsyncIterator[OneConnection]:
    connection = await asyncpg.connect(world.dsn, server_settings={"jit": "off"})
    try:
        await connection.execute(EXPLAIN_ALL)
        yield OneConnection(connection)
    finally:
        await connection.close()


async def whole_story(world: World, process: Runtime, account_id: UUID, guard: Guard, n: int) -> None:
    """Every statement of the money path, for one account."""
    await fund_account(process, account_id, "BRL", 50, f"wire {n}")
    asks = [order_ask(10, f"{n}-{m}") for m in range(3)]
    guards = [replace(guard, nonce=f"{n}-{m}", nonce_until_ms=10**15) for m in range(3)]
    orders = [order(process, account_id, ask, guard=own) for ask, own in zip(asks, guards, strict=True)]
    answers = await at_once(*orders)
    assert kinds(answers) == {Ordered: 3}
    await order(process, account_id, asks[0], guard=replace(guard, nonce=f"{n} again"))
    first, second = answers[0].payout, answers[1].payout
    claimed = await work.claim_due(
        process.database, worker="w", now_ms=world.clock() + 1, lease_ms=1000, accounts=1, each=10
    )
    assert claimed
    await work.put_off(process.database, account_id, first.payout_id, world.clock() + 5)
    for event in (BeginAttempt(), Settle(1, Accepted("X")), Settle(1, Paid("X")), Returned("R1", 3)):
        await move_payout(process, account_id, first.payout_id, event)
    for event in (BeginAttempt(), Settle(1, Refused(Failure(FailureReason.OTHER, "no")))):
        await move_payout(process, account_id, second.payout_id, event)
    await process.reader.payout(PayoutQuestion(account_id, guard, None, asks[0].reference, first.payout_id))
    await process.reader.balances(BalancesQuestion(account_id, guard))


@pytest.fixture
def parted_world(server: Server) -> World:
    return World(server.of_shape(PARTITIONED))


async def live_neighbours(world: World) -> None:
    """Small tables with known sizes: where the planner likes to read everything. The workers' list is never so small
    on a busy system, and deleting from it is the one join left to the planner."""
    for _ in range(NEIGHBOURS):
        account_id = await world.account(fund=1000)
        guard = await world.credential(account_id, f"key of {account_id}")
        for n in range(4):
            await whole_story(world, world.runtime, account_id, guard, n)
    await world.admin.execute(
        "insert into work (account_id, payout_id, due_ms) select gen_random_uuid(), n, 10 ^ 15"
        " from generate_series(1, 5000) n"
    )
    await world.admin.execute("analyze")


@pytest.mark.parametrize(
    "has_neighbours",
    [pytest.param(False, id="alone"), pytest.param(True, id="among neighbours", marks=pytest.mark.slow)],
)
async def test_the_money_path_reads_one_partition(parted_world: World, has_neighbours: bool) -> None:
    world = parted_world
    if has_neighbours:
        await live_neighbours(world)
    account_id = await world.account()
    guard = await world.credential(account_id)
    home = await world.admin.fetchval("select tableoid::regclass::text from accounts where account_id = $1", account_id)
    async with explaining_connection(world) as only:
        process = await world.process(Database(only))
        for n in range(ROUNDS):
            await whole_story(world, process, account_id, guard, n)
    told = [statement for statement in only.statements if statement.read and not statement.is_across_accounts]
    strayed = {str(statement) for statement in told if statement.partitions != {home.removeprefix("accounts_")}}
    assert strayed == set()
    read = {relation.rsplit("_", 1)[0] for statement in told for relation in statement.read}
    assert read == READ_TABLES, "every table was in question"
    # No row of a made-up neighbour's work has a payout.
    await world.admin.execute("delete from work where due_ms = 10 ^ 15")


async def test_a_statement_without_the_account_is_caught(parted_world: World) -> None:
    """The control."""
    async with explaining_connection(parted_world) as only, only.acquire() as connection:
        await connection.fetch("select 1 from payouts where payout_id = $1", 5)
    assert [statement.partitions for statement in only.statements] == [{"0", "1", "2", "3"}]
