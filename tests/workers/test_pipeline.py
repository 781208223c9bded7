"""Nothing starves: a rail that hangs or is slow, and questions by the hundred, keep nobody waiting but their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.attempt import Attempt, RailTerms
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.rails.rail import Fence
from outlay.service.engine.move_payout import move_payout
from outlay.store import work as work_module
from outlay.store.database import Database, Unavailable
from outlay.store.work import DueLine, Lease, Taken, Turn
from outlay.store.write.clerk import Clerk
from outlay.workers import pipeline as pipeline_module
from outlay.workers.pipeline import LEASE_MS, LONGEST_PAUSE_S
from tests.support.rails import ASK_AGAIN_MS, CountingRail, Rounds, submitter_of
from tests.support.waiting import wait_for
from tests.support.world import SEAL_KEY, World

OTHER = "other"


class HangingRail:
    """Answers nobody until it is told to."""

    def __init__(self, name: str = "sandbox", *, timeout_ms: int = 60_000) -> None:
        self.terms = RailTerms(name, refuses_duplicates=True, timeout_ms=timeout_ms)
        self.goes_on = asyncio.Event()
        self.sent: list[int] = []
        self.asked: list[int] = []

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        assert fence.is_open()
        self.sent.append(payout.payout_id)
        await self.goes_on.wait()
        fence.has_left()
        return Paid(f"X{payout.payout_id}")

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        self.asked.append(payout.payout_id)
        await self.goes_on.wait()
        return Paid(f"X{payout.payout_id}")


class PromptRail(CountingRail):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.terms = RailTerms(name, refuses_duplicates=True)
        self.say_to_submit = lambda payout: Paid(f"X{payout.payout_id}")


@asynccontextmanager
async def running(rounds: Rounds) -> AsyncIterator[asyncio.Event]:
    """The pipeline as in a server. Gives what stops it."""
    stop = asyncio.Event()
    task = asyncio.create_task(rounds.pipeline.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        task.cancel()
        await asyncio.wait({task})


async def account_over(world: World, rail: str) -> UUID:
    account_id = await world.account(fund=10_000)
    await world.admin.execute("update accounts set rail = $2 where account_id = $1", account_id, rail)
    return account_id


async def state_of(world: World, payout: Payout) -> State:
    return (await world.payout(payout)).state


async def test_a_rail_that_hangs_keeps_no_other_rail_waiting(plain_world: World) -> None:
    world = plain_world
    hanging, prompt = HangingRail(), PromptRail(OTHER)
    stuck, free = await world.account(fund=10_000), await account_over(world, OTHER)
    for _ in range(40):
        await world.order(stuck, 1)
    async with running(submitter_of(world.runtime, {"sandbox": hanging, OTHER: prompt}, places=16)):
        await wait_for(lambda: len(hanging.sent) == 12, "all its places are taken")
        for _ in range(3):  # one after the other: a round would end with the calls that hang
            payout = await world.order(free, 1)
            await wait_for_state(world, payout, State.PAID)
        assert len(hanging.sent) == 12
        hanging.goes_on.set()
        await wait_for(lambda: len(hanging.sent) == 40, "and its own go on when it does")


async def wait_for_state(world: World, payout: Payout, wanted: State) -> None:
    async def is_there() -> bool:
        return await state_of(world, payout) is wanted

    await wait_for(is_there, f"it is {wanted.value}")


async def test_a_call_that_hangs_ends_with_its_timeout_and_nobody_knows(plain_world: World) -> None:
    world = plain_world
    payout = await world.order(await world.account(fund=10), 1)
    hanging = HangingRail(timeout_ms=50)
    assert await submitter_of(world.runtime, {"sandbox": hanging}).run_due() == 1
    assert (await world.facts(payout))[-1] == "attempt_unknown"
    assert await state_of(world, payout) is State.PROCESSING


async def test_questions_by_the_hundred_keep_no_send_waiting(plain_world: World) -> None:
    world = plain_world
    hanging = HangingRail()
    account_id = await world.account(fund=10_000)
    for _ in range(60):
        payout = await world.order(account_id, 1)
        await move_payout(world.runtime, account_id, payout.payout_id, BeginAttempt())
        heard = Heard(1, Unknown("silence"), Source.SEND)
        await move_payout(world.runtime, account_id, payout.payout_id, heard)
    world.clock.advance(10 * ASK_AGAIN_MS)
    async with running(submitter_of(world.runtime, {"sandbox": hanging}, places=16)):
        await wait_for(lambda: len(hanging.asked) == 4, "as many are asked about as questions have places")
        new = await world.order(account_id, 1)
        await wait_for(lambda: hanging.sent == [new.payout_id], "the new one is sent all the same")
        assert len(hanging.asked) == 4


async def test_sends_by_the_hundred_keep_no_question_waiting(plain_world: World) -> None:
    world = plain_world
    hanging = HangingRail()
    account_id = await world.account(fund=10_000)
    asked = await world.order(account_id, 1)
    await move_payout(world.runtime, account_id, asked.payout_id, BeginAttempt())
    for _ in range(40):
        await world.order(account_id, 1)
    world.clock.advance(ASK_AGAIN_MS)
    async with running(submitter_of(world.runtime, {"sandbox": hanging}, places=16)):
        await wait_for(lambda: len(hanging.sent) == 12, "all places of sends are taken")
        await wait_for(lambda: hanging.asked == [asked.payout_id], "it is asked about")


async def test_a_lease_lasts_as_long_as_the_work(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also longer than it was given for: nobody else asks meanwhile."""
    world = plain_world
    monkeypatch.setattr(pipeline_module, "RENEW_S", 0.01)
    account_id = await world.account(fund=10)
    payout = await world.order(account_id, 1)
    await move_payout(world.runtime, account_id, payout.payout_id, BeginAttempt())
    world.clock.advance(ASK_AGAIN_MS)
    hanging, rail = HangingRail(), CountingRail()
    other = submitter_of(await world.process(), {"sandbox": rail}, "other")
    async with running(submitter_of(world.runtime, {"sandbox": hanging}, "one")):
        await wait_for(lambda: hanging.asked == [payout.payout_id], "it is asked about")
        for _ in range(3):
            world.clock.advance(LEASE_MS - 1)
            await renewed(world)
        assert await other.run_due() == 0
    assert rail.asked == []
    world.clock.advance(LEASE_MS)
    assert await other.run_due() == 1, "who is no more renews nothing"


