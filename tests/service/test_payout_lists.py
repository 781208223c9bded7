"""Lists of payouts: whatever is asked, the answer is that of a naive model over all payouts of the account."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from outlay.core.asks import ListPayouts, PayoutsListed, WholeOrder
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.ids import created_ms
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import Standing, State
from outlay.service.engine.move_payout import move_payout
from outlay.service.merchant.perform import perform
from outlay.service.runtime import Caller
from outlay.store.read.lists import STANDING
from tests.support.asks import batch_ask, caller_in, place_batch
from tests.support.world import START_MS, World, order, order_ask

CURRENCIES = ("BRL", "USD")
SENT = (BeginAttempt(),)
REFUSED = Heard(1, Refused(Failure(FailureReason.OTHER, "no")))
WAYS: dict[Standing, tuple[Event, ...]] = {
    Standing.RESERVED: (),
    Standing.PROCESSING: (*SENT, Heard(1, Accepted("X"))),
    Standing.PAID: (*SENT, Heard(1, Paid("X"))),
    Standing.PARTLY_RETURNED: (*SENT, Heard(1, Paid("X")), Heard(1, Returned("R", 1))),
    Standing.RETURNED: (*SENT, Heard(1, Paid("X")), Heard(1, Returned("R", 1)), Heard(1, Returned("S", 9))),
    Standing.FAILED: (*SENT, REFUSED),
    Standing.CANCELLED: (Cancel("ana"),),
    Standing.EXPIRED: (Expire(),),
}
"""What happens to a payout of 10 that nobody has to review, and where it stands then."""
REVIEWED_WAYS: dict[Standing, tuple[Event, ...]] = {
    Standing.IN_REVIEW: (),
    Standing.FAILED: (Reject("bob", "odd"),),
    Standing.RESERVED: (Approve("bob"),),
    Standing.CANCELLED: (Cancel("ana"),),
}


async def go(world: World, payout: Payout, events: Sequence[Event]) -> Payout:
    for event in events:
        moved = await move_payout(world.runtime, payout.account_id, payout.payout_id, event)
        assert not isinstance(moved, int), moved
    return await world.payout(payout)


async def random_payouts(world: World, account_id: UUID, chance: random.Random, many: int) -> list[Payout]:
    """Alone and in batches, in both currencies, in every standing; some in the very same millisecond."""
    for currency in CURRENCIES:
        await world.fund(account_id, 100_000, currency)
    made: list[Payout] = []
    while len(made) < many:
        world.clock.advance(chance.choice([0, 0, 1, 3]))
        needs_review = chance.random() < 0.3
        await world.admin.execute(
            "update accounts set needs_review = $2 where account_id = $1", account_id, needs_review
        )
        currency = chance.choice(CURRENCIES)
        if chance.random() < 0.3:
            ask = batch_ask(world.new_reference(), [10] * chance.randint(1, 4), currency=currency)
            answer = await place_batch(world.runtime, account_id, ask)
            assert isinstance(answer, WholeOrder)
            new = answer.payouts
        else:
            single = await order(world.runtime, account_id, order_ask(10, world.new_reference(), currency=currency))
            assert isinstance(single, Payout)
            new = (single,)
        ways = REVIEWED_WAYS if needs_review else WAYS
        made += [await go(world, payout, ways[chance.choice(list(ways))]) for payout in new]
    return made


def model(payouts: Sequence[Payout], ask: ListPayouts) -> PayoutsListed:
    fitting = [
        payout
        for payout in payouts
        if (ask.standings is None or payout.standing in ask.standings)
        and (ask.currencies is None or payout.currency in ask.currencies)
        and (ask.from_ms is None or payout.created_ms >= ask.from_ms)
        and (ask.to_ms is None or payout.created_ms <= ask.to_ms)
    ]
    fitting.sort(key=lambda payout: payout.payout_id, reverse=ask.newest_first)
    total = len(fitting) if ask.counted else None
    if ask.after_id is not None:
        after = ask.after_id
        fitting = [p for p in fitting if (p.payout_id < after if ask.newest_first else p.payout_id > after)]
    page = fitting[ask.skip : ask.skip + ask.limit]
    return PayoutsListed(tuple(page), len(fitting) > ask.skip + ask.limit, total)


def random_ask(chance: random.Random, payouts: Sequence[Payout], last_ms: int) -> ListPayouts:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.5 else None

    ids = [payout.payout_id for payout in payouts]
    after = [*ids, ids[0] - 1, ids[-1] + 1, 0, 2**63 - 1, 1]
    return ListPayouts(
        standings=maybe(frozenset(chance.sample(list(Standing), chance.randint(0, 5)))),
        currencies=maybe(frozenset(chance.sample([*CURRENCIES, "EUR"], chance.randint(0, 2)))),
        from_ms=maybe(chance.randint(START_MS - 2, last_ms + 2)),
        to_ms=maybe(chance.randint(START_MS - 2, last_ms + 2)),
        newest_first=chance.random() < 0.5,
        after_id=maybe(chance.choice(after)),
        skip=chance.choice([0, 0, 1, 3, 100]),
        limit=chance.choice([1, 2, 5, 20, 200]),
        counted=chance.random() < 0.5,
    )


@pytest.mark.slow  # a search on a database
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
async def test_any_list_is_that_of_the_model(world: World, seed: int) -> None:
    chance = random.Random(seed)
    account_id, neighbour = await world.account(), await world.account()
    caller = await caller_in(world, account_id)
    payouts = await random_payouts(world, account_id, chance, 40)
    await random_payouts(world, neighbour, chance, 8)
    seen_more = seen_some = 0
    for _ in range(150):
        ask = random_ask(chance, payouts, world.clock())
        told = await perform(world.runtime, caller, ask)
        assert told == model(payouts, ask), ask
        assert isinstance(told, PayoutsListed)
        seen_more += told.more
        seen_some += bool(told.payouts)
    assert seen_more > 10, "the questions were worth asking"
    assert seen_some > 30


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_by_id_show_everything_once_while_payouts_are_added(world: World, newest_first: bool) -> None:
    account_id = await world.account(fund=10_000)
    caller = await caller_in(world, account_id)
    before = [await world.order(account_id, 10) for _ in range(12)]
    seen: list[Payout] = []
    after_id = None
    while True:
        ask = ListPayouts(newest_first=newest_first, after_id=after_id, limit=5)
        page = await perform(world.runtime, caller, ask)
        assert isinstance(page, PayoutsListed)
        seen += page.payouts
        if not page.more:
            break
        after_id = page.payouts[-1].payout_id
        if newest_first:
            world.clock.advance(1)
            await world.order(account_id, 10)
    assert [p.payout_id for p in seen] == sorted((p.payout_id for p in before), reverse=newest_first)


async def test_a_window_holds_both_its_ends(world: World) -> None:
    account_id = await world.account(fund=10_000)
    caller: Caller = await caller_in(world, account_id)
    made = []
    for _ in range(5):
        made.append(await world.order(account_id, 10))
        world.clock.advance(1)
    for first in range(5):
        for last in range(5):
            ask = ListPayouts(from_ms=START_MS + first, to_ms=START_MS + last, limit=10, counted=True)
            told = await perform(world.runtime, caller, ask)
            assert told == PayoutsListed(tuple(made[first : last + 1]), False, max(last + 1 - first, 0))


@pytest.mark.parametrize("extreme", [-(10**15), -1, 0, 10**15, 10**17])
async def test_a_window_beyond_all_ids_is_no_error(world: World, extreme: int) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    payout = await world.order(account_id, 10)
    is_past = extreme < START_MS
    since = await perform(world.runtime, caller, ListPayouts(from_ms=extreme, limit=5))
    until = await perform(world.runtime, caller, ListPayouts(to_ms=extreme, limit=5))
    here, nothing = PayoutsListed((payout,), False), PayoutsListed((), False)
    assert (since, until) == ((here, nothing) if is_past else (nothing, here))


async def test_the_time_of_a_payouts_making_is_that_in_its_id(world: World) -> None:
    account_id = await world.account(fund=100_000)
    alone = [await world.order(account_id, 10) for _ in range(3)]
    world.clock.advance(7)
    batch = await place_batch(world.runtime, account_id, batch_ask("B", [1] * 50))
    assert isinstance(batch, WholeOrder)
    for payout in (*alone, *batch.payouts):
        assert payout.created_ms == created_ms(payout.payout_id)
    assert batch.created_ms == created_ms(batch.order_id)
    stored = await world.admin.fetch(
        "select payout_id as id, created_ms from payouts union all"
        " select batch_id, created_ms from batches union all"
        " select subject_id, created_ms from claims"
    )
    assert len(stored) == 53 + 1 + 4
    assert all(row["created_ms"] == created_ms(row["id"]) for row in stored)


async def test_sql_and_core_agree_where_every_payout_stands(world: World) -> None:
    plain, reviewed = await world.account(fund=1000), await world.account(fund=1000, needs_review=True)
    seen: set[Standing] = set()
    states: set[State] = set()
    for account_id, ways in ((plain, WAYS), (reviewed, REVIEWED_WAYS)):
        for standing, events in ways.items():
            now = await go(world, await world.order(account_id, 10), events)
            told = await world.admin.fetchval(
                f"select {STANDING} from payouts p where account_id = $1 and payout_id = $2", account_id, now.payout_id
            )
            assert told == now.standing.value == standing.value
            seen.add(standing)
            states.add(now.state)
    assert (seen, states) == (set(Standing), set(State))
