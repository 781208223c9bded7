"""Where the printed requests are sent: a server, and accounts whose names, money and fees make the printed answers
true. Who sends those of an API is told by `example_senders.py` of its folder.

An account under review keeps its payouts in the first state for as long as a test likes, so that a printed "status 1"
or "INITIATED" can be asked for without a race. Each account is opened when it is first needed.

The trap: accounts are opened beside the server, in this process, because fifty commands would take a minute; what
merchants do goes over HTTP and is signed by their own software.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from outlay.cli.common import with_runtime
from outlay.core.currencies import EXPONENTS
from outlay.core.fees import FeePlan
from outlay.dialects import all_dialects
from outlay.process.settings import Settings
from outlay.service.operator.accounts import open_account, set_fee
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from tests.e2e.merchants import Merchant
from tests.e2e.server import Server

PLENTY = 10_000_000
FIXED_FEE = 5
"""Whole units; where an account has a rate, too."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How to open one. `funds` and `fixed`: whole units of each currency."""

    name: str = "Printed"
    country: str
    dialects: Sequence[str] = ()
    currencies: Sequence[str] = ()
    funds: int = PLENTY
    rate_ppm: int | None = None
    parent: str | None = None
    is_reviewed: bool = False
    holder: str | None = None


class Stage:
    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._made: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What has this name, made at the first time that it is asked for."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def open(self, account: Account) -> Merchant:
        async def work(runtime: Runtime, _settings: Settings) -> tuple[str, dict[str, Mapping[str, str]]]:
            return await _open(runtime, account)

        account_id, keys = with_runtime(self.server.data, work)
        return Merchant(self.server, self._folder, account_id, keys)


async def _open(runtime: Runtime, account: Account) -> tuple[str, dict[str, Mapping[str, str]]]:
    opened: Any = await open_account(
        runtime,
        name=account.name,
        country=account.country,
        parent_id=UUID(account.parent) if account.parent else None,
        needs_review=account.is_reviewed,
    )
    for currency in account.currencies:
        unit = 10 ** EXPONENTS[currency]
        await fund_account(runtime, opened.account_id, currency, account.funds * unit, f"start {currency}")
        if account.rate_ppm is not None:
            await set_fee(runtime, opened.account_id, currency, FeePlan(FIXED_FEE * unit, account.rate_ppm))
    keys = {}
    for name in account.dialects:
        issued: Any = await issue_credential(runtime, all_dialects()[name], opened.account_id, None, account.holder)
        keys[name] = issued.shown
    return str(opened.account_id), keys
