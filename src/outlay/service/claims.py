"""What all asks that make something share: the reference is claimed once, for ever, and a repeat is told as such.

The trap: two requests with one idempotency key may be on their way at once. Whoever comes second in this process hears
that the first is still running; in another process they wait for the account's lock and get the replay. On another
account of the same master they meet family_keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, assert_never
from uuid import UUID

from msgspec.structs import replace

from outlay.core.bank_account import BankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.runtime import Runtime
from outlay.store import accounts, lists
from outlay.store.desk import Claim as StoredClaim
from outlay.store.desk import Desk, Subject
from outlay.store.reader import PayoutFound, PayoutQuestion
from outlay.wire.problems import Fault
from outlay.wire.usecases import Claim, Repeated

No = TypeVar("No", Fault, Refusal)


def repeated(claim: Claim, stored: StoredClaim, subject: Payout | BankAccount | Transfer | None) -> Repeated:
    same_operation = stored.operation == claim.operation
    return Repeated(same_operation and _is_same_content(claim, stored), same_operation, subject)


def _is_same_content(claim: Claim, stored: StoredClaim) -> bool:
    """By the present rule, or by the one under which it was stored: an order made before an update stays a repeat."""
    return stored.digest == claim.digest or (claim.older_digest is not None and stored.digest == claim.older_digest())


def repeated_on(desk: Desk, claim: Claim, kind: Subject) -> Repeated | None:
    """The answer where the reference was used before, with what was made under it if it is of this kind; None where the
    reference is free."""
    stored = desk.claim(*claim.references)
    if stored is None:
        return None
    number = stored.subject_id
    if number is None:
        return repeated(claim, stored, None)
    match kind:
        case "payout":
            return repeated(claim, stored, desk.payout(number))
        case "bank_account":
            return repeated(claim, stored, desk.bank_account(number))
        case "transfer":
            return repeated(claim, stored, desk.transfer(number))
        case _:
            assert_never(kind)


def new_claim(claim: Claim, subject_id: int, now_ms: int) -> StoredClaim:
    return StoredClaim(claim.reference, claim.operation, claim.digest, subject_id, now_ms)


async def answer_no(
    runtime: Runtime, question: PayoutQuestion, claim: Claim, kind: Subject, no: No
) -> Repeated | Refusal | No:
    """A "no" that is known before anything is locked, unless there is a better answer: who asks must be proved, a taken
    reference is a repeat whatever else is wrong, and a closed account outranks what the account would have done."""
    account_id = question.account_id
    found = await _find_claimed(runtime, question, claim)
    if isinstance(found, Refusal):
        return found
    if found.operation is not None and found.digest is not None:
        stored = StoredClaim(claim.reference, found.operation, found.digest, found.subject_id, 0)
        subject: Payout | BankAccount | Transfer | None = found.payout if kind == "payout" else None
        if found.subject_id is not None and kind == "bank_account":
            subject = await lists.find_bank_account(runtime.callers, account_id, found.subject_id)
        if found.subject_id is not None and kind == "transfer":
            subject = await lists.find_transfer(runtime.callers, account_id, found.subject_id)
        return repeated(claim, stored, subject)
    if isinstance(no, Refusal) and no is not Refusal.STILL_RUNNING:
        account = await accounts.find_account(runtime.callers, account_id)
        if account is not None and not account.is_open:
            return Refusal.ACCOUNT_CLOSED
    return no


async def _find_claimed(runtime: Runtime, question: PayoutQuestion, claim: Claim) -> PayoutFound | Refusal:
    """What was made under the first of the reference's spellings that was used. The nonce is spent only once."""
    found = await runtime.reader.payout(replace(question, reference=claim.references[0]))
    for reference in claim.references[1:]:
        if isinstance(found, Refusal) or found.operation is not None:
            break
        found = await runtime.reader.payout(replace(question, guard=None, reference=reference))
    return found


@contextmanager
def running(runtime: Runtime, account_id: UUID, claim: Claim) -> Iterator[bool]:
    """Whether this request may run now: False where another one with its exclusive reference is under way here."""
    key = (account_id, claim.reference)
    if not claim.exclusive:
        yield True
    elif key in runtime.running:
        yield False
    else:
        runtime.running.add(key)
        try:
            yield True
        finally:
            runtime.running.discard(key)
