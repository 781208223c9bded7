"""The clerk against a real database: many writers, one truth."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from outlay.core.asks import Repeated
from outlay.core.events import BeginAttempt, Cancel, Heard
from outlay.core.life import step
from outlay.core.origin import Remarks
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection, Refusal
from outlay.core.work import Due
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.operator.fund_account import Funded, FundingResult, fund_account
from outlay.service.runtime import Runtime
from outlay.store.database import REJECTED, Unavailable
from outlay.store.patience import patience
from outlay.store.write import clerk as clerk_module
from outlay.store.write.clerk import Clerk
from outlay.store.write.desk import Changes, Command, Desk, Move, Needs
from tests.support.world import World, at_once, kinds, order, order_ask

WRITERS = 8


class Stopped(Exception):
    """A fault of one command."""


class Step(Command[Any], frozen=True):
    """A command that applies what the test gives it to one payout."""

    payout_id: int
    decide_with: Callable[[Desk, Payout], tuple[Any, Changes | None]]

    def decide(self, desk: Desk) -> tuple[Any, Changes | None]:
        payout = desk.payout(self.payout_id)
        assert payout is not None
        return self.decide_with(desk, payout)


class Fails(Command[Any], frozen=True):
    """A command whose `decide` raises."""

    def decide(self, _desk: Desk) -> tuple[Any, Changes | None]:
        raise Stopped


class Meets(Command[Any], frozen=True):
    """A command that moves a payout which a neighbour in its batch has just ordered."""

    def decide(self, desk: Desk) -> tuple[Any, Changes | None]:
        claim = desk.claim("just now")
        assert claim is not None
        assert claim.subject_id is not None
        before = desk.payout(claim.subject_id)
        assert before is not None
        begun = step(before, BeginAttempt(), 5)
        assert not isinstance(begun, No)
        return begun.payout, Changes(moves=(Move(before, begun, Due(7, None)),))


async def order_in_one_batch(runtime: Runtime, account_id: UUID, *asks: Any) -> list[Any]:
    """Started together, commands of one lane share the first commit."""
    return await at_once(*(order(runtime, account_id, ask) for ask in asks))


def _made(answer: Payout | Repeated[Payout]) -> Payout:
    made = answer if isinstance(answer, Payout) else answer.subject
    assert isinstance(made, Payout)
    return made


async def commits(world: World) -> int:
    """How many commits have written an order: rows of one commit share its transaction id."""
    found: int = await world.admin.fetchval("select count(distinct xmin::text) from payouts")
    return found


async def test_eight_writers_racing_for_one_balance_overspend_nothing(world: World) -> None:
    account_id = await world.account(fund=1000)
    writers = [await world.process() for _ in range(WRITERS)]
    answers = await at_once(
        *(order(writer, account_id, order_ask(70, f"{n}-{i}")) for n, writer in enumerate(writers) for i in range(5))
    )
    assert kinds(answers) == {Payout: 14, Refusal.INSUFFICIENT_BALANCE: 26}
    assert await world.books(account_id) == {"funding": -1000, "available": 20, "held": 980}


async def test_eight_writers_with_one_reference_make_one_payout(world: World) -> None:
    account_id = await world.account(fund=1000)
    writers = [await world.process() for _ in range(WRITERS)]
    asks = [order_ask(70, "same", content="A" if n % 2 else "B") for n in range(WRITERS)]
    answers = await at_once(*(order(w, account_id, ask) for w, ask in zip(writers, asks, strict=True)))
    assert kinds(answers) == {Payout: 1, (Repeated, True): 3, (Repeated, False): 4}
    assert await world.count("payouts") == 1
    first = next(answer for answer in answers if isinstance(answer, Payout))
    assert all(_made(answer).payout_id == first.payout_id for answer in answers)


async def test_one_reference_twice_in_one_batch_makes_one_payout(world: World) -> None:
    account_id = await world.account(fund=1000)
    ask = order_ask(70, "same")
    answers = await order_in_one_batch(world.runtime, account_id, ask, ask, order_ask(71, "same"))
    assert kinds(answers) == {Payout: 1, (Repeated, True): 1, (Repeated, False): 1}
    assert [_made(answer) for answer in answers] == [answers[0]] * 3


async def test_one_reference_on_two_accounts_makes_two_payouts(world: World) -> None:
    accounts = [await world.account(fund=100) for _ in range(2)]
    answers = await at_once(*(order(world.runtime, account_id, order_ask(70, "same")) for account_id in accounts))
    assert kinds(answers) == {Payout: 2}


async def test_commands_that_arrive_together_share_one_commit(world: World) -> None:
    account_id = await world.account(fund=1000)
    answers = await order_in_one_batch(world.runtime, account_id, *(order_ask(1, f"r{n}") for n in range(100)))
    assert kinds(answers) == {Payout: 100}
    assert await commits(world) == 1


async def test_a_refused_command_does_not_sink_its_batch(world: World) -> None:
    account_id = await world.account(fund=100)
    asks = [order_ask(60, "fits"), order_ask(60, "too much"), order_ask(40, "fits too")]
    answers = await order_in_one_batch(world.runtime, account_id, *asks)
    assert [type(answer) for answer in answers] == [Payout, Refusal, Payout]
    assert answers[1] is Refusal.INSUFFICIENT_BALANCE
    assert await commits(world) == 1
    assert await world.books(account_id) == {"funding": -100, "held": 100}


async def test_a_command_that_fails_does_not_sink_its_batch(world: World) -> None:
    account_id = await world.account(fund=100)
    clerk = world.runtime.clerk
    answers = await at_once(
        order(world.runtime, account_id, order_ask(60, "before")),
        clerk.do(Fails(account_id=account_id, needs=Needs())),
        order(world.runtime, account_id, order_ask(40, "after")),
    )
    assert [type(answer) for answer in answers] == [Payout, Stopped, Payout]
    assert await commits(world) == 1, "nobody had to be tried again"


async def test_a_command_that_the_database_rejects_is_alone_with_it(world: World) -> None:
    account_id = await world.account(fund=100)
    asks = [order_ask(10, "before"), order_ask(10, "NUL \0 is no text"), order_ask(10, "after")]
    answers = await order_in_one_batch(world.runtime, account_id, *asks)
    assert [isinstance(answer, Payout) for answer in answers] == [True, False, True]
    assert isinstance(answers[1], REJECTED)
    assert await world.books(account_id) == {"funding": -100, "available": 80, "held": 20}


async def test_what_the_driver_cannot_send_is_alone_with_it(world: World) -> None:
    account_id = await world.account(fund=100)
    asks = [order_ask(10, "before"), order_ask(10, "half a character \ud800"), order_ask(10, "after")]
    answers = await order_in_one_batch(world.runtime, account_id, *asks)
    assert [isinstance(answer, Payout) for answer in answers] == [True, False, True]
    assert not isinstance(answers[1], Unavailable), "it certainly did not happen"


async def test_what_cannot_be_written_down_is_alone_with_it(world: World) -> None:
    account_id = await world.account(fund=100)
    asks = [
        order_ask(10, "before"),
        order_ask(10, "bad remark", remarks=Remarks(internal_note="half a character \ud800")),
        order_ask(10, "after"),
    ]
    answers = await order_in_one_batch(world.runtime, account_id, *asks)
    assert [isinstance(answer, Payout) for answer in answers] == [True, False, True]
    assert await world.books(account_id) == {"funding": -100, "available": 80, "held": 20}


async def test_a_change_that_breaks_a_rule_of_the_database_is_alone_with_it(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)

    def paid_without_a_time(_desk: Desk, before: Payout) -> tuple[Any, Changes | None]:
        begun = step(before, BeginAttempt(), 5)
        assert not isinstance(begun, No)
        wrong = msgspec.structs.replace(begun.payout, state=State.PAID)
        return "done", Changes(moves=(Move(before, msgspec.structs.replace(begun, payout=wrong), None),))

    answers = await at_once(
        order(world.runtime, account_id, order_ask(10, "before")),
        world.runtime.clerk.do(
            Step(payout.payout_id, paid_without_a_time, account_id=account_id, needs=Needs(payout_id=payout.payout_id))
        ),
        order(world.runtime, account_id, order_ask(10, "after")),
    )
    assert isinstance(answers[0], Payout)
    assert isinstance(answers[1], asyncpg.CheckViolationError)
    assert isinstance(answers[2], Payout)
    assert await world.payout(payout) == payout


async def test_an_account_that_does_not_exist_is_refused_among_others(world: World) -> None:
    account_id = await world.account(fund=100)
    answers = await at_once(
        order(world.runtime, account_id, order_ask(10, "a")), order(world.runtime, uuid4(), order_ask(10, "a"))
    )
    assert [type(answers[0]), answers[1]] == [Payout, Refusal.ACCOUNT_NOT_FOUND]


@pytest.mark.slow  # cut connections
async def test_when_the_server_goes_away_in_a_commit_everybody_hears_unavailable(world: World) -> None:
    """The batch is held up by a lock, so it is certain to be under way when its connection dies. Who comes after it
    waits for that lock, as long as they can."""
    account_id = await world.account(fund=1000)
    process = await world.process(fresh=True)
    asks = [order_ask(10, f"r{n}", content="same") for n in range(20)]
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        with patience(4.0):
            under_way = [asyncio.create_task(order(process, account_id, ask)) for ask in asks]
        await world.until_somebody_waits()
        assert await world.cut_all_connections() > 0
        answers = await at_once(*under_way)
    assert kinds(answers) == {Unavailable: 20}
    assert await world.count("payouts") == 0
    again = await at_once(*(order(process, account_id, ask) for ask in asks))
    assert kinds(again) == {Payout: 20}, "the clerk works again"


async def test_an_unavailable_database_is_not_asked_again_by_the_clerk(world: World) -> None:
    """A second try would meet its own first one."""
    account_id = await world.account(fund=1000)
    process = await world.process()
    tries = 0
    lock = clerk_module.lock_accounts

    async def lost(*_arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        raise ConnectionResetError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clerk_module, "lock_accounts", lost)
        answers = await order_in_one_batch(process, account_id, order_ask(1, "a"), order_ask(1, "b"))
    assert clerk_module.lock_accounts is lock
    assert kinds(answers) == {Unavailable: 2}
    assert tries == 1


async def test_a_deadlock_is_tried_again_and_nobody_notices(world: World) -> None:
    account_id = await world.account(fund=1000)
    process = await world.process()
    tries = 0
    lock = clerk_module.lock_accounts

    async def deadlock_once(*arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncpg.DeadlockDetectedError("planted")
        return await lock(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clerk_module, "lock_accounts", deadlock_once)
        answers = await order_in_one_batch(process, account_id, order_ask(1, "a"), order_ask(1, "b"))
    assert kinds(answers) == {Payout: 2}
    assert tries == 3


async def test_clerks_that_lock_the_same_accounts_in_any_order_do_not_deadlock(world: World) -> None:
    accounts = [await world.account(fund=1000) for _ in range(6)]
    writers = [await world.process() for _ in range(4)]
    chance = random.Random(7)
    work = []
    for round_number in range(8):
        for n, writer in enumerate(writers):
            chosen = chance.sample(accounts, len(accounts))
            work += [order(writer, account_id, order_ask(1, f"{round_number}-{n}")) for account_id in chosen]
    assert kinds(await at_once(*work)) == {Payout: 8 * 4 * 6}
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    assert await world.admin.fetchval(deadlocks) == 0


async def test_a_payout_that_changes_twice_in_a_batch_is_written_once_with_all_its_facts(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    answers = await at_once(
        move_payout(world.runtime, account_id, payout.payout_id, BeginAttempt()),
        move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Accepted("X1"))),
        move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Paid("X1"))),
        move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Returned("R1", 4))),
        move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Returned("R2", 6))),
    )
    assert kinds(answers) == {Moved: 5}
    assert [answer.payout.fact_count for answer in answers] == [2, 3, 4, 5, 6]
    assert await world.facts(payout) == ["ordered", "attempt_begun", "attempt_accepted", "paid", "returned", "returned"]
    now = await world.payout(payout)
    assert now == answers[-1].payout
    assert [(r.ordinal, r.number, r.amount_minor) for r in now.returns] == [(1, "R1", 4), (2, "R2", 6)]
    written = await world.admin.fetch("select xmin from payouts union select xmin from attempts")
    assert len(written) == 1, "the payout and its attempt were written by one commit"
    assert await world.count("attempts") == 1
    assert await world.count("work") == 0


async def test_a_payout_that_is_ordered_and_moved_in_one_batch_is_written_once(world: World) -> None:
    account_id = await world.account(fund=100)
    ordered, moved = await at_once(
        order(world.runtime, account_id, order_ask(10, "just now")),
        world.runtime.clerk.do(Meets(account_id=account_id, needs=Needs(currency="BRL"))),
    )
    assert isinstance(ordered, Payout)
    assert await world.payout(ordered) == moved
    assert await world.facts(moved) == ["ordered", "attempt_begun"]
    assert await commits(world) == 1
    assert await world.admin.fetchval("select due_ms from work") == 7


async def test_an_id_that_is_made_twice_is_refused_and_overwrites_nothing(world: World) -> None:
    account_id = await world.account(fund=100)
    clerk = Clerk(world.runtime.database, lambda: 7, world.shape.lanes)
    broken = msgspec.structs.replace(world.runtime, clerk=clerk)
    first = await order(broken, account_id, order_ask(10, "first"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await order(broken, account_id, order_ask(20, "second"))
    assert await world.payout(first) == first


async def test_an_id_that_is_made_twice_overwrites_nothing_also_where_it_is_moved_at_once(world: World) -> None:
    account_id = await world.account(fund=100)
    clerk = Clerk(world.runtime.database, lambda: 7, world.shape.lanes)
    broken = msgspec.structs.replace(world.runtime, clerk=clerk)
    first = await order(broken, account_id, order_ask(10, "first"))
    second, _ = await at_once(
        order(broken, account_id, order_ask(20, "just now")),
        broken.clerk.do(Meets(account_id=account_id, needs=Needs(currency="BRL"))),
    )
    assert isinstance(second, asyncpg.UniqueViolationError)
    assert await world.payout(first) == first


async def test_a_payout_comes_back_exactly_as_it_was_decided(world: World) -> None:
    account_id = await world.account(fund=10_000)
    payout = await world.order(
        account_id, 30, remarks=Remarks(internal_note="Grüße, 世界 \u2603"), expires_ms=world.clock() + 5
    )
    assert await world.payout(payout) == payout
    for event in (
        BeginAttempt(),
        Heard(1, Unknown("no answer")),
        Heard(1, Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "gone"))),
    ):
        moved = await move_payout(world.runtime, account_id, payout.payout_id, event)
        assert isinstance(moved, Moved)
        assert await world.payout(payout) == moved.payout


async def test_an_event_that_tells_nothing_new_writes_nothing(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    for event in (BeginAttempt(), Heard(1, Paid("X1"))):
        await move_payout(world.runtime, account_id, payout.payout_id, event)
    before = await world.admin.fetchval("select xmin::text from payouts")
    moved = await move_payout(world.runtime, account_id, payout.payout_id, Heard(1, Paid("X1")))
    assert isinstance(moved, Moved)
    assert not moved.changed
    assert await world.admin.fetchval("select xmin::text from payouts") == before


async def test_a_lane_takes_no_more_than_a_batch_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerk_module, "MOST_PAYOUTS", 10)
    account_id = await world.account(fund=100)
    process = await world.process()
    answers = await order_in_one_batch(process, account_id, *(order_ask(1, f"r{n}") for n in range(25)))
    assert kinds(answers) == {Payout: 25}
    assert await commits(world) == 3


@pytest.mark.slow  # a search
async def test_the_books_balance_after_random_traffic_of_several_processes(world: World) -> None:
    chance = random.Random(11)
    accounts = [await world.account(fund=5000) for _ in range(4)]
    processes = [await world.process() for _ in range(4)]
    payouts = [await world.order(account_id, chance.randint(1, 200)) for account_id in accounts for _ in range(6)]

    async def happen(process: Runtime) -> Any:
        payout = chance.choice(payouts)
        failure = Failure(FailureReason.OTHER, "no")
        match chance.randrange(9):
            case 0:
                ask = order_ask(chance.randint(1, 900), f"r{chance.randrange(60)}")
                return await order(process, payout.account_id, ask)
            case 1:
                reference = f"f{chance.randrange(9)}"
                return await fund_account(process, payout.account_id, "BRL", chance.randint(1, 50), reference)
            case 2 | 3:
                event: Any = BeginAttempt()
            case 4:
                event = Cancel("operator")
            case 5:
                event = Heard(1, Paid("X"))
            case 6:
                event = Heard(1, chance.choice([Accepted("X"), Unknown("silence"), Refused(failure)]))
            case _:
                event = Heard(1, Returned(f"R{chance.randrange(3)}", chance.randint(1, 60)))
        return await move_payout(process, payout.account_id, payout.payout_id, event)

    for _ in range(9):
        answers = await at_once(*(happen(chance.choice(processes)) for _ in range(45)))
        assert {type(answer) for answer in answers} <= {Moved, Payout, Repeated, Funded, Refusal, Objection}
    states = {row["state"] for row in await world.admin.fetch("select distinct state from payouts")}
    assert {"paid", "failed", "cancelled"} <= states, "the traffic reached every end"
    assert await world.count("returns") > 0


async def test_one_funding_reference_at_eight_writers_books_once(world: World) -> None:
    account_id = await world.account()
    writers = [await world.process() for _ in range(WRITERS)]
    answers = await at_once(
        *(fund_account(writer, account_id, "BRL", 100 + (n % 2), "wire 1") for n, writer in enumerate(writers))
    )
    results = [answer.result for answer in answers]
    assert results.count(FundingResult.BOOKED) == 1
    assert results.count(FundingResult.REPEATED) == 3
    assert results.count(FundingResult.CONFLICT) == 4
    assert (await world.books(account_id))["available"] in (100, 101)
