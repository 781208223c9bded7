"""A payout whose row cannot be read, because it was damaged or a newer version wrote it: only who needs it hears so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import FindOrder, ListPayouts, PayoutsListed, WholeOrder
from outlay.core.events import Cancel, Reject
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.shown import CaseOfPayout
from outlay.core.unreadable import PayoutUnreadable, UnreadablePayout
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant.perform import perform
from outlay.service.operator.cancel_order import Cancelled, cancel_order
from outlay.service.operator.cases import list_cases
from outlay.service.operator.payouts import find_orders, list_payouts
from outlay.service.operator.reviews import list_reviews
from outlay.store.guard import Guard, NonceRepeated
from outlay.store.read.reader import PayoutFound, PayoutQuestion
from outlay.store.write.clerk import Clerk
from outlay.store.write.desk import Unreadable
from tests.support.asks import batch_ask, caller_in, place_batch
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
    answers = await at_once(
        move_payout(process, account_id, unreadable.payout_id, BY, urgent=False),
        order(process, account_id, order_ask(10, "new"), guard=nonced(guard, "n", world)),
        move_payout(process, account_id, other.payout_id, BY, urgent=False),
        order(process, account_id, order_ask(10, unreadable.reference)),
    )
    assert [type(answer) for answer in answers] == [Unreadable, Payout, Moved, Unreadable]
    assert len(commits) == 1


async def test_of_a_batch_it_stops_only_what_needs_all_of_it(world: World, damage: str) -> None:
    account_id = await world.account(fund=100)
    ordered = await place_batch(world.runtime, account_id, batch_ask("B", [10, 20, 30]))
    assert isinstance(ordered, WholeOrder)
    batch_id, (one, unreadable, _) = ordered.order_id, ordered.payouts
    await world.admin.execute(damage, unreadable.payout_id)
    process = await world.process()
    answers = await at_once(
        cancel_order(process, account_id, BY, batch_id=batch_id),
        cancel_order(process, account_id, BY, payout_id=one.payout_id),
        cancel_order(process, account_id, BY, payout_id=unreadable.payout_id),
    )
    assert [type(answer) for answer in answers] == [Unreadable, Cancelled, Unreadable]
    assert await _states(world, ordered.payouts) == ["cancelled", "reserved", "reserved"]


async def test_lists_for_people_show_all_others_and_name_it_in_its_place(world: World, damage: str) -> None:
    account_id = await world.account(fund=100, needs_review=True)
    first, unreadable, last = [await world.order(account_id, 10) for _ in range(3)]
    await world.admin.execute(damage, unreadable.payout_id)
    newest = await list_payouts(world.runtime, account_id=None, state=None, limit=10)
    assert not isinstance(newest, No)
    assert [newest[0], newest[2]] == [last, first]
    assert names(newest[1]) == (account_id, unreadable.payout_id)
    waiting = await list_reviews(world.runtime)
    assert not isinstance(waiting, No)
    assert [order.payouts for order in waiting[0]] == [(first,), (last,)]
    assert [names(each) for each in waiting[1]] == [(account_id, unreadable.payout_id)]


async def test_a_word_that_only_a_newer_version_knows_is_told_as_that(world: World) -> None:
    account_id = await world.account(fund=100, needs_review=True)
    failed, other = [await world.order(account_id, 10) for _ in range(2)]
    await move_payout(world.runtime, account_id, failed.payout_id, Reject("bob", "odd"))
    newer = "update payouts set failure_reason = 'weather' where payout_id = $1"
    await world.admin.execute(newer, failed.payout_id)
    newest = await list_payouts(world.runtime, account_id=account_id, state=None, limit=10)
    assert not isinstance(newest, No)
    assert newest[0] == other
    assert isinstance(newest[1], UnreadablePayout)
    assert "weather" in newest[1].why


async def test_cases_of_all_others_are_listed_and_it_is_named_in_their_midst(world: World, damage: str) -> None:
    account_id = await world.account(fund=100)
    payouts = [await world.order(account_id, 10) for _ in range(3)]
    case = (
        "insert into cases (account_id, payout_id, number, kind, attempt_number, what, since_ms, fact_number)"
        " values ($1, $2, 1, 'parked', 0, '', $3, 1)"
    )
    for number, payout in enumerate(payouts):
        await world.admin.execute(case, account_id, payout.payout_id, number)
    await world.admin.execute("update payouts set case_count = 1")
    await world.admin.execute(damage, payouts[1].payout_id)
    found = await list_cases(world.runtime, limit=10)
    assert not isinstance(found, No)
    one, unreadable, other = found
    assert isinstance(one, CaseOfPayout)
    assert isinstance(other, CaseOfPayout)
    assert [each.payout.payout_id for each in (one, other)] == [payouts[0].payout_id, payouts[2].payout_id]
    assert names(unreadable) == (account_id, payouts[1].payout_id)
    world.books_are_wrong_on_purpose = True


async def test_whoever_asks_for_it_itself_hears_which_it_is_and_that_it_cannot_be_read(
    world: World, damage: str
) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    await world.admin.execute(damage, payout.payout_id)
    with pytest.raises(PayoutUnreadable, match=f"payout {payout.payout_id} of account {account_id} cannot be read"):
        await find_orders(world.runtime, number=payout.payout_id, reference=None)


async def test_no_page_for_a_caller_leaves_it_out_and_other_pages_are_given(world: World, damage: str) -> None:
    account_id = await world.account(fund=100)
    payouts = [await world.order(account_id, 10) for _ in range(5)]
    await world.admin.execute(damage, payouts[2].payout_id)
    caller = await caller_in(world, account_id)

    async def page(skip: int) -> list[Payout]:
        listed = await perform(world.runtime, caller, ListPayouts(skip=skip, limit=1))
        assert isinstance(listed, PayoutsListed)
        return list(listed.payouts)

    assert [await page(0), await page(1)] == [[payouts[0]], [payouts[1]]], "also of what only follows the page"
    with pytest.raises(PayoutUnreadable, match=str(payouts[2].payout_id)):
        await page(2)
    assert [await page(3), await page(4)] == [[payouts[3]], [payouts[4]]]


async def test_no_caller_is_shown_a_batch_without_it(world: World, damage: str) -> None:
    account_id = await world.account(fund=100)
    ordered = await place_batch(world.runtime, account_id, batch_ask("B", [10, 20, 30]))
    assert isinstance(ordered, WholeOrder)
    await world.admin.execute(damage, ordered.payouts[1].payout_id)
    caller = await caller_in(world, account_id)
    with pytest.raises(PayoutUnreadable, match=str(ordered.payouts[1].payout_id)):
        await perform(world.runtime, caller, FindOrder(order_id=ordered.order_id))


def names(each: object) -> tuple[UUID, int]:
    assert isinstance(each, UnreadablePayout)
    return each.account_id, each.payout_id


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
