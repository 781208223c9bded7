"""Stories that take hours and days: nothing of them happens before its time, and all of it when the clock is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from outlay.core.asks import Claim, WholeOrder
from outlay.core.outcome import FailureReason
from outlay.core.payout import Payout
from outlay.core.progress import Standing, State
from outlay.sandbox.bank import NotPossible, SandboxBank
from outlay.sandbox.stories import DAY_MS, HOUR_MS, REFUSALS, Deed, story_of
from outlay.service.merchant.order_payout import order_batch
from tests.support.callers import trusted
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.world import World, digest, order_ask

DELAY_MS = 1000
FUNDS = 100_000
REASONS = {
    54: FailureReason.WRONG_ACCOUNT_NUMBER,
    55: FailureReason.WRONG_DOCUMENT,
    56: FailureReason.REPEATED_FAILURES,
    57: FailureReason.REQUEST_REJECTED,
    58: FailureReason.RAIL_FAULT,
    59: FailureReason.RAIL_OUT_OF_FUNDS,
    61: FailureReason.ACCOUNT_FROZEN,
    62: FailureReason.ACCOUNT_ABNORMAL,
    63: FailureReason.LIMIT_EXCEEDED,
    64: FailureReason.AMOUNT_OUTSIDE_LIMITS,
    65: FailureReason.RAIL_UNSTABLE,
    66: FailureReason.WRONG_DETAILS,
    67: FailureReason.WRONG_METHOD,
    68: FailureReason.BANK_UNSUPPORTED,
    69: FailureReason.SENT_BACK,
    71: FailureReason.ACCOUNT_NOT_FOUND,
    72: FailureReason.OTHER,
    73: FailureReason.OTHER,
    75: FailureReason.OTHER,
    76: FailureReason.DECIDED_BY_HAND,
}
# The last two digits of the amount: after how long what becomes of the payout, and what has come back of 5000 + it.
STORIES: dict[int, Sequence[tuple[int, Standing, Sequence[int]]]] = {
    69: [(2 * DELAY_MS, Standing.FAILED, [])],
    75: [(2 * HOUR_MS, Standing.FAILED, [])],
    84: [(DELAY_MS, Standing.PAID, []), (DELAY_MS + 2 * DAY_MS, Standing.RETURNED, [5084])],
    85: [
        (DELAY_MS, Standing.PAID, []),
        (DELAY_MS + 6 * HOUR_MS, Standing.PARTLY_RETURNED, [2542]),
        (DELAY_MS + 3 * DAY_MS, Standing.RETURNED, [2542, 2543]),
    ],
    86: [(HOUR_MS, Standing.PAID, [])],
}


class Sandbox:
    """A bank and a submitter in one world, and merchants with money."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = SandboxBank(world.runtime, DELAY_MS, SANDBOX_TERMS)
        self.submitter = submitter_of(world.runtime, {"sandbox": self.bank}, "worker")

    async def sent(self, amount_minor: int) -> Payout:
        payout = await self.world.order(await self.world.account(fund=FUNDS), amount_minor)
        await self.submitter.run_due()
        return payout

    async def at(self, ms: int) -> None:
        """Play what is due at this time."""
        self.world.clock.now = ms
        while await self.submitter.run_due() + await self.bank.deliver_due():
            pass


def what_came_back(payout: Payout) -> Sequence[int]:
    return [back.amount_minor for back in payout.returns]


@pytest.mark.parametrize("ending", STORIES)
async def test_a_late_story_keeps_its_times(plain_world: World, ending: int) -> None:
    sandbox = Sandbox(plain_world)
    start = plain_world.clock()
    payout = await sandbox.sent(5000 + ending)
    before: tuple[Standing, Sequence[int]] = (Standing.PROCESSING, [])
    for after_ms, standing, returned in STORIES[ending]:
        await sandbox.at(start + after_ms - 1)
        now = await plain_world.payout(payout)
        assert (now.standing, what_came_back(now)) == before
        await sandbox.at(start + after_ms)
        now = await plain_world.payout(payout)
        assert (now.standing, what_came_back(now)) == (standing, returned)
        before = (standing, returned)
    assert await plain_world.count("bank_messages") == 0


