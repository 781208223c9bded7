"""The index of references at rails: each is one payout's for ever, whoever notes it, however often and at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import product
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from outlay.core.attempt import attempt_reference
from outlay.store.database import Database, Unavailable
from outlay.store.migrate import migrate
from outlay.store.references import Owner, RailReference, find_reference, note_references, reference_hash
from tests.store.older_schemas import IDS, old_database
from tests.support.databases import PARTITIONED, PLAIN, Server, Shape
from tests.support.explain import explaining_connection
from tests.support.world import World, at_once

ACCOUNTS = [UUID(int=n) for n in range(1, 4)]


def row(number: int = 1, *, payout: int = 7, account: UUID = ACCOUNTS[0], rail: str = "sandbox") -> RailReference:
    return RailReference(rail, f"R{number}", account, payout, 1)


def owner(noted: RailReference) -> Owner:
    return Owner(noted.account_id, noted.payout_id, noted.attempt_number)


async def found(world: World, noted: RailReference) -> Owner | None:
    return await find_reference(world.runtime.database, noted.rail, noted.reference)


async def test_what_was_noted_is_found_by_its_reference_and_its_rail_alone(world: World) -> None:
    database = world.runtime.database
    assert await find_reference(database, "sandbox", "R1") is None
    assert await note_references(database, [row(1), row(2), row(1, payout=8, rail="internal")]) == []
    assert await found(world, row(1)) == (ACCOUNTS[0], 7, 1)
    assert await found(world, row(1, rail="internal")) == (ACCOUNTS[0], 8, 1)
    for rail, reference in (("internal", "R2"), ("sandbox", "r1"), ("sandbox", ""), ("sandboxR", "1")):
        assert await find_reference(database, rail, reference) is None


async def test_a_reference_of_another_payout_is_told_and_stays_what_it_was(world: World) -> None:
    database = world.runtime.database
    await note_references(database, [row(1), row(2)])
    for other in (row(1, payout=8), row(1, account=ACCOUNTS[1])):
        assert await note_references(database, [other, row(2), row(3)]) == [other]
        assert await found(world, row(1)) == owner(row(1))
    assert await found(world, row(3)) == owner(row(3)), "its neighbours are noted"


async def test_to_note_again_says_the_same_and_writes_nothing(world: World) -> None:
    database = world.runtime.database
    rows = [row(n) for n in range(5)]
    for _ in range(3):
        assert await note_references(database, rows) == []
    written = await world.admin.fetch("select distinct xmin::text from rail_references")
    assert len(written) == 1
    assert await note_references(database, []) == ()


async def test_of_two_payouts_under_one_reference_in_one_call_the_first_has_it(world: World) -> None:
    rows = [row(1, payout=9), row(1, payout=8), row(1, payout=9), row(2)]
    assert await note_references(world.runtime.database, rows) == [rows[1]]
    assert await found(world, row(1)) == owner(rows[0])


@pytest.mark.parametrize("reference", ["a\0b", "\ud800", "x" * 100_000, "'; drop table payouts; --", "é", "日本"])
async def test_any_text_may_be_asked_about(world: World, reference: str) -> None:
    assert await find_reference(world.runtime.database, "sandbox", reference) is None


@pytest.mark.parametrize("seed", range(4))
async def test_a_reference_has_one_payout_for_ever_whatever_is_noted_by_whom(world: World, seed: int) -> None:
    """Against a dictionary that only ever takes the first."""
    chance = random.Random(seed)
    databases = [(await world.process()).database for _ in range(2)]
    known: dict[tuple[str, str], RailReference] = {}
    for _ in range(60):
        rows = [
            row(
                chance.randrange(12),
                payout=chance.randrange(3),
                account=chance.choice(ACCOUNTS[:2]),
                rail=chance.choice(("sandbox", "internal")),
            )
            for _ in range(chance.randrange(1, 9))
        ]
        others = []
        for one in rows:
            first = known.setdefault((one.rail, one.reference), one)
            if (first.account_id, first.payout_id) != (one.account_id, one.payout_id):
                others.append(one)
        assert await note_references(chance.choice(databases), rows) == others
    assert await world.count("rail_references") == len(known)
    for one in known.values():
        assert await found(world, one) == owner(one)


async def test_of_processes_that_note_one_reference_for_their_own_payouts_at_once_one_has_it(world: World) -> None:
    """In many at a time, and in orders of their own, without waiting for each other in a circle."""
    databases = [(await world.process()).database for _ in range(3)]
    for turn in range(6):
        numbers = range(turn * 100, turn * 100 + 40)

        def rows(payout: int, numbers: Sequence[int] = numbers) -> list[RailReference]:
            mine = [row(number, payout=payout) for number in numbers]
            random.Random(payout).shuffle(mine)
            return mine

        answers = await at_once(*(note_references(databases[n % 3], rows(n)) for n in range(6)))
        assert not [answer for answer in answers if isinstance(answer, BaseException)], answers
        for number in numbers:
            has = [n for n, others in enumerate(answers) if row(number, payout=n) not in others]
            assert len(has) == 1, "exactly one may send under it"
            assert await found(world, row(number)) == owner(row(number, payout=has[0]))


@pytest.mark.parametrize("commits", [True, False])
async def test_who_is_second_waits_to_learn_whether_the_first_has_it(world: World, commits: bool) -> None:
    transaction = world.admin.transaction()
    await transaction.start()
    await world.admin.execute(
        "insert into rail_references values ($1, 'sandbox', 'R1', $2, 7, 1)",
        reference_hash("sandbox", "R1"),
        ACCOUNTS[0],
    )
    mine = row(1, payout=8)
    asked = asyncio.create_task(note_references(world.runtime.database, [mine]))
    await world.until_somebody_waits()
    await (transaction.commit() if commits else transaction.rollback())
    assert await asked == ([mine] if commits else [])
    assert await found(world, mine) == owner(row(1) if commits else mine)


async def test_a_reference_is_looked_up_by_its_key_however_many_there_are(world: World) -> None:
    await world.admin.execute(
        "insert into rail_references select n, 'sandbox', 'R' || n, $1, n, 1 from generate_series(1, 5000) n",
        ACCOUNTS[0],
    )
    await world.admin.execute("analyze rail_references")
    async with explaining_connection(world) as only:
        for _ in range(8):
            await find_reference(Database(only), "sandbox", "R1")
            await note_references(Database(only), [row(1), row(2)])
    looks = {
        node["Node Type"]
        for statement in only.statements
        for node in statement.nodes
        if node.get("Relation Name") == "rail_references" and node["Node Type"] != "ModifyTable"
    }
    assert looks in ({"Index Scan"}, {"Index Only Scan"})


async def test_without_a_database_nothing_is_said_to_be_noted(world: World) -> None:
    database = (await world.process(fresh=True)).database
    await note_references(database, [row(1)])
    async with world.admin.transaction():
        await world.admin.execute("lock table rail_references in access exclusive mode")
        asked = asyncio.create_task(note_references(database, [row(2)]))
        await world.until_somebody_waits()
        await world.cut_all_connections()
        (answer,) = await at_once(asked)
    assert isinstance(answer, Unavailable)
    assert await note_references(database, [row(2)]) == []


@pytest.mark.slow  # a database of an earlier version
@pytest.mark.parametrize("shape", [PLAIN, PARTITIONED], ids=lambda shape: shape.name)
def test_attempts_of_an_earlier_version_are_in_the_index(server: Server, shape: Shape) -> None:
    """Also under one reference that two payouts have by a fault: the older attempt's."""
    unlike = "OUT5A1é日"

    async def check(dsn: str, account_id: UUID) -> None:
        other = uuid4()
        connection = await asyncpg.connect(dsn)
        try:
            for payout_id, number in product(IDS.values(), (1, 2)):
                reference, state = attempt_reference(payout_id, number), "refused"
                await connection.execute(
                    "insert into attempts values ($1, $2, $3, 'sandbox', $4, $5, 10, null)",
                    *(account_id, payout_id, number, reference, state),
                )
            await connection.execute(
                "insert into attempts values ($1, 5, 1, 'sandbox', $2, 'paid', 9, null),"
                " ($1, 6, 1, 'other rail', $3, 'paid', 11, null)",
                *(other, attempt_reference(5, 1), unlike),
            )
        finally:
            await connection.close()
        await migrate(dsn, partitions=shape.partitions)
        async with Database.open(dsn) as database:
            for payout_id, number in product(IDS.values(), (1, 2)):
                has = await find_reference(database, "sandbox", attempt_reference(payout_id, number))
                assert has == ((other, 5, 1) if (payout_id, number) == (5, 1) else (account_id, payout_id, number))
            assert await find_reference(database, "other rail", unlike) == (other, 6, 1)
            mine = RailReference("sandbox", attempt_reference(5, 1), account_id, 5, 1)
            assert await note_references(database, [mine, replace(mine, account_id=other)]) == [mine]

    with old_database(server, shape) as (dsn, account_id):
        asyncio.run(check(dsn, account_id))
