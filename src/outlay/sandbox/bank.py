"""The sandbox bank: the first rail. It takes payouts, remembers them in the database, and plays their stories.

As a rail (`send`, `ask`) it answers like any bank would. As a bank it acts by itself: `deliver_due` executes what is
due and tells Outlay, at least once; a message is forgotten only after Outlay took it. An operator can take a story over
by hand (`pay`, `fail`, `release`, `give_back`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

import msgspec

from outlay.core.attempt import Attempt, RailTerms, final_after_ms
from outlay.core.events import Heard, Source
from outlay.core.hearing import refuse_return
from outlay.core.outcome import Accepted, Failure, FailureReason, NotFound, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.rails.rail import NOT_SENT, Fence, Rail
from outlay.running.log import get_log
from outlay.running.moments import Moment, reached
from outlay.running.recurring import DueWork, Recurring
from outlay.sandbox.references import bank_reference, receipt_url
from outlay.sandbox.stories import FAILED_BY_HAND, Deed, Lost, Message, story_of
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.runtime import Runtime
from outlay.store.bank import (
    BankMemory,
    BankMessage,
    BankOrder,
    HandedOver,
    drop_messages,
    find_order_of,
    has_messages,
    next_message_ms,
    take_messages,
)
from outlay.store.database import Unavailable

MOMENTS: Final = frozenset(
    {
        *(Moment.BANK_TAKING, Moment.BANK_TOOK, Moment.BANK_SPEAKING),
        *(Moment.BANK_DID, Moment.BANK_TOLD, Moment.BANK_FORGOT),
    }
)
MESSAGES_AT_ONCE: Final = 256
"""No more than can be told well within a lease."""
LEASE_MS: Final = 10_000
NO_ANSWER: Final = Unknown("no answer")
BY_HAND: Final = "by hand"
"""The evidence where an operator plays the bank."""

_decode = msgspec.json.Decoder(Message).decode
_log = get_log("outlay.sandbox")


class NotPossible(Exception):
    """The bank cannot do this with this payout; the message says why."""


class SandboxBank:
    """`delay_ms`: between taking an order and executing it, and between the steps of a story that says nothing else.
    There may be several, each under terms of its own: they share one memory, in which no two references are alike."""

    def __init__(self, runtime: Runtime, delay_ms: int, terms: RailTerms) -> None:
        self.terms: Final = terms
        self._runtime = runtime
        self._delay_ms = delay_ms
        self._memory = BankMemory(runtime.database, runtime.lanes, terms.timeout_ms / 1_000)

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        story = story_of(payout.currency, payout.amount_minor)
        lost = story.lost if _is_sent_first(attempt) else None
        if lost is Lost.REQUEST:
            if not fence.is_open():
                return NOT_SENT
            fence.has_left()
            return NO_ANSWER
        now_ms = self._runtime.now_ms()
        order = BankOrder(
            account_id=payout.account_id,
            reference=attempt.reference,
            payout_id=payout.payout_id,
            attempt_number=attempt.number,
            bank_reference=bank_reference(payout, attempt),
            currency=payout.currency,
            amount_minor=payout.amount_minor,
            state=story.state,
            failure_reason=story.refusal.reason.value if story.refusal else None,
            failure_text=story.refusal.text if story.refusal else None,
            accepted_ms=now_ms,
        )
        messages = [
            (due_ms, msgspec.json.encode(message).decode())
            for due_ms, message in story.messages(now_ms, self._delay_ms)
        ]
        reached(Moment.BANK_TAKING, payout.payout_id)
        taken = await self._memory.place(HandedOver(order, messages, fence))
        reached(Moment.BANK_TOOK, payout.payout_id)
        if taken is None:
            return NOT_SENT
        return NO_ANSWER if lost is Lost.ANSWER else _outcome(taken)

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        order = await self._memory.find(payout.account_id, attempt.reference)
        return _outcome(order) if order and not self._is_hidden(order) else NotFound()

    def _is_hidden(self, order: BankOrder) -> bool:
        """Never for longer than the bank's terms allow: whoever counts on them may believe it then."""
        hidden_ms = story_of(order.currency, order.amount_minor).hidden_delays * self._delay_ms
        return self._runtime.now_ms() < order.accepted_ms + min(hidden_ms, final_after_ms(self.terms))

    async def deliver_due(self) -> int:
        """Execute what is due and tell Outlay. Returns how many messages there were."""
        messages = await take_messages(
            self._runtime.database, now_ms=self._runtime.now_ms(), lease_ms=LEASE_MS, most=MESSAGES_AT_ONCE
        )
        if messages:
            reached(Moment.BANK_SPEAKING, len(messages))
        # At most one message an order is taken at a time, so these do not depend on each other.
        results = await asyncio.gather(*(self._deliver(message) for message in messages), return_exceptions=True)
        for message, result in zip(messages, results, strict=True):
            # The lease runs out and the message is due again.
            if isinstance(result, Unavailable):
                self._runtime.health.met(result, worker="sandbox")
            elif isinstance(result, BaseException):
                _log.error("sandbox message not delivered", payout_id=message.order.payout_id, error=repr(result))
        return len(messages)

    async def next_due_ms(self) -> int | None:
        return await next_message_ms(self._runtime.database)

    async def _deliver(self, message: BankMessage) -> None:
        order = message.order
        try:
            told = await self._carry_out(order, _decode(message.body), f"message {message.number}")
        except NotPossible as error:  # a person was faster
            _log.warning("sandbox message dropped", payout_id=order.payout_id, error=str(error))
        else:
            if isinstance(told, No):
                _log.warning("sandbox message refused", payout_id=order.payout_id, refusal=told.name)
        reached(Moment.BANK_TOLD, order.payout_id)
        await self._memory.forget(message)
        reached(Moment.BANK_FORGOT, order.payout_id)

    async def _carry_out(self, order: BankOrder, message: Message, evidence: str) -> Moved | No:
        """Do it in the bank's own memory first, then tell Outlay: a crash between repeats the telling. Raises
        NotPossible."""
        match message.deed:
            case Deed.PAY:
                await self._execute(order, "paid")
                said: Paid | Refused | Returned = _paid(order)
            case Deed.FAIL:
                await self._execute(order, "refused", message.reason.value, message.text)
                said = Refused(Failure(message.reason, message.text))
            case Deed.RETURN:
                said = Returned(f"R{message.number}", message.amount_minor, message.by_decision)
            case _:
                assert_never(message.deed)
        reached(Moment.BANK_DID, order.payout_id)
        event = Heard(order.attempt_number, said, Source.CALLBACK, evidence, rail=self.terms)
        return await move_payout(self._runtime, order.account_id, order.payout_id, event)

    async def _execute(self, order: BankOrder, state: str, reason: str | None = None, text: str | None = None) -> None:
        if not await self._memory.set_state(order, state, reason, text):
            raise NotPossible("the sandbox bank has done otherwise with this payout already")

    async def pay(self, payout: Payout) -> Moved | No:
        """By hand: execute it now. Raises NotPossible."""
        return await self._by_hand(payout, Message(Deed.PAY))

    async def fail(self, payout: Payout) -> Moved | No:
        """By hand: fail it now. Raises NotPossible."""
        return await self._by_hand(payout, Message(Deed.FAIL, reason=FAILED_BY_HAND.reason, text=FAILED_BY_HAND.text))

    async def release(self, payout: Payout) -> Moved | No:
        """By hand: let a payout go on that the bank holds (amounts ending in 74). Raises NotPossible."""
        order = await self._order_of(payout)
        if order.state != "accepted" or await has_messages(self._runtime.database, order):
            raise NotPossible(
                "the sandbox bank is not holding this payout; it holds amounts that end in 74 until they are released "
                "(`outlay sandbox pay` executes any that it has accepted)"
            )
        return await self._by_hand(payout, Message(Deed.PAY))

    async def give_back(
        self, payout: Payout, amount_minor: int, number: int | None, *, by_decision: bool = False
    ) -> Moved | No:
        """By hand: return money of a paid payout. `number` repeats or names a return; None is the next one."""
        order = await self._order_of(payout)
        number = number if number is not None else len(payout.returns) + 1
        no = refuse_return(payout, Returned(f"R{number}", amount_minor, by_decision))
        if no is not None:  # what a bank would not do: it never gives back more than it paid
            return no
        back = Message(Deed.RETURN, amount_minor, number, by_decision=by_decision)
        return await self._carry_out(order, back, BY_HAND)

    async def _by_hand(self, payout: Payout, message: Message) -> Moved | No:
        order = await self._order_of(payout)
        if order.state != "accepted":
            raise NotPossible(f"the sandbox bank has {order.state} this payout already")
        told = await self._carry_out(order, message, BY_HAND)
        # Last: a crash before this leaves messages that find the order executed already and are dropped.
        await drop_messages(self._runtime.database, order)
        return told

    async def _order_of(self, payout: Payout) -> BankOrder:
        order = await find_order_of(self._runtime.database, payout.account_id, payout.payout_id)
        if order is None:
            raise NotPossible("the sandbox bank does not know this payout (yet): it was never sent there")
        return order


def deliveries(rails: Iterable[Rail]) -> Sequence[Recurring]:
    """What the banks among these rails do by themselves. Their memory is one, so one of them delivers for all."""
    bank = next((rail for rail in rails if isinstance(rail, SandboxBank)), None)
    return (DueWork("sandbox", bank.deliver_due, bank.next_due_ms),) if bank is not None else ()


def _paid(order: BankOrder) -> Paid:
    return Paid(order.bank_reference, receipt_url(order.bank_reference))


def _outcome(order: BankOrder) -> Outcome:
    """What was accepted, and has a reason for its refusal all the same, is said to be refused until it is paid."""
    if order.state == "paid":
        return _paid(order)
    if order.state == "accepted" and order.failure_reason is None:
        return Accepted(order.bank_reference)
    return Refused(Failure(FailureReason(order.failure_reason or FailureReason.OTHER), order.failure_text or ""))


def _is_sent_first(attempt: Attempt) -> bool:
    return not attempt.sends or attempt.sends[-1].number == 1
