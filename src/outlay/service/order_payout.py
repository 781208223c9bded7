"""Order a payout: claim the reference, freeze the fee, set the money aside; all in one commit, or nothing.

Two faults in one request always give the same answer: a taken reference first, then what is wrong with the fields,
then the limits, the balance last. So a resend of an accepted order never earns a refusal that sounds final.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from outlay.core.payout import order
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.service.schedule import due_ms
from outlay.store.clerk import Changes, Claim, Desk, Needs
from outlay.store.guard import Guard
from outlay.store.reader import PayoutQuestion
from outlay.wire.problems import Fault
from outlay.wire.usecases import Ordered, OrderPayout, Repeated


async def order_payout(
    runtime: Runtime, account_id: UUID, parent_id: UUID | None, guard: Guard | None, ask: OrderPayout
) -> Ordered | Repeated | Refusal | Fault:
    """`parent_id`: the account must be a sub-account of this one. Raises what the clerk raises."""
    if isinstance(ask.order, Fault):
        question = PayoutQuestion(account_id, guard, parent_id, reference=ask.reference)
        return await _answer_fault(runtime, question, ask, ask.order)
    command = _OrderCommand(account_id, guard, parent_id, ask, runtime.now_ms())
    answer: Ordered | Repeated | Refusal = await runtime.clerk.do(command)
    return answer


async def _answer_fault(
    runtime: Runtime, question: PayoutQuestion, ask: OrderPayout, fault: Fault
) -> Repeated | Refusal | Fault:
    """The fault, unless the reference is taken: then that is the answer."""
    found = await runtime.reader.payout(question)
    if isinstance(found, Refusal):
        return found
    if found.operation is None:
        return fault
    same_operation = found.operation == ask.operation
    return Repeated(same_operation and found.digest == ask.digest, same_operation, found.payout)


class _OrderCommand(msgspec.Struct, frozen=True):
    account_id: UUID
    guard: Guard | None
    parent_id: UUID | None
    ask: OrderPayout
    now_ms: int

    @property
    def needs(self) -> Needs:
        currency = None if isinstance(self.ask.order, Fault) else self.ask.order.currency
        return Needs(reference=self.ask.reference, currency=currency)

    def decide(self, desk: Desk) -> tuple[Ordered | Repeated | Refusal | Fault, Changes | None]:
        ask, account = self.ask, desk.account
        if account is None or (self.parent_id is not None and account.parent_id != self.parent_id):
            return Refusal.ACCOUNT_NOT_FOUND, None
        claim = desk.claim(ask.reference)
        if claim is not None:
            same_operation = claim.operation == ask.operation
            earlier = desk.payout(claim.payout_id) if claim.payout_id is not None else None
            return Repeated(same_operation and claim.digest == ask.digest, same_operation, earlier), None
        if isinstance(ask.order, Fault):
            return ask.order, None
        decision = order(ask.order, account, desk.terms_in(ask.order.currency), desk.next_id(), self.now_ms)
        if isinstance(decision, Refusal):
            return decision, None
        payout = decision.payout
        new_claim = Claim(ask.reference, ask.operation, ask.digest, payout.payout_id, self.now_ms)
        due = due_ms(payout, self.now_ms)
        return Ordered(payout), Changes(decision=decision, claim=new_claim, due_ms=due)
