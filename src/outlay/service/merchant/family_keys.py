"""One idempotency key, one account of a family: an exclusive key is held at the master's account before anything is
made under it at another, or at the master's own.

No transaction spans two accounts (they may live on two shards), so that is a commit of its own, and the order is the
next. Only where a family has more than one account; what was made under a key before there was this record is found by
a look at the claims of all accounts.

The trap: an order that is refused leaves its key to any account, and the same account may have another request under
way with that key. So the record counts them: who was refused lets go of their own use alone, and only a key without any
use is another's to take. A request that died between the commits, or of which nobody knows whether it happened, never
lets go: the key stays with its account, whose retry goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec

from outlay.core.asks import Claim, Unfit
from outlay.core.refusal import Refusal
from outlay.running.moments import Moment, reached
from outlay.service.runtime import Caller, Runtime, do_without_refusal
from outlay.store.database import Unavailable
from outlay.store.gather import Busy
from outlay.store.read import lists
from outlay.store.write.desk import A_co, Changes, Command, Desk, FamilyKey, Needs

MOMENTS: Final = frozenset({Moment.KEY_HELD})
A = TypeVar("A")


class KeyUse(msgspec.Struct, frozen=True):
    """What a look told of a key. `family_id` None: it is shared with nobody. `is_own`: the account itself has made
    something under it; `is_elsewhere`: another one of the family has, or holds it for a request that is under way or
    broke off."""

    account_id: UUID | None = None
    family_id: UUID | None = None
    reference: str = ""
    is_own: bool = False
    is_elsewhere: bool = False


NOT_SHARED: Final = KeyUse()


def shares_key(caller: Caller, claim: Claim) -> bool:
    """Whether the claim is to be the only one of its reference in a whole family."""
    return claim.exclusive and caller.family_id is not None and caller.has_family


async def look_at_key(runtime: Runtime, caller: Caller, account_id: UUID, claim: Claim) -> KeyUse:
    """What was made under this key anywhere in the caller's family, if it is shared there."""
    family_id = caller.family_id
    if family_id is None or not shares_key(caller, claim):
        return NOT_SHARED
    claimed, held = await lists.used_by(runtime.callers, family_id, claim.references)
    is_elsewhere = bool((claimed | held) - {account_id})
    return KeyUse(account_id, family_id, claim.reference, account_id in claimed, is_elsewhere)


def refusals_of_caller(caller: Caller, use: KeyUse) -> list[Refusal]:
    """What stands against whatever they would make under this key now."""
    found = []
    if not caller.is_open:
        found.append(Refusal.ACCOUNT_CLOSED)
    if use.is_elsewhere:
        found.append(Refusal.REFERENCE_ELSEWHERE)
    return found


async def make_under(runtime: Runtime, use: KeyUse, make: Callable[[], Awaitable[A]]) -> A | Refusal:
    """What `make` answers, where this account has the key or can have it: else REFERENCE_ELSEWHERE. A refusal, fields
    that are wrong, and an exception that says that nothing was done let go of it again."""
    family_id, account_id = use.family_id, use.account_id
    if family_id is None or account_id is None or use.is_own:
        return await make()
    reference, needs = use.reference, Needs(family_key=use.reference)
    hold = _HoldCommand(reference, account_id, runtime.now_ms(), account_id=family_id, needs=needs)
    if not await do_without_refusal(runtime.clerk, hold):
        return Refusal.REFERENCE_ELSEWHERE
    reached(Moment.KEY_HELD, reference)
    let_go = _LetGoCommand(reference, account_id, runtime.now_ms(), account_id=family_id, needs=needs)
    try:
        answer = await make()
    except (Unavailable, Busy) as error:
        if isinstance(error, Busy) or not error.may_have_happened:
            with suppress(Unavailable, Busy):  # then it stays with its account
                await runtime.clerk.do(let_go)
        raise
    if isinstance(answer, Refusal | Unfit):
        with suppress(Unavailable, Busy):
            await runtime.clerk.do(let_go)
    return answer


class _OfKey(Command[A_co], Generic[A_co], frozen=True):
    """What the two commands share. They run at the master's account."""

    reference: str
    holder_id: UUID
    now_ms: int

    def held(self, desk: Desk) -> FamilyKey:
        """As it stands; held by this account, without any use, where it is nobody's."""
        if desk.account is None:
            raise AssertionError("a family has a master, whose row was locked")
        found = desk.family_key(self.reference)
        return found if found is not None and found.uses else FamilyKey(self.reference, self.holder_id, 0, self.now_ms)


class _HoldCommand(_OfKey[bool], frozen=True):
    def decide(self, desk: Desk) -> tuple[bool, Changes | None]:
        key = self.held(desk)
        if key.holder_id != self.holder_id:
            return False, None
        return True, Changes(family_key=msgspec.structs.replace(key, uses=key.uses + 1))


class _LetGoCommand(_OfKey[None], frozen=True):
    def decide(self, desk: Desk) -> tuple[None, Changes | None]:
        key = self.held(desk)
        if key.holder_id != self.holder_id or not key.uses:
            raise AssertionError("who lets go of a key held it")
        return None, Changes(family_key=msgspec.structs.replace(key, uses=key.uses - 1))
