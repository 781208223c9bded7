"""Cases are closed by people: with each remedy, once nothing about the money is open, and the books after it (which are
proved whenever a world is left)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from outlay.core.attempt import AttemptState
from outlay.core.cases import REMEDIES, CaseKind, Remedy
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.fees import FeePlan
from outlay.core.outcome import Accepted, Paid, Returned
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.rulings import Verdict
from outlay.service.operator.cases import list_cases
from outlay.service.operator.rule_payout import Ruled
from tests.support.situations import AMOUNT, FEE, FIRST, NO, asked, both_say, heard, moved, says, sent
from tests.support.world import World

BACK = {"available": 10_000, "funding": -10_000}


async def ordered(world: World, fund: int = 10_000) -> Payout:
    account_id = await world.account(fund=fund, fee=FeePlan(fixed_minor=FEE))
    return await world.order(account_id, AMOUNT)


async def paid_after_failed(world: World, fund: int = 10_000) -> Payout:
    """The money went back to the merchant, and the rail says that it paid."""
    payout = await moved(world, await ordered(world, fund), BeginAttempt(FIRST), Heard(1, NO, Source.SEND))
    payout = await heard(world, payout, Paid("X1"))
    assert (payout.state, payout.attempts[0].state) == (State.FAILED, AttemptState.PAID_UNBOOKED)
    assert await world.books(payout.account_id) == BACK | (
        {} if fund == 10_000 else {"available": fund, "funding": -fund}
    )
    return payout


async def returned_after_failed(world: World) -> Payout:
    """The money went back to the merchant, and comes back from the rail as well."""
    payout = await moved(world, await ordered(world), BeginAttempt(FIRST), Heard(1, NO, Source.SEND))
    return await heard(world, payout, Returned("R1", 200))


MOVES = {
    Remedy.NOTHING: {},
    Remedy.PAID_BY_MERCHANT: {"available": -200, "adjustments:sandbox": 200},
    Remedy.PAID_BY_US: {"adjustments": -200, "adjustments:sandbox": 200},
    Remedy.BACK_TO_MERCHANT: {"available": 200, "adjustments:sandbox": -200},
    Remedy.BACK_TO_US: {"adjustments": 200, "adjustments:sandbox": -200},
}


@pytest.mark.parametrize("remedy", Remedy)
async def test_two_people_close_a_case_and_its_remedy_moves_what_they_said(world: World, remedy: Remedy) -> None:
    made = paid_after_failed if remedy in REMEDIES[CaseKind.PAID_AFTER_FAILED] else returned_after_failed
    payout = await made(world)
    amount_minor = 0 if remedy is Remedy.NOTHING else 200
    said = {"case_number": 1, "remedy": remedy, "amount_minor": amount_minor}
    now = await both_say(world, payout, Verdict.CLOSE_CASE, **said)
    (case,) = now.cases
    assert (case.is_open, case.remedy, case.by, case.note) == (False, remedy, ("Ana", "Bob"), "Bob has looked")
    expected = dict(BACK)
    for book, minor in MOVES[remedy].items():
        expected[book] = expected.get(book, 0) + minor
    assert await world.books(payout.account_id) == expected
    assert (await world.facts(payout))[-2:] == ["proposed", "case_closed"]
    assert await says(world, payout, "Ana", Verdict.CLOSE_CASE, **said) is Objection.CASE_IS_CLOSED


async def test_a_merchant_without_the_money_cannot_bear_it_and_the_proposal_stands(world: World) -> None:
    payout = await paid_after_failed(world, fund=AMOUNT + FEE)
    await world.order(payout.account_id, AMOUNT)
    said = {"case_number": 1, "remedy": Remedy.PAID_BY_MERCHANT, "amount_minor": AMOUNT}
    assert isinstance(await says(world, payout, "Ana", Verdict.CLOSE_CASE, **said), Ruled)
    assert await says(world, payout, "Bob", Verdict.CLOSE_CASE, **said) is Refusal.INSUFFICIENT_BALANCE
    await world.fund(payout.account_id, AMOUNT)
    done = await says(world, payout, "Bob", Verdict.CLOSE_CASE, **said)
    assert isinstance(done, Ruled)
    assert done.is_decided


async def test_cases_are_listed_with_the_oldest_first(world: World) -> None:
    first = await paid_after_failed(world)
    world.clock.advance(1_000)
    second = await asked(world, await sent(world, await ordered(world)))
    await moved(world, await ordered(world), BeginAttempt(FIRST), Heard(1, Accepted("X1")))

    async def listed(**also: object) -> list[tuple[int, str]]:
        found = await list_cases(world.runtime, limit=10, **also)  # type: ignore[arg-type]
        assert not isinstance(found, No)
        return [(each.payout.payout_id, each.case.kind.value) for each in found]

    both = [(first.payout_id, "paid_after_failed"), (second.payout_id, "parked")]
    assert await listed() == both
    assert await listed(kind=CaseKind.PARKED) == both[1:]
    assert await listed(account_id=first.account_id) == both[:1]
    await both_say(world, first, Verdict.CLOSE_CASE, case_number=1)
    assert await listed() == both[1:]
    assert await listed(closed_too=True) == both
    assert await list_cases(world.runtime, limit=10, account_id=uuid4()) is Refusal.ACCOUNT_NOT_FOUND


async def test_only_so_many_cases_are_listed_as_were_asked_for(world: World) -> None:
    await paid_after_failed(world)
    payout = await paid_after_failed(world)
    await heard(world, payout, Paid("X2"))
    found = await list_cases(world.runtime, limit=2)
    assert not isinstance(found, No)
    assert [each.case.number for each in found] == [1, 1]
