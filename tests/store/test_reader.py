"""The reader: every question gets its own answer, and nobody else's."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from outlay.core.asks import Balance
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.store.database import Unavailable
from outlay.store.read import reader as reader_module
from outlay.store.read.reader import BalancesQuestion, PayoutFound, PayoutQuestion
from tests.support.world import World, at_once, kinds

UNKNOWN_ID = 42


def found_id(answer: Any) -> int | Refusal | None:
    if isinstance(answer, Refusal):
        return answer
    assert isinstance(answer, PayoutFound), answer
    return answer.payout.payout_id if answer.payout else None


class Family:
    """A master, its sub-account, and a stranger; each has payouts, some of them under the same reference."""

    def __init__(self, master: UUID, child: UUID, stranger: UUID, payouts: dict[UUID, list[Payout]]) -> None:
        self.master, self.child, self.stranger, self.payouts = master, child, stranger, payouts


async def family_in(world: World) -> Family:
    master, stranger = await world.account(fund=1000), await world.account(fund=1000)
    child = await world.account(fund=1000, parent_id=master)
    payouts = {
        account_id: [await world.order(account_id, 10 + n, f"shared-{n}") for n in range(4)]
        for account_id in (master, child, stranger)
    }
    return Family(master, child, stranger, payouts)


def mixed_questions(family: Family, chance: random.Random) -> list[tuple[PayoutQuestion, int | Refusal | None]]:
    """Every kind of question, each with the one right answer."""
    asked: list[tuple[PayoutQuestion, int | Refusal | None]] = []
    for account_id, own in family.payouts.items():
        other = family.payouts[family.stranger if account_id != family.stranger else family.master]
        for n, payout in enumerate(own):
            right, reference = payout.payout_id, payout.reference
            asked += [
                (PayoutQuestion(account_id, reference=reference), right),
                (PayoutQuestion(account_id, payout_id=right), right),
                (PayoutQuestion(account_id, reference=reference, payout_id=right), right),
                (PayoutQuestion(account_id, reference=reference, payout_id=own[n - 1].payout_id), None),
                (PayoutQuestion(account_id, reference="never used", payout_id=right), None),
                (PayoutQuestion(account_id, reference=reference, payout_id=UNKNOWN_ID), None),
                (PayoutQuestion(account_id, reference="never used"), None),
                (PayoutQuestion(account_id, payout_id=UNKNOWN_ID), None),
                (PayoutQuestion(account_id), None),
                (PayoutQuestion(account_id, payout_id=other[n].payout_id), None),
                (PayoutQuestion(account_id, reference=reference, payout_id=other[n].payout_id), None),
                (PayoutQuestion(uuid4(), reference=reference, payout_id=right), Refusal.ACCOUNT_NOT_FOUND),
            ]
    for payout in family.payouts[family.child]:
        by_id = payout.payout_id
        asked += [
            (PayoutQuestion(family.child, None, family.master, payout.reference), by_id),
            (PayoutQuestion(family.child, None, family.master, None, by_id), by_id),
            (PayoutQuestion(family.child, None, family.stranger, None, by_id), Refusal.ACCOUNT_NOT_FOUND),
            (PayoutQuestion(family.child, None, family.child, payout.reference), Refusal.ACCOUNT_NOT_FOUND),
            (PayoutQuestion(family.master, None, family.child, payout.reference), Refusal.ACCOUNT_NOT_FOUND),
            (PayoutQuestion(family.stranger, None, family.master, payout.reference), Refusal.ACCOUNT_NOT_FOUND),
            (PayoutQuestion(family.master, None, None, None, by_id), None),
            (PayoutQuestion(family.stranger, None, None, None, by_id), None),
        ]
    chance.shuffle(asked)
    return asked


async def test_each_of_two_hundred_mixed_questions_gets_its_own_answer(world: World) -> None:
    family = await family_in(world)
    asked = mixed_questions(family, random.Random(3))
    asked += asked[: 200 - len(asked)]  # some of them twice
    assert len(asked) == 200
    answers = await at_once(*(world.runtime.reader.payout(question) for question, _ in asked))
    assert [found_id(answer) for answer in answers] == [right for _, right in asked]
    for (question, right), answer in zip(asked, answers, strict=True):
        if isinstance(answer, PayoutFound) and isinstance(right, int):
            assert answer.payout in family.payouts[question.account_id]


async def test_another_accounts_payout_is_never_found(world: World) -> None:
    family = await family_in(world)
    everything = [payout for own in family.payouts.values() for payout in own]
    for account_id in family.payouts:
        foreign = [payout for payout in everything if payout.account_id != account_id]
        answers = await at_once(
            *(world.runtime.reader.payout(PayoutQuestion(account_id, payout_id=p.payout_id)) for p in foreign)
        )
        assert {found_id(answer) for answer in answers} == {None}


async def test_a_found_reference_tells_what_it_was_used_for(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10, "r", operation="create", content="this")
    found = await world.runtime.reader.payout(PayoutQuestion(account_id, reference="r"))
    assert isinstance(found, PayoutFound)
    assert (found.payout, found.operation, len(found.digest or b"")) == (payout, "create", 32)
    assert found.subject_id == payout.payout_id
    free = await world.runtime.reader.payout(PayoutQuestion(account_id, reference="free"))
    assert free == PayoutFound(None, None, None, None)


async def test_a_question_that_cannot_be_asked_does_not_sink_its_neighbours(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10, "r")
    questions = [
        PayoutQuestion(account_id, reference="r"),
        PayoutQuestion(account_id, reference="NUL \0 is no text"),
        PayoutQuestion(account_id, payout_id=2**63),
        PayoutQuestion(account_id, reference="half a character \ud800"),
        PayoutQuestion(account_id, payout_id=payout.payout_id),
    ]
    answers = await at_once(*(world.runtime.reader.payout(question) for question in questions))
    assert [isinstance(answer, PayoutFound) for answer in answers] == [True, False, False, False, True]
    assert not any(isinstance(answer, Unavailable) for answer in answers)
    assert found_id(answers[0]) == found_id(answers[4]) == payout.payout_id


async def test_balances_are_each_accounts_own(world: World) -> None:
    first = await world.account(fund=100)
    await world.fund(first, 70, "USD")
    second = await world.account(fund=30)
    empty = await world.account()
    await world.order(first, 40)
    questions = [
        (BalancesQuestion(first), [Balance("BRL", 60, 40), Balance("USD", 70, 0)]),
        (BalancesQuestion(first, currency="USD"), [Balance("USD", 70, 0)]),
        (BalancesQuestion(first, currency="EUR"), []),
        (BalancesQuestion(second), [Balance("BRL", 30, 0)]),
        (BalancesQuestion(empty), []),
        (BalancesQuestion(uuid4()), Refusal.ACCOUNT_NOT_FOUND),
        (BalancesQuestion(first, parent_id=second), Refusal.ACCOUNT_NOT_FOUND),
    ] * 10
    answers = await at_once(*(world.runtime.reader.balances(question) for question, _ in questions))
    assert answers == [right for _, right in questions]


async def test_what_was_committed_is_read_at_once_by_every_process(world: World) -> None:
    account_id = await world.account(fund=100)
    other = await world.process()
    for n in range(20):
        payout = await world.order(account_id, 1)
        found = await other.reader.payout(PayoutQuestion(account_id, payout_id=payout.payout_id))
        assert found_id(found) == payout.payout_id, n


async def test_when_the_server_goes_away_everybody_hears_unavailable_and_the_reader_works_again(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    process = await world.process(fresh=True)
    question = PayoutQuestion(account_id, payout_id=payout.payout_id)
    async with world.admin.transaction():
        await world.admin.execute("lock table payouts in access exclusive mode")
        under_way = [asyncio.create_task(process.reader.payout(question)) for _ in range(30)]
        await world.until_somebody_waits()
        assert await world.cut_all_connections() > 0
        answers = await at_once(*under_way)
    assert kinds(answers) == {Unavailable: 30}
    assert found_id(await process.reader.payout(question)) == payout.payout_id


async def test_a_fault_of_ours_is_not_called_unavailable(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account_id = await plain_world.account()
    monkeypatch.setattr(reader_module, "_PAYOUTS", "select no_such_function()")
    answers = await at_once(*(plain_world.runtime.reader.payout(PayoutQuestion(account_id)) for _ in range(2)))
    assert kinds(answers) == {asyncpg.UndefinedFunctionError: 2}
