"""The rail between accounts here: a payout to an account of the same master is paid by giving it the money.

The taker's record has the payout's id as its key, so the money is given once, however often an attempt is sent. Should
that be the record of another move (two payouts with one id, by a fault), the outcome is unknown: a person looks.

The trap: a payout may go to its own account (the documents' sample does). Given first and settled afterwards, the money
would for a moment be there twice, and could be spent twice: so there the payer pays and the taker takes in one commit.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from outlay.core.attempt import Attempt, RailTerms
from outlay.core.events import Heard, Source
from outlay.core.facts import FactKind
from outlay.core.ledger import take_from_account
from outlay.core.life import step
from outlay.core.outcome import Failure, FailureReason, NotFound, Outcome, Paid, Refused, Unknown
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import No
from outlay.core.transfer import Transfer
from outlay.core.work import due
from outlay.rails.rail import NOT_SENT, Fence
from outlay.running.moments import Moment, reached
from outlay.service.merchant.transfers import AnotherMove, another_move, credit
from outlay.service.runtime import Runtime, do_without_refusal
from outlay.store import accounts
from outlay.store.read import lists
from outlay.store.write.desk import Changes, Command, Desk, Move, Needs

MOMENTS: Final = frozenset({Moment.GIVING, Moment.GIVEN})


class InternalRail:
    def __init__(self, runtime: Runtime, terms: RailTerms) -> None:
        self.terms: Final = terms
        self._runtime = runtime

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        database = self._runtime.database
        source = await accounts.read_account(database, payout.account_id)
        target = await accounts.read_account(database, UUID(payout.beneficiary.account_number))
        if source is None or target is None:
            return Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "There is no such account"))
        given = _given(payout, target.account_id, source.name, target.name)
        if not fence.is_open():
            return NOT_SENT
        if source.account_id == target.account_id:
            needs = Needs(payout_id=payout.payout_id)
            now_ms = self._runtime.now_ms()
            within = _WithinCommand(given, attempt, now_ms, account_id=source.account_id, needs=needs)
            reached(Moment.GIVING, payout.payout_id)
            outcome = await do_without_refusal(self._runtime.clerk, within, urgent=True)
            reached(Moment.GIVEN, payout.payout_id)
            fence.has_left()
            return outcome
        reached(Moment.GIVING, payout.payout_id)
        try:
            # The line that gives. Its record on the taker's side has the payout's id for its key, so that however often
            # this is called it gives once; and what it is asked of later is found there.
            await credit(self._runtime, given, urgent=True)
        except AnotherMove as error:
            return Unknown(str(error))
        reached(Moment.GIVEN, payout.payout_id)
        fence.has_left()
        return Paid(attempt.reference)

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        target_id = UUID(payout.beneficiary.account_number)
        taken = await lists.find_move(self._runtime.database, target_id, payout.payout_id)
        if taken is None:
            return NotFound()
        if not taken.is_same_move(_given(payout, target_id)):
            return Unknown(another_move(taken))
        return Paid(attempt.reference)


def _given(payout: Payout, target_id: UUID, source_name: str = "", target_name: str = "") -> Transfer:
    """The record of this payout at its taker."""
    return Transfer(
        transfer_id=payout.payout_id,
        is_payout=True,
        source_id=payout.account_id,
        target_id=target_id,
        source_name=source_name,
        target_name=target_name,
        currency=payout.currency,
        amount_minor=payout.amount_minor,
        reason=payout.reference,
        ordered_by=payout.ordered_by,
        created_ms=payout.created_ms,
    )


class _WithinCommand(Command[Paid | Unknown], frozen=True):
    """Pay a payout to its own account. Told twice, it is paid once; the worker then records what is known already."""

    given: Transfer
    attempt: Attempt
    now_ms: int

    def decide(self, desk: Desk) -> tuple[Paid | Unknown, Changes | None]:
        before = desk.payout(self.given.transfer_id)
        if before is None:
            raise AssertionError("a payout that is sent was ordered")
        paid = Paid(self.attempt.reference)
        decision = step(before, Heard(self.attempt.number, paid, Source.SEND), self.now_ms, desk.epoch)
        if isinstance(decision, No):
            return Unknown(f"the payout takes no payment: {decision.name}"), None
        if not decision.facts:
            return paid, None
        if before.state is not State.PROCESSING or decision.payout.state is not State.PAID:
            # People have given the money back meanwhile: taken now, it would be there twice.
            return Unknown(f"the payout takes no payment: it is {decision.payout.state.value}"), None
        taken = take_from_account(before.currency, before.amount_minor)
        entries = tuple(
            replace(entry, postings=(*entry.postings, *taken)) if entry.fact.kind is FactKind.PAID else entry
            for entry in decision.entries
        )
        decision = replace(decision, entries=entries)
        move = Move(before, decision, due(decision.payout, self.now_ms))
        return paid, Changes(moves=(move,), transfer=replace(self.given, credited_ms=self.now_ms))
