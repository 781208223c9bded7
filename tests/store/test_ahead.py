"""What was noted under a clock that was wrong comes to the present, and waits from there no longer than was asked."""

from __future__ import annotations

import pytest

from outlay.core.events import BeginAttempt, Cancel
from outlay.core.ids import MOST_BORROWED_MS
from outlay.core.payout import Payout
from outlay.core.work import Due
from outlay.sandbox.bank import SandboxBank
from outlay.service.engine.move_payout import move_payout
from outlay.store import ahead
from outlay.store.ahead import bring_to_present
from outlay.store.bank import next_message_ms, take_messages
from outlay.store.clock import move_ahead
from outlay.store.work import WorkList
from outlay.workers.pipeline import LEASE_MS
from tests.support.lies import HOUR_MS
from tests.support.rails import ASK_AGAIN_MS, FINAL_MS, SANDBOX_TERMS, CountingRail, all_due, submitter_of
from tests.support.world import World, at_once

DELAY_MS = 1_000


class Wrong:
    """Inside, the world's clock is this far ahead."""

    def __init__(self, world: World, by_ms: int = HOUR_MS) -> None:
        self.world, self.by_ms = world, by_ms

    def __enter__(self) -> None:
        self.world.clock.advance(self.by_ms)

    def __exit__(self, *_: object) -> None:
        self.world.clock.advance(-self.by_ms)


async def waits_ms(world: World, payout: Payout, table: str = "work") -> int:
    due_ms: int = await world.admin.fetchval(f"select min(due_ms) from {table} where payout_id = $1", payout.payout_id)
    return due_ms - world.clock()


async def test_what_was_due_at_once_is_due_at_once_and_not_in_an_hour(world: World) -> None:
    with Wrong(world):
        payout = await world.order(await world.account(fund=100), 10)
    assert await waits_ms(world, payout) == HOUR_MS
    assert await bring_to_present(world.runtime.database, world.clock()) == 1
    assert await waits_ms(world, payout) == 0
    assert await bring_to_present(world.runtime.database, world.clock()) == 0


async def test_a_lease_lasts_from_now_as_long_as_it_was_to_last_and_stays_its_holders(world: World) -> None:
    with Wrong(world):
        payout = await world.order(await world.account(fund=100), 10)
        world.clock.advance(60_000)
        assert await all_due(world.runtime, WorkList(world.runtime.database))
    await bring_to_present(world.runtime.database, world.clock())
    assert await waits_ms(world, payout) == LEASE_MS
    assert await world.admin.fetchval("select leased_by from work") == "taker"