@pytest.mark.parametrize("ending", STORIES)
async def test_one_jump_of_the_clock_tells_a_late_story_whole_and_in_order(world: World, ending: int) -> None:
    sandbox = Sandbox(world)
    start = world.clock()
    payout = await sandbox.sent(5000 + ending)
    await sandbox.at(start + 4 * DAY_MS)
    now = await world.payout(payout)
    _, standing, returned = STORIES[ending][-1]
    assert (now.standing, what_came_back(now)) == (standing, returned)
    facts = await world.facts(payout)
    paid = [] if standing is Standing.FAILED else ["paid"]
    failed = ["failed"] if standing is Standing.FAILED else []
    assert facts == ["ordered", "attempt_begun", "attempt_accepted", *paid, *failed, *["returned"] * len(returned)]


@pytest.mark.parametrize(("ending", "reason"), REASONS.items())
async def test_each_failure_has_a_reason_and_says_it_in_words(
    plain_world: World, ending: int, reason: FailureReason
) -> None:
    sandbox = Sandbox(plain_world)
    start = plain_world.clock()
    payout = await sandbox.sent(100 + ending)
    await sandbox.at(start + DAY_MS)
    now = await plain_world.payout(payout)
    assert now.state is State.FAILED
    assert now.failure is not None
    assert now.failure.reason is reason
    assert now.failure.text
    assert now.attempt is not None
    # What the bank answers when it is asked later is what it told.
    assert getattr(await sandbox.bank.ask(now, now.attempt), "failure", None) == now.failure


async def test_every_reason_that_a_bank_can_have_is_rehearsed() -> None:
    assert set(REASONS.values()) == set(FailureReason) - {FailureReason.REVIEW_REJECTED}


async def test_no_two_refusals_say_the_same() -> None:
    assert len({failure.text for failure in REFUSALS.values()}) == len(REFUSALS)


async def test_every_ending_leads_somewhere_and_returns_no_more_than_was_paid() -> None:
    for amount in [*range(1, 100), *range(12_300, 12_400)]:
        story = story_of("BRL", amount)
        messages = [message for _, message in story.messages(0, DELAY_MS)]
        back = sum(message.amount_minor for message in messages if message.deed is Deed.RETURN)
        assert 0 <= back <= amount
        assert (story.refusal is None) or not messages or amount % 100 == 94
        assert messages or story.refusal is not None or story.pays_silently or amount % 100 == 74
        times = [due_ms for due_ms, _ in story.messages(0, DELAY_MS)]
        assert times == sorted(times)


async def test_a_batch_has_a_story_for_each_of_its_payouts(world: World) -> None:
    sandbox = Sandbox(world)
    account_id = await world.account(fund=FUNDS)
    endings = (0, 61, 69, 75, 84, 85, 86)
    orders: Any = tuple(order_ask(5000 + ending, f"detail-{ending}").order for ending in endings)
    claim = Claim("batch", "batch", digest("batch"))
    answer = await order_batch(world.runtime, trusted(account_id), claim, orders)
    assert isinstance(answer, WholeOrder)
    start = world.clock()
    await sandbox.at(start)
    await sandbox.at(start + 2 * DELAY_MS)
    assert await standings(world, answer) == {
        0: Standing.PAID,
        61: Standing.FAILED,
        69: Standing.FAILED,
        75: Standing.PROCESSING,
        84: Standing.PAID,
        85: Standing.PAID,
        86: Standing.PROCESSING,
    }
    await sandbox.at(start + 7 * HOUR_MS)
    later = await standings(world, answer)
    assert (later[75], later[85], later[86]) == (Standing.FAILED, Standing.PARTLY_RETURNED, Standing.PAID)
    await sandbox.at(start + 4 * DAY_MS)
    assert await standings(world, answer) == {
        0: Standing.PAID,
        61: Standing.FAILED,
        69: Standing.FAILED,
        75: Standing.FAILED,
        84: Standing.RETURNED,
        85: Standing.RETURNED,
        86: Standing.PAID,
    }
    assert await world.count("bank_messages") == 0


async def standings(world: World, answer: WholeOrder) -> dict[int, Standing]:
    """By the last two digits of the amount."""
    now = [await world.payout(payout) for payout in answer.payouts]
    return {payout.amount_minor % 100: payout.standing for payout in now}


async def test_a_person_can_bring_a_held_payout_forward_but_not_release_it(plain_world: World) -> None:
    sandbox = Sandbox(plain_world)
    start = plain_world.clock()
    payout = await plain_world.payout(await sandbox.sent(5086))
    with pytest.raises(NotPossible, match="not holding"):
        await sandbox.bank.release(payout)
    await sandbox.bank.pay(payout)
    await sandbox.at(start + DAY_MS)
    assert (await plain_world.facts(payout)).count("paid") == 1
