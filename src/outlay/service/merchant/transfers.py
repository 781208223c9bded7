"""Move money between two accounts of one master: taken from the giver in one commit, given to the taker in the next.

No transaction spans two accounts (they may live on two shards), so the giver's record comes first. From then on the
transfer can only be completed: by whoever ordered it, else by a worker (`finish_transfers`). The taker's record has the
transfer's id as its key, so it is given once, however often it is tried.

The trap: should two givers ever have one id by a fault, the taker's record tells only that one of them gave. So it is
compared, and what is another's finishes nothing.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import (
    Claim,
    Counted,
    FindTransfer,
    ListTransfers,
    Made,
    OrderTransfer,
    Repeated,
    TransferOrder,
)
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import AccountHere
from outlay.core.ids import MOST_BORROWED_MS, created_ms, possible
from outlay.core.ledger import send_to_account, take_from_account
from outlay.core.recipients import is_blocked
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.running.log import get_log
from outlay.running.moments import Moment, reached
from outlay.service.merchant.claims import TRANSFER, new_claim, repeated_on, running, why_not
from outlay.service.merchant.connected_accounts import find_relative
from outlay.service.merchant.family_keys import NOT_SHARED, KeyUse, look_at_key, make_under, refusals_of_caller
from outlay.service.runtime import Caller, Runtime, do_without_refusal
from outlay.store.database import Unavailable
from outlay.store.gather import Busy
from outlay.store.read import lists
from outlay.store.read.reader import PayoutQuestion
from outlay.store.write.desk import Booking, Changes, Command, Desk, Needs

MOMENTS: Final = frozenset(
    {Moment.TRANSFER_GIVEN, Moment.TRANSFER_TAKEN, Moment.TRANSFER_FINISHED, Moment.TRANSFER_FOUND}
)
UNFINISHED_AFTER_MS: Final = 5_000
"""Whoever ordered a transfer has this long to finish it before a worker does."""
MOST_AT_ONCE: Final = 100


class AnotherMove(RuntimeError):
    """What the taker has under this id is the record of another move: nothing was given, and nobody can say more."""


_log = get_log("outlay.transfers")


async def order_transfer(runtime: Runtime, caller: Caller, ask: OrderTransfer) -> Made[Transfer] | Refusal:
    """From the account that the credential belongs to, or from one under it: a sub-account cannot take its master's
    money. The key is claimed at the giver."""
    with running(runtime, caller.account_id, ask.claim) as may_run:
        return await _order_transfer(runtime, caller, ask, may_run)


async def _order_transfer(
    runtime: Runtime, caller: Caller, ask: OrderTransfer, may_run: bool
) -> Made[Transfer] | Refusal:
    what = ask.transfer
    source = await _source_of(runtime, caller, what) if what is not None else None
    account_id = source.account_id if source is not None else caller.account_id
    question = PayoutQuestion(account_id)
    if not may_run:
        return await why_not(runtime, question, ask.claim, TRANSFER, [Refusal.STILL_RUNNING])
    use = await look_at_key(runtime, caller, account_id, ask.claim)
    found = refusals_of_caller(caller, use)
    target = await find_relative(runtime, source.family_id, what.target) if source is not None and what else None
    if source is None or target is None or what is None:
        found.append(Refusal.TARGET_NOT_FOUND)
    else:
        if source.needs_review and not target.needs_review:
            # Else the money could go on from there without anybody having looked.
            found.append(Refusal.METHOD_OFF)
        if not found:
            return await transfer(runtime, source, target, what, caller.name, ask.claim, use)
        if not target.is_open:  # alone it is told under the giver's lock: this transfer may be on its way there
            found.append(Refusal.ACCOUNT_CLOSED)
    return await why_not(runtime, question, ask.claim, TRANSFER, found, fields_are_wrong=what is None)


async def _source_of(runtime: Runtime, caller: Caller, what: TransferOrder) -> Account | None:
    source = await find_relative(runtime, caller.family_id or caller.account_id, what.source)
    is_theirs = source is not None and caller.guard.account_id in (source.account_id, source.parent_id)
    return source if is_theirs else None


async def transfer(
    runtime: Runtime,
    source: Account,
    target: Account,
    what: TransferOrder,
    ordered_by: str,
    claim: Claim,
    use: KeyUse = NOT_SHARED,
) -> Transfer | Repeated[Transfer] | Refusal:
    """Give and take. `target` is the one of the family of `source` that `what` names."""
    if target.account_id == source.account_id:
        question = PayoutQuestion(source.account_id)
        return await why_not(runtime, question, claim, TRANSFER, [Refusal.SAME_ACCOUNT])
    needs = Needs(references=claim.references, subject="transfer", currency=what.currency)
    command = _GiveCommand(target, what, ordered_by, claim, account_id=source.account_id, needs=needs)
    given = await make_under(runtime, use, lambda: runtime.clerk.do(command))
    if given is Refusal.REFERENCE_ELSEWHERE:  # taken since it was looked at
        return await why_not(runtime, PayoutQuestion(source.account_id), claim, TRANSFER, [given])
    if not isinstance(given, Transfer):
        return given
    reached(Moment.TRANSFER_GIVEN, given.transfer_id)
    # The money has left the giver: from here on it may only be completed, by whoever comes first, and never undone.
    try:
        return await finish(runtime, given)
    except (Unavailable, Busy):
        return given  # it is on its way, and a worker completes it: nothing else would be true
    except AnotherMove as error:
        _log.error("transfer not finished", transfer_id=given.transfer_id, error=str(error))
        return given


async def finish(runtime: Runtime, given: Transfer, *, urgent: bool = False) -> Transfer:
    """Give it to the taker, if that has not happened, and note that on the giver's side. `urgent`: see the clerk."""
    taken = await credit(runtime, given, urgent=urgent)
    reached(Moment.TRANSFER_TAKEN, given.transfer_id)
    # Both sides tell the same time: that at which it was taken.
    at_ms, needs = taken.credited_ms or runtime.now_ms(), Needs(transfer_id=given.transfer_id)
    command = _DoneCommand(given.transfer_id, at_ms, account_id=given.source_id, needs=needs)
    done = await do_without_refusal(runtime.clerk, command, urgent=urgent)
    reached(Moment.TRANSFER_FINISHED, given.transfer_id)
    return done


