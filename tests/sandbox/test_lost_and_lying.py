"""What only a bank that is far away does, rehearsed: requests and answers that are lost, what is not found for a while,
and a bank that contradicts itself.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.attempt import SEND_WITHIN_MS, AttemptState, RailTerms, final_after_ms
from outlay.core.cases import CaseKind
from outlay.core.outcome import NotFound, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.rails.rail import NOT_SENT, Fence
from outlay.sandbox.bank import SandboxBank
from outlay.sandbox.stories import REFUSED
from tests.support.rails import FINAL_MS, SANDBOX_TERMS, open_fence, submitter_of
from tests.support.world import World

DELAY_MS = 2_000
FUNDS = 100_000
SENT = ["ordered", "attempt_begun", "attempt_unknown"]


class Sandbox:
    """A bank and a submitter in one world."""

    def __init__(self, world: World, delay_ms: int = DELAY_MS, terms: RailTerms = SANDBOX_TERMS) -> None:
        self.world = world
        self.bank = SandboxBank(world.runtime, delay_ms, terms)
        self.submitter = submitter_of(world.runtime, {"sandbox": self.bank}, "worker")

    async def sent(self, amount_minor: int) -> Payout:
        payout = await self.world.order(await self.world.account(fund=FUNDS), amount_minor)
        await self.submitter.run_due()
        return await self.world.payout(payout)

    async def run_for(self, ms: int, step_ms: int = 500) -> None:
        for _ in range(0, ms, step_ms):
            self.world.clock.advance(step_ms)
            await self.submitter.run_due()
            await self.bank.deliver_due()


async def test_a_request_that_was_lost_is_sent_again_and_paid_once(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_91)
    assert payout.attempts[0].state is AttemptState.UNKNOWN
    await sandbox.run_for(FINAL_MS - 500)
    assert await world.facts(payout) == SENT, "until nothing can be on its way"
    assert await world.count("bank_orders") == 0
    await sandbox.run_for(FINAL_MS)
    facts = ["not_found", "not_found", "sent_again", "attempt_accepted", "paid"]
    assert await world.facts(payout) == [*SENT, *facts]
    assert await world.books(payout.account_id) == {
        "funding": -FUNDS,
        "available": FUNDS - 20_91,
        "clearing:sandbox": 20_91,
    }


async def test_a_lost_request_was_no_request_behind_a_closed_fence(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_91)
    closed, opened = Fence(SANDBOX_TERMS, lambda: 10**9, 0), open_fence()
    assert await sandbox.bank.send(payout, payout.attempts[0], closed) is NOT_SENT
    assert isinstance(await sandbox.bank.send(payout, payout.attempts[0], opened), Unknown)
    assert (closed.left_ms, opened.left_ms) == (None, 0)
    world.books_are_wrong_on_purpose = True


async def test_what_was_paid_without_an_answer_is_known_when_it_is_asked_about(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_92)
    assert await world.facts(payout) == SENT
    assert await world.count("bank_messages") == 0, "the bank tells nothing by itself"
    await sandbox.run_for(6_000)
    assert await world.facts(payout) == [*SENT, "paid"]
    assert len((await world.payout(payout)).attempts[0].sends) == 1


async def test_what_the_bank_does_not_find_for_three_delays_is_neither_failed_nor_sent_again(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_93)
    attempt = payout.attempts[0]
    world.clock.advance(3 * DELAY_MS - 1)
    assert isinstance(await sandbox.bank.ask(payout, attempt), NotFound)
    world.clock.advance(1)
    assert isinstance(await sandbox.bank.ask(payout, attempt), Paid)
    world.clock.advance(-3 * DELAY_MS)
    await sandbox.run_for(3 * DELAY_MS - 500)
    now = await world.payout(payout)
    assert (now.state, now.attempts[0].questions) == (State.PROCESSING, 1)
    await sandbox.run_for(6_000)
    assert await world.facts(payout) == [*SENT, "paid"]


@pytest.mark.parametrize("finality_ms", [0, 30_000])
async def test_the_bank_denies_nothing_for_longer_than_its_terms_allow(world: World, finality_ms: int) -> None:
    """However long its delays are: a "not found" that counts is true."""
    terms = RailTerms("sandbox", refuses_duplicates=True, finality_ms=finality_ms)
    sandbox = Sandbox(world, 10**6, terms)
    payout = await sandbox.sent(20_93)
    attempt = payout.attempts[0]
    assert attempt.final_ms == world.clock() + SEND_WITHIN_MS + final_after_ms(terms)
    world.clock.advance(final_after_ms(terms) - 1)
    assert isinstance(await sandbox.bank.ask(payout, attempt), NotFound)
    await sandbox.run_for(FINAL_MS)
    assert await world.facts(payout) == [*SENT, "paid"]


async def test_a_bank_that_refuses_and_pays_all_the_same_moves_no_money_and_opens_a_case(world: World) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_94)
    assert payout.state is State.FAILED
    assert payout.failure == REFUSED
    assert await sandbox.bank.ask(payout, payout.attempts[0]) == Refused(REFUSED), "it means what it says, for now"
    await sandbox.run_for(DELAY_MS)
    now = await world.payout(payout)
    assert now.state is State.FAILED
    assert [case.kind for case in now.cases] == [CaseKind.PAID_AFTER_FAILED]
    assert await world.books(payout.account_id) == {"funding": -FUNDS, "available": FUNDS}
    assert isinstance(await sandbox.bank.ask(payout, payout.attempts[0]), Paid)


@pytest.mark.parametrize("ending", [92, 93])
async def test_what_was_taken_without_an_answer_and_comes_again_is_answered_and_paid_once(
    world: World, ending: int
) -> None:
    sandbox = Sandbox(world)
    payout = await sandbox.sent(20_00 + ending)
    attempt = payout.attempts[0]
    second = replace(attempt, sends=(*attempt.sends, replace(attempt.sends[0], number=2)))
    assert isinstance(await sandbox.bank.send(payout, second, open_fence()), Paid)
    assert await world.count("bank_orders") == 1
    await sandbox.run_for(12_000)
    assert await world.facts(payout) == [*SENT, "paid"]
