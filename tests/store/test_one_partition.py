"""The promise that lets the store be sharded: a statement of the money path touches the partition of its account and
no other. In lanes of one account it also says so by a constant, `account_id = $1`, of every table that it reads or
puts rows in: a router sees no more of it. PostgreSQL itself tells what each statement really did (auto_explain), as it
was planned for a connection that has sent it many times.

Exceptions, by name: the workers' discovery (`Statement.is_across_accounts`), the small tables that every shard would
hold, and what is led by a reference's hash (`NOT_BY_ACCOUNT`).
"""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import (
    ChangeBankAccount,
    FindBankAccount,
    FindOrder,
    FindTransfer,
    ListBankAccounts,
    ListPayouts,
    ListTransfers,
    WholeOrder,
)
from outlay.core.bank_account import OwnBankAccount
from outlay.core.events import Approve, BeginAttempt, Heard
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.core.work import Due
from outlay.rails.internal import InternalRail
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant import transfers
from outlay.service.merchant.family_keys import KeyUse, make_under
from outlay.service.merchant.perform import perform
from outlay.service.operator.fund_account import fund_account
from outlay.service.operator.reviews import review_order
from outlay.service.runtime import Caller, Runtime
from outlay.store.accounts import read_account
from outlay.store.database import Database
from outlay.store.gather import LaneRule
from outlay.store.guard import Guard
from outlay.store.read.reader import BalancesQuestion, PayoutQuestion
from outlay.store.work import DueLine, Lease, WorkList
from outlay.store.write.desk import Needs
from tests.store.keys_of_tables import NOT_BY_ACCOUNT
from tests.support.asks import (
    DETAILS,
    bank_account_ask,
    batch_ask,
    claim,
    give,
    place_batch,
    to_account,
    to_own_account,
)
from tests.support.databases import PARTITIONED, Server
from tests.support.explain import TEMPTED, account_places, explaining_connection
from tests.support.rails import INTERNAL_TERMS, open_fence
from tests.support.world import World, at_once, kinds, order, order_ask

pytestmark = pytest.mark.slow  # explains every statement of the money path

READ_TABLES = {
    "accounts",
    "terms",
    "credentials",
    "claims",
    "facts",
    "payouts",
    "attempts",
    "cases",
    "returns",
    "balances",
    "fundings",
    "work",
    "batches",
    "bank_accounts",
    "transfers",
    "blocks",
    "family_keys",
    "unreadable",
}
FILLED_TABLES = (READ_TABLES - {"accounts", "terms", "credentials", "blocks", "unreadable"}) | {"nonces", "postings"}
JOINED_WHERE_SHARED = READ_TABLES | FILLED_TABLES
"""Where accounts share statements: the lists of what they ask for are joined with all of these, or put into them."""
NEIGHBOURS = 8
ROUNDS = 8
"""PostgreSQL plans a statement anew five times before it thinks of keeping one plan."""


async def whole_story(world: World, process: Runtime, account_id: UUID, guard: Guard, n: int) -> None:
    """Every statement of the money path, for one account."""
    await fund_account(process, account_id, "BRL", 50, f"wire {n}")
    asks = [order_ask(10, f"{n}-{m}") for m in range(3)]
    guards = [replace(guard, nonce=f"{n}-{m}", nonce_until_ms=10**15) for m in range(3)]
    orders = [order(process, account_id, ask, guard=own) for ask, own in zip(asks, guards, strict=True)]
    answers = await at_once(*orders)
    assert kinds(answers) == {Payout: 3}
    await order(process, account_id, asks[0], guard=replace(guard, nonce=f"{n} again"))
    first, second = answers[:2]
    work, now_ms = WorkList(process.database, process.lanes), world.clock()
    line, lease = DueLine("sandbox", "send", now_ms), Lease("w", now_ms, now_ms + 1000)
    assert await work.take({account_id: 10}, line, lease)
    await work.renew({account_id: [first.payout_id, second.payout_id]}, lease)
    await work.put_off(account_id, first.payout_id, Due(now_ms + 5, now_ms))
    for event in (BeginAttempt(), Heard(1, Accepted("X")), Heard(1, Paid("X")), Heard(1, Returned("R1", 3))):
        await move_payout(process, account_id, first.payout_id, event)
    late = Heard(1, Accepted("late"))
    for event in (BeginAttempt(), Heard(1, Refused(Failure(FailureReason.OTHER, "no"))), late, late):
        await move_payout(process, account_id, second.payout_id, event)
    await process.reader.payout(PayoutQuestion(account_id, guard, None, asks[0].claim.reference, first.payout_id))
    await process.reader.balances(BalancesQuestion(account_id, guard))