async def credit(runtime: Runtime, given: Transfer, *, urgent: bool = False) -> Transfer:
    """The taker's side, once. Also of a taker that was closed meanwhile: "closed" may be taken back, so it can never be
    the reason why what was given is not taken. Returns its record there. Raises AnotherMove."""
    needs = Needs(transfer_id=given.transfer_id, currency=given.currency)
    command = _TakeCommand(given, runtime.now_ms(), account_id=given.target_id, needs=needs)
    taken = await do_without_refusal(runtime.clerk, command, urgent=urgent)
    if not taken.is_same_move(given):
        raise AnotherMove(another_move(taken))
    return taken


def another_move(taken: Transfer) -> str:
    """What is told to an operator of a record that is not the one it was looked up for."""
    what = f"{taken.amount_minor} {taken.currency} from {taken.source_id}"
    return f"account {taken.target_id} has the record of another move under the id {taken.transfer_id}: {what}"


async def finish_transfers(runtime: Runtime) -> int:
    """Complete what was left half-way. Returns how many there were. One that cannot be completed does not keep the
    others waiting. Raises Unavailable."""
    now_ms = runtime.now_ms()
    left = await lists.transfers_under_way(
        runtime.database,
        before_ms=now_ms - UNFINISHED_AFTER_MS,
        after_ms=now_ms + MOST_BORROWED_MS,  # under a clock that was wrong
        limit=MOST_AT_ONCE,
    )
    for given in left:
        reached(Moment.TRANSFER_FOUND, given.transfer_id)
        try:
            await finish(runtime, given, urgent=True)
        except Unavailable:
            raise
        except Exception as error:
            _log.error("transfer not finished", transfer_id=given.transfer_id, error=repr(error))
    return len(left)


async def find_transfer(runtime: Runtime, caller: Caller, ask: FindTransfer) -> Transfer | Refusal:
    found = await lists.read_transfer(runtime.callers, caller.account_id, possible(ask.transfer_id))
    return found if found is not None else Refusal.TRANSFER_NOT_FOUND


async def list_transfers(runtime: Runtime, caller: Caller, ask: ListTransfers) -> Counted[Transfer]:
    found, total = await lists.transfers_page(runtime.callers, caller.account_id, ask)
    return Counted(tuple(found), total)


def _to_account(target: Account) -> Beneficiary:
    return Beneficiary(destination=AccountHere(account_id=str(target.account_id)))


class _GiveCommand(Command[Transfer | Repeated[Transfer]], frozen=True):
    target: Account
    what: TransferOrder
    ordered_by: str
    claim: Claim

    def decide(self, desk: Desk) -> tuple[Transfer | Repeated[Transfer] | Refusal, Changes | None]:
        source = desk.account
        if source is None:
            return Refusal.ACCOUNT_NOT_FOUND, None
        if repeat := repeated_on(desk, self.claim, TRANSFER):
            return repeat, None
        if not source.is_open or not self.target.is_open:
            return Refusal.ACCOUNT_CLOSED, None
        if source.blocked and is_blocked(_to_account(self.target), source.blocked):
            return Refusal.RECIPIENT_BLOCKED, None
        transfer_id = desk.next_id()
        made = Transfer(
            transfer_id=transfer_id,
            is_payout=False,
            source_id=source.account_id,
            target_id=self.target.account_id,
            source_name=source.name,
            target_name=self.target.name,
            currency=self.what.currency,
            amount_minor=self.what.amount_minor,
            reason=self.what.reason,
            ordered_by=self.ordered_by,
            created_ms=created_ms(transfer_id),
        )
        booking = Booking(transfer_id, send_to_account(made.currency, made.amount_minor), made.created_ms)
        claim = new_claim(self.claim, transfer_id, made.created_ms)
        return made, Changes(claim=claim, transfer=made, booking=booking)


class _TakeCommand(Command[Transfer], frozen=True):
    given: Transfer
    now_ms: int

    def decide(self, desk: Desk) -> tuple[Transfer, Changes | None]:
        found = desk.transfer(self.given.transfer_id)
        if found is not None:
            return found, None
        taken = replace(self.given, credited_ms=self.now_ms)
        booking = Booking(taken.transfer_id, take_from_account(taken.currency, taken.amount_minor), self.now_ms)
        return taken, Changes(transfer=taken, booking=booking)


class _DoneCommand(Command[Transfer], frozen=True):
    transfer_id: int
    now_ms: int

    def decide(self, desk: Desk) -> tuple[Transfer, Changes | None]:
        given = desk.transfer(self.transfer_id)
        if given is None:
            raise AssertionError("a transfer that is finished was given")
        if given.credited_ms is not None:
            return given, None
        done = replace(given, credited_ms=self.now_ms)
        return done, Changes(transfer=done)
