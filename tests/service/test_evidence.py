"""Whatever a rail says of a payout is kept, in whatever order it comes: as a fact, and where it contradicts the books
as a case. Through the store, so that what is told after a restart meets what was told before.
"""

from __future__ import annotations

import pytest

from outlay.core.attempt import AttemptState, RailTerms
from outlay.core.cases import CaseKind
from outlay.core.events import BeginAttempt, Event, Heard, Source
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.sandbox.bank import SandboxBank
from outlay.service.engine.move_payout import Moved, move_payout
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.world import World

NO = Refused(Failure(FailureReason.OTHER, "no"))
UNSTABLE = Refused(Failure(FailureReason.RAIL_UNSTABLE, "try another"))
FIRST = RailTerms("sandbox", elsewhere=frozenset({FailureReason.RAIL_UNSTABLE}))
GOES_ELSEWHERE = Heard(1, UNSTABLE, Source.SEND, "send 1", rail=FIRST, rails=("sandbox", "second"))


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


async def test_both_names_of_a_payment_are_kept(world: World) -> None:
    payout = await told(world, Heard(1, Accepted("X1")), Heard(1, Paid("X2")))
    assert payout.attempts[0].rail_references == ("X1", "X2")
    assert payout.rail_reference == "X2"


async def test_a_return_that_came_first_is_booked_in_the_commit_that_learns_paid(world: World) -> None:
    payout = await told(world, Heard(1, Returned("R1", 10)))
    assert (payout.state, payout.returned_minor) == (State.PROCESSING, 0)
    assert (await world.books(payout.account_id))["held"] == 30
    paid = await move_payout(world.runtime, payout.account_id, payout.payout_id, Heard(1, Paid("X1")))
    assert isinstance(paid, Moved)
    assert paid.payout.returned_minor == 10
    assert await world.facts(payout) == ["ordered", "attempt_begun", "returned_early", "paid", "returned"]
    assert await world.books(payout.account_id) == {"funding": -100, "available": 80, "clearing:sandbox": 20}


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


async def test_a_late_paid_of_an_earlier_attempt_is_believed_and_nothing_is_paid_twice_in_the_books(
    world: World,
) -> None:
    payout = await told(world, GOES_ELSEWHERE, BeginAttempt(), Heard(1, Paid("X1")), Heard(2, Paid("Y1")))
    assert payout.state is State.PAID
    assert kinds(payout) == [CaseKind.PAID_BY_DEAD, CaseKind.PAID_TWICE]
    assert [attempt.state for attempt in payout.attempts] == [AttemptState.PAID, AttemptState.PAID_UNBOOKED]
    assert await world.books(payout.account_id) == {"funding": -100, "available": 70, "clearing:sandbox": 30}


async def test_a_payout_between_two_rails_is_on_its_way_and_goes_over_the_next(world: World) -> None:
    payout = await told(world, GOES_ELSEWHERE)
    assert (payout.state, payout.rail, payout.failure) == (State.PROCESSING, "second", None)
    assert (await world.books(payout.account_id))["held"] == 30
    begun = await move_payout(world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
    assert isinstance(begun, Moved)
    assert [attempt.rail for attempt in begun.payout.attempts] == ["sandbox", "second"]
    assert begun.payout.attempts[1].reference == f"OUT{payout.payout_id}A2"
