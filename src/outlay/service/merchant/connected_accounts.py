"""The accounts of one master: for its callers."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from outlay.core.account import Account, ids_named
from outlay.core.asks import Counted, FindAccount, ListAccounts
from outlay.core.refusal import Refusal
from outlay.service.runtime import Caller, Runtime
from outlay.store import accounts

_NOBODY: Final = UUID(int=0)


async def find_relative(runtime: Runtime, family_id: UUID, named: str) -> Account | None:
    """The account of this family that `named` means, an id or its short form."""
    ids = ids_named(named)
    return await accounts.read_relative(runtime.callers, family_id, ids) if ids is not None else None


async def list_connected(runtime: Runtime, caller: Caller, ask: ListAccounts) -> Counted[Account]:
    found, total = await accounts.list_subs(
        runtime.callers,
        caller.family_id or caller.account_id,
        opened=ask.opened,
        closed=ask.closed,
        skip=ask.skip,
        limit=ask.limit,
    )
    return Counted(tuple(found), total)


async def find_connected(runtime: Runtime, caller: Caller, ask: FindAccount) -> Account | Refusal:
    """The master itself is shown to nobody but its own credentials."""
    found = await find_relative(runtime, caller.family_id or caller.account_id, ask.named)
    if found is None or (found.parent_id is None and found.account_id != caller.guard.account_id):
        return Refusal.TARGET_NOT_FOUND
    return found


async def id_of_sub(runtime: Runtime, parent_id: UUID, named: str) -> UUID:
    """The id of the account under this one that has this short form; an id that no account has where there is none, so
    that whoever asks is proved before that is told."""
    found = await find_relative(runtime, parent_id, named)
    return found.account_id if found is not None else _NOBODY
