"""What a list costs: PostgreSQL walks the payouts' key in its order and stops at the page's end, however many payouts
there are; and it looks into the account's own partition.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import ListPayouts, WholeOrder
from outlay.store.database import Database
from outlay.store.read.lists import count_payouts, find_batch, payouts_page
from tests.support.asks import batch_ask, place_batch
from tests.support.explain import Statement, explaining_connection
from tests.support.world import START_MS, World

pytestmark = pytest.mark.slow

ROWS = 3000
COPY = """
insert into payouts select (jsonb_populate_record(p, jsonb_build_object('payout_id', p.payout_id + n::bigint * 1000000,
    'reference', 'copy ' || n, 'attempt_count', 1))).* from payouts p, generate_series(1, $1::int) n
"""

ATTEMPTS = """
insert into attempts (account_id, payout_id, number, rail, reference, state, begun_ms)
select account_id, payout_id, 1, 'sandbox', 'OUT', 'paid', 1 from payouts
"""


async def many_payouts(world: World) -> UUID:
    """As many rows as make the planner think; the copies have no facts or postings."""
    world.books_are_wrong_on_purpose = True
    account_id = await world.account(fund=10_000)
    await world.account(fund=10)
    await world.order(account_id, 10)
    await world.admin.execute(COPY, ROWS)
    await world.admin.execute(ATTEMPTS)
    await world.admin.execute("analyze payouts, attempts")
    return account_id


async def asked_often(world: World, account_id: UUID, *asks: ListPayouts) -> Statement:
    """What the database does for the last of these lists, on a connection that was asked for all of them."""
    async with explaining_connection(world) as only:
        database = Database(only)
        for ask in asks:
            if ask.counted:
                await count_payouts(database, account_id, ask)
            else:
                await payouts_page(database, account_id, ask)
    return only.statements[-1]


@pytest.mark.parametrize("first_asked", ["wide", "narrow"])
@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
async def test_a_page_is_read_off_the_key_without_sorting(world: World, newest_first: bool, first_asked: str) -> None:
    """Also by a connection that was asked for short spans before: a plan made for those must not serve a long one."""
    account_id = await many_payouts(world)
    wide = ListPayouts(from_ms=START_MS - 5, to_ms=START_MS + 10**9, limit=20, newest_first=newest_first)
    narrow = replace(wide, from_ms=START_MS + 10**9)
    middle = await world.admin.fetchval(
        "select payout_id from payouts where account_id = $1 order by payout_id offset $2", account_id, ROWS // 2
    )
    deep = replace(wide, after_id=middle)
    done = await asked_often(world, account_id, *[wide if first_asked == "wide" else narrow] * 8, deep)
    assert not {node["Node Type"] for node in done.nodes} & {"Sort", "Incremental Sort"}
    (scan,) = payout_scans(done)
    assert scan["Node Type"] == "Index Scan"
    assert scan["Index Name"].endswith("_pkey")
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in done.nodes if "Relation Name" in node)
    assert read <= 2 * 21, "it stopped at the end of the page, with an attempt for each payout"


async def test_a_window_of_time_is_a_range_of_the_key(world: World) -> None:
    account_id = await many_payouts(world)
    ask = ListPayouts(from_ms=START_MS + 10**9, limit=20, counted=True)
    (scan,) = payout_scans(await asked_often(world, account_id, *[ask] * 8))
    assert scan["Node Type"].startswith("Index")
    assert scan["Actual Rows"] == 0
    assert scan.get("Rows Removed by Filter", 0) == 0, "nothing outside the window was looked at"


async def test_a_batch_is_read_without_the_rest_of_the_account(world: World) -> None:
    account_id = await many_payouts(world)
    made = await place_batch(world.runtime, account_id, batch_ask("B", [1, 2, 3]))
    assert isinstance(made, WholeOrder)
    await world.admin.execute("analyze payouts")
    async with explaining_connection(world) as only:
        for _ in range(8):
            found = await find_batch(Database(only), account_id, made.order_id)
            assert found is not None
            assert tuple(found[1]) == made.payouts
    told = next(done for done in reversed(only.statements) if payout_scans(done))
    (scan,) = payout_scans(told)
    assert scan["Actual Rows"] == 3
    assert scan.get("Rows Removed by Filter", 0) == 0


def payout_scans(done: Statement) -> list[dict[str, Any]]:
    return [node for node in done.nodes if node.get("Relation Name", "").startswith("payouts")]


async def test_the_many_rows_are_really_there(world: World) -> None:
    account_id = await many_payouts(world)
    found = await payouts_page(world.runtime.database, account_id, ListPayouts(limit=20))
    assert len(found) == 21
