"""The sandbox bank: every story from order to end, every message told twice, and a person who takes over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.core.attempt import RailTerms
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Objection
from outlay.sandbox import bank as bank_module
from outlay.sandbox.bank import LEASE_MS, NotPossible, SandboxBank
from outlay.sandbox.stories import DAY_MS, REFUSALS, story_of
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.store.bank import BankMemory, BankMessage
from outlay.store.database import Unavailable
from tests.support.rails import ASK_AGAIN_MS, SANDBOX_TERMS, open_fence, submitter_of
from tests.support.world import World, at_once

DELAY_MS = 1000
SENT = ["ordered", "attempt_begun"]
TAKEN = [*SENT, "attempt_accepted"]
# The last two digits of the amount: the facts of the whole story, the state at its end, what came back of 5000 + it.
STORIES: dict[int, tuple[list[str], State, Sequence[int]]] = {
    **dict.fromkeys(range(54, 60), ([*SENT, "failed"], State.FAILED, [])),
    61: ([*SENT, "failed"], State.FAILED, []),
    62: ([*SENT, "failed"], State.FAILED, []),
    63: ([*SENT, "failed"], State.FAILED, []),
    64: ([*SENT, "failed"], State.FAILED, []),
    65: ([*SENT, "failed"], State.FAILED, []),
    66: ([*SENT, "failed"], State.FAILED, []),
    67: ([*SENT, "failed"], State.FAILED, []),
    68: ([*SENT, "failed"], State.FAILED, []),
    69: ([*TAKEN, "failed"], State.FAILED, []),
    71: ([*SENT, "failed"], State.FAILED, []),
    72: ([*SENT, "failed"], State.FAILED, []),
    73: ([*TAKEN, "failed"], State.FAILED, []),
    74: (TAKEN, State.PROCESSING, []),
    81: ([*TAKEN, "paid", "returned"], State.PAID, [5081]),
    82: ([*TAKEN, "paid", "returned", "returned"], State.PAID, [2541, 2541]),
    83: ([*TAKEN, "paid", "returned"], State.PAID, [2541]),
    76: ([*TAKEN, "failed"], State.FAILED, []),
    87: ([*TAKEN, "paid", "returned"], State.PAID, [5087]),
    53: ([*TAKEN, "paid"], State.PAID, []),
    60: ([*TAKEN, "paid"], State.PAID, []),
    70: ([*TAKEN, "paid"], State.PAID, []),
    77: ([*TAKEN, "paid"], State.PAID, []),
    80: ([*TAKEN, "paid"], State.PAID, []),
    88: ([*TAKEN, "paid"], State.PAID, []),
    0: ([*TAKEN, "paid"], State.PAID, []),
    99: ([*TAKEN, "paid"], State.PAID, []),
    90: ([*TAKEN, "paid"], State.PAID, []),
    95: ([*TAKEN, "paid"], State.PAID, []),
}


class Sandbox:
    """A bank and a submitter in one world; `funds` is what the one account starts with."""

    funds = 100_000

    def __init__(self, world: World, delay_ms: int = 0) -> None:
        self.world = world
        self.bank = SandboxBank(world.runtime, delay_ms, SANDBOX_TERMS)
        self.submitter = submitter_of(world.runtime, {"sandbox": self.bank}, "worker")

    async def order(self, amount_minor: int) -> Payout:
        account_id = await self.world.account(fund=self.funds)
        return await self.world.order(account_id, amount_minor)

    async def sent(self, amount_minor: int) -> Payout:
        payout = await self.order(amount_minor)
        await self.submitter.run_due()
        return await self.world.payout(payout)

    async def play_out(self) -> None:
        """Until nothing is due any more."""
        while await self.submitter.run_due() + await self.bank.deliver_due():
            pass

    async def check_end(self, payout: Payout, ending: int) -> None:
        facts, state, returns = STORIES[ending]
        now = await self.world.payout(payout)
        assert await self.world.facts(payout) == facts
        assert now.state is state
        assert [returned.amount_minor for returned in now.returns] == list(returns)
        assert [returned.by_decision for returned in now.returns] == [ending == 87] * len(returns)
        back = self.funds if state is State.FAILED else self.funds - payout.amount_minor + sum(returns)
        assert (await self.world.books(payout.account_id)).get("available", 0) == back


@pytest.mark.parametrize("ending", STORIES)
async def test_a_story_from_order_to_end(plain_world: World, ending: int) -> None:
    """One by one, on the plain schema; all at once below, on both."""
    sandbox = Sandbox(plain_world)
    payout = await sandbox.order(5000 + ending)
    await sandbox.play_out()
    await sandbox.check_end(payout, ending)
    assert await plain_world.count("bank_messages") == 0


async def test_all_stories_at_once(world: World) -> None:
    sandbox = Sandbox(world)
    payouts = {ending: await sandbox.order(5000 + ending) for ending in STORIES}
    await sandbox.play_out()
    for ending, payout in payouts.items():
        await sandbox.check_end(payout, ending)


async def test_what_the_bank_says_of_a_refusal(world: World) -> None:
    sandbox = Sandbox(world)
    for ending, failure in REFUSALS.items():
        payout = await sandbox.sent(5000 + ending)
        assert payout.failure == failure
        assert payout.attempt is not None
        assert await sandbox.bank.ask(payout, payout.attempt) == Refused(failure)


async def test_the_payouts_own_currency_chooses_and_its_parts_can_be_written_in_it(world: World) -> None:
    for currency, amount_minor, parts in (
        ("IDR", 10085_00, [5042_00, 5043_00]),
        ("USDT", 10_850_000, [5_420_000, 5_430_000]),
        ("BRL", 10085_00, []),
    ):
        account_id = await world.account(fund=10**9, currency=currency)
        payout = await world.order(account_id, amount_minor, currency=currency)
        sandbox = Sandbox(world)
        await sandbox.play_out()
        world.clock.advance(3 * DAY_MS)
        await sandbox.play_out()
        now = await world.payout(payout)
        assert [back.amount_minor for back in now.returns] == parts
        assert (await world.books(account_id, currency))["available"] == 10**9 - amount_minor + sum(parts)


async def test_each_step_of_a_story_takes_a_delay(plain_world: World) -> None:
    sandbox = Sandbox(plain_world, DELAY_MS)
    payout = await sandbox.sent(5082)
    start = plain_world.clock()
    told: list[tuple[int, int]] = []
    for ms in range(0, 4 * DELAY_MS, DELAY_MS // 4):
        plain_world.clock.now = start + ms
        if delivered := await sandbox.bank.deliver_due():
            told.append((ms, delivered))
    assert told == [(DELAY_MS, 1), (2 * DELAY_MS, 1), (3 * DELAY_MS, 1)]
    await sandbox.check_end(payout, 82)


async def test_the_next_messages_time_is_told(plain_world: World) -> None:
    sandbox = Sandbox(plain_world, DELAY_MS)
    assert await sandbox.bank.next_due_ms() is None
    await sandbox.sent(5000)
    assert await sandbox.bank.next_due_ms() == plain_world.clock() + DELAY_MS


async def test_a_message_that_overtakes_the_answer_to_the_order_is_believed(world: World) -> None:
    """The bank pays, and tells, before the submitter has recorded that the order was taken."""
    sandbox = Sandbox(world)
    payout = await sandbox.order(5000)
    begun = await move_payout(world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
    assert isinstance(begun, Moved)
    assert begun.payout.attempt is not None
    outcome = await sandbox.bank.send(begun.payout, begun.payout.attempt, open_fence())
    await sandbox.bank.deliver_due()
    assert isinstance(outcome, Accepted)
    await move_payout(world.runtime, payout.account_id, payout.payout_id, Heard(1, outcome, Source.SEND))
    assert await world.facts(payout) == [*SENT, "paid"]


async def test_the_bank_refuses_duplicates(world: World) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    payout = await sandbox.sent(5000)
    assert payout.attempt is not None
    again = await at_once(*(sandbox.bank.send(payout, payout.attempt, open_fence()) for _ in range(5)))
    assert len(set(map(repr, again))) == 1
    assert isinstance(again[0], Accepted)
    assert await world.count("bank_orders") == await world.count("bank_messages") == 1
    world.clock.advance(DELAY_MS)
    await sandbox.play_out()
    assert isinstance(await sandbox.bank.send(payout, payout.attempt, open_fence()), Paid)
    assert await world.count("bank_messages") == 0
    await sandbox.check_end(payout, 0)


# Crashes


@pytest.mark.parametrize("ending", [69, 73, 76, 81, 82, 83, 87, 0])
async def test_every_message_told_twice_changes_nothing(
    world: World, ending: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after the telling, before the message was struck off: once for every message."""
    crashed: set[tuple[Any, ...]] = set()
    strike_off = BankMemory.forget

    async def crash_first(memory: BankMemory, message: BankMessage) -> None:
        key = (message.order.reference, message.number)
        if key not in crashed:
            crashed.add(key)
            raise Unavailable("crash")
        await strike_off(memory, message)

    monkeypatch.setattr(BankMemory, "forget", crash_first)
    sandbox = Sandbox(world)
    payout = await sandbox.order(5000 + ending)
    for _ in range(10):
        await sandbox.play_out()
        world.clock.advance(LEASE_MS)
    assert len(crashed) == len(story_of("BRL", 5000 + ending).later)
    assert await world.count("bank_messages") == 0
    await sandbox.check_end(payout, ending)


