"""List every account: for the operator."""

from __future__ import annotations

from collections.abc import Sequence

from outlay.core.account import Account
from outlay.service.runtime import Runtime
from outlay.store import accounts


async def list_accounts(runtime: Runtime) -> Sequence[Account]:
    """The oldest first."""
    return await accounts.list_accounts(runtime.database)
