"""Order a payout, or a batch of them: claim the reference, freeze the fees, set the money aside; all in one commit, or
nothing.

Two faults in one request always give the same answer: a taken reference first, so that a resend of an accepted order
never earns a refusal that sounds final; then the order of the refusals (core.refusal), the balance last.
"""

from __future__ import annotations

from typing import Final, Generic

from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import Claim, Repeated, S, WholeOrder
from outlay.core.bank_account import OwnBankAccount
from outlay.core.beneficiary import Beneficiary
from outlay.core.decision import Decision
from outlay.core.destination import Bank, BankCode, BankCodeKind, OwnAccount
from outlay.core.ids import created_ms
from outlay.core.life import order, refusals_of
from outlay.core.party import Party
from outlay.core.payout import Batch, Order, Payout
from outlay.core.refusal import Refusal, foremost
from outlay.core.seals import SealKey
from outlay.core.work import due
from outlay.running.moments import Moment, reached
from outlay.service.merchant.claims import BATCH, PAYOUT, Kind, new_claim, repeated_on
from outlay.service.runtime import Caller, Runtime
from outlay.store.write.desk import A_co, Changes, Command, Desk, Move, Needs

MOMENTS: Final = frozenset({Moment.ORDERED})


async def order_payout(
    runtime: Runtime, caller: Caller, claim: Claim, what: Order
) -> Payout | Repeated[Payout] | Refusal:
    """Raises what the clerk raises."""
    own = isinstance(what.beneficiary.destination, OwnAccount)
    command = _OrderCommand(
        caller,
        claim,
        runtime.seal_key,
        what,
        account_id=caller.account_id,
        guard=caller.guard_left,
        needs=Needs(references=claim.references, currency=what.currency, own_bank_account=own),
    )
    answer = await runtime.clerk.do(command)
    if isinstance(answer, Payout):
        reached(Moment.ORDERED, answer.payout_id)
    return answer


async def order_batch(
    runtime: Runtime, caller: Caller, claim: Claim, orders: tuple[Order, ...]
) -> WholeOrder | Repeated[WholeOrder] | Refusal:
    """Of several payouts that are refused the first one tells why. Raises what the clerk raises."""
    command = _BatchCommand(
        caller,
        claim,
        runtime.seal_key,
        orders,
        account_id=caller.account_id,
        guard=caller.guard_left,
        weight=len(orders),
        needs=Needs(references=claim.references, currency=orders[0].currency),
    )
    answer = await runtime.clerk.do(command)
    if isinstance(answer, WholeOrder):
        reached(Moment.ORDERED, answer.order_id)
    return answer


class _Ordering(Command[A_co], Generic[A_co], frozen=True):
    """What the two commands share."""

    caller: Caller
    claim: Claim
    seal_key: SealKey

    def check(self, desk: Desk, kind: Kind[S]) -> Account | Repeated[S] | Refusal:
        account, parent_id = desk.account, self.caller.parent_id
        if account is None or (parent_id is not None and account.parent_id != parent_id):
            return Refusal.ACCOUNT_NOT_FOUND
        return repeated_on(desk, self.claim, kind) or account

    def order(self, what: Order, desk: Desk, account: Account, batch_id: int | None = None) -> Decision | Refusal:
        # The time of a payout's making is that in its id, so that the order of ids is the order in time.
        payout_id = desk.next_id()
        return order(
            what,
            account,
            desk.terms_in(what.currency),
            payout_id,
            created_ms(payout_id),
            batch_id=batch_id,
            ordered_by=self.caller.name,
            origin=self.caller.origin,
            seal_key=self.seal_key,
        )


class _OrderCommand(_Ordering[Payout | Repeated[Payout]], frozen=True):
    what: Order

    def decide(self, desk: Desk) -> tuple[Payout | Repeated[Payout] | Refusal, Changes | None]:
        account = self.check(desk, PAYOUT)
        if not isinstance(account, Account):
            return account, None
        what = _with_own_account(self.what, desk, account)
        if isinstance(what, Refusal):
            against = refusals_of(self.what, account, desk.terms_in(self.what.currency))
            return foremost((what, *against)) or what, None
        decision = self.order(what, desk, account)
        if isinstance(decision, Refusal):
            return decision, None
        payout = decision.payout
        move = Move(None, decision, due(payout, payout.created_ms))
        claim = new_claim(self.claim, payout.payout_id, payout.created_ms)
        return payout, Changes(moves=(move,), claim=claim)


class _BatchCommand(_Ordering[WholeOrder | Repeated[WholeOrder]], frozen=True):
    orders: tuple[Order, ...]

    def decide(self, desk: Desk) -> tuple[WholeOrder | Repeated[WholeOrder] | Refusal, Changes | None]:
        account = self.check(desk, BATCH)
        if not isinstance(account, Account):
            return account, None
        batch_id = desk.next_id()
        moves: list[Move] = []
        for what in self.orders:
            decision = self.order(what, desk, account, batch_id)
            if isinstance(decision, Refusal):
                return decision, None
            moves.append(Move(None, decision, due(decision.payout, decision.payout.created_ms)))
        payouts = tuple(move.decision.payout for move in moves)
        batch = Batch(
            account_id=account.account_id,
            batch_id=batch_id,
            reference=self.claim.reference,
            currency=self.orders[0].currency,
            total_minor=sum(payout.amount_minor for payout in payouts),
            payout_count=len(payouts),
            created_ms=created_ms(batch_id),
        )
        claim = new_claim(self.claim, batch_id, batch.created_ms)
        answer = WholeOrder(batch_id, batch.reference, batch.created_ms, payouts)
        return answer, Changes(moves=tuple(moves), claim=claim, batch=batch)


def _with_own_account(what: Order, desk: Desk, account: Account) -> Order | Refusal:
    """A payout to the merchant's own bank account keeps a snapshot of it. Where none is registered the rail knows where
    to, unless the account needs one."""
    if not isinstance(what.beneficiary.destination, OwnAccount):
        return what
    own = desk.own_bank_account(what.currency)
    if own is not None:
        return replace(what, beneficiary=_to_own(own))
    return Refusal.BANK_ACCOUNT_NOT_FOUND if account.needs_bank_account else what


def _to_own(own: OwnBankAccount) -> Beneficiary:
    details = own.details
    kind = BankCodeKind.of(details.code_type) if details.code_type is not None else None
    value = details.code_value or ""
    bank = Bank(
        name=details.bank_name,
        code="" if kind is not None else value,
        swift=details.swift_code,
        codes=(BankCode(kind, value),) if kind is not None else (),
        branch_code=details.branch_code or "",
    )
    place = OwnAccount(number=details.account_number, country=details.country, bank=bank)
    return Beneficiary(destination=place, party=Party(name=details.account_name))