async def test_what_is_to_be_asked_about_is_asked_about_when_it_was_to_be(world: World) -> None:
    with Wrong(world):
        payout = await world.order(await world.account(fund=100), 10)
        world.clock.advance(60_000)
        await move_payout(world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
        put_off = await world.order(payout.account_id, 10)
        due = Due(world.clock() + ASK_AGAIN_MS, world.clock())
        await WorkList(world.runtime.database).put_off(put_off.account_id, put_off.payout_id, due)
    assert await bring_to_present(world.runtime.database, world.clock()) == 2
    assert await waits_ms(world, payout) == FINAL_MS
    assert await waits_ms(world, put_off) == ASK_AGAIN_MS


async def test_a_date_that_was_given_stays_and_so_does_what_was_noted_by_a_right_clock(world: World) -> None:
    account_id = await world.account(fund=100, needs_review=True)
    expiring = await world.order(account_id, 10, expires_ms=world.clock() + 5 * HOUR_MS)
    later = await world.order(await world.account(fund=100), 10)
    await WorkList(world.runtime.database).put_off(
        later.account_id, later.payout_id, Due(world.clock() + HOUR_MS, world.clock())
    )
    with Wrong(world, MOST_BORROWED_MS):
        borrowed = await world.order(await world.account(fund=100), 10)
    with Wrong(world):
        expiring_too = await world.order(account_id, 10, expires_ms=world.clock() + 5 * HOUR_MS)
    assert await bring_to_present(world.runtime.database, world.clock()) == 0
    assert await waits_ms(world, expiring_too) == 6 * HOUR_MS
    assert [await waits_ms(world, each) for each in (expiring, later, borrowed)] == [
        5 * HOUR_MS,
        HOUR_MS,
        MOST_BORROWED_MS,
    ]


async def test_what_another_process_noted_when_a_sandbox_was_moved_on_is_no_future(world: World) -> None:
    """It may have followed sooner than the one that looks."""
    await move_ahead(world.runtime.database, HOUR_MS)
    with Wrong(world):
        payout = await world.order(await world.account(fund=100), 10)
    assert await bring_to_present(world.runtime.database, world.clock()) == 0
    with Wrong(world, 2 * HOUR_MS):
        late = await world.order(payout.account_id, 10)
    assert await bring_to_present(world.runtime.database, world.clock()) == 1
    assert [await waits_ms(world, each) for each in (payout, late)] == [HOUR_MS, HOUR_MS]


async def test_what_the_bank_means_to_say_comes_in_its_order_and_with_its_delays(world: World) -> None:
    with Wrong(world):
        payout = await world.order(await world.account(fund=100_000), 5082)  # paid, and back in two parts
        bank = SandboxBank(world.runtime, DELAY_MS, SANDBOX_TERMS)
        await submitter_of(world.runtime, {"sandbox": bank}, "worker").run_due()
    assert await bring_to_present(world.runtime.database, world.clock()) == 4, "and the payout itself"
    due = await world.admin.fetch("select number, due_ms from bank_messages order by number")
    assert [(row["number"], row["due_ms"] - world.clock()) for row in due] == [(1, 1_000), (2, 2_000), (3, 3_000)]
    for _ in range(3):
        world.clock.advance(DELAY_MS)
        assert await bank.deliver_due() == 1
    assert (await world.payout(payout)).returned_minor == 5082


async def test_a_message_that_was_being_told_is_told_again_when_its_lease_was_to_end(world: World) -> None:
    with Wrong(world):
        await world.order(await world.account(fund=100_000), 5000)
        await submitter_of(
            world.runtime, {"sandbox": SandboxBank(world.runtime, DELAY_MS, SANDBOX_TERMS)}, "worker"
        ).run_due()
        world.clock.advance(60_000)
        database = world.runtime.database
        assert len(await take_messages(database, now_ms=world.clock(), lease_ms=LEASE_MS, most=9)) == 1
    await bring_to_present(database, world.clock())
    assert await next_message_ms(database) == world.clock() + LEASE_MS


async def test_rows_that_somebody_works_on_are_passed_over_and_met_later(world: World) -> None:
    with Wrong(world):
        account_id = await world.account(fund=100)
        payouts = [await world.order(account_id, 10) for _ in range(3)]
    async with world.runtime.database.transaction() as holder:
        await holder.execute("select from work where payout_id = $1 for update", payouts[0].payout_id)
        process = await world.process()
        assert await bring_to_present(process.database, world.clock()) == 2
    assert await bring_to_present(world.runtime.database, world.clock()) == 1


async def test_however_many_there_are_and_whoever_else_mends_them_all_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_AT_ONCE", 3)
    with Wrong(world):
        account_id = await world.account(fund=100)
        for _ in range(30):
            await world.order(account_id, 1)
    processes = [await world.process() for _ in range(3)]
    counts = await at_once(*(bring_to_present(process.database, world.clock()) for process in processes))
    assert sum(counts) + await bring_to_present(world.runtime.database, world.clock()) == 30
    assert await world.admin.fetchval("select count(*) from work where due_ms > $1", world.clock()) == 0


async def test_mending_meets_the_work_itself_without_a_deadlock(world: World) -> None:
    """The clerk locks rows in the order of its commands, the mending in the order in which it finds them."""
    with Wrong(world):
        accounts = [await world.account(fund=100) for _ in range(2)]
        payouts = [await world.order(account_id, 1) for _ in range(10) for account_id in accounts]
    processes = [await world.process() for _ in range(3)]
    answers = await at_once(
        *(move_payout(world.runtime, each.account_id, each.payout_id, Cancel("operator")) for each in payouts[::-1]),
        *(bring_to_present(process.database, world.clock()) for process in processes for _ in range(10)),
    )
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert await world.count("work") == 0


@pytest.mark.parametrize("mended", [True, False])
async def test_orders_of_a_clock_that_was_ahead_are_sent_now_only_because_they_are_mended(
    world: World, mended: bool
) -> None:
    rail = CountingRail()
    with Wrong(world):
        await world.order(await world.account(fund=100), 10)
    submitter = submitter_of(await world.process(), {"sandbox": rail}, "worker")
    if mended:
        await bring_to_present(world.runtime.database, world.clock())
    assert await submitter.run_due() == int(mended)
    assert len(rail.submitted) == int(mended)
