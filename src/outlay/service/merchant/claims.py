"""What all asks that make something share: the reference is claimed once, for ever, and a repeat is told as such.

The trap: two requests with one idempotency key may be on their way at once. Whoever comes second in this process hears
that the first is still running; in another process they wait for the account's lock and get the replay. On another
account of the same master they meet family_keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final, Generic, overload
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.asks import UNCLAIMED, Claim, Repeated, S, Unclaimed, WholeOrder
from outlay.core.bank_account import OwnBankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal, foremost
from outlay.core.transfer import Transfer
from outlay.service.runtime import Runtime
from outlay.store import accounts
from outlay.store.read import lists
from outlay.store.read.reader import PayoutFound, PayoutQuestion
from outlay.store.write.desk import Claimed, Desk


class Kind(msgspec.Struct, Generic[S], frozen=True):
    """What a reference can have been claimed for, and where what was made under it is found: on a desk for which it was
    loaded, or in the store, besides what a question for the reference has found. None where it is of another kind."""

    on_desk: Callable[[Desk, int], S | None]
    stored: Callable[[Runtime, UUID, PayoutFound], Awaitable[S | None]]


async def _stored_payout(_runtime: Runtime, _account_id: UUID, found: PayoutFound) -> Payout | None:
    return found.payout


async def _stored_batch(_runtime: Runtime, _account_id: UUID, _found: PayoutFound) -> None:
    return None


async def _stored_bank_account(runtime: Runtime, account_id: UUID, found: PayoutFound) -> OwnBankAccount | None:
    number = found.subject_id
    return await lists.read_bank_account(runtime.callers, account_id, number) if number is not None else None


async def _stored_transfer(runtime: Runtime, account_id: UUID, found: PayoutFound) -> Transfer | None:
    number = found.subject_id
    return await lists.read_transfer(runtime.callers, account_id, number) if number is not None else None


PAYOUT: Final = Kind[Payout](Desk.payout, _stored_payout)
BATCH: Final = Kind[WholeOrder](lambda _desk, _number: None, _stored_batch)
"""Of a batch only the fact is told."""
BANK_ACCOUNT: Final = Kind[OwnBankAccount](Desk.bank_account, _stored_bank_account)
TRANSFER: Final = Kind[Transfer](Desk.transfer, _stored_transfer)


def repeated(claim: Claim, stored: Claimed, subject: S | None) -> Repeated[S]:
    same_operation = stored.operation == claim.operation
    return Repeated(same_operation and _is_same_content(claim, stored), same_operation, subject)


def _is_same_content(claim: Claim, stored: Claimed) -> bool:
    """By the present rule, or by the one under which it was stored: an order made before an update stays a repeat."""
    return stored.digest == claim.digest or (claim.older_digest is not None and stored.digest == claim.older_digest())


def repeated_on(desk: Desk, claim: Claim, kind: Kind[S]) -> Repeated[S] | None:
    """The answer where the reference was used before, with what was made under it if it is of this kind; None where the
    reference is free."""
    stored = desk.claim(*claim.references)
    if stored is None:
        return None
    number = stored.subject_id
    return repeated(claim, stored, kind.on_desk(desk, number) if number is not None else None)


def new_claim(claim: Claim, subject_id: int, now_ms: int) -> Claimed:
    return Claimed(claim.reference, claim.operation, claim.digest, subject_id, now_ms)


@overload
async def why_not(
    runtime: Runtime, question: PayoutQuestion, claim: Claim, kind: Kind[S], found: Collection[Refusal]
) -> Repeated[S] | Refusal: ...


@overload
async def why_not(
    runtime: Runtime,
    question: PayoutQuestion,
    claim: Claim,
    kind: Kind[S],
    found: Collection[Refusal],
    *,
    fields_are_wrong: bool,
) -> Repeated[S] | Refusal | Unclaimed: ...


async def why_not(
    runtime: Runtime,
    question: PayoutQuestion,
    claim: Claim,
    kind: Kind[S],
    found: Collection[Refusal],
    *,
    fields_are_wrong: bool = False,
) -> Repeated[S] | Refusal | Unclaimed:
    """What is told of all that was found before anything was locked. Who asks must be proved, and a taken reference is
    a repeat whatever else is wrong; then the refusals' own order counts. Raises what the reader raises."""
    account_id = question.account_id
    # The account first: who is closed after an order was made shall find that order. Of a request that still runs,
    # which is sent again and again, it is not looked up: nothing that it could tell goes before.
    runs = Refusal.STILL_RUNNING in found
    account = None if runs else await accounts.read_account(runtime.callers, account_id)
    known = await _find_claimed(runtime, question, claim)
    if isinstance(known, Refusal):
        return known
    if known.operation is not None and known.digest is not None:
        stored = Claimed(claim.reference, known.operation, known.digest, known.subject_id, 0)
        return repeated(claim, stored, await kind.stored(runtime, account_id, known))
    closed = () if account is None or account.is_open else (Refusal.ACCOUNT_CLOSED,)
    first = foremost((*closed, *found), fields_are_wrong=fields_are_wrong)
    return UNCLAIMED if first is None else first


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
