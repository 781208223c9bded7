"""Whatever a rail says of a payout is kept, in whatever order it comes: as a fact, and where it contradicts the books
as a case. Through the store, so that what is told after a restart meets what was told before.
"""

from __future__ import annotations

import pytest

from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Event, Heard
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.sandbox.bank import SandboxBank
from outlay.service.engine.move_payout import Moved, move_payout
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.world import World

NO = Refused(Failure(FailureReason.OTHER, "no"))


async def told(world: World, *events: Event) -> Payout:
    """A payout of 30 that was sent, and then this was heard of it."""
    payout = await world.order(await world.account(fund=100), 30)
    for event in (BeginAttempt(), *events):
        moved = await move_payout(world.runtime, payout.account_id, payout.payout_id, event)
        assert isinstance(moved, Moved), (event, moved)
        assert moved.payout == await world.payout(payout)
    return await world.payout(payout)


def kinds(payout: Payout) -> list[CaseKind]:
    assert all(case.is_open for case in payout.cases)
    return [case.kind for case in payout.cases]


@pytest.mark.parametrize(
    ("said", "state", "fact", "cases"),
    [
        ((NO, Paid("X1")), State.FAILED, "heard", [CaseKind.PAID_AFTER_FAILED]),
        ((NO, Accepted("X1")), State.FAILED, "heard", [CaseKind.ACCEPTED_AFTER_REFUSED]),
        ((Accepted("X1"), Accepted("X2")), State.PROCESSING, "heard", [CaseKind.SECOND_REFERENCE]),
        ((Accepted("X1"), Paid("X2")), State.PAID, "paid", [CaseKind.SECOND_REFERENCE]),
        ((Paid("X1"), NO), State.PAID, "heard", [CaseKind.REFUSED_AFTER_PAID]),
        ((Paid(""), Paid("X1")), State.PAID, "heard", []),
        ((Returned("R1", 10), Paid("X1")), State.PAID, "returned", [CaseKind.RETURN_BEFORE_PAID]),
        ((NO, Returned("R1", 10)), State.FAILED, "heard", [CaseKind.RETURN_OF_UNPAID]),
        ((Paid("X1"), Returned("R1", 31)), State.PAID, "heard", [CaseKind.RETURN_EXCEEDS_PAID]),
    ],
)
async def test_what_contradicts_the_books_is_a_fact_and_a_case_and_what_does_not_is_no_alarm(
    world: World, said: tuple[Accepted | Paid | Refused | Returned, ...], state: State, fact: str, cases: list[CaseKind]
) -> None:
    payout = await told(world, *(Heard(1, outcome) for outcome in said))
    assert payout.state is state
    assert kinds(payout) == cases
    assert (await world.facts(payout))[-1] == fact
    again = await move_payout(world.runtime, payout.account_id, payout.payout_id, Heard(1, said[-1]))
    assert isinstance(again, Moved)
    assert again.payout == payout, "told twice, it is a repeat"


async def test_the_sandbox_banks_return_before_paid_is_kept(world: World) -> None:
    """As its messages would come over a network: the later one first."""
    bank = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
    payout = await world.order(await world.account(fund=10_000), 83_83)
    await submitter_of(world.runtime, {"sandbox": bank}).run_due()
    await world.admin.execute("update bank_messages set number = 9 - number")
    world.clock.advance(2_000)
    while await bank.deliver_due():
        pass
    now = await world.payout(payout)
    assert now.state is State.PAID
    assert now.returned_minor > 0
    assert await world.count("bank_messages") == 0
