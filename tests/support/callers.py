"""Callers whom nobody has to prove: for tests of what they order, not of who they are."""

from __future__ import annotations

from uuid import UUID

from outlay.service.runtime import Caller
from outlay.store.guard import Guard

DIALECT, KEY_ID = "plain", "a-key"


def trusted(
    account_id: UUID, *, name: str = "", dialect: str = "", guard: Guard | None = None, parent_id: UUID | None = None
) -> Caller:
    """`guard`: what must be proved all the same. `dialect`: the API that they speak, which goes on record."""
    return Caller(
        account_id=account_id,
        guard=guard or Guard(account_id, KEY_ID, 1),
        parent_id=parent_id,
        name=name,
        dialect=dialect,
        is_proved=guard is None,
    )
