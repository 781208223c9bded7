"""What every use case works with. Put together once, in bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from outlay.kit.secret import Secret
from outlay.store.clerk import Clerk
from outlay.store.database import Database
from outlay.store.guard import Guard
from outlay.store.reader import Reader


class Runtime(msgspec.Struct, frozen=True):
    """`now_ms`: the clock, Unix milliseconds. `entropy(n)`: n random bytes. `vault_key`: 32 bytes, as hex."""

    database: Database
    clerk: Clerk
    reader: Reader
    now_ms: Callable[[], int]
    next_id: Callable[[], int]
    entropy: Callable[[int], bytes]
    vault_key: Secret


class Caller(msgspec.Struct, frozen=True):
    """Whom a request speaks for. `guard` proves the credential of the account that signed; `parent_id` is that account
    where another one, its sub-account, is addressed."""

    account_id: UUID
    guard: Guard
    parent_id: UUID | None = None