async def renewed(world: World) -> None:
    async def is_so() -> bool:
        due_ms: int = await world.admin.fetchval("select due_ms from work")
        return due_ms == world.clock() + LEASE_MS

    await wait_for(is_so, "the lease is renewed")


async def test_a_stop_breaks_off_what_hangs_and_takes_nothing_more(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = plain_world
    monkeypatch.setattr(pipeline_module, "STOP_S", 0.1)
    account_id = await world.account(fund=10)
    payout = await world.order(account_id, 1)
    world.clock.advance(1)
    waits_for_its_place = await world.order(account_id, 1)
    hanging, stop = HangingRail(), asyncio.Event()
    rounds = submitter_of(world.runtime, {"sandbox": hanging}, places=2)
    task = asyncio.create_task(rounds.pipeline.run(stop))
    await wait_for(lambda: hanging.sent == [payout.payout_id], "it is sent")
    stop.set()
    await asyncio.wait_for(task, 5)
    assert not rounds.pipeline._tasks, "it has heard that it is broken off before the stop goes on"
    assert hanging.sent == [payout.payout_id]
    assert await world.facts(payout) == ["ordered", "attempt_begun"], "as if it had died: it is asked about"
    assert await world.facts(waits_for_its_place) == ["ordered"]


async def test_what_hangs_is_broken_off_also_where_the_workers_themselves_are(plain_world: World) -> None:
    world = plain_world
    payout = await world.order(await world.account(fund=10), 1)
    hanging = HangingRail()
    rounds = submitter_of(world.runtime, {"sandbox": hanging})
    task = asyncio.create_task(rounds.pipeline.run(asyncio.Event()))
    await wait_for(lambda: hanging.sent == [payout.payout_id], "it is sent")
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not rounds.pipeline._tasks


async def test_a_stop_lets_end_what_can(plain_world: World) -> None:
    world = plain_world
    payout = await world.order(await world.account(fund=10), 1)
    hanging, stop = HangingRail(), asyncio.Event()
    task = asyncio.create_task(submitter_of(world.runtime, {"sandbox": hanging}).pipeline.run(stop))
    await wait_for(lambda: hanging.sent == [payout.payout_id], "it is sent")
    stop.set()
    hanging.goes_on.set()
    await asyncio.wait_for(task, 5)
    assert await state_of(world, payout) is State.PAID


async def test_what_comes_due_again_while_it_is_in_hand_is_not_worked_on_twice(plain_world: World) -> None:
    world = plain_world
    payout = await world.order(await world.account(fund=10), 1)
    hanging = HangingRail()
    async with running(submitter_of(world.runtime, {"sandbox": hanging})):
        await wait_for(lambda: hanging.sent == [payout.payout_id], "it is sent")
        world.clock.advance(10 * ASK_AGAIN_MS)
        due_ms = "select due_ms from work"
        before = await world.admin.fetchval(due_ms)

        async def is_taken_again() -> bool:
            return bool(await world.admin.fetchval(due_ms) != before)

        await wait_for(is_taken_again, "it is due by the list")
        assert hanging.asked == []
        hanging.goes_on.set()
        await wait_for_state(world, payout, State.PAID)


async def test_places_are_free_again_whatever_became_of_the_work(plain_world: World) -> None:
    world = plain_world
    account_id = await world.account(fund=1_000)
    rail = CountingRail()
    rounds = submitter_of(world.runtime, {"sandbox": rail}, places=4)

    async def away(_rows: object) -> None:
        raise Unavailable("planted")

    noted = rounds._note_references
    rounds._note_references = away  # type: ignore[assignment,method-assign]
    for _ in range(3):
        await world.order(account_id, 1)
    assert await rounds.run_due() == 3
    rounds._note_references = noted  # type: ignore[method-assign]
    world.clock.advance(LEASE_MS)
    assert await rounds.run_due() == 3
    rail.say_to_find = lambda payout: Accepted(f"X{payout.payout_id}")
    world.clock.advance(ASK_AGAIN_MS)
    assert await rounds.run_due() == 1, "one place for questions"
    world.clock.advance(1)
    assert await rounds.run_due() == 1


async def test_what_was_taken_is_worked_on_also_where_the_next_account_could_not_be_had(plain_world: World) -> None:
    world = plain_world
    first = await world.order(await world.account(fund=10), 1)
    world.clock.advance(1)
    second = await world.order(await world.account(fund=10), 1)
    each_by_itself = replace(world.runtime, lanes="account")
    rounds = submitter_of(each_by_itself, {"sandbox": PromptRail("sandbox")}, places=4)
    take = rounds._list.take

    async def away_for_a_moment(shares: Mapping[UUID, int], line: DueLine, lease: Lease) -> Sequence[Taken]:
        if second.account_id in shares:
            raise Unavailable("planted")
        return await take(shares, line, lease)

    rounds._list.take = away_for_a_moment  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await rounds.run_due()
    await rounds.pipeline.when_idle()
    assert await state_of(world, first) is State.PAID
    rounds._list.take = take  # type: ignore[method-assign]
    await rounds.run_due()
    assert await state_of(world, second) is State.PAID


async def test_a_line_whose_work_cannot_be_found_keeps_no_other_line_waiting(plain_world: World) -> None:
    world = plain_world
    account_id = await world.account(fund=10)
    await world.order(account_id, 1)
    await world.admin.execute("update work set rail = 'broken'")
    other = await world.order(account_id, 1)
    rounds = submitter_of(world.runtime, {name: PromptRail(name) for name in ("broken", "sandbox")})
    accounts = rounds._list.accounts

    async def broken(line: DueLine, now_ms: int, after: UUID) -> Turn:
        if line.rail == "broken":
            raise RuntimeError("planted")
        return await accounts(line, now_ms, after)

    rounds._list.accounts = broken  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await rounds.run_due()
    await rounds.pipeline.when_idle()
    assert await state_of(world, other) is State.PAID


class OneByOneRail(HangingRail):
    """Answers about those that it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: dict[int, asyncio.Event] = {}

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        assert fence.is_open()
        self.sent.append(payout.payout_id)
        await self.answered.setdefault(payout.payout_id, asyncio.Event()).wait()
        fence.has_left()
        return Paid(f"X{payout.payout_id}")


async def test_a_place_that_is_free_is_for_the_account_that_has_fewest(plain_world: World) -> None:
    world = plain_world
    busy, small = await world.account(fund=10_000), await world.account(fund=10)
    for _ in range(40):
        await world.order(busy, 1)
    rail = OneByOneRail()
    async with running(submitter_of(world.runtime, {"sandbox": rail}, places=16)):
        await wait_for(lambda: len(rail.sent) == 12, "one account has all places")
        world.clock.advance(1)
        late = [(await world.order(small, 1)).payout_id for _ in range(2)]
        for many in (13, 14):
            rail.answered[rail.sent[many - 13]].set()
            await wait_for(lambda many=many: len(rail.sent) == many, "the next one is sent")  # type: ignore[misc]
        assert sorted(rail.sent[12:]) == sorted(late)


@asynccontextmanager
async def impatient(world: World, rail: PromptRail, places: int) -> AsyncIterator[Rounds]:
    """With a clerk that does not wait long for a held account."""
    async with Database.open(world.dsn, connections=6, patience_s=0.5, lock_s=0.02) as hot:
        runtime = replace(world.runtime, clerk=Clerk(hot, world.runtime.next_id, seal_key=SEAL_KEY))
        yield submitter_of(runtime, {"sandbox": rail}, places=places)


async def who_ordered(world: World, many: int) -> UUID:
    """An account whose payouts are all due before those of the next one."""
    account_id = await world.account(fund=10_000)
    for _ in range(many):
        await world.order(account_id, 1)
    world.clock.advance(1)
    return account_id


@pytest.mark.slow  # waits for seconds
async def test_an_account_that_somebody_holds_costs_the_others_few_places(plain_world: World) -> None:
    world = plain_world
    held = await who_ordered(world, 30)
    await who_ordered(world, 30)
    rail = PromptRail("sandbox")
    async with impatient(world, rail, places=16) as rounds:

        async def sent() -> int:
            before = len(rail.submitted)
            await rounds.run_due()
            return len(rail.submitted) - before

        async with world.admin.transaction():
            await world.admin.fetch("select from accounts where account_id = $1 for update", held)
            assert await sent() == 6, "half of the places, while nobody knows"
            assert await sent() == 11, "all but one"
            assert await sent() == 11
        assert await sent() == 3, "one of the held account, and the last two"
        assert await sent() == 12, "as of any other"


ONE_TO_SEND = 2
"""Places of a rail, of which one is for questions."""


class WhoseRail(PromptRail):
    """Knows whose payouts it was sent."""

    def __init__(self) -> None:
        super().__init__("sandbox")
        self.sent_of: list[UUID] = []
        self.say_to_submit = self._paid

    def _paid(self, payout: Payout) -> Paid:
        self.sent_of.append(payout.account_id)
        return Paid(f"X{payout.payout_id}")


@pytest.mark.slow  # waits for seconds
async def test_an_account_that_was_held_and_the_others_have_the_only_place_in_turns(plain_world: World) -> None:
    world = plain_world
    held, free = await who_ordered(world, 8), await who_ordered(world, 8)
    rail = WhoseRail()
    async with impatient(world, rail, ONE_TO_SEND) as rounds:
        async with world.admin.transaction():
            await world.admin.fetch("select from accounts where account_id = $1 for update", held)
            for _ in range(5):
                assert await rounds.run_due() == 1
            assert rail.sent_of == [free, free]
        for _ in range(2):
            assert await rounds.run_due() == 1
    assert held in rail.sent_of, "it is tried also while the other has enough"


@pytest.mark.slow  # waits for seconds
@pytest.mark.parametrize("place", [0, 1])
async def test_trying_a_held_account_costs_nobody_a_turn(
    plain_world: World, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """`place`: of the held one among those whose turn it is."""
    world = plain_world
    monkeypatch.setattr(work_module, "WINDOW", 4)
    monkeypatch.setattr(work_module, "TURN", 2)
    accounts = sorted([await who_ordered(world, 8) for _ in range(4)])
    held = accounts.pop(place)
    rail = WhoseRail()
    async with impatient(world, rail, ONE_TO_SEND) as rounds, world.admin.transaction():
        await world.admin.fetch("select from accounts where account_id = $1 for update", held)
        while len(rail.sent_of) < 9:
            assert await rounds.run_due() == 1
    assert rail.sent_of == accounts * 3


@pytest.mark.slow  # waits for seconds
@pytest.mark.parametrize("noted", [("sandbox", "send"), ("", "")], ids=["ours", "older"])
async def test_work_that_somebody_else_holds_is_not_looked_for_all_the_time(
    plain_world: World, noted: tuple[str, str]
) -> None:
    world = plain_world
    await world.order(await world.account(fund=10), 1)
    await world.admin.execute("update work set rail = $1, kind = $2", *noted)
    rounds = submitter_of(world.runtime, {"sandbox": PromptRail("sandbox")})
    looks = 0
    lines = rounds._list.lines

    async def counted() -> Sequence[DueLine]:
        nonlocal looks
        looks += 1
        return await lines()

    rounds._list.lines = counted  # type: ignore[method-assign]
    async with world.admin.transaction():
        await world.admin.fetch("select from work for update")
        async with running(rounds):
            await asyncio.sleep(8 * LONGEST_PAUSE_S)
    assert 1 <= looks <= 9
