"""The control of the suite: for each case a sandbox bank that breaks one promise. That case notices, and no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from outlay.core.attempt import Attempt
from outlay.core.outcome import Accepted, NotFound, Outcome, Paid, Refused
from outlay.core.payout import Payout
from outlay.core.refusal import No, Refusal
from outlay.rails.rail import NOT_SENT, Fence
from outlay.sandbox.bank import NO_ANSWER, SandboxBank
from outlay.sandbox.stories import REFUSED, Deed, Lost, Message, Story, story_of
from outlay.service.engine.move_payout import Moved
from outlay.store.bank import BankOrder
from tests.rails.exercise import CASES, Situation, play
from tests.rails.sandbox_bench import AMOUNTS, SandboxBench
from tests.support.rails import open_fence
from tests.support.world import World

pytestmark = pytest.mark.slow

NO = Refused(REFUSED)


def story(payout: Payout) -> Story:
    return story_of(payout.currency, payout.amount_minor)


class CallsItOtherwiseLater(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        said = await super().ask(payout, attempt)
        return Paid("X") if isinstance(said, Paid) and attempt.rail_references else said


class KnowsWhatWasNeverSent(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        return await super().ask(payout, attempt) if attempt.sends else Accepted("X")


class LosesItAgain(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        if story(payout).lost is not Lost.REQUEST:
            return await super().send(payout, attempt, fence)
        return NO_ANSWER if fence.is_open() else NOT_SENT


class ForgetsWhatItTook(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        is_forgotten = payout.amount_minor == AMOUNTS[Situation.LOST_ANSWER]
        return NotFound() if is_forgotten else await super().ask(payout, attempt)


class RaisesWhatItDoesNotKnow(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        said = await super().send(payout, attempt, fence)
        if said == NO_ANSWER:
            raise OSError("no answer")
        return said


class CallsRefusedWhatItDoesNotFind(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        said = await super().ask(payout, attempt)
        return NO if said == NotFound() and story(payout).hidden_delays else said


class NeverFindsIt(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        return NotFound() if story(payout).hidden_delays else await super().ask(payout, attempt)


class PaysDuplicates(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        is_known = await self.ask(payout, attempt) != NotFound()
        said = await super().send(payout, attempt, fence)
        if is_known:
            await self._runtime.database.execute(
                "insert into bank_orders select account_id, reference || clock_timestamp(), payout_id, attempt_number,"
                " bank_reference, currency, amount_minor, 'paid', null, null, accepted_ms from bank_orders"
                " where account_id = $1 and reference = $2",
                payout.account_id,
                attempt.reference,
            )
        return said


class PaysWhatItRefused(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        said = await super().send(payout, attempt, fence)
        if story(payout).state == "refused":
            await self._runtime.database.execute(
                "update bank_orders set state = 'paid' where account_id = $1 and reference = $2",
                payout.account_id,
                attempt.reference,
            )
        return said


class TakesItsRefusalBack(SandboxBank):
    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        said = await super().ask(payout, attempt)
        return Accepted("X") if isinstance(said, Refused) and not story(payout).later else said


class KeepsHalfOfAReturn(SandboxBank):
    async def _carry_out(self, order: BankOrder, message: Message, evidence: str) -> Moved | No:
        if message.deed is Deed.RETURN:
            message = replace(message, amount_minor=message.amount_minor // 2)
        return await super()._carry_out(order, message, evidence)


class CallsRefusedWhatWasCut(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        try:
            return await super().send(payout, attempt, fence)
        except asyncio.CancelledError:
            return NO


class CallsRefusedWhatTakesLong(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        said = await super().send(payout, attempt, fence)
        database: Any = self._runtime.database
        return NO if database.line.is_reached.is_set() else said


class PaysInSecret(SandboxBank):
    async def _carry_out(self, order: BankOrder, message: Message, evidence: str) -> Moved | No:
        if order.failure_reason is None:
            return await super()._carry_out(order, message, evidence)
        await self._execute(order, "paid")
        return Refusal.PAYOUT_NOT_FOUND


class IgnoresTheFence(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        return await super().send(payout, attempt, open_fence())


class DoesNotTellTheFence(SandboxBank):
    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        return await super().send(payout, attempt, open_fence()) if fence.is_open() else NOT_SENT


BROKEN: list[tuple[type[SandboxBank], str]] = [
    (CallsItOtherwiseLater, "create"),
    (KnowsWhatWasNeverSent, "ask"),
    (LosesItAgain, "lose the request"),
    (ForgetsWhatItTook, "lose the answer"),
    (RaisesWhatItDoesNotKnow, "never raise"),
    (CallsRefusedWhatItDoesNotFind, "not found for a while"),
    (NeverFindsIt, "not found for a while"),
    (PaysDuplicates, "duplicate"),
    (PaysWhatItRefused, "refuse"),
    (TakesItsRefusalBack, "refuse"),
    (KeepsHalfOfAReturn, "return"),
    (CallsRefusedWhatWasCut, "hang"),
    (CallsRefusedWhatTakesLong, "slow"),
    (PaysInSecret, "contradict"),
    (IgnoresTheFence, "fence"),
    (DoesNotTellTheFence, "fence"),
]


async def failing(world: World, kind: type[SandboxBank]) -> set[str]:
    """The cases that this bank does not stand. One world for all of them: each has an account of its own, and what one
    of them has left undone is taken off the lists."""
    bench = type("Broken", (SandboxBench,), {"kind": kind})
    failed = set()
    for name in CASES:
        try:
            with capture_logs():
                await play(world, bench, name)
        except (AssertionError, OSError):
            failed.add(name)
        await world.admin.execute("delete from work; delete from bank_messages")
    return failed


@pytest.mark.parametrize(("kind", "name"), [pytest.param(*each, id=each[0].__name__) for each in BROKEN])
async def test_a_broken_promise_is_noticed_by_its_case_and_by_no_other(
    plain_world: World, kind: type[SandboxBank], name: str
) -> None:
    plain_world.books_are_wrong_on_purpose = True
    assert await failing(plain_world, kind) == {name}


async def test_a_bank_that_keeps_every_promise_fails_no_case_in_the_same_world(plain_world: World) -> None:
    plain_world.books_are_wrong_on_purpose = True  # what was left undone is off the lists
    assert await failing(plain_world, SandboxBank) == set()


def test_every_case_has_a_bank_that_breaks_its_promise() -> None:
    assert {name for _, name in BROKEN} == set(CASES)