async def also_told(world: World, process: Runtime, account_id: UUID, guard: Guard, n: int) -> None:
    """What the story above leaves out: batches, reviews, lists, bank accounts, both sides of transfers."""
    batch = await place_batch(process, account_id, batch_ask(f"batch {n}", [1, 2]))
    assert isinstance(batch, WholeOrder)
    await review_order(process, account_id, Approve("bob"), batch_id=batch.order_id)
    caller = Caller(account_id, guard)
    added = await perform(process, caller, bank_account_ask(f"bank account {n}"))
    assert isinstance(added, OwnBankAccount)
    own = added.bank_account_id
    change = ChangeBankAccount(claim(f"change {n}"), own, lambda _present: DETAILS)
    for ask in (
        change,
        change,
        to_own_account(1, f"own {n}"),
        FindOrder(f"batch {n}"),
        FindBankAccount(own),
        ListBankAccounts(0, 5),
        ListPayouts(from_ms=1, standings=frozenset({Standing.PAID}), limit=2, counted=True),
    ):
        assert not isinstance(await perform(process, caller, ask), Refusal), ask
    await to_itself(world, process, caller, f"itself {n}")
    own_key = KeyUse(account_id, account_id, f"itself {n}")
    await make_under(process, own_key, lambda: perform(process, caller, order_ask(10**9, f"too much {n}")))
    other = await world.account()
    for source, target in ((account_id, other), (other, account_id)):
        await world.fund(source, 1)
        giver = process if source == account_id else world.runtime
        given = await give(giver, source, await account_in(world, target), 1, f"{n} from {source}")
        needs = Needs(transfer_id=given.transfer_id)
        done = transfers._DoneCommand(given.transfer_id, world.clock(), account_id=source, needs=needs)
        if source == account_id:
            await process.clerk.do(done)
            await transfers.credit(world.runtime, given)
        else:
            await transfers.credit(process, given)
            await world.runtime.clerk.do(done)
        assert isinstance(await perform(process, caller, FindTransfer(given.transfer_id)), Transfer)
    await perform(process, caller, ListTransfers(skip=0, limit=2))


async def to_itself(world: World, process: Runtime, caller: Caller, key: str) -> None:
    """A payout to the account that orders it, under a key of two spellings. (Whom it names is looked up in the family,
    which is across accounts: so here the order has the id already.)"""
    ask = to_account(1, key, caller.account_id)
    ask = replace(ask, claim=replace(ask.claim, spellings=(key.upper(), key)))
    ordered = await order(process, caller.account_id, ask)
    assert isinstance(ordered, Payout)
    begun = await move_payout(process, caller.account_id, ordered.payout_id, BeginAttempt())
    assert isinstance(begun, Moved)
    assert begun.payout.attempt is not None
    rail = InternalRail(process, INTERNAL_TERMS)
    assert isinstance(await rail.send(begun.payout, begun.payout.attempt, open_fence()), Paid)
    assert isinstance(await rail.ask(begun.payout, begun.payout.attempt), Paid)


async def account_in(world: World, account_id: UUID) -> Account:
    account = await read_account(world.runtime.database, account_id)
    assert account is not None
    return account


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


