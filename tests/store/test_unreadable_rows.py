"""A payout whose row cannot be read, because it was damaged or a newer version wrote it: only who needs it hears so."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.events import Cancel
from outlay.core.payout import Payout
from outlay.service.cancel_order import Cancelled, cancel_order
from outlay.service.move_payout import Moved, move_payout
from outlay.service.order_payout import Orderer, order_payout
from outlay.store.clerk import Clerk
from outlay.store.desk import Unreadable
from outlay.store.guard import Guard, NonceRepeated
from outlay.store.reader import PayoutFound, PayoutQuestion
from outlay.wire.usecases import BatchOrdered, Ordered
from tests.support.asks import batch_ask, place_batch
from tests.support.world import World, at_once, order, order_ask

BY = Cancel("ana")
DAMAGES = {
    "what is no JSON of ours": "update payouts set beneficiary = '{\"destination\": 7}' where payout_id = $1",
    "a newer word": (
        "update payouts set beneficiary = jsonb_set(beneficiary, '{destination,kind}', '\"pigeon\"')"
        " where payout_id = $1"
    ),
}


@pytest.fixture(params=DAMAGES)
def damage(request: pytest.FixtureRequest) -> str:
    return DAMAGES[request.param]


def nonced(guard: Guard, nonce: str, world: World) -> Guard:
    return replace(guard, nonce=nonce, nonce_until_ms=world.clock() + 1_000)


def is_fault(answer: Any) -> bool:
    return isinstance(answer, Exception) and not isinstance(answer, NonceRepeated)


async def test_a_question_about_it_leaves_its_neighbours_their_answers_and_their_nonces(
    world: World, damage: str
) -> None:
    account_id = await world.account(fund=100)
    guard = await world.credential(account_id)
    payouts = [await world.order(account_id, 10) for _ in range(3)]
    await world.admin.execute(damage, payouts[1].payout_id)
    answers = await at_once(
        *(
            world.runtime.reader.payout(
                PayoutQuestion(account_id, nonced(guard, f"n{payout.payout_id}", world), payout_id=payout.payout_id)
            )
            for payout in payouts
        )
    )
    assert [found.payout for found in answers if isinstance(found, PayoutFound)] == [payouts[0], payouts[2]]
    assert is_fault(answers[1])


async def test_a_command_about_it_leaves_the_others_of_its_batch_in_one_commit(
    world: World, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await world.account(fund=100)
    guard = await world.credential(account_id)
    unreadable, other = [await world.order(account_id, 10, f"r{n}") for n in range(2)]
    await world.admin.execute(damage, unreadable.payout_id)
    process = await world.process()
    commits = await _counted(monkeypatch)
    orderer = Orderer(account_id, guard=nonced(guard, "n", world))
    answers = await at_once(
        move_payout(process, account_id, unreadable.payout_id, BY, urgent=False),
        order_payout(process, orderer, order_ask(10, "new")),
        move_payout(process, account_id, other.payout_id, BY, urgent=False),
        order(process, account_id, order_ask(10, unreadable.reference)),
    )
    assert [type(answer) for answer in answers] == [Unreadable, Ordered, Moved, Unreadable]
    assert len(commits) == 1


async def test_of_a_batch_it_stops_only_what_needs_all_of_it(world: World, damage: str) -> None:
    account_id = await world.account(fund=100)
    ordered = await place_batch(world.runtime, account_id, batch_ask("B", [10, 20, 30]))
    assert isinstance(ordered, BatchOrdered)
    batch_id, (one, unreadable, _) = ordered.order.order_id, ordered.order.payouts
    await world.admin.execute(damage, unreadable.payout_id)
    process = await world.process()
    answers = await at_once(
        cancel_order(process, account_id, BY, batch_id=batch_id),
        cancel_order(process, account_id, BY, payout_id=one.payout_id),
        cancel_order(process, account_id, BY, payout_id=unreadable.payout_id),
    )
    assert [type(answer) for answer in answers] == [Unreadable, Cancelled, Unreadable]
    assert await _states(world, ordered.order.payouts) == ["cancelled", "reserved", "reserved"]


async def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    commits: list[int] = []
    commit = Clerk._commit

    async def counted(self: Clerk, batch: Any, *others: Any) -> Any:
        commits.append(len(batch))
        return await commit(self, batch, *others)

    monkeypatch.setattr(Clerk, "_commit", counted)
    return commits


async def _states(world: World, payouts: tuple[Payout, ...]) -> list[str]:
    asked = [payout.payout_id for payout in payouts]
    rows = await world.admin.fetch("select state from payouts where payout_id = any($1) order by payout_id", asked)
    return [row["state"] for row in rows]