@pytest.mark.parametrize("ending", [73, 76, 82, 87, 0])
async def test_a_crash_between_doing_and_telling_is_made_good(
    world: World, ending: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    tell = bank_module.move_payout

    async def crash_every_other(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 2:
            raise Unavailable("crash")
        return await tell(*arguments)

    monkeypatch.setattr(bank_module, "move_payout", crash_every_other)
    sandbox = Sandbox(world)
    payout = await sandbox.order(5000 + ending)
    for _ in range(10):
        await sandbox.play_out()
        world.clock.advance(LEASE_MS)
    assert calls == 2 * len(story_of("BRL", 5000 + ending).later)
    await sandbox.check_end(payout, ending)


async def test_a_message_that_fails_does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    payouts = [await sandbox.sent(amount) for amount in (5000, 5001, 5002)]
    world.clock.advance(DELAY_MS)
    tell = bank_module.move_payout

    async def fails_for_one(runtime: Any, account_id: Any, payout_id: int, event: Any) -> Any:
        if payout_id == payouts[1].payout_id:
            raise Unavailable("planted")
        return await tell(runtime, account_id, payout_id, event)

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(bank_module, "move_payout", fails_for_one)
        assert await sandbox.bank.deliver_due() == 3
        # At once, or within the second for which one was told before.
        while not any("planted" in line["error"] for line in logs):  # noqa: ASYNC110 (a log tells nobody)
            await asyncio.sleep(0.01)
    assert {(line["event"], line["worker"]) for line in logs} == {("database unavailable", "sandbox")}
    states = [(await world.payout(payout)).state for payout in payouts]
    assert states == [State.PAID, State.PROCESSING, State.PAID]
    world.clock.advance(LEASE_MS)
    assert await sandbox.bank.deliver_due() == 1
    assert (await world.payout(payouts[1])).state is State.PAID


async def test_messages_that_meet_a_database_that_is_away_are_told_by_health_and_not_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    faults: list[Exception] = [Unavailable("gone"), Unavailable("gone"), RuntimeError("ours")]
    for cent in range(len(faults)):
        await sandbox.sent(5000 + cent)
    world.clock.advance(DELAY_MS)

    async def fails(*_: Any) -> Any:
        raise faults.pop()

    monkeypatch.setattr(bank_module, "move_payout", fails)
    with capture_logs() as lines:
        assert await sandbox.bank.deliver_due() == 3
    assert [line["error"] for line in lines if line["event"] == "sandbox message not delivered"] == [
        "RuntimeError('ours')"
    ]
    assert world.runtime.health.unready(), "whoever asks hears of it"


async def test_two_banks_on_one_database_tell_each_message_once(world: World) -> None:
    sandbox = Sandbox(world)
    payouts = [await sandbox.order(5082) for _ in range(12)]
    await sandbox.submitter.run_due()
    banks = [SandboxBank(await world.process(), 0, SANDBOX_TERMS) for _ in range(3)]
    told = 0
    while delivered := sum(await at_once(*(bank.deliver_due() for bank in banks))):
        told += delivered
    assert told == 3 * len(payouts)
    for payout in payouts:
        await sandbox.check_end(payout, 82)


async def test_if_a_message_never_comes_the_bank_is_asked(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(5000)
    await world.admin.execute("delete from bank_messages; update bank_orders set state = 'paid'")
    world.clock.advance(ASK_AGAIN_MS)
    await sandbox.submitter.run_due()
    await sandbox.check_end(payout, 0)


@pytest.mark.parametrize("ending", [0, 69, 73, 76, 82])
async def test_what_the_bank_tells_comes_with_its_terms_and_ends_as_it_would_without(
    world: World, ending: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that also a refusal that comes late may send the money over another rail; where there is none it is an end."""
    heard: list[Heard] = []
    tell = bank_module.move_payout

    async def listen(runtime: Any, account_id: Any, payout_id: int, event: Heard) -> Any:
        heard.append(event)
        return await tell(runtime, account_id, payout_id, event)

    monkeypatch.setattr(bank_module, "move_payout", listen)
    terms = RailTerms("sandbox", refuses_duplicates=True, elsewhere=frozenset(FailureReason))
    sandbox = Sandbox(world)
    sandbox.bank = SandboxBank(world.runtime, 0, terms)
    payout = await sandbox.sent(5000 + ending)
    await sandbox.play_out()
    assert [event.rail for event in heard] == [terms] * len(story_of("BRL", 5000 + ending).later)
    await sandbox.check_end(payout, ending)


# By hand


async def test_pay_by_hand_comes_before_its_time_and_ends_the_story(world: World) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    payout = await sandbox.sent(5081)
    moved = await sandbox.bank.pay(payout)
    assert isinstance(moved, Moved)
    assert moved.payout.state is State.PAID
    world.clock.advance(10 * DELAY_MS)
    await sandbox.play_out()
    assert await world.facts(payout) == [*TAKEN, "paid"], "no return: a person has taken over"
    with pytest.raises(NotPossible, match="has paid this payout already"):
        await sandbox.bank.pay(payout)
    with pytest.raises(NotPossible, match="has paid this payout already"):
        await sandbox.bank.fail(payout)


async def test_fail_by_hand(world: World) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    payout = await sandbox.sent(5000)
    moved = await sandbox.bank.fail(payout)
    assert isinstance(moved, Moved)
    assert moved.payout.failure == Failure(FailureReason.OTHER, "The payment was failed by hand")
    world.clock.advance(10 * DELAY_MS)
    await sandbox.play_out()
    assert await world.facts(payout) == [*TAKEN, "failed"]
    with pytest.raises(NotPossible, match="has refused this payout already"):
        await sandbox.bank.pay(payout)


async def test_only_what_the_bank_holds_is_released(world: World) -> None:
    sandbox = Sandbox(world, DELAY_MS)
    held, other = await sandbox.sent(5074), await sandbox.sent(5000)
    with pytest.raises(NotPossible, match="not holding"):
        await sandbox.bank.release(other)
    moved = await sandbox.bank.release(held)
    assert isinstance(moved, Moved)
    assert moved.payout.state is State.PAID
    with pytest.raises(NotPossible, match="not holding"):
        await sandbox.bank.release(held)


async def test_returns_by_hand_are_numbered_and_never_more_than_was_paid(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(5000)
    assert await sandbox.bank.give_back(payout, 100, None) is Objection.NOT_PAID
    await sandbox.play_out()

    async def give_back(amount_minor: int, number: int | None = None) -> Moved | No:
        return await sandbox.bank.give_back(await world.payout(payout), amount_minor, number)

    first, second = await give_back(2000), await give_back(1000)
    assert isinstance(first, Moved)
    assert isinstance(second, Moved)
    assert [returned.number for returned in second.payout.returns] == ["R1", "R2"]
    repeated = await give_back(1000, 2)
    assert isinstance(repeated, Moved)
    assert not repeated.changed
    assert await give_back(999, 2) is Objection.RETURN_CONFLICT
    assert await give_back(2001) is Objection.RETURN_EXCEEDS_PAID
    assert isinstance(await give_back(2000), Moved)
    assert (await world.payout(payout)).returned_minor == 5000


async def test_money_is_given_back_by_decision_only_where_it_is_said(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(100_000)
    await sandbox.play_out()

    async def give_back(amount_minor: int, number: int | None = None, *, by_decision: bool) -> Moved:
        now = await world.payout(payout)
        moved = await sandbox.bank.give_back(now, amount_minor, number, by_decision=by_decision)
        assert isinstance(moved, Moved)
        return moved

    await give_back(50_000, by_decision=True)
    await give_back(20_000, by_decision=False)
    for number, amount_minor in ((1, 50_000), (2, 20_000)):
        for by_decision in (True, False):
            assert not (await give_back(amount_minor, number, by_decision=by_decision)).changed
    now = await world.payout(payout)
    assert [(back.amount_minor, back.by_decision) for back in now.returns] == [(50_000, True), (20_000, False)]
    assert await world.facts(payout) == [*TAKEN, "paid", "returned", "returned"]


async def test_what_was_never_sent_is_not_known_to_the_bank(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.order(5000)
    for deed in (sandbox.bank.pay, sandbox.bank.fail, sandbox.bank.release):
        with pytest.raises(NotPossible, match="never sent there"):
            await deed(payout)


async def test_a_person_and_a_story_at_once_leave_bank_and_books_of_one_mind(world: World) -> None:
    chance = random.Random(5)
    sandbox = Sandbox(world)
    payouts = [await sandbox.order(5000) for _ in range(16)]
    await sandbox.submitter.run_due()
    other = SandboxBank(await world.process(), 0, SANDBOX_TERMS)
    work: list[Any] = [other.fail(await world.payout(payout)) for payout in payouts]
    work.insert(chance.randrange(len(work)), sandbox.bank.deliver_due())
    await at_once(*work)
    world.clock.advance(LEASE_MS)
    await sandbox.play_out()
    for payout in payouts:
        now = await world.payout(payout)
        assert now.attempt is not None
        assert now.state in (State.PAID, State.FAILED)
        said = await sandbox.bank.ask(now, now.attempt)
        assert isinstance(said, Paid if now.state is State.PAID else Refused)


async def test_a_person_who_is_faster_than_a_message_under_way_wins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(5000)
    set_state = BankMemory.set_state

    async def a_person_is_faster(*arguments: Any) -> bool:
        monkeypatch.undo()
        await SandboxBank(world.runtime, 0, SANDBOX_TERMS).fail(payout)
        return await set_state(*arguments)

    monkeypatch.setattr(BankMemory, "set_state", a_person_is_faster)
    assert await sandbox.bank.deliver_due() == 1
    now = await world.payout(payout)
    assert now.state is State.FAILED
    assert now.attempt is not None
    assert isinstance(await sandbox.bank.ask(now, now.attempt), Refused)
    assert await world.count("bank_messages") == 0