@pytest.mark.parametrize("surroundings", ["alone", "tempted", pytest.param("among neighbours", marks=pytest.mark.slow)])
@pytest.mark.parametrize("lanes", ["one", "account"])
async def test_the_money_path_reads_one_partition(parted_world: World, surroundings: str, lanes: LaneRule) -> None:
    world = parted_world
    if surroundings == "among neighbours":
        await live_neighbours(world)
    account_id = await world.account()
    guard = await world.credential(account_id)
    home = await world.admin.fetchval("select tableoid::regclass::text from accounts where account_id = $1", account_id)
    async with explaining_connection(world, TEMPTED if surroundings == "tempted" else "") as only:
        process = await world.process(Database(only), lanes)
        for n in range(ROUNDS):
            await whole_story(world, process, account_id, guard, n)
            await also_told(world, process, account_id, guard, n)
    told = [statement for statement in only.statements if not statement.is_across_accounts]
    strayed = {str(each) for each in told if each.read and each.partitions != {home.removeprefix("accounts_")}}
    assert strayed == set()
    assert {relation.rsplit("_", 1)[0] for each in told for relation in each.read} == READ_TABLES
    assert {table for each in told for table in each.put_in} == FILLED_TABLES
    places = await account_places(world, but=NOT_BY_ACCOUNT)
    joined = {table for each in told for table in each.joined(places)}
    assert joined == (set() if lanes == "account" else JOINED_WHERE_SHARED)
    # No row of a made-up neighbour's work has a payout.
    await world.admin.execute("delete from work where due_ms = 10 ^ 15")


async def test_a_master_is_asked_about_a_sub_account_in_statements_of_their_own(parted_world: World) -> None:
    world = parted_world
    master = await world.account()
    subs = [await world.account(parent_id=master, fund=100) for _ in range(4)]
    guard = await world.credential(master)
    async with explaining_connection(world) as only:
        process = await world.process(Database(only))
        for n, sub in enumerate(subs):
            caller = Caller(sub, replace(guard, nonce=f"n{n}", nonce_until_ms=10**15), parent_id=master)
            assert isinstance(await perform(process, caller, order_ask(10, f"r{n}")), Payout)
    places = await account_places(world, but=NOT_BY_ACCOUNT)
    told = [statement for statement in only.statements if not statement.is_across_accounts]
    assert {str(each) for each in told if len(each.partitions) > 1 or each.joined(places)} == set()
    assert len({number for each in told for number in each.partitions}) > 1


PLANTED = {
    "select 1 from payouts p where p.account_id = $1": set(),
    "select 1 from payouts p, unnest(array[$1::uuid]) as t(account_id) where p.account_id = t.account_id": {"payouts"},
    "select 1 from payouts p, (select $1::uuid) as t(account_id) where p.account_id = t.account_id": {"payouts"},
    "select 1 from payouts p where p.account_id = (select $1::uuid offset 0)": {"payouts"},
    "insert into blocks select $1, 'n', 'why', 'bob', 1 where false": set(),
    "insert into nonces select t.*, 'k', 'n', 1 from unnest(array[$1::uuid]) as t on conflict do nothing": {"nonces"},
    "insert into nonces select t.*, 'k', 'm', 1 from unnest(array[$1::uuid]) as t order by 1 on conflict do nothing": {
        "nonces"
    },
    "delete from work w using unnest(array[$1::uuid]) as t(account_id) where w.account_id = t.account_id": {"work"},
    "delete from work w where w.account_id = $1": set(),
}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_join_in_the_place_of_the_constant_is_caught(parted_world: World, mode: str) -> None:
    """The control."""
    async with explaining_connection(parted_world) as only:
        connection = await only.acquire()
        await connection.execute(f"set plan_cache_mode = {mode}")
        for sql in PLANTED:
            await connection.fetch(sql, UUID(int=5))
    places = await account_places(parted_world, but=NOT_BY_ACCOUNT)
    found = {each.text: each.joined(places) for each in only.statements if each.text in PLANTED}
    assert found == PLANTED


async def test_a_statement_without_the_account_is_caught(parted_world: World) -> None:
    """The control."""
    async with explaining_connection(parted_world) as only:
        await (await only.acquire()).fetch("select 1 from payouts where payout_id = $1", 5)
    assert [statement.partitions for statement in only.statements] == [{"0", "1", "2", "3"}]
